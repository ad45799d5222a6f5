"""The import of a whole register from the portal's files: 1,600 groups with 20,000 members, one row in twenty faulty.

In a process of its own, so that its peak of memory is the import's and nothing else's.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.findings import Finding, Scale, at_most

WHAT = "import of a register, groups with their members"
MEMORY = "import, peak memory of the process"
SEED, DIRT = 7, 0.05
GOAL_S = 30.0


def measure(scale: Scale, scratch: Path) -> Iterator[Finding]:
    first, told = _told(scratch / "whole", scale.groups), _told(scratch / "fifth", max(1, scale.groups // 5))
    shown = (
        f"{first['seconds']:.1f} s: {first['rows']:,} rows, {first['placed']:,} placed, {first['refused']:,} refused; "
        f"again, nothing changed: {first['again_s']:.1f} s"
    )
    if scale.groups >= 1600:
        yield at_most(WHAT, first["seconds"], GOAL_S, "s", shown=shown, **first)
    else:
        yield Finding(WHAT, measured=shown, figures=first)
    grown = first["peak_mb"] - told["peak_mb"]
    memory = f"{first['peak_mb']:.0f} MB; with a fifth of the rows {told['peak_mb']:.0f} MB"
    yield Finding(MEMORY, measured=memory, figures={"grown_mb": grown})


def _told(folder: Path, groups: int) -> dict:
    command = [sys.executable, "-m", "bench.importing", str(folder), str(groups)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    if done.returncode:
        raise RuntimeError(f"the import did not run: {done.stderr[-2000:]}")
    told: dict = json.loads(done.stdout.splitlines()[-1])
    return told


def _import(folder: Path, groups: int) -> dict:
    """What the measured process does: make the files, then take them in twice."""
    import time

    from operations.importing.commands import import_sheet
    from operations.importing.headers import HEADS
    from operations.importing.reading import open_sheet
    from operations.practice_files import register_files
    from operations.practice_filling import fill_places
    from operations.practice_places import branch_rows, place_rows, practice_blocks, villages_of
    from server.serving import open_centre

    folder.mkdir(parents=True)
    blocks = practice_blocks(1)
    files = register_files(folder, SEED, list(villages_of(blocks)), groups, dirt=DIRT)
    centre = open_centre(folder / "centre", 23)
    fill_places(centre, [*place_rows(blocks), *branch_rows(blocks)])

    def take() -> tuple[float, list]:
        began = time.perf_counter()
        reports = [
            import_sheet(kind, open_sheet(path, HEADS[kind]), centre, refused=folder / f"{kind}-{began}.refused.csv")
            for kind, path in (("groups", files.groups), ("members", files.members))
        ]
        return time.perf_counter() - began, reports

    seconds, reports = take()
    again_s, again = take()
    centre.close()
    assert all(report.all_accounted for report in reports), "every row is placed, refused or passed over"
    changed = sum(count for report in again for (_, effect), count in report.effects.items() if effect != "same")
    assert not changed, "a second run changes nothing"
    return {
        "seconds": seconds,
        "again_s": again_s,
        "rows": sum(report.rows for report in reports),
        "placed": sum(report.placed for report in reports),
        "refused": sum(report.refused_rows for report in reports),
        "peak_mb": _peak_mb(),
    }


def _peak_mb() -> float:
    """Of this process since it began; `getrusage` would tell the peak of the process that started it, if greater."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) / 1024


if __name__ == "__main__":
    print(json.dumps(_import(Path(sys.argv[1]), int(sys.argv[2]))))

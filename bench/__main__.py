"""`make bench`: measures every part, prints one table, and writes the figures and docs/performance.md."""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import block, carrying, importing, meeting, overview, packing, pulling, pushing, report
from bench.findings import FULL, QUICK, TINY, Finding, Scale, skipped
from bench.peer import HERE, ROOT

Part = Callable[[Scale, Path], Iterator[Finding]]

PARTS: dict[str, Part] = {
    "carrying": carrying.measure,
    "phone": block.measure,
    "push": pushing.measure,
    "pull": pulling.measure,
    "meeting": meeting.measure,
    "import": importing.measure,
    "overview": overview.measure,
    "pack": packing.measure,
}
"""What is measured, the most important first."""

FIGURES = HERE / "results" / "ours.json"
DOCUMENT = ROOT / "docs" / "performance.md"


def measured(parts: list[str], scale: Scale, scratch: Path) -> Iterator[Finding]:
    """The findings of some parts; one that breaks is told, and the others go on."""
    for name in parts:
        folder = scratch / name
        folder.mkdir(parents=True)
        try:
            yield from PARTS[name](scale, folder)
        except Exception as error:  # the edge of a part
            yield skipped(f"the rest of {name}", f"it broke: {type(error).__name__}: {str(error)[:300]}")
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Samooh.")
    parser.add_argument("--scale", choices=("full", "quick", "tiny"), default="full")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--figures", type=Path, help="where the JSON goes (default: bench/results/ours.json)")
    parser.add_argument("--document", type=Path, help="write the document there as well")
    parser.add_argument("--scratch", type=Path, help="an existing folder for databases, several GB in a full run")
    chosen = parser.parse_args(given)
    scale = {"full": FULL, "quick": QUICK, "tiny": TINY}[chosen.scale]
    parts = chosen.parts.split(",")
    if unknown := [name for name in parts if name not in PARTS]:
        parser.error(f"there is no part named {unknown[0]}; there are: {', '.join(PARTS)}")
    whole = scale is FULL and parts == list(PARTS)
    began, findings = time.monotonic(), []
    with tempfile.TemporaryDirectory(prefix="samooh-bench-", dir=chosen.scratch) as scratch:
        for finding in measured(parts, scale, Path(scratch)):
            findings.append(finding)
            print(report.line(finding), flush=True)
    figures = chosen.figures or (FIGURES if whole else Path(tempfile.gettempdir()) / f"samooh-bench-{scale.name}.json")
    report.write_json(figures, findings, report.command_line(given), time.monotonic() - began)
    document = chosen.document or (DOCUMENT if whole else None)
    if document:
        report.write_document(document, json.loads(figures.read_text("utf-8")))
    print(f"\n{report.plain_table(findings)}\n\nFigures: {figures}" + (f"\nDocument: {document}" if document else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())

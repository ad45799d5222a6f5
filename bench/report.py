"""What was found, as a table in the terminal, as JSON, and as docs/performance.md."""

import json
import os
import platform
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.findings import Finding
from bench.peer import HERE, ROOT
from bench.postgres import missing

WHERE_THE_TIME_GOES = HERE / "where_the_time_goes.md"
"""Written by hand from profiles; the document takes it over as it is."""


def cells(finding: Finding) -> list[str]:
    ratio = "" if finding.ratio is None else f"{finding.ratio:.2f}"
    reached = "" if finding.reached is None else "yes" if finding.reached else "no"
    if finding.skipped:
        return [finding.what, finding.goal, f"skipped: {finding.skipped}", "", ""]
    return [finding.what, finding.goal, finding.measured, ratio, reached]


HEADINGS = ["What", "Goal", "Measured", "Ratio", "Reached"]


def line(finding: Finding) -> str:
    """One finding for the terminal, as soon as it is there."""
    what, goal, measured, ratio, reached = cells(finding)
    said = "; ".join(
        part for part in (f"goal {goal}" if goal else "", f"ratio {ratio}" if ratio else "", reached) if part
    )
    return f"{what}: {measured}" + (f" ({said})" if said else "")


def plain_table(findings: Sequence[Finding]) -> str:
    rows = [HEADINGS, *map(cells, findings)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def markdown_table(findings: Iterable[Finding]) -> str:
    rows = [HEADINGS, ["---"] * len(HEADINGS), *map(cells, findings)]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows)


def machine() -> dict[str, Any]:
    """What the numbers were measured on. No name of the machine: it would say nothing to anybody."""
    facts: dict[str, Any] = {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load_at_the_end": round(os.getloadavg()[0], 2),
    }
    facts["postgresql"] = missing() or subprocess.run(
        ["pg_config", "--version"], capture_output=True, text=True, check=False
    ).stdout.strip()  # fmt: skip
    return facts


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for text in info.read_text().splitlines():
            if text.startswith("model name"):
                return text.partition(":")[2].strip()
    return platform.processor() or "unknown"


def commit() -> str:
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return told.stdout.strip() or "unknown"


def write_json(path: Path, findings: Iterable[Finding], command: str, seconds: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "command": command,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "seconds": round(seconds),
        "machine": machine(),
        "findings": [asdict(finding) for finding in findings],
    }
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")


def write_document(path: Path, told: dict[str, Any]) -> None:
    """The document of one run. Nothing in it is rounded towards a goal; what was not measured says why."""
    findings = [Finding(**one) for one in told["findings"]]
    reached = sum(one.reached is True for one in findings)
    goals = sum(one.reached is not None for one in findings)
    facts = "\n".join(f"- {name.replace('_', ' ')}: {value}" for name, value in told["machine"].items())
    path.write_text(
        f"""# Performance

Written by `make bench`; do not edit by hand. Every number was measured in one run, baseline and ours in turns, and is a
median unless it says otherwise. "Ratio" is ours to the baseline, or the measured value to the goal. How each is
measured is said in [bench/README.md](../bench/README.md). Of {goals} goals {reached} were reached.

{markdown_table(findings)}

## The run

- command: `{told["command"]}`
- commit: {told["commit"]}
- measured at: {told["measured_at"]}, in {told["seconds"]} s
{facts}

{WHERE_THE_TIME_GOES.read_text("utf-8").strip()}
""",
        "utf-8",
    )


def command_line(arguments: Sequence[str]) -> str:
    return " ".join(["python -m bench", *arguments]).strip()


if __name__ == "__main__":
    sys.exit("Run `make bench`.")

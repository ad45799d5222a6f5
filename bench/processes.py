"""What a process and those it started cost, read from /proc: the measurements of peers need Linux."""

import os
import signal
import socket
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def family(pid: int) -> list[int]:
    """A process and all below it, parents first."""
    found, pending = [], [pid]
    while pending:
        one = pending.pop()
        found.append(one)
        try:
            for thread in Path(f"/proc/{one}/task").iterdir():
                pending += [int(child) for child in (thread / "children").read_text().split()]
        except OSError:  # it has ended meanwhile
            continue
    return found


def cost(pid: int) -> tuple[float, float]:
    """(seconds of processor time of a family, peak memory of its largest member in MiB)."""
    seconds, peak = 0.0, 0.0
    for one in family(pid):
        try:
            told = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
            seconds += (int(told[11]) + int(told[12])) / TICK
            for line in Path(f"/proc/{one}/status").read_text().splitlines():
                if line.startswith("VmHWM"):
                    peak = max(peak, int(line.split()[1]) / 1024)
        except (OSError, IndexError):
            continue
    return seconds, peak


def end_family(pid: int) -> None:
    """Ask a process that we started, and those it started, to end; the youngest first."""
    for one in reversed(family(pid)):
        try:
            os.kill(one, signal.SIGTERM)
        except ProcessLookupError:
            continue


def bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

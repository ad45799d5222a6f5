"""What a benchmark found, and how much of it is done: the words in which every part reports."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any


@dataclass(frozen=True)
class Scale:
    """How much is measured. `rounds`: how often baseline and ours take turns."""

    name: str
    rounds: int
    push_rows: int
    http_clients: tuple[int, ...]
    http_batches: int
    feed_rows: tuple[int, ...]
    pulls: int
    groups: int
    members: int
    asks: int
    carried: tuple[int, ...]
    linked: tuple[int, ...]
    meeting: int
    blocks: int
    fleet: tuple[int, int]


FULL = Scale("full", 5, 5000, (1, 8, 32), 8, (100_000, 1_000_000, 3_000_000), 40, 1600, 20_000, 15,
             (1000, 10_000), (1000, 3000), 300, 300, (50, 100))  # fmt: skip
QUICK = Scale("quick", 3, 2000, (1, 8), 2, (20_000, 100_000), 15, 160, 2000, 7, (200, 1000), (), 40, 12, (8, 50))
TINY = Scale("tiny", 1, 20, (2,), 1, (3000, 6000), 2, 8, 40, 1, (20, 40), (), 3, 2, (2, 10))
"""Of the smoke test: that everything runs, not how fast."""

BATCH = 500
"""Rows of a batch, and of a transaction of what it is compared with."""


def steady(rows: int) -> int:
    """How many of these rows are measured: all but the first batch, in which statements are built and caches filled, if
    there are several."""
    return rows - BATCH if rows > BATCH else rows


@dataclass(frozen=True)
class Finding:
    """One line of the table. `reached` None: there is no goal, or it was not measured (`skipped` says why)."""

    what: str
    goal: str = ""
    measured: str = ""
    ratio: float | None = None
    reached: bool | None = None
    skipped: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)


def at_least(what: str, ratio: float, goal: float, measured: str, **figures: Any) -> Finding:
    """A ratio to be reached, as ours to a baseline of the same run."""
    return Finding(what, f">= {goal:g}", measured, ratio, ratio >= goal, figures=figures)


def at_most(what: str, value: float, goal: float, unit: str, *, shown: str = "", **figures: Any) -> Finding:
    """A value not to be exceeded."""
    said = shown or f"{value:,.4g} {unit}".strip()
    return Finding(what, f"<= {goal:,g} {unit}".strip(), said, value / goal, value <= goal, figures=figures)


def skipped(what: str, why: str) -> Finding:
    return Finding(what, skipped=why)


def seconds_of(work: Callable[[], Any]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    """The value that 95 of 100 do not exceed."""
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]


def in_turns(rounds: int, *works: Callable[[], float]) -> list[list[float]]:
    """Lets works take turns, so that what else goes on in the machine meets all of them; the seconds of each."""
    found: list[list[float]] = [[] for _ in works]
    for number in range(rounds):
        # Every other round backwards: whoever comes second finds warmer caches.
        order = range(len(works)) if number % 2 == 0 else range(len(works) - 1, -1, -1)
        for place in order:
            found[place].append(works[place]())
    return found

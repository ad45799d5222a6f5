"""The figures of a block, a district and a whole state, as the console's first screen asks them of PostgreSQL."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from bench.findings import Finding, Scale, at_most, median, seconds_of, skipped
from bench.office import new_centre, ref
from bench.postgres import Postgres, missing
from bench.state import fill_state, readers
from records.days import months_until
from records.figures import Yardstick
from records.kinds import KINDS
from server.announcing import Watch
from server.central_workspace import CentralWorkspace
from storage.queries.asking import Query
from storage.queries.overview import tally, tally_accounts, tally_coverage, tally_months
from storage.queries.reviews_held import list_parts_held, list_reviews_held
from storage.queries.samples import tally_checked

TODAY = date(2026, 11, 20)
MEASURE = Yardstick(TODAY)
GOALS = {"block": ("gram_panchayat", 200.0), "district": ("block", 500.0), "state": ("district", 2000.0)}
"""Who looks -> what the figures are broken down by at first, and how long that may take, in ms."""


def measure(scale: Scale, scratch: Path) -> Iterator[Finding]:
    if why := missing():
        yield skipped("figures of a block, a district, a state", why)
        return
    with Postgres() as postgres:
        centre = new_centre(postgres.url("state"), KINDS, lambda: time.time_ns() // 1_000_000)
        try:
            began = time.perf_counter()
            blocks = fill_state(centre, scale.blocks, min(scale.groups, 1600))
            took = time.perf_counter() - began
            yield Finding("a state filled, set-based", "", f"{scale.blocks} blocks in {took:.0f} s")
            largest = Counter(block.district_id for block in blocks).most_common(1)[0][0]
            panchayat = blocks[0].villages[0].panchayat.id
            for scope, person in list(readers(centre, blocks, district=largest)):
                yield from _looked_at(centre, scope, person, panchayat, scale.asks)
        finally:
            centre.close()


def _looked_at(centre: Any, scope: str, person: str, panchayat: str, asks: int) -> Iterator[Finding]:
    """Each question of the first screen by itself, as it is asked: session, scope, rows as objects."""
    workspace = CentralWorkspace(centre, Watch(centre, seconds=1e9))
    workspace.enrol(centre.enrolments.console_code_for(ref(person)))
    by, goal = GOALS[scope]
    questions: list[tuple[str, Query[Any], dict[str, Any]]] = [
        (f"figures, {by} by {by}", tally, {"measure": MEASURE, "by": by}),
        (f"found by the samples, {by} by {by}", tally_checked, {"measure": MEASURE, "by": by}),
        ("accounts by state and age", tally_accounts, {"measure": MEASURE}),
        ("groups by month", tally_months, {"months": months_until(TODAY, 12)}),
        ("bank sakhis by branch", tally_coverage, {"today": TODAY}),
        ("figures of the last reviews", list_reviews_held, {"before": TODAY}),
        ("the same of one panchayat", list_parts_held, {"before": TODAY, "within": ("gram_panchayat", panchayat)}),
    ]
    groups = sum(row.groups for row in workspace.ask(tally, measure=MEASURE, by=by))
    for what, query, question in questions:
        times = [seconds_of(lambda q=query, a=question: workspace.ask(q, **a)) * 1000 for _ in range(min(asks, 5))]
        shown = f"median {median(times):.0f} ms, worst {max(times):.0f} ms, {groups:,} groups"
        yield at_most(f"overview of a {scope}: {what}", median(times), goal, "ms", shown=shown, ms=times)

"""The figures of a block and of a district are found by index: what is elsewhere in the state is not read."""

from datetime import date

import pytest
from sqlalchemy import event, text

from records.figures import Yardstick
from storage.queries import tally, tally_accounts, tally_checked, tally_coverage, tally_months
from tests.console import Console
from tests.world import World

MEASURE = Yardstick(date(2026, 11, 20))
MONTHS = tuple(date(2026, month, 1) for month in range(1, 12))
QUESTIONS = [
    (tally, {"measure": MEASURE, "by": "gram_panchayat"}),
    (tally, {"measure": MEASURE, "by": "person"}),
    (tally_accounts, {"measure": MEASURE}),
    (tally_checked, {"measure": MEASURE, "by": "gram_panchayat"}),
    (tally_checked, {"measure": MEASURE, "by": "person"}),
    (tally_months, {"months": MONTHS}),
    (tally_coverage, {"today": MEASURE.today}),
]


@pytest.fixture(scope="module")
def world():
    made = World.on_postgres()
    yield made
    made.drop()


@pytest.mark.parametrize("person", ["supervisor", "district"])
@pytest.mark.parametrize(("query", "question"), QUESTIONS, ids=lambda one: getattr(one, "name", ""))
def test_postgresql_can_find_the_figures_of_an_area_by_index(world, person, query, question):
    page = Console(world).signed_in(person).workspace
    statements: list[tuple[str, dict]] = []
    event.listen(world.centre.database.engine, "before_cursor_execute", lambda *a: statements.append((a[2], a[3])))
    page.ask(query, **question)
    statement, parameters = statements[-1]
    with world.centre.database.reading() as db:
        # Of a few groups the whole table is read sooner: what counts is that there is a way that reads less.
        db.execute(text("SET LOCAL enable_seqscan = off"))
        db.execute(text("SET LOCAL jit = off"))
        plan = [row[0] for row in db.exec_driver_sql("EXPLAIN " + statement, parameters)]
    assert not [line for line in plan if "Seq Scan" in line], "\n".join(plan)
    assert any("standing_block" in line for line in plan), "\n".join(plan)
    assert not [line for line in plan if "feed" in line], "the feed is not needed where standing and district decide"

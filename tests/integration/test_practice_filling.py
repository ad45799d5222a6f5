"""A register of practice in a central store: all of it, once, as a list of the office, and streams as for any work."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from operations.practice_filling import ROWS_AT_ONCE, fill, fill_places, rows_of
from operations.practice_places import branch_rows, place_rows, practice_blocks, villages_of
from operations.practice_register import practice_register
from records.kinds import KINDS
from records.record import to_wire
from server.serving import open_centre
from server.streams import of_stream

BLOCKS = practice_blocks(1)
GROUPS = 120
"""More than go into one transaction."""


@pytest.fixture
def centre(tmp_path):
    centre = open_centre(tmp_path, 23)
    yield centre
    centre.close()


@pytest.fixture
def placed(centre):
    assert fill_places(centre, [*place_rows(BLOCKS), *branch_rows(BLOCKS)]) == 300 + 6 + 222
    return centre


def register():
    return practice_register(5, villages_of(BLOCKS), GROUPS, today=date(2026, 11, 1))


def rows_at(centre, kind):
    table = centre.tables.records[kind]
    with centre.database.reading() as db:
        return {row["id"]: row for row in db.execute(select(table)).mappings()}


def test_the_register_stands_in_the_store_as_it_was_made(placed):
    filled = fill(placed, register())
    rows = [row for group in register() for row in rows_of(group)]
    assert filled.records == len(rows) > ROWS_AT_ONCE
    assert (filled.groups, filled.members) == (GROUPS, sum(len(group.members) for group in register()))
    for kind in ("Shg", "Member", "SavingsAccount", "AccountStep"):
        stored = rows_at(placed, kind)
        assert set(stored) == {id for one, id, _ in rows if one == kind}
        for one, id, values in rows:
            if one == kind:
                assert {name: to_wire(stored[id][name]) for name in values} == values


def test_what_follows_from_it_is_worked_out(placed):
    fill(placed, register())
    shgs, accounts = rows_at(placed, "Shg"), rows_at(placed, "SavingsAccount")
    for group in register():
        assert (shgs[group.id]["roster_count"] or 0) == len(group.present)
        assert shgs[group.id]["portal_status"] == "verified"
        if group.account:
            assert accounts[group.account_id]["state"] == group.account.steps[-1].kind
    marks = Counter(mark for shg in shgs.values() for mark in shg["marks"])
    assert set(marks) <= {"few_signatories", "too_few_members", "too_many_members", "declared_differs"}
    assert sum(marks.values()) < GROUPS / 4


def test_its_groups_are_in_the_streams_of_those_who_work_with_them(placed):
    fill(placed, register())
    feed, stream = placed.tables.feed, placed.tables.stream
    told = select(stream.c.name, func.count()).select_from(feed.join(stream, of_stream(feed, stream)))
    with placed.database.reading() as db:
        counts = dict(db.execute(told.group_by(stream.c.name)).all())
    assert counts[f"block/{BLOCKS[0].id}/groups"] == GROUPS
    panchayats = Counter(group.village.panchayat.id for group in register() for _ in rows_of(group))
    assert {name: count for name, count in counts.items() if name.startswith("gp/")} == {
        f"gp/{id}/members": count for id, count in panchayats.items()
    }


def test_a_second_time_changes_nothing(placed):
    fill(placed, register())
    before = {kind: rows_at(placed, kind) for kind in KINDS}
    assert fill(placed, register()).groups == GROUPS
    assert fill_places(placed, [*place_rows(BLOCKS), *branch_rows(BLOCKS)]) == 0
    assert {kind: rows_at(placed, kind) for kind in KINDS} == before


def test_a_register_without_its_places_is_refused_with_the_reason(centre):
    with pytest.raises(RuntimeError, match=r"did not take .*waits_for_parent"):
        fill(centre, register())
    assert rows_at(centre, "Shg") == {}


def test_a_value_that_no_record_may_have_is_refused(placed):
    [wrong] = [replace(group, formed_on=date(1812, 1, 1)) for group in practice_register(5, villages_of(BLOCKS), 1)]
    with pytest.raises(RuntimeError, match="day_too_early"):
        fill(placed, [wrong])

"""How far a person reaches is worked out once and kept, and never outlives what it was worked out from."""

import re

import pytest
from sqlalchemy import event

from records.days import day_of
from records.messages import SyncRequest
from server import reaching
from server.tables import NOTED
from server.upserting import update_known
from tests.world import World, ref


@pytest.fixture(params=("SQLite", "PostgreSQL"))
def world(request, tmp_path):
    made = World.on_postgres() if request.param == "PostgreSQL" else World(url=f"sqlite:///{tmp_path / 'central.db'}")
    yield made
    made.drop()


def reach_of(centre, person):
    """As a contact finds it."""
    with centre.database.reading() as db:
        _epoch, mark = centre.contacts.moment(db)
        found = reaching.capacity_under(mark, db, centre.tables, centre.state_id, ref(person), day_of(centre.clock()))
    return sorted(place for reach in found.reaches for place in reach.gram_panchayats)


@pytest.mark.parametrize(
    "change",
    [
        ("Assignment", "abm/1", {"to_on": "2020-01-01"}),
        ("Person", "abm", {"name_hi": "कोई और"}),
        ("Place", "B1", {"parent_id": "D2"}),
        ("BankBranch", "R1", {"block_id": "B2"}),
    ],
    ids=lambda change: change[0],
)
def test_what_another_process_writes_is_seen_at_the_next_contact(world, change):
    kind, name, values = change
    person = "sakhi" if kind == "BankBranch" else "abm"
    world.office(("Place", "D2", {"level": "district", "name": "Place D2", "parent_id": "S"}))
    other = world.open_centre()
    try:
        told = contact(other, world, person)
        world.overwrite(kind, name, **values)
        with other.database.reading() as db:
            fresh = reaching.capacity_of(db, other.tables, other.state_id, ref(person), day_of(world.clock()))
        assert contact(other, world, person) == fresh
        assert fresh != told
    finally:
        other.close()


def contact(centre, world, person):
    """What a contact takes this person's reach to be."""
    device = centre.enrolments.device_of(world.enrol(person).token)
    with centre.database.reading() as db:
        return centre.contacts.stand(db, device, SyncRequest("0.1.0", None)).capacity


def test_what_is_given_up_leaves_nothing_behind(world):
    assert reach_of(world.centre, "abm") == [ref("G1")]
    assignment = world.row("Assignment", ref("abm/1"))
    with pytest.raises(ZeroDivisionError), world.centre.database.writing() as db:
        changed = {**assignment, "place_id": ref("G2")}
        update_known(db, world.centre.tables.records["Assignment"], [changed])
        _epoch, mark = world.centre.contacts.moment(db)
        tables, today = world.centre.tables, day_of(world.clock())
        inside = reaching.capacity_under(mark, db, tables, world.centre.state_id, ref("abm"), today)
        assert [one.gram_panchayats for one in inside.reaches] == [frozenset({ref("G2")})]
        raise ZeroDivisionError
    assert reach_of(world.centre, "abm") == [ref("G1")]
    world.overwrite("Assignment", "abm2/1", place_id="G1")
    assert reach_of(world.centre, "abm") == [ref("G1")], "the next mark is not that of what was given up"


def test_it_is_worked_out_once_for_as_long_as_nothing_is_written(world):
    asked: list[str] = []
    event.listen(world.centre.database.engine, "before_cursor_execute", lambda *what: asked.append(what[2]))
    for _ in range(2):
        asked.clear()
        reach_of(world.centre, "abm")
    assert len(asked) == 1 and not [sql for sql in asked if "assignment" in sql.lower()]


def test_every_kind_that_tells_who_reaches_what_leaves_a_mark(world):
    """Were a table left out, a person moved there would keep what she had."""
    asked: list[str] = []
    event.listen(world.centre.database.engine, "before_cursor_execute", lambda *what: asked.append(what[2].lower()))
    with world.centre.database.reading() as db:
        reaching.capacity_of(db, world.centre.tables, world.centre.state_id, ref("sakhi"), day_of(world.clock()))
        reaching.capacity_of(db, world.centre.tables, world.centre.state_id, ref("supervisor"), day_of(world.clock()))
    texts = " ".join(asked).replace('"', "").replace("\n", " ")
    tables = world.centre.tables.records.items()
    read = {kind for kind, table in tables if re.search(rf"(from|join) {table.name}\b", texts)}
    assert read == {kind for kind, table in tables if NOTED in table.info}

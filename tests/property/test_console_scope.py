"""What the console answers to a person is what a fresh phone of hers would hold: row by row, column by column."""

from datetime import date

import pytest
from sqlalchemy import select

from records.commands.groups import ChangeGroup, RegisterGroup
from records.kinds import KINDS
from records.record import fields_of, to_wire
from tests.console import Console
from tests.fleet import Phone, quiet
from tests.property.test_laws import Simulation
from tests.world import World, ref

ROLES = ("abm", "abm2", "abm3", "sakhi", "sakhi2", "supervisor", "supervisor2", "nodal", "district", "admin", "both")


CENTRES = [(0, "SQLite"), (1, "SQLite"), (2, "PostgreSQL")]


@pytest.fixture(scope="module", params=CENTRES)
def settled(request, tmp_path_factory):
    """A centre after random work of eight phones: groups that moved and were deleted, roles that ended, conflicts."""
    seed, engine = request.param
    world = World.on_postgres(seed=seed) if engine == "PostgreSQL" else World(seed=seed)
    simulation = Simulation(seed, tmp_path_factory.mktemp("phones"), world)
    simulation.run(80)
    world.overwrite("Place", "V2", parent_id=ref("G2"))
    simulation.rest()
    for phone in simulation.phones:
        phone.skew_ms = 0
    abm, abm2, supervisor = (simulation.phones[number] for number in (0, 2, 5))
    for phone, village in ((abm, "V1"), (abm2, "V2")):
        values = {"village_id": ref(village), "name": "नवदुर्गा", "formed_on": date(2026, 3, 1), "mobile": "9876512345"}
        group = phone.do(RegisterGroup(values)).id
        quiet(simulation.phones)
        # Two who have not seen each other's value: one is kept as a conflict, whose value is as personal as the field.
        phone.do(ChangeGroup(group, {"mobile": "9876500001", "name": "नव दुर्गा"}))
        supervisor.do(ChangeGroup(group, {"mobile": "9876500002", "name": "नवदुर्गा समूह"}))
        quiet(simulation.phones)
    for phone in simulation.phones:
        phone.store.close()
    world.office(
        ("Person", "admin", {"name": "admin", "home_id": "D"}),
        ("Assignment", "admin/1", {"person_id": "admin", "role": "admin", "from_on": "2020-01-01", "place_id": "S"}),
        # One person in two roles: poor columns of one block by the one, rich ones of a panchayat in it by the other.
        ("Person", "both", {"name": "both", "home_id": "D"}),
        ("Assignment", "both/1", {"person_id": "both", "role": "nodal", "from_on": "2020-01-01", "place_id": "B1"}),
        ("Assignment", "both/2", {"person_id": "both", "role": "abm", "from_on": "2020-01-01", "place_id": "G1"}),
    )
    yield world
    world.drop()


def phone_holds(world, person, folder):
    """kind -> id -> values and search key of a fresh phone, defaults where a column never came."""
    phone = Phone(world, person, folder, f"fresh-{person}")
    assert phone.sync() is not None
    found = {}
    with phone.store.reading() as t:
        for kind, table in t.tables.items():
            names = (*fields_of(KINDS[kind].cls), "search_key", "unsent")
            rows = t.connection.execute(select(table)).mappings()
            found[kind] = {row["id"]: {name: to_wire(row[name]) for name in names} for row in rows}
    phone.store.close()
    return found


@pytest.mark.parametrize("person", ROLES)
def test_the_console_answers_what_a_fresh_phone_holds(settled, person, tmp_path):
    expected = phone_holds(settled, person, tmp_path)
    page = Console(settled).signed_in(person)
    for kind in KINDS:
        assert page.holds(kind) == expected[kind], f"{person}: {kind}"


def test_the_cases_are_not_all_alike(settled, tmp_path):
    """A control of the test itself: there is what some may not see, in rows, in columns and in single values."""
    pages = {person: Console(settled).signed_in(person) for person in ROLES}
    shgs = {person: pages[person].holds("Shg") for person in ROLES}
    whole = {row["id"] for row in settled.rows(settled.centre.tables.records["Shg"])}
    assert set(shgs["supervisor2"]) < whole
    assert any(row["mobile"] for row in shgs["supervisor"].values())
    assert not any(row["mobile"] or row["remarks"] for row in shgs["district"].values())
    of_both, of_all = ({i for i, row in shgs[person].items() if row["mobile"]} for person in ("both", "supervisor"))
    assert of_both and of_both < of_all, "an abm of one panchayat sees the mobiles of some groups of the block"
    assert not pages["district"].holds("Member") and pages["supervisor"].holds("Member")
    kept = {person: pages[person].holds("Conflict").values() for person in ("supervisor", "both", "district")}
    mobiles = {person: {row["value"] for row in rows if row["field"] == "mobile"} for person, rows in kept.items()}
    assert None not in mobiles["supervisor"] and mobiles["district"] == {None}
    assert None in mobiles["both"] and mobiles["both"] - {None}
    assert all(row["value"] for row in kept["district"] if row["field"] == "name")


def test_a_broken_scope_is_noticed(settled, tmp_path, monkeypatch):
    """Every check once on broken code: a stream too many, a column too many."""
    expected = phone_holds(settled, "both", tmp_path)
    page = Console(settled).signed_in("both")
    monkeypatch.setattr("server.scope.hidden_columns", lambda *_: frozenset())
    assert page.holds("Shg") != expected["Shg"]
    monkeypatch.undo()
    monkeypatch.setattr(
        "server.scope.streams_read",
        lambda *_: {
            f"block/{ref('B2')}/groups": frozenset({"abm"}),
            f"block/{ref('B1')}/groups": frozenset({"abm"}),
        },
    )
    assert page.holds("Shg") != expected["Shg"]

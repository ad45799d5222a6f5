"""Changes taken by columns and the same changes taken one by one leave the same centre, table by table."""

import random
from contextlib import ExitStack
from datetime import date

import pytest
from sqlalchemy import event

from records.ids import first_account_id
from records.messages import Batch, Section
from records.stamps import stamp_of
from records.wire import frozen
from server.applying import Applying
from server.newcomers import Newcomers
from server.pushing import Push
from server.tables import REACH
from tests.integration.conftest import a_world
from tests.world import ref

BATCHES = 5
AUTHORS = ("abm", "supervisor", "sakhi", "abm2")
AADHAAR = "9999 4105 7058"


def row_by_row(push, number, lots):
    return push.apply(number, [lot.row(at) for lot in lots for at in range(len(lot.ids))])


class Faults:
    """Batches as phones send them, and as they never should: the same ones for the same seed."""

    def __init__(self, seed: int, devices: dict[str, str], now_ms: int) -> None:
        self.chance, self.devices, self.now_ms = random.Random(seed), devices, now_ms
        self.groups, self.members, self.accounts, self.steps = [], [], [], []
        self.seen: dict[str, str] = {}

    def id(self) -> str:
        return f"{self.chance.getrandbits(128):032x}"

    def one_in(self, number: int) -> bool:
        return self.chance.randrange(number) == 0

    def batch(self, author: str, number: int, size: int):
        sections = [
            self.section(kind, author, size)
            for kind in ("Shg", "Member", "SavingsAccount", "AccountStep", "Member")
            if not self.one_in(6)
        ]
        if self.one_in(4):
            self.chance.shuffle(sections)
        if self.one_in(5):
            sections.append(Section("Unheard", [self.id()], ["name"], [["x"]], [[self.stamp(author)]], [[""]]))
        return frozen(number, Batch(tuple(sections)))

    def section(self, kind: str, author: str, size: int) -> Section:
        rows = {}
        for _ in range(self.chance.randrange(1, size)):
            id, values = getattr(self, f"a_{kind}")(author)
            rows[id] = values
        fields = sorted({name for values in rows.values() for name in values})
        stamps = {id: self.stamp(author) for id in rows}
        grid, bases, columns = [], [], []
        for name in fields:
            own = {id: self.stamp(author) if self.one_in(40) else stamp for id, stamp in stamps.items()}
            written = [own[id] if name in values else None for id, values in rows.items()]
            bases.append([self.seen.get(f"{id}/{name}", "") if self.one_in(2) else "" for id in rows])
            for id, stamp in zip(rows, written, strict=True):
                if stamp:
                    self.seen[f"{id}/{name}"] = stamp
            grid.append(written)
            columns.append([values.get(name) for values in rows.values()])
        return Section(kind, list(rows), fields, columns, grid, bases)

    def stamp(self, author: str) -> str:
        self.now_ms += 1
        device = self.devices[author if not self.one_in(150) else "abm3"]
        return stamp_of(self.now_ms + (10**9 if self.one_in(300) else 0), 0, device)

    def known_or_new(self, known: list[str], often: int) -> str:
        id = self.chance.choice(known) if known and self.one_in(often) else self.id()
        if id not in known:
            known.append(id)
        return id

    def spoilt(self, values: dict, **faults) -> dict:
        """The values, now and then with something wrong."""
        if self.one_in(12):
            name, value = self.chance.choice(list(faults.items()))
            values[name] = value
        if self.one_in(25):
            del values[self.chance.choice(list(values))]
        return values

    def some(self, known: list[str]) -> str:
        return self.chance.choice(known) if known and not self.one_in(10) else self.id()

    def a_Shg(self, author: str):
        id = self.chance.choice(self.members) if self.members and self.one_in(30) else self.known_or_new(self.groups, 5)
        values = {
            "village_id": ref(self.chance.choice(["V1", "V1", "V1", "V1", "V2", "V3"])),
            "name": self.chance.choice(["जय अम्बे", "Durga", "  Seeta  samuh"]),
            "formed_on": self.chance.choice(["2020-01-01", "2040-01-01", "2024-05-06"]),
        }
        if self.one_in(3):
            values["president_id"] = self.some(self.members)
        if self.one_in(6):
            values["same_as"] = self.some(self.groups)
        return id, self.spoilt(
            values, formed_on="1815-01-01", name=None, remarks=AADHAAR, origin="revived", roster_count=3, unheard=1,
            declared_members="१४", village_id=self.id(), deleted_on="2026-01-01", mobile="12",
        )  # fmt: skip

    def a_Member(self, author: str):
        id = self.chance.choice(self.groups) if self.groups and self.one_in(40) else self.known_or_new(self.members, 8)
        values = {
            "shg_id": self.some(self.groups),
            "name": self.chance.choice(["सीता", "Geeta", "Meena"]),
            "mobile": self.chance.choice(["9000000001", "9000000002", None]),
        }
        if self.one_in(3):
            values |= {"joined_on": "2024-01-01", "left_on": self.chance.choice([None, "2023-01-01", "2025-01-01"])}
        return id, self.spoilt(
            values, name="x" * 200, age=True, mobile="9 0000 00003", guardian_name=AADHAAR, unheard=""
        )

    def a_SavingsAccount(self, author: str):
        group = self.some(self.groups)
        id = first_account_id(group if not self.one_in(15) else self.some(self.groups))
        self.accounts.append(id)
        values = {"shg_id": group, "branch_id": ref(self.chance.choice(["R1", "R2", "R3"]))}
        if self.one_in(3):
            values["account_number"] = self.chance.choice(["123456789", "999941057058"])
        return id, self.spoilt(values, typed_bank="Gramin Bank", branch_id=None, state="opened", account_number="1")

    def a_AccountStep(self, author: str):
        id = self.known_or_new(self.steps, 20)
        values = {
            "account_id": self.some(self.accounts),
            "kind": self.chance.choice(["resolution_passed", "submitted", "returned", "opened"]),
            "on_day": "2026-01-05",
            "author_id": ref(author if not self.one_in(12) else "supervisor2"),
        }
        if values["kind"] == "returned" and not self.one_in(4):
            values["reason"] = "kyc_mismatch"
        if self.one_in(15):
            values |= {"kind": "cancelled", "cancels_id": self.some(self.steps)}
        return id, self.spoilt(values, kind="dreamt", reason="come_later", on_day=None, remark=AADHAAR)


@pytest.mark.parametrize(("engine", "seed"), [*(("SQLite", seed) for seed in range(4)), ("PostgreSQL", 4)])
def test_by_columns_and_one_by_one_leave_the_same_centre(engine, seed, tmp_path, monkeypatch):
    with ExitStack() as stack:
        taken, created = [], []
        apply, create = Applying.apply, Newcomers.create
        monkeypatch.setattr(Applying, "apply", lambda self, row: (taken.append(row.id), apply(self, row)))
        monkeypatch.setattr(Newcomers, "create", lambda self, lot, at: (created.extend(at), create(self, lot, at)))
        by_columns = told(a_world(f"in process, {engine}", tmp_path / "one", stack), seed, size=40)
        assert created and taken  # both ways were gone
        del created[:]
        monkeypatch.setattr(Push, "apply_lots", row_by_row)
        one_by_one = told(a_world(f"in process, {engine}", tmp_path / "other", stack), seed, size=40)
        assert not created
        for name, rows in one_by_one.items():
            assert by_columns[name] == rows, name


def told(world, seed: int, size: int) -> dict[str, list[str]]:
    """All tables of a centre after it has been told the batches of a seed."""
    devices = {name: world.enrol(name).device for name in (*AUTHORS, "abm3")}
    faults = Faults(seed, devices, world.clock())
    for number in range(BATCHES):
        for author in AUTHORS:
            answer = world.centre._take_batch(devices[author], faults.batch(author, number + 1, size), world.clock())
            assert answer.state == "applied"
            world.clock.forward(ms=1000)
    meta = world.centre.tables.meta
    return {
        # The mark of who reaches what is made by chance.
        table.name: sorted(
            repr(sorted(row.items())) for row in world.rows(table) if table is not meta or row["name"] != REACH
        )
        for table in world.centre.tables.metadata.sorted_tables
    }


def test_what_is_plain_goes_by_columns(world_on_each, monkeypatch):
    """A full batch of new groups and members is not looked at row by row, and every value arrives as it was sent."""
    world, device = world_on_each, world_on_each.enrol("supervisor").device
    monkeypatch.setattr(Applying, "apply", lambda self, row: 1 / 0)
    stamps = [stamp_of(world.clock() + at, 0, device) for at in range(60)]
    groups, members = [f"{at:032x}" for at in range(60)], [f"{at:032x}" for at in range(100, 160)]
    names = [f"समूह \\N {at} \\ \"q\" '{at}'" for at in range(60)]
    values = [[ref("V1")] * 60, names, ["2024-05-06"] * 60, [True, False] * 30, list(range(60))]
    fields = ["village_id", "name", "formed_on", "active", "declared_members"]
    sections = (
        Section("Shg", groups, fields, values, [stamps] * 5, [[""] * 60] * 5),
        Section("Member", members, ["shg_id", "name"], [groups, names], [stamps] * 2, [[""] * 60] * 2),
    )
    answer = world.centre._take_batch(device, frozen(1, Batch(sections)), world.clock())
    assert [(one.first, one.last, one.state) for one in answer.outcomes] == [(0, 119, "applied")]
    for at in (0, 1, 59):
        row = world.row("Shg", groups[at])
        assert (row["name"], row["formed_on"], row["active"], row["declared_members"]) == (
            names[at], date(2024, 5, 6), at % 2 == 0, at,
        )  # fmt: skip
        assert row["roster_count"] == 1 and row["mobile"] is None and row["origin"] == "new"
        assert world.stamps("Member", members[at]) == {"shg_id": stamps[at], "name": stamps[at]}
        assert world.row("Member", members[at])["group_id"] == groups[at]


@pytest.mark.parametrize("fields", [("declared_members",), ("village_id", "name", "formed_on", "declared_members")])
def test_a_record_that_no_stream_was_told_of_is_known_all_the_same(world_on_each, fields):
    """Whether it is new is asked of the feed first: where that is silent, its own table has the last word."""
    world, device = world_on_each, world_on_each.enrol("supervisor").device
    values = {"village_id": ref("V1"), "name": "Ujala", "formed_on": "2024-05-06", "declared_members": 10}

    def push(number: int, names: tuple[str, ...]):
        stamps = [stamp_of(world.clock(), number, device)]
        columns, bases = [[values[name]] for name in names], [[""]] * len(names)
        section = Section("Shg", ["a" * 32], list(names), columns, [stamps] * len(names), bases)
        return world.centre._take_batch(device, frozen(number, Batch((section,))), world.clock())

    push(1, tuple(values))
    with world.centre.database.writing() as db:
        db.execute(world.centre.tables.feed.delete())
    values |= {"declared_members": 12}
    answer = push(2, fields)
    assert [(one.state, one.code) for one in answer.outcomes] == [("applied", None)]
    (row,) = world.rows(world.centre.tables.records["Shg"])
    assert (row["name"], row["declared_members"]) == ("Ujala", 12)


def test_changes_that_must_be_merged_are_not_asked_about_one_by_one(world_on_each):
    """As many statements for thirty edits as for five, of fields that others have changed meanwhile."""
    world = world_on_each
    author, other = (world.enrol(name).device for name in ("supervisor", "abm"))
    groups, members = [f"{at:032x}" for at in range(40)], [f"{at:032x}" for at in range(100, 140)]

    def push(device: str, number: int, *sections: tuple[str, list[str], dict]) -> int:
        made = []
        for kind, ids, values in sections:
            stamps = [stamp_of(world.clock(), number * 1000 + at, device) for at in range(len(ids))]
            columns = [list(column) for column in values.values()]
            made.append(
                Section(kind, ids, list(values), columns, [stamps] * len(values), [[""] * len(ids)] * len(values))
            )
        statements = []
        engine = world.centre.database.engine
        event.listen(engine, "before_cursor_execute", note := lambda *a: statements.append(a[2]))
        answer = world.centre._take_batch(device, frozen(number, Batch(tuple(made))), world.clock())
        event.remove(engine, "before_cursor_execute", note)
        assert {one.state for one in answer.outcomes} == {"applied"}
        world.clock.forward(ms=1000)
        return len(statements)

    new = {"village_id": [ref("V1")] * 40, "name": ["Ujala"] * 40, "formed_on": ["2024-05-06"] * 40}
    push(author, 1, ("Shg", groups, new), ("Member", members, {"shg_id": groups, "name": ["Sita"] * 40}))
    push(other, 1, ("Member", members, {"name": ["Gita"] * 40}))
    few = push(author, 2, ("Member", members[:5], {"name": ["Rita"] * 5}))
    many = push(author, 3, ("Member", members[5:35], {"name": ["Rita"] * 30}))
    assert many <= few + 2
    assert len(world.rows(world.centre.tables.records["Conflict"])) == 40 + 35

"""What people do in a run: each deed chooses, by its own chance, among what lies before the person at that moment."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any

from sqlalchemy import Select, Table, select

from records.commands.accounts import CancelStep, ChangeAccount, RecordStep
from records.commands.conflicts import DecideConflict, RestoreValue
from records.commands.groups import ChangeGroup, DeleteGroup, RegisterGroup, SayTheSame
from records.commands.members import AddMember, ChangeMember, DeleteMember
from records.commands.photos import AddPhoto
from records.ids import first_account_id, official_id
from records.savings_account import RETURN_REASONS
from server.importing import Importing, Listed
from tests.property.simulation.handsets import Handset
from tests.property.simulation.picturing import pictures
from tests.property.simulation.town import VILLAGES, Town
from tests.world import ref

NAMES = ("जय अम्बे", "माँ शारदा", "राधा रानी", "एकता", "उजाला")
HOME = {"abm": "V1", "abm2": "V2", "abm3": "V3", "abm4": "V4", "supervisor": "V1", "supervisor2": "V3"}
BRANCHES = ("R1", "R2", "R3", "R4")
Command = Any


class Sight:
    """What lies before somebody: ids of groups, members and steps, and open conflicts, in one order."""

    def __init__(
        self, groups: list[str], members: list[str], steps: list[tuple[str, str]], conflicts: list[Any]
    ) -> None:
        self.groups, self.members, self.steps, self.conflicts = groups, members, steps, conflicts

    @classmethod
    def of(cls, phone: Handset) -> "Sight":
        with phone.store.reading() as t:
            return cls._read(t.connection, t.tables)

    @classmethod
    def of_centre(cls, town: Town) -> "Sight":
        with town.centre.database.reading() as db:
            return cls._read(db, town.centre.tables.records)

    @classmethod
    def _read(cls, db: Any, tables: Any) -> "Sight":
        asked = _asked(tables["Shg"], tables["Member"], tables["AccountStep"], tables["Conflict"])
        groups, members, steps, conflicts = (db.execute(query).all() for query in asked)
        ids = ([row.id for row in rows] for rows in (groups, members))
        return cls(*ids, [(row.account_id, row.id) for row in steps], conflicts)


@cache
def _asked(shg: Table, member: Table, step: Table, conflict: Table) -> list[Select[Any]]:
    return [
        *(select(table.c.id).order_by(table.c.id) for table in (shg, member)),
        select(step.c.account_id, step.c.id).order_by(step.c.account_id, step.c.id),
        select(conflict).where(conflict.c.state == "open").order_by(conflict.c.id),
    ]


def command_of(role: str, person: str, sight: Sight, r: Random, *, newer: bool) -> Command:
    """Something that somebody in a role might do; what her role does not allow is refused, or set aside later."""
    day = date(2026, 9, 1) - timedelta(days=r.randrange(200))
    home = HOME.get(person, "V1")
    # People meet on a few groups, else nobody would ever be in another's way.
    group = r.choice(sight.groups[:4] if r.random() < 0.8 else sight.groups) if sight.groups else None
    if group is None or (role not in ("sakhi", "district") and r.random() < 0.12):
        return RegisterGroup(
            {"village_id": ref(r.choice((home, home, home, *VILLAGES))), "name": r.choice(NAMES), "formed_on": day}
        )
    if role == "sakhi":
        return r.choice(_at_the_branch(group, day, r))()
    return r.choice(_in_the_village(group, sight, day, r, newer=newer))()


def _at_the_branch(group: str, day: date, r: Random) -> list[Callable[[], Command]]:
    return [
        lambda: ChangeGroup(group, {"mobile": r.choice(("9876500000", "9876500001", None))}),
        lambda: ChangeGroup(group, {"president_signs": r.choice((True, False))}),
        lambda: ChangeAccount(group, {"branch_id": ref(r.choice(BRANCHES))}),
        lambda: ChangeAccount(group, {"account_number": r.choice(("123456789012", "98765432101"))}),
        lambda: RecordStep(group, r.choice(("submitted", "opened", "closed")), day),
        lambda: AddPhoto(group, "passbook", r.choice(pictures())),
        lambda: RecordStep(group, "returned", day, reason=r.choice(RETURN_REASONS)),
    ]


def _in_the_village(group: str, sight: Sight, day: date, r: Random, *, newer: bool) -> list[Callable[[], Command]]:
    deeds = [
        lambda: AddMember(group, {"name": r.choice(NAMES), "mobile": r.choice(("9876543210", "", "9876543211"))}),
        lambda: ChangeGroup(group, {"name": r.choice(NAMES)}),
        lambda: ChangeGroup(group, {"name": r.choice(NAMES), "declared_members": r.randrange(5, 25)}),
        lambda: ChangeGroup(
            group, {"remarks": r.choice(NAMES), "meeting_rhythm": r.choice(("weekly", "monthly", None))}
        ),
        lambda: ChangeGroup(group, {"village_id": ref(r.choice(VILLAGES))}),
        lambda: ChangeGroup(group, {r.choice(("president_id", "secretary_id")): r.choice([*sight.members, None])}),
        lambda: SayTheSame(group, r.choice([*sight.groups, None])),
        lambda: DeleteGroup(group, restore=r.random() < 0.6),
        lambda: ChangeAccount(group, {"branch_id": ref(r.choice(BRANCHES))}),
        lambda: RecordStep(group, r.choice(("resolution_passed", "submitted")), day),
        lambda: AddPhoto(group, "resolution", r.choice(pictures())),
    ]
    if sight.members:
        member = r.choice(sight.members)
        deeds += [
            lambda: ChangeMember(member, {"guardian_name": r.choice(NAMES)}),
            lambda: ChangeMember(member, {"left_on": r.choice((day, None))}),
            lambda: ChangeMember(member, {"shg_id": group}),
            lambda: DeleteMember(member, restore=r.random() < 0.5),
        ]
    if sight.conflicts:
        one = r.choice(sight.conflicts)
        about = (one.record_kind, one.record_id)
        deeds += [lambda: DecideConflict(one.id, *about, r.random() < 0.5, one.winning_stamp)] * 2
        if one.value is not None and one.losing_stamp and one.field != "deleted_on":
            deeds.append(lambda: RestoreValue(*about, one.field, json.loads(one.value)))
    if sight.steps:
        deeds.append(lambda: CancelStep(*r.choice(sight.steps)))
    if newer:
        deeds += [
            lambda: ChangeGroup(group, {"savings_day": r.randrange(1, 29), "name": r.choice(NAMES)}),
            lambda: ChangeGroup(group, {"promoted_by": "cooperative"}),
        ] * 2
    return deeds


# --- the office


def change_assignment(town: Town, r: Random) -> str:
    """Somebody's work ends, goes on again, or is elsewhere."""
    name = r.choice(("abm", "abm2", "sakhi", "supervisor", "abm3"))
    match r.randrange(3):
        case 0:
            town.overwrite("Assignment", f"{name}/1", to_on=r.choice((date(2026, 1, 1), None)))
        case 1 if name.startswith("abm"):
            town.overwrite("Assignment", f"{name}/1", place_id=ref(r.choice(("G1", "G2", "G3"))), to_on=None)
        case _ if name == "sakhi":
            town.overwrite("Assignment", f"{name}/1", branch_id=ref(r.choice(("R1", "R2", "R3"))), to_on=None)
        case _:
            town.overwrite("Assignment", f"{name}/1", to_on=None)
    return name


def move_place(town: Town, r: Random) -> str:
    """A village goes to another panchayat, a panchayat to another block, a block to another district."""
    name, above = r.choice(
        (("V2", ("G1", "G2", "G3", "G4")), ("V5", ("G1", "G2")), ("G2", ("B1", "B2", "B3")), ("B2", ("D", "D2")))
    )
    town.overwrite("Place", name, parent_id=ref(r.choice(above)))
    return name


def change_service(town: Town, r: Random) -> str:
    """Another branch serves a village, or none does."""
    name = r.choice(("R1/V1", "R1/V2", "R3/V3"))
    if r.random() < 0.3:
        town.overwrite("ServiceArea", name, deleted_on=r.choice((date(2026, 1, 1), None)))
    else:
        town.overwrite("ServiceArea", name, branch_id=ref(r.choice(("R1", "R2", "R4"))))
    return name


def import_register(town: Town, r: Random) -> int:
    """The portal's list comes in meanwhile: groups that are new, and some that people are writing in."""
    rows: list[Listed] = []
    for number in r.sample(range(8), 3):
        group = official_id("portal", f"G/{number}")
        values = {"name": r.choice(NAMES), "formed_on": "2025-01-01", "portal_code": f"M{number}"}
        rows.append(Listed("Shg", group, values | {"village_id": ref(VILLAGES[number % len(VILLAGES)])}))
        if r.random() < 0.5:
            rows.append(
                Listed("Member", official_id("portal", f"W/{number}"), {"shg_id": group, "name": r.choice(NAMES)})
            )
        if r.random() < 0.4:
            account = {"shg_id": group, "branch_id": ref(r.choice(BRANCHES))}
            rows.append(Listed("SavingsAccount", first_account_id(group), account))
    known = Sight.of_centre(town).groups
    if known and r.random() < 0.5:
        rows.append(
            Listed("Shg", r.choice(known[:4]), {"name": r.choice(NAMES), "declared_members": r.randrange(5, 20)})
        )
    with Importing(town.centre, "portal") as importing:
        return sum(one.effect != "refused" for one in importing.take(rows))

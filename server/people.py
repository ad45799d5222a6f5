"""The people of a block as its office tends them: who works where, one-time codes, lost phones, handing over.

Every deed is judged by the blocks in which the session's person is supervisor. Reference records are then written by
the office's own device through the same push; who asked for it stands in the register of deeds.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, and_, case, func, insert, null, or_, select, update

from records.cells import read_stamps
from records.days import day_of
from records.ids import new_id
from records.kinds import KINDS
from records.messages import Batch, Section
from records.problems import Problem, Refusal, Refused
from records.record import fields_of, problem_code, to_wire
from records.staffing import (
    STAFF,
    AddPerson,
    Assign,
    DeviceLine,
    HandedOver,
    HandOver,
    PersonLine,
    Staff,
    Work,
    Workplace,
)
from records.stamps import next_stamp
from records.wire import frozen
from server.aside import verdict_id
from server.batches import Batches
from server.central_store import CentralStore
from server.chunks import among
from server.console_sessions import Session
from server.judging import Author
from server.pushing import Push
from server.reaching import reaches_of
from server.tables import AT_OFFICE, UNDECIDED

REMEMBERED = timedelta(days=60)
"""How long somebody whose work here has ended is still shown, and her phone tended."""

OFFICE = "people"
"""The office's device that writes people and their work."""


class People:
    """The people within one supervisor's reach, in one transaction. `office`: the number of the office's device."""

    def __init__(self, db: Connection, centre: CentralStore, session: Session, now_ms: int, office: str = "") -> None:
        self._db, self._centre, self._session, self._now_ms, self._office = db, centre, session, now_ms, office
        self._tables, self._state_id, self._today = centre.tables, centre.state_id, day_of(now_ms)
        reaches = reaches_of(db, self._tables, self._state_id, session.person_id, self._today)
        self._reaches = tuple(reach for reach in reaches if reach.role == "supervisor")
        self._blocks = frozenset(block for reach in self._reaches for block in reach.blocks)

    # --- who there is

    def staff(self) -> Staff:
        work = self._work_of(self._people_here())
        people = self._records("Person", sorted(work))
        devices, waits = self._devices(work), self._waiting(work)
        lines = [
            PersonLine(
                person["id"], person["name"], person["name_hi"], tuple(_work(row) for row in work[person["id"]]),
                devices.get(person["id"], ()), self._is_tended(work[person["id"]]), *waits.get(person["id"], (0, 0)),
            )
            for person in people
        ]  # fmt: skip
        by_name = sorted(lines, key=lambda line: (line.name.casefold(), line.id))
        return Staff(tuple(by_name), tuple(self._workplaces()))

    def _people_here(self) -> set[str]:
        work = self._work()
        return set(
            self._db.scalars(select(work.c.person_id).where(among(self._db, work.c.block_id, sorted(self._blocks))))
        )

    def _work(self) -> Any:
        """All work that goes on or has not long ended, with the block it is in."""
        work, place, branch = (self._tables.records[kind] for kind in ("Assignment", "Place", "BankBranch"))
        block = func.coalesce(place.c.block_id, branch.c.block_id)
        is_block = and_(place.c.level == "block", place.c.id.is_not(None))
        return (
            select(
                work.c.id, work.c.person_id, work.c.role, work.c.place_id, work.c.branch_id, work.c.from_on,
                work.c.to_on, work.c.in_charge, case((is_block, place.c.id), else_=block).label("block_id"),
                func.coalesce(place.c.name, branch.c.name).label("place_name"),
                func.coalesce(place.c.name_hi, branch.c.name_hi).label("place_name_hi"),
                place.c.level.label("place_level"),
            )
            .select_from(
                work.outerjoin(place, and_(place.c.state_id == work.c.state_id, place.c.id == work.c.place_id))
                .outerjoin(branch, and_(branch.c.state_id == work.c.state_id, branch.c.id == work.c.branch_id))
            )
            .where(
                work.c.state_id == self._state_id, work.c.deleted_on.is_(None),
                or_(work.c.to_on.is_(None), work.c.to_on >= self._today - REMEMBERED),
            )
            .subquery()
        )  # fmt: skip

    def _work_of(self, ids: Iterable[str]) -> dict[str, list[Any]]:
        work = self._work()
        chosen = select(work).where(among(self._db, work.c.person_id, sorted(ids)))
        found: dict[str, list[Any]] = {}
        for row in self._db.execute(chosen.order_by(work.c.from_on, work.c.id)):
            found.setdefault(row.person_id, []).append(row)
        return found

    def _is_tended(self, work: Sequence[Any]) -> bool:
        """Whether all that she does, and did lately, is done in these blocks and in roles that they give."""
        return bool(work) and all(row.role in STAFF and row.block_id in self._blocks for row in work)

    def _records(self, kind: str, ids: Sequence[str]) -> list[Mapping[str, Any]]:
        table = self._tables.records[kind]
        chosen = select(table).where(table.c.state_id == self._state_id, among(self._db, table.c.id, list(ids)))
        return [dict(row) for row in self._db.execute(chosen).mappings()]

    def _devices(self, ids: Iterable[str]) -> dict[str, tuple[DeviceLine, ...]]:
        table = self._tables.device
        mine = (table.c.state_id == self._state_id, table.c.office.is_(False), table.c.token_hash.is_not(None))
        chosen = select(table).where(*mine, among(self._db, table.c.person_id, sorted(ids)))
        found: dict[str, tuple[DeviceLine, ...]] = {}
        for row in self._db.execute(chosen.order_by(table.c.enrolled_ms.desc(), table.c.device)):
            line = DeviceLine(
                row.device, row.name, row.enrolled_ms, row.last_contact_ms, row.app, row.unsent,
                row.oldest_unsent_ms if row.unsent else None, row.drafts, row.revoked_ms is not None,
            )  # fmt: skip
            found[row.person_id] = (*found.get(row.person_id, ()), line)
        return found

    def _waiting(self, ids: Iterable[str]) -> dict[str, tuple[int, int]]:
        """person -> (set-aside changes that wait for the office here, returned ones that wait for her)."""
        table, found = self._tables.quarantine, dict[str, tuple[int, int]]()
        whose = func.coalesce(table.c.passed_to, table.c.person_id)
        chosen = select(whose.label("person_id"), table.c.state, func.count().label("many")).where(
            table.c.state_id == self._state_id, among(self._db, whose, sorted(ids)),
            among(self._db, table.c.block_id, sorted(self._blocks)), table.c.state.in_(UNDECIDED),
        ).group_by(whose, table.c.state)  # fmt: skip
        for row in self._db.execute(chosen):
            aside, returned = found.get(row.person_id, (0, 0))
            back = row.state == "returned"
            found[row.person_id] = (aside + (0 if back else row.many), returned + (row.many if back else 0))
        return found

    def _workplaces(self) -> Iterable[Workplace]:
        blocks = sorted(self._blocks)
        for kind, role in (("Place", "abm"), ("BankBranch", "bank_sakhi")):
            table = self._tables.records[kind]
            here = [table.c.state_id == self._state_id, among(self._db, table.c.block_id, blocks)]
            level: Any = null().label("level")
            if kind == "Place":
                level = table.c.level
                here.append(level.in_(("gram_panchayat", "cluster")))
            chosen = select(table.c.id, table.c.name, table.c.name_hi, level)
            chosen = chosen.where(*here, table.c.deleted_on.is_(None)).order_by(table.c.name, table.c.id)
            for row in self._db.execute(chosen):
                yield Workplace(row.id, role, row.name, row.name_hi, row.level)

    # --- what is done

    def tend(self, person_id: str) -> list[Any]:
        """The work of a person whom this office tends. Raises Refused: out_of_reach."""
        work = self._work_of([person_id]).get(person_id, [])
        if not self._is_tended(work):
            raise Refused([Refusal("out_of_reach", None, "Person")])
        return work

    def _held_in_charge(self) -> list[Any]:
        """The work of an ABM or bank sakhi that the supervisor holds herself until somebody comes for it. Raises
        Refused: out_of_reach where there is none."""
        mine = self._work_of([self._session.person_id]).get(self._session.person_id, [])
        held = [row for row in mine if row.role in STAFF and row.block_id in self._blocks]
        if not held:
            raise Refused([Refusal("out_of_reach", None, "Assignment")])
        return held

    def owner_of(self, number: str) -> str:
        """Whose device this is, of a person whom this office tends. Raises Refused: out_of_reach."""
        table = self._tables.device
        mine = (table.c.state_id == self._state_id, table.c.device == number, table.c.office.is_(False))
        person_id = self._db.scalar(select(table.c.person_id).where(*mine))
        self.tend(str(person_id))
        return str(person_id)

    def add(self, errand: AddPerson) -> str:
        """A new person with work here: her id."""
        person = self._new_id()
        home, where = self._where(errand.role, errand.where_id)
        names = {"name": errand.name, "name_hi": errand.name_hi, "home_id": home}
        self._write([("Person", person, names), self._assignment(person, errand, where)])
        self.note("add_person", person, role=errand.role, where=errand.where_id)
        return person

    def assign(self, errand: Assign) -> None:
        self.tend(errand.person_id)
        _, where = self._where(errand.role, errand.where_id)
        self._write([self._assignment(errand.person_id, errand, where)])
        self.note("assign", errand.person_id, role=errand.role, where=errand.where_id)

    def hand_over(self, errand: HandOver) -> HandedOver:
        """Her work here ends with yesterday and is the other's from today; what waits for her waits for the other."""
        self._lock(errand.person_id)
        work = self._held_in_charge() if errand.person_id == self._session.person_id else self.tend(errand.person_id)
        goes_on = [row for row in work if row.to_on is None or row.to_on >= self._today]
        herself = errand.to_id == self._session.person_id
        if errand.to_id == errand.person_id or not goes_on:
            raise Refused([Refusal("changed_meanwhile" if not goes_on else "out_of_reach", None, "Assignment")])
        if not herself:
            self.tend(errand.to_id)
        rows: list[tuple[str, str, dict[str, Any]]] = []
        for row in goes_on:
            # Work that began only today, or was to begin later, is taken back as a whole.
            yesterday = self._today - timedelta(days=1)
            ends = {"deleted_on": self._today} if row.from_on > yesterday else {"to_on": yesterday}
            rows.append(("Assignment", row.id, ends))
            values = {"person_id": errand.to_id, "role": row.role, "from_on": max(row.from_on, self._today)}
            values |= {name: getattr(row, name) for name in ("place_id", "branch_id") if getattr(row, name)}
            values |= {"to_on": row.to_on} if row.to_on else {}
            rows.append(("Assignment", self._new_id(), values | ({"in_charge": True} if errand.in_charge else {})))
        self._write(rows)
        aside = self._pass_on(errand.person_id, errand.to_id, AT_OFFICE)
        returned = self._pass_on(errand.person_id, errand.to_id, ("returned",))
        self._pass_verdicts(errand.person_id, errand.to_id)
        devices = [one for one in self._devices([errand.person_id]).get(errand.person_id, ()) if not one.revoked]
        self.note("hand_over", errand.person_id, to=errand.to_id, work=len(goes_on))
        return HandedOver(
            len(goes_on), aside, returned, self._conflicts(goes_on), sum(one.unsent or 0 for one in devices),
            sum(one.drafts or 0 for one in devices),
        )  # fmt: skip

    def note(self, what: str, about: str, **detail: Any) -> None:
        """Who did what at the office, when: a row of the register of deeds, never deleted."""
        row = {
            "state_id": self._state_id, "id": self._new_id(), "at_ms": self._now_ms, "what": what, "about": about,
            "person_id": self._session.person_id, "device": self._session.device, "detail": json.dumps(detail),
        }  # fmt: skip
        self._db.execute(insert(self._tables.deed).values(row))

    def _lock(self, person_id: str) -> None:
        """Of two who hand over the same work at once, the second sees what the first has done."""
        person = self._tables.records["Person"]
        mine = (person.c.state_id == self._state_id, person.c.id == person_id)
        self._db.execute(select(person.c.id).where(*mine).with_for_update())

    def _where(self, role: str, id: str) -> tuple[str, dict[str, str]]:
        """(the place at which the person is listed, the fields that say where she works). Refused: out_of_reach."""
        place = next((one for one in self._workplaces() if one.id == id and one.role == role), None)
        if role not in STAFF or place is None:
            raise Refused([Refusal("out_of_reach", "place_id", "Assignment")])
        if role == "abm":
            return id, {"place_id": id}
        (branch,) = self._records("BankBranch", [id])
        return str(branch["block_id"]), {"branch_id": id}

    def _assignment(
        self, person: str, errand: AddPerson | Assign, where: Mapping[str, str]
    ) -> tuple[str, str, dict[str, Any]]:
        first = errand.from_on or self._today
        if errand.to_on and errand.to_on < first:
            raise Refused([Refusal("not_understood", "to_on", "Assignment")])
        values: dict[str, Any] = {"person_id": person, "role": errand.role, **where, "from_on": first}
        values |= {"to_on": errand.to_on} if errand.to_on else {}
        return "Assignment", self._new_id(), values | ({"in_charge": True} if errand.in_charge else {})

    def _new_id(self) -> str:
        return new_id(self._now_ms, self._centre.randomness)

    def _write(self, rows: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None:
        """Reference records, by the office's device and the same push as a phone's. Raises Refused with the reasons."""
        device = self._tables.device
        mine = (device.c.state_id == self._state_id) & (device.c.device == self._office)
        last = self._db.execute(select(device.c.last_batch).where(mine).with_for_update()).scalar_one()
        sections = []
        for kind, id, given in rows:
            values = {name: value for name, value in given.items() if value not in (None, "")}
            seen = self._stamps(kind, id)
            stamp = next_stamp(clock_ms=self._now_ms, offset_ms=0, last="", replaced=seen.values(), device=self._office)
            columns = [[to_wire(_checked(kind, name, value))] for name, value in values.items()]
            bases: list[list[str | None]] = [[seen.get(name, "")] for name in values]
            sections.append(Section(kind, [id], list(values), columns, [[stamp] for _ in values], bases))
        centre = self._centre
        batches = Batches(self._db, centre.tables, centre.registry, centre.state_id, self._office, self._now_ms)
        answer = batches.take(frozen(int(last) + 1, Batch(tuple(sections))))
        if answer.state != "applied":
            raise Problem("busy")
        against = [one for one in answer.outcomes if one.state != "applied"]
        if against:
            raise Refused([Refusal(one.code or "not_allowed", one.field, sections[one.first].kind) for one in against])

    def _stamps(self, kind: str, id: str) -> dict[str, str]:
        table = self._tables.records[kind]
        text = self._db.scalar(select(table.c.stamps).where(table.c.state_id == self._state_id, table.c.id == id))
        return read_stamps(text) if text else {}

    def _pass_on(self, person_id: str, to_id: str, states: tuple[str, ...]) -> int:
        """Set-aside work of hers, and what had been passed to her, is the other's to mend; its author stays."""
        table = self._tables.quarantine
        whose = func.coalesce(table.c.passed_to, table.c.person_id) == person_id
        here = and_(table.c.state_id == self._state_id, among(self._db, table.c.block_id, sorted(self._blocks)))
        passed = update(table).where(here, whose, table.c.state.in_(states)).values(passed_to=to_id)
        return int(self._db.execute(passed).rowcount)

    def _pass_verdicts(self, person_id: str, to_id: str) -> None:
        """What was said of the work that has just been passed on; what another block said to her stays hers."""
        table = self._tables.quarantine
        here = and_(table.c.state_id == self._state_id, among(self._db, table.c.block_id, sorted(self._blocks)))
        named = select(table.c.device, table.c.number, table.c.row).where(
            here, table.c.passed_to == to_id, table.c.state == "returned"
        )
        passed = {verdict_id(*one) for one in self._db.execute(named)}
        author = Author(self._session.device, self._session.person_id, self._reaches)
        push = Push(self._db, self._tables, self._centre.registry, self._state_id, author, self._now_ms)
        for row in push.working.load_where("Verdict", "person_id", [person_id]):
            if row["id"] in passed and row["state"] == "returned" and not row["done"]:
                push.working.derive("Verdict", row, person_id=to_id)
        push.write_down()

    def _conflicts(self, work: Iterable[Any]) -> int:
        """Open conflicts of the groups in these panchayats, clusters and branches: whoever works there sees them."""
        conflict, standing = self._tables.records["Conflict"], self._tables.standing
        places = [row.place_id for row in work if row.place_id]
        below = self._tables.records["Place"]
        in_clusters = (below.c.state_id == self._state_id, below.c.level == "gram_panchayat")
        chosen_below = select(below.c.id).where(*in_clusters, among(self._db, below.c.parent_id, places))
        panchayats = [*places, *self._db.scalars(chosen_below)]
        branches = [standing.c.branches.like(f'%"{row.branch_id}"%') for row in work if row.branch_id]
        there = or_(among(self._db, standing.c.gram_panchayat_id, panchayats), *branches)
        of_group = and_(standing.c.state_id == conflict.c.state_id, standing.c.id == conflict.c.group_id)
        chosen = select(func.count()).select_from(conflict.join(standing, of_group))
        mine = (conflict.c.state_id == self._state_id, conflict.c.state == "open")
        return int(self._db.scalar(chosen.where(*mine, there)) or 0)


def _checked(kind: str, name: str, value: Any) -> Any:
    """A value as it is kept. Raises Refused with what is wrong with it."""
    try:
        return fields_of(KINDS[kind].cls)[name].check(value)
    except ValidationError as error:
        raise Refused([Refusal(problem_code(error), name, kind)]) from error


def _work(row: Any) -> Work:
    return Work(
        row.id, row.role, row.place_name, row.place_name_hi, row.from_on, row.to_on, bool(row.in_charge),
        row.place_level,
    )  # fmt: skip

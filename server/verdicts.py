"""What an office decides about work that was set aside: accept it under its author's name, or send it back (law 6).

Every deed is judged by the blocks in which the person is supervisor, on the row itself, in its own transaction.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, and_, select, update

from records.aadhaar import refuse_aadhaar
from records.access import Reach
from records.audience import columns_of, streams_read
from records.days import day_of
from records.errands import AcceptChange, SendBack, SetAside
from records.messages import Batch, Section
from records.problems import Refusal, Refused
from records.record import fields_of, problem_code, to_wire
from records.stamps import next_stamp
from server.aside import verdict_id
from server.central_store import CentralStore
from server.checking import checked_rows
from server.chunks import among
from server.console_sessions import ConsoleSessions, Session
from server.feeding import held_by
from server.judging import Author
from server.pushing import Push
from server.reaching import reaches_of
from server.tables import AT_OFFICE, UNDECIDED
from server.working import Working

ACCEPTABLE = frozenset(
    {
        "out_of_reach",
        "not_allowed",
        "not_allowed_field",
        "too_late_to_cancel",
        "not_yours_to_cancel",
        "device_revoked",
        "before_going_back",
    }
)
"""Why a change was set aside that another may allow. What is wrong in itself goes back to its author."""

DECIDED = ("accepted", "returned", "mended", "withdrawn")


class Verdicts:
    """The set-aside work of the area of one session's person, in one transaction."""

    def __init__(
        self, db: Connection, centre: CentralStore, sessions: ConsoleSessions, session: Session, now_ms: int
    ) -> None:
        self._db, self._centre, self._sessions, self._session, self._now_ms = db, centre, sessions, session, now_ms
        self._tables, self._state_id = centre.tables, centre.state_id
        everything = self._reaches_of(session.person_id)
        self._reaches: tuple[Reach, ...] = tuple(reach for reach in everything if reach.role == "supervisor")
        self._blocks = sorted({block for reach in self._reaches for block in reach.blocks})

    def _reaches_of(self, person_id: str) -> tuple[Reach, ...]:
        return reaches_of(self._db, self._tables, self._state_id, person_id, day_of(self._now_ms))

    # --- what there is

    def rows(self, *, decided: bool, limit: int) -> list[SetAside]:
        """The latest first; decided ones by the time of the decision."""
        table = self._tables.quarantine
        order = table.c.decided_ms if decided else table.c.received_ms
        states = DECIDED if decided else AT_OFFICE
        query = (
            select(table)
            .where(self._mine(), table.c.state.in_(states))
            .order_by(order.desc(), table.c.device, table.c.number, table.c.row)
            .limit(limit)
        )
        found = self._db.execute(query).all()
        names = self._names({id for row in found for id in (row.person_id, row.decider_id) if id})
        known = self._known(found, self._reaches)
        return [self._shown(row, names, known.get((row.kind, row.record_id))) for row in found]

    def _mine(self) -> Any:
        table = self._tables.quarantine
        return and_(table.c.state_id == self._state_id, among(self._db, table.c.block_id, self._blocks))

    def _shown(self, row: Any, names: Mapping[str, tuple[str, str | None]], known: Any) -> SetAside:
        cells = _cells(row)
        specs = fields_of(self._centre.registry[row.kind].cls) if row.kind in self._centre.registry else {}
        values = {name: cell[0] for name, cell in cells.items() if name in specs}
        standing = {name: to_wire(known[name]) for name in values if name in known} if known else {}
        person, person_hi = names.get(row.person_id, ("", None))
        decider, decider_hi = names.get(row.decider_id, (None, None))
        return SetAside(
            row.device, row.number, row.row, row.kind, row.record_id, _group(row, known), _title(values, known),
            row.code, row.field, row.state, row.received_ms, row.person_id, person, person_hi, values, standing,
            row.state in ("open", "returned") and row.code in ACCEPTABLE and row.kind in self._centre.registry,
            row.reason, decider, decider_hi,
        )  # fmt: skip

    def _known(self, rows: Iterable[Any], reaches: Iterable[Reach]) -> dict[tuple[str, str], dict[str, Any]]:
        """The records that these are about, as they stand, with the columns that somebody of this reach sees of them.

        Where a change is shown follows from what it names, and its author may name what she likes: the record itself
        may stand anywhere.
        """
        by_kind: dict[str, set[str]] = {}
        for row in rows:
            if row.kind in self._centre.registry:
                by_kind.setdefault(row.kind, set()).add(row.record_id)
        readable = streams_read(reaches)
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for kind, ids in by_kind.items():
            table, cls = self._tables.records[kind], self._centre.registry[kind].cls
            held = held_by(self._db, self._tables, self._state_id, ids)
            chosen = select(table).where(table.c.state_id == self._state_id, among(self._db, table.c.id, sorted(held)))
            for one in self._db.execute(chosen).mappings():
                streams = {name: readable[name] for name in held[one["id"]] if name in readable}
                seen = columns_of(cls, kind, streams) if streams else ()
                if seen:
                    found[kind, one["id"]] = {name: one[name] for name in ("group_id", *seen)}
        return found

    def _names(self, ids: Iterable[str]) -> dict[str, tuple[str, str | None]]:
        person = self._tables.records["Person"]
        chosen = select(person.c.id, person.c.name, person.c.name_hi).where(
            person.c.state_id == self._state_id, among(self._db, person.c.id, sorted(ids))
        )
        return {row.id: (row.name, row.name_hi) for row in self._db.execute(chosen)}

    # --- what is decided

    def accept(self, errand: AcceptChange) -> set[str]:
        """Apply a change in its author's name, by the reach of who accepts it. What waits below it comes along.

        Returns the records for which others may be waiting.
        """
        row = self._locked(errand)
        author = Author(row.device, row.person_id, self._reaches)
        push = Push(self._db, self._tables, self._centre.registry, self._state_id, author, self._now_ms)
        push.lent[row.device] = Author(row.device, row.person_id, self._lent_to(row.person_id))
        changes = checked_rows(self._centre.registry, Batch((_section(row),)))
        self._verdict(push.working, row, "accepted", None)
        push.effects.whole |= {row.record_id, verdict_id(row.device, row.number, row.row)}
        self._note(row, "accepted", None)
        push.apply(row.number, changes)
        against = [one for one in changes if one.state not in ("applied", "lost")]
        if against:
            raise Refused([Refusal(one.code or "not_allowed", one.field, one.kind) for one in against])
        return push.awaited()

    def _lent_to(self, person_id: str) -> tuple[Reach, ...]:
        """The reach for what comes along unseen: her own roles, as far as the office reaches. What she may never write
        is set aside by itself. Who has no work any more did have some when she wrote it."""
        lent = [
            replace(
                own,
                gram_panchayats=own.gram_panchayats.union(*(office.gram_panchayats for office in self._reaches)),
                blocks=own.blocks.union(*(office.blocks for office in self._reaches)),
            )
            for own in self._reaches_of(person_id)
        ]
        return tuple(lent) or self._reaches

    def send_back(self, errand: SendBack) -> None:
        """Give a change back with a reason."""
        row = self._locked(errand)
        spec = fields_of(self._centre.registry["Verdict"].cls)["reason"]
        if not errand.reason.strip():
            raise Refused([Refusal("required", "reason", "Verdict")])
        try:
            reason = spec.check(errand.reason)
        except ValidationError as error:
            raise Refused([Refusal(problem_code(error), "reason", "Verdict")]) from error
        if refuse_aadhaar(reason, own_account=None):
            raise Refused([Refusal("holds_aadhaar", "reason", "Verdict")])
        author = Author(self._session.device, self._session.person_id, self._reaches)
        push = Push(self._db, self._tables, self._centre.registry, self._state_id, author, self._now_ms)
        self._verdict(push.working, row, "returned", reason)
        push.write_down()
        self._note(row, "returned", reason)

    def _locked(self, errand: AcceptChange | SendBack) -> Any:
        """The row, locked, if it is of her area and as she saw it. Raises Refused: out_of_reach, changed_meanwhile."""
        device = self._tables.device
        mine = (device.c.state_id == self._state_id) & (device.c.device == self._session.device)
        self._db.execute(select(device.c.last_batch).where(mine).with_for_update())
        table = self._tables.quarantine
        named = and_(table.c.device == errand.device, table.c.number == errand.number, table.c.row == errand.row)
        row = self._db.execute(select(table).where(self._mine(), named).with_for_update()).one_or_none()
        if row is None:
            raise Refused([Refusal("out_of_reach", None, "Verdict")])
        if row.state != errand.seen or row.state not in UNDECIDED:
            raise Refused([Refusal("changed_meanwhile", None, "Verdict")])
        if isinstance(errand, AcceptChange) and (row.code not in ACCEPTABLE or row.kind not in self._centre.registry):
            raise Refused([Refusal(row.code, row.field, row.kind)])
        return row

    def _verdict(self, working: Working, row: Any, state: str, reason: str | None) -> None:
        """What is told to the author, or to who took over."""
        id = verdict_id(row.device, row.number, row.row)
        verdict = working.get("Verdict", id) or working.create("Verdict", id, None)
        cells = _cells(row)
        to_id = row.passed_to or row.person_id
        known = self._known([row], self._reaches_of(to_id)).get((row.kind, row.record_id))
        stamp = self._stamp()
        values = {name: cell[0] for name, cell in cells.items()}
        working.derive(
            "Verdict", verdict, person_id=to_id, author_id=row.person_id,
            record_kind=row.kind, record_id=row.record_id, shg_id=_group(row, known),
            title=_title(values, known) or None, values=json.dumps(values, ensure_ascii=False)[:8000], code=row.code,
            field=row.field, state=state, reason=reason, decider_id=self._session.person_id, decided_stamp=stamp,
            typed_stamp=max((cell[1] for cell in cells.values()), default=None),
        )  # fmt: skip

    def _stamp(self) -> str:
        last, device = self._session.last_stamp, self._session.device
        stamp = next_stamp(clock_ms=self._now_ms, offset_ms=0, last=last, replaced="", device=device)
        self._sessions.note_stamp(self._db, self._session, stamp)
        return stamp

    def _note(self, row: Any, state: str, reason: str | None) -> None:
        table = self._tables.quarantine
        mine = and_(table.c.state_id == self._state_id, table.c.device == row.device)
        mine = and_(mine, table.c.number == row.number, table.c.row == row.row)
        decided = {"decider_id": self._session.person_id, "decided_ms": self._now_ms, "reason": reason}
        self._db.execute(update(table).where(mine).values(state=state, **decided))


def _cells(row: Any) -> dict[str, list[Any]]:
    """field -> [value, stamp, base] of a change that was set aside; nothing of a batch that could not be read."""
    cells = json.loads(row.cells)
    return {} if row.kind == "Batch" else cells


def _section(row: Any) -> Section:
    cells = _cells(row)
    return Section(
        row.kind,
        [row.record_id],
        list(cells),
        [[cell[0]] for cell in cells.values()],
        [[cell[1]] for cell in cells.values()],
        [[cell[2]] for cell in cells.values()],
    )


def _group(row: Any, known: Any) -> str | None:
    if row.kind == "Shg":
        return str(row.record_id)
    named = _cells(row).get("shg_id")
    return (known["group_id"] if known else None) or (named[0] if named else None)


def _title(values: Mapping[str, Any], known: Any) -> str:
    """A name by which a person recognises the record."""
    named = values.get("name") or (known["name"] if known and "name" in known else None)
    return str(named or "")

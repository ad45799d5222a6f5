"""Executes a command at the centre: the same classes as on a phone, and the same push that takes a phone's batches.

One transaction: the device of the session is locked, exactly what the command names is read within the person's scope,
decided and judged, and what comes of it goes through `Batches` as the next batch of this device. So access, merge,
audit and numbering are one code. What the push does not take at once undoes the whole: nothing is changed then.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, select, update

from records.cells import read_stamps
from records.commands.deciding import Below, Change, Command, Done, Known, Moment, One, judge
from records.days import day_of
from records.ids import is_id, new_id
from records.messages import Batch, BatchAnswer, FrozenBatch, Section
from records.problems import Problem, Refusal, Refused
from records.record import Record, fields_of, to_wire
from records.stamps import next_stamp
from records.wire import frozen
from server.batches import Batches
from server.central_store import CentralStore
from server.console_sessions import ConsoleSessions, Session
from server.reaching import reaches_of
from server.scope import Scope

TAKEN = ("applied", "lost")
"""Outcomes with which a change is done: a value that lost against one nobody here had seen is kept and shown."""

Key = tuple[str, str]


class Executing:
    """One command of one session, inside one write transaction."""

    def __init__(
        self, db: Connection, centre: CentralStore, sessions: ConsoleSessions, session: Session, now_ms: int
    ) -> None:
        self._db, self._centre, self._sessions, self._session = db, centre, sessions, session
        self._now_ms = now_ms
        self.awaited: set[str] = set()
        self._number = self._lock()
        today = day_of(self._now_ms)
        self._reaches = reaches_of(db, centre.tables, centre.state_id, session.person_id, today)
        self._scope = Scope(db, centre, self._reaches, today, session.person_id)

    def execute(self, command: Command) -> Done:
        """Raises Refused with the reasons; the caller's transaction must then be rolled back."""
        moment = Moment(day_of(self._now_ms), self._session.person_id, self._reaches, self._new_id)
        decided = command.decide(self._known(command.reads()), moment)
        _refuse([item for item in decided if isinstance(item, Refusal)])
        changes = _joined([item for item in decided if isinstance(item, Change)])
        before = {key: record for key in changes if (record := self._one(*key))}
        judged = [judge(self._centre.registry, one, before.get(key), moment) for key, one in changes.items()]
        _refuse([Refusal("not_an_id", "id", kind) for kind, id in changes if not is_id(id)])
        _refuse([refusal for one in judged for refusal in one.refusals])
        done = [one.change for one in judged if one.change.values]
        if done:
            self._push(done, before)
        for one in judged:
            if one.change.content is not None:
                self._keep_photo(one.change.id, one.change.content)
        about = getattr(command, "id", None) or (list(changes)[-1][1] if changes else "")
        return Done(tuple(done), about)

    # --- what is known

    def _lock(self) -> int:
        """The number of the next batch. The device is locked, as by the push, until the transaction ends."""
        table = self._centre.tables.device
        mine = (table.c.state_id == self._centre.state_id) & (table.c.device == self._session.device)
        return int(self._db.execute(select(table.c.last_batch).where(mine).with_for_update()).scalar_one()) + 1

    def _new_id(self) -> str:
        return new_id(self._now_ms, self._centre.randomness)

    def _known(self, reads: Iterable[One | Below]) -> Known:
        """Exactly what the command asked for, as far as the person sees it."""
        ones: dict[Key, Record] = {}
        below: dict[Key, list[Record]] = {}
        for read in reads:
            if isinstance(read, Below):
                below[read.kind, read.parent_id] = self._below(read.kind, read.parent_id)
            elif record := self._one(read.kind, read.id):
                ones[read.kind, read.id] = record
        return Known(ones, below)

    def _one(self, kind: str, id: str) -> Record | None:
        seen = self._scope[kind]
        return next(iter(self._records(kind, seen.c.id == id)), None)

    def _below(self, kind: str, parent_id: str) -> list[Record]:
        parent = self._centre.registry[kind].parent
        return self._records(kind, self._scope[kind].c[parent[0]] == parent_id) if parent else []

    def _records(self, kind: str, which: object) -> list[Record]:
        seen, cls = self._scope[kind], self._centre.registry[kind].cls
        rows = self._db.execute(select(seen).where(which).order_by(seen.c.id)).mappings()  # type: ignore[arg-type]
        # A column that she does not see has what a phone without it has: the field's default.
        return [cls.known({**_defaults(cls), **row}) for row in rows]

    # --- what is written

    def _push(self, changes: Sequence[Change], before: Mapping[Key, Record]) -> None:
        stamps = {key: self._stamps(*key) for key in before}
        replaced = [
            stamps[one.kind, one.id].get(name, "")
            for one in changes
            if (one.kind, one.id) in before
            for name in one.values
        ]
        stamp = next_stamp(
            clock_ms=self._now_ms, offset_ms=0, last=self._session.last_stamp, replaced=replaced,
            device=self._session.device,
        )  # fmt: skip
        by_kind = {kind: [one for one in changes if one.kind == kind] for kind in self._centre.registry}
        order = [one for some in by_kind.values() for one in some]
        sections = tuple(_section(kind, some, stamp, stamps) for kind, some in by_kind.items() if some)
        answer = self._take(frozen(self._number, Batch(sections)))
        _refuse(_reasons(answer, order))
        self._sessions.note_stamp(self._db, self._session, max(stamp, answer.restamped.get(stamp, "")))
        self._acknowledge()

    def _keep_photo(self, id: str, content: bytes) -> None:
        """The bytes of a photo, in the same transaction as its record. Reach was judged with the record."""
        problem = self._centre.photos.keep_whole(self._db, id, content)
        if problem:
            raise problem

    def _stamps(self, kind: str, id: str) -> dict[str, str]:
        """field -> stamp of what she sees of a record; a value that she does not see has not been seen."""
        table = self._centre.tables.records[kind]
        mine = (table.c.state_id == self._centre.state_id) & (table.c.id == id)
        stamps = read_stamps(self._db.scalar(select(table.c.stamps).where(mine)))
        seen = set(self._scope.columns_seen(kind, id))
        return {name: stamp for name, stamp in stamps.items() if name in seen}

    def _take(self, batch: FrozenBatch) -> BatchAnswer:
        centre = self._centre
        batches = Batches(self._db, centre.tables, centre.registry, centre.state_id, self._session.device, self._now_ms)
        answer = batches.take(batch)
        self.awaited = batches.awaited
        return answer

    def _acknowledge(self) -> None:
        """The answer has arrived where it was asked for: only the hash of the batch stays. And this was a contact."""
        device, batch = self._centre.tables.device, self._centre.tables.batch
        for table, values in ((batch, {"answer": None}), (device, {"last_contact_ms": self._now_ms})):
            mine = (table.c.state_id == self._centre.state_id) & (table.c.device == self._session.device)
            self._db.execute(update(table).where(mine).values(values))


def _joined(changes: Iterable[Change]) -> dict[Key, Change]:
    """One change per record, later values over earlier ones, in the order of their first."""
    found: dict[Key, Change] = {}
    for one in changes:
        old = found.get((one.kind, one.id))
        found[one.kind, one.id] = (
            dataclasses.replace(one, values={**old.values, **one.values}, new=old.new) if old else one
        )
    return found


def _section(kind: str, changes: Sequence[Change], stamp: str, stamps: Mapping[Key, Mapping[str, str]]) -> Section:
    """Changes of records of one kind in columns. A create names only what was filled in."""
    cells: list[dict[str, object]] = []
    for one in changes:
        values = {name: to_wire(value) for name, value in one.values.items()}
        known = (kind, one.id) in stamps
        cells.append({name: value for name, value in values.items() if known or value is not None})
    fields = list(dict.fromkeys(name for row in cells for name in row))
    ids = [one.id for one in changes]
    return Section(
        kind,
        ids,
        fields,
        [[row.get(name) for row in cells] for name in fields],
        [[stamp if name in row else None for row in cells] for name in fields],
        [
            [
                stamps.get((kind, id), {}).get(name, "") if name in row else None
                for id, row in zip(ids, cells, strict=True)
            ]
            for name in fields
        ],
    )


def _reasons(answer: BatchAnswer, order: Sequence[Change]) -> list[Refusal]:
    """Why the push did not take some of the changes."""
    if answer.state != "applied":
        raise Problem("busy")  # another process speaks for this session: nothing is changed, and it can be tried again
    return [
        Refusal(outcome.code or "not_allowed", outcome.field, order[row].kind)
        for outcome in answer.outcomes
        if outcome.state not in TAKEN
        for row in range(outcome.first, outcome.last + 1)
    ]


def _refuse(refusals: list[Refusal]) -> None:
    if refusals:
        raise Refused(refusals)


def _defaults(cls: type[Record]) -> dict[str, object]:
    return {name: spec.default for name, spec in fields_of(cls).items()}

"""Executes a command: one transaction, all of its changes or none (records/commands)."""

from collections.abc import Iterable, Sequence

from records.commands.deciding import Below, Change, Command, Done, Judged, Known, Moment, One, judge
from records.ids import is_id, new_id
from records.problems import Problem, Refusal, Refused
from records.record import Record, to_wire
from records.stamps import parts
from storage import outbox, photos
from storage.derived import Touched, settle
from storage.holds import look_again
from storage.identity import capacity_of
from storage.moment import make_stamp, today
from storage.rows import RawRow, raw_row, rows_below, write_raw
from storage.store import LocalStore, Transaction
from storage.tables import WAITING

_LATEST_ID_MS = (1 << 48) - 1


def execute(store: LocalStore, command: Command) -> Done:
    """Does what a command decides. Raises Refused with the reasons, or Problem sign_in before any enrolment."""
    with store.writing() as t:
        return execute_within(t, command)


def execute_within(t: Transaction, command: Command) -> Done:
    """`execute` as a part of a transaction: of many commands that shall stand or fall together."""
    moment = _moment(t)
    decided = command.decide(_known(t, command.reads()), moment)
    _refuse([item for item in decided if isinstance(item, Refusal)])
    changes = [item for item in decided if isinstance(item, Change)]
    before = _rows_before(t, changes)
    judged = [_judge(t, change, before, moment) for change in changes]
    _refuse([refusal for one in judged for refusal in one.refusals])
    done = write_changes(t, [one.change for one in judged], before)
    for one in judged:
        if one.change.content is not None:
            photos.keep_own(t, one.change.id, one.change.content)
    about = getattr(command, "id", None) or (changes[-1].id if changes else "")
    return Done(tuple(done), about)


def _refuse(refusals: list[Refusal]) -> None:
    if refusals:
        raise Refused(refusals)


def _moment(t: Transaction) -> Moment:
    capacity = capacity_of(t.meta)
    if capacity is None:
        raise Problem("sign_in")
    store = t.store

    def make_id() -> str:
        return new_id(max(0, min(t.clock_ms, _LATEST_ID_MS)), store.randomness)

    return Moment(today(t.meta, t.clock_ms, store.built_on), capacity.person_id, capacity.reaches, make_id)


def _known(t: Transaction, reads: Iterable[One | Below]) -> Known:
    """Exactly what the command asked for, as the store has it inside this transaction."""
    ones: dict[tuple[str, str], Record] = {}
    below: dict[tuple[str, str], list[Record]] = {}
    for read in reads:
        kind = t.registry[read.kind]
        if isinstance(read, Below):
            rows = rows_below(t.connection, t.tables, read.kind, [read.parent_id])
            below[read.kind, read.parent_id] = [row.record(kind) for row in rows]
        elif raw := raw_row(t.connection, t.tables, read.kind, read.id):
            ones[read.kind, read.id] = raw.record(kind)
    return Known(ones, below)


def _rows_before(t: Transaction, changes: Iterable[Change]) -> dict[outbox.Key, RawRow]:
    found: dict[outbox.Key, RawRow] = {}
    for change in changes:
        if raw := raw_row(t.connection, t.tables, change.kind, change.id):
            found[change.kind, change.id] = raw
    return found


def _judge(t: Transaction, change: Change, before: dict[outbox.Key, RawRow], moment: Moment) -> Judged:
    if not is_id(change.id):
        # It could never be sent, and a batch with it could not even be frozen.
        return Judged(change, [Refusal("not_an_id", "id", change.kind)])
    raw = before.get((change.kind, change.id))
    return judge(t.registry, change, raw.record(t.registry[change.kind]) if raw else None, moment)


def write_changes(t: Transaction, changes: Sequence[Change], before: dict[outbox.Key, RawRow]) -> list[Change]:
    """Writes judged changes under one stamp; returns those that changed anything."""
    wanted = [change for change in changes if change.values]
    if not wanted:
        return []
    replaced = [
        raw.stamps.get(name, "")
        for change in wanted
        if (raw := before.get((change.kind, change.id)))
        for name in change.values
    ]
    stamp = make_stamp(t.meta, t.clock_ms, replaced)
    touched = Touched()
    for change in wanted:
        _write_one(t, change, before.get((change.kind, change.id)), stamp, touched)
    settle(t, touched)
    return wanted


def _write_one(t: Transaction, change: Change, raw: RawRow | None, stamp: str, touched: Touched) -> None:
    kind, id = change.kind, change.id
    values = {name: to_wire(value) for name, value in change.values.items()}
    if raw is None:
        raw = RawRow.empty(t.registry[kind], id)
        # A create stamps only what the person filled in: what she left open never beats what somebody else knows.
        values = {name: value for name, value in values.items() if value is not None}
        t.driver.execute("INSERT OR IGNORE INTO lingering (kind, id, made_here) VALUES (?,?,1)", (kind, id))
    else:
        touched.add(t, kind, id, raw)
        _keep_received(t, kind, id, raw, values)
        look_again(t, kind, raw, values)
    cells = {name: [value, stamp, raw.stamps.get(name, "")] for name, value in values.items()}
    raw.take({name: (value, stamp) for name, value in values.items()})
    raw.unsent = WAITING
    write_raw(t.connection, t.tables, kind, [raw])
    unit = outbox.unit_of(t, kind, id, raw)
    # The time of the stamp: the phone's own clock may be years off, and by this time changes are kept and forgotten.
    outbox.put_change(t, kind, id, unit, cells, at_ms=parts(stamp).ms)
    touched.add(t, kind, id, raw)
    t.changed |= {kind, "sync"}


def _keep_received(t: Transaction, kind: str, id: str, raw: RawRow, values: Iterable[str]) -> None:
    """Remembers what was received in fields that now get a value of our own, so that it can stand again."""
    own = outbox.own_cells(outbox.own_entries(t, [(kind, id)]).get((kind, id), []))
    fields = outbox.beneath_of(t, kind, id)
    fields |= {name: list(raw.cell(name)) for name in values if name not in own}
    outbox.keep_beneath(t, kind, id, outbox.unit_of(t, kind, id, raw), fields)

"""Takes in what the centre answered to a batch: what it applied is done with, what it refused is set aside to mend."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import delete, select

from records.messages import BatchAnswer, Outcome
from records.wire import thawed
from storage import meta as named
from storage import outbox, photos
from storage.changes import Cells, merged
from storage.driver import listed
from storage.freezing import forget_blobs, freeze_as_stored, put_older, refreeze_from
from storage.history import forget_old, remember
from storage.outbox import Entry
from storage.restamping import restamp
from storage.rows import raw_row, shape_of, write_raw
from storage.store import LocalStore, Transaction
from storage.tables import RECEIVED, changes_text, read_changes

DONE = ("applied", "lost", "held")
"""Outcomes of work that is in the centre's hands; the others need a person."""


@dataclass(frozen=True)
class Taken:
    """What an answer came to: its state, how many rows it was about, how many of them need a person or lost; and which
    records its rows were of. `unmarked`: those still have to be marked as received, by the page that tells of each."""

    state: str
    rows: int = 0
    to_mend: int = 0
    lost: int = 0
    sent: Mapping[int, outbox.Key] = field(default_factory=dict)
    unmarked: bool = False


def take_answer(store: LocalStore, answer: BatchAnswer) -> Taken:
    """Takes in an answer; a repeated one is without effect.

    `device_cloned` changes nothing here: another phone goes by this one's number, and it must ask for a new one.
    """
    with store.writing() as t:
        return take_answer_within(t, answer)


def take_answer_within(t: Transaction, answer: BatchAnswer, told: Collection[tuple[int, int]] = ()) -> Taken:
    """`take_answer` as a part of a transaction. `told`: first and last of rows whose records a page tells of, which is
    taken in next in the same one. Where those are all, and none is special, it is left to the page to mark them as
    received: each record is written once."""
    if answer.state == "waiting_for":
        refreeze_from(t, answer.wanted or 1)
    elif answer.state != "device_cloned" and _is_in_flight(t, answer.number):
        return _take(t, answer, told)
    return Taken(answer.state)


def _is_in_flight(t: Transaction, number: int) -> bool:
    flying = "SELECT 1 FROM frozen WHERE number=? AND NOT answered"
    return t.driver.execute(flying, (number,)).fetchone() is not None


def _take(t: Transaction, answer: BatchAnswer, told: Collection[tuple[int, int]]) -> Taken:
    """Ends the rows of a batch. Most were applied and nothing lies beneath them: those are moved without being read."""
    number = answer.number
    keys = _keys_of(t, number)
    restamp(t, keys.values(), answer.restamped)
    if answer.restamped:
        # The clock that made those stamps was ahead; without this the next ones would be as well.
        t.meta.put(named.LAST_MADE, max(answer.restamped.values()))
    fates, newer, kinds = _fates(answer, len(keys)), _newer_keys(t, number), {kind for kind, _id in keys.values()}
    touched = newer | outbox.beneath_keys(t)
    special = {row for row, key in keys.items() if key in touched} if touched else set()
    special |= fates.keys() & keys.keys()
    spans = (range(max(0, first), min(last + 1, len(keys))) for first, last in told)
    unmarked = not special and bool(keys) and keys.keys() <= set[int]().union(*spans)
    with t.left_standing():
        _move_applied(t, number, special, set() if unmarked else kinds)
    done = _end_special(t, number, fates, newer) if special else []
    if not keys:
        _end_mending(t, answer)
    outbox.refresh_unsent(t, [keys[row] for row in special if keys[row][0] in t.tables])
    if answer.restamped:
        freeze_as_stored(t, number, answer.restamped)
    _close(t, number)
    t.changed |= {"sync", *kinds}
    lost = sum(state == "lost" for _entry, state in done)
    return Taken(answer.state, len(keys), len(special) - len(done), lost, keys, unmarked)


def _move_applied(t: Transaction, number: int, special: set[int], kinds: set[str]) -> None:
    """Rows that simply stand go from the outbox into the history, in the order in which they were saved. `kinds`: of
    those that are marked as received."""
    plain: str = "batch=?"
    values: tuple[Any, ...] = (number,)
    if special:
        plain += " AND row NOT IN (SELECT value FROM json_each(?))"
        values += (listed(sorted(special)),)
    t.driver.execute(
        "INSERT INTO own_change (kind, id, unit, state, at_ms, changes) "
        f"SELECT kind, id, unit, 'applied', at_ms, changes FROM outbox WHERE {plain} ORDER BY place",
        values,
    )
    for kind in kinds & set(t.tables):
        t.driver.execute(
            f'UPDATE "{t.tables[kind].name}" SET unsent={RECEIVED} '
            f"WHERE id IN (SELECT id FROM outbox WHERE kind=? AND {plain})",
            (kind, *values),
        )
    t.driver.execute(f"DELETE FROM outbox WHERE {plain}", values)


def _keys_of(t: Transaction, number: int) -> dict[int, outbox.Key]:
    """row -> the record it is of, of one batch."""
    rows = t.driver.execute("SELECT row, kind, id FROM outbox WHERE batch=?", (number,))
    return {row: (kind, id) for row, kind, id in rows}


def _newer_keys(t: Transaction, number: int) -> set[outbox.Key]:
    """Records of a batch that have been changed again since it was frozen."""
    if not outbox.changed_since(t, number):
        return set()
    return set(t.driver.execute(NEWER, (number, number)))


NEWER = (
    "SELECT other.kind, other.id FROM outbox AS one CROSS JOIN outbox AS other ON other.kind=one.kind "
    "AND other.id=one.id AND other.batch<>? WHERE one.batch=?"
)


def _end_special(
    t: Transaction, number: int, fates: dict[int, Outcome], newer: set[outbox.Key]
) -> list[tuple[Entry, str]]:
    """Ends, one by one, the rows that were not simply applied or that something lies beneath; returns those done."""
    rows = outbox.of_batch(t, number)
    t.driver.execute("DELETE FROM outbox WHERE batch=?", (number,))
    still = outbox.own_entries(t, [(entry.kind, entry.id) for _row, entry in rows])
    done: list[tuple[Entry, str]] = []
    for row, entry in rows:
        fate, key = fates.get(row), (entry.kind, entry.id)
        if fate is None or fate.state in DONE:
            done.append((entry, fate.state if fate else "applied"))
            outbox.clear_beneath(t, entry, still.get(key, []))
        else:
            set_aside(t, entry, fate, newer=key in newer)
    remember(t, done)
    return done


def _end_mending(t: Transaction, answer: BatchAnswer) -> None:
    """A centre that has gone back asks for batches again that it had answered: what it had set aside then and takes now
    is not to be mended any more."""
    blob = t.connection.scalar(select(t.tables.frozen.c.blob).where(t.tables.frozen.c.number == answer.number))
    sections = thawed(blob).sections if blob else ()
    rows = [(section, at) for section in sections for at in range(len(section.ids))]
    fates, table = _fates(answer, len(rows)), t.tables.mending
    for number, (section, at) in enumerate(rows):
        fate, kind, id = fates.get(number), section.kind, section.ids[at]
        if fate is not None and fate.state not in DONE:
            continue
        restamp(t, [(kind, id)], answer.restamped)
        same = (table.c.kind == kind, table.c.id == id)
        row = t.connection.execute(select(table).where(*same)).one_or_none()
        if row is None:
            if fate is None:
                _stand_after_all(t, kind, id, section.cells(at), answer)
            continue
        stamps = {name: answer.restamped.get(stamp, stamp) for name, (_, stamp, _) in section.cells(at).items()}
        taken = {name: cell for name, cell in row.changes.items() if stamps.get(name) == cell[1]}
        if not taken:
            continue
        rest = {name: cell for name, cell in row.changes.items() if name not in taken}
        t.connection.execute(table.update().where(*same).values(changes=rest) if rest else delete(table).where(*same))
        entry = Entry(kind, id, answer.number, row.unit, row.typed_under, row.at_ms, taken)
        outbox.clear_beneath(t, entry, outbox.own_entries(t, [(kind, id)]).get((kind, id), []))
        remember(t, [(entry, fate.state if fate else "applied")])
        if kind in t.tables:
            outbox.refresh_unsent(t, [(kind, id)])
        t.changed |= {"sync", kind}


def _stand_after_all(
    t: Transaction, kind: str, id: str, cells: Mapping[str, tuple[Any, str, str]], answer: BatchAnswer
) -> None:
    """What its author had taken back, and the centre applies now, stands at the centre: so it does here. The page tells
    only what follows from it, since it is this phone's own."""
    raw = raw_row(t.connection, t.tables, kind, id) if kind in t.tables else None
    if raw is None:
        return
    newer = outbox.own_cells(outbox.own_entries(t, [(kind, id)]).get((kind, id), []))
    sent = {name: (value, answer.restamped.get(stamp, stamp)) for name, (value, stamp, _base) in cells.items()}
    lacking = {name: cell for name, cell in sent.items() if name not in newer and cell[1] > raw.cell(name)[1]}
    if lacking:
        raw.take(lacking)
        write_raw(t.connection, t.tables, kind, [raw])
        t.changed.add(kind)


def _close(t: Transaction, number: int) -> None:
    t.driver.execute("UPDATE frozen SET answered=1 WHERE number=?", (number,))
    t.meta.put(named.ANSWERED, max(number, int(t.meta.get(named.ANSWERED, 0))))
    forget_blobs(t, number)
    forget_old(t)


def _fates(answer: BatchAnswer, rows: int) -> dict[int, Outcome]:
    return {
        row: outcome
        for outcome in answer.outcomes
        if outcome.state != "applied"
        for row in range(max(0, outcome.first), min(outcome.last, rows - 1) + 1)
    }


def set_aside(t: Transaction, entry: Entry, fate: Outcome, *, newer: bool) -> None:
    """What the centre did not take waits to be mended, or goes again at once with what has been typed since."""
    if newer:
        under = entry.typed_under
        put_older(t, entry.kind, entry.id, entry.unit, entry.changes, at_ms=entry.at_ms, typed_under=under)
        return
    codec, key = t.tables.codec, (entry.kind, entry.id)
    older = t.driver.execute("SELECT changes FROM mending WHERE kind=? AND id=?", key).fetchone()
    changes = merged(read_changes(codec, older[0]), entry.changes) if older else entry.changes
    why = (fate.state, fate.code or "not_understood", fate.field)
    line = (*key, entry.unit, *why, entry.typed_under, entry.at_ms, changes_text(codec, changes))
    t.driver.execute(PUT_TO_MEND, line)


PUT_TO_MEND = (
    "INSERT OR REPLACE INTO mending (kind, id, unit, state, code, field, typed_under, at_ms, changes) "
    "VALUES (?,?,?,?,?,?,?,?,?)"
)


def offer_again(store: LocalStore, epoch: str) -> int:
    """Queues our own acknowledged changes for a centre that has gone back, once per epoch; returns how many records.

    Their stamps and bases are those of then, so that the centre comes to the same values as before.
    """
    with store.writing() as t:
        return offer_all(t, epoch)


def offer_what_is_due(store: LocalStore) -> int:
    """`offer_again`, where it has been asked for and not been done."""
    with store.reading() as t:
        epoch = t.meta.get(named.OFFERS_DUE)
    return offer_again(store, epoch) if epoch else 0


def offer_all(t: Transaction, epoch: str) -> int:
    """`offer_again` within a transaction."""
    t.meta.put(named.OFFERS_DUE, None)
    if t.meta.get(named.OFFERED) == epoch:
        return 0
    t.meta.put(named.OFFERED, epoch)
    photos.send_again(t)
    table = t.tables.own_change
    rows = t.connection.execute(select(table).where(table.c.state.in_(DONE)).order_by(table.c.number)).all()
    offered: dict[outbox.Key, Entry] = {}
    for row in rows:
        key = (row.kind, row.id)
        before: Cells = offered[key].changes if key in offered else {}
        entry = Entry(row.kind, row.id, 0, row.unit, 0, row.at_ms, merged(before, row.changes))
        offered[key] = entry if key not in offered else replace(offered[key], changes=entry.changes)
    own = outbox.own_entries(t, offered)
    for key, entry in offered.items():
        _lay_beneath(t, entry, own.get(key, []))
        put_older(t, entry.kind, entry.id, entry.unit, entry.changes, at_ms=entry.at_ms)
    t.connection.execute(delete(table).where(table.c.state.in_(DONE)))
    outbox.refresh_unsent(t, [key for key in offered if key[0] in t.tables])
    t.changed |= {"sync"}
    return len(offered)


def _lay_beneath(t: Transaction, entry: Entry, own: list[Entry]) -> None:
    """What stands in a field that is offered again lies beneath it until the centre has answered."""
    raw = raw_row(t.connection, t.tables, entry.kind, entry.id) if entry.kind in t.tables else None
    if raw is None:
        return
    written = shape_of(t.tables, entry.kind).specs.keys() & entry.changes.keys() - outbox.own_cells(own).keys()
    fields = outbox.beneath_of(t, entry.kind, entry.id)
    fields |= {name: list(raw.cell(name)) for name in written}
    outbox.keep_beneath(t, entry.kind, entry.id, entry.unit, fields)


def show_again(t: Transaction, entry: Entry, own: list[Entry]) -> None:
    """A change whose fields show what was received since stands over it once more, but for what was typed later."""
    _lay_beneath(t, entry, own)
    raw = raw_row(t.connection, t.tables, entry.kind, entry.id)
    if raw is not None:
        later = outbox.own_cells(own)
        raw.take({name: (value, stamp) for name, (value, stamp, _) in entry.changes.items() if name not in later})
        write_raw(t.connection, t.tables, entry.kind, [raw])

"""Work that the centre has not answered yet, and what was received beneath it.

Of one record the outbox holds a row per frozen batch and one that still grows. Two changes of one field before it is
frozen collapse into one: the newest value and stamp, the oldest base.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from storage import meta as named
from storage.changes import Cells, merged
from storage.driver import listed
from storage.rows import RawRow, raw_row
from storage.store import Transaction
from storage.tables import NOT_FROZEN, PARKED, RECEIVED, TO_MEND, WAITING, changes_text, read_changes, sealed, unsealed

Key = tuple[str, str]
"""(kind, id) of a record."""


@dataclass(frozen=True)
class Entry:
    """Changes of one record that wait together: in the outbox, or set aside to be mended (`batch` None)."""

    kind: str
    id: str
    batch: int | None
    unit: str
    typed_under: int
    at_ms: int
    changes: Cells


def put_change(
    t: Transaction, kind: str, id: str, unit: str, cells: Cells, *, at_ms: int, typed_under: int | None = None
) -> None:
    """Adds changes to what waits of a record. A refused change below them is taken along: it is mended by them.

    `typed_under` is the cursor under which they were typed, without it the present one.
    """
    typed_under = int(t.meta.get(named.CURSOR_NUMBER, 0)) if typed_under is None else typed_under
    changes, codec = cells, t.tables.codec
    older = [t.driver.execute(sql, (kind, id)).fetchone() for sql in (WAITING_OF, TO_MEND_OF)]
    for row in older:
        if row is not None:
            changes = merged(read_changes(codec, row[0]), changes)
            typed_under = min(typed_under, row[1])
    line = (kind, id, NOT_FROZEN, t.meta.next(named.PLACE), unit, typed_under, at_ms, changes_text(codec, changes))
    t.driver.execute(PUT_WAITING, line)
    if older[1] is not None:
        t.driver.execute("DELETE FROM mending WHERE kind=? AND id=?", (kind, id))


WAITING_OF = f"SELECT changes, typed_under FROM outbox WHERE kind=? AND id=? AND batch={NOT_FROZEN}"
TO_MEND_OF = "SELECT changes, typed_under FROM mending WHERE kind=? AND id=?"
_RENEWED = ",".join(f"{name}=excluded.{name}" for name in ("place", "unit", "typed_under", "at_ms", "changes"))
PUT_WAITING = (
    "INSERT INTO outbox (kind, id, batch, place, unit, typed_under, at_ms, changes) VALUES (?,?,?,?,?,?,?,?) "
    f"ON CONFLICT(kind, id, batch) DO UPDATE SET {_RENEWED}"
)


def own_entries(t: Transaction, keys: Iterable[Key]) -> dict[Key, list[Entry]]:
    """What is unsent, unanswered or to be mended of these records, in the order in which it was typed."""
    found: dict[Key, list[Entry]] = {}
    wanted = listed(keys)
    for sql in (TO_MEND_AMONG, UNSENT_AMONG):
        for row in t.driver.execute(sql, (wanted,)):
            kind, id, batch, unit, typed_under, at_ms, changes = row
            entry = Entry(kind, id, batch, unit, typed_under, at_ms, read_changes(t.tables.codec, changes))
            found.setdefault((kind, id), []).append(entry)
    for entries in found.values():
        entries.sort(key=lambda entry: entry.at_ms)
    return found


_AMONG = "WHERE (kind, id) IN (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))"
TO_MEND_AMONG = f"SELECT kind, id, NULL, unit, typed_under, at_ms, changes FROM mending {_AMONG}"
UNSENT_AMONG = f"SELECT kind, id, batch, unit, typed_under, at_ms, changes FROM outbox {_AMONG}"


def of_batch(t: Transaction, number: int) -> list[tuple[int, Entry]]:
    """What is in a batch, each change under the number of its row, in their order."""
    found = []
    for row, kind, id, unit, typed_under, at_ms, changes in t.driver.execute(OF_BATCH, (number,)):
        entry = Entry(kind, id, number, unit, typed_under, at_ms, read_changes(t.tables.codec, changes))
        found.append((row, entry))
    return found


OF_BATCH = "SELECT row, kind, id, unit, typed_under, at_ms, changes FROM outbox WHERE batch=? ORDER BY row"


def own_cells(entries: Iterable[Entry]) -> dict[str, tuple[Any, str]]:
    """The newest own (value, stamp) of each field that is not received."""
    newest: dict[str, tuple[Any, str]] = {}
    for entry in entries:
        for name, (value, stamp, _base) in entry.changes.items():
            if name not in newest or stamp > newest[name][1]:
                newest[name] = (value, stamp)
    return newest


def has_own_work(t: Transaction) -> bool:
    """Whether anything here is not simply as the centre has it."""
    return bool(t.driver.execute(ANY_OWN_WORK).fetchone()[0])


ANY_OWN_WORK = "SELECT " + " OR ".join(f"EXISTS (SELECT 1 FROM {one})" for one in ("outbox", "mending", "beneath"))


def busy_units(t: Transaction, units: Iterable[str]) -> set[str]:
    """Those of these groups on which, or below which, work is unanswered or to be mended."""
    wanted = listed(units)
    return {unit for (unit,) in t.driver.execute(BUSY_AMONG, (wanted, wanted))}


BUSY_AMONG = " UNION ".join(
    f"SELECT unit FROM {one} WHERE unit IN (SELECT value FROM json_each(?))" for one in ("outbox", "mending")
)


def unit_of(t: Transaction, kind: str, id: str, raw: RawRow | None) -> str:
    """The group below which a record stands, or the record itself: what waits of a unit is sent in order."""
    while raw is not None and (parent := t.registry[kind].parent):
        above = raw.values.get(parent[0])
        if not above:
            break
        kind, id = parent[1], above
        raw = raw_row(t.connection, t.tables, kind, id) if t.registry[kind].parent else None
    return id


def refresh_unsent(t: Transaction, keys: Iterable[Key]) -> None:
    """Brings the `unsent` column of these records in line with what waits of them."""
    wanted = set(keys)
    own = own_entries(t, wanted)
    waiting = {key for key, entries in own.items() if any(entry.batch is not None for entry in entries)}
    to_mend = own.keys() - waiting
    for state, some in ((WAITING, waiting), (TO_MEND, to_mend), (RECEIVED, wanted - waiting - to_mend)):
        for kind in {kind for kind, _ in some}:
            lines = [(state, id) for one, id in some if one == kind]
            t.driver.executemany(f'UPDATE "{t.tables[kind].name}" SET unsent=? WHERE id=?', lines)


# --- beneath


def beneath_of(t: Transaction, kind: str, id: str) -> dict[str, list[Any]]:
    """{field: [value, stamp]} as received, of fields that show something else."""
    sql = "SELECT fields FROM beneath WHERE kind=? AND id=?"
    row = t.driver.execute(sql, (kind, id)).fetchone()
    return dict(unsealed(t.tables.codec, row[0])) if row else {}


def all_beneath(t: Transaction) -> list[tuple[Key, str, dict[str, list[Any]]]]:
    """(record, its unit, {field: [value, stamp]} as received) of all records that show something else."""
    rows = t.driver.execute("SELECT kind, id, unit, fields FROM beneath").fetchall()
    return [((kind, id), unit, unsealed(t.tables.codec, fields)) for kind, id, unit, fields in rows]


def beneath_keys(t: Transaction) -> set[Key]:
    """Records that have something beneath."""
    return set(t.driver.execute("SELECT kind, id FROM beneath"))


def keep_beneath(t: Transaction, kind: str, id: str, unit: str, fields: Mapping[str, list[Any]]) -> None:
    """Replaces what is kept beneath a record; nothing for an empty mapping."""
    if fields:
        line = (kind, id, unit, sealed(t.tables.codec, dict(fields)))
        t.driver.execute(PUT_BENEATH, line)
    else:
        t.driver.execute("DELETE FROM beneath WHERE kind=? AND id=?", (kind, id))


PUT_BENEATH = (
    "INSERT INTO beneath (kind, id, unit, fields) VALUES (?,?,?,?) "
    "ON CONFLICT(kind, id) DO UPDATE SET unit=excluded.unit, fields=excluded.fields"
)


def clear_beneath(t: Transaction, entry: Entry, newer: Iterable[Entry]) -> None:
    """The value sent is now the received one: it lies beneath a newer change of our own, or simply stands."""
    fields = beneath_of(t, entry.kind, entry.id)
    before = dict(fields)
    still_own = own_cells(newer)
    for name, (value, stamp, _base) in entry.changes.items():
        received = fields.pop(name, [None, ""])
        if name in still_own:
            fields[name] = [value, stamp] if stamp >= received[1] else received
    if fields != before:
        keep_beneath(t, entry.kind, entry.id, entry.unit, fields)


def changed_since(t: Transaction, number: int) -> bool:
    """Whether a record of this batch may have been changed again since it was frozen: whether anything waits that was
    saved after all that is in it, or lies in an earlier batch or aside. Mostly not, and then no row need be looked at:
    what was there when it was frozen waits in one row a record, and went into it."""
    frozen = t.driver.execute("SELECT number FROM frozen WHERE NOT answered AND number<>?", (number,)).fetchall()
    if any(other < number for (other,) in frozen) or t.driver.execute(SOME_PARKED).fetchone():
        return True
    (newest,) = t.driver.execute("SELECT max(place) FROM outbox WHERE batch=?", (number,)).fetchone()
    later = "SELECT 1 FROM outbox WHERE batch=? AND place>? LIMIT 1"
    others = [NOT_FROZEN, *(other for (other,) in frozen)]
    return newest is None or any(t.driver.execute(later, (other, newest)).fetchone() for other in others)


SOME_PARKED = f"SELECT 1 FROM outbox WHERE batch={PARKED} LIMIT 1"


# --- counts


@dataclass(frozen=True)
class Waiting:
    """How much is unanswered, since when, and how much needs mending."""

    records: int
    oldest_ms: int | None
    to_mend: int


def count_waiting(t: Transaction) -> Waiting:
    return Waiting(*t.driver.execute(COUNTED, {"sent": 0}).fetchone())


def left_to_send(t: Transaction, batch: int) -> Waiting:
    """What still waits when this batch, and with it all before it, has been taken."""
    return Waiting(*t.driver.execute(COUNTED, {"sent": batch}).fetchone())


# Of a record that waits in several rows all but one are taken off: few have more than one.
COUNTED = f"""
    SELECT (SELECT count(*) FROM outbox WHERE batch NOT BETWEEN 1 AND :sent) - (
        SELECT count(*) FROM outbox AS one WHERE one.batch<>{NOT_FROZEN} AND one.batch NOT BETWEEN 1 AND :sent
        AND EXISTS (
            SELECT 1 FROM outbox AS other WHERE other.kind=one.kind AND other.id=one.id
            AND (other.batch={NOT_FROZEN} OR other.batch>one.batch)
        )
    ), (SELECT min(at_ms) FROM outbox WHERE batch NOT BETWEEN 1 AND :sent), (SELECT count(*) FROM mending)
"""

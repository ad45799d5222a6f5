"""By which streams this store holds a record. The last one gone, the record goes too, unsent work excepted.

In the column `held` stands a list of local stream numbers (storage/marks.py). A stream that begins again from 0 gets a
new number; what is held by the old one only goes when the news have been read to their end, so that nothing vanishes
from the screen for as long as a slow link takes.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from sqlalchemy import delete, select

from records.audience import columns_of, streams_read
from records.conflict import VALUES
from records.stamps import device_of
from storage import meta as named
from storage import outbox, photos
from storage.driver import IN_IDS, listed
from storage.identity import capacity_of
from storage.letting_go import hold_gone, release_gone
from storage.marks import mark, without
from storage.rows import RawRow, raw_rows, shape_of, write_raw
from storage.store import Transaction
from storage.tables import RECEIVED


class Streams:
    """The streams of this store, as one transaction sees them."""

    def __init__(self, t: Transaction) -> None:
        self._t, self._table = t, t.tables.stream
        rows = t.driver.execute("SELECT number, name, superseded FROM stream ORDER BY number").fetchall()
        self.names = {number: name for number, name, _ in rows}
        self._current = {name: number for number, name, superseded in rows if not superseded}
        self.superseded = {number for number, _, superseded in rows if superseded}
        self._reached: dict[str, int] = {}

    def number(self, name: str) -> int:
        """The number of a stream, a new one when it is met for the first time or begins again."""
        if name not in self._current:
            # Hundreds in a first page, so it goes past the building of a statement.
            sql = "INSERT INTO stream (name, upto, superseded) VALUES (?, 0, 0)"
            self._current[name] = int(self._t.driver.execute(sql, (name,)).lastrowid or 0)
            self.names[self._current[name]] = name
        return self._current[name]

    def numbers_of(self, name: str) -> list[int]:
        """Every number of a stream, those it had before it began again included."""
        return [number for number, one in self.names.items() if one == name]

    def begin_again(self, name: str) -> None:
        """The stream starts from 0: what it held before counts until its news have been read to the end."""
        if (number := self._current.pop(name, None)) is not None:
            self.superseded.add(number)
            self._t.driver.execute("UPDATE stream SET superseded=1 WHERE number=?", (number,))

    def reach(self, name: str, upto: int) -> None:
        # Once for every part of every page, so it goes past the building of a statement.
        self._t.driver.execute("UPDATE stream SET upto=? WHERE number=?", (upto, self.number(name)))

    def forget(self, numbers: Iterable[int]) -> None:
        gone = list(numbers)
        self._t.connection.execute(delete(self._table).where(self._table.c.number.in_(gone)))
        for number in gone:
            name = self.names.pop(number, None)
            self.superseded.discard(number)
            if name is not None and self._current.get(name) == number:
                del self._current[name]


def reached(t: Transaction) -> dict[str, int]:
    """How far each stream is read: what the centre asks for when it does not know the cursor any more."""
    return dict(t.driver.execute("SELECT name, upto FROM stream WHERE NOT superseded").fetchall())


def hold(t: Transaction, kind: str, ids: Collection[str], number: int) -> None:
    """These records, which are here already, are in a stream as well."""
    hold_gone(t, kind, ids, number)
    wanted, one = listed(ids), mark(number)
    added = "CASE WHEN held='' THEN ? ELSE held || ? END"
    if kind not in t.tables:
        sql = f"UPDATE unknown_record SET held={added} WHERE kind=? AND id {IN_IDS} AND instr(held, ?)=0"
        t.driver.execute(sql, (one, f"{number},", kind, wanted, one))
    else:
        sql = f"held={added} WHERE id {IN_IDS} AND instr(held, ?)=0"
        t.driver.execute(f'UPDATE "{t.tables[kind].name}" SET {sql}', (one, f"{number},", wanted, one))


def hold_received(t: Transaction, kind: str, ids: Collection[str], number: int) -> int:
    """`hold` of records of which the centre has just answered that it has all of them: they are marked so as well.
    Returns how many of them are here."""
    hold_gone(t, kind, ids, number)
    added = "CASE WHEN instr(held, ?)>0 THEN held WHEN held='' THEN ? ELSE held || ? END"
    sql = f'UPDATE "{t.tables[kind].name}" SET held={added}, unsent={RECEIVED} WHERE id {IN_IDS}'
    return t.driver.execute(sql, (mark(number), mark(number), f"{number},", listed(ids))).rowcount


def settle_own(
    t: Transaction, kind: str, ids: Collection[str], stream: str, roles: Mapping[str, frozenset[str]]
) -> None:
    """What was made here and has now come into a stream that gives all its columns need not be looked at again: after a
    first push that is all that this phone has. `roles`: in which each stream is read."""
    if roles and kind != "Conflict" and not _hidden(t, kind, {stream: roles.get(stream, frozenset())}):
        sql = f"DELETE FROM lingering WHERE made_here=1 AND kind=? AND id {IN_IDS}"
        with t.left_standing():
            t.driver.execute(sql, (kind, listed(ids)))


def release(t: Transaction, kind: str, numbers: Iterable[int], streams: Streams, ids: Collection[str] | None) -> None:
    """These records (None: all) are in these streams no more: they go, or lose the columns that only those gave."""
    gone = list(numbers)
    release_gone(t, kind, gone, ids)
    found: dict[str, str] = {}
    for number in gone:
        found |= _held_by(t, kind, number, ids)
    if not found:
        return
    remaining = {id: without(held, gone) for id, held in found.items()}
    unheld = [id for id, held in remaining.items() if not held]
    if kind not in t.tables:
        lines = [(held, kind, id) for id, held in remaining.items()]
        t.driver.executemany("UPDATE unknown_record SET held=? WHERE kind=? AND id=?", lines)
        t.driver.execute("DELETE FROM unknown_record WHERE kind=? AND held=''", (kind,))
        return
    t.driver.executemany(
        f'UPDATE "{t.tables[kind].name}" SET held=? WHERE id=?', [(held, id) for id, held in remaining.items()]
    )
    drop(t, kind, unheld)
    _blank(t, kind, {id: held for id, held in remaining.items() if held}, streams)
    t.changed.add(kind)


def drop(t: Transaction, kind: str, ids: Iterable[str]) -> None:
    """Lets records go that no stream holds. Those that work of our own hangs on stay until it is answered."""
    wanted = set(ids)
    if not wanted:
        return
    kept = worked_on(t, kind, wanted)
    if kept:
        linger(t, kind, sorted(kept))
    gone = listed(sorted(wanted - kept))
    with t.written_over():
        t.driver.execute(f'DELETE FROM "{t.tables[kind].name}" WHERE id {IN_IDS}', (gone,))
        for table in (t.tables.lingering.name, t.tables.beneath.name):
            t.driver.execute(f"DELETE FROM {table} WHERE kind=? AND id {IN_IDS}", (kind, gone))
        if kind == photos.KIND:
            photos.let_go(t, wanted - kept)
    t.changed.add(kind)


def leave_what_is_own(t: Transaction, kind: str, ids: Collection[str], given: Collection[str]) -> None:
    """Records that no stream held any more come back, and of them only the columns `given`: the rest is this phone's
    own work. What others had written there before, a centre that went back has lost."""
    if kind not in t.tables:
        return
    if t.driver.execute("SELECT 1 FROM lingering WHERE made_here=0 LIMIT 1").fetchone() is None:
        return
    device, name = t.meta.get(named.DEVICE), t.tables[kind].name
    # What is new here carries nobody else's stamp, and is passed by: a first synchronisation has very much of it.
    asked = (f'{device}":', f'{device}":', kind, listed(ids))
    stray = [id for (id,) in t.driver.execute(STRAY_WITH_OTHERS.format(table=name, ids=IN_IDS), asked)]
    if not stray:
        return
    own = t.tables.own_change
    entries = outbox.own_entries(t, [(kind, id) for id in stray])
    defaults, changed = shape_of(t.tables, kind).defaults, list[RawRow]()
    for id, raw in raw_rows(t.connection, t.tables, kind, stray).items():
        answered = t.connection.scalars(select(own.c.changes).where(own.c.kind == kind, own.c.id == id))
        made = {cell[1] for cells in answered for cell in cells.values()}
        made |= {stamp for _, stamp in outbox.own_cells(entries.get((kind, id), [])).values()}
        if not made:
            continue  # a history that is over 400 days old is forgotten: what is whose cannot be told any more
        beneath = outbox.beneath_of(t, kind, id)
        kept = {
            field: cell if field in given or _is_of(device, made, cell[1]) else [defaults.get(field), ""]
            for field, cell in beneath.items()
        }
        lost = [field for field, stamp in raw.stamps.items() if field not in given and not _is_of(device, made, stamp)]
        raw.take({field: (defaults[field], "") for field in lost})
        if kept != beneath:
            outbox.keep_beneath(t, kind, id, outbox.unit_of(t, kind, id, raw), kept)
        changed.append(raw)
    write_raw(t.connection, t.tables, kind, changed)


STRAY_WITH_OTHERS = """
SELECT id FROM lingering CROSS JOIN "{table}" USING (id)
WHERE made_here=0 AND (length(stamps) - length(replace(stamps, '":', ''))) / 2
<> (length(stamps) - length(replace(stamps, ?, ''))) / length(?) AND lingering.kind=? AND held='' AND id {ids}
"""
"""A record's stamps stand as JSON, {stamp: fields}; a stamp ends with the number of the device that made it."""


def _is_of(device: str, made: Collection[str], stamp: str) -> bool:
    return stamp in made or (bool(stamp) and device_of(stamp) == device)


def linger(t: Transaction, kind: str, ids: Iterable[str]) -> None:
    """These are looked at again when the work on them has been answered."""
    sql = f"INSERT INTO lingering (kind, id) VALUES (?,?) {LINGERS}"
    t.driver.executemany(sql, [(kind, id) for id in ids])


LINGERS = "ON CONFLICT(kind, id) DO UPDATE SET made_here=0"
"""After an insert of what streams have held: others may have written there."""


def drop_done(t: Transaction, streams: Streams) -> None:
    """With the news read to the end: records that no stream holds and whose work has been answered go. Those that are
    held keep only the columns that their streams give, be it that their author typed the others herself.

    As long as more waits to be sent there is another call, and it is done after the last one: once for all of them."""
    if t.driver.execute("SELECT 1 FROM outbox WHERE batch>=0 LIMIT 1").fetchone():
        return
    for (kind,) in t.driver.execute("SELECT DISTINCT kind FROM lingering").fetchall():
        for idle in _idle_lingering(t, kind) if kind in t.tables else ():
            held = {id: numbers for id, numbers in idle if numbers}
            _blank(t, kind, held, streams)
            settled = listed([id for id, numbers in idle if numbers != ""])
            t.driver.execute(f"DELETE FROM lingering WHERE kind=? AND id {IN_IDS}", (kind, settled))
            drop(t, kind, [id for id, numbers in idle if numbers == ""])


def _idle_lingering(t: Transaction, kind: str) -> Iterator[list[tuple[str, str | None]]]:
    """(id, numbers of its streams) of lingering records without work of their own, some at a time."""
    sql, last = IDLE_LINGERING.format(table=t.tables[kind].name), 0
    while found := t.driver.execute(sql, (kind, last)).fetchall():
        yield [(id, held) for id, held, _number in found]
        last = found[-1][2]


# Those with work of their own stay whatever streams say; a phone that was long without a network has many of them. The
# plus keeps SQLite from going by the kind, which would sort all of them each time.
IDLE_LINGERING = (
    'SELECT one.id, held, one.rowid FROM lingering AS one LEFT JOIN "{table}" ON "{table}".id=one.id '
    "WHERE +one.kind=? AND one.rowid>?"
    + "".join(
        f" AND NOT EXISTS (SELECT 1 FROM {work} WHERE {work}.kind=one.kind AND {work}.id=one.id)"
        for work in ("outbox", "mending")
    )
    + " ORDER BY one.rowid LIMIT 500"
)


def worked_on(t: Transaction, kind: str, ids: set[str]) -> set[str]:
    """Those records that have work waiting, refused or held at the centre, and those above such records."""
    keys = set(
        t.driver.execute(
            "SELECT kind, id FROM own_change WHERE state='held' "
            "UNION SELECT kind, id FROM outbox UNION SELECT kind, id FROM mending"
        )
    )
    above = _all_above(t, keys) if keys else set()
    return {id for id in ids if (kind, id) in above}


def _all_above(t: Transaction, keys: set[outbox.Key]) -> set[outbox.Key]:
    found: set[outbox.Key] = set()
    while keys:
        found |= keys
        by_kind: dict[str, list[str]] = {}
        for kind, id in keys:
            if kind in t.registry and t.registry[kind].parent:
                by_kind.setdefault(kind, []).append(id)
        parents: set[outbox.Key] = set()
        for kind, ids in by_kind.items():
            parent = t.registry[kind].parent
            assert parent
            rows = raw_rows(t.connection, t.tables, kind, ids).values()
            parents |= {(parent[1], raw.values[parent[0]]) for raw in rows if raw.values[parent[0]]}
        keys = parents - found
    return found


def _held_by(t: Transaction, kind: str, number: int, ids: Iterable[str] | None) -> dict[str, str]:
    name = t.tables[kind].name if kind in t.tables else t.tables.unknown_record.name
    sql, values = f'SELECT id, held FROM "{name}" WHERE instr(held, ?)>0', [mark(number)]
    if ids is not None:
        sql, values = f"{sql} AND id {IN_IDS}", [*values, listed(ids)]
    if kind not in t.tables:
        sql, values = f"{sql} AND kind=?", [*values, kind]
    return dict(t.driver.execute(sql, values))


def look_again(t: Transaction, kind: str, raw: RawRow, names: Iterable[str]) -> None:
    """Her own work may fill columns that her streams do not give her: they are emptied once it has been answered."""
    capacity = capacity_of(t.meta)
    if raw.held and capacity:
        held_by = _held_in(raw.held, Streams(t), streams_read(capacity.reaches, capacity.person_id))
        if _hidden(t, kind, held_by) & set(names):
            linger(t, kind, [raw.id])


def _held_in(held: str, streams: Streams, roles: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """The streams of these numbers -> the roles they are read in."""
    names = [streams.names[int(number)] for number in held.strip(",").split(",")]
    return {name: roles.get(name, frozenset()) for name in names}


def _blank(t: Transaction, kind: str, there: Mapping[str, str], streams: Streams) -> None:
    """Empties the columns that the streams left do not give, stamps too; work of our own is left alone. `there`: id ->
    numbers of those streams."""
    capacity = capacity_of(t.meta)
    if not capacity or not there:
        return
    roles = streams_read(capacity.reaches, capacity.person_id)
    # Few sets of streams hold many records, and most give all columns: then no record need be read.
    by_held = {held: _held_in(held, streams, roles) for held in set(there.values())}
    hiding = {held: _hidden(t, kind, held_by) for held, held_by in by_held.items()}
    wanted = [id for id, held in there.items() if hiding[held] or kind == "Conflict"]
    rows = raw_rows(t.connection, t.tables, kind, wanted)
    own = outbox.own_entries(t, [(kind, id) for id in rows]) if rows and outbox.has_own_work(t) else {}
    changed: list[RawRow] = []
    for id, raw in rows.items():
        held_by, hidden = by_held[raw.held], hiding[raw.held]
        # A Conflict shows two values of a field of another record: as much of it as that record's columns do.
        if kind == "Conflict" and raw.values["field"] in _hidden(t, str(raw.values["record_kind"]), held_by):
            hidden |= set(VALUES)
        if hidden:
            entries = own.get((kind, id), [])
            _empty_columns(t, kind, raw, hidden, entries)
            changed.append(raw)
            if hidden & outbox.own_cells(entries).keys():
                linger(t, kind, [id])
    with t.written_over():
        write_raw(t.connection, t.tables, kind, changed)


def _hidden(t: Transaction, kind: str, held_by: Mapping[str, Iterable[str]]) -> frozenset[str]:
    if kind not in t.registry:
        return frozenset()
    cls = t.registry[kind].cls
    return frozenset(shape_of(t.tables, kind).specs) - frozenset(columns_of(cls, kind, held_by))


def _empty_columns(t: Transaction, kind: str, raw: RawRow, hidden: frozenset[str], own: Iterable[outbox.Entry]) -> None:
    defaults = shape_of(t.tables, kind).defaults
    # A column that this app does not know may be one of those: it cannot be told, so it goes.
    raw.extra = {}
    raw.take({name: (defaults[name], "") for name in hidden - outbox.own_cells(own).keys()})
    fields = outbox.beneath_of(t, kind, raw.id)
    if hidden & fields.keys():
        kept = {name: [defaults[name], ""] if name in hidden else cell for name, cell in fields.items()}
        outbox.keep_beneath(t, kind, raw.id, outbox.unit_of(t, kind, raw.id, raw), kept)

"""A damaged file is set aside under a dated name, and what can be read of it goes into a new one.

What only this phone held (identity, outbox, what is to be mended, drafts) is what counts. All else is fetched again:
the streams begin anew, and what was received stays on the screen until the news have been read to their end.

The new file is finished before anything is renamed, so that a process may die at any moment: the next opening either
begins again or, where the damaged file has been set aside already, puts the finished one in its place.
"""

import hashlib
import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select

from records.messages import Batch, Section
from records.problems import Problem
from records.stamps import device_of, is_stamp, parts
from records.wire import read_capacity, thawed
from records.workspace import Notice
from storage import meta as named
from storage import outbox
from storage.changes import Cells
from storage.copies import dated, to_disk
from storage.freezing import thaw_outbox
from storage.holds import Streams, reached
from storage.notices import put_notice
from storage.rows import RawRow, raw_row, write_raw
from storage.salvaging import Line, Salvage, salvage
from storage.store import LocalStore, Transaction
from storage.tables import NOT_FROZEN

log = logging.getLogger("samooh.storage")

LOGIN_VALUES = (named.TOKEN, named.SIGNING_KEY, named.SEALING_KEY, named.SERVER_KEY, named.CERTIFICATE)
NOT_TAKEN = (named.SCHEMA, named.FORMAT, named.CURSOR)
"""Of the values of the old file, what the new one says of itself, and a cursor: the news are read from the start."""


def rescue(path: Path, **how: Any) -> None:
    """Puts a sound file in the place of a damaged one; `how` as for LocalStore.open. Raises Problem no_room."""
    new = _new(path)
    _remove(new)
    store = LocalStore.open(new, **how)
    try:
        found = salvage(path, store.tables)
        with store.writing() as t:
            notice = _put(t, found)
            put_notice(t, notice)
        clock_ms = store.clock()
    except OSError as error:
        raise Problem("no_room") from error
    finally:
        store.close()
    # Counts only: what was in it is nobody's business but the phone's.
    log.warning("a damaged store was set aside: %s", notice)
    _finish_writing(new)
    os.replace(path, dated(path, "damaged", clock_ms))
    finish_rescue(path)


def finish_rescue(path: Path) -> None:
    """Ends a rescue that was cut off after the damaged file had been set aside; else removes what is half made."""
    new = _new(path)
    if not new.exists():
        return
    if path.exists():
        _remove(new)
        return
    # A log that stayed behind would be laid over the new file.
    aside = max(path.parent.glob(f"{path.stem}.damaged-*{path.suffix}"))
    for ending in ("-wal", "-shm"):
        old = path.with_name(path.name + ending)
        if old.exists():
            os.replace(old, aside.with_name(aside.name + ending))
    os.replace(new, path)
    to_disk(path.parent)


def _new(path: Path) -> Path:
    return path.with_name(path.name + ".rescued")


def _remove(new: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        new.with_name(new.name + ending).unlink(missing_ok=True)


def _finish_writing(new: Path) -> None:
    with closing(sqlite3.connect(new)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
    to_disk(new)


# --- what goes into the new file


def _put(t: Transaction, found: Salvage) -> Notice:
    for table in t.tables.metadata.sorted_tables:
        for line in found.lines[table.name]:
            if table.name == "meta" and line["name"] in NOT_TAKEN:
                continue
            _insert(t, table.name, line)
    _mend_identity(t)
    _mend_batches(t)
    rebuilt = _rebuild_entries(t)
    _rebuild_records(t)
    _read_from_the_start(t)
    outbox.refresh_unsent(t, [key for key in _own_keys(t) if key[0] in t.tables])
    drafts = len(found.lines["draft"])
    counts = {"changes": len(_own_keys(t)), "drafts": drafts, "rebuilt": rebuilt}
    return Notice("rescued" if found.own_work_is_whole else "rescued_in_part", counts)


def _insert(t: Transaction, table: str, line: Line) -> None:
    names = ",".join(f'"{name}"' for name in line)
    marks = ",".join("?" * len(line))
    t.connection.exec_driver_sql(f'INSERT OR REPLACE INTO "{table}" ({names}) VALUES ({marks})', tuple(line.values()))


def _own_keys(t: Transaction) -> list[outbox.Key]:
    keys: dict[outbox.Key, None] = {}
    for table in (t.tables.mending, t.tables.outbox):
        keys |= {(row.kind, row.id): None for row in t.connection.execute(select(table.c.kind, table.c.id))}
    return list(keys)


def _mend_identity(t: Transaction) -> None:
    """Half a login is none: then she is asked for a code, and the same person goes on with her work."""
    # What was put in past Meta is read anew.
    meta = t.meta = named.Meta(t.driver, t.tables)
    stamps = [cell[1] for entries in outbox.own_entries(t, _own_keys(t)).values() for entry in entries
              for cell in entry.changes.values()]  # fmt: skip
    last = max(filter(_is_stamp, [*stamps, meta.get(named.LAST_MADE, "")]), default="")
    if not _is_stamp(meta.get(named.LAST_RECEIVED)):
        meta.put(named.LAST_RECEIVED, None)
    meta.put(named.LAST_MADE, last or None)
    if last and not meta.get(named.DEVICE):
        meta.put(named.DEVICE, device_of(last))
    highest = max(
        t.connection.exec_driver_sql("SELECT COALESCE(MAX(place),0) FROM outbox").scalar_one(),
        int(meta.get(named.PLACE, 0)),
    )
    meta.put(named.PLACE, highest)
    whole = meta.get(named.DEVICE) and _is_capacity(meta.get(named.CAPACITY))
    if not whole:
        meta.put(named.CAPACITY, None)
    if not whole or not all(meta.get(name) for name in LOGIN_VALUES):
        meta.put(named.TOKEN, None)
        if whole:
            meta.put(named.LOGIN, "sign_in")


def _is_stamp(value: Any) -> bool:
    return isinstance(value, str) and is_stamp(value)


def _is_capacity(text: Any) -> bool:
    try:
        return bool(text) and bool(read_capacity(text))
    except (Problem, AttributeError, KeyError, TypeError, ValueError):
        return False


def _mend_batches(t: Transaction) -> None:
    """A batch under way stays the same bytes if they are whole; else what was in it goes again in the next one."""
    table = t.tables.frozen
    rows = t.connection.execute(select(table).order_by(table.c.number)).all()
    under_way = [row for row in rows if not row.answered]
    batches = {row.number: batch for row in under_way if (batch := _whole_batch(row.sha256, row.blob)) is not None}
    for number, batch in batches.items():
        _fill_from_batch(t, number, batch)
    numbers = t.connection.scalars(select(t.tables.outbox.c.batch).distinct())
    open_numbers = {number for number in numbers if number > NOT_FROZEN}
    last = max([int(t.meta.get(named.LAST_BATCH, 0)), *open_numbers, *(row.number for row in rows)])
    if last:
        t.meta.put(named.LAST_BATCH, last)
    if not open_numbers <= batches.keys() or len(batches) < len(under_way):
        thaw_outbox(t)
        t.connection.execute(delete(table).where(table.c.answered.is_(False)))


def _whole_batch(sha256: str, blob: bytes) -> Batch | None:
    if hashlib.sha256(blob).hexdigest() != sha256:
        return None
    try:
        return thawed(blob)
    except Problem:
        return None


def _fill_from_batch(t: Transaction, number: int, batch: Batch) -> None:
    """Entries of a batch under way that are missing stand in its bytes."""
    table = t.tables.outbox
    there = set(t.connection.scalars(select(table.c.row).where(table.c.batch == number)))
    rows: list[tuple[Section, int]] = [(section, at) for section in batch.sections for at in range(len(section.ids))]
    for row, (section, at) in enumerate(rows):
        if row in there:
            continue
        kind, id, cells = section.kind, section.ids[at], section.cells(at)
        changes = {name: [value, stamp, base] for name, (value, stamp, base) in cells.items()}
        line = {
            "kind": kind, "id": id, "batch": number, "row": row, "place": t.meta.next(named.PLACE),
            "unit": _unit(t, kind, id, changes), "typed_under": batch.typed_under, "at_ms": _at_ms(changes),
            "changes": changes,
        }  # fmt: skip
        t.connection.execute(table.insert().values(line))


def _rebuild_entries(t: Transaction) -> int:
    """Records that hold unsent work whose entry is lost: what our own device has stamped in them waits again."""
    device, own, known = t.meta.get(named.DEVICE), set(_own_keys(t)), _acknowledged(t)
    rebuilt = 0
    for kind, table in t.tables.items():
        ids = t.connection.scalars(select(table.c.id).where(table.c.unsent > 0)).all()
        for id in ids:
            raw = raw_row(t.connection, t.tables, kind, id) if (kind, id) not in own else None
            if raw is None:
                continue
            below = outbox.beneath_of(t, kind, id)
            changes: Cells = {
                name: [raw.values[name], stamp, below[name][1] if name in below else ""]
                for name, stamp in raw.stamps.items()
                if name in raw.values and device_of(stamp) == device and (id, name, stamp) not in known
            }
            if changes:
                unit = outbox.unit_of(t, kind, id, raw)
                outbox.put_change(t, kind, id, unit, changes, at_ms=_at_ms(changes), typed_under=0)
                rebuilt += 1
            else:
                t.connection.execute(table.update().where(table.c.id == id).values(unsent=0))
    return rebuilt


def _acknowledged(t: Transaction) -> set[tuple[str, str, str]]:
    rows = t.connection.execute(select(t.tables.own_change.c.id, t.tables.own_change.c.changes))
    return {(row.id, name, cell[1]) for row in rows for name, cell in row.changes.items()}


def _rebuild_records(t: Transaction) -> None:
    """Records that are lost while work on them waits show at least that work."""
    for (kind, id), entries in outbox.own_entries(t, _own_keys(t)).items():
        if kind not in t.tables:
            continue
        raw = raw_row(t.connection, t.tables, kind, id)
        if raw is None:
            raw = RawRow.empty(t.registry[kind], id)
            raw.take(outbox.own_cells(entries))
            write_raw(t.connection, t.tables, kind, [raw])
            t.connection.exec_driver_sql("INSERT OR IGNORE INTO lingering (kind, id) VALUES (?,?)", (kind, id))


def _read_from_the_start(t: Transaction) -> None:
    """What was received stays until all has been read again; by then what no stream brings is gone."""
    streams = Streams(t)
    for name in reached(t):
        streams.begin_again(name)
    for number in sorted(_marks(t) - streams.names.keys()):
        line = {"number": number, "name": f"before/{number}/lost", "upto": 0, "superseded": True}
        t.connection.execute(t.tables.stream.insert().values(line))
    t.meta.put(named.CURSOR, None)


def _marks(t: Transaction) -> set[int]:
    """The numbers of streams by which records say that they are held."""
    held: set[str] = set()
    for table in (*t.tables.values(), t.tables.unknown_record):
        held |= set(t.connection.scalars(select(table.c.held).distinct()))
    return {int(number) for marks in held for number in marks.split(",") if number}


def _unit(t: Transaction, kind: str, id: str, changes: Cells) -> str:
    if kind not in t.registry:
        return id
    raw = raw_row(t.connection, t.tables, kind, id) or RawRow.empty(t.registry[kind], id)
    raw.take({name: (value, stamp) for name, (value, stamp, _base) in changes.items()})
    return outbox.unit_of(t, kind, id, raw)


def _at_ms(changes: Cells) -> int:
    return max(parts(stamp).ms for _value, stamp, _base in changes.values())

"""Gives changes other stamps: those that the centre stored instead, or those of a new device number."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from records.stamps import device_of
from storage import meta as named
from storage import outbox
from storage.changes import Cells
from storage.driver import listed
from storage.outbox import Key
from storage.rows import raw_rows, write_raw
from storage.store import Transaction
from storage.tables import changes_text, read_changes


def restamp(t: Transaction, keys: Iterable[Key], instead: Mapping[str, str]) -> None:
    """Replaces stamps wherever these records carry them: in their rows, as stamps and as bases of changes. What was
    received beneath a field shows again where its stamp is now the greater one."""
    if not instead:
        return
    ids: dict[str, list[str]] = {}
    for kind, id in keys:
        ids.setdefault(kind, []).append(id)
    for kind, some in ids.items():
        rows = raw_rows(t.connection, t.tables, kind, some).values() if kind in t.tables else ()
        for raw in rows:
            raw.stamps = {name: instead.get(stamp, stamp) for name, stamp in raw.stamps.items()}
            beneath = outbox.beneath_of(t, kind, raw.id)
            raw.take({name: (cell[0], cell[1]) for name, cell in beneath.items() if cell[1] > raw.cell(name)[1]})
        if rows:
            write_raw(t.connection, t.tables, kind, list(rows))
        for table in (t.tables.outbox, t.tables.mending, t.tables.own_change):
            _restamp_changes(t, table.name, kind, some, instead)


def for_new_device(t: Transaction, device: str) -> None:
    """Unsent changes go on as those of this device: nobody has seen them under the old number yet."""
    old = t.meta.get(named.DEVICE)
    rows = [row for table in (t.tables.outbox, t.tables.mending) for row in t.connection.execute(select(table)).all()]
    stamps = {stamp for row in rows for _value, stamp, _base in row.changes.values() if device_of(stamp) == old}
    restamp(t, {(row.kind, row.id) for row in rows}, {stamp: stamp[:16] + device for stamp in stamps})


def restamped(changes: Cells, instead: Mapping[str, str]) -> Cells:
    """Changes under their new stamps; bases follow."""
    return {
        name: [value, instead.get(stamp, stamp), instead.get(base, base)]
        for name, (value, stamp, base) in changes.items()
    }


def _restamp_changes(t: Transaction, table: str, kind: str, ids: list[str], instead: Mapping[str, str]) -> None:
    codec = t.tables.codec
    chosen = f"SELECT rowid, changes FROM {table} WHERE kind=? AND id IN (SELECT value FROM json_each(?))"
    for rowid, kept in t.driver.execute(chosen, (kind, listed(ids))).fetchall():
        before = read_changes(codec, kept)
        changes = restamped(before, instead)
        if changes != before:
            line = (changes_text(codec, changes), rowid)
            t.driver.execute(f"UPDATE {table} SET changes=? WHERE rowid=?", line)

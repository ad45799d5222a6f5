"""Gives changes other stamps: those that the centre stored instead, or those of a new device number."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select, tuple_

from records.stamps import device_of
from storage import meta as named
from storage import outbox
from storage.changes import Cells
from storage.outbox import Key
from storage.rows import raw_rows, write_raw
from storage.store import Transaction


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
            _restamp_changes(t, table, [(kind, id) for id in some], instead)


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


def _restamp_changes(t: Transaction, table: Any, keys: list[Key], instead: Mapping[str, str]) -> None:
    for at in range(0, len(keys), 300):
        chosen = select(table).where(tuple_(table.c.kind, table.c.id).in_(keys[at : at + 300]))
        for row in t.connection.execute(chosen).all():
            changes = restamped(row.changes, instead)
            if changes != row.changes:
                same = [column == row._mapping[column.name] for column in table.primary_key.columns]
                t.connection.execute(table.update().where(*same).values(changes=changes))

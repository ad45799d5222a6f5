"""A store of an older app becomes one of this app: tables and columns are added, never changed or dropped.

What the older app had kept raw because it did not know it (columns in `extra`, whole kinds in `unknown_record`) moves
into its columns here, so that nothing need be pulled again. All of it is one transaction.
"""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.schema import CreateColumn

from records.kinds import Kind
from records.problems import Problem
from records.record import fields_of
from storage import meta as named
from storage.changes import merged
from storage.driver import driver_of
from storage.meta import Meta
from storage.rows import RawRow, raw_rows, shape_of, write_raw
from storage.tables import NOT_FROZEN, PARKED, Tables, snake_case

FORMAT = 2
"""Raised only by a change that an older app could not live with; new tables and columns are none. Whatever it is, the
tables `meta` and `frozen` stay as they are, so that an older app can still send what is ready (storage/newer.py)."""

GONE_INDEXES = ("outbox_by_batch", "outbox_by_at")
"""Of files of older apps, in whose place others stand by now. An older app would make them again."""

NEW, OLDER, CURRENT = "new", "older", "current"


def stage_of(connection: Connection, tables: Tables, meta: Meta) -> str:
    """What must be done to an opened file. Raises Problem: store_newer; store_damaged, where the file lacks what it
    says of itself that it has."""
    there = _columns(connection)
    if not there:
        return NEW
    if "meta" not in there:
        raise Problem("store_damaged")
    found = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if found > FORMAT:
        # Both are written together: where only one says so, it is not a newer app that wrote it.
        raise Problem("store_damaged" if meta.get(named.FORMAT, found) <= FORMAT else "store_newer")
    written = meta.get(named.SCHEMA)
    _check_promises(there, json.loads(written) if written else {})
    lacking = any(not columns.keys() <= there.get(name, set()) for name, columns in tables.column_names.items())
    lacking |= not tables.index_names <= _indexes(connection)
    return OLDER if lacking or written != tables.schema or found != FORMAT else CURRENT


def upgrade(connection: Connection, tables: Tables, meta: Meta) -> None:
    """Brings a file up to this app, within one transaction."""
    there = _columns(connection)
    lacking = [table for table in tables.metadata.sorted_tables if table.name not in there]
    tables.metadata.create_all(connection, tables=lacking, checkfirst=False)
    _add_columns(connection, tables)
    for name in GONE_INDEXES:
        connection.exec_driver_sql(f"DROP INDEX IF EXISTS {name}")
    connection.exec_driver_sql(f"PRAGMA user_version={FORMAT}")
    if meta.get(named.SCHEMA) != tables.schema:
        _move_extra(connection, tables)
        _move_unknown_records(connection, tables)
        _unpark(connection, tables, meta)
        meta.put(named.SCHEMA, tables.schema)
    meta.put(named.FORMAT, FORMAT)


def _check_promises(there: Mapping[str, set[str]], schema: Mapping[str, Any]) -> None:
    """Tables and schema were written in one transaction: what has gone since, somebody or something has taken away."""
    for name, columns in schema.items():
        if not set(columns) <= there.get(snake_case(name), set()):
            raise Problem("store_damaged")


def _columns(connection: Connection) -> dict[str, set[str]]:
    """table -> its columns, as the file has them."""
    found: dict[str, set[str]] = {}
    for table, column in connection.exec_driver_sql(
        "SELECT one.name, two.name FROM sqlite_master AS one JOIN pragma_table_info(one.name) AS two "
        "WHERE one.type='table'"
    ):
        found.setdefault(table, set()).add(column)
    return found


def _indexes(connection: Connection) -> set[str]:
    return {name for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='index'")}


def _add_columns(connection: Connection, tables: Tables) -> None:
    there, indexes = _columns(connection), _indexes(connection)
    kinds = {table.name: kind for kind, table in tables.items()}
    for table in tables.metadata.sorted_tables:
        for column in table.columns:
            if column.name not in there[table.name]:
                definition = CreateColumn(column).compile(dialect=connection.dialect)
                default = _default(tables, kinds.get(table.name), column.name)
                connection.exec_driver_sql(f'ALTER TABLE "{table.name}" ADD COLUMN {definition}{default}')
        for index in table.indexes:
            if index.name not in indexes:
                index.create(connection)


def _default(tables: Tables, kind: str | None, name: str) -> str:
    """A field that nobody has written holds its default, in old rows as in new ones; no row need be written for it."""
    shape = shape_of(tables, kind) if kind else None
    if shape is None or shape.defaults.get(name) is None:
        return ""
    value = shape.turns[name](shape.defaults[name])
    quoted = str(int(value)) if isinstance(value, int) else "'{}'".format(value.replace("'", "''"))
    return f" DEFAULT {quoted}"


def _move_extra(connection: Connection, tables: Tables) -> None:
    """Columns that have become known leave `extra`."""
    driver = driver_of(connection)
    for name, kind in tables.registry.items():
        table = tables[name]
        if driver.execute(f'SELECT 1 FROM "{table.name}" WHERE extra IS NOT NULL LIMIT 1').fetchone() is None:
            continue
        for row in connection.execute(select(table.c.id, table.c.extra).where(table.c.extra.is_not(None))).all():
            known = {field: cell for field, cell in row.extra.items() if field in fields_of(kind.cls)}
            if known:
                raw = raw_rows(connection, tables, name, [row.id])[row.id]
                raw.take({field: (value, stamp) for field, (stamp, value) in known.items()})
                write_raw(connection, tables, name, [raw])


def _move_unknown_records(connection: Connection, tables: Tables) -> None:
    unknown = tables.unknown_record
    some = {kind for (kind,) in driver_of(connection).execute("SELECT DISTINCT kind FROM unknown_record")}
    for name, kind in tables.registry.items():
        if name not in some:
            continue
        rows = connection.execute(select(unknown).where(unknown.c.kind == name)).all()
        write_raw(connection, tables, name, [_as_known(kind, row.id, row.held, row.fields) for row in rows])
        connection.execute(unknown.delete().where(unknown.c.kind == name))


def _unpark(connection: Connection, tables: Tables, meta: Meta) -> None:
    """What this app may know now can go, with what has been typed into the same records since."""
    outbox = tables.outbox
    rest, since = outbox.alias("rest"), outbox.alias("since")
    both = rest.join(since, (since.c.kind == rest.c.kind) & (since.c.id == rest.c.id) & (since.c.batch == NOT_FROZEN))
    chosen = select(rest, since.c.changes.label("newer"), since.c.typed_under.label("newer_under"))
    for row in connection.execute(chosen.select_from(both).where(rest.c.batch == PARKED)).all():
        of = (outbox.c.kind == row.kind, outbox.c.id == row.id)
        connection.execute(outbox.delete().where(*of, outbox.c.batch == PARKED))
        whole = {"changes": merged(row.changes, row.newer), "typed_under": min(row.typed_under, row.newer_under)}
        connection.execute(outbox.update().where(*of, outbox.c.batch == NOT_FROZEN).values(whole))
    for row in connection.execute(select(outbox.c.kind, outbox.c.id).where(outbox.c.batch == PARKED)).all():
        # As if saved now: a part of that change may be under way (`outbox.changed_since`).
        parked = (outbox.c.kind == row.kind, outbox.c.id == row.id, outbox.c.batch == PARKED)
        connection.execute(outbox.update().where(*parked).values(batch=NOT_FROZEN, place=meta.next(named.PLACE)))


def _as_known(kind: Kind, id: str, held: str, fields: dict[str, list[str]]) -> RawRow:
    raw = RawRow.empty(kind, id)
    raw.held = held
    raw.take({field: (value, stamp) for field, (stamp, value) in fields.items()})
    return raw

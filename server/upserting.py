"""Writing many rows by one statement, in the dialect at hand.

SQLite takes a statement once for each row, inside the process. To PostgreSQL many new rows go by COPY
(`server/copying.py`), all else as one JSON document: one statement, one parameter, one round trip, however many rows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from secrets import token_hex
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Column, Connection, Date, Dialect, Table, bindparam, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlalchemy.types import TypeDecorator

from records.days import day_text
from server.copying import copy_new
from server.database import WrittenMeanwhile
from server.tables import NOTED

Row = Mapping[str, Any]
Columns = Mapping[str, Sequence[Any]]

FEWEST_COPIED = 30
"""New rows that are worth a COPY on PostgreSQL, which takes one round trip more than a statement."""


def insert_into(db: Connection, table: Table) -> Any:
    """An INSERT that knows `on_conflict_do_update` and `on_conflict_do_nothing`, for SQLite or PostgreSQL."""
    return (postgresql if _is_postgresql(db) else sqlite).insert(table)


def insert_new(db: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that this transaction did not find. WrittenMeanwhile when another one has committed one of them."""
    if rows:
        insert_columns(db, table, {name: [row[name] for row in rows] for name in rows[0]})


def insert_columns(db: Connection, table: Table, columns: Columns) -> None:
    """`insert_new` of rows given as columns. What is nowhere filled in is not sent: it is empty without."""
    count = len(next(iter(columns.values()), ()))
    if not count:
        return
    whole = {name: [value] * count for name, value in _defaults(table).items() if name not in columns} | dict(columns)
    told = {name: values for name, values in whole.items() if values.count(None) < count}
    if _is_postgresql(db) and count >= FEWEST_COPIED:
        copy_new(db, table, _turned(db, table, told))
        _note(db, table)
        return
    if _is_postgresql(db):
        written = _write(db, table, [dict(zip(told, values, strict=True)) for values in _lines(told)], "insert")
    else:
        sql, _ = _for_sqlite(table, tuple(told), tuple(told), "insert")
        written = db.exec_driver_sql(sql, list(_lines(_turned(db, table, told)))).rowcount
        _note(db, table)
    if written != count:
        raise WrittenMeanwhile


def insert_missing(db: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Insert those rows whose primary key is not there yet; how many."""
    return _write(db, table, rows, "insert") if rows else 0


def put(db: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, or update every other column that they name where the primary key is there already."""
    if rows:
        _write(db, table, rows, "put")


def update_known(db: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Update rows by their primary key; every row names the same columns."""
    if rows:
        _write(db, table, rows, "update")


def _write(db: Connection, table: Table, rows: Sequence[Row], what: str) -> int:
    """How many rows were written. `what`: insert (leaving alone what is there), put, update."""
    _note(db, table)
    named = tuple(rows[0])
    left_out = {name: value for name, value in _defaults(table).items() if name not in rows[0]}
    if left_out and what != "update":
        rows = [{**left_out, **row} for row in rows]
    if _is_postgresql(db):
        statement = _for_postgresql(table, tuple(rows[0]), named, what)
        return db.execute(statement, {"rows": _document(db, table, rows)}).rowcount
    sql, order = _for_sqlite(table, tuple(rows[0]), named, what)
    turns = [(name, _bound(table.c[name], db)) for name in order]
    values = [tuple(row[name] if turn is None else turn(row[name]) for name, turn in turns) for row in rows]
    # To the driver as it is: building a statement anew for every row costs more than SQLite does.
    return db.exec_driver_sql(sql, values).rowcount


def _note(db: Connection, table: Table) -> None:
    """Where others rely on what is in a table: what they made of it is not true any more."""
    if (statement := table.info.get(NOTED)) is not None:
        # By chance and not by a count: after a transaction that is given up the same number would come again.
        db.execute(statement, {"mark": token_hex(8)})


def _is_postgresql(db: Connection) -> bool:
    return db.dialect.name == "postgresql"


@lru_cache(maxsize=64)
def _defaults(table: Table) -> Mapping[str, Any]:
    """Constant defaults of columns, of which the databases are not told."""
    found = {}
    for column in table.columns:
        if isinstance(column.default, ScalarElementColumnDefault):
            found[column.name] = column.default.arg
    return found


# --- SQLite: a prepared statement, and a tuple for each row


@lru_cache(maxsize=256)
def _for_sqlite(table: Table, names: tuple[str, ...], named: tuple[str, ...], what: str) -> tuple[str, tuple[str, ...]]:
    """The statement, and the columns whose values it takes, in that order."""
    quote = sqlite.dialect().identifier_preparer.quote
    key = _key(table)
    changed = tuple(name for name in named if name not in key)
    if what == "update":
        mine = tuple(name for name in names if name in key)
        assigned = ", ".join(f"{quote(name)} = ?" for name in changed)
        same = " AND ".join(f"{quote(name)} = ?" for name in mine)
        return f"UPDATE {quote(table.name)} SET {assigned} WHERE {same}", changed + mine
    sql = f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, names))}) VALUES ({', '.join('?' * len(names))})"
    if what == "put":
        assigned = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in changed)
        return f"{sql} ON CONFLICT ({', '.join(map(quote, key))}) DO UPDATE SET {assigned}", names
    return f"{sql} ON CONFLICT DO NOTHING", names


def _turned(db: Connection, table: Table, columns: Columns) -> dict[str, Sequence[Any]]:
    """Columns as the driver takes them, each different value turned once."""
    found: dict[str, Sequence[Any]] = {}
    for name, values in columns.items():
        turn = _bound(table.c[name], db)
        if turn is day_text:
            values = list(map(turn, values))
        elif turn is not None:
            made = {value: turn(value) for value in set(values)}
            values = [made[value] for value in values]
        found[name] = values
    return found


def _lines(columns: Columns) -> Iterator[tuple[Any, ...]]:
    return zip(*columns.values(), strict=True)


@lru_cache(maxsize=1024)
def _turn_of(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(column.type, Date) and dialect.name == "sqlite":
        return day_text  # what SQLAlchemy writes as well, much more slowly
    turn: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    return turn


def _bound(column: Column[Any], db: Connection) -> Callable[[Any], Any] | None:
    return _turn_of(column, db.dialect)


# --- PostgreSQL: one document


@lru_cache(maxsize=256)
def _key(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key.columns)


@lru_cache(maxsize=256)
def _for_postgresql(table: Table, names: tuple[str, ...], named: tuple[str, ...], what: str) -> Any:
    """The statement over a document of rows."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    quote = dialect.identifier_preparer.quote
    typed = ", ".join(f"{quote(name)} {table.c[name].type.compile(dialect)}" for name in names)
    source = f"jsonb_to_recordset(:rows) AS given({_without_collation(typed)})"
    listed = ", ".join(quote(name) for name in names)
    key = _key(table)
    changed = [name for name in named if name not in key]
    if what == "update":
        assigned = ", ".join(f"{quote(name)} = given.{quote(name)}" for name in changed)
        same = " AND ".join(f"known.{quote(name)} = given.{quote(name)}" for name in key)
        # In whatever order the database finds them: what others may change has been locked before, in that of its key.
        sql = f"UPDATE {quote(table.name)} AS known SET {assigned} FROM {source} WHERE {same}"
    else:
        sql = f"INSERT INTO {quote(table.name)} ({listed}) SELECT {listed} FROM {source}"
        if what == "put":
            assigned = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in changed)
            sql += f" ON CONFLICT ({', '.join(map(quote, key))}) DO UPDATE SET {assigned}"
        else:
            sql += " ON CONFLICT DO NOTHING"
    return text(sql).bindparams(bindparam("rows", type_=_Document()))


def _without_collation(typed: str) -> str:
    return typed.replace(' COLLATE "C"', "")


class _Document(TypeDecorator[str]):
    """JSON text that stands in for rows."""

    impl = postgresql.JSONB(none_as_null=False)
    cache_ok = True

    def bind_processor(self, dialect: Any) -> Any:
        return None  # it is text already


def _document(db: Connection, table: Table, rows: Sequence[Row]) -> str:
    """The rows as one JSON text, each value as its column keeps it."""
    turned = {name: turn for name in rows[0] if (turn := _turning(table.c[name], db))}
    # Names that come from SQLAlchemy are more than texts, and are asked at length by whoever makes JSON of them.
    plain = {name: str(name) for name in rows[0]}
    if turned or set(map(type, plain)) != {str}:
        rows = [
            {plain[name]: turned[name](value) if name in turned else value for name, value in row.items()}
            for row in rows
        ]
    return to_json(rows).decode()


def _turning(column: Column[Any], db: Connection) -> Callable[[Any], Any] | None:
    """What a column's type does with a value before it is stored; None for the types that JSON knows."""
    if not isinstance(column.type, TypeDecorator):
        return None
    turn: Callable[[Any], Any] | None = column.type.bind_processor(db.dialect)
    return turn

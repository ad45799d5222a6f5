"""Many new rows into PostgreSQL by COPY, as fast as it takes them.

COPY knows no ON CONFLICT. A row that another transaction has committed meanwhile breaks it off, and the whole
transaction is begun again, as it would be if an INSERT had left that row out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

from records.days import day_text
from server.database import UNIQUE_VIOLATION, WrittenMeanwhile

NOTHING = "\\N"
PIECE = 100
"""Rows that are sent at once."""


def copy_new(db: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows, given as columns of values that the driver knows. WrittenMeanwhile if one of them is there."""
    quote = db.dialect.identifier_preparer.quote
    statement = f"COPY {quote(table.name)} ({', '.join(map(quote, columns))}) FROM STDIN"
    driver: Any = db.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for text in _texts(list(columns.values())):
                copy.write(text)
    except db.dialect.loaded_dbapi.Error as error:
        if getattr(error, "sqlstate", None) == UNIQUE_VIOLATION:
            raise WrittenMeanwhile from None
        # As SQLAlchemy would tell it, without the line that COPY quotes: it may be personal.
        raise DBAPIError(statement, None, error, hide_parameters=True) from None


def _texts(columns: list[Sequence[Any]]) -> Iterator[str]:
    """Rows in the text form of COPY, in pieces: the database reads one while the next is being made."""
    for first in range(0, len(columns[0]), PIECE):
        written = [_written(column[first : first + PIECE]) for column in columns]
        yield "\n".join(map("\t".join, zip(*written, strict=True))) + "\n"


def _written(values: Sequence[Any]) -> Sequence[str]:
    """A column in the text form of COPY."""
    types = set(map(type, values))
    if len(types) == 1 and values.count(values[0]) == len(values) > 1:
        return [*_written(values[:1])] * len(values)
    types -= {type(None)}
    if types == {str}:
        whole = "".join(values if None not in values else filter(None, values))
        plain = "\\" not in whole and whole.isprintable()
        values = values if plain else [value and _escaped(value) for value in values]
    elif types == {date}:
        values = list(map(day_text, values))
    else:
        ways = {kind: _WAYS[kind] for kind in types}
        values = [None if value is None else ways[type(value)](value) for value in values]
    return values if None not in values else [NOTHING if value is None else value for value in values]


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


_ESCAPES = {ord("\\"): "\\\\", ord("\t"): "\\t", ord("\n"): "\\n", ord("\r"): "\\r"}
_WAYS: Mapping[type, Callable[[Any], str]] = {
    str: _escaped,
    int: str,
    bool: lambda value: "t" if value else "f",
}

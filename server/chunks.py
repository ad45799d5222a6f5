"""Long lists of values in one condition, in pieces that are sorted: locks are then taken in one order everywhere."""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from pydantic_core import to_json
from sqlalchemy import ARRAY, BindParameter, ColumnElement, Connection, Integer, Text, any_, bindparam, func, select
from sqlalchemy.types import TypeDecorator

T = TypeVar("T")

LARGEST = 5000
"""Of one piece: the list travels as one parameter, but its rows are read at once."""


def chunked(items: Iterable[T], size: int = LARGEST) -> Iterator[list[T]]:
    """Pieces of at most `size`, sorted."""
    iterator = iter(sorted(items))  # type: ignore[type-var]
    while piece := list(islice(iterator, size)):
        yield piece


def among(db: Connection, column: ColumnElement[Any], values: Collection[str]) -> ColumnElement[bool]:
    """Rows whose column has one of these texts. One parameter however many there are, so that the statement is always
    the same text: neither SQLAlchemy nor the database reads a new one for each batch."""
    return _among(db.dialect.name, column, bindparam(None, listed(db, values), type_=_type(db.dialect.name)))


def among_listed(dialect: str, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """`among` in a statement that is kept: its parameter `among` takes what `listed` gives."""
    return _among(dialect, column, bindparam("among", type_=_type(dialect)))


def is_empty(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows without a text in a column, beside a condition by which they are to be found. Not IS NULL: where the column
    has an index, SQLite would go through all in the state that have none."""
    return func.coalesce(column, "") == ""


def among_numbers(db: Connection, column: ColumnElement[Any], numbers: Collection[int]) -> ColumnElement[bool]:
    """`among` of whole numbers."""
    value = to_json(list(numbers)).decode()
    if db.dialect.name == "postgresql":
        return column == any_(bindparam(None, f"{{{value[1:-1]}}}", type_=_Numbers()))
    return _among(db.dialect.name, column, bindparam(None, value, type_=Text))


def listed(db: Connection, values: Collection[str]) -> str:
    """Texts as the one parameter of `among`."""
    return _array_text(values) if db.dialect.name == "postgresql" else to_json(list(values)).decode()


def _among(dialect: str, column: ColumnElement[Any], parameter: BindParameter[Any]) -> ColumnElement[bool]:
    if dialect == "postgresql":
        return column == any_(parameter)
    return column.in_(select(func.json_each(parameter).table_valued("value").c.value))


def _type(dialect: str) -> Any:
    return _Texts() if dialect == "postgresql" else Text


class _Texts(TypeDecorator[Any]):
    """The text of an array that stands in for it."""

    impl = ARRAY(Text)
    cache_ok = True

    def bind_processor(self, dialect: Any) -> Any:
        return None  # it is text already


class _Numbers(_Texts):
    impl = ARRAY(Integer)
    cache_ok = True


def _array_text(values: Collection[str]) -> str:
    """The text of a PostgreSQL array. The driver would look at each value by itself for what must be quoted."""
    whole = "".join(values)
    if whole.isascii() and whole.isalnum() and all(values) and "null" not in map(str.lower, values):
        return f"{{{','.join(values)}}}"
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"

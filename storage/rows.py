"""Rows of record tables as plain wire values, and how they get in and out of SQLite.

Reading and writing of records in bulk goes past SQLAlchemy's types, column by column, because a first sync writes
thousands of rows on a small phone. `Shape` holds what that needs to know of a kind, worked out once.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table

from records.cells import read_stamps, stamps_text
from records.kinds import Kind
from records.personal import Codec, Plain
from records.problems import Problem
from records.record import FieldSpec, Record, fields_of, from_wire, to_wire
from records.search_key import search_key
from storage.driver import driver_of, listed
from storage.tables import Tables, sealed

BOOKKEEPING = ("stamps", "extra", "held", "search_key", "unsent")


class Shape:
    """What writing and reading rows of one kind needs to know."""

    def __init__(self, kind: Kind, table: Table, codec: Codec) -> None:
        self.kind, self.table, self.codec = kind, table, codec
        self.specs = fields_of(kind.cls)
        self.derived = frozenset(name for name, spec in self.specs.items() if spec.derived)
        self.defaults = {name: to_wire(spec.default) for name, spec in self.specs.items()}
        self.turns = {name: driver_turn(spec, codec) for name, spec in self.specs.items()}
        self._as_it_is = {name: test for name, spec in self.specs.items() if (test := _as_it_is(spec, codec))}
        # The folded key of a name tells most of the name, so it stays out of a store that seals names.
        sealed = {name for name, spec in self.specs.items() if spec.personal and not isinstance(codec, Plain)}
        self.searched = tuple(name for name in kind.searched if name not in sealed)
        names = ("id", *self.specs, *BOOKKEEPING)
        quoted = ",".join(f'"{name}"' for name in names)
        marks = ",".join("?" * len(names))
        changed = ",".join(f'"{name}"=excluded."{name}"' for name in names[1:])
        self.insert = f'INSERT INTO "{table.name}" ({quoted}) VALUES ({marks})'
        self.upsert = f"{self.insert} ON CONFLICT(id) DO UPDATE SET {changed}"
        self.reads = {name: read for name, spec in self.specs.items() if (read := _driver_read(spec, codec))}
        asked = f'SELECT {quoted} FROM "{table.name}" WHERE {{column}} IN (SELECT value FROM json_each(?))'
        self.by_ids = asked.format(column="id")
        self.by_parents = asked.format(column=f'"{kind.parent[0]}"') if kind.parent else None

    def update(self, names: Sequence[str]) -> str:
        """The statement that sets these columns of one row; the id comes last."""
        settings = ",".join(f'"{name}"=?' for name in names)
        return f'UPDATE "{self.table.name}" SET {settings} WHERE id=?'

    def turned(self, name: str, values: list[Any]) -> list[Any]:
        """A column of wire values as the driver stores it; most columns need nothing done to them."""
        as_it_is, turn = self._as_it_is.get(name), self.turns[name]
        if as_it_is and as_it_is(values):
            return values
        if not any(values) and len(set(map(type, values))) == 1:
            # Empty in every row, as lists of codes mostly are.
            return [turn(values[0])] * len(values)
        return [turn(value) for value in values]

    def keys_of(self, columns: Sequence[Sequence[Any]]) -> list[str]:
        """The search keys of many records, from the searched ones of their columns."""
        keys = [[search_key(value) if isinstance(value, str) else "" for value in column] for column in columns]
        return keys[0] if len(keys) == 1 else [" ".join(filter(None, line)) for line in zip(*keys, strict=True)]

    def key_of(self, values: Mapping[str, Any]) -> str:
        """The search key of a record with these values."""
        keys = [search_key(values[name]) for name in self.searched if isinstance(values.get(name), str)]
        return " ".join(key for key in keys if key)

    def sealed(self, value: Any) -> str | None:
        """A JSON value as the driver writes it into a sealed column; None for nothing."""
        return sealed(self.codec, value) if value else None


def shape_of(tables: Tables, kind: str) -> Shape:
    """The shape of a kind, made with its first use."""
    shape = tables.shapes.get(kind)
    if shape is None:
        shape = tables.shapes[kind] = Shape(tables.registry[kind], tables[kind], tables.codec)
    return shape


def driver_turn(spec: FieldSpec, codec: Codec) -> Callable[[Any], Any]:
    """How a wire value of a field becomes what the driver stores. Tolerant: what cannot be stored becomes None."""
    turn = _TURNS[spec.value_type.name]
    if spec.personal and not isinstance(codec, Plain):
        return lambda value: None if (turned := turn(value)) is None else codec.seal(str(turned))
    return turn


def _driver_read(spec: FieldSpec, codec: Codec) -> Callable[[Any], Any] | None:
    """How what the driver stores becomes the wire value of a field again, None where it is that. What nobody can have
    written is a ValueError."""
    name = spec.value_type.name
    if spec.personal and not isinstance(codec, Plain):
        number = name == "number"
        return lambda value: None if value is None else int(codec.open(value)) if number else codec.open(value)
    return _READS.get(name)


def _as_it_is(spec: FieldSpec, codec: Codec) -> Callable[[list[Any]], bool] | None:
    """What tells of a whole column of wire values that `driver_turn` would change none of them; None for no such."""
    if spec.personal and not isinstance(codec, Plain):
        return None
    return _AS_IT_IS.get(spec.value_type.name)


def _are_texts(values: list[Any]) -> bool:
    return set(map(type, values)) <= {str, type(None)}


def _are_numbers(values: list[Any]) -> bool:
    if not set(map(type, values)) <= {int, type(None)}:
        return False
    numbers = [value for value in values if value is not None]
    return not numbers or (_number(min(numbers)) is not None and _number(max(numbers)) is not None)


def _are_days(values: list[Any]) -> bool:
    return _are_texts(values) and all(value is None or _day_text(value) == value for value in set(values))


def _are_answers(values: list[Any]) -> bool:
    return set(map(type, values)) <= {bool, type(None)}


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and -(1 << 63) <= value < 1 << 63 else None


def _day(value: Any) -> str | None:
    return _day_text(value) if isinstance(value, str) else None


@lru_cache(maxsize=1 << 14)
def _day_text(text: str) -> str | None:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def _yes_no(value: Any) -> bool | None:
    return bool(value) if isinstance(value, int) else None


def _codes(value: Any) -> str:
    return json.dumps([code for code in value if isinstance(code, str)], separators=(",", ":")) if value else "[]"


_TURNS: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "choice": _text,
    "id": _text,
    "number": _number,
    "day": _day,
    "yes_no": _yes_no,
    "codes": _codes,
}


def _stored_day(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or _day_text(value) != value:
        raise ValueError("no day")
    return value


_READS: dict[str, Callable[[Any], Any]] = {
    "day": _stored_day,
    "yes_no": lambda value: None if value is None else bool(value),
    "codes": lambda value: list(json.loads(value)) if value else [],
}


_AS_IT_IS: dict[str, Callable[[list[Any]], bool]] = {
    **dict.fromkeys(("text", "choice", "id"), _are_texts),
    "number": _are_numbers,
    "day": _are_days,
    "yes_no": _are_answers,
}


@dataclass
class RawRow:
    """One record with its bookkeeping; `values` are wire values of every field, `extra` {field: [stamp, value]}."""

    id: str
    values: dict[str, Any]
    stamps: dict[str, str] = field(default_factory=dict)
    extra: dict[str, list[Any]] = field(default_factory=dict)
    held: str = ""
    unsent: int = 0

    @classmethod
    def empty(cls, kind: Kind, id: str) -> "RawRow":
        """A record of which nothing is known yet: every field has its default and no stamp."""
        return cls(id, {name: to_wire(spec.default) for name, spec in fields_of(kind.cls).items()})

    def take(self, cells: Mapping[str, tuple[Any, str]]) -> None:
        """Puts (value, stamp) in the place of what stood there; what has no column here goes to `extra`."""
        for name, (value, stamp) in cells.items():
            if name not in self.values:
                self.extra[name] = [stamp, value]
                continue
            self.extra.pop(name, None)
            self.values[name] = value
            if stamp:
                self.stamps[name] = stamp
            else:
                self.stamps.pop(name, None)

    def cell(self, name: str) -> tuple[Any, str]:
        """(value, stamp) of a field."""
        return self.values.get(name), self.stamps.get(name, "")

    def record(self, kind: Kind) -> Record:
        """The record itself, read tolerantly."""
        specs = fields_of(kind.cls)
        values = {name: from_wire(specs[name], value) for name, value in self.values.items()}
        return kind.cls.known({"id": self.id, **values})


def raw_rows(connection: Connection, tables: Tables, kind: str, ids: Iterable[str]) -> dict[str, RawRow]:
    """The rows of a kind with these ids, as far as the store has them."""
    shape, wanted, found = shape_of(tables, kind), list(ids), dict[str, RawRow]()
    for at in range(0, len(wanted), 500):
        with unreadable_is_damage():
            for row in driver_of(connection).execute(shape.by_ids, (listed(wanted[at : at + 500]),)):
                found[row[0]] = _raw(shape, row)
    return found


def raw_row(connection: Connection, tables: Tables, kind: str, id: str) -> RawRow | None:
    """One row, if the store has it."""
    return raw_rows(connection, tables, kind, [id]).get(id)


def rows_below(connection: Connection, tables: Tables, kind: str, parent_ids: Iterable[str]) -> list[RawRow]:
    """The rows of a kind whose parent is one of these."""
    shape = shape_of(tables, kind)
    if shape.by_parents is None:
        return []
    asked = (listed(parent_ids),)
    with unreadable_is_damage():
        return [_raw(shape, row) for row in driver_of(connection).execute(shape.by_parents, asked)]


def write_raw(connection: Connection, tables: Tables, kind: str, rows: Sequence[RawRow]) -> None:
    """Writes whole rows, new or not, with their search keys."""
    if not rows:
        return
    shape = shape_of(tables, kind)
    lines = [
        (
            row.id,
            *(turn(row.values.get(name)) for name, turn in shape.turns.items()),
            stamps_text(row.stamps),
            shape.sealed(row.extra),
            row.held,
            shape.key_of(row.values),
            row.unsent,
        )
        for row in rows
    ]
    driver_of(connection).executemany(shape.upsert, lines)


@contextmanager
def unreadable_is_damage() -> Iterator[None]:
    """A stored value that cannot be read, such as a day that is none: nobody wrote that, the file is damaged."""
    try:
        yield
    except ValueError as error:
        raise Problem("store_damaged") from error


def _raw(shape: Shape, row: Sequence[Any]) -> RawRow:
    """A row of `shape.by_ids`: its id, its fields, its bookkeeping."""
    values = dict(zip(shape.specs, row[1:], strict=False))
    for name, read in shape.reads.items():
        values[name] = read(values[name])
    stamps, extra, held, _search_key, unsent = row[-len(BOOKKEEPING) :]
    return RawRow(
        row[0], values, read_stamps(stamps), json.loads(shape.codec.open(extra)) if extra else {}, held, unsent
    )

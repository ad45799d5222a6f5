"""Reads what can be read of a damaged file: through SQLite where its trees hold, else row by row from its pages.

Only rows that this app could have written count. The tables of what only this phone holds have shapes that never
change, so their rows are known wherever they lie; all others can be fetched again.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Integer, LargeBinary, Table
from sqlalchemy.dialects import sqlite

from records.cells import read_stamps
from records.ids import is_id
from records.personal import Codec
from records.stamps import is_stamp
from storage import meta as named
from storage.raw_pages import image_of, leaf_rows
from storage.tables import Tables, read_changes, unsealed

ONLY_HERE = ("meta", "setting", "outbox", "mending", "draft", "frozen", "beneath", "own_change", "photo", "parcel")

Line = dict[str, Any]
"""A row as the driver has it, by column."""

META_NAMES = frozenset(value for name, value in vars(named).items() if name.isupper() and isinstance(value, str))


UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What SQLite raises over a damaged place; the second where its own words quote bytes that are no text."""


@dataclass
class Salvage:
    """table -> rows that could be read. `incomplete`: tables of which there may have been more."""

    lines: dict[str, list[Line]] = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)

    @property
    def own_work_is_whole(self) -> bool:
        return not self.incomplete & {"outbox", "mending", "draft", "photo"}


def salvage(path: Path, tables: Tables) -> Salvage:
    """All that can be read of this file and of the log beside it. The file itself is left as it is."""
    image = image_of(path)
    found = Salvage()
    reading = path.with_name(path.name + ".reading")
    try:
        reading.write_bytes(image)
        with closing(sqlite3.connect(reading)) as connection:
            # Rows with bytes that are no text are told from others below, one by one.
            connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
            for table in tables.metadata.sorted_tables:
                lines, whole = _through_sqlite(connection, table)
                sound = Soundness(table, tables.codec)
                good = [line for line in lines if sound.of(line)]
                found.lines[table.name] = _once(table, good)
                if not whole or len(good) < len(lines):
                    found.incomplete.add(table.name)
    finally:
        reading.unlink(missing_ok=True)
    if found.incomplete & set(ONLY_HERE):
        _from_pages(bytes(image), found, tables)
    return found


class Soundness:
    """Whether this app could have written a row of a table, and will be able to read it."""

    def __init__(self, table: Table, codec: Codec) -> None:
        self._codec, self._more = codec, _SOUND.get(table.name, _record_is_sound)
        self._columns = {column.name: _read_as(column) for column in table.columns}

    def of(self, line: Mapping[str, Any]) -> bool:
        columns = self._columns
        try:
            for name, value in line.items():
                may_be_none, expected, process = columns[name]
                if value is None:
                    if not may_be_none:
                        return False
                    continue
                if type(value) is not expected:
                    return False
                if process is not None:
                    process(value)
                elif isinstance(value, str) and not value.isascii():
                    value.encode()
            return self._more(line, self._codec)
        except (AttributeError, KeyError, TypeError, ValueError):
            return False


# --- through SQLite


def _through_sqlite(connection: sqlite3.Connection, table: Table) -> tuple[list[Line], bool]:
    """Rows from the front, and where that breaks off from the back; whether that was all of them."""
    try:
        there = [row[1] for row in connection.execute(f'PRAGMA table_info("{table.name}")')]
        # An older app's file, whose list of tables can be read, never had what is not on it.
        never_was = not there and bool(connection.execute("PRAGMA table_info(meta)").fetchone())
    except UNREADABLE:
        return [], False
    names = [name for name in there if name in table.columns]
    if not names:
        return [], never_was
    found: dict[int, Line] = {}
    for order in ("", " DESC"):
        chosen = ",".join(f'"{name}"' for name in names)
        query = f'SELECT rowid,{chosen} FROM "{table.name}" NOT INDEXED ORDER BY rowid{order}'
        try:
            for rowid, *values in connection.execute(query):
                if rowid in found:
                    break
                found[rowid] = dict(zip(names, values, strict=True))
            else:
                return list(found.values()), True
        except UNREADABLE:
            continue
    return list(found.values()), False


def _once(table: Table, lines: Iterable[Line]) -> list[Line]:
    """One row for each key: a damaged index may have let in a second one, the later row stands."""
    keys = [column.name for column in table.primary_key.columns]
    return list({tuple(line.get(key) for key in keys): line for line in lines}.values())


# --- from the pages


def _from_pages(image: bytes, found: Salvage, tables: Tables) -> None:
    """Rows of our own tables that no tree leads to any more; what SQLite has read stands."""
    shapes = {name: tables.metadata.tables[name] for name in ONLY_HERE if name in found.incomplete}
    sound = {name: Soundness(table, tables.codec) for name, table in shapes.items()}
    for rowid, values in leaf_rows(image):
        for name, table in shapes.items():
            line = _as_line(table, rowid, values)
            if line is not None and sound[name].of(line) and _belongs(name, line):
                found.lines[name].append(line)
                break
    for name, table in shapes.items():
        found.lines[name] = _once(table, reversed(found.lines[name]))[::-1]


def _as_line(table: Table, rowid: int, values: Sequence[Any]) -> Line | None:
    if len(values) != len(table.columns):
        return None
    line = dict(zip(table.columns.keys(), values, strict=True))
    keys = list(table.primary_key.columns)
    if len(keys) == 1 and isinstance(keys[0].type, Integer):
        # The number of a row is its rowid; in the row itself nothing stands for it.
        if line[keys[0].name] is not None:
            return None
        line[keys[0].name] = rowid
    return line


def _belongs(name: str, line: Line) -> bool:
    """Two tables have names and values; which of them a row is of, its name says."""
    return name not in ("meta", "setting") or (line["name"] in META_NAMES) == (name == "meta")


# --- what this app could have written


def _read_as(column: Column[Any]) -> tuple[bool, type, Callable[[Any], Any] | None]:
    """(whether nothing may stand there, what the driver gives, how the app reads it)."""
    kind = column.type.dialect_impl(_DIALECT)
    is_bytes = isinstance(getattr(column.type, "impl_instance", column.type), LargeBinary)
    is_number = column.type.python_type in (int, bool)
    process = None if is_number else kind.result_processor(_DIALECT, None)
    return bool(column.nullable), bytes if is_bytes else int if is_number else str, process


_DIALECT = sqlite.dialect()


def _record_is_sound(line: Mapping[str, Any], codec: Codec) -> bool:
    stamps = read_stamps(line.get("stamps")).values()
    return all(map(is_stamp, stamps)) and ("id" not in line or is_id(line["id"]))


def _changes_are_sound(line: Mapping[str, Any], codec: Codec) -> bool:
    changes = read_changes(codec, line["changes"])
    cells = [tuple(cell) for cell in changes.values()]
    stamped = all(is_stamp(stamp) and (base == "" or is_stamp(base)) for _value, stamp, base in cells)
    return bool(cells) and stamped and line["kind"].isalpha() and is_id(line["id"]) and is_id(line["unit"])


def _beneath_is_sound(line: Mapping[str, Any], codec: Codec) -> bool:
    cells = [tuple(cell) for cell in unsealed(codec, line["fields"]).values()]
    return is_id(line["id"]) and is_id(line["unit"]) and all(not stamp or is_stamp(stamp) for _value, stamp in cells)


_SOUND: dict[str, Callable[[Mapping[str, Any], Codec], bool]] = {
    "outbox": _changes_are_sound,
    "mending": _changes_are_sound,
    "own_change": _changes_are_sound,
    "beneath": _beneath_is_sound,
    "draft": lambda line, codec: isinstance(unsealed(codec, line["values"]), dict),
    "frozen": lambda line, codec: len(line["sha256"]) == 64,
    "photo": lambda line, codec: is_id(line["id"]) and len(line["sha256"]) == 64,
    "parcel": lambda line, codec: len(line["id"]) == 32 and line["state"] in ("waiting", "delivered", "refused"),
    "unknown_record": lambda line, codec: is_id(line["id"]) and isinstance(unsealed(codec, line["fields"]), dict),
    "stream": lambda line, codec: line["name"].count("/") == 2,
}

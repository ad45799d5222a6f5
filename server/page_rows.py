"""Reading the rows of a page: what streams were told, and the records of which something is sent, column by column.

Rows are taken from the driver as they are and turned by whole columns: a page has thousands of them.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Date, Dialect, Select, Table, and_, bindparam, select

from records.days import day_text
from records.messages import Section
from records.record import to_wire
from server.chunks import among_listed, chunked, listed
from server.streams import of_stream
from server.tables import CentralTables

Values = list[Any]
Wanted = dict[tuple[str, tuple[str, ...]], list[str]]
"""(kind, columns) -> ids of the records of which these columns are to be sent."""
Records = dict[str, tuple[tuple[str, ...], dict[str, tuple[Any, ...]]]]
"""kind -> (names of columns, id -> id, stamps and these columns as the driver gives them)."""


class Told(NamedTuple):
    """What a stream was told of a record (`feed` in server/tables.py)."""

    stream: str
    seq: int
    whole_seq: int | None
    changed: str | None


class Line(NamedTuple):
    """A row of one stream, with one of the other streams that hold the record too, by its number: as many lines as
    there are such, or one without."""

    seq: int
    id: str
    kind: str
    left: bool
    by_device: str
    others_seq: int
    whole_seq: int | None
    changed: str | None
    stream: int | None
    other_seq: int
    other_whole_seq: int | None
    other_changed: str | None

    def other(self, name: str) -> Told:
        """What that other stream was told, which has this name."""
        return Told(name, *self[9:])


_AS_LINE = partial(tuple.__new__, Line)


class PageRows:
    """The rows that the pages of one call are made of."""

    def __init__(self, db: Connection, tables: CentralTables, state_id: int) -> None:
        self._db, self._tables, self._state_id = db, tables, state_id
        self._numbers: dict[str, int] = {}
        self.names: dict[int, str] = {}

    def counters(self, streams: Iterable[str]) -> Iterator[tuple[str, int, int]]:
        """(stream, its last number, how many records it holds) of those that have been told anything. `names`: what
        stands for each of them in the feed -> its name."""
        query = _counters(self._tables.stream, self._db.dialect.name)
        for some in chunked(streams):
            for name, number, seq, live in self._ask(query, some):
                self._numbers[name], self.names[number] = number, name
                yield name, seq, live

    def lines(self, stream: str, upto: int, room: int) -> list[Line]:
        """The first rows of a stream beyond a number, at most so many, in their order. Its counter has been read."""
        asked = {"state": self._state_id, "stream": self._numbers[stream], "upto": upto, "room": room}
        return list(map(_AS_LINE, _rows(self._db, _beyond(self._tables.feed), asked)))

    def told(self, ids: Iterable[str]) -> Iterator[tuple[str, str, Told]]:
        """(id, kind, what it was told) of every stream that holds one of these records."""
        query = _holding(self._tables.feed, self._tables.stream, self._db.dialect.name)
        for some in chunked(ids):
            for id, kind, *told in self._ask(query, some):
                yield id, kind, Told(*told)

    def records(self, several: Iterable[Wanted]) -> Records:
        """The records of several parts: those of one kind together, whichever columns are sent of each."""
        names: dict[str, dict[str, None]] = {}
        ids: dict[str, set[str]] = {}
        for wanted in several:
            for (kind, columns), some in wanted.items():
                names.setdefault(kind, {}).update(dict.fromkeys(columns))
                ids.setdefault(kind, set()).update(some)
        found: Records = {}
        for kind in names:
            columns = tuple(names[kind])
            query = _records(self._tables.records[kind], columns, self._db.dialect.name)
            found[kind] = columns, {row[0]: row for some in chunked(ids[kind]) for row in self._ask(query, some)}
        return found

    def sections(self, read: Records, kind: str, wanted: Mapping[tuple[str, ...], list[str]]) -> list[Section]:
        """Records of one kind, of those that have been read, a section for those with the same columns."""
        table, dialect = self._tables.records[kind], self._db.dialect
        names, found = read[kind]
        sections = []
        for columns, ids in wanted.items():
            if rows := [found[id] for id in ids if id in found]:
                there, stamps, *all_values = map(list, zip(*rows, strict=True))
                by_name = dict(zip(names, all_values, strict=True))
                values = [_on_the_wire(table.c[name], dialect, by_name[name]) for name in columns]
                sections.append(Section(kind, there, list(columns), values, _stamps_in_columns(stamps, columns)))
        return sections

    def _ask(self, query: Select[Any], ids: list[str]) -> list[tuple[Any, ...]]:
        return _rows(self._db, query, {"state": self._state_id, "among": listed(self._db, ids)})


def _rows(db: Connection, query: Select[Any], asked: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a question as the driver gives them: pages have thousands, and SQLAlchemy would wrap each."""
    with db.execute(query, asked) as result:
        return list(result.cursor.fetchall())


# Statements that every page asks, built once.


@lru_cache(maxsize=32)
def _counters(stream: Table, dialect: str) -> Select[Any]:
    among, told = among_listed(dialect, stream.c.name), ("name", "number", "seq", "live")
    return select(*(stream.c[name] for name in told)).where(stream.c.state_id == bindparam("state"), among)


@lru_cache(maxsize=32)
def _beyond(feed: Table) -> Select[Any]:
    """`Line`s. In one statement with the other streams, so that both are of one moment."""
    mine = (feed.c.state_id == bindparam("state"), feed.c.stream == bindparam("stream"))
    later = feed.c.seq > bindparam("upto")
    names = ("seq", "id", "kind", "left", "by_device", "others_seq", "whole_seq", "changed")
    told = select(*(feed.c[name] for name in names)).where(*mine, later).order_by(feed.c.seq).limit(bindparam("room"))
    row, other = told.subquery("row"), feed.alias("other")
    also = and_(
        other.c.state_id == bindparam("state"),
        other.c.id == row.c.id,
        other.c.stream != bindparam("stream"),
        other.c.left.is_(False),
    )
    shown = (*(row.c[name] for name in names), *(other.c[name] for name in Told._fields))
    return select(*shown).select_from(row.outerjoin(other, also)).order_by(row.c.seq)


@lru_cache(maxsize=32)
def _holding(feed: Table, stream: Table, dialect: str) -> Select[Any]:
    mine = (feed.c.state_id == bindparam("state"), among_listed(dialect, feed.c.id), feed.c.left.is_(False))
    told = (feed.c.id, feed.c.kind, stream.c.name, *(feed.c[name] for name in Told._fields[1:]))
    return select(*told).select_from(feed.join(stream, of_stream(feed, stream))).where(*mine)


@lru_cache(maxsize=512)
def _records(table: Table, columns: tuple[str, ...], dialect: str) -> Select[Any]:
    mine = (table.c.state_id == bindparam("state"), among_listed(dialect, table.c.id))
    return select(table.c.id, table.c.stamps, *(table.c[name] for name in columns)).where(*mine)


def _on_the_wire(column: Column[Any], dialect: Dialect, values: Values) -> Values:
    """A column from the driver as `to_wire` of its values. Each different one is turned once; most go as they are."""
    turn = _turn_of(column, dialect)
    if turn is None:
        return values
    if turn is day_text:
        return list(map(day_text, values))
    made = {value: turn(value) for value in set(values)}
    return list(map(made.__getitem__, values))


@lru_cache(maxsize=2048)
def _turn_of(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """How a value of the driver becomes one of the wire; None where it is one already."""
    if isinstance(column.type, Date):
        # SQLite keeps a day as the text in which it travels.
        return None if dialect.name == "sqlite" else day_text
    read = column.type.dialect_impl(dialect).result_processor(dialect, None)
    return (lambda value: to_wire(read(value))) if read else None


_STAMP, _REST = itemgetter(slice(2, 26)), itemgetter(slice(26, None))
"""Of the text of a record with one stamp, `{"<stamp>":"name formed_on"}`."""


def _stamps_in_columns(texts: Sequence[str], columns: tuple[str, ...]) -> list[list[str | None]]:
    """The stamps of records, a list for each column. Columns that are stamped alike throughout share one."""
    rests, stamps = list(map(_REST, texts)), list(map(_STAMP, texts))
    different = set(rests)
    # Most records have one stamp, and few sets of fields are stamped together.
    named = {rest: frozenset(rest[3:-2].split(" ")) for rest in different if _names_fields(rest)}
    several = different - named.keys()
    others = _one_by_one(texts, [row for row, rest in enumerate(rests) if rest in several] if several else [])
    alike: dict[Any, list[str | None]] = {}
    grid: list[list[str | None]] = []
    for name in columns:
        among = frozenset(rest for rest, names in named.items() if name in names)
        key = among, tuple(others.get(name, ()))
        if key not in alike:
            alike[key] = column = _of_those(stamps, rests, among)
            for row, stamp in key[1]:
                column[row] = stamp
        grid.append(alike[key])
    return grid


def _of_those(stamps: list[str], rests: list[str], among: frozenset[str]) -> list[str | None]:
    """The stamps of those rows; '' for the others."""
    if not among:
        return [""] * len(stamps)
    return [stamp if rest in among else "" for stamp, rest in zip(stamps, rests, strict=True)]


def _names_fields(rest: str) -> bool:
    """Whether this is all that follows one stamp."""
    return rest[:3] == '":"' and rest[-2:] == '"}' and rest.count('"') == 3


def _one_by_one(texts: Sequence[str], rows: list[int]) -> dict[str, list[tuple[int, str]]]:
    """field -> (row, stamp) of these rows, whatever stamps they have."""
    found: dict[str, list[tuple[int, str]]] = {}
    # All in one text, which is read much sooner than each by itself.
    read = json.loads(f"[{','.join(texts[row] or '{}' for row in rows)}]")
    for row, one in zip(rows, read, strict=True):
        for stamp, names in one.items():
            for name in names.split(" "):
                found.setdefault(name, []).append((row, stamp))
    return found

"""One page of news for a device: streams in order, rows by number, whole columns once (design 4).

A record that the device has at this version by another stream, with at least these columns, is only named ("held").
A device's own latest work comes back without the columns it wrote itself.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Date, Dialect, Select, Table, and_, bindparam, select

from records.audience import RICHNESS, class_of, columns_of
from records.conflict import VALUES
from records.kinds import Registry
from records.messages import Part, Section
from records.record import derived_fields, parent_field, to_wire
from server.chunks import among, among_listed, chunked, listed
from server.cursors import START, Reached, Vector
from server.feeding import fields_beyond, told_whole
from server.tables import CentralTables

Values = list[Any]
Wanted = dict[tuple[str, tuple[str, ...]], list[str]]
"""(kind, columns) -> ids of the records of which these columns are to be sent."""

MOST_CHARACTERS = 700_000
FEWEST_ROWS = 25
"""Of the texts of one page, however many rows were asked for; and the rows that a page may always have."""
SLICE = 1000
"""Rows that are read at once. A page is put together of slices for as long as its texts leave room."""


class Told(NamedTuple):
    """What a stream was told of a record (`feed` in server/tables.py)."""

    stream: str
    seq: int
    whole_seq: int | None
    changed: str | None


class Line(NamedTuple):
    """A row of one stream, with one of the other streams that hold the record too: as many lines as there are such, or
    one without."""

    seq: int
    id: str
    kind: str
    left: bool
    by_device: str
    others_seq: int
    whole_seq: int | None
    changed: str | None
    stream: str | None
    other_seq: int
    other_whole_seq: int | None
    other_changed: str | None

    @property
    def other(self) -> Told | None:
        return Told(self.stream, *self[9:]) if self.stream else None


_AS_LINE = partial(tuple.__new__, Line)
_SEQ, _STREAM = itemgetter(Line._fields.index("seq")), itemgetter(Line._fields.index("stream"))


class Paging:
    """Builds the parts of one page. `readable`: stream -> roles that the device reads it in, in order of delivery;
    `author`: whose own latest work comes without the columns it wrote, '' for nobody's; `sent`: rows of the batch that
    came with this call, by which what needs no columns is named."""

    def __init__(
        self,
        db: Connection,
        tables: CentralTables,
        registry: Registry,
        state_id: int,
        author: str,
        readable: Mapping[str, frozenset[str]],
        sent: Mapping[tuple[str, str], int],
    ) -> None:
        self._db, self._tables, self._registry, self._state_id = db, tables, registry, state_id
        self._author, self.readable, self._sent = author, readable, sent
        self._live: dict[str, int] = {}
        self._found: dict[str, tuple[tuple[str, ...], dict[str, tuple[Any, ...]]]] = {}
        self._seen: dict[tuple[str, ...], tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def news(self, vector: Vector) -> dict[str, int]:
        """stream -> its last number, of the readable streams in which something lies beyond the vector."""
        table = self._tables.stream
        found: dict[str, int] = {}
        for some in chunked(self.readable):
            for name, seq, live in self._ask(_numbers(table, self._db.dialect.name), some):
                self._live[name] = live
                if seq > vector.get(name, START).upto:
                    found[name] = seq
        return {name: found[name] for name in self.readable if name in found}

    def to_come(self, vector: Vector, news: Mapping[str, int]) -> int:
        """At the most so many live rows lie beyond the vector: what progress is counted by. Not counted row by row, or
        each page would count again what all that follow will bring."""
        return sum(min(self._live[name], max(0, last - vector.get(name, START).upto)) for name, last in news.items())

    def page(self, vector: Vector, news: Mapping[str, int], room: int) -> tuple[list[Part], Vector, bool]:
        """`parts`, with less room where long texts would make a body that no phone takes in."""
        parts: list[Part] = []
        reached, rows, characters = vector, 0, 0
        wanted = min(room, SLICE)
        while True:
            some, upto, more = self.parts(reached, news, wanted)
            size = _characters(some)
            if characters + size <= MOST_CHARACTERS or (not parts and wanted <= FEWEST_ROWS):
                parts, reached = [*parts, *some], upto
                rows, characters = rows + wanted, characters + size
                # As many more as fit if their texts are like those before.
                fit = (MOST_CHARACTERS - characters) * rows // max(1, characters)
                wanted = min(room - rows, SLICE, fit)
                if not more or rows == room or wanted < min(FEWEST_ROWS, room - rows):
                    return parts, reached, more
            elif parts:
                return parts, reached, True
            else:
                wanted = max(FEWEST_ROWS, wanted // 2)

    def parts(self, vector: Vector, news: Mapping[str, int], room: int) -> tuple[list[Part], Vector, bool]:
        """(parts of at most `room` rows, the vector reached, whether more is waiting)."""
        drawn, reached, more = self._draw(vector, news, room)
        self._read([wanted for _, wanted in drawn])
        for part, wanted in drawn:
            for kind in dict.fromkeys(kind for kind, _ in wanted):
                part.rows += self._sections(kind, {cols: ids for (one, cols), ids in wanted.items() if one == kind})
        self._found.clear()
        return [part for part, _ in drawn], reached, more

    def _draw(
        self, vector: Vector, news: Mapping[str, int], room: int
    ) -> tuple[list[tuple[Part, Wanted]], dict[str, Reached], bool]:
        """`parts` still without their rows: what is wanted of these."""
        reached, left = dict(vector), room
        parts: list[tuple[Part, Wanted]] = []
        for name, last in news.items():
            if left <= 0:
                return parts, reached, True
            before = vector.get(name, START)
            rows = self._feed(name, before.upto, left)
            found = len(set(map(_SEQ, rows)))
            full = found == left
            end = rows[-1].seq if full and rows else last
            # A full page may have missed what went to the end meanwhile: such a stream is read on, and then ended.
            reached[name] = before._replace(upto=end, ended=before.ended if full else end)
            parts.append(self._part(name, end, vector, rows, reached))
            left -= found
            if full and end < last:
                return parts, reached, True
        return parts, reached, False

    def asked(self, ids: Iterable[str], vector: Vector) -> list[Part]:
        """Records by their ids, whole, each by the richest stream in which the device has been told of it."""
        feed, wanted = self._tables.feed, sorted(set(ids))
        rows = self._db.execute(
            select(feed.c.id, feed.c.kind).where(
                feed.c.state_id == self._state_id, among(self._db, feed.c.id, wanted), feed.c.left.is_(False)
            )
        )
        kinds = {row.id: row.kind for row in rows}
        chosen: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
        for id, streams in self._streams(wanted).items():
            told = [name for name, row in streams.items() if row.seq <= vector.get(name, START).upto]
            if told:
                richest, kind = min(told, key=lambda one: (_rank(one), one)), kinds[id]
                columns = columns_of(self._registry[kind].cls, kind, {one: self.readable[one] for one in streams})
                chosen.setdefault((richest, kind, columns), []).append(id)
        self._read([{(kind, columns): some} for (_, kind, columns), some in chosen.items()])
        return [
            Part(name, vector[name].upto, self._sections(kind, {columns: some}))
            for (name, kind, columns), some in chosen.items()
        ]

    def _feed(self, name: str, upto: int, room: int) -> list[Line]:
        asked = {"state": self._state_id, "stream": name, "upto": upto, "room": room}
        return list(map(_AS_LINE, _rows(self._db, _beyond(self._tables.feed), asked)))

    def _ask(self, query: Select[Any], ids: list[str]) -> list[tuple[Any, ...]]:
        return _rows(self._db, query, {"state": self._state_id, "among": listed(self._db, ids)})

    def _part(self, name: str, end: int, before: Vector, rows: list[Line], reached: Vector) -> tuple[Part, Wanted]:
        part, own, at = Part(name, end), list[int](), before.get(name, START)
        elsewhere = self._elsewhere(rows)
        # The first time that a stream is read, all that is in no other comes whole, whatever its row tells.
        first = at.ended == 0 and (not self._author or not rows or rows[-1].seq <= at.since)
        whole: dict[str, list[str]] = {}
        wanted: Wanted = {}
        named: list[tuple[str, str]] = []
        for row in {row.seq: row for row in rows}.values() if any(map(_STREAM, rows)) else rows:
            if row.left:
                part.left.setdefault(row.kind, []).append(row.id)
                continue
            if first and row.id not in elsewhere:
                whole.setdefault(row.kind, []).append(row.id)
                continue
            streams = {name: Told(name, row.seq, row.whole_seq, row.changed), **elsewhere.get(row.id, {})}
            heals = at.heals and row.seq <= at.since
            came = self._is_delivered(name, streams, reached, heals)
            if columns := () if came else self._columns(name, row, streams, before):
                wanted.setdefault((row.kind, columns), []).append(row.id)
            else:
                named.append((row.kind, row.id))
        for kind, ids in whole.items():
            if columns := self._seen_by(kind, (name,))[0]:
                wanted.setdefault((kind, columns), []).extend(ids)
            else:
                named += [(kind, id) for id in ids]
        for kind, id in named:
            if (place := self._sent.get((kind, id))) is not None:
                own.append(place)
            else:
                part.held.setdefault(kind, []).append(id)
        part.own = _ranges(own)
        return part, wanted

    def _elsewhere(self, rows: list[Line]) -> dict[str, dict[str, Told]]:
        """id -> {stream: what it was told} of other streams of the device that hold a record."""
        found: dict[str, dict[str, Told]] = {}
        for row in rows if any(map(_STREAM, rows)) else ():
            if row.stream in self.readable and (other := row.other):
                found.setdefault(row.id, {})[other.stream] = other
        return found

    def _seen_by(self, kind: str, streams: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(the columns of a record that the device holds by these streams, the derived ones among them)."""
        key = (kind, *streams)
        if key not in self._seen:
            # Few sets of streams hold many records.
            cls = self._registry[kind].cls
            columns = columns_of(cls, kind, {stream: self.readable[stream] for stream in streams})
            self._seen[key] = columns, tuple(name for name in derived_fields(cls) if name in columns)
        return self._seen[key]

    def _columns(self, name: str, row: Line, streams: Mapping[str, Told], before: Vector) -> tuple[str, ...]:
        """The columns to send: those of its audience, or for the device's own latest work the derived ones; of a record
        that the device has, those that changed since it had read this stream to its end."""
        columns, derived = self._seen_by(row.kind, tuple(streams))
        at = before.get(name, START)
        # In a stream that is not read to its end, what others wrote may have moved on behind the device's back.
        own = self._author and row.by_device == self._author and row.seq > at.since and row.others_seq <= at.ended
        columns = derived if own else columns
        if not self._has(streams, before):
            return columns
        changed = fields_beyond(row, at.ended)
        if not changed <= set(derived):
            # Below which group it stands is always said: what the phone works out there may change with it.
            changed |= {parent_field(self._registry[row.kind].cls) or ""}
        return tuple(name for name in columns if name in changed)

    def _has(self, streams: Mapping[str, Told], before: Vector) -> bool:
        """Whether the device has a record with all columns that its streams give: each told it the whole record before
        the device had last read that stream to its end. An old copy of a phone's file has what its cursor says, and
        what was typed on it since is not asked for here."""
        return bool(self._author) and all(
            told_whole(row) <= before.get(name, START).ended for name, row in streams.items()
        )

    def _is_delivered(self, name: str, streams: Mapping[str, Told], reached: Vector, heals: bool) -> bool:
        """Whether this version came already by another stream that is at least as rich; one that heals goes by those
        alone that are read anew with it."""
        return len(streams) > 1 and any(
            other != name
            and _rank(other) <= _rank(name)
            and row.seq <= reached.get(other, START).upto
            and (reached[other].heals or not heals)
            for other, row in streams.items()
        )

    def _streams(self, ids: list[str]) -> dict[str, dict[str, Told]]:
        """id -> {stream: what it was told} of all the device's streams that hold the record."""
        found: dict[str, dict[str, Told]] = {id: {} for id in ids}
        query = _holding(self._tables.feed, self._db.dialect.name)
        for some in chunked(ids):
            for id, *told in self._ask(query, some):
                if told[0] in self.readable:
                    found[id][told[0]] = Told(*told)
        return found

    def _read(self, several: Iterable[Wanted]) -> None:
        """Read the records of several parts: those of one kind together, whichever columns are sent of each."""
        names: dict[str, dict[str, None]] = {}
        ids: dict[str, set[str]] = {}
        for wanted in several:
            for (kind, columns), some in wanted.items():
                names.setdefault(kind, {}).update(dict.fromkeys(columns))
                ids.setdefault(kind, set()).update(some)
        for kind in names:
            columns = tuple(names[kind])
            query = _records(self._tables.records[kind], columns, self._db.dialect.name)
            self._found[kind] = columns, {row[0]: row for some in chunked(ids[kind]) for row in self._ask(query, some)}

    def _sections(self, kind: str, wanted: Mapping[tuple[str, ...], list[str]]) -> list[Section]:
        """Records of one kind that have been read, a section for those with the same columns."""
        table, dialect = self._tables.records[kind], self._db.dialect
        names, found = self._found[kind]
        sections = []
        for columns, ids in wanted.items():
            if rows := [found[id] for id in ids if id in found]:
                there, stamps, *all_values = map(list, zip(*rows, strict=True))
                by_name = dict(zip(names, all_values, strict=True))
                values = [_on_the_wire(table.c[name], dialect, by_name[name]) for name in columns]
                if kind == "Conflict":
                    self._mask(columns, values, there)
                sections.append(Section(kind, there, list(columns), values, _stamps_in_columns(stamps, columns)))
        return sections

    def _mask(self, columns: tuple[str, ...], values: list[Values], ids: list[str]) -> None:
        """A Conflict shows its values only to who sees that column of its record."""
        shown = [columns.index(name) for name in VALUES if name in columns]
        if not shown:
            return
        streams = self._streams(ids)
        kinds, fields = values[columns.index("record_kind")], values[columns.index("field")]
        for place, (id, kind, field) in enumerate(zip(ids, kinds, fields, strict=True)):
            held_by = {stream: self.readable[stream] for stream in streams[id]}
            if field not in columns_of(self._registry[kind].cls, kind, held_by):
                for at in shown:
                    values[at][place] = None


def _rows(db: Connection, query: Select[Any], asked: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a question as the driver gives them: pages have thousands, and SQLAlchemy would wrap each."""
    with db.execute(query, asked) as result:
        return list(result.cursor.fetchall())


# Statements that every page asks, built once.


@lru_cache(maxsize=32)
def _numbers(stream: Table, dialect: str) -> Select[Any]:
    among = among_listed(dialect, stream.c.name)
    return select(stream.c.name, stream.c.seq, stream.c.live).where(stream.c.state_id == bindparam("state"), among)


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
def _holding(feed: Table, dialect: str) -> Select[Any]:
    mine = (feed.c.state_id == bindparam("state"), among_listed(dialect, feed.c.id), feed.c.left.is_(False))
    return select(feed.c.id, *(feed.c[name] for name in Told._fields)).where(*mine)


@lru_cache(maxsize=512)
def _records(table: Table, columns: tuple[str, ...], dialect: str) -> Select[Any]:
    mine = (table.c.state_id == bindparam("state"), among_listed(dialect, table.c.id))
    return select(table.c.id, table.c.stamps, *(table.c[name] for name in columns)).where(*mine)


def _ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """[(first, last), ...] of numbers that follow each other."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = found[-1][0], number
        else:
            found.append((number, number))
    return found


def _on_the_wire(column: Column[Any], dialect: Dialect, values: Values) -> Values:
    """A column from the driver as `to_wire` of its values. Each different one is turned once; most go as they are."""
    turn = _turn_of(column, dialect)
    if turn is None:
        return values
    if turn is _day_text:
        return list(map(_day_text, values))
    made = {value: turn(value) for value in set(values)}
    return list(map(made.__getitem__, values))


@lru_cache(maxsize=1 << 14)
def _day_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


@lru_cache(maxsize=2048)
def _turn_of(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """How a value of the driver becomes one of the wire; None where it is one already."""
    if isinstance(column.type, Date):
        # SQLite keeps a day as the text in which it travels.
        return None if dialect.name == "sqlite" else _day_text
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


@lru_cache(maxsize=4096)
def _rank(stream: str) -> int:
    return RICHNESS.index(class_of(stream))


def _characters(parts: Iterable[Part]) -> int:
    columns = (column for part in parts for section in part.rows for column in section.columns)
    return sum(map(_length, columns))


def _length(column: Sequence[Any]) -> int:
    types = set(map(type, column))
    if str not in types:
        return 0
    texts = column if len(types) == 1 else [value for value in column if isinstance(value, str)]
    return sum(map(len, texts))

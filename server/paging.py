"""One page of news for a device: streams in order, rows by number, whole columns once (design 4).

A record that the device has at this version by another stream, with at least these columns, is only named ("held").
A device's own latest work comes back without the columns it wrote itself.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, select

from records.audience import RICHNESS, class_of, columns_of
from records.conflict import VALUES
from records.kinds import Registry
from records.messages import Part, Section
from records.record import derived_fields, parent_field, to_wire
from server.chunks import among, among_listed, chunked, listed
from server.cursors import START, Vector
from server.feeding import fields_beyond, told_whole
from server.tables import CentralTables

MOST_CHARACTERS = 700_000
FEWEST_ROWS = 25
"""Of the texts of one page, however many rows were asked for; and the rows that a page may always have."""
SLICE = 1000
"""Rows that are read at once. A page is put together of slices for as long as its texts leave room."""


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
        self._seen: dict[tuple[str, ...], tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def news(self, vector: Vector) -> dict[str, int]:
        """stream -> its last number, of the readable streams in which something lies beyond the vector."""
        table = self._tables.stream
        found: dict[str, int] = {}
        for some in chunked(self.readable):
            rows = self._ask(_numbers(table, self._db.dialect.name), some)
            found.update({row.name: row.seq for row in rows if row.seq > vector.get(row.name, START).upto})
        return {name: found[name] for name in self.readable if name in found}

    def to_come(self, vector: Vector, news: Iterable[str]) -> int:
        """How many live rows lie beyond the vector: what progress is counted by. By the counters of the streams, which
        say at least as many as there are: rows that were told again or have left have numbers too. Counting the rows
        would take the longer the more others have written."""
        table = self._tables.stream
        rows = (row for some in chunked(news) for row in self._ask(_numbers(table, self._db.dialect.name), some))
        return sum(min(row.live, row.seq - vector.get(row.name, START).upto) for row in rows)

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
        reached, left = dict(vector), room
        parts: list[Part] = []
        for name, last in news.items():
            if left <= 0:
                return parts, reached, True
            before = vector.get(name, START)
            rows = self._feed(name, before.upto, left)
            full = len(rows) == left
            end = rows[-1].seq if full and rows else last
            # A full page may have missed what went to the end meanwhile: such a stream is read on, and then ended.
            reached[name] = before._replace(upto=end, ended=before.ended if full else end)
            parts.append(self._part(name, end, vector, rows, reached))
            left -= len(rows)
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
        for id, streams in self._elsewhere(wanted).items():
            told = [name for name, row in streams.items() if row.seq <= vector.get(name, START).upto]
            if told:
                richest, kind = min(told, key=lambda one: (_rank(one), one)), kinds[id]
                columns = columns_of(self._registry[kind].cls, kind, {one: self.readable[one] for one in streams})
                chosen.setdefault((richest, kind, columns), []).append(id)
        return [
            Part(name, vector[name].upto, self._sections(kind, {columns: some}))
            for (name, kind, columns), some in chosen.items()
        ]

    def _feed(self, name: str, upto: int, room: int) -> list[Any]:
        asked = {"state": self._state_id, "stream": name, "upto": upto, "room": room}
        return list(self._db.execute(_beyond(self._tables.feed), asked).fetchall())

    def _ask(self, query: Select[Any], ids: list[str]) -> list[Any]:
        asked = {"state": self._state_id, "among": listed(self._db, ids)}
        return list(self._db.execute(query, asked).fetchall())

    def _part(self, name: str, end: int, before: Vector, rows: list[Any], reached: Vector) -> Part:
        part, own, at = Part(name, end), list[int](), before.get(name, START)
        elsewhere = self._elsewhere([row.id for row in rows if not row.left])
        wanted: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for row in rows:
            if row.left:
                part.left.setdefault(row.kind, []).append(row.id)
                continue
            streams = elsewhere[row.id]
            if not streams:
                continue  # it has left meanwhile, and that comes as well
            heals = at.heals and row.seq <= at.since
            came = self._is_delivered(name, streams, reached, heals)
            columns = () if came else self._columns(row, streams, before)
            if columns:
                wanted.setdefault((row.kind, columns), []).append(row.id)
            elif (place := self._sent.get((row.kind, row.id))) is not None:
                own.append(place)
            else:
                part.held.setdefault(row.kind, []).append(row.id)
        part.own = _ranges(own)
        for kind in dict.fromkeys(kind for kind, _ in wanted):
            part.rows += self._sections(kind, {columns: ids for (one, columns), ids in wanted.items() if one == kind})
        return part

    def _columns(self, row: Any, streams: Mapping[str, Any], before: Vector) -> tuple[str, ...]:
        """The columns to send: those of its audience, or for the device's own latest work the derived ones; of a record
        that the device has, those that changed since it had read this stream to its end."""
        entry, key = self._registry[row.kind], (row.kind, *streams)
        if key not in self._seen:
            # Few sets of streams hold many records.
            held_by = {stream: self.readable[stream] for stream in streams}
            columns = columns_of(entry.cls, row.kind, held_by)
            self._seen[key] = columns, tuple(name for name in derived_fields(entry.cls) if name in columns)
        columns, derived = self._seen[key]
        at = before.get(row.stream, START)
        # In a stream that is not read to its end, what others wrote may have moved on behind the device's back.
        own = self._author and row.by_device == self._author and row.seq > at.since and row.others_seq <= at.ended
        columns = derived if own else columns
        if not self._has(streams, before):
            return columns
        changed = fields_beyond(row, at.ended)
        if not changed <= set(derived):
            # Below which group it stands is always said: what the phone works out there may change with it.
            changed |= {parent_field(entry.cls) or ""}
        return tuple(name for name in columns if name in changed)

    def _has(self, streams: Mapping[str, Any], before: Vector) -> bool:
        """Whether the device has a record with all columns that its streams give: each told it the whole record before
        the device had last read that stream to its end. An old copy of a phone's file has what its cursor says, and
        what was typed on it since is not asked for here."""
        return bool(self._author) and all(
            told_whole(row) <= before.get(name, START).ended for name, row in streams.items()
        )

    def _is_delivered(self, name: str, streams: Mapping[str, Any], reached: Vector, heals: bool) -> bool:
        """Whether this version came already by another stream that is at least as rich; one that heals goes by those
        alone that are read anew with it."""
        return len(streams) > 1 and any(
            other != name
            and _rank(other) <= _rank(name)
            and row.seq <= reached.get(other, START).upto
            and (reached[other].heals or not heals)
            for other, row in streams.items()
        )

    def _elsewhere(self, ids: list[str]) -> dict[str, dict[str, Any]]:
        """id -> {stream: its row} of all the device's streams that hold the record."""
        found: dict[str, dict[str, Any]] = {id: {} for id in ids}
        query = _holding(self._tables.feed, self._db.dialect.name)
        for some in chunked(ids):
            for row in self._ask(query, some):
                if row[1] in self.readable:
                    found[row[0]][row[1]] = row
        return found

    def _sections(self, kind: str, wanted: Mapping[tuple[str, ...], list[str]]) -> list[Section]:
        """Records of one kind, a section for those with the same columns."""
        names = tuple(dict.fromkeys(name for columns in wanted for name in columns))
        place = {name: at for at, name in enumerate(names, 2)}
        query = _records(self._tables.records[kind], names, self._db.dialect.name)
        found: dict[str, Any] = {}
        for some in chunked(id for ids in wanted.values() for id in ids):
            found.update({row[0]: row for row in self._ask(query, some)})
        sections = []
        for columns, ids in wanted.items():
            rows = [found[id] for id in ids if id in found]
            if not rows:
                continue
            slice_of = itemgetter(0, 1, *(place[name] for name in columns))
            there, stamps, *values = map(list, zip(*map(slice_of, rows), strict=True))
            values = [_on_the_wire(column) for column in values]
            if kind == "Conflict":
                self._mask(columns, values, rows)
            sections.append(Section(kind, there, list(columns), values, _stamps_in_columns(stamps, columns)))
        return sections

    def _mask(self, columns: tuple[str, ...], values: list[list[Any]], rows: list[Any]) -> None:
        """A Conflict shows its values only to who sees that column of its record."""
        shown = [columns.index(name) for name in VALUES if name in columns]
        if not shown:
            return
        streams = self._elsewhere([row.id for row in rows])
        for place, row in enumerate(rows):
            held_by = {stream: self.readable[stream] for stream in streams[row.id]}
            seen = columns_of(self._registry[row.record_kind].cls, row.record_kind, held_by)
            if row.field not in seen:
                for at in shown:
                    values[at][place] = None


# Statements that every page asks, built once.


@lru_cache(maxsize=32)
def _numbers(stream: Table, dialect: str) -> Select[Any]:
    among = among_listed(dialect, stream.c.name)
    return select(stream.c.name, stream.c.seq, stream.c.live).where(stream.c.state_id == bindparam("state"), among)


@lru_cache(maxsize=32)
def _beyond(feed: Table) -> Select[Any]:
    mine = (feed.c.state_id == bindparam("state"), feed.c.stream == bindparam("stream"))
    later = feed.c.seq > bindparam("upto")
    return select(feed).where(*mine, later).order_by(feed.c.seq).limit(bindparam("room"))


@lru_cache(maxsize=32)
def _holding(feed: Table, dialect: str) -> Select[Any]:
    mine = (feed.c.state_id == bindparam("state"), among_listed(dialect, feed.c.id), feed.c.left.is_(False))
    return select(feed.c.id, feed.c.stream, feed.c.seq, feed.c.whole_seq, feed.c.changed).where(*mine)


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


def _on_the_wire(values: list[Any]) -> list[Any]:
    """`to_wire` of a column; texts and numbers go as they are."""
    return values if set(map(type, values)) <= {str, int, bool, type(None)} else [to_wire(value) for value in values]


def _stamps_in_columns(texts: Iterable[str], columns: tuple[str, ...]) -> list[list[str | None]]:
    """The stamps of records, a list for each column. Columns that are stamped alike throughout share one."""
    # All in one text, which is read much sooner than each by itself.
    stamps: list[dict[str, str]] = json.loads(f"[{','.join(text or '{}' for text in texts)}]")
    by_names: dict[str, list[str | None]] = {}
    for row, one in enumerate(stamps):
        for stamp, names in one.items():
            if names not in by_names:
                by_names[names] = [""] * len(stamps)
            by_names[names][row] = stamp
    # Few sets of fields are stamped together; a field stands in one of them in each row.
    sets = {names: frozenset(names.split(" ")) for names in by_names}
    alike: dict[tuple[str, ...], list[str | None]] = {}
    grid: list[list[str | None]] = []
    for name in columns:
        key = tuple(names for names in by_names if name in sets[names])
        if key not in alike:
            alike[key] = _together([by_names[names] for names in key], len(stamps))
        grid.append(alike[key])
    return grid


def _together(columns: Sequence[list[str | None]], rows: int) -> list[str | None]:
    """One column of several, of which in each row one at the most is filled."""
    if len(columns) < 2:
        return columns[0] if columns else [""] * rows
    return [next(filter(None, line), "") for line in zip(*columns, strict=True)]


@lru_cache(maxsize=4096)
def _rank(stream: str) -> int:
    return RICHNESS.index(class_of(stream))


def _characters(parts: Iterable[Part]) -> int:
    columns = (column for part in parts for section in part.rows for column in section.columns)
    return sum(map(_length, columns))


def _length(column: Sequence[Any]) -> int:
    if set(map(type, column)) == {str}:
        return sum(map(len, column))
    return sum(len(value) for value in column if isinstance(value, str))

"""One page of news for a device: streams in order, rows by number, whole columns once (design 4).

A record that the device has at this version by another stream, with at least these columns, is only named ("held").
A device's own latest work comes back without the columns it wrote itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from records.audience import RICHNESS, class_of, columns_of
from records.conflict import VALUES
from records.kinds import Registry
from records.messages import Part, Section
from records.record import derived_fields, parent_field
from server.cursors import START, Reached, Vector
from server.feeding import fields_beyond, told_whole
from server.page_rows import Line, PageRows, Records, Told, Wanted
from server.tables import CentralTables

MOST_CHARACTERS = 700_000
FEWEST_ROWS = 25
"""Of the texts of one page, however many rows were asked for; and the rows that a page may always have."""
SLICE = 1000
"""Rows that are read at once. A page is put together of slices for as long as its texts leave room."""


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
        self._rows, self._registry = PageRows(db, tables, state_id), registry
        self._author, self.readable, self._sent = author, readable, sent
        self._live: dict[str, int] = {}
        self._seen: dict[tuple[str, ...], tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def news(self, vector: Vector) -> dict[str, int]:
        """stream -> its last number, of the readable streams in which something lies beyond the vector."""
        found: dict[str, int] = {}
        for name, seq, live in self._rows.counters(self.readable):
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
        read = self._rows.records([wanted for _, wanted in drawn])
        for part, wanted in drawn:
            for kind in dict.fromkeys(kind for kind, _ in wanted):
                part.rows += self._sections(
                    read, kind, {cols: ids for (one, cols), ids in wanted.items() if one == kind}
                )
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
            rows = self._rows.lines(name, before.upto, left)
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
        kinds, streams_of = self._streams(sorted(set(ids)))
        chosen: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
        for id, streams in streams_of.items():
            told = [name for name, row in streams.items() if row.seq <= vector.get(name, START).upto]
            if told:
                richest, kind = min(told, key=lambda one: (_rank(one), one)), kinds[id]
                columns = columns_of(self._registry[kind].cls, kind, {one: self.readable[one] for one in streams})
                chosen.setdefault((richest, kind, columns), []).append(id)
        read = self._rows.records([{(kind, columns): some} for (_, kind, columns), some in chosen.items()])
        return [
            Part(name, vector[name].upto, self._sections(read, kind, {columns: some}))
            for (name, kind, columns), some in chosen.items()
        ]

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
            # What is not read by this device has no name here.
            if row.stream is not None and (name := self._rows.names.get(row.stream)):
                found.setdefault(row.id, {})[name] = row.other(name)
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

    def _streams(self, ids: Iterable[str]) -> tuple[dict[str, str], dict[str, dict[str, Told]]]:
        """(id -> kind, id -> {stream: what it was told}) of all the device's streams that hold these records."""
        kinds, found = dict[str, str](), dict[str, dict[str, Told]]()
        for id, kind, told in self._rows.told(ids):
            if told.stream in self.readable:
                kinds[id] = kind
                found.setdefault(id, {})[told.stream] = told
        return kinds, found

    def _sections(self, read: Records, kind: str, wanted: Mapping[tuple[str, ...], list[str]]) -> list[Section]:
        sections = self._rows.sections(read, kind, wanted)
        if kind == "Conflict":
            for section in sections:
                self._mask(section)
        return sections

    def _mask(self, section: Section) -> None:
        """A Conflict shows its values only to who sees that column of its record."""
        columns, values = section.fields, section.columns
        shown = [columns.index(name) for name in VALUES if name in columns]
        if not shown:
            return
        _, streams = self._streams(section.ids)
        kinds, fields = values[columns.index("record_kind")], values[columns.index("field")]
        for place, (id, kind, field) in enumerate(zip(section.ids, kinds, fields, strict=True)):
            held_by = {stream: self.readable[stream] for stream in streams.get(id, ())}
            if field not in columns_of(self._registry[kind].cls, kind, held_by):
                for at in shown:
                    values[at][place] = None


def _ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """[(first, last), ...] of numbers that follow each other."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = found[-1][0], number
        else:
            found.append((number, number))
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

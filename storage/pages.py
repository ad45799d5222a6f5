"""Takes in a page of news: rows and cursor in one transaction.

The centre's value of a field stands in the place of what was received before. Where this phone has a change of its own
that is not answered yet, the greater stamp shows and the other is kept: the received value beneath, the own one in the
outbox, which is sent all the same.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from records.audience import streams_read
from records.cells import read_stamps, stamps_text, stamps_texts
from records.messages import Page, Part, Section
from records.problems import Problem
from storage import meta as named
from storage import outbox
from storage.coming_back import bring_back, own_copies
from storage.derived import Touched, settle, stand_down
from storage.driver import IN_IDS, listed
from storage.holds import (
    Streams,
    drop_done,
    hold,
    hold_received,
    leave_what_is_own,
    linger,
    release,
    settle_own,
)
from storage.identity import capacity_of
from storage.letting_go import come_back
from storage.marks import mark, numbers_in, with_hold
from storage.rows import RawRow, Shape, raw_rows, shape_of, write_raw
from storage.store import LocalStore, Transaction
from storage.verdicts import end_accepted, take_set_aside


def take_page(store: LocalStore, page: Page, sent: Mapping[int, outbox.Key] = MappingProxyType({})) -> int:
    """Takes in a page; returns how many rows it held. What is lost with power before the next one comes again.

    `sent`: the records of the batch of this call, by its rows. Raises Problem bad_message for rows it does not have.
    """
    # The centre keeps the page until its cursor is presented, so this one commit need not wait for the disk.
    with store.writing(durable=False) as t:
        return take_page_within(t, page, sent)


def take_page_within(t: Transaction, page: Page, sent: Mapping[int, outbox.Key], *, unmarked: bool = False) -> int:
    """`take_page` as a part of a transaction. `unmarked`: those records are yet to be marked as received."""
    taking = _Taking(t, sent, unmarked)
    for name in page.withdrawn:
        taking.withdraw(name)
    for name in page.granted:
        taking.streams.begin_again(name)
    for part in page.parts:
        taking.take_part(part)
    settle(t, taking.touched)
    if not page.more:
        taking.finish()
    t.meta.put(named.LAST_RECEIVED, max(taking.newest, t.meta.get(named.LAST_RECEIVED, "")))
    if page.cursor != t.meta.get(named.CURSOR):
        t.meta.put(named.CURSOR, page.cursor)
        t.meta.put(named.CURSOR_NUMBER, page.number)
        t.meta.put(named.ANSWER_SEAL, None)
    return taking.rows


class _Taking:
    """One page on its way in."""

    def __init__(self, t: Transaction, sent: Mapping[int, outbox.Key], unmarked: bool) -> None:
        self.t, self._sent, self._unmarked = t, sent, unmarked
        self.streams = Streams(t)
        self.touched = Touched()
        self.newest = ""
        self.rows = 0
        self._own_work = outbox.has_own_work(t)

    def withdraw(self, name: str) -> None:
        """A stream is not this person's any more: everything held by it counts as left."""
        numbers = self.streams.numbers_of(name)
        for kind in self._kinds():
            release(self.t, kind, numbers, self.streams, None)
        self.streams.forget(numbers)

    def finish(self) -> None:
        """The news are read to their end: what streams held before they began again goes, and so does what is done."""
        old = sorted(self.streams.superseded)
        if old:
            for kind in self._kinds():
                release(self.t, kind, old, self.streams, None)
            self.streams.forget(old)
        if self._own_work:
            end_accepted(self.t)
        take_set_aside(self.t)
        drop_done(self.t, self.streams)
        if self._own_work:
            stand_down(self.t)

    def take_part(self, part: Part) -> None:
        number = self.streams.number(part.stream)
        for section in part.rows:
            self._take_section(section, number)
        for kind, ids in part.held.items():
            self._hold(kind, ids, number)
        for kind, ids in self._own_of(part).items():
            self._hold(kind, ids, number, unmarked=self._unmarked)
            settle_own(self.t, kind, ids, part.stream, self._roles)
        for kind, ids in part.left.items():
            release(self.t, kind, self.streams.numbers_of(part.stream), self.streams, ids)
        self.streams.reach(part.stream, part.upto)

    def _hold(self, kind: str, ids: list[str], number: int, *, unmarked: bool = False) -> None:
        """Records that a part only names. `unmarked`: they are yet to be marked as received, and mostly all here."""
        self.rows += len(ids)
        leave_what_is_own(self.t, kind, ids, ())
        if not unmarked or hold_received(self.t, kind, ids, number) < len(ids):
            bring_back(self.t, kind, ids, self.touched)
            hold(self.t, kind, ids, number)

    @cached_property
    def _roles(self) -> Mapping[str, frozenset[str]]:
        """The roles in which this person reads each stream."""
        capacity = capacity_of(self.t.meta)
        return streams_read(capacity.reaches, capacity.person_id) if capacity else {}

    def _own_of(self, part: Part) -> dict[str, list[str]]:
        """kind -> ids of the records that a part names by their rows in the batch of this call."""
        found: dict[str, list[str]] = {}
        for first, last in part.own:
            if not first <= last < len(self._sent):
                raise Problem("bad_message")
            # A batch has its rows kind by kind.
            for kind, run in groupby(map(self._sent.__getitem__, range(first, last + 1)), itemgetter(0)):
                found.setdefault(kind, []).extend(map(itemgetter(1), run))
        return found

    def _kinds(self) -> list[str]:
        table = self.t.tables.unknown_record
        return [*self.t.tables, *self.t.connection.scalars(select(table.c.kind).distinct())]

    def _take_section(self, section: Section, number: int) -> None:
        self.rows += len(section.ids)
        # Most columns share one list of stamps: each list is looked at once.
        for column in {id(column): column for column in section.stamps}.values():
            self.newest = max(self.newest, max(filter(None, column), default=""))
        if section.kind not in self.t.tables:
            _keep_unknown(self.t, section, number)
            return
        leave_what_is_own(self.t, section.kind, section.ids, section.fields)
        incoming = _Incoming(shape_of(self.t.tables, section.kind), section, number)
        there = incoming.there(self.t)
        own = self._own_ids(section) if there and self._own_work else set()
        ids, rows = section.ids, range(len(section.ids))
        fresh = [row for row in rows if ids[row] not in there] if there else list(rows)
        plain = [row for row in rows if ids[row] in there and ids[row] not in own] if there else []
        if not incoming.keyed_alone:
            own, plain = own | {section.ids[row] for row in plain}, []
        mine = own_copies(self.t, section.kind, _picked(ids, fresh)) if fresh else {}
        if mine:
            fresh = [row for row in fresh if ids[row] not in mine]
            linger(self.t, section.kind, mine)
        gone = come_back(self.t, section.kind, section.ids)
        incoming.insert(self.t, fresh)
        for came, held in gone.items():
            for one in numbers_in(held):
                hold(self.t, section.kind, [came], one)
        incoming.update(self.t, plain, there)
        if own or mine:
            self._merge(incoming, [row for row in rows if ids[row] in own or ids[row] in mine], mine)
        self.touched.add_many(section.kind, section.ids, dict(zip(section.fields, section.columns, strict=True)))
        self.t.changed.add(section.kind)

    def _own_ids(self, section: Section) -> set[str]:
        """Records of a section that show something else than was received."""
        found: set[str] = set()
        for table in ("outbox", "mending", "beneath"):
            sql = f"SELECT id FROM {table} WHERE kind=? AND id {IN_IDS}"
            found.update(id for (id,) in self.t.driver.execute(sql, (section.kind, listed(section.ids))))
        return found

    def _merge(self, incoming: "_Incoming", rows: Iterable[int], mine: Mapping[str, RawRow]) -> None:
        """Rows on which there is work of our own, one by one: the greater stamp shows. `mine`: what comes back."""
        t, kind = self.t, incoming.section.kind
        wanted = {incoming.section.ids[row]: row for row in rows}
        entries = outbox.own_entries(t, [(kind, id) for id in wanted])
        merged: list[RawRow] = []
        for id, raw in {**raw_rows(t.connection, t.tables, kind, wanted), **mine}.items():
            own = outbox.own_cells(entries.get((kind, id), []))
            fields = before = outbox.beneath_of(t, kind, id)
            for name, (value, stamp) in incoming.cells(wanted[id]).items():
                if name in own or name in fields:
                    fields = {**fields, name: [value, stamp]}
                if name in own and own[name][1] > stamp:
                    value, stamp = own[name]
                raw.take({name: (value, stamp)})
            raw.held = with_hold(raw.held, incoming.number)
            if fields != before:
                outbox.keep_beneath(t, kind, id, outbox.unit_of(t, kind, id, raw), fields)
            merged.append(raw)
        write_raw(t.connection, t.tables, kind, merged)
        if mine:
            outbox.refresh_unsent(t, [(kind, id) for id in mine])


class Known(NamedTuple):
    """Bookkeeping of a row that the store has, as it stands in its table."""

    id: str
    stamps: str
    extra: str | None
    held: str


class _Incoming:
    """The rows of one section on their way into a table, turned column by column."""

    def __init__(self, shape: Shape, section: Section, number: int) -> None:
        self.shape, self.section, self.number = shape, section, number
        self.known = [name for name in section.fields if name in shape.specs]
        self._at = {name: place for place, name in enumerate(section.fields)}
        self._unknown = [name for name in section.fields if name not in shape.specs]
        self._columns = {name: self._column(name) for name in self.known}
        stamps = [section.stamps[self._at[name]] for name in self.known]
        self._stamps = stamps_texts(self.known, stamps, len(section.ids))
        searched = set(shape.kind.searched) & set(shape.searched)
        self._keyed = searched <= set(self.known)
        self.keyed_alone = self._keyed or not searched & set(self.known)
        """Whether a row that is here already gets its search key, if it changes at all, from this section alone."""

    def there(self, t: Transaction) -> "dict[str, Known]":
        """id -> bookkeeping of those rows that the store has."""
        sql = f'SELECT id, stamps, extra, held FROM "{self.shape.table.name}" WHERE id {IN_IDS}'
        rows = t.driver.execute(sql, (listed(self.section.ids),))
        return {row[0]: Known._make(row) for row in rows}

    def cells(self, row: int) -> dict[str, tuple[Any, str]]:
        """(value, stamp) of every field of one row."""
        section = self.section
        return {
            name: (self._value(name, row), section.stamps[place][row] or "")
            for place, name in enumerate(section.fields)
        }

    def insert(self, t: Transaction, rows: list[int]) -> None:
        """Writes rows that the store does not have yet."""
        if not rows:
            return
        count = len(rows)
        columns = [_picked(self.section.ids, rows)]
        for name, turn in self.shape.turns.items():
            if name in self._columns:
                columns.append(_picked(self._columns[name], rows))
            else:
                columns.append([turn(self.shape.defaults[name])] * count)
        columns += [
            _picked(self._stamps, rows),
            [self._extra(row, {}) for row in rows] if self._unknown else [None] * count,
            [mark(self.number)] * count,
            self._keys(rows),
            [0] * count,
        ]
        t.driver.executemany(self.shape.insert, zip(*columns, strict=True))

    def update(self, t: Transaction, rows: list[int], there: "dict[str, Known]") -> None:
        """Writes rows that the store has and on which there is no work of our own."""
        if not rows:
            return
        ids = self.section.ids
        old = [there[ids[row]] for row in rows]
        names = [*self.known, "stamps", "extra", "held"]
        columns = [_picked(self._columns[name], rows) for name in self.known]
        columns += [
            [self._stamps_over(row, one.stamps) for row, one in zip(rows, old, strict=True)],
            [self._extra_over(row, one.extra) for row, one in zip(rows, old, strict=True)],
            [with_hold(one.held, self.number) for one in old],
        ]
        if self._keyed and self.shape.searched:
            names.append("search_key")
            columns.append(self._keys(rows))
        columns.append(_picked(ids, rows))
        t.driver.executemany(self.shape.update(names), zip(*columns, strict=True))

    def _value(self, name: str, row: int) -> Any:
        value = self.section.columns[self._at[name]][row]
        if value is None and not self.section.stamps[self._at[name]][row]:
            return self.shape.defaults.get(name)
        return value

    def _column(self, name: str) -> list[Any]:
        place, default = self._at[name], self.shape.defaults[name]
        values = self.section.columns[place]
        if default is not None and None in values:
            stamps = self.section.stamps[place]
            values = [
                default if value is None and not stamp else value for value, stamp in zip(values, stamps, strict=True)
            ]
        return self.shape.turned(name, values)

    def _stamps_over(self, row: int, before: str) -> str:
        """The stamps of a row that is here: those of fields that this section does not bring stay."""
        if len(self.known) == len(self.shape.specs) or not before:
            return self._stamps[row]
        at, stamps = self._at, self.section.stamps
        kept = {name: stamp for name, stamp in read_stamps(before).items() if name not in at}
        return stamps_text(kept | {name: stamp for name in self.known if (stamp := stamps[at[name]][row])})

    def _extra(self, row: int, before: dict[str, Any]) -> str | None:
        """Columns that this app does not know, with their stamps, for an app that does."""
        if not self._unknown and not before:
            return None
        section, at = self.section, self._at
        cells = {name: [section.stamps[at[name]][row] or "", section.columns[at[name]][row]] for name in self._unknown}
        return self.shape.sealed({**before, **{name: cell for name, cell in cells.items() if cell != ["", None]}})

    def _extra_over(self, row: int, before: str | None) -> str | None:
        if before is None:
            return self._extra(row, {})
        kept = json.loads(self.shape.codec.open(before))
        return self._extra(row, {name: cell for name, cell in kept.items() if name not in self._unknown})

    def _keys(self, rows: list[int]) -> list[str]:
        searched = [name for name in self.shape.searched if name in self._at]
        if not searched:
            return [""] * len(rows)
        return self.shape.keys_of([_picked(self.section.columns[self._at[name]], rows) for name in searched])


def _picked(column: list[Any], rows: list[int]) -> list[Any]:
    """The values of these rows, which are in order: mostly of all."""
    return column if len(rows) == len(column) else [column[row] for row in rows]


def _keep_unknown(t: Transaction, section: Section, number: int) -> None:
    """Keeps records of a kind that this app does not know, raw, until it does."""
    table = t.tables.unknown_record
    known = {
        row.id: row
        for at in range(0, len(section.ids), 500)
        for row in t.connection.execute(
            select(table).where(table.c.kind == section.kind, table.c.id.in_(section.ids[at : at + 500]))
        )
    }
    lines = []
    for row, id in enumerate(section.ids):
        before = known.get(id)
        fields = {
            name: [section.stamps[place][row] or "", section.columns[place][row]]
            for place, name in enumerate(section.fields)
        }
        lines.append(
            {
                "kind": section.kind,
                "id": id,
                "held": with_hold(before.held if before else "", number),
                "fields": {**(before.fields if before else {}), **fields},
            }
        )
    line = insert(table)
    renewed = {"held": line.excluded.held, "fields": line.excluded.fields}
    t.connection.execute(line.on_conflict_do_update(index_elements=["kind", "id"], set_=renewed), lines)

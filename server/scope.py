"""What one person may see of the central store, as sub-selects: her rows and her columns, and nothing else.

A record is there if a stream that she reads holds it (`feed`), and shows the columns that at least one of these streams
shows in one of her roles: exactly what a fresh phone of hers would hold. A column that no stream of hers shows is
absent; one that only some show is NULL where only the others hold the record.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Subquery,
    and_,
    case,
    exists,
    false,
    literal,
    literal_column,
    or_,
    select,
    true,
    type_coerce,
)

from records.access import Reach, Standing
from records.audience import class_of, columns_of, hidden_columns, reference_streams, streams_read
from records.conflict import VALUES
from records.kinds import Kind
from records.record import fields_of
from server.central_store import CentralStore
from server.chunks import among, among_numbers
from server.devices_seen import DevicesSeen
from server.reviews_seen import reviews_seen
from server.set_back import set_back_seen
from server.streams import numbers_of, of_stream


class Scope(Mapping[str, FromClause]):
    """The tables of a person's queries: kind -> sub-select. One scope serves one transaction: reach changes by the day.

    `readable`: stream -> roles in which she reads it. Beside the kinds it knows `Device`, `Receipt`, `SetBack`,
    `Review` and `ReviewPart`, which are no records: what the phones of her area said of themselves, what was received
    from them, when the centre went back, and the figures kept at the reviews of her blocks, as a whole and by village
    and person.
    """

    def __init__(
        self, db: Connection, centre: CentralStore, reaches: Iterable[Reach], today: date, person_id: str = ""
    ) -> None:
        self._db = db
        self._tables, self._registry, self._state_id = centre.tables, centre.registry, centre.state_id
        self._is_sqlite = centre.database.is_sqlite
        self._reaches = list(reaches)
        self.readable = streams_read(self._reaches, person_id)
        self._made: dict[str, Subquery] = {}
        seen = DevicesSeen(db, centre.tables, centre.state_id, self._reaches, today)
        self._beside: dict[str, Callable[[], Subquery]] = {
            "Device": seen.devices,
            "Receipt": seen.receipts,
            "SetBack": lambda: set_back_seen(db, centre.tables, centre.state_id, looks=seen.looks),
            "Review": lambda: reviews_seen(db, centre.tables.review, centre.state_id, self._reaches),
            "ReviewPart": lambda: reviews_seen(db, centre.tables.review_part, centre.state_id, self._reaches),
        }

    def __getitem__(self, kind: str) -> Subquery:
        if kind not in self._made:
            self._made[kind] = self._beside[kind]() if kind in self._beside else self._select(kind)
        return self._made[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._registry)

    def __len__(self) -> int:
        return len(self._registry)

    def columns_seen(self, kind: str, id: str) -> tuple[str, ...]:
        """The columns that she sees of one record; none where she does not see the record."""
        feed, stream = self._tables.feed, self._tables.stream
        holding = select(stream.c.name).select_from(feed.join(stream, of_stream(feed, stream)))
        mine = (feed.c.state_id == self._state_id, feed.c.id == id, feed.c.left.is_(False))
        names = [name for name in self._db.scalars(holding.where(*mine)) if name in self.readable]
        return columns_of(self._registry[kind].cls, kind, {n: self.readable[n] for n in names}) if names else ()

    # --- one kind

    def _select(self, kind: str) -> Subquery:
        table, entry = self._tables.records[kind], self._registry[kind]
        streams = self._streams(kind)
        shown: list[Any] = [table.c.id]
        for name in fields_of(entry.cls):
            if kind == "Conflict" and name in VALUES:
                shown.append(self._kept_value(table, streams, name))
            else:
                shown += self._column(table, name, streams, self._showing(kind, name, streams))
        # The key of a hidden name tells most of the name.
        searched = [set(self._showing(kind, name, streams)) for name in entry.searched]
        showing = sorted(set(streams).intersection(*searched)) if searched else []
        shown.append(self._search_key(table, streams, showing))
        # Nothing here waits to be sent: the work is done at the centre itself.
        shown.append(literal_column("0", Integer).label("unsent"))
        rows = self._rows(kind, table, streams)
        return select(*shown).where(table.c.state_id == self._state_id, rows).subquery(f"seen_{table.name}")

    def _rows(self, kind: str, table: Any, streams: list[str]) -> ColumnElement[bool]:
        """Whether one of these streams holds the record, asked in the shortest way that says the same.

        What stands in a whole block or panchayat is known by its group's standing, one row in the place of several of
        the feed; what is of reference by its district. So that the figures of a state need not read the feed of all.
        """
        if self._registry[kind].streams is reference_streams:
            return self._in_districts(table, streams)
        blocks, panchayats, others = _whole_places(self._registry[kind], streams)
        if not (blocks or panchayats):
            return self._held(table, streams)
        standing = self._tables.standing.alias()
        if blocks and panchayats:
            # Panchayats of blocks that are read whole say nothing more, and hide the index on blocks.
            told = self._panchayats_in(blocks, panchayats)
            panchayats = [id for id in panchayats if id not in told]
        inside = [
            among(self._db, standing.c[column], ids)
            for column, ids in (("block_id", blocks), ("gram_panchayat_id", panchayats))
            if ids
        ]
        there = exists(
            select(literal(1)).where(
                standing.c.state_id == self._state_id, standing.c.id == table.c.group_id, or_(false(), *inside)
            )
        )
        return or_(there, self._held(table, others)) if others else there

    def _panchayats_in(self, blocks: list[str], panchayats: list[str]) -> set[str]:
        """Those of these panchayats that lie in one of these blocks."""
        place = self._tables.records["Place"]
        inside = (among(self._db, place.c.id, panchayats), among(self._db, place.c.block_id, blocks))
        return set(self._db.scalars(select(place.c.id).where(place.c.state_id == self._state_id, *inside)))

    def _in_districts(self, table: Any, streams: list[str]) -> ColumnElement[bool]:
        """`reference_streams` the other way round: the records of these districts, and those of no district."""
        districts = sorted(name.split("/")[1] for name in streams if name.startswith("district/"))
        whole = any(name.startswith("state/") for name in streams)
        if "district_id" not in table.c:
            return true() if whole else false()
        nowhere = [table.c.district_id.is_(None)] if whole else []
        return or_(false(), *nowhere, among(self._db, table.c.district_id, districts))

    def _streams(self, kind: str) -> list[str]:
        """Her streams that can hold a kind: what is of groups never lies among the reference records."""
        standing = self._registry[kind].standing
        if standing == "none":
            return list(self.readable)
        return [name for name in self.readable if (class_of(name) == "reference") == (standing == "reference")]

    def _showing(self, kind: str, field: str, streams: Iterable[str]) -> list[str]:
        """Those of the streams by which she sees a field of a kind, in one role at least."""
        cls = self._registry[kind].cls
        return [
            name
            for name in streams
            if any(field not in hidden_columns(cls, kind, class_of(name), role) for role in self.readable[name])
        ]

    def _column(self, table: Any, name: str, streams: list[str], showing: list[str]) -> list[ColumnElement[Any]]:
        column = table.c[name]
        if name == "shg_id":
            # The same by definition, and the centre has its index on this one.
            column = table.c.group_id.label(name)
        if len(showing) == len(streams):
            return [column]
        if not showing:
            return []
        return [type_coerce(case((self._held(table, showing), column)), column.type).label(name)]

    def _search_key(self, table: Any, streams: list[str], showing: list[str]) -> ColumnElement[Any]:
        """Always there, since lists are ordered by it; empty where it may not be seen, as on a phone."""
        column = table.c.search_key
        if showing and len(showing) == len(streams):
            return column
        shown = case((self._held(table, showing), column), else_="") if showing else literal("")
        return type_coerce(shown, column.type).label("search_key")

    def _held(self, table: Any, streams: list[str]) -> ColumnElement[bool]:
        """Whether one of these streams holds the record now."""
        numbers = [self._numbers[name] for name in streams if name in self._numbers]
        if not numbers:
            return false()  # of none of them has anything been told yet
        feed = self._tables.feed.alias()
        # SQLite would try each stream in turn for every record. A handful of rows has the record's id: it is made to
        # look there. PostgreSQL knows from its statistics whether to begin at the streams or at the records.
        stream = feed.c.stream + 0 if self._is_sqlite else feed.c.stream
        return exists(
            select(literal(1)).where(
                feed.c.state_id == self._state_id,
                feed.c.id == table.c.id,
                feed.c.left.is_(False),
                among_numbers(self._db, stream, numbers),
            )
        )

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """What stands in the feed for each of her streams."""
        return numbers_of(self._db, self._tables, self._state_id, self.readable)

    def _kept_value(self, table: Any, streams: list[str], field: str) -> ColumnElement[Any]:
        """A Conflict shows its values only to who sees that column of its record: judged by kind, field and stream."""
        cases: list[ColumnElement[bool]] = []
        for kind, entry in self._registry.items():
            by_streams: dict[tuple[str, ...], list[str]] = {}
            for name in fields_of(entry.cls):
                by_streams.setdefault(tuple(self._showing(kind, name, streams)), []).append(name)
            for showing, names in by_streams.items():
                seen = and_(table.c.record_kind == kind, table.c.field.in_(names))
                if len(showing) == len(streams):
                    cases.append(seen)
                elif showing:
                    cases.append(and_(seen, self._held(table, list(showing))))
        value = table.c[field]
        return type_coerce(case((or_(false(), *cases), value)), value.type).label(field)


def _whole_places(entry: Kind, streams: Iterable[str]) -> tuple[list[str], list[str], list[str]]:
    """(blocks, gram panchayats, other streams): places all of whose records of a kind are read, whatever else is true
    of their groups, and the streams that may hold further ones."""
    if entry.standing != "group" or entry.streams is None:
        return [], [], list(streams)
    chosen = Standing(block_id="b", gram_panchayat_id="g", branches=frozenset({"b"}), bearers=frozenset({"m"}))
    always = entry.streams("", chosen)
    ever = always | entry.streams("m", chosen) | entry.streams("m", replace(chosen, branches=frozenset()))
    by_level: dict[str, list[str]] = {"block": [], "gp": []}
    rest = []
    for name in streams:
        level, id, what = name.split("/")
        pattern = f"{level}/{level[0]}/{what}"
        if level in by_level and pattern in always:
            by_level[level].append(id)
        elif pattern in ever:
            rest.append(name)
    # A group whose branch nobody has chosen stands in that block all the same.
    implied = {f"block/{id}/no_branch" for id in by_level["block"]}
    return by_level["block"], by_level["gp"], [name for name in rest if name not in implied]

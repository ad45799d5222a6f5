"""Whether a phone and the centre agree on every byte: each stream, computed on both sides from what each has stored.

The phone's side is read from its tables: which streams hold a record (`held`), its values, its stamps. The centre's
side is read from the feed and the central tables, through the columns that the access rules give to this person's
roles. Neither side is asked what it sent or received. Both become the same canonical text, a line per record, and what
a phone has beyond its columns goes into its line too, so that it shows as a difference.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from records.audience import columns_of, masked_conflict, streams_read
from records.cells import read_stamps
from records.days import day_of
from records.messages import Capacity
from records.record import Record, fields_of, to_wire
from server.central_store import CentralStore
from server.chunks import among, chunked
from server.reaching import capacity_of as central_capacity
from server.streams import of_stream
from storage.identity import capacity_of as own_capacity
from storage.rows import RawRow, raw_rows
from storage.store import LocalStore, Transaction

Columns = Mapping[str, tuple[Any, str]]
"""Of each column its wire value and its stamp, '' for none."""
Copies = dict[str, dict[tuple[str, str], Columns]]
"""stream -> (kind, id) -> the columns of the record."""


@dataclass(frozen=True)
class Checked:
    """One stream, seen from both sides. `differing`: (kind, id) of records that are not the same on both."""

    stream: str
    records: int
    size: int
    phone: str
    centre: str
    differing: tuple[tuple[str, str], ...]

    @property
    def agrees(self) -> bool:
        return self.phone == self.centre


@dataclass(frozen=True)
class Comparison:
    """A phone against the centre. `unsent`: entries that the centre cannot have yet; `reach_agrees`: both say the same
    about how far this person reaches; `here` and `there`: what was compared."""

    streams: tuple[Checked, ...]
    unsent: int
    reach_agrees: bool
    here: Copies
    there: Copies

    @property
    def agrees(self) -> bool:
        return self.reach_agrees and not self.unsent and all(stream.agrees for stream in self.streams)


def compare(store: LocalStore, centre: CentralStore) -> Comparison:
    """Compare a phone's store with the centre; every stream that one of them knows of, empty ones too."""
    with store.reading() as t:
        capacity = own_capacity(t.meta)
        if capacity is None:
            raise ValueError("nobody is enrolled on this phone")
        here = _phone_copies(t, capacity)
        unsent = len(t.connection.execute(select(t.tables.outbox.c.id).union(select(t.tables.mending.c.id))).all())
    with centre.database.reading() as db:
        told = central_capacity(db, centre.tables, centre.state_id, capacity.person_id, day_of(centre.clock()))
        there = _central_copies(db, centre, told)
    names = sorted(here.keys() | there.keys())
    checked = tuple(_checked(name, here.get(name, {}), there.get(name, {})) for name in names)
    return Comparison(checked, unsent, told == capacity, here, there)


def _checked(
    stream: str, ours: Mapping[tuple[str, str], Columns], theirs: Mapping[tuple[str, str], Columns]
) -> Checked:
    here, there = _lines(ours), _lines(theirs)
    differing = tuple(sorted(key for key in here.keys() | there.keys() if here.get(key) != there.get(key)))
    size = sum(len(line) for line in there.values())
    return Checked(stream, len(there), size, _digest(here.values()), _digest(there.values()), differing)


def _lines(copy: Mapping[tuple[str, str], Columns]) -> dict[tuple[str, str], bytes]:
    return {(kind, id): line_of(kind, id, columns) for (kind, id), columns in copy.items()}


def _digest(lines: Iterable[bytes]) -> str:
    """SHA-256 over the lines, sorted: the order in which records arrived is nobody's business."""
    return hashlib.sha256(b"".join(sorted(lines))).hexdigest()


def line_of(kind: str, id: str, columns: Columns) -> bytes:
    """The canonical line of a record: kind, id, and of each column its wire value and its stamp, '' for none."""
    cells = {name: list(columns[name]) for name in sorted(columns)}
    return json.dumps([kind, id, cells], ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


# --- the phone's side


def _phone_copies(t: Transaction, capacity: Capacity) -> Copies:
    names = {row.number: row.name for row in t.connection.execute(select(t.tables.stream))}
    roles = streams_read(capacity.reaches, capacity.person_id)
    copies: Copies = {name: {} for name in names.values()}
    for kind in t.registry:
        ids = t.connection.scalars(select(t.tables[kind].c.id)).all()
        for id, raw in raw_rows(t.connection, t.tables, kind, ids).items():
            held_by = [names[int(number)] for number in raw.held.strip(",").split(",") if number]
            columns = _phone_columns(t.registry[kind].cls, kind, raw, held_by, roles)
            # A record that no stream holds has no place on a phone whose work is all done with.
            for stream in held_by or ["(held by no stream)"]:
                copies.setdefault(stream, {})[kind, id] = columns
    for row in t.connection.execute(select(t.tables.unknown_record)):
        copies.setdefault("(of an unknown kind)", {})[row.kind, row.id] = {}
    return copies


def _phone_columns(
    cls: type[Record], kind: str, raw: RawRow, held_by: Iterable[str], roles: Mapping[str, frozenset[str]]
) -> dict[str, tuple[Any, str]]:
    names = columns_of(cls, kind, {stream: roles.get(stream, frozenset()) for stream in held_by})
    columns = {name: raw.cell(name) for name in names}
    for name, spec in fields_of(cls).items():
        if name not in columns and raw.cell(name) != (to_wire(spec.default), ""):
            columns[name] = raw.cell(name)
    return columns | {name: (value, stamp) for name, (stamp, value) in raw.extra.items()}


# --- the centre's side


def _central_copies(db: Connection, centre: CentralStore, capacity: Capacity) -> Copies:
    readable = streams_read(capacity.reaches, capacity.person_id)
    feed, stream = centre.tables.feed, centre.tables.stream
    told = select(stream.c.name.label("stream"), feed.c.kind, feed.c.id)
    held = told.select_from(feed.join(stream, of_stream(feed, stream))).where(
        feed.c.state_id == centre.state_id, feed.c.left.is_(False), among(db, stream.c.name, list(readable))
    )
    streams_of: dict[tuple[str, str], list[str]] = {}
    for row in db.execute(held):
        streams_of.setdefault((row.kind, row.id), []).append(row.stream)
    copies: Copies = {}
    for kind in dict.fromkeys(kind for kind, _ in streams_of):
        for row in _central_rows(db, centre, kind, [id for one, id in streams_of if one == kind]):
            streams = streams_of[kind, row["id"]]
            columns = _central_columns(centre, kind, row, {name: readable[name] for name in streams})
            for stream in streams:
                copies.setdefault(stream, {})[kind, row["id"]] = columns
    return copies


def _central_rows(db: Connection, centre: CentralStore, kind: str, ids: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """The rows of a kind with these ids. KeyError where the feed names one that is not there."""
    table = centre.tables.records[kind]
    for some in chunked(ids):
        query = select(table).where(table.c.state_id == centre.state_id, among(db, table.c.id, some))
        found = {row["id"]: row for row in db.execute(query).mappings()}
        yield from (found[id] for id in some)


def _central_columns(
    centre: CentralStore, kind: str, row: Mapping[str, Any], held_by: Mapping[str, frozenset[str]]
) -> dict[str, tuple[Any, str]]:
    cls = centre.registry[kind].cls
    values = {name: row[name] for name in fields_of(cls)}
    if kind == "Conflict":
        about = centre.registry[values["record_kind"]].cls
        values = masked_conflict(values, columns_of(about, values["record_kind"], held_by))
    stamps = read_stamps(row["stamps"])
    return {name: (to_wire(values[name]), stamps.get(name, "")) for name in columns_of(cls, kind, held_by)}

"""Who changed what in a record, as the centre knows it: every change that was ever taken, in the scope of who asks."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from records.cells import read_stamps
from records.kinds import Registry
from records.record import fields_of, from_wire, to_wire
from records.stamps import parts
from records.workspace import Past
from server.chunks import among
from server.scope import Scope
from server.tables import CentralTables


def history_of(
    db: Connection, tables: CentralTables, registry: Registry, state_id: int, scope: Scope, record_id: str
) -> list[Past]:
    """The changes of one record, the latest first: what stands, what it replaced, and what lost and is kept.

    Only of fields that the person sees of this record.
    """
    kind = _kind_of(db, tables, state_id, record_id)
    if kind not in registry:
        return []
    seen = set(scope.columns_seen(kind, record_id))
    if not seen:
        return []
    lost = _lost_stamps(db, tables, state_id, record_id)
    changes = [one for one in _changes(db, tables, state_id, kind, record_id) if one[0] in seen]
    people = _people(db, tables, state_id, scope, {stamp[16:] for _, stamp, _ in changes})
    specs = fields_of(registry[kind].cls)
    found = []
    for name, stamp, value in sorted(changes, key=lambda one: (one[1], one[0]), reverse=True):
        ms, _counter, device = parts(stamp)
        person_id, person_name, person_name_hi = people.get(device, (None, None, None))
        state = "lost" if (name, stamp) in lost else "received"
        read = from_wire(specs[name], value)
        found.append(Past(kind, record_id, name, read, ms, person_id, person_name, state, person_name_hi))
    return found


def _kind_of(db: Connection, tables: CentralTables, state_id: int, id: str) -> str:
    feed = tables.feed
    return db.scalar(select(feed.c.kind).where(feed.c.state_id == state_id, feed.c.id == id).limit(1)) or ""


def _changes(
    db: Connection, tables: CentralTables, state_id: int, kind: str, id: str
) -> Iterable[tuple[str, str, Any]]:
    """(field, stamp, wire value) of the values that stand and of all others that were ever taken."""
    table, past = tables.records[kind], tables.history
    row = db.execute(select(table).where(table.c.state_id == state_id, table.c.id == id)).mappings().one()
    stamps = read_stamps(row["stamps"])
    for name, stamp in stamps.items():
        if name in row:
            yield name, stamp, to_wire(row[name])
    query = select(past.c.field, past.c.stamp, past.c.value)
    for one in db.execute(query.where(past.c.state_id == state_id, past.c.record_id == id)):
        if stamps.get(one.field) != one.stamp:
            yield one.field, one.stamp, json.loads(one.value)


def _lost_stamps(db: Connection, tables: CentralTables, state_id: int, id: str) -> set[tuple[str, str]]:
    """(field, stamp) of the values that lost without having been seen, and wait to be decided."""
    if "Conflict" not in tables.records:
        return set()
    table = tables.records["Conflict"]
    query = select(table.c.field, table.c.losing_stamp).where(
        table.c.state_id == state_id, table.c.record_id == id, table.c.state != "closed"
    )
    return {(row.field, row.losing_stamp) for row in db.execute(query)}


def _people(
    db: Connection, tables: CentralTables, state_id: int, scope: Scope, devices: set[str]
) -> dict[str, tuple[str, str | None, str | None]]:
    """device -> (person id, her names where the person who asks may know it)."""
    device, person = tables.device, scope["Person"]
    query = (
        select(device.c.device, device.c.person_id, person.c.name, person.c.name_hi)
        .select_from(device.outerjoin(person, person.c.id == device.c.person_id))
        .where(device.c.state_id == state_id, among(db, device.c.device, devices))
    )
    return {row.device: (row.person_id, row.name, row.name_hi) for row in db.execute(query)}

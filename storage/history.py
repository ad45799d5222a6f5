"""Who changed what, as far as this copy knows, and work that the centre did not take."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from records.messages import Capacity
from records.record import fields_of, from_wire
from records.stamps import parts
from records.workspace import Mending, Past
from storage import meta as named
from storage import outbox
from storage.identity import capacity_of
from storage.rows import RawRow, raw_row
from storage.store import LocalStore, Transaction
from storage.tables import changes_text

KEPT_MS = 400 * 24 * 3600 * 1000
"""How long acknowledged changes are kept: for the history, and to offer them to a centre that has gone back."""


def remember(t: Transaction, fates: Iterable[tuple[outbox.Entry, str]]) -> None:
    """Notes what became of own changes: applied, lost, held, or withdrawn by their author."""
    lines = [
        (entry.kind, entry.id, entry.unit, state, entry.at_ms, changes_text(t.tables.codec, entry.changes))
        for entry, state in fates
    ]
    if lines:
        names = "kind, id, unit, state, at_ms, changes"
        t.driver.executemany(f"INSERT INTO own_change ({names}) VALUES (?,?,?,?,?,?)", lines)


def forget_old(t: Transaction) -> None:
    """Drops notes on changes older than they need be kept, by the centre's time: what only this phone still has must
    not go because its clock jumps ahead. What the centre holds for a parent has not ended: it is work of this phone's
    own for as long as it shows here and nowhere else."""
    before_ms = int(t.meta.get(named.HEARD_MS, 0)) - KEPT_MS
    t.driver.execute("DELETE FROM own_change WHERE at_ms<? AND state<>'held'", (before_ms,))


def history(store: LocalStore, record_id: str) -> list[Past]:
    """Changes of one record, the latest first: all of our own, and of others' the one that stands in each field."""
    with store.reading() as t:
        found: list[tuple[str, Past]] = []
        own = capacity_of(t.meta)
        person = _named(own)
        for table, state_of in ((t.tables.own_change, OWN_STATES), (t.tables.mending, {}), (t.tables.outbox, {})):
            for row in t.connection.execute(select(table).where(table.c.id == record_id)):
                state = state_of.get(getattr(row, "state", ""), "refused" if table is t.tables.mending else "waiting")
                for name, (value, stamp, _base) in row.changes.items():
                    read = _read(t, row.kind, name, value)
                    past = Past(row.kind, row.id, name, read, row.at_ms, person[0], person[1], state, person[2])
                    found.append((stamp, past))
        seen = {(past.field, stamp) for stamp, past in found}
        for kind in t.registry:
            if raw := raw_row(t.connection, t.tables, kind, record_id):
                found += _of_others(t, kind, raw, seen)
    return [past for _stamp, past in sorted(found, key=lambda pair: (pair[0], pair[1].field), reverse=True)]


OWN_STATES = {"applied": "received", "held": "received", "lost": "lost", "withdrawn": "refused"}
"""States of own_change in the words of a history."""


def _of_others(t: Transaction, kind: str, raw: RawRow, seen: set[tuple[str, str]]) -> Iterable[tuple[str, Past]]:
    own_device = t.meta.get(named.DEVICE)
    for name, stamp in raw.stamps.items():
        if name in raw.values and (name, stamp) not in seen:
            ms, _counter, device = parts(stamp)
            own = capacity_of(t.meta) if device == own_device else None
            person_id, person_name, name_hi = _named(own)
            value = _read(t, kind, name, raw.values[name])
            yield stamp, Past(kind, raw.id, name, value, ms, person_id, person_name, "received", name_hi)


def _named(capacity: Capacity | None) -> tuple[str | None, str | None, str | None]:
    """(id, name, name in Hindi) of the person."""
    return (capacity.person_id, capacity.name, capacity.name_hi) if capacity else (None, None, None)


def list_mending(store: LocalStore) -> list[Mending]:
    """Work that needs a person: refused changes, and those set aside for the office; the newest first."""
    with store.reading() as t:
        table = t.tables.mending
        rows = t.connection.execute(select(table).order_by(table.c.at_ms.desc(), table.c.id)).all()
        return [
            Mending(
                row.kind,
                row.id,
                row.unit if "Shg" in t.tables and raw_row(t.connection, t.tables, "Shg", row.unit) else None,
                title_of(t, row.kind, row.id, row.unit),
                row.code,
                row.field,
                {name: _read(t, row.kind, name, cell[0]) for name, cell in row.changes.items()},
                row.state,
            )
            for row in rows
        ]


def title_of(t: Transaction, kind: str, id: str, unit: str) -> str:
    """A name by which a person recognises what the work is about: the record's own, else its group's."""
    for one, where in ((kind, id), ("Shg", unit)):
        raw = raw_row(t.connection, t.tables, one, where) if one in t.tables else None
        if raw and raw.values.get("name"):
            return str(raw.values["name"])
    return ""


def _read(t: Transaction, kind: str, name: str, value: Any) -> Any:
    specs: Mapping[str, Any] = fields_of(t.registry[kind].cls) if kind in t.registry else {}
    return from_wire(specs[name], value) if name in specs else value

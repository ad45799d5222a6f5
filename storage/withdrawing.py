"""Taking back what the centre did not take: what was received stands again, and the office hears of it."""

from collections.abc import Iterable

from sqlalchemy import delete, select

from records.commands.deciding import Change
from records.withdrawal import withdrawal_id
from storage import outbox
from storage.derived import Touched, settle, stand_down
from storage.executing import write_changes
from storage.history import remember
from storage.identity import capacity_of
from storage.outbox import Entry
from storage.rows import RawRow, raw_row, rows_below, write_raw
from storage.store import LocalStore, Transaction
from storage.tables import NOT_FROZEN

KIND = "Withdrawal"


def withdraw(store: LocalStore, kind: str, record_id: str) -> None:
    """Takes back what the centre refused. What was received stands again; the change stays in the history.

    A record that the centre never had goes altogether, and with it what was put below it on this phone. Where nothing
    is to be mended, as when it was taken back with the record above it, nothing happens.
    """
    with store.writing() as t:
        entries = outbox.own_entries(t, [(kind, record_id)]).get((kind, record_id), [])
        refused = next((entry for entry in entries if entry.batch is None), None)
        raw = raw_row(t.connection, t.tables, kind, record_id)
        if refused is None:
            return
        if raw is None:
            # Offered again by a phone that had let go of the record: only the office has something to forget.
            _tell_office(t, _take_back(t, [refused]))
            return
        touched = Touched()
        touched.add(t, kind, record_id, raw)
        if raw.held or len(entries) > 1:
            known_there = _take_back(t, [refused])
            _restore(t, kind, raw, refused)
            touched.add(t, kind, record_id, raw)
        else:
            known_there = _remove(t, kind, record_id)
        settle(t, touched)
        stand_down(t, [refused.unit])
        _tell_office(t, known_there)


def _tell_office(t: Transaction, entries: Iterable[Entry]) -> None:
    """A record for each change that waits at the centre for somebody; it is sent like any other."""
    capacity = capacity_of(t.meta)
    if capacity is None or KIND not in t.tables:
        return
    changes = []
    for entry in entries:
        typed = max((cell[1] for cell in entry.changes.values()), default="")
        values = {"record_kind": entry.kind, "record_id": entry.id, "typed_stamp": typed}
        id = withdrawal_id(entry.id, typed)
        if entry.kind != KIND and raw_row(t.connection, t.tables, KIND, id) is None:
            changes.append(Change(KIND, id, {"person_id": capacity.person_id, **values}, new=True))
    write_changes(t, changes, {})


def _take_back(t: Transaction, entries: Iterable[Entry]) -> list[Entry]:
    """Ends changes without their having been taken; those under way to the centre are left to be answered. Returns
    those that the centre knows."""
    taken = [entry for entry in entries if entry.batch is None or entry.batch <= NOT_FROZEN]
    remember(t, [(entry, "withdrawn") for entry in taken])
    for entry in taken:
        if entry.batch is None:
            t.driver.execute("DELETE FROM mending WHERE kind=? AND id=?", (entry.kind, entry.id))
        else:
            line = (entry.kind, entry.id, entry.batch)
            t.driver.execute("DELETE FROM outbox WHERE kind=? AND id=? AND batch=?", line)
    t.changed |= {"sync", *(entry.kind for entry in taken)}
    return [entry for entry in taken if entry.batch is None]


def _remove(t: Transaction, kind: str, id: str) -> list[Entry]:
    """Removes a record that the centre never had, and those below it; returns their changes that the centre knows."""
    known_there: list[Entry] = []
    for name, below in t.registry.items():
        if below.parent and below.parent[1] == kind:
            for child in rows_below(t.connection, t.tables, name, [id]):
                if not child.held:
                    known_there += _remove(t, name, child.id)
    known_there += _take_back(t, outbox.own_entries(t, [(kind, id)]).get((kind, id), []))
    own = t.tables.own_change
    held = (own.c.kind == kind, own.c.id == id, own.c.state == "held")
    for row in t.connection.execute(select(own).where(*held)):
        known_there.append(Entry(row.kind, row.id, None, row.unit, 0, row.at_ms, row.changes))
    t.connection.execute(own.update().where(*held).values(state="withdrawn"))
    t.connection.execute(delete(t.tables[kind]).where(t.tables[kind].c.id == id))
    outbox.keep_beneath(t, kind, id, "", {})
    t.changed.add(kind)
    return known_there


def _restore(t: Transaction, kind: str, raw: RawRow, refused: Entry) -> None:
    fields = outbox.beneath_of(t, kind, raw.id)
    for name in refused.changes:
        value, stamp = fields.pop(name, (None, ""))
        raw.take({name: (value, stamp)})
    write_raw(t.connection, t.tables, kind, [raw])
    outbox.keep_beneath(t, kind, raw.id, refused.unit, fields)
    outbox.refresh_unsent(t, [(kind, raw.id)])

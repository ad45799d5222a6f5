"""What this phone has to tell about itself: its own work on the way to the centre, and how it stands as a device."""

import shutil
from pathlib import Path

from sqlalchemy import func, select

from records.workspace import Outgoing, Support
from storage import meta as named
from storage.history import OWN_STATES, title_of
from storage.room import room_of
from storage.rows import raw_row
from storage.secrets import IN_SAFE
from storage.store import LocalStore, Transaction


def list_outgoing(store: LocalStore, limit: int) -> list[Outgoing]:
    """Records with unanswered work, then those whose work was answered last; one line a record, newest first."""
    with store.reading() as t:
        outbox, own = t.tables.outbox, t.tables.own_change
        waiting = t.connection.execute(
            select(outbox.c.kind, outbox.c.id, outbox.c.unit, func.max(outbox.c.at_ms).label("at_ms"))
            .group_by(outbox.c.kind, outbox.c.id, outbox.c.unit)
            .order_by(func.max(outbox.c.at_ms).desc(), outbox.c.id)
            .limit(limit)
        )
        found = [_line(t, *row, "waiting") for row in waiting]
        answered = t.connection.execute(
            select(own.c.kind, own.c.id, own.c.unit, own.c.at_ms, own.c.state)
            .order_by(own.c.number.desc())
            .limit(limit)
        )
        told = set[tuple[str, str]]()
        for kind, id, unit, at_ms, state in answered:
            if (kind, id) not in told:
                told.add((kind, id))
                found.append(_line(t, kind, id, unit, at_ms, OWN_STATES.get(state, "received")))
        return found


def support_of(store: LocalStore) -> Support:
    """How this device stands: numbers only."""
    with store.reading() as t:
        offset = t.meta.get(named.CLOCK_OFFSET)
        token = t.meta.get(named.TOKEN)
        in_safe = token == IN_SAFE if token else None
        records = {
            kind: t.connection.scalar(select(func.count()).select_from(t.tables[kind])) or 0
            for kind in ("Shg", "Member", "SavingsAccount", "AccountStep")
            if kind in t.tables
        }
        room = room_of(t)
    try:
        free, size = shutil.disk_usage(store.path.parent).free, _size_of(store.path)
    except OSError:
        # A device that does not tell how much room it has is no reason to tell nothing else.
        return Support(offset, None, None, records, in_safe, room)
    return Support(offset, free, size, records, in_safe, room)


def _size_of(path: Path) -> int:
    """The file's bytes, with those of its log, where what was written last still stands."""
    log = path.with_name(f"{path.name}-wal")
    return path.stat().st_size + (log.stat().st_size if log.exists() else 0)


def _line(t: Transaction, kind: str, id: str, unit: str, at_ms: int, state: str) -> Outgoing:
    in_group = "Shg" in t.tables and raw_row(t.connection, t.tables, "Shg", unit) is not None
    return Outgoing(kind, id, unit if in_group else None, title_of(t, kind, id, unit), at_ms, state)

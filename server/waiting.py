"""What had to wait for its parent: rows that stood before it in their batch, and changes that were held for it."""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, delete, select

from records.record import fields_of, from_wire
from server.applying import Applying, Effects
from server.aside import set_aside, tell_set_aside
from server.checking import Row
from server.chunks import LARGEST, among
from server.gathering import lock, named_by_rows
from server.judging import Author
from server.standings import Standings
from server.working import Working

AsDevice = Callable[[str], tuple[Author, Applying]]
"""Device number -> its author, with the reach its person has now, and what applies changes as that author's."""


def apply_after_parents(applying: Applying, rows: list[Row]) -> None:
    """Rows that stood before their parent in the batch."""
    waiting = [row for row in rows if row.state == "held"]
    while waiting:
        for row in waiting:
            row.state, row.code, row.field = "applied", None, None
            applying.apply(row)
        still = [row for row in waiting if row.state == "held"]
        if len(still) == len(waiting):
            return
        waiting = still


def apply_held(
    working: Working, standings: Standings, effects: Effects, as_device: AsDevice, pending: set[str], now_ms: int
) -> None:
    """Changes that were held for these records; each with the reach of who sent it."""
    table = working.tables.held
    held = working.seen.held if working.seen else anything_held(working.db, table, working.state_id)
    if not pending or not held:
        return  # nearly always: nothing is held in the whole state
    while pending:
        some = sorted(pending)[:LARGEST]
        pending = pending - set(some)
        mine = (table.c.state_id == working.state_id) & among(working.db, table.c.parent_id, some)
        in_order = (table.c.received_ms, table.c.number, table.c.row)
        found = working.db.execute(select(table).where(mine).order_by(*in_order).with_for_update()).all()
        if not found:
            continue
        working.db.execute(delete(table).where(mine))
        for one, row in [(one, _thawed(working, one)) for one in found]:
            lock(working, named_by_rows(working.registry, [row]))
            before = set(working.created)
            author, applying = as_device(one.device)
            applying.apply(row)
            effects.whole.add(row.id)  # its own phone may be another than the one that brought the parent
            pending |= set(working.created) - before
            if row.state == "refused":
                row.state = "quarantined"  # its phone was told "held": the office decides, nothing is dropped
            set_aside(working, standings, author, one.number, [row], now_ms)
            if row.state == "quarantined":
                if working.get(row.kind, row.id) is not None:
                    working.retell(row.kind, row.id)  # since it was told "held" its phone has shown what it had sent
                if said := tell_set_aside(working, author, one.number, row):
                    effects.whole.add(said)


def anything_held(db: Connection, held: Table, state_id: int) -> bool:
    """Whether any change is held in the whole state."""
    return db.execute(_anything(held), {"state": state_id}).first() is not None


@lru_cache(maxsize=32)
def _anything(held: Table) -> Select[Any]:
    return select(held.c.row).where(held.c.state_id == bindparam("state")).limit(1)


def _thawed(working: Working, held: Any) -> Row:
    specs = fields_of(working.registry[held.kind].cls)
    cells = {
        name: (from_wire(specs[name], value), stamp, base)
        for name, (value, stamp, base) in json.loads(held.cells).items()
        if name in specs
    }
    return Row(held.row, held.kind, held.record_id, cells, held.typed_under)

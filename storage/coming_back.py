"""Records that are not here any more and come back, with what this phone wrote in them.

The centre tells a device nothing of what it wrote itself: the device has it. But a record goes with its last stream,
the device's own work in it too, and a centre that has gone back gives a stream again without knowing that it had ended.
"""

from collections.abc import Collection

from sqlalchemy import select

from storage import outbox
from storage.answers import DONE
from storage.derived import Touched
from storage.driver import listed
from storage.holds import linger
from storage.rows import RawRow, write_raw
from storage.store import Transaction


def own_copies(t: Transaction, kind: str, ids: Collection[str]) -> dict[str, RawRow]:
    """Those of these records that this phone does not have though it has written in them, as its own work makes them;
    nothing is in the store yet. What the centre has answered counts as received, the rest lies over it."""
    found: dict[str, RawRow] = {}
    if not ids or kind not in t.tables:
        return found
    for id in _written_and_gone(t, kind, ids):
        own = t.tables.own_change
        chosen = select(own.c.changes).where(own.c.kind == kind, own.c.id == id, own.c.state.in_(DONE))
        received: dict[str, tuple[object, str]] = {}
        for changes in t.connection.scalars(chosen.order_by(own.c.number)):
            for name, (value, stamp, _base) in changes.items():
                if stamp >= received.get(name, ("", ""))[1]:
                    received[name] = (value, stamp)
        raw = RawRow.empty(t.registry[kind], id)
        raw.take(received)
        found[id] = raw
    entries = outbox.own_entries(t, [(kind, id) for id in found])
    for (_kind, id), some in entries.items():
        raw, waiting = found[id], outbox.own_cells(some)
        fields = {name: list(raw.cell(name)) for name in waiting}
        raw.take({name: cell for name, cell in waiting.items() if cell[1] >= raw.cell(name)[1]})
        outbox.keep_beneath(t, kind, id, outbox.unit_of(t, kind, id, raw), outbox.beneath_of(t, kind, id) | fields)
    return found


def bring_back(t: Transaction, kind: str, ids: Collection[str], touched: Touched) -> None:
    """Puts such records into the store: a stream that holds them only names them. Of what its own work fills in it
    keeps what its streams show, as soon as that work is done with (`holds.drop_done`)."""
    rows = own_copies(t, kind, ids)
    if rows:
        linger(t, kind, rows)
        write_raw(t.connection, t.tables, kind, list(rows.values()))
        outbox.refresh_unsent(t, [(kind, id) for id in rows])
        for id, raw in rows.items():
            touched.add(t, kind, id, raw)
        t.changed.add(kind)


def _written_and_gone(t: Transaction, kind: str, ids: Collection[str]) -> list[str]:
    """Not what was let go for want of room: that is the centre's to give."""
    # For every record that is new here or only named, so it goes past the building of a statement.
    asked = (listed(ids), *[kind] * 4)
    return [id for (id,) in t.driver.execute(WRITTEN_AND_GONE.format(table=t.tables[kind].name), asked)]


WRITTEN_AND_GONE = """
SELECT asked.value FROM json_each(?) AS asked WHERE NOT EXISTS (SELECT 1 FROM "{table}" WHERE id=asked.value)
AND (EXISTS (SELECT 1 FROM own_change WHERE id=asked.value AND kind=?)
OR EXISTS (SELECT 1 FROM outbox WHERE kind=? AND id=asked.value)
OR EXISTS (SELECT 1 FROM mending WHERE kind=? AND id=asked.value))
AND NOT EXISTS (SELECT 1 FROM let_go WHERE kind=? AND id=asked.value)
"""

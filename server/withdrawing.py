"""Changes that their author takes back: they wait for the office no longer, and are never applied.

What was set aside stays in the history as withdrawn. What is held for a record that never came is taken out of the
held work and kept in the same way.
"""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, select, update

from server.aside import home_block, verdict_id
from server.checking import Row
from server.judging import Author
from server.tables import UNDECIDED
from server.upserting import insert_missing
from server.working import Working


def close_withdrawn(working: Working, author: Author, rows: Iterable[Row], now_ms: int) -> None:
    """What the withdrawals of a batch are about. What the office has accepted meanwhile stands."""
    taken_back = {
        (row.cells["record_kind"][0], row.cells["record_id"][0], row.cells["typed_stamp"][0])
        for row in rows
        if row.kind == "Withdrawal" and row.state == "applied" and working.get("Withdrawal", row.id)
    }
    if not taken_back:
        return
    _close_set_aside(working, author, taken_back, now_ms)
    _close_held(working, author, taken_back, now_ms)


def _close_set_aside(working: Working, author: Author, taken_back: set[tuple[Any, Any, Any]], now_ms: int) -> None:
    table = working.tables.quarantine
    hers = (table.c.state_id == working.state_id) & (table.c.person_id == author.person_id)
    for one in working.db.execute(select(table).where(hers, table.c.state.in_(UNDECIDED))).all():
        if (one.kind, one.record_id, latest(one.cells)) not in taken_back:
            continue
        mine = hers & (table.c.device == one.device) & (table.c.number == one.number) & (table.c.row == one.row)
        withdrawn = {"state": "withdrawn", "decider_id": None, "decided_ms": now_ms}
        # Asked again in writing: an office may have decided since it was read.
        if not working.db.execute(update(table).where(mine, table.c.state.in_(UNDECIDED)).values(withdrawn)).rowcount:
            continue
        verdict = working.get("Verdict", verdict_id(one.device, one.number, one.row))
        if verdict is not None:
            working.derive("Verdict", verdict, state="withdrawn")


def _close_held(working: Working, author: Author, taken_back: set[tuple[Any, Any, Any]], now_ms: int) -> None:
    held, device = working.tables.held, working.tables.device
    devices = select(device.c.device).where(
        device.c.state_id == working.state_id, device.c.person_id == author.person_id
    )
    waits = (held.c.state_id == working.state_id) & held.c.device.in_(devices)
    for one in working.db.execute(select(held).where(waits)).all():
        if (one.kind, one.record_id, latest(one.cells)) not in taken_back:
            continue
        mine = waits & (held.c.device == one.device) & (held.c.number == one.number) & (held.c.row == one.row)
        if not working.db.execute(delete(held).where(mine)).rowcount:
            continue
        kept = {
            "state_id": working.state_id, "device": one.device, "number": one.number, "row": one.row, "kind": one.kind,
            "record_id": one.record_id, "cells": one.cells, "received_ms": one.received_ms,
            "person_id": author.person_id, "block_id": home_block(working, author), "code": "waits_for_parent",
            "field": None, "state": "withdrawn", "decided_ms": now_ms,
        }  # fmt: skip
        insert_missing(working.db, working.tables.quarantine, [kept])


def latest(cells: str) -> str:
    """The latest stamp of a change that is kept as text; '' for a batch that could not be read."""
    found = json.loads(cells)
    return max((cell[1] for cell in found.values() if isinstance(cell, list) and len(cell) == 3), default="")

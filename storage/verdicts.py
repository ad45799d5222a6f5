"""What an office said about this person's set-aside work: accepted work is done with, returned work says why."""

import json
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy import and_, func, select

from records.messages import Outcome
from records.workspace import Mending
from storage import history, outbox
from storage import meta as named
from storage.answers import set_aside, show_again
from storage.outbox import Entry
from storage.rows import raw_row, write_raw
from storage.store import LocalStore, Transaction

SOME_SET_ASIDE = "SELECT 1 FROM verdict WHERE state='set_aside' LIMIT 1"
SOME_RETURNED = "SELECT 1 FROM verdict WHERE state='returned' LIMIT 1"
SOME_ACCEPTED = "SELECT 1 FROM verdict WHERE state='accepted' LIMIT 1"
"""Mostly there are none, and what joins them with the work of this phone need not be asked."""


def end_accepted(t: Transaction) -> None:
    """Work that waited to be mended and was accepted as it is: it is in the centre's hands. What has been typed since
    is another change and stays."""
    if "Verdict" not in t.tables or not t.driver.execute("SELECT 1 FROM mending LIMIT 1").fetchone():
        return
    if not t.driver.execute(SOME_ACCEPTED).fetchone():
        return
    verdict, mending = t.tables["Verdict"], t.tables.mending
    about = and_(verdict.c.record_kind == mending.c.kind, verdict.c.record_id == mending.c.id)
    rows = t.connection.execute(
        select(mending, verdict.c.typed_stamp).join(verdict, about).where(verdict.c.state == "accepted")
    ).all()
    for row in rows:
        if max((cell[1] for cell in row.changes.values()), default="") != row.typed_stamp:
            continue
        entry = Entry(row.kind, row.id, None, row.unit, row.typed_under, row.at_ms, row.changes)
        t.connection.execute(mending.delete().where(mending.c.kind == row.kind, mending.c.id == row.id))
        still = outbox.own_entries(t, [(row.kind, row.id)]).get((row.kind, row.id), [])
        _show_received(t, entry, outbox.own_cells(still).keys())
        outbox.clear_beneath(t, entry, still)
        history.remember(t, [(entry, "applied")])
        outbox.refresh_unsent(t, [(row.kind, row.id)] if row.kind in t.tables else [])
        t.changed |= {"sync", row.kind}


def _show_received(t: Transaction, entry: Entry, newer: Collection[str]) -> None:
    """The news are read to their end: what lies beneath is what the centre made of the change. It does not write down
    again what a record belongs to already, so that not every stamp of the change stands there."""
    raw = raw_row(t.connection, t.tables, entry.kind, entry.id) if entry.kind in t.tables else None
    if raw is not None and raw.held:
        beneath = outbox.beneath_of(t, entry.kind, entry.id)
        known = {name: beneath[name] for name in entry.changes if name in beneath and name not in newer}
        raw.take({name: (value, stamp) for name, (value, stamp) in known.items()})
        write_raw(t.connection, t.tables, entry.kind, [raw])


def take_set_aside(t: Transaction) -> None:
    """Work that the centre held for its parent, and could not apply when that came: it waits to be mended, as if that
    had been the answer. Of a record that the centre has, its value has come meanwhile: it lies beneath again."""
    if "Verdict" not in t.tables or not t.driver.execute(SOME_SET_ASIDE).fetchone():
        return
    verdict, own = t.tables["Verdict"], t.tables.own_change
    about = and_(verdict.c.record_kind == own.c.kind, verdict.c.record_id == own.c.id)
    chosen = select(own, verdict.c.code, verdict.c.field, verdict.c.typed_stamp).join(verdict, about)
    waits = chosen.where(verdict.c.state == "set_aside", own.c.state == "held").order_by(own.c.number)
    for row in t.connection.execute(waits).all():
        raw = raw_row(t.connection, t.tables, row.kind, row.id)
        if raw is None or max(cell[1] for cell in row.changes.values()) != row.typed_stamp:
            continue
        t.connection.execute(own.delete().where(own.c.number == row.number))
        entry = Entry(row.kind, row.id, None, row.unit, int(t.meta.get(named.CURSOR_NUMBER, 0)), row.at_ms, row.changes)
        before = outbox.own_entries(t, [(row.kind, row.id)]).get((row.kind, row.id), [])
        newer = any(one.batch is not None for one in before)
        if raw.held:
            show_again(t, entry, before)
        set_aside(t, entry, Outcome(0, 0, "quarantined", row.code, row.field), newer=newer)
        outbox.refresh_unsent(t, [(row.kind, row.id)])
        t.changed |= {"sync", row.kind}


def returned(t: Transaction) -> list[Any]:
    """The returned work that waits for this person: rows of Verdict with the names of who decided."""
    if "Verdict" not in t.tables or not t.driver.execute(SOME_RETURNED).fetchone():
        return []
    verdict, person = t.tables["Verdict"], t.tables["Person"]
    chosen = select(
        verdict, person.c.name.label("decider_name"), person.c.name_hi.label("decider_name_hi")
    ).select_from(verdict.outerjoin(person, person.c.id == verdict.c.decider_id))
    waits = (verdict.c.state == "returned", verdict.c.done.is_not(True), verdict.c.deleted_on.is_(None))
    return list(t.connection.execute(chosen.where(*waits).order_by(verdict.c.decided_stamp.desc())).all())


def count_passed_on(t: Transaction) -> int:
    """How much returned work waits here of which this phone has no change of its own: somebody else typed it."""
    if "Verdict" not in t.tables or not t.driver.execute(SOME_RETURNED).fetchone():
        return 0
    verdict, mending = t.tables["Verdict"], t.tables.mending
    own = select(mending.c.id).where(mending.c.kind == verdict.c.record_kind, mending.c.id == verdict.c.record_id)
    waits = and_(verdict.c.state == "returned", verdict.c.done.is_not(True), verdict.c.deleted_on.is_(None))
    return t.connection.scalar(select(func.count()).select_from(verdict).where(waits, ~own.exists())) or 0


def list_mending(store: LocalStore) -> list[Mending]:
    """Work that needs a person, what an office sent back with its reason first; the newest first. What somebody else
    typed and was passed on to this person is among it, in state `passed`."""
    with store.reading() as t:
        said = {(row.record_kind, row.record_id): row for row in returned(t)}
    own = [_with_reason(one, said.pop((one.kind, one.record_id), None)) for one in history.list_mending(store)]
    passed = [_passed(row) for row in said.values()]
    return [*(one for one in own if one.reason), *passed, *(one for one in own if not one.reason)]


def _with_reason(one: Mending, verdict: Any) -> Mending:
    return one if verdict is None else replace(one, **_said(verdict))


def _said(verdict: Any) -> dict[str, Any]:
    return {
        "reason": verdict.reason,
        "decider_name": verdict.decider_name,
        "decider_name_hi": verdict.decider_name_hi,
        "verdict_id": verdict.id,
    }


def _passed(row: Any) -> Mending:
    kind, id, values = row.record_kind, row.record_id, values_of(row)
    return Mending(kind, id, row.shg_id, row.title or "", row.code, row.field, values, "passed", **_said(row))


def values_of(row: Any) -> dict[str, Any]:
    """What was typed, on the wire; nothing where it cannot be read."""
    try:
        values = json.loads(row.values) if row.values else {}
    except ValueError:
        return {}  # cut off, for it was too long to be told
    return values if isinstance(values, dict) else {}

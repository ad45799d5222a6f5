"""An office's list beside what is known: what its device may write, and in which fields the two differ (design 4).

A list writes a field only if nobody has, or if the list itself was the last to do so. What a person wrote stands; the
list's value is kept in `portal_differs`, so that both are shown.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from records.kinds import Registry
from records.portal import PORTAL_FIELDS, differs_text, read_differs
from records.record import fields_of, to_wire
from records.rules import rules_of
from records.stamps import after, device_of
from server.checking import Cell, Row


def compare(registry: Registry, row: Row, before: Mapping[str, Any] | None, device: str) -> None:
    """Leave in a row of a list the cells that its device may write now, with the bases they replace.

    Sets `row.effect` to `new`, `changed` or `same`, and `row.differs` to the fields in which a person's value stands.
    """
    # A list that leaves a field empty says nothing about it.
    told = {name: cell for name, cell in row.cells.items() if cell[0] not in (None, ())}
    if not told:
        row.cells, row.effect = {}, "same"
        return
    own: dict[str, Cell] = {}
    differs: dict[str, Any] = {}
    for name, (value, stamp, _) in told.items():
        if before is None:
            own[name] = (value, stamp, "")
            continue
        current = before["stamps"].get(name, "")
        if value == before[name]:
            continue
        if not current or device_of(current) == device:
            own[name] = (value, _later(stamp, current, device), current)
        else:
            differs[name] = to_wire(value)
    if before is not None:
        differs |= _beside_what_stands(row.kind, own, before)
    stamp = next(iter(told.values()))[1]
    if set(PORTAL_FIELDS) <= fields_of(registry[row.kind].cls).keys():
        own |= _said_of_the_comparison(before, told, differs, stamp, device)
    row.cells, row.differs = own, tuple(sorted(differs))
    row.effect = "new" if before is None else "changed" if own else "same"


def _beside_what_stands(kind: str, own: dict[str, Cell], before: Mapping[str, Any]) -> dict[str, Any]:
    """What a list may write by itself, but not beside what stands there: a birth date where a person wrote the age.

    It is taken out of `own` and given back as what differs.
    """
    if not own:
        return {}
    after = {**before, **{name: cell[0] for name, cell in own.items()}}
    aside: dict[str, Any] = {}
    for rule in rules_of(kind):
        mine = [name for name in rule.fields if name in own]
        if mine and len(mine) < len(rule.fields) and not rule.clocked and rule.broken(after, NO_DAY):
            aside |= {name: to_wire(own.pop(name)[0]) for name in mine}
            after |= {name: before[name] for name in mine}
    return aside


NO_DAY = date.max
"""Rules without a clock look at no day."""


def _said_of_the_comparison(
    before: Mapping[str, Any] | None, told: Mapping[str, Cell], differs: Mapping[str, Any], stamp: str, device: str
) -> dict[str, Cell]:
    """The list's own word about the record, whoever spoke before: it has just compared. What an earlier list said of
    fields that this one leaves out still holds."""
    earlier = read_differs(before["portal_differs"]) if before else {}
    kept = {name: value for name, value in earlier.items() if name not in told} | dict(differs)
    wanted = {"portal_status": "differs" if kept else "verified", "portal_differs": differs_text(kept)}
    said: dict[str, Cell] = {}
    for name, value in wanted.items():
        if before is None:
            if value is not None:
                said[name] = (value, stamp, "")
        elif value != before[name]:
            current = before["stamps"].get(name, "")
            said[name] = (value, _later(stamp, current, device), current)
    return said


def _later(stamp: str, current: str, device: str) -> str:
    return stamp if stamp > current else after(current, device)

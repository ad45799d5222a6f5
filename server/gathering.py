"""What a batch is about: locked and read at once, in the order in which everybody locks, before a row is applied."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from records.kinds import Registry
from records.record import fields_of
from server.checking import Lot, Row
from server.standings import Standings
from server.working import Working

LOOKED_UP = ("Shg", "Place", "SavingsAccount")
"""Kinds of which a change may name a record that decides whether it stands: its group, its village, its account."""


@dataclass
class Named:
    """What the changes of one kind name: the records themselves, and by field those that they refer to."""

    ids: list[str] = field(default_factory=list)
    refers: dict[str, set[Any]] = field(default_factory=dict)


def named_by_rows(registry: Registry, rows: Iterable[Row]) -> dict[str, Named]:
    """kind -> what rows name that are still to be applied."""
    found: dict[str, Named] = {}
    for row in rows:
        if row.state != "applied":
            continue
        named = found.setdefault(row.kind, Named())
        named.ids.append(row.id)
        for name in _referring(registry, row.kind):
            if name in row.cells:
                named.refers.setdefault(name, set()).add(row.cells[name][0])
    return found


def named_by_lots(registry: Registry, lots: Iterable[Lot]) -> dict[str, Named]:
    """`named_by_rows` of the rows that are still to be applied, column by column."""
    found: dict[str, Named] = {}
    for lot in lots:
        sound = lot.sound()
        if not sound:
            continue
        named = found.setdefault(lot.kind, Named())
        whole = len(sound) == len(lot.ids)
        named.ids += lot.ids if whole else [lot.ids[at] for at in sound]
        for name in _referring(registry, lot.kind):
            if name in lot.fields:
                column, stamps = lot.columns[lot.fields.index(name)], lot.stamps[lot.fields.index(name)]
                if not whole or None in stamps:
                    column = [column[at] for at in sound if stamps[at] is not None]
                named.refers.setdefault(name, set()).update(column)
    return found


def _referring(registry: Registry, kind: str) -> list[str]:
    parent = registry[kind].parent
    specs = fields_of(registry[kind].cls)
    names = [name for name, spec in specs.items() if spec.refers in LOOKED_UP and not spec.derived]
    return names + ([parent[0]] if parent and parent[0] not in names else [])


def lock(working: Working, named: Mapping[str, Named]) -> None:
    """Lock what the records of a batch stand in. Groups before their records, in the order of their ids: whoever
    counts members or works out marks sees all that others have committed, and two batches wait in one order."""
    registry = working.registry
    changes = any(registry[kind].standing == "reference" for kind in named)
    if changes or any(registry[kind].standing == "group" for kind in named):
        working.lock_reference(changes=changes)
    known = {kind: working.to_look_for(kind, some.ids) for kind, some in named.items()}
    groups: set[str] = set()
    accounts: set[str] = set()
    for kind, some in named.items():
        if registry[kind].standing != "group":
            continue
        above = _parents(registry, kind, some)
        if kind == "Shg":
            groups.update(known[kind])
        elif (parent := registry[kind].parent) and parent[1] == "SavingsAccount":
            accounts |= above
        else:
            groups |= above
        if kind != "Shg":
            groups.update(working.groups_of(kind, known[kind]).values())
    if accounts:
        groups.update(working.groups_of("SavingsAccount", accounts).values())
    working.lock_groups(groups)


def load(working: Working, standings: Standings, named: Mapping[str, Named]) -> None:
    """Read and lock the records, kinds in order and ids sorted; then what they refer to, and standings."""
    registry = working.registry
    for kind in registry:
        if kind in named:
            working.load(kind, named[kind].ids, lock=True)
    working.load_kinds(set().union(*(working.unknown(kind, some.ids) for kind, some in named.items())))
    groups: set[str] = set()
    for kind, some in named.items():
        specs = fields_of(registry[kind].cls)
        for name, ids in some.refers.items():
            refers = specs[name].refers
            if refers in LOOKED_UP:
                working.load(refers, {id for id in ids if id})
        if registry[kind].standing == "group":
            groups |= _groups(working, kind, some)
    standings.load(groups)
    if "Shg" in named:
        standings.load_villages(named["Shg"].refers.get("village_id", ()))


def _parents(registry: Registry, kind: str, some: Named) -> set[str]:
    parent = registry[kind].parent
    return {str(id) for id in some.refers.get(parent[0], ())} if parent else set()


def _groups(working: Working, kind: str, some: Named) -> set[str]:
    """The groups that the changes of a kind are about: those they name, and those in which the records stand."""
    known = [row for id in set(some.ids) - working.unknown(kind, some.ids) if (row := working.get(kind, id))]
    groups = {row["group_id"] for row in known if row["group_id"]}
    if kind == "Shg":
        return groups.union(some.ids)
    parent = working.registry[kind].parent
    above = _parents(working.registry, kind, some)
    if parent and parent[1] == "Shg":
        return groups | above
    rows = [working.get(parent[1], id) for id in above] if parent else []
    return groups | {row["group_id"] for row in rows if row and row["group_id"]}

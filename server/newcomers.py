"""Records that are new to the centre, taken in by columns: the bulk of any push.

What is asked of each change (`server/applying.py`) is asked here once for all changes that are alike: those that fill
in the same fields of records of one kind in one group. A row of which anything is not plain goes there instead.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from records.access import Standing
from records.record import fields_of
from records.rules import Rule, rules_of
from server.checking import Lot
from server.fresh import Fresh, Shape, picked_once
from server.judging import Judging
from server.standings import Standings
from server.working import Working


class Alike(NamedTuple):
    """Rows of a lot that fill in the same fields. `places` are their places in it, `columns` numbers of the fields."""

    places: list[int]
    columns: list[int]
    names: tuple[str, ...]


class Newcomers:
    """The new records of one batch. Its author's reach, what is known and what they name has been read."""

    def __init__(self, working: Working, standings: Standings, judging: Judging) -> None:
        self._working, self._standings, self._judging = working, standings, judging
        self._registry = working.registry
        self._alike: dict[int, list[Alike]] = {}

    def plain_in(self, lot: Lot) -> set[int]:
        """Places of the rows that can be created by columns: of new records, complete, below a parent that is known,
        in reach, allowed, and breaking no rule. To be asked when all lots before it have been applied."""
        if lot.kind not in self._registry or not self._goes_by_columns(lot):
            return set()
        unheard = self._working.unheard_of(lot.kind, lot.ids)
        some = [at for at in lot.sound() if lot.ids[at] in unheard]
        found: set[int] = set()
        self._alike[lot.first] = alike = list(_alike(lot, some)) if some else []
        for rows in alike:
            found.update(self._plain(lot, rows))
        return found

    def create(self, lot: Lot, places: Sequence[int]) -> None:
        """The records of these rows, which are plain, in their order."""
        number = {at: number for number, at in enumerate(places)}
        shapes = []
        for rows in self._alike[lot.first]:
            some = [at for at in rows.places if at in number]
            if some:
                shapes.append(self._shape(lot, rows, some, [number[at] for at in some]))
        ids = [lot.ids[at] for at in places]
        self._working.take_new(Fresh(lot.kind, ids, self._working.blank(lot.kind), shapes))

    # --- which rows are plain

    def _goes_by_columns(self, lot: Lot) -> bool:
        """Whether changes of a kind can be judged alike by what stands above them: reference records settle each other,
        and a cancellation is judged by the step it names, which may come later in the same lot."""
        kind = self._registry[lot.kind]
        if self._judging.is_importer or kind.streams is None:
            return False
        if kind.standing == "none":
            return kind.parent is None
        cancels = lot.columns[lot.fields.index("cancels_id")] if "cancels_id" in lot.fields else ()
        return kind.standing == "group" and (lot.kind == "Shg" or kind.parent is not None) and not any(cancels)

    def _plain(self, lot: Lot, rows: Alike) -> Iterable[int]:
        specs = fields_of(self._registry[lot.kind].cls)
        if any(spec.required and not spec.derived and name not in rows.names for name, spec in specs.items()):
            return []
        above = self._above(lot, rows)
        kinds_of_step = lot.columns[lot.fields.index("kind")] if lot.kind == "AccountStep" else None
        steps = [kinds_of_step[at] for at in rows.places] if kinds_of_step else [None] * len(above)
        keys = list(zip(above, steps, strict=True))
        judged = {key: self._is_allowed(lot.kind, rows.names, *key) for key in dict.fromkeys(keys)}
        found = [at for at, key in zip(rows.places, keys, strict=True) if judged[key]]
        touched = [rule for rule in rules_of(lot.kind) if not set(rule.fields).isdisjoint(rows.names)]
        rules = [rule for rule in touched if not rule.clocked and (rule.filled is None or rule.filled in rows.names)]
        if rules:
            found = [at for at in found if not _breaks(rules, _values(lot, rows, at))]
        if self._judging.asks_of_each(lot.kind):
            found = [at for at in found if self._judging.against_itself(lot.row(at), None) is None]
        return found

    def _above(self, lot: Lot, rows: Alike) -> list[Any]:
        """For each row what decides where it stands: a group's village, a group, an account; None for a flat kind."""
        kind = self._registry[lot.kind]
        name = "village_id" if lot.kind == "Shg" else kind.parent[0] if kind.parent else "district_id"
        if name not in rows.names:
            return [None] * len(rows.places)
        column = lot.columns[lot.fields.index(name)]
        return [column[at] for at in rows.places]

    def _is_allowed(self, kind: str, names: tuple[str, ...], above: str | None, step: str | None) -> bool:
        """Whether a new record with these fields below what is named may be made by the author."""
        standing = self._standing(kind, above)
        return standing is not None and self._judging.allows(kind, names, step, standing)

    def _standing(self, kind: str, above: str | None) -> Standing | None:
        """Where a new record below it stands; None where that is not known."""
        entry, working = self._registry[kind], self._working
        if entry.standing == "none":
            return self._standings.reference({"district_id": above})
        if above is None:
            return None
        if kind == "Shg":
            return self._standings.at_village(above)
        assert entry.parent is not None
        parent = working.get(entry.parent[1], above)
        return self._standings.now(parent["group_id"]) if parent is not None else None

    # --- making them

    def _shape(self, lot: Lot, rows: Alike, places: list[int], at: list[int]) -> Shape:
        """The columns of these rows, which are the records at these places among those created together."""
        fields = picked_once((lot.columns[f] for f in rows.columns), places)
        named: dict[str, Sequence[Any]] = {"id": _picked(lot.ids, places)}
        named |= zip(rows.names, fields, strict=True)
        if self._registry[lot.kind].standing == "group":
            named["group_id"] = self._groups(lot, places)
        stamps = picked_once((lot.stamps[f] for f in rows.columns), places)
        bases = picked_once((lot.bases[f] for f in rows.columns), places) if lot.bases else []
        return Shape(at, named, rows.names, stamps, bases)

    def _groups(self, lot: Lot, places: list[int]) -> list[str | None]:
        kind = self._registry[lot.kind]
        if lot.kind == "Shg" or kind.parent is None:
            return list(_picked(lot.ids, places))
        parents = _picked(lot.columns[lot.fields.index(kind.parent[0])], places)
        if kind.parent[1] == "Shg":
            return list(parents)
        above = {id: self._working.get(kind.parent[1], id) for id in set(parents)}
        return [row["group_id"] if (row := above[id]) else None for id in parents]


def _alike(lot: Lot, places: list[int]) -> Iterable[Alike]:
    """The rows of a lot by the fields that they fill in. Most columns share one list of stamps."""
    lists = list({id(column): column for column in lot.stamps}.values())
    which = [next(at for at, one in enumerate(lists) if one is column) for column in lot.stamps]
    if not any(None in column for column in lists):
        yield Alike(places, list(range(len(lot.fields))), tuple(lot.fields))
        return
    by_shape: dict[tuple[bool, ...], list[int]] = {}
    missing = [[column[at] is None for at in places] for column in lists]
    for at, shape in zip(places, zip(*missing, strict=True), strict=True):
        by_shape.setdefault(shape, []).append(at)
    for shape, some in by_shape.items():
        columns = [f for f in range(len(lot.fields)) if not shape[which[f]]]
        yield Alike(some, columns, tuple(lot.fields[f] for f in columns))


def _picked(column: Sequence[Any], places: list[int]) -> Sequence[Any]:
    return column if len(places) == len(column) else [column[at] for at in places]


def _values(lot: Lot, rows: Alike, at: int) -> dict[str, Any]:
    return {name: lot.columns[f][at] for f, name in zip(rows.columns, rows.names, strict=True)}


def _breaks(rules: Iterable[Rule], values: Mapping[str, Any]) -> bool:
    return any(rule.broken(values, date.max) for rule in rules)

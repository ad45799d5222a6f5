"""New records of one kind as they came: in columns, and written in columns. Rows are made of them where one is asked
for, and only then."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from records.cells import stamps_texts

Row = dict[str, Any]
"""One record as `server.working.Working` keeps it."""


@dataclass(frozen=True)
class Shape:
    """Records that fill in the same fields. `at`: their places among the ids; `named`: their columns, ids and group
    included; `filled`: names of the fields with a stamp, `stamps` a column for each of them; `bases` too, or none."""

    at: Sequence[int]
    named: dict[str, Sequence[Any]]
    filled: tuple[str, ...]
    stamps: Sequence[Sequence[str | None]]
    bases: Sequence[Sequence[str | None]]

    def rows(self, blank: Row) -> list[Row]:
        """`blank`: a record with every field at its default."""
        count, names = len(self.at), tuple(self.named)
        stamps, bases = _by_field(self.filled, self.stamps, count), _by_field(self.filled, self.bases, count)
        lines = zip(zip(*self.named.values(), strict=True), stamps, bases, strict=True)
        return [
            {**blank, **dict(zip(names, values, strict=True)), "stamps": stamped, "bases": based}
            for values, stamped, based in lines
        ]

    def stored(self, blank: Row) -> dict[str, Sequence[Any]]:
        """The columns of the table, but for those that are empty throughout."""
        count = len(self.at)
        columns: dict[str, Sequence[Any]] = {n: [value] * count for n, value in blank.items() if value is not None}
        columns |= self.named
        columns["stamps"] = stamps_texts(self.filled, self.stamps, count)
        if any(any(column) for column in {id(one): one for one in self.bases}.values()):
            columns["bases"] = stamps_texts(self.filled, self.bases, count)
        return columns


@dataclass
class Fresh:
    """New records of one kind, in the order in which they were created. `blank`: one with every field at its default.

    `touched`: whether one of them was changed since, so that the rows say what is to be written.
    """

    kind: str
    ids: Sequence[str]
    blank: Row
    shapes: list[Shape]
    touched: bool = False
    _rows: list[Row] = field(default_factory=list)

    def rows(self) -> list[Row]:
        if not self._rows:
            found: dict[int, Row] = {}
            for shape in self.shapes:
                found.update(zip(shape.at, shape.rows(self.blank), strict=True))
            self._rows = [found[at] for at in range(len(self.ids))]
        return self._rows

    def column(self, name: str) -> Sequence[Any]:
        """The values of one field, as they are by now."""
        if self._rows:
            return [row[name] for row in self._rows]
        default, found = self.blank.get(name), dict[int, Any]()
        for shape in self.shapes:
            if len(shape.at) == len(self.ids):
                return shape.named.get(name) or [default] * len(self.ids)
            found.update(zip(shape.at, shape.named.get(name) or [default] * len(shape.at), strict=True))
        return [found[at] for at in range(len(self.ids))]


def _by_field(names: Sequence[str], columns: Sequence[Sequence[str | None]], count: int) -> list[dict[str, str]]:
    """field -> stamp (or base) for each record; empty ones are left out."""
    if not columns:
        return [{} for _ in range(count)]
    if all(column is columns[0] for column in columns):
        return [dict.fromkeys(names, mark) if mark else {} for mark in columns[0]]
    return [{n: mark for n, mark in zip(names, line, strict=True) if mark} for line in zip(*columns, strict=True)]


def picked_once(columns: Iterable[Sequence[Any]], places: Sequence[int]) -> list[Sequence[Any]]:
    """The cells at some places of each column; columns that are one list stay one list."""
    made: dict[int, Sequence[Any]] = {}
    found = []
    for column in columns:
        if id(column) not in made:
            made[id(column)] = column if len(places) == len(column) else [column[at] for at in places]
        found.append(made[id(column)])
    return found

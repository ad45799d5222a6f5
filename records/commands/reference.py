"""Commands of the office about reference records: places, people, assignments, branches, norms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from records.commands.deciding import Below, Change, Known, Moment, One
from records.problems import Refusal


@dataclass(frozen=True)
class PutRecord:
    """Create a record of a kind under this id, or change the fields in which it differs."""

    kind: str
    id: str
    values: Mapping[str, Any]

    def reads(self) -> Iterable[One | Below]:
        return [One(self.kind, self.id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        there = known.holds(self.kind, self.id)
        values = dict(self.values) if there else {n: v for n, v in self.values.items() if v not in (None, "")}
        return [Change(self.kind, self.id, values, new=not there)]

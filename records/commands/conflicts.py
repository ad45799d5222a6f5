"""Commands about values that lost and were kept (law 3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from records.commands.deciding import Below, Change, Known, Moment, One
from records.problems import Refusal


@dataclass(frozen=True)
class RestoreValue:
    """Put a kept value back in its field: an ordinary change, made by one who has seen both values."""

    kind: str
    id: str
    field: str
    value: Any

    def reads(self) -> Iterable[One | Below]:
        return [One(self.kind, self.id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        if not known.holds(self.kind, self.id):
            return [Refusal("unknown_record", self.field, self.kind)]
        return [Change(self.kind, self.id, {self.field: self.value})]

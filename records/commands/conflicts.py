"""Commands about values that lost and were kept (law 3): which one shall stand, and taking that back.

Both values have been seen by whoever decides. A command names the stamp of the value that she saw standing: where
another one stands by now, or where somebody else has decided meanwhile, it is refused and nothing is overwritten.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from records.commands.deciding import Below, Change, Known, Moment, One
from records.conflict import Conflict
from records.problems import Refusal
from records.record import fields_of, from_wire, to_wire


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


@dataclass(frozen=True)
class DecideConflict:
    """Which of two values shall stand. `restore`: the kept one, a change of the record; else the one that stands, which
    closes the conflict and changes nothing else. `seen`: the winning stamp that was shown."""

    id: str
    record_kind: str
    record_id: str
    restore: bool
    seen: str

    def reads(self) -> Iterable[One | Below]:
        return [One("Conflict", self.id), One(self.record_kind, self.record_id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        conflict = known.one(Conflict, self.id)
        if conflict is None or not known.holds(self.record_kind, self.record_id):
            return [Refusal("unknown_record", None, "Conflict")]
        if not is_open(conflict) or conflict.winning_stamp != self.seen:
            return [Refusal("changed_meanwhile", None, "Conflict")]
        if not self.restore:
            return [Change("Conflict", self.id, {"decided": conflict.losing_stamp})]
        return _with_value(known, conflict, conflict.value, self.record_kind, decided=conflict.winning_stamp)


@dataclass(frozen=True)
class ReopenConflict:
    """Take a decision back: the conflict is open again, and the value stands that stood before."""

    id: str
    record_kind: str
    record_id: str

    def reads(self) -> Iterable[One | Below]:
        return [One("Conflict", self.id), One(self.record_kind, self.record_id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        conflict = known.one(Conflict, self.id)
        record = known.holds(self.record_kind, self.record_id)
        if conflict is None or not record:
            return [Refusal("unknown_record", None, "Conflict")]
        if conflict.decided == conflict.losing_stamp:
            return [Change("Conflict", self.id, {"decided": None})]
        # The kept value was put back. Who has changed it since then has the last word.
        now = known.value(self.record_kind, self.record_id, conflict.field)
        if not conflict.decided or not conflict.winning_value or json.dumps(to_wire(now)) != _plain(conflict.value):
            return [Refusal("changed_meanwhile", None, "Conflict")]
        return _with_value(known, conflict, conflict.winning_value, self.record_kind, decided=None)


def is_open(conflict: Conflict) -> bool:
    """Whether nobody has decided, as far as this copy knows; a decision that is not sent yet counts."""
    return conflict.state == "open" and conflict.decided not in (conflict.losing_stamp, conflict.winning_stamp)


def _plain(value: str | None) -> str:
    return json.dumps(json.loads(value)) if value else ""


def _with_value(
    known: Known, conflict: Conflict, value: str | None, kind: str, *, decided: str | None
) -> list[Change] | list[Refusal]:
    """The changes that make a value of a conflict stand. One that may not be seen cannot be put back."""
    cls = known.class_of(kind, conflict.record_id)
    spec = fields_of(cls).get(conflict.field) if cls else None
    if spec is None or value is None or kind != conflict.record_kind:
        return [Refusal("unknown_record", conflict.field, kind)]
    stand = Change(kind, conflict.record_id, {conflict.field: from_wire(spec, json.loads(value))})
    return [stand, Change("Conflict", conflict.id, {"decided": decided})]

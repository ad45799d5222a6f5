"""Commands about groups: register, change, delete and restore, say that two are the same."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from records.commands.deciding import Below, Change, Known, Moment, One
from records.problems import Refusal
from records.record import Record
from records.shg import Shg


@dataclass(frozen=True)
class RegisterGroup:
    """A new group with the fields that were filled in. `id` is given when a draft has already promised one: sent twice
    it registers one group, and what has been typed over the draft since is a change of it."""

    values: Mapping[str, Any]
    id: str | None = None

    def reads(self) -> Iterable[One | Below]:
        return [One("Shg", self.id)] if self.id else []

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        filled = {name: value for name, value in self.values.items() if value not in (None, "")}
        if self.id and known.one(Shg, self.id):
            return [Change("Shg", self.id, filled)]
        filled.setdefault("formed_by_id", moment.person_id)
        return [Change("Shg", self.id or moment.new_id(), filled, new=True)]


@dataclass(frozen=True)
class ChangeGroup:
    """Fields of a known group."""

    id: str
    values: Mapping[str, Any]

    def reads(self) -> Iterable[One | Below]:
        return [One("Shg", self.id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        return changed(Shg, self.id, self.values, known)


@dataclass(frozen=True)
class SayTheSame:
    """This group is the same as another one that is registered already; `other` None takes it back."""

    id: str
    other: str | None

    def reads(self) -> Iterable[One | Below]:
        return [One("Shg", self.id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        return changed(Shg, self.id, {"same_as": self.other}, known)


@dataclass(frozen=True)
class DeleteGroup:
    """Hide a group and what stands below it, for ever restorable."""

    id: str
    restore: bool = False

    def reads(self) -> Iterable[One | Below]:
        return [One("Shg", self.id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        return changed(Shg, self.id, {"deleted_on": None if self.restore else moment.today}, known)


def changed(cls: type[Record], id: str, values: Mapping[str, Any], known: Known) -> list[Change] | list[Refusal]:
    """The change of a known record; unchanged values are dropped by the judgement that follows."""
    if known.one(cls, id) is None:
        return [Refusal("unknown_record", None, cls.__name__)]
    return [Change(cls.__name__, id, dict(values))]

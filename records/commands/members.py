"""Commands about members: add, change, left, delete and restore."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from records.commands.deciding import Below, Change, Known, Moment, One
from records.commands.groups import changed
from records.member import Member
from records.problems import Refusal
from records.shg import Shg


@dataclass(frozen=True)
class AddMember:
    """A new member of a group. Adding the same `id` twice adds one; other values are a change of her."""

    shg_id: str
    values: Mapping[str, Any]
    id: str | None = None

    def reads(self) -> Iterable[One | Below]:
        return [One("Shg", self.shg_id), *([One("Member", self.id)] if self.id else [])]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        if known.one(Shg, self.shg_id) is None:
            return [Refusal("unknown_record", "shg_id", "Member")]
        filled = {name: value for name, value in self.values.items() if value not in (None, "")}
        filled = dict(dated(filled, moment))
        if self.id and known.one(Member, self.id):
            return [Change("Member", self.id, filled)]  # where she stands is not typed: she may have been moved since
        return [Change("Member", self.id or moment.new_id(), {"shg_id": self.shg_id, **filled}, new=True)]


@dataclass(frozen=True)
class ChangeMember:
    """Fields of a known member; another `shg_id` moves her to that group."""

    id: str
    values: Mapping[str, Any]

    def reads(self) -> Iterable[One | Below]:
        return [One("Member", self.id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        return changed(Member, self.id, dated(self.values, moment), known)


@dataclass(frozen=True)
class MoveMember:
    """A woman goes to another group with all that is known of her. Where she held an office, its mark says so."""

    id: str
    shg_id: str

    def reads(self) -> Iterable[One | Below]:
        return [One("Member", self.id), One("Shg", self.shg_id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        if known.one(Shg, self.shg_id) is None:
            return [Refusal("unknown_record", "shg_id", "Member")]
        return changed(Member, self.id, {"shg_id": self.shg_id}, known)


@dataclass(frozen=True)
class DeleteMember:
    """Hide a member who was entered by mistake, for ever restorable. One who left has `left_on` instead."""

    id: str
    restore: bool = False

    def reads(self) -> Iterable[One | Below]:
        return [One("Member", self.id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        return changed(Member, self.id, {"deleted_on": None if self.restore else moment.today}, known)


def dated(values: Mapping[str, Any], moment: Moment) -> Mapping[str, Any]:
    """An age holds for the day on which it was told."""
    if "age" not in values or "age_on" in values:
        return values
    return {**values, "age_on": moment.today if values["age"] not in (None, "") else None}

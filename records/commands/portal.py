"""Commands about what has been entered in the mission's portal, by hand and field by field."""

from collections.abc import Iterable
from dataclasses import dataclass

from records.commands.deciding import Below, Change, Known, Moment, One
from records.kinds import KINDS
from records.portal import CODED, is_to_enter
from records.problems import Refusal


@dataclass(frozen=True)
class SayEntered:
    """A group, member or account stands on the portal now, under the code that the portal gave it.

    What the portal's own list has said of the record already, that it is the same or differs, stays said.
    """

    kind: str
    id: str
    code: str | None = None

    def reads(self) -> Iterable[One | Below]:
        return [One(self.kind, self.id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        record = known.one(KINDS[self.kind].cls, self.id)
        if record is None:
            return [Refusal("unknown_record", None, self.kind)]
        code = (self.code or "").strip()
        if self.kind in CODED and not code:
            return [Refusal("required", "portal_code", self.kind)]
        status = getattr(record, "portal_status", None)
        values = {"portal_status": "entered"} if is_to_enter(status) else {}
        return [Change(self.kind, self.id, values | ({"portal_code": code} if self.kind in CODED else {}))]


@dataclass(frozen=True)
class TakeBackEntered:
    """It was said by mistake: the record is still to be entered, and has no code."""

    kind: str
    id: str

    def reads(self) -> Iterable[One | Below]:
        return [One(self.kind, self.id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        if known.one(KINDS[self.kind].cls, self.id) is None:
            return [Refusal("unknown_record", None, self.kind)]
        code = {"portal_code": None} if self.kind in CODED else {}
        return [Change(self.kind, self.id, {"portal_status": "not_entered", **code})]

"""Commands of checking: a second person approves a group, returns it, or verifies a sample; its author answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from records.check import Check
from records.commands.deciding import Below, Change, Known, Moment, One
from records.ids import first_account_id
from records.problems import Refusal
from records.savings_account import AccountStep, SavingsAccount
from records.seen import seen_of
from records.shg import Shg


@dataclass(frozen=True)
class CheckGroup:
    """What was found of a group, in words of `records/check.py`, and how it stood. Nobody checks her own work
    (`own_work`): neither a group that she formed nor an account that she recorded as opened."""

    shg_id: str
    result: str
    what: str = "approval"
    how: str | None = None
    reason: str | None = None

    def reads(self) -> Iterable[One | Below]:
        account_id = first_account_id(self.shg_id)
        return [One("Shg", self.shg_id), One("SavingsAccount", account_id), Below("AccountStep", account_id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        shg = known.one(Shg, self.shg_id)
        if shg is None:
            return [Refusal("unknown_record", None, "Shg")]
        steps = known.below(AccountStep, first_account_id(shg.id))
        opened_by = {step.author_id for step in steps if step.kind == "opened"}
        if moment.person_id in (opened_by if self.what == "account" else {shg.formed_by_id}):
            return [Refusal("own_work", None, "Check")]
        if self.result == "returned" and not (self.reason or "").strip():
            return [Refusal("required", "reason", "Check")]
        values: dict[str, Any] = {
            "shg_id": shg.id,
            "what": self.what,
            "result": self.result,
            "how": self.how,
            "reason": self.reason,
        }
        account = known.one(SavingsAccount, first_account_id(shg.id)) if self.what == "account" else None
        seen = seen_of("SavingsAccount", account) if account else seen_of("Shg", shg)
        values |= {"on_day": moment.today, "by_id": moment.person_id, "seen": seen}
        return [Change("Check", moment.new_id(), values, new=True)]


@dataclass(frozen=True)
class AnswerCheck:
    """The author has corrected what was returned: it is to be looked at again."""

    id: str

    def reads(self) -> Iterable[One | Below]:
        return [One("Check", self.id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        if known.one(Check, self.id) is None:
            return [Refusal("unknown_record", None, "Check")]
        return [Change("Check", self.id, {"mended": True})]

"""Commands about a group's savings account: plan the branch, record a step, cancel a step."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from records.access import may_cancel
from records.account_state import last_steps
from records.commands.deciding import Below, Change, Known, Moment, One
from records.ids import first_account_id
from records.problems import Refusal
from records.savings_account import AccountStep, SavingsAccount
from records.shg import Shg


@dataclass(frozen=True)
class ChangeAccount:
    """Fields of a group's first account: its branch, and once opened its number, name in the passbook, opening day.

    The account comes to be with the first change, under the id that every phone derives alike.
    """

    shg_id: str
    values: Mapping[str, Any]

    def reads(self) -> Iterable[One | Below]:
        return [One("Shg", self.shg_id), One("SavingsAccount", first_account_id(self.shg_id))]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        return account_change(self.shg_id, self.values, known)


@dataclass(frozen=True)
class RecordStep:
    """A step on the way to a group's account, with what becomes known by it.

    `account_values`: with `opened` the number, typed twice by the form, the name in the passbook and the day.
    `process`: opening the account, or changing who signs for it; each has its own order of steps.
    `id` is given when a form has already promised one: sent twice it records one step.
    """

    shg_id: str
    kind: str
    on_day: date | str
    reason: str | None = None
    note: str | None = None
    account_values: Mapping[str, Any] = field(default_factory=dict)
    process: str = "savings"
    id: str | None = None

    def reads(self) -> Iterable[One | Below]:
        account_id = first_account_id(self.shg_id)
        return [One("Shg", self.shg_id), One("SavingsAccount", account_id), Below("AccountStep", account_id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        account_id = first_account_id(self.shg_id)
        sent = next((one for one in known.below(AccountStep, account_id) if one.id == self.id), None)
        if sent and self._is(sent):
            return []  # the form was sent twice: the step is there
        before = account_change(self.shg_id, self.account_values, known)
        if any(isinstance(item, Refusal) for item in before):
            return before
        step = {
            "account_id": account_id,
            "kind": self.kind,
            "on_day": self.on_day,
            "author_id": moment.person_id,
            "after": last_steps(known.below(AccountStep, account_id), self.process),
        }
        if self.process != "savings":
            step["process"] = self.process
        step |= {name: value for name, value in (("reason", self.reason), ("note", self.note)) if value}
        # What has become another step since the form was sent is one of its own.
        id = self.id if self.id and not sent else moment.new_id()
        return [*before, Change("AccountStep", id, step, new=True)]

    def _is(self, step: AccountStep) -> bool:
        wanted = (self.process, self.kind, str(self.on_day), self.reason or None, self.note or None)
        return wanted == (step.process, step.kind, str(step.on_day), step.reason, step.note)


@dataclass(frozen=True)
class CancelStep:
    """Take back a step: one's own within 7 days, a supervisor any. What it had replaced stands again. A step that is
    taken back twice is taken back once."""

    account_id: str
    step_id: str
    note: str | None = None

    def reads(self) -> Iterable[One | Below]:
        return [Below("AccountStep", self.account_id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        steps = known.below(AccountStep, self.account_id)
        step = next((one for one in steps if one.id == self.step_id and one.kind != "cancelled"), None)
        if step is None:
            return [Refusal("unknown_record", "cancels_id", "AccountStep")]
        if any(one.kind == "cancelled" and one.cancels_id == self.step_id for one in steps):
            return []
        own = step.author_id == moment.person_id
        codes = [may_cancel(r.role, own=own, step_day=step.on_day, today=moment.today) for r in moment.reaches]
        if codes and None not in codes:
            return [Refusal(codes[0] or "not_allowed", None, "AccountStep")]
        values: dict[str, Any] = {
            "account_id": self.account_id,
            "process": step.process,
            "kind": "cancelled",
            "on_day": moment.today,
            "author_id": moment.person_id,
            "cancels_id": self.step_id,
            "after": last_steps(steps, step.process),
        }
        if self.note:
            values["note"] = self.note
        return [Change("AccountStep", moment.new_id(), values, new=True)]


def account_change(shg_id: str, values: Mapping[str, Any], known: Known) -> list[Change] | list[Refusal]:
    """The change of a group's first account, or its beginning; nothing where there is nothing to write."""
    if known.one(Shg, shg_id) is None:
        return [Refusal("unknown_record", "shg_id", "SavingsAccount")]
    account_id = first_account_id(shg_id)
    if known.one(SavingsAccount, account_id) is not None:
        return [Change("SavingsAccount", account_id, dict(values))] if values else []
    filled = {name: value for name, value in values.items() if value not in (None, "")}
    return [Change("SavingsAccount", account_id, {"shg_id": shg_id, **filled}, new=True)]

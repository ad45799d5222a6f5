"""The steps of the long forms: which fields stand together, in the order of the paper register and the portal.

The first step of each is what nobody can do without; it can be saved by itself, and the rest be filled in another day.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from records.parts import PARTS
from records.record import Record
from records.shg import OFFICES, WEEKS_OF_RHYTHM
from screens.filling import FormField, form_fields


@dataclass(frozen=True)
class FormStep:
    """One step: `key` names its words, `form.step.<key>`."""

    key: str
    names: tuple[str, ...]


GROUP_STEPS = (
    FormStep(
        "group",
        ("village_id", "name", "name_other", "formed_on", "declared_members", "meeting_rhythm"),
    ),
    FormStep(
        "origin",
        (
            "formed_by_id",
            "promoted_by",
            "promoter_name",
            "origin",
            "restarted_on",
            "group_type",
            "special_kind",
            "special_note",
        ),
    ),
    FormStep(
        "meeting",
        (
            "meeting_week",
            "meeting_weekday",
            "meeting_date",
            "saving_rhythm",
            "saving_amount",
            "saving_interest",
            "voluntary_saving",
            "voluntary_interest",
        ),
    ),
    FormStep(
        "work",
        (
            "bookkeeper",
            "bookkeeper_name",
            "bookkeeper_mobile",
            "livelihood",
            "livelihood_second",
            "livelihood_third",
        ),
    ),
    FormStep(
        "bearers",
        (*(f"{office}_{part}" for office in OFFICES for part in ("id", "from", "signs")), "tenure_months"),
    ),
    FormStep(
        "contact",
        ("mobile", "mobile_of_id", "address", "pin_code", "account_needed", "active", "inactive_reason", "remarks"),
    ),
)

MEMBER_STEPS = (
    FormStep("member", ("name", "name_other", "guardian_name", "guardian_of", "age", "mobile")),
    FormStep(
        "person",
        (
            "born_on",
            "may_be_called",
            "joined_on",
            "social_category",
            "marital_status",
            "head_of_family",
            "education",
            "disability",
            "disability_kind",
            "consented",
        ),
    ),
    FormStep(
        "living",
        ("livelihood", "livelihood_second", "livelihood_third", "insured", "insurance", "insured_until"),
    ),
    FormStep("leaving", ("left_on", "left_reason")),
)


def fields_in_steps(cls: type[Record], steps: Sequence[FormStep], *, leave_out: Iterable[str] = ()) -> list[FormField]:
    """The fields of a form in the order of its steps; a field that no step names stands in the last one."""
    fields = {one.spec.name: one for one in form_fields(cls, leave_out=leave_out)}
    named = [name for step in steps for name in step.names if name in fields]
    return [fields[name] for name in (*named, *(name for name in fields if name not in named))]


def step_of(name: str, steps: Sequence[FormStep]) -> int:
    """In which step a field stands."""
    return next((at for at, step in enumerate(steps) if name in step.names), len(steps) - 1)


def asked_for(one: FormField, typed: Mapping[str, Any]) -> bool:
    """Whether a field is to be asked for, given what stands in the others; what the form lacks decides nothing."""
    part = PARTS.get((one.kind, one.spec.name))
    return part is None or not any(name in typed for name in part.of) or part.applies(typed)


def options_now(one: FormField, typed: Mapping[str, Any]) -> tuple[str, ...]:
    """The options of a closed list that go with what stands in the other fields."""
    if (one.kind, one.spec.name) == ("Shg", "meeting_week"):
        return WEEKS_OF_RHYTHM.get(typed.get("meeting_rhythm") or "", one.options)
    return one.options

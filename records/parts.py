"""Fields that belong to an answer given in another field: the promoter's name to "NGO", the weekday to a rhythm.

Such a field is asked for only where it applies, emptied by the form when the answer becomes another, and refused where
it is filled in although it does not apply. One table, read by the rules and by the forms.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from records.shg import NAMED_PROMOTERS, WEEKS_OF_RHYTHM

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """A field that belongs to the answers in `of`. `applies(values)`: whether they are such that it is asked for."""

    of: tuple[str, ...]
    code: str
    applies: Callable[[Values], bool]

    def is_foreign(self, name: str) -> Callable[[Values, date], bool]:
        """The rule of the field `name`: it is filled in although it does not apply."""
        return lambda values, today: values.get(name) not in (None, "") and not self.applies(values)


def _one_of(name: str, *answers: Any) -> Callable[[Values], bool]:
    return lambda values: values.get(name) in answers


def _filled(name: str) -> Callable[[Values], bool]:
    return lambda values: values.get(name) not in (None, "", False)


def _week_applies(values: Values) -> bool:
    return values.get("meeting_rhythm") in WEEKS_OF_RHYTHM


def _weekday_applies(values: Values) -> bool:
    return bool(values.get("meeting_rhythm")) and values.get("meeting_week") != "on_date"


def _date_applies(values: Values) -> bool:
    return _week_applies(values) and values.get("meeting_week") == "on_date"


PARTS: Mapping[tuple[str, str], Part] = {
    ("Shg", "promoter_name"): Part(("promoted_by",), "only_named_promoter", _one_of("promoted_by", *NAMED_PROMOTERS)),
    ("Shg", "restarted_on"): Part(("origin",), "only_if_restarted", _one_of("origin", "revived", "co_opted")),
    ("Shg", "special_kind"): Part(("group_type",), "only_special_group", _one_of("group_type", "special")),
    ("Shg", "special_note"): Part(("group_type",), "only_special_group", _one_of("group_type", "special")),
    ("Shg", "meeting_week"): Part(("meeting_rhythm",), "not_in_rhythm", _week_applies),
    ("Shg", "meeting_weekday"): Part(("meeting_rhythm", "meeting_week"), "only_with_weekday", _weekday_applies),
    ("Shg", "meeting_date"): Part(("meeting_rhythm", "meeting_week"), "only_with_date", _date_applies),
    ("Shg", "voluntary_interest"): Part(("voluntary_saving",), "only_voluntary_saving", _filled("voluntary_saving")),
    ("Shg", "bookkeeper_name"): Part(
        ("bookkeeper",), "only_with_bookkeeper", _one_of("bookkeeper", "internal", "external")
    ),
    ("Shg", "bookkeeper_mobile"): Part(
        ("bookkeeper",), "only_with_bookkeeper", _one_of("bookkeeper", "internal", "external")
    ),
    ("Shg", "mobile_of_id"): Part(("mobile",), "mobile_missing", _filled("mobile")),
    ("Shg", "inactive_reason"): Part(("active",), "only_if_inactive", _one_of("active", False)),
    ("Member", "may_be_called"): Part(("mobile",), "mobile_missing", _filled("mobile")),
    ("Member", "disability_kind"): Part(
        ("disability",), "only_with_disability", _one_of("disability", "self", "family")
    ),
    ("Member", "insurance"): Part(("insured",), "only_with_insurance", _filled("insured")),
    ("Member", "insured_until"): Part(("insured",), "only_with_insurance", _filled("insured")),
    ("Member", "left_reason"): Part(("left_on",), "only_if_left", _filled("left_on")),
}
"""(kind, field) -> the answer it belongs to. `0` and False are answers: only nothing is no answer."""

"""The portal's own screens as a list of fields in their order, to enter a record there field by field (field notes 2.1
and 2.2).

A number is the one that the portal's screen shows beside a field; a member's fields have none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from records.parts import PARTS, Values
from records.shg import OFFICES


@dataclass(frozen=True)
class SheetLine:
    """A field of the portal's screen: its number there, and where we keep its value.

    `needed` False: the portal lets it stay empty, so that it is not still missing when it is.
    """

    number: str
    kind: str
    field: str
    needed: bool = True


def _lines(kind: str, *told: str) -> tuple[SheetLine, ...]:
    """Lines written `number field`, with a `?` behind what may stay empty."""
    parted = [one.rpartition(" ") for one in told]
    return tuple(
        SheetLine(number, kind, field.removesuffix("?"), not field.endswith("?")) for number, _, field in parted
    )


GROUP_SHEET: Sequence[SheetLine] = _lines(
    "Shg",
    "001 name", "003 village_id", "004 formed_on", "005 promoted_by", "105 origin", "205 promoter_name",
    "305 restarted_on", "006 group_type", "106 special_kind", "206 special_note?", "007 meeting_rhythm",
    "207 meeting_week", "107 meeting_weekday", "307 meeting_date", "008 saving_rhythm", "009 saving_amount",
    "010 saving_interest", "011 voluntary_saving", "111 voluntary_interest", "012 bookkeeper", "112 bookkeeper_name",
    "212 bookkeeper_mobile?", "013 livelihood", "014 livelihood_second?", "015 livelihood_third?", "016 tenure_months",
    "018 active", "019 mobile", "019 mobile_of_id", "020 address", "020 pin_code",
)  # fmt: skip
ACCOUNT_SHEET: Sequence[SheetLine] = _lines(
    "SavingsAccount", "021 name_in_passbook", "021 ifsc", "021 bank", "021 branch", "021 account_number",
    "021 opened_on",
)  # fmt: skip
"""`ifsc`, `bank` and `branch` are those of the chosen branch, or as they were typed."""
BEARERS_SHEET: Sequence[SheetLine] = _lines(
    "Shg", *(f"02{2 + at} {office}_{what}" for at, office in enumerate(OFFICES) for what in ("id", "from", "signs"))
)
MEMBER_SHEET: Sequence[SheetLine] = _lines(
    "Member",
    *(f" {field}" for field in (
        "name", "name_other", "born_on?", "age?", "age_on?", "joined_on", "marital_status", "guardian_name",
        "guardian_of", "head_of_family", "disability", "disability_kind", "social_category", "education", "insured",
        "insurance", "insured_until", "livelihood", "livelihood_second?", "livelihood_third?", "mobile?",
    )),
)  # fmt: skip


def applying(lines: Iterable[SheetLine], values: Values) -> list[SheetLine]:
    """The lines that the portal asks for, given what is answered: no promoter's name beside "NRLM"; of a birth date and
    an age the one that is known, both where neither is."""
    asked = []
    for line in lines:
        part = PARTS.get((line.kind, line.field))
        if part is not None and not part.applies(values):
            continue
        if line.kind == "Member" and _is_other_age(line.field, values):
            continue
        asked.append(line)
    return asked


def still_missing(lines: Iterable[SheetLine], values: Values) -> list[SheetLine]:
    """Those of the lines that the portal needs and that nobody has filled in here."""
    asked = applying(lines, values)
    missing = [line for line in asked if line.needed and is_empty(values.get(line.field))]
    ages = [line for line in asked if line.field == "born_on"]
    return missing + (ages if is_empty(values.get("born_on")) and is_empty(values.get("age")) else [])


def is_empty(value: object) -> bool:
    return value is None or value == ""


def _is_other_age(field: str, values: Values) -> bool:
    if not is_empty(values.get("born_on")):
        return field in ("age", "age_on")
    return field == "born_on" and not is_empty(values.get("age"))

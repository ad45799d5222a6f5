"""The types of a record's fields: how a value is checked, kept, sent and filled in.

A field's type is an ordinary annotation, `name: Name`. What the rest of the house needs to know about it
(which column, which control, whether it is personal) travels with the type as markers and is read by
`records.record.fields_of`. A failing check raises `PydanticCustomError` whose type is a problem code.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from records.written import clean_text, western_digits


@dataclass(frozen=True)
class ValueType:
    """How a value is kept and entered: `name` chooses column and wire form, `entry` chooses the control."""

    name: str
    entry: str


class Choice:
    """A closed list: `Annotated[str, Choice("women", "special")]`.

    Only changes are held to the list. At rest it is text, so that a newer app's value survives in an older store.
    """

    def __init__(self, *options: str) -> None:
        self.options = options

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: str | None) -> str | None:
        if value is not None and value not in self.options:
            raise refused("not_in_list")
        return value


MOST_REFERRED = 100
"""Records that one field may name."""


class Refers:
    """The id of a record of `kind`, or several of them: `Annotated[str, Refers("Shg")]`."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        if isinstance(value, tuple) and len(value) > MOST_REFERRED:
            raise refused("too_long", longest=MOST_REFERRED)
        for one in (value,) if isinstance(value, str) else value or ():
            if not _ID.fullmatch(one):
                raise refused("not_an_id")
        return value


class Marker:
    """A property of a field that needs no further value."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


Personal = Marker("Personal")
"""The value is about one person or her money: it passes the codec wherever it is stored and never enters a log."""
Derived = Marker("Derived")
"""Computed by the server over all records and sent read-only; nobody writes it."""
Parent = Marker("Parent")
"""The record named here is the one this record stands below: streams, holding and hiding follow it."""
Unlisted = Marker("Unlisted")
"""Kept and sent, but not offered in the derived form: a special screen fills it in."""


def refused(code: str, **context: Any) -> PydanticCustomError:
    """The error of a failing field check; `code` is a problem code the words are chosen by."""
    return PydanticCustomError(code, code, context or None)


TEXT = ValueType("text", "text")
LONG = ValueType("text", "long_text")
DIGITS = ValueType("text", "digits")
NUMBER = ValueType("number", "number")
RUPEES = ValueType("number", "rupees")
PERCENT = ValueType("number", "percent")
DAY = ValueType("day", "day")
YES_NO = ValueType("yes_no", "yes_no")
CHOICE = ValueType("choice", "choice")
ID = ValueType("id", "reference")
CODES = ValueType("codes", "none")
HASH = ValueType("text", "hash")

_ID = re.compile(r"[0-9a-f]{32}")
_MOBILE = re.compile(r"[6-9]\d{9}")
_IFSC = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}")
_ACCOUNT = re.compile(r"\d{9,18}")
SHA256 = re.compile(r"[0-9a-f]{64}")
_PIN_CODE = re.compile(r"[1-9]\d{5}")
_FIRST_DAY = date(1900, 1, 1)


def _pattern(pattern: re.Pattern[str], code: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise refused(code)
        return value

    return check


def _cleaned(longest: int) -> Callable[[str], str]:
    def check(value: str) -> str:
        # ASCII without doubled or outer spaces is already clean; the test is far cheaper than cleaning.
        if not (value.isascii() and value.isprintable() and "  " not in value and value == value.strip()):
            value = clean_text(value)
        if not value:
            raise refused("required")
        if len(value) > longest:
            raise refused("too_long", longest=longest)
        return value

    return check


Whole = Callable[[Sequence[str]], bool]


@dataclass(frozen=True)
class AllPlain:
    """How to see at once that all texts of a column are as their check would leave them, by a few looks at all of them
    together. `whole` may say no of a column that is; it never says yes of one that is not."""

    whole: Whole


def _all_clean(longest: int) -> AllPlain:
    def whole(values: Sequence[str]) -> bool:
        # What can be printed and separates words other than by single spaces holds a space beside a space or an end.
        text = "|".join(values)
        lengths = set(map(len, values))
        return (
            text.isprintable()
            and (text.isascii() or unicodedata.is_normalized("NFC", text))
            and min(lengths) > 0
            and max(lengths) <= longest
            and not (text[0] == " " or text[-1] == " " or "  " in text or " |" in text or "| " in text)
        )

    return AllPlain(whole)


def _all_match(pattern: re.Pattern[str]) -> AllPlain:
    return AllPlain(lambda values: "".join(values).isascii() and None not in map(pattern.fullmatch, values))


def days_of(texts: Iterable[str]) -> list[date] | None:
    """The days of a column as their check would leave them; None where one of the texts is no plain day: look at each.

    The days of people's records lie within a few decades, so each is read once.
    """
    try:
        return list(map(_plain_day, texts))
    except ValueError:
        return None


@lru_cache(maxsize=16384)
def _plain_day(text: str) -> date:
    day = date.fromisoformat(text)
    if day < _FIRST_DAY or day.isoformat() != text:
        raise ValueError("not_plain")
    return day


def _digits(value: Any) -> Any:
    return re.sub(r"[\s-]", "", western_digits(value)) if isinstance(value, str) else value


def _upper(value: Any) -> Any:
    return value.replace(" ", "").upper() if isinstance(value, str) else value


def _number(value: Any) -> Any:
    return _digits(value) if isinstance(value, str) else value


def _not_before_1900(value: date) -> date:
    if value < _FIRST_DAY:
        raise refused("day_too_early")
    return value


Id = Annotated[str, ID, AfterValidator(_pattern(_ID, "not_an_id")), _all_match(_ID)]
Name = Annotated[str, TEXT, AfterValidator(_cleaned(120)), _all_clean(120)]
Text = Annotated[str, TEXT, AfterValidator(_cleaned(250)), _all_clean(250)]
Remark = Annotated[str, LONG, AfterValidator(_cleaned(1000)), _all_clean(1000)]
Long = Annotated[str, LONG, AfterValidator(_cleaned(8000)), _all_clean(8000)]
Code = Annotated[str, TEXT, AfterValidator(_cleaned(40)), _all_clean(40)]
Mobile = Annotated[
    str, DIGITS, BeforeValidator(_digits), AfterValidator(_pattern(_MOBILE, "not_a_mobile")), _all_match(_MOBILE)
]
Ifsc = Annotated[str, TEXT, BeforeValidator(_upper), AfterValidator(_pattern(_IFSC, "not_an_ifsc")), _all_match(_IFSC)]
AccountNumber = Annotated[
    str,
    DIGITS,
    BeforeValidator(_digits),
    AfterValidator(_pattern(_ACCOUNT, "not_an_account_number")),
    _all_match(_ACCOUNT),
]
Day = Annotated[date, DAY, AfterValidator(_not_before_1900)]
Count = Annotated[int, NUMBER, BeforeValidator(_number), Field(ge=0, le=1_000_000)]
DayOfMonth = Annotated[int, NUMBER, BeforeValidator(_number), Field(ge=1, le=31)]
Months = Annotated[int, NUMBER, BeforeValidator(_number), Field(ge=1, le=120)]
Age = Annotated[int, NUMBER, BeforeValidator(_number), Field(ge=1, le=120)]
"""Whole years. A member under 18 is no mistake: there are groups of adolescents."""
Rupees = Annotated[int, RUPEES, Field(ge=0, le=1_000_000_000)]
"""An amount in whole paise; typed and shown in rupees."""
Percent = Annotated[int, PERCENT, Field(ge=0, le=10_000)]
"""Hundredths of one per cent a year, so that 12.5 % is 1250; typed and shown in per cent."""
PinCode = Annotated[
    str, DIGITS, BeforeValidator(_digits), AfterValidator(_pattern(_PIN_CODE, "not_a_pin_code")), _all_match(_PIN_CODE)
]
Sha256 = Annotated[str, HASH, AfterValidator(_pattern(SHA256, "not_understood")), _all_match(SHA256)]
LARGEST_PHOTO = 100 * 1024
"""Bytes of one photo as it is kept and sent: about half a minute of a 2G link."""
PhotoSize = Annotated[int, NUMBER, Field(ge=1, le=LARGEST_PHOTO)]
YesNo = Annotated[bool, YES_NO]
Codes = Annotated[tuple[str, ...], CODES]

"""What people type, and how the same values are shown: digits of any script, days, counts, rupees, account numbers.

Numbers and days are shown with the digits 0-9 in every language, as the forms of the programme do; on input the digits
of every script count alike. All errors are ValueError with a code as its text; words are chosen on the screen.
"""

import re
import unicodedata
from datetime import date

_JOINERS = re.compile("[\u200c\u200d]")
# A joiner changes what is seen only between a virama and the letter after it: क्‍ष and क्ष look different.
_IDLE_JOINERS = re.compile(
    "(?<![\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d])[\u200c\u200d]+|[\u200c\u200d]+(?!\\w)"
)
_NUMBER = re.compile(r"-?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def western_digits(text: str) -> str:
    """The text with the decimal digits of every script as 0-9, all else as it was: `ग्राम १२` becomes `ग्राम 12`."""
    if text.isascii():
        return text
    return "".join(_western(character) for character in text)


def clean_text(text: str) -> str:
    """Typed text as it is kept: NFC, one line, single spaces, nothing invisible. Cleaning twice changes nothing.

    Tabs and line ends become spaces. Control and format characters (NUL, byte order marks, zero-width spaces, changes
    of direction) and lone surrogates go, because databases refuse some and people cannot see the others. ZWJ and ZWNJ
    stay between a virama and a letter, where they choose the shape of a conjunct.
    """
    # What can be printed holds nothing invisible; nearly all that is typed is NFC already, which is quick to see.
    if text.isprintable() and (text.isascii() or unicodedata.is_normalized("NFC", text)):
        return " ".join(text.split())
    spaced = " ".join(text.split())
    seen = unicodedata.normalize("NFC", "".join(character for character in spaced if _is_visible(character)))
    if _JOINERS.search(seen):
        seen = unicodedata.normalize("NFC", _IDLE_JOINERS.sub("", seen))
    return " ".join(seen.split())


def read_number(text: str) -> int:
    """The whole number that somebody typed: `1,00,000`, `१२३`, `-5`. ValueError `number_malformed` for anything else.

    Commas are accepted where a grouping has them; at most 18 digits.
    """
    typed = western_digits(text).strip()
    digits = typed.replace(",", "")
    if len(digits.lstrip("-")) > 18 or _NUMBER.fullmatch(typed) is None:
        raise ValueError("number_malformed")
    return int(digits)


def read_day(text: str) -> date:
    """The day that somebody typed: dd-mm-yyyy, dd/mm/yyyy or dd.mm.yyyy, also yyyy-mm-dd; the year has four digits.

    ValueError `day_malformed` for another shape, `day_unknown` for a day that no calendar has.
    """
    typed = re.sub(r"\s", "", western_digits(text))
    if match := _DAY_FIRST.fullmatch(typed):
        day, _, month, year = match.groups()
    elif match := _YEAR_FIRST.fullmatch(typed):
        year, month, day = match.groups()
    else:
        raise ValueError("day_malformed")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError("day_unknown") from None


def read_hundredths(text: str) -> int:
    """An amount or a rate that somebody typed, in hundredths: `50`, `1,250.5`, `१२.५`, also with ₹ or %.

    ValueError `number_malformed` for anything else, more than two places after the point included.
    """
    typed = western_digits(text).strip().removeprefix("₹").removesuffix("%").strip()
    whole, point, rest = typed.partition(".")
    if point and not re.fullmatch(r"[0-9]{1,2}", rest):
        raise ValueError("number_malformed")
    units = read_number(whole)
    if units < 0:
        raise ValueError("number_malformed")
    return units * 100 + int(rest.ljust(2, "0") or 0)


def show_hundredths(value: int) -> str:
    """What `read_hundredths` reads, as it would be typed: `50`, `12.50`."""
    whole, rest = divmod(value, 100)
    return f"{whole}.{rest:02}" if rest else str(whole)


def show_day(day: date) -> str:
    """The day as `dd-mm-yyyy`."""
    # Not strftime, which writes years before 1000 differently on different systems.
    return f"{day.day:02}-{day.month:02}-{day.year:04}"


def show_count(count: int) -> str:
    """The number with Indian grouping: `1,00,000`."""
    sign, digits = ("-", str(-count)) if count < 0 else ("", str(count))
    pairs, last = digits[:-3], digits[-3:]
    return sign + re.sub(r"(?<=\d)(?=(?:\d\d)+$)", ",", pairs) + ("," if pairs else "") + last


def show_change(change: int) -> str:
    """How a number has changed, with its sign: `+12`, `−3` with a minus and no hyphen, `0`."""
    return f"+{show_count(change)}" if change > 0 else f"\u2212{show_count(-change)}" if change < 0 else "0"


def show_rupees(paise: int) -> str:
    """An amount of whole paise as rupees: `₹1,23,456.50`."""
    rupees, rest = divmod(abs(paise), 100)
    return f"{'-' if paise < 0 else ''}₹{show_count(rupees)}.{rest:02}"


def show_percent(hundredths: int) -> str:
    """A rate of hundredths of one per cent: `12.50 %`, `24 %`."""
    return f"{show_hundredths(hundredths)} %"


def masked(number: str) -> str:
    """An account or phone number with only its last four characters: `XXXXXX1234`; nothing for nothing.

    There are six X whatever the length, so that a copy that holds only the last four shows the same.
    """
    return f"XXXXXX{number[-4:]}" if number else ""


def _western(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _is_visible(character: str) -> bool:
    return character in "\u200c\u200d" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")

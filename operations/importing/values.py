"""What stands in one cell: text, a code, a day, a number, as people and spreadsheets write them.

A code or an account number is text, so that its leading zeros stay. What a spreadsheet has damaged is refused with a
sentence rather than guessed.
"""

import re
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from pydantic import ValidationError

from operations.importing.reasons import REASONS, Unplaced
from records.aadhaar import refuse_aadhaar
from records.kinds import KINDS
from records.record import FieldSpec, fields_of, problem_code
from records.written import clean_text, read_day, read_number, western_digits

NOTHING = frozenset("- -- --- . na n/a n.a. nil null none nan #n/a निरंक नहीं".split())
"""What people write where there is nothing to write."""
_LONGEST_NOTHING = max(map(len, NOTHING))

EARLIEST = date(1900, 1, 1)
DAY_ZERO = date(1899, 12, 30)
"""The day from which spreadsheets count: it makes their count right from March 1900 on, which had a 29 February."""
_FORMULA_TEXT = re.compile(r'="(.*)"')
_SHORT_FORM = re.compile(r"\d+(?:\.\d+)?[eE]\+?\d+")
_LETTER = "[A-Za-z\u0900-\u097f]"
_LOST = re.compile(f"\ufffd|\\?{{2,}}|{_LETTER}\\?{_LETTER}|\u00e0[\u00a4\u00a5]")
"""Question marks for letters; and the first two signs of every Hindi letter that was read in the wrong encoding."""
_STRUCK = re.compile(r"X{8}\d{4}")
"""What `strike_aadhaar` leaves of a number in a file of refused rows."""
_FORMULA_ERROR = re.compile("#[A-Z/0]+[!?]", re.IGNORECASE)
_OLD_FONT = re.compile(
    "[A-Za-z];[A-Za-z]|(?<![A-Za-z])[a-z]{1,2};|[a-z]Z|(?<![A-Za-z])[a-z]+[A-Z][a-z]|(?<![A-Za-z])'k(?!.*')"
    "|[{\\[](?!.*[\\]}])|[~\u00a1\u0192\u00bc-\u00be]"
    "|(?<![A-Za-z])(?!nrlm|srlm|mpgb)[b-df-hj-np-tv-xz]{4,}(?![A-Za-z])"
)
"""Signs by which Hindi in the letters of Kruti Dev and its like differs from names in Latin letters: `t; vEcs lewg`,
`lhrk ckbZ`, `'kekZ`, `y{eh`."""
_PEOPLE_WRITE = frozenset(
    [("Shg", "name"), ("Shg", "promoter_name"), ("SavingsAccount", "name_in_passbook")]
    + [("Member", name) for name in ("name", "name_other", "guardian_name")]
)
_EXACT = 10**15
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?Z?$")
_MONTH = re.compile(r"(\d{1,2})[-/. ]?([A-Za-z]{3,9}|[\u0900-\u097f]{2,10})[-/., ]*(\d{4})")
_SHORT_YEAR = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}|\d{1,2}[-/. ][A-Za-z]{3,9}[-/. ]\d{2}")
_MONTHS = {
    word: number
    for number, words in enumerate(
        "jan january जनवरी|feb february फरवरी|mar march मार्च|apr april अप्रैल|may मई|jun june जून|jul july जुलाई|"
        "aug august अगस्त|sep sept september सितम्बर सितंबर|oct october अक्टूबर अक्तूबर|nov november नवम्बर नवंबर|"
        "dec december दिसम्बर दिसंबर".split("|"),
        1,
    )
    for word in words.split()
}
_SERIALS = range(10_000, 73_051)
"""Days as a spreadsheet counts them, of the years 1927 to 2099."""


def text_of(cell: Any, column: str) -> str:
    """A cell as clean text; "" where nothing is written."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else repr(cell)
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    text = clean_text(str(cell))
    if text.startswith(("=", "'")):
        text = _unmarked(text)
    if len(text) <= _LONGEST_NOTHING and text.lower() in NOTHING:
        return ""
    if ("?" in text or "\ufffd" in text or "\u00e0" in text) and _LOST.search(text):
        raise Unplaced("letters_lost", column=column)
    if text.startswith("#") and _FORMULA_ERROR.fullmatch(text):
        raise Unplaced("formula_broken", column=column)
    return text


def _unmarked(text: str) -> str:
    """Without the signs by which spreadsheets keep a text what it is: `="00123"`, `'00123`."""
    quoted = _FORMULA_TEXT.fullmatch(text)
    text = quoted[1].strip() if quoted else text
    return text[1:].lstrip() if text.startswith("'") else text


def code_of(cell: Any, column: str) -> str:
    """A code or a number that is never counted with, its leading zeros kept; digits of any script become 0-9."""
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= _EXACT:
        raise Unplaced("number_rounded", column=column)
    text = western_digits(text_of(cell, column))
    if _SHORT_FORM.fullmatch(text):
        raise Unplaced("number_in_short_form", column=column)
    whole, point, rest = text.partition(".")
    return whole if point and not rest.strip("0") and whole.isdigit() else text


def digits_of(cell: Any, column: str) -> str:
    """A code of digits only, as official lists have them."""
    code = code_of(cell, column).replace(" ", "")
    if code and not (code.isascii() and code.isdigit()):
        raise Unplaced("not_digits", column=column)
    return code


def number_of(cell: Any, column: str) -> int | None:
    """A whole number, or None where nothing is written."""
    text = code_of(cell, column)
    if not text:
        return None
    try:
        return read_number(text)
    except ValueError:
        raise Unplaced("not_a_number", column=column) from None


def day_of_cell(
    cell: Any, column: str, today: date, *, earliest: date = EARLIEST, day_zero: date = DAY_ZERO
) -> date | None:
    """A day, or None where nothing is written: dd-mm-yyyy, dd/mm/yyyy, ISO, 15-Aug-2021, Excel's dates and serials.

    `day_zero`: the day from which the workbook counts.
    """
    day = _day(cell, column, day_zero)
    if day is not None and day > today:
        raise Unplaced("day_in_future", column=column)
    if day is not None and day < earliest:
        raise Unplaced("day_too_early", column=column, earliest=earliest.year)
    return day


def _day(cell: Any, column: str, day_zero: date) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _of_serial(cell, column, day_zero)
    text = _TIME.sub("", western_digits(text_of(cell, column)))
    if not text:
        return None
    if re.fullmatch(r"\d{5}(?:\.\d+)?", text):
        return _of_serial(float(text), column, day_zero)
    if _SHORT_YEAR.fullmatch(text):
        raise Unplaced("year_too_short", column=column)
    if named := _MONTH.fullmatch(text):
        month = _MONTHS.get(named[2].lower())
        text = f"{named[1]}-{month}-{named[3]}" if month else text
    try:
        return read_day(text)
    except ValueError:
        raise Unplaced("not_a_day", column=column) from None


def _of_serial(number: float, column: str, day_zero: date) -> date:
    if int(number) not in _SERIALS:
        raise Unplaced("not_a_day", column=column)
    return day_zero + timedelta(days=int(number))


def checked(kind: str, field: str, value: Any, column: str, *, own_account: str | None = None) -> Any:
    """The value as a record of this kind keeps it; refused by the same checks as a value typed on a phone."""
    spec = _spec(kind, field)
    try:
        cleaned = spec.check(value)
    except ValidationError as error:
        code = problem_code(error)
        if code in REASONS:
            raise Unplaced(code, column=column, earliest=EARLIEST.year) from None
        raise Unplaced("centre_refused", code=code, field=column) from None
    if spec.free_text and isinstance(cleaned, str) and _may_hold_aadhaar(cleaned, own_account):
        raise Unplaced("holds_aadhaar", column=column)
    if (kind, field) in _PEOPLE_WRITE and _OLD_FONT.search(cleaned):
        raise Unplaced("old_font", column=column)
    return cleaned


@cache
def _spec(kind: str, field: str) -> FieldSpec:
    return fields_of(KINDS[kind].cls)[field]


def _may_hold_aadhaar(text: str, own_account: str | None) -> bool:
    if _STRUCK.search(text):
        return True  # a cell that was refused for its number, struck and not mended
    # Counting digits is far cheaper than looking for runs of them, and most texts have none.
    return len(text) >= 12 and sum(map(str.isdigit, text)) >= 12 and bool(refuse_aadhaar(text, own_account=own_account))


def shown_name(name: str) -> str:
    """A name that a list writes in capitals, as people write it; abbreviations and other names stay."""
    if not (name.isascii() and name.isupper()):
        return name
    return " ".join(_word(word) for word in name.split(" "))


def _word(word: str) -> str:
    if word in ("OF", "AND"):
        return word.lower()
    if word.strip("().,") in _ABBREVIATIONS or not re.search("[AEIOUY]", word):
        return word
    return re.sub(r"[A-Z]+", lambda letters: letters[0].capitalize(), word)


_ABBREVIATIONS = frozenset("SBI MPGB ADB MP UCO IDBI IDFC ICICI HDFC AU ESAF II III IV VI".split())

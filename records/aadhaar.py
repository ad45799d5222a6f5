"""The guard against Aadhaar numbers: found in any text, refused on entry, struck where text is kept as it came.

The programme keeps no Aadhaar number (field notes on privacy: UIDAI's advice of 2023, and the data vault that full
numbers would need). An Aadhaar number has 12 digits, begins with 2-9 and ends in a Verhoeff check digit, so one in
twelve other runs of 12 digits looks like one; the person may then strike it, or write it in its own field.

Which digits make a run. Digits of every script count. A *group* is digits side by side; zero-width characters do not
part them. Groups are joined by one to three spaces, line ends, hyphens or dashes; anything else, a letter, comma or
dot, is an end. A run is 12 digits in whole groups that are one of these:

1. all that is joined: `234123412346`, `2341 2341 2346`, `23-41234-12346`;
2. one group of 12, whatever is joined to it: `9876543210 234123412346`. More than 12 digits side by side are none;
3. three groups of four with joints of one kind (with a hyphen or without), next to other digits, unless they read on as
   a longer number in fours: a group of four before, or one of up to four after, by a joint of that kind. A neighbour
   that a joint of the other kind ties to something else, as in a date, is none. So `9876543210 2341 2341 2346` and
   `2341 2341 2346 5-3-2021` hold a run, `1234 5678 9012 34` (an account number) does not. What reads on past 18 digits
   is no account number either; there, any three fours are a run.

The guard is for free text. Given a whole id it finds nothing, for two in a thousand hold such digits between letters;
fields with a form of their own, such as account numbers, are the caller's to leave out.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from records.ids import is_id

_WITHOUT_WIDTH = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
_HYPHENS = "\u2010-\u2015\u2212-"
_HIDDEN = f"[{_WITHOUT_WIDTH}]*"
_DIGIT = re.compile(r"\d")
_GROUP = re.compile(rf"\d(?:{_HIDDEN}\d)*")
_JOINT = re.compile(rf"{_HIDDEN}(?:[\s{_HYPHENS}]{_HIDDEN}){{1,3}}")
_HYPHEN = re.compile(f"[{_HYPHENS}]")
# Digits with nothing between them that ends a chain of groups, at least as much as one number needs.
_LONG_CHAIN = re.compile(rf"[\d{_WITHOUT_WIDTH}\s{_HYPHENS}]{{12,}}")
_LONG_CHAIN_ASCII = re.compile(r"[0-9\s\x1c-\x1f-]{12,}", re.ASCII)
_LONGEST_ACCOUNT = 18


class _Group(NamedTuple):
    start: int
    end: int
    digits: str
    hyphen_before: bool | None
    """Whether the joint before has a hyphen; None where nothing is joined before."""


def aadhaar_runs(text: str) -> list[tuple[int, int, str]]:
    """Where the text holds what looks like an Aadhaar number: `(start, end, its 12 western digits)`, from the left."""
    # Nearly all text has fewer digits than one number, and is guarded again at the centre.
    if len(_DIGIT.findall(text)) < 12 or is_id(text):
        return []
    found: list[tuple[int, int, str]] = []
    for run in (run for chain in _chains(text) for run in _runs(chain)):
        digits = "".join(group.digits for group in run)
        overlaps = bool(found) and run[0].start < found[-1][1]
        if digits[0] not in "01" and verhoeff_holds(digits) and not overlaps:
            found.append((run[0].start, run[-1].end, digits))
    return found


def may_hold_aadhaar(texts: Iterable[str]) -> bool:
    """Whether one of these texts may have runs; if not, all are free of them. One look at a whole column of texts."""
    text = "|".join(texts)
    # Of ASCII alone the set of letters is a small table; other texts mostly have no digit at all.
    if text.isascii():
        chains = _LONG_CHAIN_ASCII.findall(text)
    else:
        chains = _LONG_CHAIN.findall(text) if _DIGIT.search(text) else []
    return any(len(_DIGIT.findall(chain)) >= 12 for chain in chains)


def refuse_aadhaar(text: str, *, own_account: str | None) -> list[tuple[int, int, str]]:
    """The runs for which the text is refused; empty when it may be kept. The number of the group's own account may."""
    own = _western(own_account or "")
    return [run for run in aadhaar_runs(text) if run[2] != own]


def strike_aadhaar(text: str, keep_last: Literal[0, 4] = 4, *, own_account: str | None = None) -> str:
    """The text without those runs, or with `XXXXXXXX1234` in the place of each. Nothing is refused in the result.

    ValueError `keep_last_malformed` for any other number of digits to keep.
    """
    if keep_last not in (0, 4):
        raise ValueError("keep_last_malformed")
    # Again and again, because what stood on both sides of a struck run may now read on as a run.
    while runs := refuse_aadhaar(text, own_account=own_account):
        for start, end, digits in reversed(runs):
            text = text[:start] + ("X" * 8 + digits[8:] if keep_last else "") + text[end:]
    return text


def verhoeff_holds(digits: str) -> bool:
    """Whether the last of these western digits is the right Verhoeff check digit for the others."""
    return _verhoeff_sum(digits) == 0


def verhoeff_check_digit(digits: str) -> str:
    """The digit that, appended, makes `verhoeff_holds` true."""
    return str(_INVERSE[_verhoeff_sum(digits + "0")])


# J. Verhoeff, Error Detecting Decimal Codes, 1969: digits are elements of the dihedral group of order ten, permuted by
# their place. Any single wrong digit and any exchange of neighbours changes the product.
_PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _product(one: int, other: int) -> int:
    turned = one + other if one < 5 else one - other
    return turned % 5 + (5 if (one < 5) != (other < 5) else 0)


def _permuted() -> Iterator[tuple[int, ...]]:
    row = tuple(range(10))
    for _ in range(8):
        yield row
        row = tuple(_PERMUTATION[digit] for digit in row)


_PRODUCTS = tuple(tuple(_product(one, other) for other in range(10)) for one in range(10))
_BY_PLACE = tuple(_permuted())
_INVERSE = tuple(row.index(0) for row in _PRODUCTS)


def _verhoeff_sum(digits: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        total = _PRODUCTS[total][_BY_PLACE[place % 8][int(digit)]]
    return total


def _western(text: str) -> str:
    """The decimal digits of the text as 0-9, all else dropped."""
    return "".join(str(value) for character in text if (value := unicodedata.decimal(character, None)) is not None)


def _chains(text: str) -> Iterator[list[_Group]]:
    """Groups of digits that are joined to each other."""
    chain: list[_Group] = []
    for match in _GROUP.finditer(text):
        joint = _JOINT.fullmatch(text, chain[-1].end, match.start()) if chain else None
        if joint is None and chain:
            yield chain
            chain = []
        hyphen = None if joint is None else _HYPHEN.search(joint[0]) is not None
        chain.append(_Group(match.start(), match.end(), _western(match[0]), hyphen))
    if chain:
        yield chain


def _runs(chain: list[_Group]) -> Iterator[list[_Group]]:
    """The runs of one chain, by the three rules above; those of the third may overlap."""
    if sum(len(group.digits) for group in chain) == 12:
        yield chain
        return
    for place, group in enumerate(chain):
        if len(group.digits) == 12:
            yield [group]
        elif _three_fours(chain, place):
            yield chain[place : place + 3]


def _three_fours(chain: list[_Group], first: int) -> bool:
    """Whether the third rule holds for the three groups from this place on."""
    three = chain[first : first + 3]
    if [len(group.digits) for group in three] != [4, 4, 4] or three[1].hyphen_before != three[2].hyphen_before:
        return False
    kind = three[1].hyphen_before
    size, before, after = 12, first, first + 3
    while size <= _LONGEST_ACCOUNT and _reads_on_before(chain, before, kind):
        size, before = size + 4, before - 1
    while size <= _LONGEST_ACCOUNT and _reads_on_after(chain, after, kind):
        size, after = size + len(chain[after].digits), after + 1
    return size == 12 or size > _LONGEST_ACCOUNT


def _reads_on_before(chain: list[_Group], place: int, kind: bool | None) -> bool:
    if place == 0 or chain[place].hyphen_before != kind:
        return False
    return len(chain[place - 1].digits) == 4 and chain[place - 1].hyphen_before in (None, kind)


def _reads_on_after(chain: list[_Group], place: int, kind: bool | None) -> bool:
    if place == len(chain) or chain[place].hyphen_before != kind or len(chain[place].digits) > 4:
        return False
    ended = len(chain[place - 1].digits) < 4
    tied_elsewhere = place + 1 < len(chain) and chain[place + 1].hyphen_before != kind
    return not ended and not tied_elsewhere

"""The column of account numbers in a list, looked through before any row is placed: has a spreadsheet shortened some?

A number cell has lost the zeros in front, and nobody sees it; the numbers of the same bank that stand as text show how
long its numbers are. Zeros at the end are what is left where a spreadsheet kept fifteen digits, or six.
"""

import re
from typing import Any

from operations.importing.finding_branches import bank_and_name
from operations.importing.reading import Row
from operations.importing.reasons import Unplaced
from records.search_key import search_key
from records.written import western_digits

_DIGITS = re.compile(r"\s*'?(\d{9,18})\s*", re.ASCII)
_KEPT, _SHORT = 15, 6
"""Digits of a number that a spreadsheet keeps, and those it writes of a number in short form."""
_SHORTENED = 12
"""Digits from which a spreadsheet writes a number in short form."""
_NO_CHANCE = 3
"""So many zeros where any digit might stand are no chance."""


class AccountColumn:
    """The account numbers of a list, each judged by what all of them show."""

    def __init__(self) -> None:
        self._lengths: dict[str, set[int]] = {}
        self._longest_with_zero: dict[str, int] = {}
        self._long = self._rounded = self._zeros = 0

    def look(self, row: Row) -> None:
        """Note what a row shows about the numbers of its bank, and about numbers that no spreadsheet could keep."""
        cell = row.cell("account_number")
        found = _DIGITS.fullmatch(western_digits(cell)) if isinstance(cell, str) else None
        if found is None:
            return
        number, bank = found[1], _bank(row)
        self._lengths.setdefault(bank, set()).add(len(number))
        if number.startswith("0"):
            self._longest_with_zero[bank] = max(len(number), self._longest_with_zero.get(bank, 0))
        if len(number) > _KEPT:
            tail = number[_KEPT:]
            self._long += 1
            self._rounded += not tail.strip("0")
            self._zeros += len(tail)

    def must_be_whole(self, row: Row, number: str, notes: list[str]) -> None:
        """Refuses a number that a spreadsheet has shortened; one that it may have shortened is noted."""
        cell, column = row.cell("account_number"), row.named("account_number")
        if isinstance(cell, int | float):
            bank = _bank(row)
            shortest = min(self._lengths.get(bank, {0}))
            if max(shortest, self._longest_with_zero.get(bank, 0)) > len(number):
                raise Unplaced("zeros_may_be_missing", column=column)
            notes.append("account_from_number")
        if len(number) >= _SHORTENED and not number[_SHORT:].strip("0"):
            raise Unplaced("number_in_short_form", column=column)
        tail = number[_KEPT:]
        if tail and not tail.strip("0") and (len(tail) >= _NO_CHANCE or self._all_rounded):
            raise Unplaced("number_rounded", column=column)

    @property
    def _all_rounded(self) -> bool:
        return self._rounded == self._long and self._zeros >= _NO_CHANCE


def _bank(row: Row) -> str:
    """By what the numbers of one bank are known: its letters in the IFSC, and its name, for sponsored banks share them.

    Nothing is refused here that cannot be read: the row's turn comes.
    """
    ifsc, bank, branch = (_text(row.cell(name)) for name in ("ifsc", "bank", "branch"))
    return f"{ifsc[:4].upper()} {search_key(bank_and_name(bank, branch)[0])}"


def _text(cell: Any) -> str:
    return cell.strip() if isinstance(cell, str) else ""

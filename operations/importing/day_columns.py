"""The columns of days in a list, looked through before any row is placed: may day and month be exchanged?

08/04/2021 tells by itself neither order. It is read day first, unless another text of its column can only be read month
first. A spreadsheet set to American days makes dates, exchanged, of the texts it can read month first and leaves the
others: so dates of which none is later than the twelfth, beside texts that are, are as little to be trusted.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime

from operations.importing.reading import Row
from operations.importing.reasons import Unplaced
from operations.importing.values import day_of_cell

GROUPS_FROM, BORN_FROM = date(1980, 1, 1), date(1910, 1, 1)
"""No group is older, no member born before: such days are what programs write where they know none."""
YOUNGEST = 10
"""Years of the youngest who may be members, in groups of adolescents; a later birth is another day gone astray."""
_MONTHS = 12
_NUMBERS = re.compile(r"\s*'?(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*\d{4}")


class DayColumns:
    """The days of a list, each read by what its whole column shows."""

    def __init__(self, names: Sequence[str], today: date) -> None:
        self._names, self._today = names, today
        self._month_first: dict[str, int] = {}
        self._one_way: dict[str, int] = {}
        self._late: set[str] = set()

    def look(self, row: Row) -> None:
        """Note what a row shows about its columns: the first line with the month first, and so on."""
        for name in self._names:
            cell = row.cell(name)
            if isinstance(cell, date):
                if cell.day > _MONTHS:
                    self._late.add(name)
            elif isinstance(cell, str) and (numbers := _NUMBERS.match(cell)):
                first, second = int(numbers[1]), int(numbers[2])
                if (first > _MONTHS) != (second > _MONTHS):
                    self._one_way.setdefault(name, row.line)
                    if second > _MONTHS:
                        self._month_first.setdefault(name, row.line)

    def day(self, row: Row, name: str) -> date | None:
        """The day in a column, or None where nothing is written. Raises Unplaced."""
        born = name == "born_on"
        cell, column = row.cell(name), row.named(name)
        day = day_of_cell(cell, column, self._today, earliest=BORN_FROM if born else GROUPS_FROM, day_zero=row.day_zero)
        if day is None:
            return None
        line = self._doubtful(cell, name)
        if line and day.day <= _MONTHS and day.day != day.month:
            raise Unplaced("day_order_unclear", column=column, line=line)
        if born and self._today.year - day.year < YOUNGEST:
            raise Unplaced("born_lately", column=column)
        return day

    def _doubtful(self, cell: object, name: str) -> int | None:
        """The line for whose sake a day of its kind is doubtful."""
        if isinstance(cell, datetime | date):
            return None if name in self._late else self._one_way.get(name)
        written = isinstance(cell, str) and _NUMBERS.match(cell)
        return self._month_first.get(name) if written else None

"""What stands on a printed page, in words and numbers: made by `review_pack.py`, drawn by `printing.py` on paper and by
`workbook.py` in a spreadsheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

Cell = str | int | float | date | None
"""What stands in a table. A number stays a number, so that a spreadsheet can sum it; None is not known."""


@dataclass(frozen=True)
class Figure:
    """A number that matters and what it says: `12.4`, "members on average", "norm 15"."""

    number: str
    words: str
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A table with a heading. `short` is its name on a sheet of a workbook, no longer than 20 characters.

    `last` is a line below the others that sums them up. `printed` False: too long for the page, only in the workbook.
    """

    title: str
    short: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    last: Sequence[Cell] | None = None
    note: str = ""
    printed: bool = True


@dataclass(frozen=True)
class Page:
    """One page: one block. `left` and `right` stand side by side below the figures, `whole` below them."""

    title: str
    mission: str
    lines: Sequence[str]
    figures: Sequence[Figure]
    left: Sequence[Table]
    right: Sequence[Table]
    whole: Sequence[Table]
    made: str
    language: str

    @property
    def tables(self) -> Sequence[Table]:
        """All tables, in the order of reading."""
        return (*self.left, *self.right, *self.whole)

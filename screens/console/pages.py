"""What stands on a printed page, in words and numbers. `review_pack.py` says it; `server/console/printing.py` draws it
on paper and `workbook.py` beside that in a spreadsheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

Cell = str | int | float | date | None
"""What stands in a table. A number stays a number, so that a spreadsheet can sum it; None is not known."""


@dataclass(frozen=True)
class Figure:
    """A number that matters and what it says: `12.4`, "members on average", "norm 15"; `change` how it has changed."""

    number: str
    words: str
    note: str = ""
    change: str = ""


@dataclass(frozen=True)
class Table:
    """A table with a heading. `short` is its name on a sheet of a workbook, no longer than 20 characters.

    `last` is a line below the others that sums them up. `on_paper` are the lines for which a page has room, None for
    all; `printed` False: none, the table is in the workbook only. `halves`: on paper in two columns side by side;
    `wide`: it has the whole width of the page to itself.
    """

    title: str
    short: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    last: Sequence[Cell] | None = None
    note: str = ""
    on_paper: Sequence[Sequence[Cell]] | None = None
    printed: bool = True
    halves: bool = False
    wide: bool = False


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

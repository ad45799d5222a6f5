"""Pages as a workbook: the same tables, one sheet each, for whoever wants to sort and sum them.

Nothing in it is a formula. What a spreadsheet would take for one, here or after the sheet has been saved as CSV, begins
with an apostrophe; codes and masked account numbers are text, so that no zero in front is lost.
"""

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from screens.console.pages import Cell, Page, Table

BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
LONGEST = 32_000
"""Letters that fit in a cell."""
NOT_IN_A_NAME = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
LONGEST_NAME = 31
WIDEST = 48


def workbook_of(pages: Sequence[Page], made_at: datetime) -> bytes:
    """The tables of all pages, one sheet each, in the order of the pages; also those too long for paper."""
    book = Workbook()
    book.properties.creator, book.properties.created = "Samooh", made_at.replace(tzinfo=None)
    assert book.active is not None
    book.remove(book.active)
    taken: set[str] = set()
    for page in pages:
        _overview(book.create_sheet(_free_name(page.title, taken)), page)
        for table in page.tables:
            _fill(book.create_sheet(_free_name(table.short, taken)), page, table)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def text_of(value: str) -> str:
    """Text that no spreadsheet runs: without control characters, an apostrophe before what would begin a formula."""
    kept = "".join(letter for letter in value if letter >= " " or letter in "\t\n\r")[:LONGEST]
    return f"'{kept}" if kept.lstrip(" ").startswith(BEGINS_A_FORMULA) else kept


def _overview(sheet: Worksheet, page: Page) -> None:
    """The head of the page and its figures."""
    head = [[page.title], [page.mission], *([line] for line in page.lines), [page.made], []]
    rows: list[Sequence[Cell]] = [
        *head,
        *([one.words, one.number, one.note, one.change or None] for one in page.figures),
    ]
    _write(sheet, rows, bold={1})


def _fill(sheet: Worksheet, page: Page, table: Table) -> None:
    """A table below its heading, with the same foot as on paper: who made it and when."""
    above: list[Sequence[Cell]] = [[f"{page.title} · {table.title}"], [page.made], []]
    below: list[Sequence[Cell]] = [*([table.last] if table.last else []), *([[table.note]] if table.note else [])]
    heads = len(above) + 1
    last = heads + len(table.rows) + 1
    _write(sheet, [*above, table.heads, *table.rows, *below], bold={1, heads, *([last] if table.last else [])})
    sheet.freeze_panes = f"A{heads + 1}"
    if table.rows:
        sheet.auto_filter.ref = f"A{heads}:{get_column_letter(len(table.heads))}{heads + len(table.rows)}"


def _write(sheet: Worksheet, rows: Sequence[Sequence[Cell]], bold: set[int]) -> None:
    widths: dict[int, int] = {}
    for at, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            if value is None:
                continue
            cell = sheet.cell(at, column)
            _put(cell, value)
            if at in bold:
                cell.font = Font(bold=True)
            if len(row) > 1:
                widths[column] = max(widths.get(column, 0), len(str(cell.value)))
    for column, width in widths.items():
        sheet.column_dimensions[get_column_letter(column)].width = min(width + 2, WIDEST)


def _put(cell: Any, value: Cell) -> None:
    if isinstance(value, str):
        cell.value = text_of(value)
        # Said once more: openpyxl takes what begins with "=" for a formula, and spreadsheets digits for a number.
        cell.data_type, cell.number_format = "s", "@"
        return
    cell.value = value
    if isinstance(value, date):
        cell.number_format = "dd-mm-yyyy"


def _free_name(wanted: str, taken: set[str]) -> str:
    """A sheet's name: short, without signs that are not allowed, and no other sheet's."""
    plain = " ".join(wanted.translate(NOT_IN_A_NAME).split())[:LONGEST_NAME] or "-"
    name = next(one for one in _tries(plain) if one.lower() not in taken)
    taken.add(name.lower())
    return name


def _tries(name: str) -> Iterator[str]:
    yield name
    for number in range(2, 10_000):
        ending = f" {number}"
        yield name[: LONGEST_NAME - len(ending)] + ending

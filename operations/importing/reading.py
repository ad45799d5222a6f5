"""Opening a file: CSV in any of its dialects, or XLSX. Rows come one at a time, with the line they stand in.

What stands above the header (a title, the name of the block, a day) is passed over. Nothing is kept in memory but the
row at hand, so that a state's register can be read like a village's. A workbook's shared texts are the exception.
"""

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from operations.importing.headers import Header, Heads
from operations.importing.values import DAY_ZERO

TITLE_ROWS = 40
"""So many rows may stand above the header."""
DELIMITERS = ",;\t|"
WORKBOOKS = (".xlsx", ".xlsm")
_OLD_WORKBOOK = bytes.fromhex("d0cf11e0a1b11ae1")
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"RIFF", b"%PDF")
_BEFORE_TEXT = codecs.BOM_UTF8 + b" \t\r\n"
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell [^<>]*?ref="([A-Z]+[0-9]+:[A-Z]+[0-9]+)"')
_LONGEST_MERGED = 200
_ZEROS = re.compile('"?(0{2,})"?')
_CHUNK = 1 << 20


Merged = Mapping[int, Sequence[tuple[int, int]]]
"""Line -> cells that begin there and reach over the lines below: (place of the column, last line)."""

Lines = Generator[tuple[int, list[Any]], None, None]
"""Lines with their cells, as a file has them; to be closed."""


class CannotRead(Exception):
    """A file that cannot be read at all; the text says what to do about it."""


@dataclass(frozen=True)
class Row:
    """One row: the line it stands in, its cells as the file has them, where the columns are, and the day from which
    its numbers for days are counted.

    `ran_together`: the header over a cell into which a quotation mark has drawn lines that followed it, else "".
    `filled`: whether a cell stands in it that the list has merged over several rows.
    """

    line: int
    cells: Sequence[Any]
    header: Header
    ran_together: str = ""
    day_zero: date = DAY_ZERO
    filled: bool = False

    def cell(self, name: str) -> Any:
        """What stands in a column by our name; None where the list has no such column or the row ends before it."""
        place = self.header.at.get(name)
        return self.cells[place] if place is not None and place < len(self.cells) else None

    def named(self, name: str) -> str:
        return self.header.named(name)


@dataclass(frozen=True)
class Sheet:
    """A file whose header is understood. `other_sheets`: sheets of the workbook that are not read, `other_lists` those
    of them that hold such a list too; `count`: rows below the header, 0 where that is not known."""

    path: Path
    header: Header
    header_line: int
    sheet: str | None = None
    delimiter: str = ","
    encoding: str = "utf-8-sig"
    other_sheets: tuple[str, ...] = ()
    other_lists: tuple[str, ...] = ()
    merged: Merged = field(default_factory=dict)
    count: int = 0
    day_zero: date = DAY_ZERO

    def rows(self) -> Iterator[Row]:
        """The rows below the header, blank ones too; each call reads the file again."""
        above: dict[int, tuple[int, Any]] = {}
        with _lines(self.path, self.sheet, self.delimiter, self.encoding, self.header_line) as lines:
            for line, cells in lines:
                if line > self.header_line:
                    filled = bool(self.merged) and self._fill(line, cells, above)
                    together = self._ran_together(cells)
                    yield Row(line, cells, self.header, together, self.day_zero, filled)

    def _fill(self, line: int, cells: list[Any], above: dict[int, tuple[int, Any]]) -> bool:
        """Give a row the cells that the list has merged over it and rows above; whether there are any. `above`: place
        of a column -> (last line, value) of such a cell."""
        filled = False
        for place, (last, value) in above.items():
            # A row that has nothing else is blank, however far the cell above was drawn.
            if line <= last and cells:
                cells += [None] * (place + 1 - len(cells))
                if cells[place] is None:
                    cells[place], filled = value, True
        for place, last in self.merged.get(line, ()):
            if place < len(cells) and cells[place] is not None:
                above[place] = last, cells[place]
        return filled

    def _ran_together(self, cells: Sequence[Any]) -> str:
        """The header over a cell of a text file that holds line breaks and as much as a whole row."""
        if self.is_workbook:
            return ""
        row = len(self.header.cells) - 1
        for place, cell in enumerate(cells):
            if "\n" in cell and cell.count(self.delimiter) >= row:
                return (self.header.cells[place] or "?") if place <= row else ""
        return ""

    @property
    def is_workbook(self) -> bool:
        return self.sheet is not None


def open_sheet(path: Path, heads: Heads) -> Sheet:
    """The file with its header found. Raises CannotRead with a sentence that says what to do."""
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise CannotRead(f"{path} cannot be opened: {error.strerror or error}. Name a file that is there.") from error
    if not start:
        raise CannotRead(f"{path} is empty. Export it again.")
    if start.startswith(_OLD_WORKBOOK):
        raise CannotRead(
            f"{path} is an old Excel file (.xls) or has a password. Open it in a spreadsheet and save it as XLSX "
            "without a password."
        )
    if start.startswith(b"PK"):
        return _open_workbook(path, heads)
    if start.startswith(_PICTURES):
        raise CannotRead(
            f"{path} is a picture or a PDF, whatever its name says, and neither a CSV file nor a workbook. Get the "
            "list itself as CSV or XLSX."
        )
    if start.lstrip(_BEFORE_TEXT).startswith(b"<"):
        raise CannotRead(
            f"{path} is a web page or XML, as portals export it under the name of a workbook. Open it in a "
            "spreadsheet, save it as XLSX and import that file."
        )
    return _open_text(path, heads)


# --- workbooks


def _open_workbook(path: Path, heads: Heads) -> Sheet:
    """The first sheet that has the header and is shown; what somebody has hidden is not what is meant."""
    with closing(_workbook(path)) as book:
        names = [sheet.title for sheet in book.worksheets]
        heading = {name: found for name in names if (found := _heading(book, name, heads))}
        whole = [name for name in heading if not heads.missing(heading[name][1])]
        shown = [name for name in whole if book[name].sheet_state == "visible"]
        if shown:
            name, *lists = shown
            line, header = heading[name]
            others = tuple(other for other in names if other != name)
            merged = _merged(book[name], line)
            return Sheet(
                path, header, line, sheet=name, other_sheets=others, other_lists=tuple(lists), merged=merged,
                day_zero=_day_zero(path),
            )  # fmt: skip
    if whole:
        raise CannotRead(f'{path} has its list on the hidden sheet "{whole[0]}". Show that sheet and import again.')
    nearest = max((header for _, header in heading.values()), key=lambda header: len(header.at), default=None)
    raise CannotRead(_no_header(path, heads, nearest))


def _heading(book: Any, name: str, heads: Heads) -> tuple[int, Header] | None:
    with closing(_sheet_rows(book, name)) as lines:
        return heads.best(_first(lines))


def _merged(sheet: Any, header_line: int) -> Merged:
    """The cells below the header that reach over several lines. They are told after all rows, and not by openpyxl as
    it reads row by row."""
    found: dict[int, list[tuple[int, int]]] = {}
    with sheet._get_source() as file:
        tail = b""
        while chunk := file.read(_CHUNK):
            text = tail + chunk
            end = 0
            for one in _MERGED.finditer(text) if b"mergeCell" in text else ():
                place, first, _, last = range_boundaries(one[1].decode())
                if last > first > header_line:
                    found.setdefault(first, []).append((place - 1, last))
                end = one.end()
            tail = text[max(end, len(text) - _LONGEST_MERGED) :]
    return found


def _day_zero(path: Path) -> date:
    """The day from which a workbook counts its days: those made on a Macintosh may begin with 1904."""
    with closing(_workbook(path)) as book:
        zero: date = book.epoch.date()
    return zero


def _workbook(path: Path) -> Any:
    try:
        return load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, ParseError, OSError) as error:
        raise CannotRead(
            f"{path} is no workbook that can be read ({type(error).__name__}). Open it in a spreadsheet, save it as "
            "XLSX and import that file."
        ) from error


def _workbook_rows(path: Path, name: str) -> Lines:
    with closing(_workbook(path)) as book:
        yield from _sheet_rows(book, name)


def _sheet_rows(book: Any, name: str) -> Lines:
    # The size that the file states is often wrong, and cells beyond it would be lost.
    book[name].reset_dimensions()
    for line, cells in enumerate(book[name].iter_rows(), 1):
        yield line, _without_tail([_value(cell) for cell in cells])


def _value(cell: Any) -> Any:
    """A cell's value. A number that is shown with leading zeros, by a format like 00000000000, is text with them."""
    value = cell.value
    if isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer():
        zeros = _ZEROS.fullmatch(cell.number_format or "")
        if zeros:
            return str(int(value)).zfill(len(zeros[1]))
    return value


# --- CSV


def _open_text(path: Path, heads: Heads) -> Sheet:
    encoding = _encoding(path)
    nearest: Header | None = None
    for delimiter in DELIMITERS:
        with _lines(path, None, delimiter, encoding) as lines:
            found = heads.best(_first(lines))
        if found and not heads.missing(found[1]):
            sheet = Sheet(path, found[1], found[0], delimiter=delimiter, encoding=encoding)
            # All of it is read once, so that nothing breaks off halfway through an import.
            return replace(sheet, count=sum(1 for _ in sheet.rows()))
        if found and (nearest is None or len(found[1].at) > len(nearest.at)):
            nearest = found[1]
    raise CannotRead(_no_header(path, heads, nearest))


def _encoding(path: Path) -> str:
    """UTF-8 or UTF-16; the whole file is tried, so that nothing breaks off halfway through an import."""
    with path.open("rb") as file:
        start = file.read(2)
        encoding = "utf-16" if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
        decoder = codecs.getincrementaldecoder(encoding)()
        file.seek(0)
        try:
            while chunk := file.read(_CHUNK):
                if "\0" in decoder.decode(chunk):
                    raise CannotRead(f"{path} is neither a CSV file nor a workbook. Save the list as CSV or XLSX.")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise CannotRead(
                f"{path} is not written in UTF-8, so that Hindi letters would be lost. Save it in the spreadsheet as "
                '"CSV UTF-8" or as XLSX and import that file.'
            ) from error
    return encoding


def _text_rows(path: Path, delimiter: str, encoding: str, header_line: int | None) -> Lines:
    """The lines of a file; those below the header's, where it is known, must use quotation marks as they are meant."""
    # A single cell may be long; the reader's own limit is lower than what people paste into a cell.
    csv.field_size_limit(10 * _CHUNK)
    with path.open(encoding=encoding, newline="") as file:
        lines = _without_nul(file)
        above, below = (csv.reader(lines, delimiter=delimiter, strict=strict) for strict in (False, True))
        before = 0
        while True:
            reader = above if header_line is None or before < header_line else below
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise CannotRead(
                    f"{path} cannot be read from line {before + 1} on ({error}): a quotation mark stands alone there. "
                    'Delete it, or put the whole cell between quotation marks and write those within it twice ("").'
                ) from error
            # The line at which the row begins; one with line breaks between quotes ends further down.
            yield before + 1, _without_tail(cells)
            before = above.line_num + below.line_num


def _without_nul(file: io.TextIOWrapper) -> Iterator[str]:
    for line in file:
        yield line.replace("\0", "")


# --- both


@contextmanager
def _lines(
    path: Path, sheet: str | None, delimiter: str, encoding: str, header_line: int | None = None
) -> Iterator[Iterator[tuple[int, list[Any]]]]:
    rows = _workbook_rows(path, sheet) if sheet is not None else _text_rows(path, delimiter, encoding, header_line)
    # Closed at once, also when only the first rows are read: an open file cannot be replaced on every system.
    with closing(rows):
        yield rows


def _first(lines: Iterable[tuple[int, list[Any]]]) -> Iterator[tuple[int, list[str]]]:
    for line, cells in islice(lines, TITLE_ROWS):
        yield line, [" ".join(str(cell).split()) if cell is not None else "" for cell in cells]


def _without_tail(cells: list[Any]) -> list[Any]:
    """Without the empty cells at the end, of which spreadsheets write hundreds."""
    while cells and (cells[-1] is None or cells[-1] == ""):
        cells.pop()
    return cells


def _no_header(path: Path, heads: Heads, nearest: Header | None) -> str:
    if nearest is None or len(nearest.at) < 2:
        need = "; ".join(heads.missing(heads.read([])))
        return f"{path} has no header that is understood. It needs columns for: {need}. See docs/importing.md."
    missing = "; ".join(heads.missing(nearest))
    unread = f" Not understood: {', '.join(nearest.unread[:12])}." if nearest.unread else ""
    return f"{path} lacks a column for: {missing}.{unread} See docs/importing.md for the words that are understood."

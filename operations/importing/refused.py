"""The file of refused rows: the list's own columns in its own order, then line, reason and remedy in two languages.

It is mended in a spreadsheet and imported as it is: the added columns are passed over. Every cell is text, so that no
spreadsheet drops zeros or rounds a number. Nothing is ever written over; an Aadhaar number is struck on the way.

What was refused is refused again until somebody has mended it, though the file shows less than the list did: how a cell
was stored, and what stands in other rows. So its cell `refused as` tells whether a row was changed since. And where
that is deleted, a rounded number is still seen to be one, and surplus cells stand behind the last column.
"""

import csv
import hashlib
import os
from collections.abc import Container, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from operations.importing.headers import OWN, key_of
from operations.importing.reading import CannotRead, Row, Sheet
from operations.importing.reasons import CURED_ELSEWHERE, REASONS, RefusedBefore, Unplaced, Words
from records.aadhaar import strike_aadhaar
from records.written import show_day

_FORMULA = ("=", "+", "-", "@")
_ROUNDED = 10**15
"""From here on a spreadsheet no longer keeps every digit of a number."""


class RefusedRows:
    """Writes refused rows to a new file, which is there, whole, once it is closed; without such rows there is none."""

    def __init__(self, path: Path, sheet: Sheet, adds: Sequence[str] = ()) -> None:
        must_be_new(path, "--refused")
        self.path, self._sheet = path, sheet
        # Columns that a person may need to fill in and that the list does not have.
        self._adds = tuple(name for name in adds if name not in sheet.header.at)
        self._aside = _aside(path)
        self._writer: _Csv | _Xlsx | None = None

    def add(self, row: Row, why: Unplaced) -> None:
        if self._writer is None:
            self._writer = _Xlsx(self._aside) if self.path.suffix.lower() == ".xlsx" else _Csv(self._aside)
            kept = [self._sheet.header.cells[place] for place in self._sheet.header.kept]
            self._writer.write([*kept, *self._adds, *OWN])
        # A reason may name what stands in the row, and so a number that is struck there.
        words = [strike_aadhaar(said) for said in (*why.words("en"), *why.words("hi"))]
        cells = [*self._cells(row), *("" for _ in self._adds)]
        surplus = [strike_aadhaar(_written(cell)) for cell in row.cells[len(self._sheet.header.cells) :]]
        reasons = (str(row.line), *words, _mark(why.code, cells))
        # Behind all columns a surplus cell is lost no more than in the list, and the row is still too long.
        self._writer.write([*cells, *reasons, *surplus])

    def _cells(self, row: Row) -> Iterable[str]:
        account = self._sheet.header.at.get("account_number")
        for place in self._sheet.header.kept:
            written = _written(row.cells[place]) if place < len(row.cells) else ""
            yield written if place == account else strike_aadhaar(written)

    def close(self) -> Path | None:
        """The file, or None if no row was refused."""
        if self._writer is None:
            return None
        writer, self._writer = self._writer, None
        writer.close()
        os.replace(self._aside, self.path)
        return self.path

    def forget(self) -> None:
        """Away with what was begun: the import broke off."""
        if self._writer is not None:
            self._writer.close()
            self._aside.unlink(missing_ok=True)


def refused_before(row: Row) -> Unplaced | None:
    """Why a row of such a file is refused again without a look at it: nothing in it was changed, and nothing else can
    have mended it. Who finds it right as it stands empties its reason."""
    cells, header = row.cells, row.header
    own = {key_of(header.cells[place]): _written(cells[place]) for place in header.own if place < len(cells)}
    reason, remedy, reason_hi, remedy_hi, mark = (own.get(key_of(name), "") for name in OWN[1:])
    code = mark.partition(" ")[0]
    if code not in REASONS or code in CURED_ELSEWHERE or not (reason and reason_hi):
        return None
    kept = [_written(cells[place]) if place < len(cells) else "" for place in header.kept]
    if mark != _mark(code, kept):
        return None
    return RefusedBefore(code, Words(reason, remedy), Words(reason_hi, remedy_hi))


def _mark(code: str, cells: Iterable[str]) -> str:
    """What tells later whether a row still says what it was refused for."""
    said = "|".join(" ".join(_drawable(cell).removeprefix("'").split()) for cell in cells)
    return f"{code} {hashlib.blake2b(said.encode(), digest_size=6).hexdigest()}"


def must_be_new(path: Path, option: str) -> None:
    """Raises CannotRead, while nothing is brought in yet, for a file that is there or cannot be written."""
    if path.exists():
        raise CannotRead(f"{path} is there already and is not written over. Name another file with {option}.")
    try:
        os.close(private(_aside(path)))
        _aside(path).unlink()
    except OSError as error:
        raise CannotRead(
            f"{path} cannot be written ({error.strerror or error}). "
            f"Name a file in a folder that is there with {option}."
        ) from error


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def free_path(source: Path, folder: Path | None = None, taken: Container[Path] = ()) -> Path:
    """Where refused rows of a file go if nobody says so: beside it, under the first name that is free."""
    stem = source.stem.partition(".refused")[0]
    for number in range(1, 10_000):
        path = (folder or source.parent) / f"{stem}.refused{'' if number == 1 else f'-{number}'}.xlsx"
        if not path.exists() and path not in taken:
            return path
    raise CannotRead(f"There are too many files {stem}.refused… in {source.parent}: delete the old ones.")


def _written(cell: Any) -> str:
    """A cell as text that is read back as the same value."""
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return show_day(cell.date() if isinstance(cell, datetime) else cell)
    if isinstance(cell, int | float) and abs(cell) >= _ROUNDED:
        # Written out, it would pass for a number that somebody has typed.
        return f"{Decimal(cell):E}"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def private(path: Path) -> int:
    """Registers hold personal data: only the owner may read what is written."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


class _Csv:
    def __init__(self, path: Path) -> None:
        # With a mark at the beginning, or spreadsheets take the letters for those of another alphabet.
        self._file = os.fdopen(private(path), "w", encoding="utf-8-sig", newline="")
        self._csv = csv.writer(self._file)

    def write(self, cells: Iterable[str]) -> None:
        # What a spreadsheet would run as a formula is marked as text; reading takes the mark off again.
        self._csv.writerow([f"'{cell}" if cell.startswith(_FORMULA) and len(cell) > 1 else cell for cell in cells])

    def close(self) -> None:
        self._file.close()


class _Xlsx:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet("refused")

    def write(self, cells: Iterable[str]) -> None:
        self._sheet.append([self._text(cell) for cell in cells])

    def _text(self, value: str) -> Any:
        cell = WriteOnlyCell(self._sheet, value=_drawable(value))
        cell.data_type, cell.number_format = "s", "@"
        return cell

    def close(self) -> None:
        with os.fdopen(private(self._path), "wb") as file:
            self._book.save(file)


def _drawable(value: str) -> str:
    """Without control characters, which a workbook cannot hold."""
    return "".join(c for c in value if c >= " " or c in "\t\n")[:32_000]

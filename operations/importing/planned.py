"""What an importer says of a row before the centre is asked, and what it must remember from row to row."""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from operations.importing.choices import answer_of
from operations.importing.door import Door, Listed
from operations.importing.headers import Heads
from operations.importing.reading import Row
from operations.importing.reasons import Unplaced
from operations.importing.refused import refused_before
from operations.importing.values import text_of

TOTALS = frozenset("total totals grand total कुल योग महायोग कुल योग".split())


@dataclass(frozen=True)
class Planned:
    """A row and what it lists; or why it lists nothing: refused, or passed over.

    A row that is refused may list what lies above it. `notes` are words of `NOTES` about what is listed; `named` says
    which places some of them mean.
    """

    row: Row
    listed: tuple[Listed, ...] = ()
    refused: Unplaced | None = None
    passed_over: str | None = None
    notes: tuple[str, ...] = ()
    named: tuple[tuple[str, str], ...] = ()


class Importer(Protocol):
    """Reads the rows of one kind of list. `adds`: columns that a person may need to mend a row, beside the list's."""

    heads: Heads
    source: str

    @property
    def adds(self) -> tuple[str, ...]: ...

    def begin(self, rows: Iterable[Row]) -> None:
        """Look through the whole list once, before any row of it is planned."""
        ...

    def plan(self, rows: Sequence[Row], door: Door) -> list[Planned]: ...


class Seen:
    """What stood in earlier rows of a file, kept on the disk, so that memory does not grow with the file."""

    def __init__(self) -> None:
        # A database without a name lives in a temporary file that goes with the connection.
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, digest BLOB, line INTEGER) WITHOUT ROWID")
        self._db.execute("BEGIN")

    def before(self, key: str, said: Any, line: int) -> tuple[int, bool] | None:
        """(line, whether it said the same) of an earlier row with this key; None for the first one."""
        digest = hashlib.blake2b(repr(said).encode(), digest_size=16).digest()
        done = self._db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (key, digest, line))
        if done.rowcount:
            return None
        known, first = self._db.execute("SELECT digest, line FROM seen WHERE key = ?", (key,)).fetchone()
        return int(first), known == digest

    def knows(self, key: str) -> bool:
        return self._db.execute("SELECT 1 FROM seen WHERE key = ?", (key,)).fetchone() is not None

    def close(self) -> None:
        self._db.close()


class Namesakes:
    """Which names of a list stand at more than one code. All are looked at before the first row is planned: which of
    them is met must not depend on their order."""

    def __init__(self) -> None:
        self._codes, self._twice = Seen(), Seen()

    def look(self, called: str, row: Row) -> None:
        before = self._codes.before(called, str(row.cell("code") or "").strip(), row.line)
        if before and not before[1]:
            self._twice.before(called, None, row.line)

    def has(self, called: str) -> bool:
        """Whether another row of the list is called so too."""
        return self._twice.knows(called)


def passed_over(row: Row) -> str | None:
    """Whether a row holds nothing: a blank line, the header once more, or the totals below a list."""
    cells = (row.cells[place] for place in row.header.kept if place < len(row.cells))
    first = next((cell for cell in cells if cell is not None and str(cell).strip()), None)
    if first is None:
        return "blank"
    if tuple(" ".join(str(cell or "").split()) for cell in row.cells) == row.header.cells:
        return "header"
    words = str(first).strip().rstrip(":").lower().split()
    return "total" if words and TOTALS.issuperset(words) else None


def must_fit(row: Row) -> None:
    """Refuses a row that holds others, or is longer than its header: its values may have slipped into other columns.
    And one that was refused before and is not mended."""
    if why := refused_before(row):
        raise why
    if row.ran_together:
        raise Unplaced("rows_in_one_cell", column=row.ran_together)
    if any(str(cell or "").strip() for cell in row.cells[len(row.header.cells) :]):
        raise Unplaced("cells_too_many")


def text(row: Row, name: str) -> str:
    return text_of(row.cell(name), row.named(name))


def answer(row: Row, name: str, notes: list[str], written: str | None = None) -> str | None:
    """The answer of a closed list that a cell gives; a word that is not known is noted and left out."""
    said = text(row, name) if written is None else written
    if not said:
        return None
    found = answer_of(name, said)
    if found is None:
        notes.append("word_not_known")
    return found


def needed(row: Row, name: str, value: Any) -> Any:
    """The value, refused where it is empty."""
    if not value:
        raise Unplaced("required", column=row.named(name))
    return value

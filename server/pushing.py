"""Applying the changes of one batch inside one transaction (design 4, "Push on the server").

The order is the recipe's: lock what is known, merge, work out what follows, write set-based, take the numbers of the
streams last. A row that cannot be applied is refused, held or set aside; the others go on.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from records.days import day_of
from records.kinds import Registry
from records.messages import BatchAnswer, FrozenBatch, Outcome
from server.applying import Applying, Effects
from server.aside import mended, set_aside, set_unreadable_aside
from server.checking import Lot, Row, outcomes_in, outcomes_of
from server.deriving import Followed, derive
from server.doubles import propose_doubles
from server.feeding import News, tell
from server.gathering import load, lock, named_by_lots, named_by_rows
from server.glance import Glance
from server.judging import Author, Judging
from server.merging import Merging
from server.newcomers import Newcomers
from server.reaching import capacity_under, office_reaches
from server.stamping import cap_lots, cap_rows, part_lots, part_rows
from server.standings import Standings
from server.tables import CentralTables
from server.waiting import apply_after_parents, apply_held
from server.withdrawing import close_withdrawn
from server.working import Working

MOST_ROWS = 1_000_000
"""Stands for "to the last row" where the number of rows is not known."""

ALWAYS_WHOLE = ("Conflict", "AccountStep")
"""Kinds that are told all or nothing: a conflict is shown as its record is, and a phone that is too full may have let a
step go, which nobody changes anyway."""

IMPORTER = "import/"
"""Begins the names of the office's devices that take in lists (`server/importing.py`)."""


class Push:
    """One batch of one device, or what it had to hold, in one transaction."""

    def __init__(
        self,
        db: Connection,
        tables: CentralTables,
        registry: Registry,
        state_id: int,
        author: Author,
        now_ms: int,
        seen: Glance | None = None,
        *,
        by_feed: bool = False,
    ) -> None:
        self.db, self.tables, self.registry, self.state_id = db, tables, registry, state_id
        self.author, self.now_ms = author, now_ms
        self.working = Working(db, tables, registry, state_id, seen, by_feed=by_feed)
        self.standings = Standings(self.working)
        self.merging = Merging(self.working)
        self.effects = Effects()
        self.judging, self.applying = self._applying(author)
        self.restamped: dict[str, str] = {}
        self.today = day_of(now_ms)
        self.proposed: dict[str, tuple[str, ...]] = {}
        self.lent: dict[str, Author] = {}
        """Devices whose held changes are judged by another's reach: an office has accepted what they wait for."""

    def apply(self, number: int, rows: list[Row]) -> BatchAnswer:
        """The answer to a batch taken row by row; everything it says is true once the transaction commits."""
        capped = cap_rows(self.working, self.author, rows, self.now_ms)
        self.restamped = dict(capped.restamped)
        named = named_by_rows(self.registry, rows)
        lock(self.working, named)
        load(self.working, self.standings, named)
        if capped.mixed:
            part_rows(self.working, self.merging, self.author, rows, self.restamped)
        self._apply_rows(rows)
        self._finish(number, rows)
        return BatchAnswer(number, "applied", outcomes_of(rows), self.restamped)

    def apply_lots(self, number: int, lots: list[Lot]) -> BatchAnswer:
        """The same answer to the same batch, with all that is new to the centre taken by columns."""
        capped = cap_lots(self.working, self.author, lots, self.now_ms)
        self.restamped = dict(capped.restamped)
        named = named_by_lots(self.registry, lots)
        lock(self.working, named)
        load(self.working, self.standings, named)
        if capped.mixed:
            part_lots(self.working, self.merging, self.author, lots, self.restamped)
        newcomers = Newcomers(self.working, self.standings, self.judging)
        rows: list[Row] = []
        for lot in lots:
            plain = newcomers.plain_in(lot)
            if len(plain) < len(lot.ids) and lot.kind in self.registry:
                self.working.look_again(lot.kind, (lot.ids[at] for at in lot.sound() if at not in plain))
            for by_columns, run in groupby(range(len(lot.ids)), plain.__contains__):
                if by_columns:
                    newcomers.create(lot, list(run))
                else:
                    singly = [lot.row(at) for at in run]
                    self._apply_rows(singly)
                    rows += singly
        self._finish(number, rows)
        return BatchAnswer(number, "applied", outcomes_in(sum(len(lot.ids) for lot in lots), rows), self.restamped)

    def set_lots_aside(self, number: int, lots: list[Lot], code: str) -> BatchAnswer:
        """A carried batch that is not to be applied, for this reason: all of it waits for the office."""
        rows = [lot.row(at) for lot in lots for at in range(len(lot.ids))]
        for row in rows:
            if row.state == "applied":
                row.fail("quarantined", code)
        named = named_by_rows(self.registry, rows)
        lock(self.working, named)
        load(self.working, self.standings, named)
        self._write(number, rows)
        return BatchAnswer(number, "applied", outcomes_of(rows))

    def set_unreadable_aside(self, frozen: FrozenBatch) -> BatchAnswer:
        """A batch that cannot be unpacked: its number is used, and all of its rows are set aside."""
        set_unreadable_aside(self.working, self.author, frozen, self.now_ms)
        return BatchAnswer(frozen.number, "applied", (Outcome(0, MOST_ROWS, "quarantined", "bad_message"),))

    def write_down(self) -> None:
        """Write what was derived here by hand, without any batch."""
        self._write(0, [])

    def wake(self, parents: Iterable[str]) -> None:
        """Apply what is held for these records, as far as they are known by now."""
        self._apply_held(self.working.known_among(parents))
        self._write(0, [])

    def awaited(self) -> set[str]:
        """Records for which others may be waiting, or which rows of this batch wait for. While this transaction was
        under way another one may have brought or held the other half; neither has seen the other."""
        return self.effects.awaited | set(self.working.created)

    def _apply_rows(self, rows: list[Row]) -> None:
        self.merging.read_past(rows)
        for row in rows:
            if row.state == "applied":
                self.applying.apply(row)

    def _finish(self, number: int, rows: list[Row]) -> None:
        """With all rows tried once: those before their parents, what others had sent for these, and what follows."""
        apply_after_parents(self.applying, rows)
        self._apply_held(set(self.working.created))
        if self.author.importer:
            self.proposed = propose_doubles(self.working, self.merging, greatest_stamp(rows))
        self.effects.awaited |= {
            str(row.cells[row.field][0]) for row in rows if row.state == "held" and row.field in row.cells
        }
        self._write(number, rows)

    def _apply_held(self, parents: set[str]) -> None:
        apply_held(self.working, self.standings, self.effects, self._as_device, parents, self.now_ms)

    def _as_device(self, device: str) -> tuple[Author, Applying]:
        author = self.lent.get(device) or author_of(self.db, self.tables, self.state_id, device, self.today)
        return author, self._applying(author)[1]

    def _applying(self, author: Author) -> tuple[Judging, Applying]:
        judging = Judging(self.working, self.standings, self.merging, author, self.now_ms)
        return judging, Applying(self.working, self.standings, self.merging, author, judging, self.effects)

    def _write(self, number: int, rows: list[Row]) -> None:
        if not self.author.importer:  # whoever gave the list gets back what was not taken
            if "Verdict" in self.registry:
                mended(self.working, self.author, rows)
            if "Withdrawal" in self.registry:
                close_withdrawn(self.working, self.author, rows, self.now_ms)
            set_aside(self.working, self.standings, self.author, number, rows, self.now_ms)
        changed = derive(self.working, self.standings, self.effects.left_groups, self.now_ms)
        self.working.flush()
        self.merging.flush()
        tell(self.db, self.tables, self.state_id, self._news(changed), self.author.device)

    def _news(self, changed: Followed) -> Iterator[News]:
        """What streams are told. Of a record that they hold all of it, where its author is told it too: her phone may
        show something else than the centre."""
        whole, everything = self.effects.whole, bool(self.restamped)
        for kind, ids, streams in changed.new():
            if everything or whole.isdisjoint(ids):
                yield News(kind, ids, streams, everything)
            else:
                yield from (News(kind, [id], streams, id in whole) for id in ids)
        for kind, id in changed.known:
            told = everything or id in whole
            fields = None if told or kind in ALWAYS_WHOLE else self.working.changed_fields(kind, id)
            yield News(kind, [id], changed.streams_of(kind, id), told, True, fields)


def author_of(db: Connection, tables: CentralTables, state_id: int, device: str, today: date) -> Author:
    """A device as an author, with what its person reaches on a day."""
    table = tables.device
    row = db.execute(select(table).where(table.c.state_id == state_id, table.c.device == device)).one()
    return author_in(db, tables, state_id, row, today)


def author_in(db: Connection, tables: CentralTables, state_id: int, row: Any, today: date, mark: str = "") -> Author:
    """`author_of` of a device whose row has been read. `mark`: that of REACH, where this transaction has read it."""
    if row.office:
        importer = row.name.startswith(IMPORTER)
        reaches = office_reaches(db, tables, state_id, importer=importer)
        return Author(row.device, row.person_id, reaches, office=True, importer=importer)
    return Author(row.device, row.person_id, capacity_under(mark, db, tables, state_id, row.person_id, today).reaches)


def greatest_stamp(rows: list[Row]) -> str:
    """The latest stamp of a batch; '' for none."""
    return max((stamp for row in rows for _, stamp, _ in row.cells.values()), default="")

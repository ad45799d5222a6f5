"""Whether a store's file is sound: quickly with every opening, thoroughly once something looked wrong.

SQLite's quick check of a whole block (12 MB) takes 0.03 s on a desk and a few tenths on a slow phone, so it is made
each time, and given up after a second. It does not see a letter that has turned within a row: the rows of what only
this phone holds are read each time, all others when a reading has failed before, which leaves a mark beside the file.
"""

import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Table

from records.problems import Problem
from storage.raw_pages import MAGIC
from storage.salvaging import ONLY_HERE, Soundness
from storage.store import LocalStore, is_suspect, sqlite_problems, suspicion_of

MOST_SECONDS = 1.0
"""How long the check of the whole file may keep a person waiting."""


def check_file(path: Path) -> None:
    """Raises Problem store_damaged for a file that SQLite would stumble over, before it is opened for work."""
    if not path.exists():
        return
    with path.open("rb") as file:
        head = file.read(len(MAGIC))
    if head != MAGIC and (head or _was_in_use(path)):
        # Opened as it is, an emptied file would be a new one, and the log beside it be thrown away.
        raise Problem("store_damaged")
    with sqlite_problems(), closing(sqlite3.connect(path)) as connection:
        ends = None if is_suspect(path) else time.monotonic() + MOST_SECONDS
        # Once given up it is not begun again today: what is read below counts most, and the next start tries again.
        connection.set_progress_handler(lambda: ends is not None and time.monotonic() > ends, 5_000)
        how = "quick_check" if ends else "integrity_check"
        try:
            said = connection.execute(f"PRAGMA {how}(1)").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_INTERRUPT":
                raise
        else:
            if said != ("ok",):
                raise Problem("store_damaged")
        connection.set_progress_handler(None, 0)
        for name in ONLY_HERE:
            said = connection.execute(f"PRAGMA integrity_check('{name}')").fetchone()
            if said != ("ok",) and "no such table" not in said[0]:
                raise Problem("store_damaged")


def check_rows(store: LocalStore) -> None:
    """Raises Problem store_damaged where a row that only this phone holds cannot be read; after a failed reading, for
    any row."""
    everything = store.is_suspect
    tables = store.tables.metadata.tables
    _read(store, tables.values() if everything else [tables[name] for name in ONLY_HERE])
    if everything:
        suspicion_of(store.path).unlink(missing_ok=True)


def _read(store: LocalStore, tables: Iterable[Table]) -> None:
    with store.reading() as t:
        for table in tables:
            sound = Soundness(table, store.tables.codec)
            names = table.columns.keys()
            chosen = ",".join(f'"{name}"' for name in names)
            for row in t.connection.exec_driver_sql(f'SELECT {chosen} FROM "{table.name}"'):
                if not sound.of(dict(zip(names, row, strict=True))):
                    raise Problem("store_damaged")


def _was_in_use(path: Path) -> bool:
    return any(path.with_name(path.name + ending).exists() for ending in ("-wal", "-syncing"))

"""The copy of a store's file that is made before a newer app brings it up to date.

The upgrade itself is one transaction and survives being killed; the copy is for the day when the mistake is ours.
Where there is no room for all of it, what only this phone holds is copied: the rest can be fetched again.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from records.problems import Problem

MARGIN = 1_000_000
"""Bytes to be left over after a copy, for the upgrade and the next saves."""

ONLY_HERE = ("meta", "setting", "outbox", "frozen", "mending", "draft", "beneath", "photo")
"""Tables of which nobody else has a copy, parents of nothing: small beside the records."""

UNFINISHED = ".part"


def copy_before_upgrade(path: Path, clock_ms: int) -> Path:
    """Copies a store's file beside it under a dated name. Raises Problem no_room where not even her own work fits."""
    name = dated(path, "before", clock_ms)
    part = name.with_name(name.name + UNFINISHED)
    for old in _copies(path, UNFINISHED):
        old.unlink()
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(part)) as target:
            if _size(source) + MARGIN <= free_bytes(path.parent):
                source.backup(target)
            else:
                _copy_only_here(source, target)
            if target.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise Problem("store_damaged")
        to_disk(part)
    except (OSError, sqlite3.OperationalError) as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError) or error.sqlite_errorname.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
            raise Problem("no_room") from error
        raise
    os.replace(part, name)
    to_disk(path.parent)
    return name


def forget_older_copies(path: Path) -> None:
    """With the upgraded file well opened, one copy is enough: the newest."""
    for old in sorted(_copies(path))[:-1]:
        old.unlink()


def forget_copies(path: Path) -> None:
    """Somebody else works with this phone now: copies of what her predecessor held go as well."""
    for old in _copies(path):
        old.unlink()


def dated(path: Path, what: str, clock_ms: int) -> Path:
    """`phone.sqlite` as `phone.before-20261124-181022.sqlite`, a name that nothing has yet."""
    at = datetime.fromtimestamp(clock_ms / 1000, UTC).strftime("%Y%m%d-%H%M%S")
    names = (f"{path.stem}.{what}-{at}{f'-{number:03}' if number else ''}{path.suffix}" for number in count())
    return next(found for name in names if not (found := path.with_name(name)).exists())


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def to_disk(path: Path) -> None:
    """What was written to this file, or the names in this folder, survives the loss of power from here on."""
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open a folder; its file systems write names in order.
    handle = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _copies(path: Path, ending: str = "") -> Iterator[Path]:
    yield from list(path.parent.glob(f"{path.stem}.before-*{path.suffix}{ending}"))


def _size(source: sqlite3.Connection) -> int:
    pages = source.execute("PRAGMA page_count").fetchone()[0]
    return int(pages) * int(source.execute("PRAGMA page_size").fetchone()[0])


def _copy_only_here(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    with target:
        for name in ONLY_HERE:
            made = source.execute("SELECT sql FROM sqlite_master WHERE type='table' AND name=?", (name,)).fetchone()
            if made is None:
                continue
            target.execute(made[0])
            rows = source.execute(f'SELECT * FROM "{name}"')
            marks = ",".join("?" * len(rows.description))
            target.executemany(f'INSERT INTO "{name}" VALUES ({marks})', rows)

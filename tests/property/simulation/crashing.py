"""A process that dies at a statement of SQL, or whose disk is full there; and the files as they lie at that moment."""

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine

from storage.store import LocalStore
from tests.statements import each_statement, each_statement_at_opening

WAL_HEAD = 32
SALT = slice(16, 24)
"""Where in a write-ahead log its salt stands: another salt is another log, begun after all of the last was copied."""


class Killed(BaseException):
    """The process is gone. Not an Exception: no code of ours may go on after it."""


class Files(NamedTuple):
    """A database as its files lie on the disk: the file and its write-ahead log, None for one that is not there."""

    main: bytes
    wal: bytes | None

    @classmethod
    def of(cls, path: Path) -> "Files":
        wal = wal_of(path)
        return cls(path.read_bytes(), wal.read_bytes() if wal.exists() else None)

    def put_back(self, path: Path) -> None:
        """Make these the files of a database that nobody has open. They are new files: what a process that was killed
        had open was its own, and a connection of it that is not collected yet must not read from them."""
        for file, content in ((path, self.main), (wal_of(path), self.wal)):
            file.unlink(missing_ok=True)
            if content is not None:
                file.write_bytes(content)
        path.with_name(path.name + "-shm").unlink(missing_ok=True)

    def after_power_loss(self, synced: tuple[bytes, int], chance: random.Random) -> "Files":
        """What was not waited for may be lost from any byte on. `synced`: (salt, length) of the log at the last commit
        that waited for the disk; a log begun since then is begun after all of the other was synced."""
        if self.wal is None or len(self.wal) <= WAL_HEAD:
            return self
        salt, length = synced
        least = length if self.wal[SALT] == salt else WAL_HEAD
        return Files(self.main, self.wal[: chance.randint(min(least, len(self.wal)), len(self.wal))])


def wal_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def log_mark(path: Path) -> tuple[bytes, int]:
    """(salt, length) of a write-ahead log."""
    try:
        with wal_of(path).open("rb") as file:
            salt = file.read(WAL_HEAD)[SALT]
            return salt, file.seek(0, 2)
    except FileNotFoundError:
        return b"", 0


@contextmanager
def at_statement(of: LocalStore | Engine, number: int, strike: Callable[[], None]) -> Iterator[None]:
    """Calls `strike` at the `number`th statement or commit of a store or engine, counted from 1, and all after it."""
    with each_statement(of, _from(number, strike)):
        yield


@contextmanager
def at_opening(number: int, strike: Callable[[], None]) -> Iterator[None]:
    """Calls `strike` at the `number`th statement of a store that is opened meanwhile, and at all after it."""
    with each_statement_at_opening(_from(number, strike)):
        yield


def _from(number: int, strike: Callable[[], None]) -> Callable[[str], None]:
    numbers = count(1)

    def reached(statement: str) -> None:
        if next(numbers) >= number:
            strike()

    return reached


class Death:
    """Takes the picture of a database's files at the first strike, and kills; every later statement dies as well."""

    def __init__(self, path: Path) -> None:
        self._path, self.files = path, None

    files: Files | None

    def __call__(self) -> None:
        if self.files is None:
            self.files = Files.of(self._path)
        raise Killed


def disk_is_full() -> None:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorname, error.sqlite_errorcode = "SQLITE_FULL", sqlite3.SQLITE_FULL
    raise error

"""The phone's store: one SQLite file, one writer at a time, and an announcement after every commit."""

import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from records.kinds import KINDS, Registry
from records.personal import PLAIN, Codec
from records.problems import Problem
from records.workspace import SyncStatus
from storage import meta as named
from storage.connections import DELETING, Connections
from storage.copies import copy_before_upgrade, forget_older_copies
from storage.meta import Meta
from storage.moment import BUILT_ON
from storage.tables import Tables
from storage.upgrade import CURRENT, OLDER, stage_of, upgrade

log = logging.getLogger("samooh.storage")

Listener = Callable[[frozenset[str]], None]


@dataclass
class Transaction:
    """One transaction as the rest of the room sees it. `changed` collects what is announced after the commit."""

    connection: Connection
    driver: sqlite3.Connection
    """SQLite itself, in this transaction: for what is written in its words. SQLAlchemy would take longer over most such
    statements than SQLite does."""
    tables: Tables
    meta: Meta
    store: "LocalStore"
    changed: set[str] = field(default_factory=set)

    @property
    def registry(self) -> Registry:
        return self.tables.registry

    @property
    def clock_ms(self) -> int:
        return self.store.clock()

    @contextmanager
    def written_over(self) -> Iterator[None]:
        """Whole pages too are written over when all that stood on them is deleted inside: secrets, and what this phone
        may not show any more could still be read out of the file otherwise."""
        with self._deleting("ON"):
            yield

    @contextmanager
    def left_standing(self) -> Iterator[None]:
        """Nothing is written over: what is deleted inside stands in another table as well, and stays there."""
        with self._deleting("OFF"):
            yield

    @contextmanager
    def _deleting(self, how: str) -> Iterator[None]:
        self.driver.execute(f"PRAGMA secure_delete={how}")
        try:
            yield
        finally:
            self.driver.execute(f"PRAGMA secure_delete={DELETING}")


class LocalStore:
    """An opened store. Safe to use from any thread."""

    def __init__(
        self,
        path: Path,
        tables: Tables,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
        built_on: date,
    ) -> None:
        self.path, self.tables = path, tables
        self.clock, self.randomness, self.built_on = clock, randomness, built_on
        self.sync_line = SyncStatus()
        self.unlocked: dict[str, str] = {}  # secrets that lie in the device's safe (storage/secrets.py)
        self._writer = threading.Lock()
        self._listeners: list[Listener] = []
        self._connections = Connections(path)

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        registry: Registry = KINDS,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        randomness: Callable[[int], bytes] = os.urandom,
        codec: Codec = PLAIN,
        built_on: date = BUILT_ON,
    ) -> "LocalStore":
        """Opens or makes the store in this file, adding what a newer app brings.

        `clock` gives Unix milliseconds. Raises Problem: store_newer (a newer app has written it), store_damaged,
        store_in_use, no_room.
        """
        store = cls(Path(path), Tables(registry, codec), clock, randomness, built_on)
        try:
            store._bring_up_to_date()
        except Problem as problem:
            store.close()
            # What is on the phone is safe; what there is no room for is the work of opening.
            raise Problem("no_room") if problem.code == "disk_full" else problem from problem.__cause__
        except BaseException:
            store.close()
            raise
        return store

    def _bring_up_to_date(self) -> None:
        with self.reading() as t:
            stage = stage_of(t.connection, self.tables, t.meta)
            leftovers = stage == CURRENT and t.meta.get(named.TO_WRITE_ANEW)
        if leftovers:
            self.write_anew()
        if stage == CURRENT:
            forget_older_copies(self.path)
            return
        if stage == OLDER:
            copy_before_upgrade(self.path, self.clock())
        with self.writing() as t:
            upgrade(t.connection, self.tables, t.meta)

    @property
    def registry(self) -> Registry:
        return self.tables.registry

    def close(self) -> None:
        self._connections.close()

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A view of the store that does not change while it is open."""
        with self._suspecting(), self._connections.transaction("BEGIN") as (connection, driver):
            yield self._transaction(connection, driver)

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Transaction]:
        """The one write transaction: all of it is kept, or after an exception nothing.

        `durable`: on the disk before this returns. Only what the centre would send again may do without.
        """
        waiting = f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}"
        begun = self._connections.transaction(waiting, "BEGIN IMMEDIATE")
        with self._writer, self._suspecting(), begun as (connection, driver):
            transaction = self._transaction(connection, driver)
            yield transaction
        self.announce(transaction.changed)

    def _transaction(self, connection: Connection, driver: sqlite3.Connection) -> Transaction:
        return Transaction(connection, driver, self.tables, Meta(driver, self.tables), self)

    @property
    def is_suspect(self) -> bool:
        """Whether something in the file could not be read: then the next opening looks at all of it."""
        return is_suspect(self.path)

    @contextmanager
    def _suspecting(self) -> Iterator[None]:
        """Problems as a person can act on them; of one that tells of damage a mark is left."""
        try:
            yield
        except Exception as error:
            problem = error if isinstance(error, Problem) else _problem_of(error)
            if problem is not None and problem.code == "store_damaged" and not self.is_suspect:
                suspicion_of(self.path).touch()
                self.announce({"notice"})
            if problem is None or problem is error:
                raise
            raise problem from error

    def write_out(self) -> None:
        """Writes the log into the file and empties it, so that nothing of before is left in it."""
        with self._writer, sqlite_problems(), self._connections.lent() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def write_anew(self) -> None:
        """Writes the whole file anew, of which nothing is left then but what it holds. Where that cannot be now it is
        still due, and done when the store is opened next."""
        try:
            with self._writer, sqlite_problems(), self._connections.lent() as connection:
                connection.exec_driver_sql("VACUUM")
            with self.writing() as t:
                t.meta.put(named.TO_WRITE_ANEW, None)
            self.write_out()
        except Problem as problem:
            if problem.code not in ("disk_full", "store_in_use"):
                raise
            log.warning("the file could not be written anew: %s", problem.code)

    def on_change(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener` after each commit with what changed, from the thread that committed."""
        self._listeners = [*self._listeners, listener]

        def stop() -> None:
            self._listeners = [one for one in self._listeners if one is not listener]

        return stop

    def announce(self, changed: set[str]) -> None:
        if not changed:
            return
        for listener in self._listeners:
            try:
                listener(frozenset(changed))
            except Exception:
                # What is committed stays committed: a screen that has gone must not make a save look refused.
                log.exception("a listener of the store broke")

    def tell_sync(self, line: SyncStatus) -> None:
        """Puts the line that screens show about sync."""
        if line != self.sync_line:
            self.sync_line = line
            self.announce({"sync"})

    @contextmanager
    def syncing(self) -> Iterator[None]:
        """The right to synchronise, for one thread of one process at a time. Raises Problem store_in_use, disk_full.

        The lock is a transaction in a small file beside the store: the operating system releases it with the process.
        """
        lock = sqlite3.connect(self.path.with_name(self.path.name + "-syncing"), timeout=0, isolation_level=None)
        try:
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                # A full disk has no room for a lock either, and nobody has to close anything for it.
                raise (_problem_of(error) or Problem("store_in_use")) from error
            yield
        finally:
            lock.close()


@contextmanager
def sqlite_problems() -> Iterator[None]:
    """What SQLite says about disk and file, as problems that a person can act on."""
    try:
        yield
    except Exception as error:
        problem = _problem_of(error)
        if problem is None:
            raise
        raise problem from error


def _problem_of(error: Exception) -> Problem | None:
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        # What comes from outside is read before any transaction: this stood in the file.
        return Problem("store_damaged")
    if not isinstance(error, DBAPIError | sqlite3.Error):
        return None
    cause: Any = error.orig if isinstance(error, DBAPIError) else error
    name = str(getattr(cause, "sqlite_errorname", ""))
    if "Could not decode" in str(cause):
        return Problem("store_damaged")
    return next((Problem(code) for start, code in SQLITE_PROBLEMS.items() if name.startswith(start)), None)


def suspicion_of(path: Path) -> Path:
    """The mark beside a file in which something could not be read."""
    return path.with_name(path.name + "-suspect")


def is_suspect(path: Path) -> bool:
    return suspicion_of(path).exists()


SQLITE_PROBLEMS = {
    "SQLITE_FULL": "disk_full",
    "SQLITE_CORRUPT": "store_damaged",
    "SQLITE_NOTADB": "store_damaged",
    "SQLITE_BUSY": "store_in_use",
}

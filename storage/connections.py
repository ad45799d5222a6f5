"""The connections to a store's file. They stay open from one transaction to the next, and each transaction begins and
ends in SQLite's own words: SQLAlchemy would take longer over that than SQLite takes over most of what a screen asks."""

import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, create_engine

from storage.driver import driver_of

CACHE_KB = 6000
"""Of pages of the file, kept in memory by each connection in use, mostly one or two: a batch of a thousand records
touches more of them than SQLite keeps by itself, and what it has no room for it writes more than once."""

LOG_PAGES = 4000
"""Pages of 4 kB in the log before they are worked into the file: one that changes with every batch goes there once."""

DELETING = "FAST"
"""What is deleted is written over where its page is written anyway. How SQLite was built would decide it otherwise, so
that one phone kept what another does not."""

BUSY_SECONDS = 30
"""How long a statement waits for another process's transaction before it gives up."""

KEPT = 8
"""Connections that stay open while nobody uses them."""


class Connections:
    """Safe to use from any thread; each connection is one thread's at a time."""

    def __init__(self, path: Path) -> None:
        self.engine = _engine(path)
        # The one used last is taken first: what it has at hand of the file is still true where nobody else has written.
        self._idle: deque[Connection] = deque()

    @contextmanager
    def lent(self) -> Iterator[Connection]:
        """A connection that is in no transaction of SQLite's."""
        connection, idle = self._take()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._put_back(connection, idle)

    @contextmanager
    def transaction(self, *begin: str) -> Iterator[tuple[Connection, sqlite3.Connection]]:
        """A connection and SQLite itself below it, in the transaction that these statements begin: all of it is kept,
        or after an exception nothing."""
        connection, idle = self._take()
        try:
            driver = driver_of(connection)
            for statement in begin:
                driver.execute(statement)
            yield connection, driver
            driver.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        self._put_back(connection, idle)

    def _take(self) -> tuple[Connection, deque[Connection]]:
        idle = self._idle
        try:
            return idle.pop(), idle
        except IndexError:
            return self.engine.connect(), idle

    def _put_back(self, connection: Connection, idle: deque[Connection]) -> None:
        """`idle`: where it came from; since then all may have been closed."""
        if idle is self._idle and len(idle) < KEPT:
            idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Closes those that nobody uses now, and each other one as it comes back."""
        idle, self._idle = self._idle, deque()
        for connection in idle:
            connection.close()


def _engine(path: Path) -> Engine:
    def connect() -> sqlite3.Connection:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The wait is set before anything else: the switch to WAL itself may have to wait.
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KB}")
        connection.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES}")
        connection.execute(f"PRAGMA secure_delete={DELETING}")
        return connection

    return create_engine("sqlite+pysqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)

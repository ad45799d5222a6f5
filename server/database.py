"""The engine under the centre: transactions that read and write, durable on SQLite, right on PostgreSQL."""

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError
from sqlalchemy.pool import PoolProxiedConnection, StaticPool

T = TypeVar("T")

TRIES = 8
"""How often a transaction is begun again that lost against another one. Each time the other one has gone on."""

LOST_AGAINST_ANOTHER = ("40001", "40P01")
"""SQLSTATE of a serialisation failure and of a deadlock: nothing is wrong, the work is to be done again."""

UNIQUE_VIOLATION = "23505"
"""SQLSTATE of a row whose key is there already."""

FRESH_S = 1.0
"""A connection that was used as lately as this is used again without asking whether it still stands."""

CONNECTIONS, MORE_CONNECTIONS = 8, 8
"""Of one process, kept and at the most beside; no more jobs than that are worked on at once (`server/api.py`)."""


class WrittenMeanwhile(Exception):
    """Another transaction created a record that this one did not find: begin again, and find it."""


ROOM = text("SELECT set_config('work_mem', '48MB', true), set_config('jit', 'off', true)")


class Database:
    """Reading and writing transactions over one engine. On SQLite one writer at a time, WAL, synchronous=FULL."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(database_url(url))
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        # SQLite would let writers wait on each other by polling; a lock in the process hands over at once. All write by
        # one connection of their own: what it has in its memory holds for as long as nobody else has written.
        self._writer = threading.RLock() if self.is_sqlite else None
        in_memory = isinstance(self.engine.pool, StaticPool)
        self._is_file = self.is_sqlite and not in_memory
        self._writers = self.engine.pool.recreate() if self._is_file else self.engine.pool
        self._single = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self.engine.connect() as connection, connection.begin():
            self._begin(connection, "BEGIN")
            yield connection

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """For questions each by itself: no transaction is begun and ended for them."""
        with self._single.connect() as connection:
            yield connection

    @contextmanager
    def _writing_by(self) -> Iterator[Connection]:
        """The connection to write by, for one transaction."""
        if self._writer is None:
            with self.engine.connect() as connection:
                yield connection
            return
        with self._writer, Connection(self.engine, self._writer_of_its_own()) as connection:
            yield connection

    def _writer_of_its_own(self) -> PoolProxiedConnection:
        try:
            return self._writers.connect()
        except sqlite3.Error as error:
            raise OperationalError(None, None, error) from error

    def _begin(self, connection: Connection, how: str) -> None:
        """On SQLite by hand, so that a writer takes its lock at once; a listener would be asked at every statement."""
        if self.is_sqlite:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            try:
                driver.execute(how)
            except sqlite3.Error as error:
                raise OperationalError(how, None, error) from error

    def with_room(self, db: Connection) -> None:
        """For a question that may be about all groups of a state, until the end of the transaction: its tables of
        hashes fit into memory, and no time goes into compiling what is run once."""
        if not self.is_sqlite:
            db.execute(ROOM)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        with self._writing_by() as connection, connection.begin():
            self._begin(connection, "BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def trying(self) -> Iterator[Connection]:
        """A writing transaction of which nothing stays: what would happen, seen by doing it. It may take long: of a
        SQLite file it is done in a copy, because there everybody who writes waits for one."""
        with self._copied() if self._is_file else self._writing_by() as connection:
            tried = connection.begin()
            try:
                self._begin(connection, "BEGIN IMMEDIATE")
                yield connection
            finally:
                tried.rollback()

    @contextmanager
    def _copied(self) -> Iterator[Connection]:
        """A connection to what a SQLite file holds now, in a temporary file that goes with the connection."""
        with closing(sqlite3.connect("", check_same_thread=False, isolation_level=None)) as copy:
            with self.engine.connect() as connection:
                driver = connection.connection.driver_connection
                assert isinstance(driver, sqlite3.Connection)
                driver.backup(copy)
            copy.execute("PRAGMA cache_size=-65536")
            engine = create_engine("sqlite://", creator=lambda: copy, poolclass=StaticPool, hide_parameters=True)
            with engine.connect() as connection:
                yield connection

    def write(self, work: Callable[[Connection], T]) -> T:
        """`work` in one writing transaction, from the beginning again when it lost against another transaction.

        Whatever it did is undone before it is called again, so `work` must keep nothing of its own between two calls.
        """
        for tried in range(TRIES):
            try:
                with self.writing() as connection:
                    return work(connection)
            except (DBAPIError, WrittenMeanwhile) as error:
                if tried == TRIES - 1 or not _lost_against_another(error):
                    raise
            # A little chance keeps two that met from meeting again.
            time.sleep(random.random() * 0.01 * 2**tried)
        raise AssertionError("the last try returns or raises")

    def close(self) -> None:
        self._writers.dispose()
        self.engine.dispose()


def database_url(url: str) -> URL:
    """The address of a database with the driver that is used here: `postgresql://...` goes by psycopg 3."""
    made = make_url(url)
    return made.set(drivername="postgresql+psycopg") if made.drivername in ("postgres", "postgresql") else made


def named(error: Exception) -> str:
    """An error as a log may have it: its sort, and the database's own name or number for it. Not its words, which may
    quote a value."""
    cause = getattr(error, "orig", None)
    own = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    return f"{type(error).__name__} ({own})" if own else type(error).__name__


def _lost_against_another(error: Exception) -> bool:
    if isinstance(error, WrittenMeanwhile):
        return True
    cause = getattr(error, "orig", None)
    return getattr(cause, "sqlstate", None) in LOST_AGAINST_ANOTHER


def _engine(url: URL) -> Engine:
    """The engine of a database. Its errors name no values: what is personal must not reach a log with them."""
    if url.get_backend_name() != "sqlite":
        made = create_engine(
            url,
            pool_size=CONNECTIONS,
            max_overflow=MORE_CONNECTIONS,
            pool_use_lifo=True,
            hide_parameters=True,
            # A pooler in transaction mode gives each transaction another session, where nothing is prepared.
            # A database without an encoding would give bytes for text, and could not even be refused.
            connect_args={"prepare_threshold": None, "client_encoding": "utf8"},
        )
        _look_before_use(made)
        return made
    in_memory = url.database in (None, "", ":memory:")
    arguments = {"check_same_thread": False, "timeout": 30}
    engine = (
        create_engine(url, connect_args=arguments, poolclass=StaticPool, hide_parameters=True)
        if in_memory
        # The connection used last: it still has in its memory what it read, as long as nobody else has written.
        else create_engine(url, connect_args=arguments, hide_parameters=True, pool_use_lifo=True)
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection, record):  # type: ignore[no-untyped-def]
        # Transactions are begun by `Database`, not by the driver.
        connection.isolation_level = None
        # What is committed is on the disk, in the log. From there it goes to its place sixteen times as seldom as
        # usual, at 64 MB: pages that are written again and again, as those of indexes by id, go there once.
        for pragma in (
            "busy_timeout=30000",
            "journal_mode=WAL",
            "synchronous=FULL",
            "cache_size=-65536",
            "wal_autocheckpoint=16000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _look_before_use(engine: Engine) -> None:
    """A connection that has lain unused is tried before work is given to it: the database may have begun anew."""

    @event.listens_for(engine, "checkin")
    def _used(connection, record):  # type: ignore[no-untyped-def]
        record.info["used"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _look(connection, record, proxy):  # type: ignore[no-untyped-def]
        if time.monotonic() - record.info.get("used", time.monotonic()) < FRESH_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

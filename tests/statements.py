"""Somebody who is told of each statement of SQL before it runs, those that go past SQLAlchemy among them."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

import storage.connections
import storage.rows
import storage.upgrade
from storage.driver import driver_of
from storage.store import LocalStore

Reached = Callable[[str], None]
"""Is told the statement."""


@contextmanager
def each_statement(of: LocalStore | Engine, reached: Reached) -> Iterator[None]:
    """Calls `reached` before each statement and commit of a phone's store, or of an engine of whichever."""
    engine = of._connections.engine if isinstance(of, LocalStore) else of
    if isinstance(of, LocalStore):
        of._connections.close()  # those that are open already would say nothing

    def asked(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        reached(statement)

    def committed(connection: Any) -> None:
        reached("COMMIT")

    def watched(connection: Connection) -> Any:
        driver = driver_of(connection)
        return _Watched(driver, reached) if connection.engine is engine else driver

    event.listen(engine, "before_cursor_execute", asked)
    event.listen(engine, "commit", committed)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for module in (storage.connections, storage.rows, storage.upgrade):
                patch.setattr(module, "driver_of", watched)
            yield
    finally:
        event.remove(engine, "before_cursor_execute", asked)
        event.remove(engine, "commit", committed)


@contextmanager
def each_statement_at_opening(reached: Reached) -> Iterator[None]:
    """Calls `reached` before each statement and commit of a store that is opened meanwhile."""
    real = storage.connections._engine
    with pytest.MonkeyPatch.context() as patch, ExitStack() as heard:

        def engine(path: Path) -> Engine:
            made = real(path)
            heard.enter_context(each_statement(made, reached))
            return made

        patch.setattr(storage.connections, "_engine", engine)
        yield


class _Watched:
    """SQLite itself with somebody who hears what is asked of it."""

    def __init__(self, driver: sqlite3.Connection, reached: Reached) -> None:
        self._driver, self._reached = driver, reached

    def execute(self, statement: str, *what: Any) -> sqlite3.Cursor:
        self._reached(statement)
        return self._driver.execute(statement, *what)

    def executemany(self, statement: str, *what: Any) -> sqlite3.Cursor:
        self._reached(statement)
        return self._driver.executemany(statement, *what)

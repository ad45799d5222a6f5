"""Somebody who is told of each statement of SQL before it runs, those that go past SQLAlchemy among them."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

import storage.rows
import storage.store
from storage.driver import driver_of


@contextmanager
def each_statement(engine: Engine, reached: Callable[[], None]) -> Iterator[None]:
    """Calls `reached` before each statement and commit of an engine."""

    def asked(*what: Any) -> None:
        reached()

    def watched(connection: Connection) -> Any:
        driver = driver_of(connection)
        return _Watched(driver, reached) if connection.engine is engine else driver

    event.listen(engine, "before_cursor_execute", asked)
    event.listen(engine, "commit", asked)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for module in (storage.store, storage.rows):
                patch.setattr(module, "driver_of", watched)
            yield
    finally:
        event.remove(engine, "before_cursor_execute", asked)
        event.remove(engine, "commit", asked)


class _Watched:
    """SQLite itself with somebody who hears what is asked of it."""

    def __init__(self, driver: sqlite3.Connection, reached: Callable[[], None]) -> None:
        self._driver, self._reached = driver, reached

    def execute(self, *what: Any) -> sqlite3.Cursor:
        self._reached()
        return self._driver.execute(*what)

    def executemany(self, *what: Any) -> sqlite3.Cursor:
        self._reached()
        return self._driver.executemany(*what)

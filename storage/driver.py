"""SQLite itself below a connection, for statements that are asked so often that SQLAlchemy would take longer over them
than SQLite does."""

import sqlite3
from collections.abc import Iterable

from pydantic_core import to_json
from sqlalchemy import Connection

IN_IDS = "IN (SELECT value FROM json_each(?))"
"""Of a condition whose parameter is `listed(ids)`."""


def driver_of(connection: Connection) -> sqlite3.Connection:
    """In the transaction of that connection."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def listed(values: Iterable[str | int | tuple[str, ...]]) -> str:
    """Any number of values as the one parameter of `json_each`."""
    return to_json(list(values)).decode()

"""SQLite itself below a connection, for statements that are asked so often that SQLAlchemy would take longer over them
than SQLite does."""

import sqlite3

from sqlalchemy import Connection


def driver_of(connection: Connection) -> sqlite3.Connection:
    """In the transaction of that connection."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver

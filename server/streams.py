"""Streams by name and by number. Phones, cursors and access know their names; the feed has a row for every record that
a stream was told of, and there a number takes the place of a text of fifty letters, twice in its indexes.

A stream gets its number when it is first told of something (`server/feeding.py`), and has it for ever. Numbers are read
from the database at hand each time, never remembered by a process: a restored database may have given them anew.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, Table, and_, bindparam, select

from server.chunks import among_listed, chunked, listed
from server.tables import CentralTables


def numbers_of(db: Connection, tables: CentralTables, state_id: int, names: Iterable[str]) -> dict[str, int]:
    """name -> number of those of these streams that have been told anything."""
    found: dict[str, int] = {}
    query = _numbers_among(tables.stream, db.dialect.name)
    for some in chunked(names):
        rows = db.execute(query, {"state": state_id, "among": listed(db, some)})
        found.update({row.name: row.number for row in rows})
    return found


def numbered(stream: Table, state: Any, name: Any) -> ScalarSelect[Any]:
    """The number of one stream inside a statement, by values or parameters."""
    return select(stream.c.number).where(stream.c.state_id == state, stream.c.name == name).scalar_subquery()


def of_stream(feed: Any, stream: Any) -> ColumnElement[bool]:
    """Joins rows of the feed to the stream that was told, for its name."""
    return and_(stream.c.state_id == feed.c.state_id, stream.c.number == feed.c.stream)


@lru_cache(maxsize=32)
def _numbers_among(stream: Table, dialect: str) -> Select[Any]:
    among = among_listed(dialect, stream.c.name)
    return select(stream.c.name, stream.c.number).where(stream.c.state_id == bindparam("state"), among)

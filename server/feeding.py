"""What streams are told: one row per stream and record, numbered last in the transaction (design 4).

A record that changed is told to the streams that hold it. When the streams themselves change it is `left` in the old
and news, whole, in the new. `by_device` and `others_seq` let the author's device go without its own work.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Table, select

from server.chunks import among, chunked
from server.tables import CentralTables
from server.upserting import insert_columns, update_known


@dataclass
class News:
    """One record to be told to the streams `new`, which are all that shall hold it. `whole`: to its author too."""

    kind: str
    id: str
    new: frozenset[str]
    whole: bool = False


def held_by(db: Connection, tables: CentralTables, state_id: int, ids: Iterable[str]) -> dict[str, set[str]]:
    """id -> names of the streams that hold the record now."""
    feed = tables.feed
    found: dict[str, set[str]] = {}
    for some in chunked(ids):
        rows = db.execute(
            select(feed.c.id, feed.c.stream).where(
                feed.c.state_id == state_id, among(db, feed.c.id, some), feed.c.left.is_(False)
            )
        )
        for row in rows:
            found.setdefault(row.id, set()).add(row.stream)
    return found


class Line(NamedTuple):
    """What one stream is told of a record."""

    item: News
    by_device: str
    others_seq: int
    left: bool


def tell(
    db: Connection, tables: CentralTables, state_id: int, news: Mapping[str, News], device: str, known: set[str]
) -> None:
    """Write the feed rows of one transaction. `known`: ids of records that may be in some stream already."""
    rows = _feed_rows(db, tables, state_id, known & set(news))
    changed: dict[str, list[Line]] = {}
    live: dict[str, int] = {}
    for item in news.values():
        before = rows.get(item.id, {})
        for stream in item.new:
            old = before.get(stream)
            returning = old is None or old.left
            author = "" if item.whole or (returning and item.id in known) else device
            others = 0 if old is None else (old.others_seq if old.by_device == author and not returning else old.seq)
            changed.setdefault(stream, []).append(Line(item, author, others, False))
            live[stream] = live.get(stream, 0) + (1 if returning else 0)
        for stream, old in before.items():
            if stream not in item.new and not old.left:
                changed.setdefault(stream, []).append(Line(item, "", old.seq, True))
                live[stream] = live.get(stream, 0) - 1
    _number_and_write(db, tables, state_id, changed, live, rows)


def _feed_rows(db: Connection, tables: CentralTables, state_id: int, ids: set[str]) -> dict[str, dict[str, Any]]:
    feed = tables.feed
    found: dict[str, dict[str, Any]] = {}
    for some in chunked(ids):
        columns = (feed.c.id, feed.c.stream, feed.c.left, feed.c.seq, feed.c.by_device, feed.c.others_seq)
        for row in db.execute(select(*columns).where(feed.c.state_id == state_id, among(db, feed.c.id, some))):
            found.setdefault(row.id, {})[row.stream] = row
    return found


def _number_and_write(
    db: Connection,
    tables: CentralTables,
    state_id: int,
    changed: Mapping[str, list[Line]],
    live: Mapping[str, int],
    before: Mapping[str, Mapping[str, Any]],
) -> None:
    """Take numbers from the counter rows, streams in sorted order so that two transactions cannot block each other."""
    inserts: list[tuple[Any, ...]] = []
    updates: list[tuple[Any, ...]] = []
    counts = {name: (len(changed[name]), live.get(name, 0)) for name in sorted(changed)}
    for name, last in _numbers(db, tables, state_id, counts).items():
        lines = changed[name]
        for seq, (item, by_device, others_seq, left) in enumerate(lines, last - len(lines) + 1):
            is_told = item.id in before and name in before[item.id]
            (updates if is_told else inserts).append(
                (state_id, name, item.id, item.kind, left, by_device, others_seq, seq)
            )
    names = ("state_id", "stream", "id", "kind", "left", "by_device", "others_seq", "seq")
    if inserts:
        insert_columns(db, tables.feed, dict(zip(names, zip(*inserts, strict=True), strict=True)))
    update_known(db, tables.feed, [dict(zip(names, line, strict=True)) for line in updates])


STREAMS_AT_ONCE = 50
"""Counter rows that one statement takes; a moved village touches a few hundred."""


def _numbers(
    db: Connection, tables: CentralTables, state_id: int, counts: Mapping[str, tuple[int, int]]
) -> dict[str, int]:
    """stream -> the last of its new numbers. `counts`: stream -> (new numbers, change of its live rows), in the order
    in which everybody takes the counter rows. They are held until the transaction ends."""
    last = dict[str, int]()
    names = iter(counts)
    while some := list(islice(names, STREAMS_AT_ONCE)):
        values = [value for name in some for value in (state_id, name, *counts[name])]
        taken = db.exec_driver_sql(_taking(tables.stream, db.dialect, len(some)), tuple(values))
        last.update({row.name: row.seq for row in taken})
    return {name: last[name] for name in counts}


@lru_cache(maxsize=2 * STREAMS_AT_ONCE)
def _taking(stream: Table, dialect: Dialect, count: int) -> str:
    """The statement that takes numbers of so many streams. Text, because building it costs more than running it."""
    mark = "%s" if dialect.paramstyle in ("format", "pyformat") else "?"
    line = f"({', '.join([mark] * 4)})"
    name = dialect.identifier_preparer.quote(stream.name)
    added = ", ".join(f"{one} = {name}.{one} + excluded.{one}" for one in ("seq", "live"))
    return (
        f"INSERT INTO {name} (state_id, name, seq, live) VALUES {', '.join([line] * count)} "
        f"ON CONFLICT (state_id, name) DO UPDATE SET {added} RETURNING name, seq"
    )

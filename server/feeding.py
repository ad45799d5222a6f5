"""What streams are told: one row per stream and record, numbered last in the transaction (design 4).

A record that changed is told to the streams that hold it. When the streams themselves change it is `left` in the old
and news, whole, in the new. `by_device` and `others_seq` let the author's device go without its own work.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Select, Table, bindparam, select
from sqlalchemy.exc import IntegrityError

from records.cells import read_stamps, stamps_text
from server.chunks import among, among_listed, chunked, listed
from server.database import UNIQUE_VIOLATION, WrittenMeanwhile
from server.streams import of_stream
from server.tables import CentralTables
from server.upserting import insert_columns, update_known


@dataclass
class News:
    """Records of a kind to be told to the streams `new`, which are all that shall hold them. `whole`: to their author
    too. `known`: they may be in some stream already. `fields`: those that changed; None: all are told, also to who has
    the records already."""

    kind: str
    ids: Sequence[str]
    new: frozenset[str]
    whole: bool = False
    known: bool = False
    fields: frozenset[str] | None = None


def held_by(db: Connection, tables: CentralTables, state_id: int, ids: Iterable[str]) -> dict[str, set[str]]:
    """id -> names of the streams that hold the record now."""
    feed, stream = tables.feed, tables.stream
    found: dict[str, set[str]] = {}
    query = select(feed.c.id, stream.c.name).select_from(feed.join(stream, of_stream(feed, stream)))
    for some in chunked(ids):
        here = (feed.c.state_id == state_id, among(db, feed.c.id, some), feed.c.left.is_(False))
        for row in db.execute(query.where(*here)):
            found.setdefault(row.id, set()).add(row.name)
    return found


class Line(NamedTuple):
    """What one stream is told of some records."""

    item: News
    ids: Sequence[str]
    by_device: str
    others_seq: int
    left: bool


def tell(db: Connection, tables: CentralTables, state_id: int, news: Iterable[News], device: str) -> None:
    """Write the feed rows of one transaction, in the order of the news."""
    news = list(news)
    rows = _feed_rows(db, tables, state_id, {id for item in news if item.known for id in item.ids})
    changed: dict[str, list[Line]] = {}
    live: dict[str, int] = {}
    for item in news:
        for ids in zip(item.ids, strict=True) if item.known else (item.ids,):
            before = rows.get(ids[0], {}) if item.known else {}
            for stream in item.new:
                old = before.get(stream)
                returning = old is None or old.left
                author = "" if item.whole or (returning and item.known) else device
                others = (
                    0 if old is None else (old.others_seq if old.by_device == author and not returning else old.seq)
                )
                changed.setdefault(stream, []).append(Line(item, ids, author, others, False))
                live[stream] = live.get(stream, 0) + (len(ids) if returning else 0)
            for stream, old in before.items():
                if stream not in item.new and not old.left:
                    changed.setdefault(stream, []).append(Line(item, ids, "", old.seq, True))
                    live[stream] = live.get(stream, 0) - 1
    _number_and_write(db, tables, state_id, changed, live, rows)


def _feed_rows(db: Connection, tables: CentralTables, state_id: int, ids: set[str]) -> dict[str, dict[str, Any]]:
    """id -> {stream: its row} as they were."""
    found: dict[str, dict[str, Any]] = {}
    query = _told_of(tables.feed, tables.stream, db.dialect.name)
    for some in chunked(ids):
        for row in db.execute(query, {"state": state_id, "among": listed(db, some)}):
            found.setdefault(row.id, {})[row.name] = row
    return found


@lru_cache(maxsize=32)
def _told_of(feed: Table, stream: Table, dialect: str) -> Select[Any]:
    """Every feed row of some records, with the name of its stream. Built once: every batch asks it."""
    mine = (feed.c.state_id == bindparam("state"), among_listed(dialect, feed.c.id))
    return select(feed, stream.c.name).select_from(feed.join(stream, of_stream(feed, stream))).where(*mine)


def _number_and_write(
    db: Connection,
    tables: CentralTables,
    state_id: int,
    changed: Mapping[str, list[Line]],
    live: Mapping[str, int],
    before: Mapping[str, Mapping[str, Any]],
) -> None:
    """Take numbers from the counter rows, streams in sorted order so that two transactions cannot block each other."""
    names = ("state_id", "stream", "id", "kind", "left", "by_device", "others_seq", "seq")
    inserts: dict[str, list[Any]] = {name: [] for name in names}
    updates: list[dict[str, Any]] = []
    counts = {name: (sum(len(line.ids) for line in changed[name]), live.get(name, 0)) for name in sorted(changed)}
    for name, (number, last) in _numbers(db, tables, state_id, counts).items():
        seq = last - counts[name][0] + 1
        for item, ids, by_device, others_seq, left in changed[name]:
            count = len(ids)
            old = before[ids[0]].get(name) if item.known and ids[0] in before else None
            if old is None:
                same = (state_id, number, None, item.kind, left, by_device, others_seq)
                for column, value in zip(inserts.values(), same, strict=False):
                    column += ids if value is None else [value] * count
                inserts["seq"] += range(seq, seq + count)
            else:
                line = (state_id, number, ids[0], item.kind, left, by_device, others_seq, seq)
                whole_seq, fields = _changed(old, None if left else item.fields, seq)
                updates.append({**dict(zip(names, line, strict=True)), "whole_seq": whole_seq, "changed": fields})
            seq += count
    insert_columns(db, tables.feed, inserts)
    update_known(db, tables.feed, updates)


def _changed(old: Any, fields: frozenset[str] | None, seq: int) -> tuple[int | None, str | None]:
    """(`whole_seq`, `changed`) of a row that told `old` and now tells of these fields."""
    if old.left or fields is None:
        return None, None
    told = read_stamps(old.changed) | dict.fromkeys(sorted(fields), str(seq))
    return told_whole(old), stamps_text(told)


def told_whole(row: Any) -> int:
    """The number with which a stream was last told the whole record of a feed row."""
    return int(row.seq if row.changed is None else row.whole_seq)


def fields_beyond(row: Any, seq: int) -> frozenset[str]:
    """The fields that a feed row tells of beyond a number, which is not before the whole record was told."""
    return frozenset(name for name, told in read_stamps(row.changed).items() if int(told) > seq)


STREAMS_AT_ONCE = 50
"""Counter rows that one statement takes; a moved village touches a few hundred."""


def _numbers(
    db: Connection, tables: CentralTables, state_id: int, counts: Mapping[str, tuple[int, int]]
) -> dict[str, tuple[int, int]]:
    """stream -> (what stands for it in the feed, the last of its new numbers). `counts`: stream -> (new numbers, change
    of its live rows), in the order in which everybody takes the counter rows. They are held until the transaction
    ends. WrittenMeanwhile where another transaction has begun another stream under the same number."""
    last = dict[str, tuple[int, int]]()
    names = iter(counts)
    while some := list(islice(names, STREAMS_AT_ONCE)):
        values = [value for name in some for value in (state_id, name, state_id, *counts[name])]
        try:
            taken = db.exec_driver_sql(_taking(tables.stream, db.dialect, len(some)), tuple(values))
        except IntegrityError as error:
            if getattr(error.orig, "sqlstate", None) == UNIQUE_VIOLATION:
                raise WrittenMeanwhile from None
            raise
        last.update({row.name: (row.number, row.seq) for row in taken})
    return {name: last[name] for name in counts}


@lru_cache(maxsize=2 * STREAMS_AT_ONCE)
def _taking(stream: Table, dialect: Dialect, count: int) -> str:
    """The statement that takes numbers of so many streams. Text, because building it costs more than running it."""
    mark = "%s" if dialect.paramstyle in ("format", "pyformat") else "?"
    name = dialect.identifier_preparer.quote(stream.name)
    # A stream that is told of something for the first time gets a number that none has had.
    free = f"(SELECT COALESCE(MAX(number), 0) FROM {name} WHERE state_id = {mark})"
    lines = ", ".join(f"({mark}, {mark}, {free} + {at}, {mark}, {mark})" for at in range(1, count + 1))
    added = ", ".join(f"{one} = {name}.{one} + excluded.{one}" for one in ("seq", "live"))
    return (
        f"INSERT INTO {name} (state_id, name, number, seq, live) VALUES {lines} "
        f"ON CONFLICT (state_id, name) DO UPDATE SET {added} RETURNING name, number, seq"
    )

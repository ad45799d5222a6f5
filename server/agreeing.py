"""Whether a device's copy agrees with the centre, stream by stream, and what is done where it does not (ADR 0023).

Nothing of it is kept up to date while work comes in: a stream is read through when a device asks, which it does after a
run that moved something, each stream at most once a day.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Date, Select, Table, bindparam, select, update

from records.cells import read_stamps
from records.columns import CodesText
from records.digest import Compared, Digest, Summary, digesting_in, register_of
from records.kinds import Registry
from records.record import to_wire
from server.chunks import among_listed, chunked, listed
from server.cursors import Vector
from server.paging import Paging
from server.streams import numbered
from server.tables import CentralTables
from server.upserting import put

MOST_COMPARED = 10_000
"""Records that one call may have read through; a stream that is larger is read through alone."""

AT_ONCE = 1_000
HEALED_AGAIN_MS = 20 * 3_600_000
"""What differs again so soon after it was fetched anew is not mended by fetching: it is only told."""


@dataclass(frozen=True)
class Found:
    """What a comparison has come to. `heal`: streams that the device is to be given from the start."""

    compared: Compared
    agree: tuple[str, ...] = ()
    heal: frozenset[str] = frozenset()


class Agreeing:
    """Compares the copies of one state's devices with the centre."""

    def __init__(self, tables: CentralTables, registry: Registry, state_id: int) -> None:
        self._tables, self._registry, self._state_id = tables, registry, state_id
        self._register = register_of(registry)
        self._one_at_a_time = Lock()

    def compare(
        self,
        db: Connection,
        device: str,
        summary: Summary,
        readable: Mapping[str, frozenset[str]],
        vector: Vector,
        paging: Paging,
        now_ms: int,
    ) -> Found | None:
        """What differs of the streams that the device has read to their end. None: another register of fields.

        One device at a time: three hundred that come from a review together have work to send first.
        """
        if summary.register != self._register:
            return None
        if not self._one_at_a_time.acquire(blocking=False):
            return Found(Compared(left_out=tuple(summary.streams)))
        try:
            return self._compare(db, device, summary, readable, vector, paging, now_ms)
        finally:
            self._one_at_a_time.release()

    def _compare(
        self,
        db: Connection,
        device: str,
        summary: Summary,
        readable: Mapping[str, frozenset[str]],
        vector: Vector,
        paging: Paging,
        now_ms: int,
    ) -> Found:
        ready = [name for name in summary.streams if name in readable]
        news = paging.news(vector)
        chosen = self._chosen(db, [name for name in ready if name not in news])
        sums = {name: self._digest(db, name, readable[name]) for name in chosen}
        # News that were committed while the stream was being read are not a difference.
        changed = paging.news(vector)
        settled = [name for name in sums if name not in changed]
        differ = tuple(name for name in settled if sums[name] != summary.streams[name])
        left_out = tuple(name for name in summary.streams if name not in settled)
        agree = tuple(name for name in settled if name not in differ)
        return Found(Compared(differ, left_out), agree, self._to_heal(db, device, differ, now_ms))

    def note(self, db: Connection, device: str, found: Found, now_ms: int) -> None:
        """Keeps what was found, for the office; and that what had differed agrees again."""
        table = self._tables.difference
        before = {row.stream: row for row in db.execute(select(table).where(*self._of(device)))}
        rows = [
            {
                "state_id": self._state_id, "device": device, "stream": name, "found_ms": now_ms, "healed_ms": None,
                "fetched_ms": now_ms if name in found.heal else before[name].fetched_ms if name in before else None,
                "times": (before[name].times if name in before else 0) + 1,
            }
            for name in found.compared.differ
        ]  # fmt: skip
        if rows:
            put(db, table, rows)
        mended = [name for name in found.agree if name in before and before[name].healed_ms is None]
        if mended:
            db.execute(update(table).where(*self._of(device), table.c.stream.in_(mended)).values(healed_ms=now_ms))

    def is_news(self, db: Connection, device: str, found: Found) -> bool:
        """Whether `note` has anything to write."""
        if found.compared.differ:
            return True
        still = db.scalars(_still_differing(self._tables.difference), {"state": self._state_id, "of": device})
        return not set(still).isdisjoint(found.agree)

    def _of(self, device: str) -> tuple[Any, ...]:
        table = self._tables.difference
        return table.c.state_id == self._state_id, table.c.device == device

    def _to_heal(self, db: Connection, device: str, differ: Iterable[str], now_ms: int) -> frozenset[str]:
        table = self._tables.difference
        late = select(table.c.stream).where(*self._of(device), table.c.fetched_ms > now_ms - HEALED_AGAIN_MS)
        return frozenset(differ) - set(db.scalars(late)) if differ else frozenset()

    def _chosen(self, db: Connection, names: list[str]) -> list[str]:
        """As many of these streams as may be read through in one call, in their order."""
        live: dict[str, int] = {}
        query = _sizes(self._tables.stream, db.dialect.name)
        for some in chunked(names):
            asked = {"state": self._state_id, "among": listed(db, some)}
            live.update({row.name: row.live for row in db.execute(query, asked)})
        chosen: list[str] = []
        room = MOST_COMPARED
        for name in names:
            if chosen and live.get(name, 0) > room:
                continue
            room -= live.get(name, 0)
            chosen.append(name)
        return chosen

    def _digest(self, db: Connection, stream: str, roles: Iterable[str]) -> Digest:
        """What a new device would be given of a stream, read by these roles."""
        by_kind: dict[str, list[str]] = {}
        query = _in_stream(self._tables.feed, self._tables.stream)
        for row in db.execute(query, {"state": self._state_id, "stream": stream}):
            by_kind.setdefault(row.kind, []).append(row.id)
        found = Digest()
        for kind, ids in by_kind.items():
            digest = digesting_in(self._registry, kind, stream, roles)
            for some in chunked(ids, AT_ONCE):
                found = found.plus(self._digests(db, kind, some, digest))
        return found

    def _digests(self, db: Connection, kind: str, ids: list[str], digest: Callable[..., int]) -> Iterable[int]:
        table = self._tables.records[kind]
        asked = {"state": self._state_id, "among": listed(db, ids)}
        for row in map(dict, db.execute(_records(table, db.dialect.name), asked).mappings()):
            row.update((name, to_wire(row[name])) for name in _otherwise_on_the_wire(table))
            yield digest(row["id"], row, read_stamps(row["stamps"]))


@lru_cache(maxsize=32)
def _sizes(stream: Table, dialect: str) -> Select[Any]:
    mine = (stream.c.state_id == bindparam("state"), among_listed(dialect, stream.c.name))
    return select(stream.c.name, stream.c.live).where(*mine)


@lru_cache(maxsize=32)
def _still_differing(difference: Table) -> Select[Any]:
    mine = (difference.c.state_id == bindparam("state"), difference.c.device == bindparam("of"))
    return select(difference.c.stream).where(*mine, difference.c.healed_ms.is_(None))


@lru_cache(maxsize=32)
def _in_stream(feed: Table, stream: Table) -> Select[Any]:
    number = numbered(stream, bindparam("state"), bindparam("stream"))
    here = (feed.c.state_id == bindparam("state"), feed.c.stream == number, feed.c.left.is_(False))
    return select(feed.c.id, feed.c.kind).where(*here)


@lru_cache(maxsize=256)
def _records(table: Table, dialect: str) -> Select[Any]:
    return select(table).where(table.c.state_id == bindparam("state"), among_listed(dialect, table.c.id))


@lru_cache(maxsize=256)
def _otherwise_on_the_wire(table: Table) -> tuple[str, ...]:
    """Columns whose values travel as something else than they are here."""
    return tuple(name for name, column in table.columns.items() if isinstance(column.type, Date | CodesText))

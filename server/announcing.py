"""Telling open pages of the console that something has changed: one look at the stream counters every 3 s per process.

The counters are compared, not the records: whoever commits, in whichever process, takes numbers from them last. While
nobody listens, nobody looks.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from sqlalchemy import Connection, func, select

from records.messages import Capacity
from server.central_store import CentralStore
from server.chunks import among
from server.streams import numbered
from server.tables import AT_OFFICE

log = logging.getLogger("samooh.server")

SECONDS = 3.0


class Watched(Protocol):
    """An open page's workspace, as the watch sees it."""

    def streams(self) -> Iterable[str]:
        """The streams it listens to."""

    def look(self, db: Connection, counters: Mapping[str, int]) -> None:
        """Compare with what it knows, and announce what has changed."""


class Watch:
    """Looks for all workspaces of a process that somebody listens to."""

    def __init__(self, centre: CentralStore, *, seconds: float = SECONDS) -> None:
        self._centre, self._seconds = centre, seconds
        self._watched: list[Watched] = []
        self._one_at_a_time = threading.RLock()
        self._wanted = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def add(self, one: Watched) -> Callable[[], None]:
        """Look for this workspace too; returns the way to stop."""
        with self._wanted:
            self._watched = [*self._watched, one]
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep_looking, name="samooh-watch", daemon=True)
                self._thread.start()
            self._wanted.notify()

        def stop() -> None:
            with self._wanted:
                self._watched = [other for other in self._watched if other is not one]

        return stop

    def look(self) -> None:
        """Look now; also after a commit of this process, whose author should not wait.

        Nothing escapes: what is committed stays committed, and a database that is starting anew must not make the
        pages blind for ever.
        """
        try:
            self._look()
        except Exception as error:
            log.error("the streams could not be looked at: %s", type(error).__name__)

    def _look(self) -> None:
        watched = self._watched
        if not watched:
            return
        with self._one_at_a_time, self._centre.database.reading() as db:
            counters = self.counters(db, {name for one in watched for name in one.streams()})
            for one in watched:
                one.look(db, counters)

    def counters(self, db: Connection, names: Iterable[str]) -> dict[str, int]:
        """stream -> its last number, of those that have been told anything."""
        table = self._centre.tables.stream
        query = select(table.c.name, table.c.seq).where(
            table.c.state_id == self._centre.state_id, among(db, table.c.name, list(names))
        )
        return {row.name: row.seq for row in db.execute(query)}

    def close(self) -> None:
        with self._wanted:
            self._closed = True
            self._wanted.notify()
        if self._thread:
            self._thread.join()

    def _keep_looking(self) -> None:
        while True:
            with self._wanted:
                self._wanted.wait_for(lambda: self._closed or self._watched)
                if not self._closed:
                    self._wanted.wait_for(lambda: self._closed, timeout=self._seconds)
                if self._closed:
                    return
            self.look()


def waits_at_office(db: Connection, centre: CentralStore, capacity: Capacity) -> tuple[int, int]:
    """How much set-aside work waits where this person is supervisor, and when the latest came: it is in no stream."""
    blocks = sorted({block for reach in capacity.reaches if reach.role == "supervisor" for block in reach.blocks})
    if not blocks:
        return 0, 0
    table = centre.tables.quarantine
    here = (table.c.state_id == centre.state_id, among(db, table.c.block_id, blocks))
    query = select(func.count(), func.coalesce(func.max(table.c.received_ms), 0)).where(*here)
    count, latest = db.execute(query.where(table.c.state.in_(AT_OFFICE))).one()
    return int(count), int(latest)


def kinds_since(
    db: Connection, centre: CentralStore, before: Mapping[str, int], now: Mapping[str, int]
) -> frozenset[str]:
    """The kinds of records that these streams were told about beyond the numbers known before."""
    feed = centre.tables.feed
    found: set[str] = set()
    for name, seq in now.items():
        if seq != before.get(name, 0):
            query = select(feed.c.kind).where(
                feed.c.state_id == centre.state_id,
                feed.c.stream == numbered(centre.tables.stream, centre.state_id, name),
                feed.c.seq > before.get(name, 0),
            )
            found |= set(db.scalars(query.distinct()))
    return frozenset(found)

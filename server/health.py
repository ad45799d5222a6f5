"""Whether this process lives, and whether it can do its work: two pages that say nothing about what is stored."""

import logging
import threading
import time
from collections.abc import Callable, Iterator

from fastapi import FastAPI, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from server.central_store import CentralStore
from server.database import named
from server.schema import head, version_of
from server.upserting import put

log = logging.getLogger("samooh.server")

KEPT_S = 2.0
"""How long an answer is given again, so that nobody can make the server work by asking."""


class Health:
    """Looks after one central store. `ready()` gives the names of what is missing, none when all is well."""

    def __init__(self, centre: CentralStore, timer: Callable[[], float] = time.monotonic) -> None:
        self._centre, self._timer = centre, timer
        self._lock = threading.Lock()
        self._looked: float | None = None
        self._missing: tuple[str, ...] = ()

    def missing(self) -> tuple[str, ...]:
        """`database`: it cannot be written. `revocations`: the second store is gone. `migrations`: the tables are of
        another version than this program."""
        with self._lock:
            if self._looked is None or self._timer() - self._looked >= KEPT_S:
                self._missing = tuple(self._looked_through())
                self._looked = self._timer()
            return self._missing

    def _looked_through(self) -> Iterator[str]:
        writes, at_head = self._writes(), self._at_head()
        if not writes or at_head is None:
            yield "database"
        if not self._revocations():
            yield "revocations"
        if at_head is False:
            yield "migrations"

    def _writes(self) -> bool:
        centre = self._centre
        try:
            with centre.database.writing() as db:
                row = {"state_id": centre.state_id, "name": "ready", "value": str(centre.clock())}
                put(db, centre.tables.meta, [row])
        except SQLAlchemyError as error:
            log.error("the database cannot be written: %s", named(error))
            return False
        return True

    def _revocations(self) -> bool:
        store = self._centre.revocations
        return store is None or store.is_there()

    def _at_head(self) -> bool | None:
        """None where the database does not answer: then nothing is known of its tables."""
        try:
            with self._centre.database.reading() as db:
                return version_of(db) == head()
        except SQLAlchemyError:
            return None


def add_health(app: FastAPI, health: Health) -> None:
    """The two pages. A proxy passes neither of them on; who asks is a watcher on the same machine or network."""

    @app.get("/healthz")
    async def healthz() -> Response:
        return Response("alive\n", media_type="text/plain")

    @app.get("/readyz")
    async def readyz() -> Response:
        missing = await run_in_threadpool(health.missing)
        text = "missing: " + ", ".join(missing) if missing else "ready"
        return Response(text + "\n", 503 if missing else 200, media_type="text/plain")

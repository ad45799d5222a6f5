"""Which life of this database this is, and how it is found out that it has gone back to an earlier state.

Only what was made with the key outside the database proves it: a cursor or the seal of an answer from beyond our own
numbers, never a phone's bare word (ADR 0029).
"""

import hmac
import logging
from collections.abc import Callable

from sqlalchemy import Connection, select, update

from records.messages import SyncRequest
from records.stamps import CAP_MS
from server.cursors import Cursors
from server.database import Database
from server.enrolment import KnownDevice
from server.set_back import SetBack, note_set_back
from server.stamping import latest_known, note_latest
from server.tables import CentralTables

log = logging.getLogger("samooh.server")


class Epochs:
    """The epoch of one state's database. `clock` gives Unix ms."""

    def __init__(
        self,
        database: Database,
        tables: CentralTables,
        state_id: int,
        cursors: Cursors,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._database, self._tables, self._state_id, self._cursors = database, tables, state_id, cursors
        self._clock, self._randomness = clock, randomness
        meta = tables.meta
        self._here = (meta.c.state_id == state_id, meta.c.name == "epoch")
        self._asks = select(meta.c.value).where(*self._here)

    def now(self, db: Connection) -> str:
        return str(db.scalar(self._asks))

    def begin(self, db: Connection, how: str) -> str:
        """A new one: at their next contact all phones give again what they have sent. `how` it was found out."""
        epoch = self._randomness(4).hex()
        db.execute(update(self._tables.meta).where(*self._here).values(value=epoch))
        note_set_back(db, self._tables, self._state_id, SetBack(epoch, self._clock(), how))
        log.error("this database has gone back to an earlier state (%s): phones give again what they had sent", how)
        return epoch

    def heed_cursor(self, db: Connection, device: str, token: str | None) -> None:
        """A cursor that is given up, with its number, must not take along the only proof that we have gone back."""
        if token and self._cursors.is_from_beyond(db, device, token, self.now(db)):
            self.begin(db, "cursor")

    def heed_answer(self, device: KnownDevice, request: SyncRequest) -> None:
        """A sealed answer to a batch that is not known here: we have gone back, and no cursor tells it."""

        def proves(db: Connection) -> bool:
            meant = self._cursors.answer_seal(device.number, self.now(db), request.answered)
            return hmac.compare_digest(meant.encode(), request.seal.encode())

        with self._database.asking() as db:
            proved = proves(db)
        if proved:
            with self._database.writing() as db:
                if proves(db):  # nobody else has begun an epoch meanwhile
                    self.begin(db, "answer")

    def heed_time(self, device: str, token: str | None, now_ms: int) -> None:
        """A token of ours with a number later than now: our clock was ahead then, and has fallen back. What came under
        it may have been lost with a backup since; whoever saw it has stamps later than that, which are not wrong."""
        opened = self._cursors.opened(device, token) if token else None
        if opened is None or opened[1] <= now_ms:
            return
        latest_ms, meta = opened[1] + CAP_MS, self._tables.meta
        with self._database.reading() as db:
            known_ms = latest_known(db, meta, self._state_id)
        if latest_ms > known_ms:
            self._database.write(lambda db: note_latest(db, meta, self._state_id, latest_ms))

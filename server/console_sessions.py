"""Sessions at the console: begun with a one-time code, hashed at rest, good for 12 hours, revocable.

A session is a device of its own (`console-<session>`), so that what is done in it is numbered, stamped, judged and
found again like the work of a phone; whoever revokes that device ends the session.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, insert, select, update

from records.problems import Problem
from server.central_store import CentralStore
from server.enrolment import CONSOLE

VALID_MS = 12 * 3600 * 1000
"""A working day: who comes back tomorrow asks for a new code, and a browser left open is nobody's for ever."""


@dataclass(frozen=True)
class Session:
    """Who works at the console, as which device."""

    token_hash: str
    person_id: str
    device: str
    last_stamp: str


class ConsoleSessions:
    """Begins sessions, knows them by their token, ends them."""

    def __init__(self, centre: CentralStore) -> None:
        self._centre, self._tables, self._state_id = centre, centre.tables, centre.state_id

    @property
    def centre(self) -> CentralStore:
        """The store whose sessions these are."""
        return self._centre

    def begin(self, code: str) -> str:
        """Exchange a console code for a token of 256 bits, told here once and never again.

        Raises Problem: code_wrong, code_used, code_expired, code_replaced, too_many_tries.
        """
        with self._centre.database.writing() as db:
            problem, person_id = self._centre.enrolments.judge(db, code, CONSOLE)
            if problem is None and person_id:
                return self._begun(db, person_id)
        # Raised after the transaction: the wrong try must be counted, not rolled back.
        raise Problem(problem or "code_wrong")

    def _begun(self, db: Connection, person_id: str) -> str:
        token = self._centre.randomness(32).hex()
        hashed, now = _hash(token), self._centre.clock()
        device = self._centre.enrolments.console_device(db, person_id, f"console-{hashed[:8]}")
        db.execute(
            insert(self._tables.console_session).values(
                state_id=self._state_id, token_hash=hashed, person_id=person_id, device=device,
                begun_ms=now, expires_ms=now + VALID_MS, last_stamp="",
            )
        )  # fmt: skip
        return token

    def find(self, db: Connection, token: str) -> Session:
        """The session of a token. Raises Problem: sign_in for one unknown, ended or over; revoked for a revoked one."""
        query = _of_token(self._tables.console_session, self._tables.device)
        row = db.execute(query, {"state": self._state_id, "hash": _hash(token)}).one_or_none()
        if row is None or row.ended_ms is not None or row.expires_ms <= self._centre.clock():
            raise Problem("sign_in")
        if row.revoked_ms is not None:
            raise Problem("revoked")
        return Session(row.token_hash, row.person_id, row.device, row.last_stamp)

    def note_stamp(self, db: Connection, session: Session, stamp: str) -> None:
        """Remember the latest stamp of a session, so that the next one is later whatever the clock does."""
        table = self._tables.console_session
        mine = (table.c.state_id == self._state_id) & (table.c.token_hash == session.token_hash)
        db.execute(update(table).where(mine).values(last_stamp=stamp))

    def end(self, token: str) -> None:
        """Sign out. An unknown or ended session stays as it is."""
        table = self._tables.console_session
        mine = (table.c.state_id == self._state_id) & (table.c.token_hash == _hash(token))
        with self._centre.database.writing() as db:
            ended = update(table).where(mine, table.c.ended_ms.is_(None)).values(ended_ms=self._centre.clock())
            db.execute(ended)

    def revoke(self, person_id: str) -> None:
        """End all sessions of a person, at once and wherever they are open. Their devices are revoked, so that this
        holds after a restore, too (`server/revocations.py`)."""
        table = self._tables.console_session
        with self._centre.database.reading() as db:
            hers = (table.c.state_id == self._state_id, table.c.person_id == person_id, table.c.ended_ms.is_(None))
            devices = db.scalars(select(table.c.device).where(*hers)).all()
        for device in devices:
            self._centre.enrolments.revoke(device)


@lru_cache(maxsize=32)
def _of_token(session: Table, device: Table) -> Select[Any]:
    """Built once: every question of a page begins with it."""
    its = (device.c.state_id == session.c.state_id) & (device.c.device == session.c.device)
    mine = (session.c.state_id == bindparam("state"), session.c.token_hash == bindparam("hash"))
    return select(session, device.c.revoked_ms).join(device, its).where(*mine)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

"""Cursors: a token names an immutable row (device, vector of streams). Presenting it acknowledges it (design 4).

The number of a cursor is the time it was made, in milliseconds, always growing; so a batch that names it also says when
it was typed. The token carries an HMAC made with a key that is not in the database: a valid token from beyond the
server's own numbers proves that the server has gone back.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from server.tables import CentralTables

EPOCH_BYTES, NUMBER_BYTES, SEAL_BYTES = 4, 6, 8


class Reached(NamedTuple):
    """How far a device has come in one stream. `since`: the number at which the stream was granted; rows up to it are
    sent whole even to their author. `roles`: in which roles it was read, joined by commas. `ended`: the last number at
    which the device had read to the end and so held all that the stream held, 0 for never. `heals`: it is read anew
    because the device's copy was found to differ, so that what the device has elsewhere counts for nothing."""

    upto: int
    since: int
    roles: str
    ended: int = 0
    heals: bool = False


START = Reached(0, 0, "")
Vector = dict[str, Reached]


@dataclass(frozen=True)
class Cursor:
    """Where a device stands in each stream it reads."""

    number: int
    vector: Vector


NOWHERE = Cursor(0, {})


@dataclass(frozen=True)
class Presented:
    """What a token turned out to be: a cursor of ours, unknown (None), or proof of a server gone back: `now` (it shows
    here first) or `before` (it is of an epoch that has ended)."""

    cursor: Cursor | None
    gone_back: str = ""


class Cursors:
    """The cursors of one state. `secret` is the key outside the database."""

    def __init__(self, tables: CentralTables, state_id: int, secret: bytes) -> None:
        self._tables, self._state_id, self._secret = tables, state_id, secret

    def token(self, device: str, epoch: str, number: int) -> str:
        head = bytes.fromhex(epoch) + number.to_bytes(NUMBER_BYTES, "big")
        return base64.urlsafe_b64encode(head + self._seal(device, head)).decode().rstrip("=")

    def present(self, db: Connection, device: str, token: str, epoch: str, newest: int) -> Presented:
        """Read a token. `newest` is the greatest cursor number this server has given the device."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            return Presented(None)
        head, seal = raw[: EPOCH_BYTES + NUMBER_BYTES], raw[EPOCH_BYTES + NUMBER_BYTES :]
        if len(raw) != EPOCH_BYTES + NUMBER_BYTES + SEAL_BYTES or not hmac.compare_digest(
            seal, self._seal(device, head)
        ):
            return Presented(None)
        number = int.from_bytes(head[EPOCH_BYTES:], "big")
        if head[:EPOCH_BYTES].hex() != epoch:
            return Presented(None, "before")
        return Presented(None, "now") if number > newest else Presented(self._read(db, device, number))

    def _read(self, db: Connection, device: str, number: int) -> Cursor | None:
        table = self._tables.cursor
        text = db.scalar(
            select(table.c.vector).where(
                table.c.state_id == self._state_id, table.c.device == device, table.c.number == number
            )
        )
        return Cursor(number, {name: Reached(*at) for name, at in json.loads(text).items()}) if text else None

    def acknowledge(self, db: Connection, device: str, number: int) -> None:
        """The device has stored what this cursor names: older ones are not needed. Later ones stay."""
        table = self._tables.cursor
        db.execute(
            delete(table).where(table.c.state_id == self._state_id, table.c.device == device, table.c.number < number)
        )

    def make(self, db: Connection, device: str, vector: Vector, newest: int, now_ms: int) -> Cursor:
        """A new cursor, later than all before it."""
        cursor = Cursor(max(now_ms, newest + 1), vector)
        text = json.dumps(vector, separators=(",", ":"))
        db.execute(
            insert(self._tables.cursor).values(
                state_id=self._state_id, device=device, number=cursor.number, vector=text
            )
        )
        table = self._tables.device
        db.execute(
            update(table)
            .where(table.c.state_id == self._state_id, table.c.device == device)
            .values(cursor_number=cursor.number)
        )
        return cursor

    def _seal(self, device: str, head: bytes) -> bytes:
        message = f"cursor/{self._state_id}/{device}/".encode() + head
        return hmac.new(self._secret, message, hashlib.sha256).digest()[:SEAL_BYTES]

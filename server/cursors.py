"""Cursors: a token names an immutable row (device, vector of streams). Presenting it acknowledges it (design 4).

The number of a cursor is the time it was made, in milliseconds, always growing; so a batch that names it also says when
it was typed. The token carries an HMAC made with a key that is not in the database: a valid token from beyond the
server's own numbers proves that the server has gone back. So does the seal of an answer, for a device that has been
answered and has no cursor from after that.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from server.tables import CentralTables
from server.upserting import put

EPOCH_BYTES, NUMBER_BYTES, SEAL_BYTES = 4, 6, 8
GAPS, MOST_GAPS = "gaps", 200
"""A value of the table meta: [[first, last], ...], numbers between which no cursor was given."""


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
        self._gaps: list[list[int]] = []
        # Every contact asks these, so they are built once.
        cursor, device = tables.cursor, tables.device
        mine = (cursor.c.state_id == state_id, cursor.c.device == bindparam("of"))
        self._vector = select(cursor.c.vector).where(*mine, cursor.c.number == bindparam("at"))
        self._forgets = delete(cursor).where(*mine, cursor.c.number < bindparam("at"))
        self._makes = insert(cursor)
        of_device = (device.c.state_id == state_id, device.c.device == bindparam("of"))
        self._renews = update(device).where(*of_device).values(cursor_number=bindparam("at"))

    def begin(self, db: Connection, now_ms: int, *, overlap_ms: int) -> None:
        """A process begins: between the newest cursor there is and now no number has been given, and none will be. A
        token with such a number is of a time that this database does not know any more.

        Copies of a phone have one device number: the one that comes first with an old cursor gets a new one, and beside
        that the cursor of the other would not look as if it came from beyond.
        """
        meta, device = self._tables.meta, self._tables.device
        mine = (meta.c.state_id == self._state_id) & (meta.c.name == GAPS)
        newest = db.scalar(select(func.max(device.c.cursor_number)).where(device.c.state_id == self._state_id)) or 0
        gaps = json.loads(db.scalar(select(meta.c.value).where(mine)) or "[]")
        if newest < now_ms - overlap_ms:
            gaps = [*[gap for gap in gaps if gap[0] != newest][-MOST_GAPS:], [newest, now_ms - overlap_ms]]
            put(db, meta, [{"state_id": self._state_id, "name": GAPS, "value": json.dumps(gaps)}])
        self._gaps = gaps

    def is_from_beyond(self, db: Connection, device: str, token: str, epoch: str) -> bool:
        """Whether a token proves that the server has gone back; also one of a device that is not known any more."""
        table = self._tables.device
        mine = (table.c.state_id == self._state_id) & (table.c.device == device)
        newest = db.scalar(select(table.c.cursor_number).where(mine)) or 0
        return self.present(db, device, token, epoch, newest).gone_back == "now"

    def token(self, device: str, epoch: str, number: int) -> str:
        head = bytes.fromhex(epoch) + number.to_bytes(NUMBER_BYTES, "big")
        return base64.urlsafe_b64encode(head + self._seal(device, head)).decode().rstrip("=")

    def answer_seal(self, device: str, epoch: str, number: int) -> str:
        """By which a device can prove that it was answered this batch, in this epoch."""
        return base64.urlsafe_b64encode(self._seal(device, f"{epoch}/{number}".encode(), "answer")).decode().rstrip("=")

    def present(self, db: Connection, device: str, token: str, epoch: str, newest: int) -> Presented:
        """Read a token. `newest` is the greatest cursor number this server has given the device."""
        opened = self.opened(device, token)
        if opened is None:
            return Presented(None)
        of_epoch, number = opened
        if of_epoch != epoch:
            return Presented(None, "before")
        beyond = number > newest or any(first < number < last for first, last in self._gaps)
        return Presented(None, "now") if beyond else Presented(self._read(db, device, number))

    def opened(self, device: str, token: str) -> tuple[str, int] | None:
        """(epoch, number) of a token that this server once gave the device, be it that its database has lost it; else
        None."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            return None
        head, seal = raw[: EPOCH_BYTES + NUMBER_BYTES], raw[EPOCH_BYTES + NUMBER_BYTES :]
        if len(raw) != EPOCH_BYTES + NUMBER_BYTES + SEAL_BYTES or not hmac.compare_digest(
            seal, self._seal(device, head)
        ):
            return None
        return head[:EPOCH_BYTES].hex(), int.from_bytes(head[EPOCH_BYTES:], "big")

    def _read(self, db: Connection, device: str, number: int) -> Cursor | None:
        text = db.scalar(self._vector, {"of": device, "at": number})
        return Cursor(number, {name: Reached(*at) for name, at in json.loads(text).items()}) if text else None

    def acknowledge(self, db: Connection, device: str, number: int) -> None:
        """The device has stored what this cursor names: older ones are not needed. Later ones stay."""
        db.execute(self._forgets, {"of": device, "at": number})

    def make(self, db: Connection, device: str, vector: Vector, newest: int, now_ms: int) -> Cursor:
        """A new cursor, later than all before it."""
        # Not in a gap, even if the clock has been put back since this process began.
        cursor = Cursor(max(now_ms, newest + 1, *(last for _first, last in self._gaps[-1:])), vector)
        text = json.dumps(vector, separators=(",", ":"))
        row = {"state_id": self._state_id, "device": device, "number": cursor.number, "vector": text}
        db.execute(self._makes, row)
        db.execute(self._renews, {"of": device, "at": cursor.number})
        return cursor

    def _seal(self, device: str, head: bytes, of: str = "cursor") -> bytes:
        message = f"{of}/{self._state_id}/{device}/".encode() + head
        return hmac.new(self._secret, message, hashlib.sha256).digest()[:SEAL_BYTES]

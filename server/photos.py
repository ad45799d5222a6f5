"""The bytes of photos at the centre: taken in and given out piece by piece, each against the record that names them.

Who may give: whoever may write photos where the group stands today, and the person who made the record, wherever she
works by now. Who may read: whoever reads a stream that holds the record. For anybody else there is no such photo.
"""

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, Table, bindparam, select, update

from records.access import Reach, may_write_as
from records.audience import streams_read
from records.cells import read_stamps
from records.days import day_of
from records.jpeg import read_jpeg
from records.messages import LARGEST_PIECE, PhotoCall, PhotoReply
from records.problems import Problem
from server.reaching import reaches_of
from server.streams import of_stream
from server.upserting import insert_missing
from server.working import standing_of

if TYPE_CHECKING:
    from server.central_store import CentralStore


class Photos:
    """The photos of one centre."""

    def __init__(self, centre: "CentralStore") -> None:
        self._centre, self._tables, self._state_id = centre, centre.tables, centre.state_id
        # Every piece asks these, so they are built once.
        photo, state = self._tables.photo, centre.state_id
        mine = (photo.c.state_id == state) & (photo.c.id == bindparam("of"))
        self._asks_held = select(photo.c.held).where(mine)
        self._locks_held = self._asks_held.with_for_update()
        self._asks_content = select(photo.c.content).where(mine)
        self._keeps = update(photo).where(mine)
        feed, stream = self._tables.feed, self._tables.stream
        here = (feed.c.state_id == state, feed.c.id == bindparam("of"), feed.c.left.is_(False))
        self._asks_holding = select(stream.c.name).select_from(feed.join(stream, of_stream(feed, stream))).where(*here)

    def call(self, token: str, call: PhotoCall) -> PhotoReply:
        """One call of a device. Raises Problem: photo_unknown, photo_damaged, photo_not_taken, too_large_message."""
        person_id = self._centre.enrolments.device_of(token).person_id
        if len(call.content) > LARGEST_PIECE:
            raise Problem("too_large_message")
        if not call.content:
            with self._centre.database.reading() as db:
                return self.read(db, person_id, call)
        problem, reply = self._centre.database.write(lambda db: self._give(db, person_id, call))
        if problem:
            # Only now, for what did not fit has been thrown away in that transaction.
            raise problem
        return reply

    # --- reading

    def read(self, db: Connection, person_id: str, call: PhotoCall) -> PhotoReply:
        """How many bytes are held, and those from `start` on, if the whole photo is here and may be seen."""
        row = self._record(db, call)
        seen = self._may_read(db, person_id, row["id"])
        if not seen and not self._may_give(db, person_id, row):
            raise Problem("photo_unknown")
        held, content = self._held(db, row), b""
        if seen and call.wanted and held == row["size"]:
            start = min(call.start, held)
            content = self._content(db, row)[start : start + min(call.wanted, LARGEST_PIECE)]
        return PhotoReply(held, content)

    def whole(self, db: Connection, person_id: str, id: str) -> bytes | None:
        """All bytes of a photo for someone who sees its record, None until all have come. Raises photo_unknown."""
        row = self._record(db, PhotoCall(id, ""))
        if not self._may_read(db, person_id, id):
            raise Problem("photo_unknown")
        return self._content(db, row) if self._held(db, row) == row["size"] else None

    def keep_whole(self, db: Connection, id: str, content: bytes) -> Problem | None:
        """All bytes at once, of a record that has just been written or judged. The caller answers for reach."""
        row = self._record(db, PhotoCall(id, ""))
        held = self._held(db, row)
        return self.take(db, row, held, content[held:])[0] if held < row["size"] else None

    # --- taking in

    def _give(self, db: Connection, person_id: str, call: PhotoCall) -> tuple[Problem | None, PhotoReply]:
        row = self._record(db, call)
        if not self._may_give(db, person_id, row):
            raise Problem("photo_unknown")
        return self.take(db, row, call.start, call.content)

    def take(self, db: Connection, row: Any, start: int, content: bytes) -> tuple[Problem | None, PhotoReply]:
        """Add a piece to what is held. One that does not begin where that ends changes nothing: the reply says where to
        go on. With the last piece all of it is looked at; what does not fit goes, and the problem says why."""
        now_ms = self._centre.clock()
        begun = {"state_id": self._state_id, "id": row["id"], "held": 0, "content": b"", "changed_ms": now_ms}
        insert_missing(db, self._tables.photo, [begun])
        held = int(db.execute(self._locks_held, {"of": row["id"]}).scalar_one())
        if start != held or held == row["size"]:
            return None, PhotoReply(held)
        whole = self._content(db, row) + content
        problem = _against(whole, row) if len(whole) >= row["size"] else None
        kept = b"" if problem else whole
        db.execute(self._keeps, {"of": row["id"], "content": kept, "held": len(kept), "changed_ms": now_ms})
        return problem, PhotoReply(len(kept))

    # --- what is known

    def _record(self, db: Connection, call: PhotoCall) -> dict[str, Any]:
        """The record that names the photo. Raises photo_unknown, also where it names another hash."""
        asked = {"state": self._state_id, "of": call.id}
        row = db.execute(_one_of(self._tables.records["Attachment"]), asked).mappings().first()
        if row is None or not row["group_id"] or call.sha256 not in ("", row["sha256"]):
            raise Problem("photo_unknown")
        return dict(row)

    def _held(self, db: Connection, row: Any) -> int:
        return int(db.scalar(self._asks_held, {"of": row["id"]}) or 0)

    def _content(self, db: Connection, row: Any) -> bytes:
        return bytes(db.scalar(self._asks_content, {"of": row["id"]}) or b"")

    def _reaches(self, db: Connection, person_id: str) -> tuple[Reach, ...]:
        return reaches_of(db, self._tables, self._state_id, person_id, day_of(self._centre.clock()))

    def _may_read(self, db: Connection, person_id: str, id: str) -> bool:
        readable = streams_read(self._reaches(db, person_id))
        return any(name in readable for name in db.scalars(self._asks_holding, {"of": id}))

    def _may_give(self, db: Connection, person_id: str, row: Any) -> bool:
        """By her reach of today; or because she made the record, which was judged when it came."""
        asked = {"state": self._state_id, "of": row["group_id"]}
        where = db.execute(_one_of(self._tables.standing), asked).first()
        covering = tuple(r.role for r in self._reaches(db, person_id) if where and r.covers(standing_of(where)))
        if covering and not may_write_as(covering, "Attachment", frozenset({"sha256"}), new=True):
            return True
        device = self._tables.device
        stamp = read_stamps(row["stamps"]).get("sha256", "")
        made = (device.c.state_id == self._state_id) & (device.c.device == stamp[-8:])
        return bool(stamp) and db.scalar(select(device.c.person_id).where(made)) == person_id


@lru_cache(maxsize=32)
def _one_of(table: Table) -> Select[Any]:
    return select(table).where(table.c.state_id == bindparam("state"), table.c.id == bindparam("of"))


def _against(whole: bytes, row: Any) -> Problem | None:
    """What speaks against bytes that should be a photo."""
    if len(whole) != row["size"] or hashlib.sha256(whole).hexdigest() != row["sha256"]:
        return Problem("photo_damaged")
    try:
        read_jpeg(whole)
    except Problem:
        return Problem("photo_not_taken")
    return None

"""The bytes of photos on this phone: those taken here until the centre has them, and those that were asked for.

They stand in a table of their own, apart from what travels in batches, and go last. A photo is `waiting` (taken here,
the centre does not have all of it), `received` (taken here, the centre has it), `wanted` (asked for, not all of it
here), `here` (fetched), or `refused` (the centre did not take it; `code` says why).
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import delete, exists, false, func, select, update
from sqlalchemy.dialects.sqlite import insert

from records.attachment import Attachment
from records.jpeg import read_jpeg
from records.problems import Problem
from records.workspace import Photo
from storage.rows import raw_row
from storage.store import LocalStore, Transaction

WAITING, RECEIVED, WANTED, HERE, REFUSED = "waiting", "received", "wanted", "here", "refused"

KIND = Attachment.__name__
MOST_KEPT = 5 * 1024 * 1024
"""Bytes of photos that the centre has too; beyond, those kept longest go, and can be fetched again."""


@dataclass(frozen=True)
class Bytes:
    """A photo under way: `content` is what is here of its `size` bytes."""

    id: str
    sha256: str
    size: int
    content: bytes = field(repr=False)


def keep_own(t: Transaction, id: str, content: bytes) -> None:
    """The bytes of a photo taken here, in the transaction that writes its record."""
    known = t.connection.scalar(select(t.tables.photo.c.state).where(t.tables.photo.c.id == id))
    if known in (WAITING, RECEIVED, HERE):
        return
    line = insert(t.tables.photo).values(
        id=id, sha256=hashlib.sha256(content).hexdigest(), size=len(content), state=WAITING, at_ms=t.clock_ms,
        content=content,
    )  # fmt: skip
    again = {"state": WAITING, "code": None, "content": line.excluded.content, "at_ms": line.excluded.at_ms}
    t.connection.execute(line.on_conflict_do_update(index_elements=["id"], set_=again))
    _told(t)


def find_photo(store: LocalStore, id: str) -> Photo:
    """What is here of a photo; `away` where nothing is and nobody has asked for it."""
    with store.reading() as t:
        table = t.tables.photo
        row = t.connection.execute(select(table).where(table.c.id == id)).first()
    if row is None:
        return Photo("away")
    return Photo(row.state, row.content if row.state != WANTED else None, row.code)


def want_photo(store: LocalStore, id: str) -> None:
    """Somebody wants to see it: it is fetched when the centre is next spoken to. Raises Problem unknown_record."""
    with store.writing() as t:
        raw = raw_row(t.connection, t.tables, KIND, id)
        if raw is None:
            raise Problem("unknown_record")
        line = insert(t.tables.photo).values(
            id=id, sha256=raw.values["sha256"], size=raw.values["size"], state=WANTED, at_ms=t.clock_ms, content=b""
        )
        t.connection.execute(line.on_conflict_do_nothing())
        _told(t)


def count_waiting(t: Transaction) -> int:
    """How many photos wait to be sent; one that was removed waits for nothing."""
    if not _any(t, WAITING):
        return 0
    table = t.tables.photo
    return t.connection.scalar(select(func.count()).where(table.c.state == WAITING, ~_removed(t))) or 0


# --- to the centre


def next_to_send(store: LocalStore, passed: Collection[str]) -> Bytes | None:
    """The photo that has waited longest and whose record the centre has answered; `passed`: not these."""
    with store.reading() as t:
        if not _any(t, WAITING):
            return None
        table = t.tables.photo
        waits = [_names(t, work, table.c.id) for work in (t.tables.outbox, t.tables.mending)]
        chosen = select(table).where(table.c.state == WAITING, *(~one for one in waits), ~_removed(t))
        return _first(t, chosen.where(table.c.id.not_in(list(passed))))


def note_received(store: LocalStore, id: str) -> None:
    """The centre has all of it."""
    with store.writing() as t:
        _set(t, id, state=RECEIVED, code=None)
        if raw_row(t.connection, t.tables, KIND, id) is None:
            # It was kept only to be sent: nothing of the group is here any more.
            t.connection.execute(delete(t.tables.photo).where(t.tables.photo.c.id == id))
        _make_room(t)


def note_refused(store: LocalStore, id: str, code: str) -> None:
    """The centre will never take it."""
    with store.writing() as t:
        _set(t, id, state=REFUSED, code=code)


def note_unknown(store: LocalStore, id: str) -> None:
    """The centre knows no record that names it. It waits, but for a record that its author has withdrawn."""
    with store.writing() as t:
        own = t.tables.own_change
        sent = exists().where(own.c.kind == KIND, own.c.id == id, own.c.state != "withdrawn")
        if raw_row(t.connection, t.tables, KIND, id) is None and not t.connection.scalar(select(sent)):
            t.connection.execute(delete(t.tables.photo).where(t.tables.photo.c.id == id))
            _told(t)


def send_again(t: Transaction) -> None:
    """The centre has gone back: what it was told before may stand only here. Asking costs little where it does not."""
    table = t.tables.photo
    t.connection.execute(update(table).where(table.c.state == RECEIVED).values(state=WAITING))
    _told(t)


# --- from the centre


def next_wanted(store: LocalStore, passed: Collection[str]) -> Bytes | None:
    """The photo that has been asked for longest; `passed`: not these."""
    with store.reading() as t:
        if not _any(t, WANTED):
            return None
        table = t.tables.photo
        return _first(t, select(table).where(table.c.state == WANTED, table.c.id.not_in(list(passed))))


def add_piece(store: LocalStore, photo: Bytes, piece: bytes) -> Bytes:
    """What is here after a piece that begins where the rest ended. Raises Problem photo_damaged, and begins anew, where
    the whole is not what its record says."""
    content = photo.content + piece
    whole = len(content) >= photo.size
    sound = not whole or _is_sound(photo, content)
    with store.writing(durable=False) as t:
        _set(t, photo.id, content=content if sound else b"", state=HERE if whole and sound else WANTED, code=None)
        _make_room(t)
    if not sound:
        raise Problem("photo_damaged")
    return Bytes(photo.id, photo.sha256, photo.size, content)


def note_not_there(store: LocalStore, id: str) -> None:
    """The centre does not have all of it yet: the phone that took it has not sent it."""
    with store.writing(durable=False) as t:
        _set(t, id, code="photo_unknown")


def let_go(t: Transaction, ids: Collection[str]) -> None:
    """Records of these photos are held no more. What waits to be sent stays until it is."""
    table = t.tables.photo
    t.connection.execute(delete(table).where(table.c.id.in_(list(ids)), table.c.state != WAITING))


def let_go_received(t: Transaction) -> int:
    """Photos that the centre has too go for want of room; returns how many. Each can be fetched again."""
    table = t.tables.photo
    gone = t.connection.execute(delete(table).where(table.c.state.in_((RECEIVED, HERE)))).rowcount
    if gone:
        _told(t)
    return gone


def is_whole(photo: Bytes) -> bool:
    """Whether the bytes here are those that the record names."""
    return len(photo.content) == photo.size and hashlib.sha256(photo.content).hexdigest() == photo.sha256


def _is_sound(photo: Bytes, content: bytes) -> bool:
    if not is_whole(Bytes(photo.id, photo.sha256, photo.size, content)):
        return False
    try:
        read_jpeg(content)
    except Problem:
        return False
    return True


def _any(t: Transaction, state: str) -> bool:
    return t.driver.execute("SELECT 1 FROM photo WHERE state=? LIMIT 1", (state,)).fetchone() is not None


def _first(t: Transaction, chosen: object) -> Bytes | None:
    table = t.tables.photo
    row = t.connection.execute(chosen.order_by(table.c.at_ms, table.c.id).limit(1)).first()  # type: ignore[attr-defined]
    return Bytes(row.id, row.sha256, row.size, row.content) if row else None


def _names(t: Transaction, work: object, id: object):  # type: ignore[no-untyped-def]
    return exists().where(work.c.kind == KIND, work.c.id == id)  # type: ignore[attr-defined]


def _removed(t: Transaction):  # type: ignore[no-untyped-def]
    if KIND not in t.tables:
        return false()
    record = t.tables[KIND]
    return exists().where(record.c.id == t.tables.photo.c.id, record.c.deleted_on.is_not(None))


def _set(t: Transaction, id: str, **values: object) -> None:
    t.connection.execute(update(t.tables.photo).where(t.tables.photo.c.id == id).values(values))
    _told(t)


def _make_room(t: Transaction) -> None:
    """The photos kept longest go, of those that the centre has too."""
    table = t.tables.photo
    kept = select(table.c.id, table.c.size).where(table.c.state.in_((RECEIVED, HERE))).order_by(table.c.at_ms.desc())
    room, gone = MOST_KEPT, []
    for row in t.connection.execute(kept):
        room -= row.size
        if room < 0:
            gone.append(row.id)
    if gone:
        t.connection.execute(delete(table).where(table.c.id.in_(gone)))


def _told(t: Transaction) -> None:
    t.changed |= {KIND, "sync"}

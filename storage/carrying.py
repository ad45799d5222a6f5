"""What goes by hand: a phone's own work in a file, and the sealed files that it carries for colleagues.

A carried file stays exactly as it came until the centre has said that it has it. Nothing in it can be read here, and
nothing of it is among this phone's records.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert

from records.bundles import MOST_PARTS, Bundle
from records.messages import BatchAnswer, FrozenBatch
from records.problems import Problem
from records.workspace import Parcel
from storage import meta as named
from storage.answers import take_answer
from storage.contact import keep_seal
from storage.driver import listed
from storage.freezing import count_rows, freeze_next, unanswered
from storage.secrets import IN_SAFE, secret_of
from storage.store import LocalStore, Transaction

WAITING, DELIVERED, REFUSED = "waiting", "delivered", "refused"

ROWS = 200
"""Of a batch that is frozen to be carried: the same batch may have to go over a bad line later."""
MOST_BYTES = 1_500_000
"""Of the batches in one file; what is beyond goes with a later one."""
MOST_DELIVERED = 20
"""Files of which is still told that they were delivered."""


@dataclass(frozen=True)
class OnHand:
    """What a phone needs in order to make a file: its number, the private halves of its keys, the centre's public one,
    the epoch it knows."""

    device: str
    signing_key: bytes = field(repr=False)
    sealing_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)
    epoch: str = ""


def known(store: LocalStore) -> tuple[str, bytes]:
    """(this phone's number, its centre's public key). Raises Problem sign_in before any enrolment."""
    with store.reading() as t:
        device, key = t.meta.get(named.DEVICE), t.meta.get(named.SERVER_KEY)
    if not device or not key:
        raise Problem("sign_in")
    return device, bytes.fromhex(key)


def on_hand(store: LocalStore) -> OnHand:
    """Raises Problem: sign_in before any enrolment, safe_closed, device_cloned. A login that has ended is none: the
    work that was typed with it is carried all the same."""
    with store.reading() as t:
        if t.meta.get(named.LOGIN) == "device_cloned":
            # Another phone goes by this number; under it the centre would take this work for the other's.
            raise Problem("device_cloned")
        if IN_SAFE in (t.meta.get(named.SIGNING_KEY), t.meta.get(named.SEALING_KEY)) and not t.store.unlocked:
            raise Problem("safe_closed")
        keys = [secret_of(t, named.SIGNING_KEY), secret_of(t, named.SEALING_KEY), t.meta.get(named.SERVER_KEY)]
        device = t.meta.get(named.DEVICE)
        if not device or not all(keys):
            raise Problem("sign_in")
        signing, sealing, server = (bytes.fromhex(str(key)) for key in keys)
        return OnHand(device, signing, sealing, server, t.meta.get(named.EPOCH, ""))


def batches_to_carry(store: LocalStore) -> list[tuple[FrozenBatch, int]]:
    """All that waits, frozen: (batch, records in it), in the order of the numbers. They are the batches that go over
    the network as well, so that it does not matter which way is the faster. Raises Problem nothing_waits."""
    with store.writing() as t:
        found = unanswered(t)
        while fits_in_one(found) and (batch := freeze_next(t, ROWS)) is not None:
            found.append(batch)
        while len(found) > 1 and not fits_in_one(found):
            found.pop()
        if not found:
            raise Problem("nothing_waits")
        t.changed |= {"sync"}
        return [(batch, count_rows(t, batch.number)) for batch in found]


def fits_in_one(batches: Sequence[FrozenBatch]) -> bool:
    """Whether one file holds these; what is beyond waits for the next."""
    return len(batches) < MOST_PARTS and sum(len(batch.blob) for batch in batches) <= MOST_BYTES


def take_answers(store: LocalStore, epoch: str, answers: Sequence[BatchAnswer], seal: str = "") -> int:
    """Takes in what the centre answered to carried batches, as if it had come by the network; returns how many records
    are done with. Only batches that were applied, in their order: about all else the network tells. `seal`: that of the
    last of them.

    Raises Problem bundle_outdated where the centre has gone back since, or before: what it said then may not be so now,
    and the next synchronisation asks.
    """
    with store.reading() as t:
        if t.meta.get(named.EPOCH) != epoch:
            raise Problem("bundle_outdated")
    done = 0
    for answer in sorted(answers, key=lambda one: one.number):
        with store.reading() as t:
            waits = unanswered(t)
        if answer.state == "applied" and waits and waits[0].number == answer.number:
            done += take_answer(store, answer).rows
    last = max((answer.number for answer in answers if answer.state == "applied"), default=0)
    with store.writing() as t:
        keep_seal(t, last, seal)
    return done


# --- carried for others


def keep_parcel(store: LocalStore, content: bytes, bundle: Bundle) -> Parcel:
    """Keeps a colleague's file until it is delivered. The same file again is the same parcel, as it stands by now."""
    id = hashlib.sha256(content).hexdigest()[:32]
    with store.writing() as t:
        line = insert(t.tables.parcel).values(
            id=id, device=bundle.device, records=bundle.records, state=WAITING, taken_ms=t.clock_ms, content=content
        )
        t.connection.execute(line.on_conflict_do_nothing())
        t.changed |= {"sync"}
        return next(one for one in _parcels(t) if one.id == id)


def list_parcels(store: LocalStore) -> list[Parcel]:
    """What this phone carries and has carried, the latest first."""
    with store.reading() as t:
        return _parcels(t)


def content_of(store: LocalStore, id: str) -> bytes:
    """A carried file, to be given on to somebody else; of a delivered one the centre's answer, for its maker. Raises
    Problem not_a_bundle where there is none."""
    with store.reading() as t:
        table = t.tables.parcel
        content = t.connection.scalars(select(table.c.content).where(table.c.id == id)).one_or_none()
    if not content:
        raise Problem("not_a_bundle")
    return content


def next_parcel(store: LocalStore, passed: Sequence[str]) -> tuple[str, bytes] | None:
    """(id, file) of the one that waits longest; `passed`: not these."""
    with store.reading() as t:
        row = t.driver.execute(
            "SELECT id FROM parcel WHERE state=? AND id NOT IN (SELECT value FROM json_each(?)) "
            "ORDER BY taken_ms, id LIMIT 1",
            (WAITING, listed(passed)),
        ).fetchone()
        if row is None:
            return None
        table = t.tables.parcel
        return row[0], t.connection.scalars(select(table.c.content).where(table.c.id == row[0])).one()


def note_delivered(store: LocalStore, id: str, reply: bytes) -> None:
    """The centre has it on its disk. The file goes; in its place stands the answer, for whoever made it."""
    with store.writing() as t:
        _set(t, id, state=DELIVERED, code=None, done_ms=t.clock_ms, content=reply)
        table = t.tables.parcel
        delivered = select(table.c.id).where(table.c.state == DELIVERED).order_by(table.c.done_ms.desc())
        gone = list(t.connection.scalars(delivered))[MOST_DELIVERED:]
        t.connection.execute(delete(table).where(table.c.id.in_(gone)))


def note_refused(store: LocalStore, id: str, code: str) -> None:
    """The centre does not take it. It stays, and can be given on."""
    with store.writing() as t:
        _set(t, id, state=REFUSED, code=code, done_ms=t.clock_ms)


def _set(t: Transaction, id: str, **values: object) -> None:
    t.connection.execute(update(t.tables.parcel).where(t.tables.parcel.c.id == id).values(values))
    t.changed |= {"sync"}


def _parcels(t: Transaction) -> list[Parcel]:
    table = t.tables.parcel
    chosen = select(table).order_by(table.c.taken_ms.desc(), table.c.id)
    return [
        Parcel(row.id, row.device, row.records, row.state, row.taken_ms, row.done_ms, row.code)
        for row in t.connection.execute(chosen)
    ]

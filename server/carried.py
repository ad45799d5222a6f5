"""A bundle that somebody carries here: opened with the centre's key, and applied as if its maker's phone had called.

Nothing about it is decided by who carries it. Each batch goes through the push of the device that made it, under its
number and in its order; a phone that was shut out has its work set aside for the office. So has one whose file is from
before this centre went back, as far as its clock was ahead: when that was typed cannot be known any more, and what its
author has typed since must not be covered (M179).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, insert, select

from records.bundles import (
    PURPOSE,
    REPLY,
    TAG,
    WORK,
    Bundle,
    Sealed,
    answers_blob,
    beginning,
    centre_mark,
    ended,
    head_of,
    read_bundle,
)
from records.ids import new_id
from records.messages import BatchAnswer, BundleReply, FrozenBatch
from records.problems import Problem
from records.stamps import is_ahead
from records.wire import thawed
from server.batches import SHUT_OUT, Batches
from server.stamping import latest_known

if TYPE_CHECKING:
    from server.central_store import CentralStore


@dataclass(frozen=True)
class Carrier:
    """Who brought a bundle: the person, and the device or session she brought it with."""

    person_id: str
    device: str


class _Taken(NamedTuple):
    """What came of a batch: its answer, whether it was new here, and whether it was set aside as a whole."""

    answer: BatchAnswer
    fresh: bool
    aside: bool


class Carried:
    """Takes bundles into one central store."""

    def __init__(self, centre: "CentralStore") -> None:
        self._centre = centre

    def take(self, content: bytes, carrier: Carrier) -> BundleReply:
        """Applies what is new in it, each batch in a transaction of its own. Raises Problem: BUNDLE_CODES; what was
        applied before it stays so, and the same bundle can be brought again."""
        bundle = read_bundle(content)
        if bundle.what != WORK:
            raise Problem("bundle_not_yours")
        if bundle.centre != centre_mark(self._centre.enrolments.sealing_public()):
            raise Problem("bundle_elsewhere")
        maker = self._maker(bundle)
        batches = self._opened(bundle, maker)
        taken = [self._take(maker, batch, carrier, bundle.epoch) for batch in batches]
        answers = [one.answer for one in taken]
        if any(answer.state == "device_cloned" for answer in answers):
            raise Problem("bundle_cloned")
        return BundleReply(
            _state(taken),
            bundle.device,
            bundle.records,
            self._reply(bundle, maker, answers),
        )

    def name_of_maker(self, db: Connection, device: str) -> tuple[str, str | None]:
        """The name of the person a device belongs to, and the same in Hindi."""
        table, person = self._centre.tables.device, self._centre.tables.records["Person"]
        join = (person.c.state_id == table.c.state_id) & (person.c.id == table.c.person_id)
        mine = (table.c.state_id == self._centre.state_id) & (table.c.device == device)
        row = db.execute(select(person.c.name, person.c.name_hi).select_from(table.join(person, join)).where(mine))
        return next(((one.name, one.name_hi) for one in row), ("", None))

    def _maker(self, bundle: Bundle) -> Any:
        """The device that made it, by its number and its signature."""
        table = self._centre.tables.device
        with self._centre.database.reading() as db:
            mine = (table.c.state_id == self._centre.state_id) & (table.c.device == bundle.device)
            row = db.execute(select(table).where(mine)).one_or_none()
        if row is None or not row.signing_key or not row.sealing_key:
            raise Problem("bundle_unknown")
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(row.signing_key))
            key.verify(bundle.signature, bundle.signed)
        except (InvalidSignature, ValueError) as error:
            raise Problem("bundle_changed") from error
        return row

    def _opened(self, bundle: Bundle, maker: Any) -> list[FrozenBatch]:
        """Its batches, all of which are what its outside says, or none."""
        enrolments = self._centre.enrolments
        try:
            shared = enrolments.exchange(bundle.ephemeral)
            cipher = AESGCM(_key(shared, bundle.ephemeral + enrolments.sealing_public(), WORK))
            blobs = [
                cipher.decrypt(at.to_bytes(12, "big"), part.content, bundle.head)
                for at, part in enumerate(bundle.parts)
            ]
        except (InvalidTag, ValueError) as error:
            raise Problem("bundle_changed") from error
        for part, blob in zip(bundle.parts, blobs, strict=True):
            if part.number < 1 or hashlib.sha256(blob).hexdigest() != part.sha256:
                raise Problem("bundle_changed")
        return [FrozenBatch(part.number, part.sha256, blob) for part, blob in zip(bundle.parts, blobs, strict=True)]

    def _take(self, maker: Any, batch: FrozenBatch, carrier: Carrier, epoch: str) -> _Taken:
        """`epoch`: that of the file."""
        centre, now_ms = self._centre, self._centre.clock()

        def take(db: Connection) -> tuple[_Taken, Batches]:
            why = self._why_aside(db, maker, batch, epoch, now_ms)
            batches = Batches(db, centre.tables, centre.registry, centre.state_id, maker.device, now_ms, set_aside=why)
            answer = batches.take(batch)
            if batches.fresh:
                self._note(db, maker, batch, carrier, now_ms)
            return _Taken(answer, batches.fresh, why is not None), batches

        taken, batches = centre.database.write(take)
        centre.wake(maker.device, batches.awaited, now_ms)
        return taken

    def _why_aside(self, db: Connection, maker: Any, batch: FrozenBatch, epoch: str, now_ms: int) -> str | None:
        """Why a batch is not to be applied. Asked within the transaction: she may have been shut out this moment."""
        centre, table = self._centre, self._centre.tables.device
        mine = (table.c.state_id == centre.state_id) & (table.c.device == maker.device)
        if db.scalar(select(table.c.revoked_ms).where(mine)) is not None:
            return SHUT_OUT
        from_before = epoch != centre.epoch(db)
        latest_ms = latest_known(db, centre.tables.meta, centre.state_id) if from_before else 0
        return "before_going_back" if from_before and is_ahead(_greatest(batch), now_ms, latest_ms) else None

    def _note(self, db: Connection, maker: Any, batch: FrozenBatch, carrier: Carrier, now_ms: int) -> None:
        """Whose work came, and by whom: in the register of deeds, with the batch."""
        row = {
            "state_id": self._centre.state_id, "id": new_id(now_ms, self._centre.randomness), "at_ms": now_ms,
            "person_id": carrier.person_id, "device": carrier.device, "what": "carried", "about": maker.person_id,
            "detail": json.dumps({"device": maker.device, "number": batch.number}),
        }  # fmt: skip
        db.execute(insert(self._centre.tables.deed).values(row))

    def _reply(self, bundle: Bundle, maker: Any, answers: Sequence[BatchAnswer]) -> bytes:
        """The answers as a file for the phone that made the bundle. The centre's own key goes into its key, by which
        the phone knows who wrote it."""
        centre, enrolments = self._centre, self._centre.enrolments
        fresh = X25519PrivateKey.from_private_bytes(centre.randomness(32))
        ephemeral, theirs = fresh.public_key().public_bytes_raw(), bytes.fromhex(maker.sealing_key)
        with centre.database.reading() as db:
            epoch = centre.epoch(db)
        blob = answers_blob(answers)
        parts = (Sealed(0, hashlib.sha256(blob).hexdigest(), bundle.records),)
        last = max((answer.number for answer in answers if answer.state == "applied"), default=0)
        seal = centre.cursors.answer_seal(bundle.device, epoch, last) if last else ""
        outside = Bundle(REPLY, bundle.device, bundle.centre, ephemeral, centre.clock(), parts, epoch, seal)
        head = head_of(outside, [len(blob) + TAG])
        shared = fresh.exchange(X25519PublicKey.from_public_bytes(theirs)) + enrolments.exchange(theirs)
        cipher = AESGCM(_key(shared, ephemeral + enrolments.sealing_public() + theirs, REPLY))
        return ended(beginning(REPLY, head, [cipher.encrypt(bytes(12), blob, head)]))


def _state(taken: Sequence[_Taken]) -> str:
    if any(one.answer.state == "waiting_for" for one in taken):
        return "waiting_for"
    if not any(one.fresh for one in taken):
        return "repeated"
    return "set_aside" if any(one.aside for one in taken) else "received"


def _greatest(batch: FrozenBatch) -> str:
    """The latest stamp in it; '' where it cannot be read, of which its push takes care."""
    try:
        sections = thawed(batch.blob).sections
    except Problem:
        return ""
    return max((stamp or "" for section in sections for column in section.stamps for stamp in column), default="")


def _key(shared: bytes, salt: bytes, what: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, PURPOSE[what]).derive(shared)

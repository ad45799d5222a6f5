"""Seals a phone's work into a file for the centre, and takes in files: a colleague's, or the centre's answer.

A file has a key of its own: X25519 between a key made for it and the centre's, HKDF, AES-256-GCM for each batch. So
whoever carries it cannot read it, and not even the phone that made it can open it again.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from records.bundles import (
    PURPOSE,
    REPLY,
    TAG,
    WORK,
    Bundle,
    Sealed,
    beginning,
    centre_mark,
    ended,
    head_of,
    read_answers,
    read_bundle,
)
from records.messages import BatchAnswer, CentralServer
from records.problems import BUNDLE_CODES, Problem
from records.workspace import TakenIn
from storage.carrying import (
    DELIVERED,
    OnHand,
    batches_to_carry,
    keep_parcel,
    known,
    next_parcel,
    note_delivered,
    note_refused,
    on_hand,
    take_answers,
)
from storage.store import LocalStore


def hand_over(store: LocalStore) -> bytes:
    """All that waits on this phone, frozen, sealed and signed. Raises Problem: nothing_waits, sign_in, safe_closed,
    device_cloned."""
    keys, batches = on_hand(store), batches_to_carry(store)
    fresh = X25519PrivateKey.from_private_bytes(store.randomness(32))
    ephemeral = fresh.public_key().public_bytes_raw()
    parts = tuple(Sealed(batch.number, batch.sha256, rows) for batch, rows in batches)
    outside = Bundle(WORK, keys.device, centre_mark(keys.server_key), ephemeral, store.clock(), parts, keys.epoch)
    head = head_of(outside, [len(batch.blob) + TAG for batch, _rows in batches])
    shared = fresh.exchange(X25519PublicKey.from_public_bytes(keys.server_key))
    cipher = AESGCM(_key(shared, ephemeral + keys.server_key, WORK))
    sealed = [cipher.encrypt(at.to_bytes(12, "big"), batch.blob, head) for at, (batch, _rows) in enumerate(batches)]
    content = beginning(WORK, head, sealed)
    return ended(content + Ed25519PrivateKey.from_private_bytes(keys.signing_key).sign(content))


def take_in(store: LocalStore, content: bytes) -> TakenIn:
    """A file that somebody gave: work is carried, an answer is taken in. Raises Problem: BUNDLE_CODES, sign_in."""
    bundle, (device, server_key) = read_bundle(content), known(store)
    if bundle.centre != centre_mark(server_key):
        raise Problem("bundle_elsewhere")
    if bundle.what == WORK:
        if bundle.device == device:
            raise Problem("bundle_own")
        parcel = keep_parcel(store, content, bundle)
        return TakenIn("delivered" if parcel.state == DELIVERED else "carried", parcel.records)
    if bundle.device != device:
        raise Problem("bundle_not_yours")
    return TakenIn("answered", take_answers(store, bundle.epoch, _opened(bundle, on_hand(store)), bundle.seal))


def _opened(bundle: Bundle, keys: OnHand) -> tuple[BatchAnswer, ...]:
    """The answers in a reply. The centre's own key has gone into its key, so nobody else can have written it."""
    mine = X25519PrivateKey.from_private_bytes(keys.sealing_key)
    if len(bundle.parts) != 1:
        raise Problem("bundle_changed")
    try:
        shared = b"".join(
            mine.exchange(X25519PublicKey.from_public_bytes(key)) for key in (bundle.ephemeral, keys.server_key)
        )
        salt = bundle.ephemeral + keys.server_key + mine.public_key().public_bytes_raw()
        blob = AESGCM(_key(shared, salt, REPLY)).decrypt(bytes(12), bundle.parts[0].content, bundle.head)
    except (InvalidTag, ValueError) as error:
        raise Problem("bundle_changed") from error
    return read_answers(blob)


def _key(shared: bytes, salt: bytes, what: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, PURPOSE[what]).derive(shared)


def deliver_parcels(store: LocalStore, server: CentralServer) -> None:
    """Brings to the centre what this phone carries for others. One that the centre does not take stays, with the
    reason. Raises the problems of CentralServer that are not about one file."""
    passed: list[str] = []
    while parcel := next_parcel(store, passed):
        id, content = parcel
        passed.append(id)
        try:
            note_delivered(store, id, server.bundle(content).reply)
        except Problem as problem:
            if problem.code not in BUNDLE_CODES:
                raise
            note_refused(store, id, problem.code)

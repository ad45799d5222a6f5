"""What a phone shows with a one-time code: made before the first try and the same with each, until a reply is taken up.

The reply may be lost on the way, and the centre then knows the phone again by this. All of it comes from one seed,
which belongs to one code: with another code, perhaps another person's, the phone begins anew.
"""

import hashlib
import hmac
from dataclasses import dataclass

from storage import meta as named
from storage.adopting import Keys
from storage.identity import capacity_of
from storage.secrets import secret_of
from storage.store import LocalStore

SEED_BYTES = 32
PROOF_BYTES = 16


@dataclass(frozen=True)
class Trying:
    """The private keys and the proof of a phone that tries a code."""

    keys: Keys
    proof: bytes


def trying(store: LocalStore, code: str, seed: bytes) -> Trying:
    """What to show with a code of digits. `seed`: SEED_BYTES of chance, taken for the first try with this code."""
    with store.writing() as t:
        kept = t.meta.get(named.ENROLLING) or {}
        before = bytes.fromhex(kept.get("seed", ""))
        if not (before and hmac.compare_digest(kept["code"], _mark(before, code))):
            before = seed
            t.meta.put(named.ENROLLING, {"code": _mark(seed, code), "seed": seed.hex()})
    signing, sealing, proof = (_from(before, what) for what in (b"signing", b"sealing", b"proof"))
    return Trying(Keys(signing, sealing), proof[:PROOF_BYTES])


def _mark(seed: bytes, code: str) -> str:
    return _from(seed, b"code/" + code.encode()).hex()


def _from(seed: bytes, what: bytes) -> bytes:
    return hmac.new(seed, b"samooh/enrolling/" + what, hashlib.sha256).digest()


@dataclass(frozen=True)
class Returning:
    """What a phone shows to come back without a code. `certified`: the device number that its certificate is for;
    `device`, `cursor`: what it goes by now."""

    keys: Keys
    proof: bytes
    person_id: str
    certificate: bytes
    certified: str
    device: str
    cursor: str


def returning(store: LocalStore, proof: bytes) -> Returning | None:
    """What to show in the place of a code; None where this phone has no certificate, or not the keys that belong to it.
    `proof`: PROOF_BYTES of chance, taken for the first try.
    """
    with store.writing() as t:
        person, certificate = capacity_of(t.meta), t.meta.get(named.CERTIFICATE)
        signing, sealing = (secret_of(t, name) for name in (named.SIGNING_KEY, named.SEALING_KEY))
        if not (person and certificate and signing and sealing):
            return None
        kept = t.meta.get(named.RETURNING) or proof.hex()
        t.meta.put(named.RETURNING, kept)
        device = t.meta.get(named.DEVICE, "")
        return Returning(
            Keys(bytes.fromhex(signing), bytes.fromhex(sealing)),
            bytes.fromhex(kept),
            person.person_id,
            bytes.fromhex(certificate),
            t.meta.get(named.CERTIFIED) or device,
            device,
            t.meta.get(named.CURSOR, ""),
        )

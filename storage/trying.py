"""What a phone shows with a one-time code: made before the first try and the same with each, until a reply is taken up.

The reply may be lost on the way, and the centre then knows the phone again by this. All of it comes from one seed,
which belongs to one code: with another code, perhaps another person's, the phone begins anew.
"""

import hashlib
import hmac
from dataclasses import dataclass

from storage import meta as named
from storage.adopting import Keys
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

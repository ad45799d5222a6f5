"""Enrolment: the phone makes its keys, shows the public halves with a one-time code, and keeps what it is given."""

import secrets
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from records.messages import CentralServer, Certified, EnrolReply, EnrolRequest, return_statement
from records.problems import Problem
from records.workspace import Identity
from records.written import western_digits
from storage import meta as named
from storage.adopting import adopt
from storage.identity import holds_unsent_work, login_is_good
from storage.store import LocalStore
from storage.trying import PROOF_BYTES, SEED_BYTES, returning, trying


class Centre(Protocol):
    """Where phones are enrolled and synchronise: over HTTP, or in one process the central store itself."""

    def for_device(self, token: str) -> CentralServer: ...

    def enrol(self, request: EnrolRequest) -> EnrolReply: ...


def enrol(store: LocalStore, centre: Centre, code: str, *, app: str, device_name: str = "phone") -> Identity:
    """Exchanges a code for a login; tried again after a lost reply, the same login. Raises Problem: those of Enrolment,
    and unsent_work.

    The same person may come back with unsent work on the phone; another person may not take it over. While a login is
    good nobody needs a new one for unsent work: then the code is not even used up.
    """
    with store.reading() as t:
        if login_is_good(t) and holds_unsent_work(t):
            raise Problem("unsent_work")
        last_device, last_cursor = t.meta.get(named.DEVICE, ""), t.meta.get(named.CURSOR, "")
    digits = "".join(sign for sign in western_digits(code) if sign.isalnum())
    shown = trying(store, digits, secrets.token_bytes(SEED_BYTES))
    signing = Ed25519PrivateKey.from_private_bytes(shown.keys.signing)
    sealing = X25519PrivateKey.from_private_bytes(shown.keys.sealing)
    reply = centre.enrol(
        EnrolRequest(
            app=app,
            code=digits,
            signing_key=signing.public_key().public_bytes_raw(),
            sealing_key=sealing.public_key().public_bytes_raw(),
            device_name=device_name,
            last_device=last_device,
            last_cursor=last_cursor,
            proof=shown.proof,
        )
    )
    return adopt(store, reply, shown.keys)


NOT_TAKEN = ("code_wrong", "too_many_here")
"""What a centre says that reads no certificates, and takes there to be a code of no digits."""


def come_back(store: LocalStore, centre: Centre, *, app: str, device_name: str = "phone") -> Identity:
    """Shows the certificate of the enrolment to a centre that does not know the login any more, because it has gone
    back to before: the same login again, with all work. Raises Problem: those of Enrolment; sign_in where that is no
    way."""
    shown = returning(store, secrets.token_bytes(PROOF_BYTES))
    if shown is None:
        raise Problem("sign_in")
    signing = Ed25519PrivateKey.from_private_bytes(shown.keys.signing)
    sealing = X25519PrivateKey.from_private_bytes(shown.keys.sealing).public_key().public_bytes_raw()
    signature = signing.sign(return_statement(shown.certificate, sealing, shown.proof))
    request = EnrolRequest(
        app=app,
        code="",
        signing_key=signing.public_key().public_bytes_raw(),
        sealing_key=sealing,
        device_name=device_name,
        last_device=shown.device,
        last_cursor=shown.cursor,
        proof=shown.proof,
        certified=Certified(shown.certified, shown.person_id, shown.certificate, signature),
    )
    try:
        reply = centre.enrol(request)
    except Problem as problem:
        if problem.code in NOT_TAKEN:
            raise Problem("sign_in") from problem
        raise
    return adopt(store, reply, shown.keys, forgotten=True)

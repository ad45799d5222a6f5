"""Certificates: what a phone was given at its enrolment, signed by a key outside the database, takes the place of a
code when the database has gone back to before that enrolment (law 7).

It lets in nobody who was shut out: revocations stand in a second store, which goes into the key. Where that store was
lost and begun anew, nobody can say any more who was shut out, and no older certificate is good.
"""

import hashlib
import hmac
import logging

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection, select

from records.messages import EnrolRequest, return_statement
from records.problems import Problem
from server.revocations import Revocations
from server.tables import CentralTables

log = logging.getLogger("samooh.server")


class Certificates:
    """The certificates of one state. `secret` is the key outside the database."""

    def __init__(self, tables: CentralTables, state_id: int, secret: bytes, revocations: Revocations | None) -> None:
        self._tables, self._state_id, self._secret, self._revocations = tables, state_id, secret, revocations

    def given(self, device: str, person_id: str, signing_key: bytes) -> bytes:
        """The certificate of a phone that goes by this number and key."""
        return self._key().sign(self._statement(device, person_id, signing_key))

    def check(self, db: Connection, request: EnrolRequest) -> tuple[str, str]:
        """(device number, person) of a phone that comes back. Raises Problem: sign_in where the certificate is not of
        this centre or not of this phone, or its person is not known here; revoked where it was shut out."""
        shown = request.certified
        if shown is None or not request.proof:
            raise Problem("sign_in")
        try:
            statement = self._statement(shown.device, shown.person_id, request.signing_key)
            self._key().public_key().verify(shown.certificate, statement)
            signed = return_statement(shown.certificate, request.sealing_key, request.proof)
            Ed25519PublicKey.from_public_bytes(request.signing_key).verify(shown.signature, signed)
        except (InvalidSignature, ValueError) as error:
            raise Problem("sign_in") from error
        key = request.signing_key.hex()
        if self._is_shut_out(db, shown.device, shown.person_id, key):
            raise Problem("revoked")
        person = self._tables.records["Person"]
        mine = (person.c.state_id == self._state_id, person.c.id == shown.person_id)
        if db.execute(select(person.c.id).where(*mine)).one_or_none() is None:
            # Proved by the certificate, so that nobody fills the log with names of her own making.
            log.warning("a phone comes back whose person is not known here: samooh people add --id %s", shown.person_id)
            raise Problem("sign_in")
        return shown.device, shown.person_id

    def _is_shut_out(self, db: Connection, device: str, person_id: str, key: str) -> bool:
        """By the second store, which knows what this database has forgotten; and by the database itself."""
        if self._revocations and self._revocations.shuts_out(self._state_id, device, person_id, key):
            return True
        table = self._tables.device
        copies = (table.c.person_id == person_id, table.c.signing_key == key, table.c.revoked_ms.is_not(None))
        found = select(table.c.device).where(table.c.state_id == self._state_id, *copies).limit(1)
        return db.scalar(found) is not None

    def _statement(self, device: str, person_id: str, signing_key: bytes) -> bytes:
        return f"{self._state_id}/{device}/{person_id}/".encode() + signing_key

    def _key(self) -> Ed25519PrivateKey:
        begun = self._revocations.begun_ms() if self._revocations else 0
        purpose = f"certificates/{begun}" if begun else "certificates"
        return Ed25519PrivateKey.from_private_bytes(derived(self._secret, purpose.encode()))


def derived(secret: bytes, purpose: bytes) -> bytes:
    """A key of 32 bytes for one purpose from the secret outside the database."""
    return hmac.new(secret, b"samooh/" + purpose, hashlib.sha256).digest()

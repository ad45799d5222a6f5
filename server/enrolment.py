"""Devices and the one-time codes by which they come in. Codes and tokens are kept hashed; a device can be revoked.

A code is 12 digits: 4 name a slot, 8 are the secret. Five wrong tries close the slot.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from sqlalchemy import Connection, Select, Table, and_, bindparam, insert, or_, select, update

from records.messages import Capacity, EnrolReply, EnrolRequest, NewNumber
from records.problems import Problem
from records.written import western_digits
from server.certificates import Certificates, derived
from server.database import Database
from server.revocations import Revocations, Revoked
from server.tables import CentralTables
from server.upserting import insert_missing, put

PHONE, CONSOLE = "phone", "console"
"""What a code is for. It is part of what is hashed, so that a code for the one is simply wrong for the other."""

TOKEN_BYTES = 16
"""Of a device's token: beyond guessing, and short because it travels with every call."""

TRIES = 5
VALID_MS = 72 * 3600 * 1000
AGAIN_MS = 10 * 60 * 1000
"""How long a code that was used is answered again to the phone whose reply was lost."""
SLOTS = 10_000


@dataclass(frozen=True)
class NewDevice:
    """A device just enrolled. `token` is known here once and never again."""

    number: str
    person_id: str
    token: str
    signing_key: bytes


class KnownDevice(NamedTuple):
    """A device as it stood when its token was looked at. `last_batch`, `cursor_number`: the greatest that it was given;
    `unsent`, `drafts`: what it said at its last contact, at `last_contact_ms`."""

    number: str
    person_id: str
    name: str
    app: str | None
    signing_key: str | None
    sealing_key: str | None
    last_batch: int
    cursor_number: int
    last_contact_ms: int | None
    unsent: int | None
    drafts: int | None


class Enrolments:
    """Issues codes, exchanges them for devices, knows devices by their token."""

    def __init__(
        self,
        database: Database,
        tables: CentralTables,
        state_id: int,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
        secret: bytes,
        revocations: Revocations | None = None,
    ) -> None:
        self._revocations = revocations
        self._database, self._tables, self._state_id = database, tables, state_id
        self._clock, self._randomness = clock, randomness
        self._sealing = X25519PrivateKey.from_private_bytes(derived(secret, b"sealing"))
        self._certificates = Certificates(tables, state_id, secret, revocations)
        self._secret, self._token_secret = derived(secret, b"codes"), derived(secret, b"tokens")

    # --- the centre's own key

    def sealing_public(self) -> bytes:
        """The public half of the key to which carried work is sealed."""
        return self._sealing.public_key().public_bytes_raw()

    def exchange(self, theirs: bytes) -> bytes:
        """What the centre's key and another's public half come to. Raises ValueError for what is no such key."""
        return self._sealing.exchange(X25519PublicKey.from_public_bytes(theirs))

    # --- codes

    def code_for(self, person_id: str) -> str:
        """A new one-time code for a person's phone, valid for 72 hours: 12 digits, shown in groups of four. Older
        ones of hers that nobody has used are closed."""
        return self._new_code(person_id, PHONE)

    def console_code_for(self, person_id: str) -> str:
        """The same for a person's session at the console; no phone can be joined with it."""
        return self._new_code(person_id, CONSOLE)

    def _new_code(self, person_id: str, purpose: str) -> str:
        table = self._tables.enrolment
        with self._database.writing() as db:
            now = self._clock()
            # A slot is free again once its code was used, and not asked for again, or has expired.
            here = table.c.state_id == self._state_id
            open_codes = and_(here, table.c.used_ms.is_(None), table.c.expires_ms >= now)
            same = (open_codes, table.c.person_id == person_id, table.c.purpose == purpose)
            db.execute(update(table).where(*same, table.c.replaced_ms.is_(None)).values(replaced_ms=now))
            lately = and_(here, table.c.used_ms >= now - AGAIN_MS)
            used = set(db.scalars(select(table.c.slot).where(or_(open_codes, lately))))
            if len(used) >= SLOTS:
                raise Problem("busy")
            slot = self._digits(4)
            while slot in used:
                slot = self._digits(4)
            digits = self._digits(8)
            row = {
                "state_id": self._state_id, "slot": slot, "secret_hash": self._code_hash(slot, digits, purpose),
                "person_id": person_id, "made_ms": now, "expires_ms": now + VALID_MS, "tries": 0, "used_ms": None,
                "purpose": purpose, "replaced_ms": None, "device": None, "proof_hash": None,
            }  # fmt: skip
            put(db, table, [row])
        return f"{slot} {digits[:4]} {digits[4:]}"

    def use(self, request: EnrolRequest) -> NewDevice:
        """Exchange a code for a device. Wrong, used and expired codes are refused, each wrong try counted. A phone
        whose reply was lost is given the same device again; one with a certificate needs no code."""
        if request.certified:
            return self._database.write(lambda db: self._come_back(db, request))
        with self._database.writing() as db:
            problem, person_id = self.judge(db, request.code, PHONE)
            if problem is None and person_id:
                return self._new_device(db, person_id, request)
            if problem == "code_used" and (known := self._given_before(db, request)):
                return known
        # Raised after the transaction: the wrong try must be counted, not rolled back.
        raise Problem(problem or "code_wrong")

    def judge(self, db: Connection, typed: str, purpose: str) -> tuple[str | None, str | None]:
        """(why a code is refused, whose it is); a good one is used up. What is written here must be committed."""
        table = self._tables.enrolment
        code = _digits_of(typed)
        slot, digits = code[:4], code[4:]
        mine = (table.c.state_id == self._state_id) & (table.c.slot == slot)
        row = db.execute(select(table).where(mine).with_for_update()).one_or_none()
        if row is None or len(code) != 12:
            return "code_wrong", None
        if row.tries >= TRIES:
            return "too_many_tries", None
        if not hmac.compare_digest(row.secret_hash, self._code_hash(slot, digits, purpose)):
            db.execute(update(table).where(mine).values(tries=row.tries + 1))
            return "code_wrong", None
        if row.used_ms is not None:
            return "code_used", None
        if row.replaced_ms is not None:
            return "code_replaced", None
        if row.expires_ms < self._clock():
            return "code_expired", None
        db.execute(update(table).where(mine).values(used_ms=self._clock()))
        return None, row.person_id

    # --- devices

    def _new_device(self, db: Connection, person_id: str, request: EnrolRequest) -> NewDevice:
        by_chance = _token(self._randomness(TOKEN_BYTES))
        number = self._free_number(db)
        token = self._token_for(number, request.proof) if request.proof else by_chance
        db.execute(
            insert(self._tables.device).values(
                **self._blank(number, person_id, request.device_name or "phone"),
                token_hash=_hash(token),
                signing_key=request.signing_key.hex(),
                sealing_key=request.sealing_key.hex(),
                app=request.app,
            )
        )
        if request.proof:
            table = self._tables.enrolment
            mine = (table.c.state_id == self._state_id) & (table.c.slot == _digits_of(request.code)[:4])
            db.execute(update(table).where(mine).values(device=number, proof_hash=_proof_hash(request.proof)))
        return NewDevice(number, person_id, token, request.signing_key)

    def _given_before(self, db: Connection, request: EnrolRequest) -> NewDevice | None:
        """The device that this phone was given for a code a moment ago, while nobody has called with its token yet. The
        code itself has been found right."""
        codes, devices = self._tables.enrolment, self._tables.device
        known = db.execute(
            select(codes.c.used_ms, codes.c.proof_hash, devices)
            .join(devices, (devices.c.state_id == codes.c.state_id) & (devices.c.device == codes.c.device))
            .where(codes.c.state_id == self._state_id, codes.c.slot == _digits_of(request.code)[:4])
        ).one_or_none()
        if known is None or known.used_ms + AGAIN_MS < self._clock() or known.revoked_ms is not None:
            return None
        called = known.last_contact_ms is not None or known.last_batch or known.cursor_number
        keys = (known.signing_key, known.sealing_key) == (request.signing_key.hex(), request.sealing_key.hex())
        same_phone = keys and hmac.compare_digest(known.proof_hash, _proof_hash(request.proof))
        if called or not same_phone:
            return None
        token = self._token_for(known.device, request.proof)
        return NewDevice(known.device, known.person_id, token, request.signing_key)

    def _come_back(self, db: Connection, request: EnrolRequest) -> NewDevice:
        """The device of a phone that shows its certificate: the number it had, where nobody goes by it here. Where
        somebody does, it is a copy of that phone, and goes on under a number of its own. Asked again, the same."""
        number, person_id = self._certificates.check(db, request)
        table, key = self._tables.device, request.signing_key.hex()
        hers = (table.c.state_id == self._state_id, table.c.person_id == person_id, table.c.signing_key == key)
        for known in db.execute(select(table.c.device, table.c.token_hash).where(*hers)):
            token = self._token_for(known.device, request.proof)
            if hmac.compare_digest(known.token_hash or "", _hash(token)):
                return NewDevice(known.device, person_id, token, request.signing_key)
        keys = {"signing_key": key, "sealing_key": request.sealing_key.hex()}
        for one in (number, self._free_number(db)):
            token = self._token_for(one, request.proof)
            blank = self._blank(one, person_id, request.device_name or "phone")
            if insert_missing(db, table, [{**blank, **keys, "token_hash": _hash(token), "app": request.app}]):
                return NewDevice(one, person_id, token, request.signing_key)
        raise Problem("busy")

    def _token_for(self, number: str, proof: bytes) -> str:
        """The token of a device whose phone shows a proof, the same whenever it asks: a request that was only late must
        not shut out the phone that has had the reply to another."""
        made = hmac.new(self._token_secret, f"{self._state_id}/{number}/".encode() + proof, hashlib.sha256).digest()
        return _token(made[:TOKEN_BYTES])

    def renumber(self, device: KnownDevice) -> NewNumber:
        """Another device for the person of this one, with its keys: two copies of a phone's file are two devices."""
        token = _token(self._randomness(TOKEN_BYTES))
        with self._database.writing() as db:
            number = self._free_number(db)
            copied = {name: getattr(device, name) for name in ("signing_key", "sealing_key", "app")}
            blank = self._blank(number, device.person_id, device.name)
            db.execute(insert(self._tables.device).values(**blank, **copied, token_hash=_hash(token)))
        return NewNumber(number, token)

    def office_device(self, name: str) -> str:
        """The number of the office's own device of this name, made when first asked for. It has no token."""
        table = self._tables.device
        with self._database.writing() as db:
            known = db.scalar(
                select(table.c.device).where(
                    table.c.state_id == self._state_id, table.c.office.is_(True), table.c.name == name
                )
            )
            if known:
                return str(known)
            number = self._free_number(db)
            db.execute(insert(table).values(**(self._blank(number, f"office/{name}", name) | {"office": True})))
            return number

    def console_device(self, db: Connection, person_id: str, name: str) -> str:
        """The device of a session at the console: without a token, since it never calls the API."""
        number = self._free_number(db)
        db.execute(insert(self._tables.device).values(**self._blank(number, person_id, name)))
        return number

    def _blank(self, number: str, person_id: str, name: str) -> dict[str, Any]:
        return {
            "state_id": self._state_id, "device": number, "person_id": person_id, "name": name,
            "enrolled_ms": self._clock(), "last_batch": 0, "cursor_number": 0, "office": False,
        }  # fmt: skip

    def _free_number(self, db: Connection) -> str:
        """A device number nobody has: 8 hex digits, never all zero."""
        table = self._tables.device
        while True:
            number = self._randomness(4).hex()
            taken = db.scalar(
                select(table.c.device).where(table.c.state_id == self._state_id, table.c.device == number)
            )
            if not taken and number != "00000000":
                return number

    def device_of(self, token: str) -> KnownDevice:
        """The device of a token. Raises Problem: sign_in for an unknown token, revoked for a revoked device."""
        table = self._tables.device
        with self._database.asking() as db:
            row = db.execute(_by_token(table), {"state": self._state_id, "hash": _hash(token)}).one_or_none()
        if row is None:
            raise Problem("sign_in")
        if row.revoked_ms is not None:
            raise Problem("revoked")
        return KnownDevice(*row[1:])

    def revoke(self, device: str) -> None:
        """From now on the device is refused, and with it all that go by its keys: the numbers that copies of it were
        given. Its work that was received stays."""
        table = self._tables.device
        keys = select(table.c.person_id, table.c.signing_key).where(
            table.c.state_id == self._state_id, table.c.device == device
        )
        with self._database.writing() as db:
            one = db.execute(keys).one_or_none()
            if one is None:
                # Given after the backup that this database comes from: its certificate must not let it in.
                if self._revocations:
                    self._revocations.append(Revoked(self._clock(), self._state_id, (device,), "", ""))
                return
            copies = (table.c.person_id == one.person_id) & (table.c.signing_key == one.signing_key)
            meant = (
                table.c.state_id == self._state_id,
                (table.c.device == device) | copies,
                table.c.revoked_ms.is_(None),
            )
            now = self._clock()
            if self._revocations:
                # Stands in the second store before the database says so, and before anybody is told.
                devices = tuple(db.scalars(select(table.c.device).where(*meant).order_by(table.c.device)))
                line = Revoked(now, self._state_id, devices, one.person_id, one.signing_key or "")
                self._revocations.append(*([line] if devices else ()))
            db.execute(update(table).where(*meant).values(revoked_ms=now))

    def reply(self, device: NewDevice, capacity: Capacity, epoch: str, now_ms: int) -> EnrolReply:
        """What the phone is told: its token and number, and a certificate that re-admits it after a restore."""
        return EnrolReply(
            token=device.token,
            device=device.number,
            capacity=capacity,
            epoch=epoch,
            server_ms=now_ms,
            server_sealing_key=self.sealing_public(),
            certificate=self._certificates.given(device.number, device.person_id, device.signing_key),
        )

    def _digits(self, count: int) -> str:
        return str(int.from_bytes(self._randomness(8), "big") % 10**count).zfill(count)

    def _code_hash(self, slot: str, digits: str, purpose: str) -> str:
        # A phone's code is hashed as it always was, so that codes handed out before stay good.
        meant = f"{slot}/{digits}" if purpose == PHONE else f"{slot}/{digits}/{purpose}"
        return hmac.new(self._secret, meant.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=8)
def _by_token(device: Table) -> Select[Any]:
    """Every call asks this, so the statement is built once."""
    mine = (device.c.state_id == bindparam("state"), device.c.token_hash == bindparam("hash"))
    told = (device.c[name] for name in KnownDevice._fields[1:])
    return select(device.c.revoked_ms, device.c.device.label("number"), *told).where(*mine)


def _digits_of(typed: str) -> str:
    return "".join(sign for sign in western_digits(typed) if sign.isdigit())


def _proof_hash(proof: bytes) -> str:
    return hashlib.sha256(b"samooh/proof/" + proof).hexdigest()


def _token(randomness: bytes) -> str:
    """Random bytes as text."""
    return base64.urlsafe_b64encode(randomness).decode().rstrip("=")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

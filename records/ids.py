"""Ids: the names that records carry for ever, and the short numbers that people speak.

An id is text of 32 lower-case hex characters, a UUID (RFC 9562) without dashes. New records get version 7, whose first
48 bits are the time, so that rows of one day lie together; reference and imported records get version 5 of their
official code, so that two importers create the same record. Ids of any version are accepted. Clock and randomness are
given, never read.
"""

import hashlib
import random
import re
import unicodedata
import uuid
from collections.abc import Callable

ID_PATTERN = r"[0-9a-f]{32}"

OFFICIAL_CODES = uuid.UUID("5d2c1a0e-6a7b-5c55-9f0e-3b0c8a4f7e21")
"""The namespace of official codes. Changing it would double every imported record."""

_ID = re.compile(ID_PATTERN)
_SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = {**{symbol: value for value, symbol in enumerate(_SYMBOLS)}, "I": 1, "L": 1, "O": 0}


def new_id(now_ms: int, randomness: random.Random | Callable[[int], bytes]) -> str:
    """A new UUIDv7: `now_ms` in front, then 74 random bits; within one millisecond the order is random.

    `randomness` is a `random.Random` or a function that gives n random bytes, such as `os.urandom`. ValueError
    `time_out_of_range` for a time before 1970 or beyond 48 bits.
    """
    if not 0 <= now_ms < 1 << 48:
        raise ValueError("time_out_of_range")
    take = randomness.randbytes if isinstance(randomness, random.Random) else randomness
    chance = int.from_bytes(take(10))
    number = (now_ms << 80) | (0x7 << 76) | (chance >> 68 << 64) | (0b10 << 62) | (chance & ((1 << 62) - 1))
    return f"{number:032x}"


def official_id(source: str, code: str) -> str:
    """The id of a record that has an official code, the same on every copy: `official_id("lgd/village", "451234")`.

    `source` names the list and its version of meaning; ValueError `code_missing` when either is empty.
    """
    if not source or not code:
        raise ValueError("code_missing")
    return uuid.uuid5(OFFICIAL_CODES, f"{source}/{code}").hex


def first_account_id(shg_id: str) -> str:
    """The id of a group's first savings account; two phones that both begin it create one record."""
    return uuid.uuid5(uuid.UUID(bytes=id_bytes(shg_id)), "savings/1").hex


def is_id(text: str) -> bool:
    """Whether the text is an id in our form, of any UUID version."""
    return _ID.fullmatch(text) is not None


def id_bytes(id: str) -> bytes:
    """The 16 bytes of an id, as the wire carries them. ValueError `id_malformed` for anything else."""
    if not is_id(id):
        raise ValueError("id_malformed")
    return bytes.fromhex(id)


def short_number(id: str) -> str:
    """The number that people speak and write for a record: `7K3M-9QXD-4`.

    Eight characters of Crockford's base 32 (no I, L, O, U) carry 40 bits hashed from the id, the ninth is a check over
    the same characters. It is shown and searched, never a key: among a million records about one pair shares a number.
    """
    value = int.from_bytes(hashlib.blake2b(id_bytes(id), digest_size=5).digest())
    return _shown([value >> shift & 31 for shift in range(35, -1, -5)])


def read_short_number(typed: str) -> str:
    """What somebody typed or heard, in the form of `short_number`.

    Case, spaces and hyphens do not matter, I and L are read as 1, O as 0, digits may be of any script. ValueError
    `short_number_malformed` for wrong characters or length, `short_number_mistyped` when the check does not fit.
    """
    kept = [character for character in typed.upper() if unicodedata.category(character) not in ("Pd", "Zs", "Cf")]
    values = [_READ_AS.get(character, unicodedata.decimal(character, -1)) for character in kept]
    if len(values) != 9 or -1 in values:
        raise ValueError("short_number_malformed")
    if _check(values[:8]) != values[8]:
        raise ValueError("short_number_mistyped")
    return _shown(values[:8])


def short_number_matches(typed: str, id: str) -> bool:
    """Whether the typed short number is that of this id; a mistyped one matches nothing."""
    try:
        return read_short_number(typed) == short_number(id)
    except ValueError:
        return False


def _shown(values: list[int]) -> str:
    text = "".join(_SYMBOLS[value] for value in [*values, _check(values)])
    return f"{text[:4]}-{text[4:8]}-{text[8]}"


def _check(values: list[int]) -> int:
    """The sum of the values, each weighted by another power of x, in the field GF(32) = GF(2)[x] / (x^5 + x^2 + 1).

    The weights (x^8 ... x) and their differences to 1 and to each other are never zero, and a field has no divisors of
    zero. So every single slip and every exchange of two characters, neighbours or not, check included, changes the
    sum. Crockford's own check, modulo 37, needs five signs that nobody can speak.
    """
    total = 0
    for value in values:
        total ^= value
        total <<= 1
        if total & 0b100000:
            total ^= 0b100101
    return total

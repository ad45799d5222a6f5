"""A file that carries work, or the answer to it, where there is no network: how it is laid out, what its carrier sees.

A bundle is a run of frozen batches, each sealed to the centre's key, below a head that says whose they are and how
many; its maker has signed all of it. A reply is the centre's answers to such a run, sealed to the phone that made it.
Keys are no business of this file: work is sealed in `sync/bundles.py` and opened in `server/carried.py`, a reply the
other way.

Layout, whole numbers big-endian:

    8 bytes   MAGIC
    1 byte    version, 1
    1 byte    what it is: W work, R reply
    4 bytes   length of the whole file
    4 bytes   length of the head
    head      compressed JSON (records/frames.py)
    parts     sealed, one after the other, as long as the head says
    64 bytes  Ed25519 signature of all before it; in W only
    32 bytes  SHA-256 of all before it, by which whoever carries the file sees that it is whole

Magic, lengths and the last 32 bytes stay as they are in every version.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from records.frames import LARGEST_BODY, compressed, decompressed
from records.messages import BatchAnswer
from records.problems import Problem
from records.wire import answer_text, read_answer

MAGIC = b"\x89SAMOOH\n"
"""The first byte is no text, and the last is changed by whoever takes the file for text."""

VERSION = 1
WORK, REPLY = b"W", b"R"
START, DIGEST, SIGNATURE, KEY, TAG = 18, 32, 64, 32, 16
"""Bytes: what stands before the head, the hash at the end, a signature, a key, and what sealing adds to a part."""

LARGEST_BUNDLE = LARGEST_BODY - 64 * 1024
"""Bytes of a file: it goes to the centre in one call."""
MOST_PARTS = 1000
LARGEST_HEAD = 256 * 1024

FILE_ENDING, MIME_TYPE = ".samooh", "application/octet-stream"

PURPOSE = {WORK: b"samooh/bundle/1/work", REPLY: b"samooh/bundle/1/reply"}
"""What the key of a file is derived for."""


@dataclass(frozen=True)
class Sealed:
    """A batch that can be carried and not be read: its number, the hash of its bytes, and of how many records it is."""

    number: int
    sha256: str
    records: int
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Bundle:
    """What a file says on its outside. `device`: the number of the phone that made it, or to which it is the answer;
    `centre`: `centre_mark` of the centre's key; `ephemeral`: the public half of the key made for this file alone.

    `seal`: in an answer, the seal of the last of its answers. `head` is what each part is bound to, `signed` all that
    the signature covers.
    """

    what: bytes
    device: str
    centre: str
    ephemeral: bytes
    made_ms: int
    parts: tuple[Sealed, ...]
    epoch: str = ""
    seal: str = ""
    head: bytes = field(default=b"", repr=False)
    signed: bytes = field(default=b"", repr=False)
    signature: bytes = field(default=b"", repr=False)

    @property
    def records(self) -> int:
        return sum(part.records for part in self.parts)


def centre_mark(sealing_key: bytes) -> str:
    """By which a file and a phone name their centre: 16 hex characters of its public key."""
    return hashlib.sha256(b"samooh/centre/" + sealing_key).hexdigest()[:16]


def head_of(bundle: Bundle, lengths: Sequence[int]) -> bytes:
    """The head of a file whose parts will have these lengths once they are sealed."""
    parts = [
        [part.number, part.sha256, part.records, length] for part, length in zip(bundle.parts, lengths, strict=True)
    ]
    value = {
        "d": bundle.device, "c": bundle.centre, "k": base64.b64encode(bundle.ephemeral).decode(),
        "t": bundle.made_ms, "e": bundle.epoch, "p": parts, **({"f": bundle.seal} if bundle.seal else {}),
    }  # fmt: skip
    return compressed(value)


def beginning(what: bytes, head: bytes, parts: Sequence[bytes]) -> bytes:
    """A file up to its signature."""
    signature = SIGNATURE if what == WORK else 0
    length = START + len(head) + sum(map(len, parts)) + signature + DIGEST
    start = MAGIC + bytes([VERSION]) + what + length.to_bytes(4, "big") + len(head).to_bytes(4, "big")
    return b"".join((start, head, *parts))


def ended(content: bytes) -> bytes:
    """A file with the hash at its end."""
    return content + hashlib.sha256(content).digest()


def read_bundle(content: bytes) -> Bundle:
    """The outside of a file that is whole. Raises Problem: not_a_bundle, bundle_cut, bundle_changed, bundle_newer,
    too_large_message. Whether its maker made it, only the centre can tell."""
    if len(content) > LARGEST_BUNDLE:
        raise Problem("too_large_message")
    if not content or content[: len(MAGIC)] != MAGIC[: len(content)]:
        raise Problem("not_a_bundle")
    if len(content) < START + DIGEST or len(content) < int.from_bytes(content[10:14], "big"):
        raise Problem("bundle_cut")
    body, digest = content[:-DIGEST], content[-DIGEST:]
    if len(content) != int.from_bytes(content[10:14], "big") or hashlib.sha256(body).digest() != digest:
        raise Problem("bundle_changed")
    if content[8] > VERSION:
        raise Problem("bundle_newer")
    return _read(body)


def _read(body: bytes) -> Bundle:
    """The body is as somebody wrote it; who that was is not known yet, so nothing in it is believed."""
    what = body[9:10]
    if what not in PURPOSE or body[8] != VERSION:
        raise Problem("bundle_changed")
    signature = SIGNATURE if what == WORK else 0
    first = START + int.from_bytes(body[14:18], "big")
    end = len(body) - signature
    if first > end:
        raise Problem("bundle_changed")
    head = body[START:first]
    try:
        value = decompressed(head, LARGEST_HEAD)
        parts, at = [], first
        if len(value["p"]) > MOST_PARTS:
            raise Problem("too_large_message")
        for number, sha256, records, length in value["p"]:
            parts.append(Sealed(_count(number), _text(sha256), _count(records), body[at : at + _count(length)]))
            at += length
        ephemeral = base64.b64decode(_text(value["k"]), validate=True)
        if at != end or len(ephemeral) != KEY:
            raise Problem("bundle_changed")
        return Bundle(
            what, _text(value["d"]), _text(value["c"]), ephemeral, _count(value["t"]), tuple(parts), _text(value["e"]),
            _text(value.get("f", "")), head, body[:end], body[end:],
        )  # fmt: skip
    except Problem as problem:
        raise Problem("bundle_changed" if problem.code == "bad_message" else problem.code) from problem
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Problem("bundle_changed") from error


# --- what a reply says


def answers_blob(answers: Sequence[BatchAnswer]) -> bytes:
    """The centre's answers to the batches of a bundle, to be sealed."""
    return compressed([answer_text(answer) for answer in answers])


def read_answers(blob: bytes) -> tuple[BatchAnswer, ...]:
    """Raises Problem bundle_changed."""
    try:
        return tuple(read_answer(text) for text in decompressed(blob))
    except (Problem, KeyError, TypeError, ValueError, AttributeError, AssertionError) as error:
        raise Problem("bundle_changed") from error


def file_name(content: bytes) -> str:
    """What a file is called where it is kept or shared: whose phone, which kind, when; nobody's name."""
    bundle = read_bundle(content)
    kind = "work" if bundle.what == WORK else "reply"
    return f"samooh-{kind}-{bundle.device}-{hashlib.sha256(content).hexdigest()[:6]}{FILE_ENDING}"


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 53:
        raise Problem("bundle_changed")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.isascii():
        raise Problem("bundle_changed")
    return value

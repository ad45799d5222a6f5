"""Frames of compressed JSON: what every body is made of (docs/protocol.md).

A body is a run of frames: one type byte (`H` header, `B` batch), four bytes of length, the payload. A payload is one
byte that names the compression and the compressed bytes: `z` is zlib with the dictionary of `records/dictionary.py`,
`d` the same without zlib's ten bytes of head and check sum, for what is small. Whoever carries a message checks it.
"""

import zlib
from typing import Any

from pydantic_core import from_json, to_json

from records.dictionary import DICTIONARY
from records.problems import Problem

LARGEST_BODY = 2 * 1024 * 1024
LARGEST_PAYLOAD = 16 * 1024 * 1024
"""Bytes of one body as sent, and of one payload once decompressed: a small frame must not become a large memory."""


SMALL = 600
"""Bytes of a text for which zlib's own ten would count: a quiet call, a few changes."""

LONG = 128 * 1024
"""Bytes of a text that only a quick link is given at once, where time counts for more than the last bytes."""

WAYS = {b"z": zlib.MAX_WBITS, b"d": -zlib.MAX_WBITS}


def compressed(value: Any) -> bytes:
    text = to_json(value)
    way = b"d" if len(text) <= SMALL else b"z"
    # Columns are mostly ids, numbers and indexes, in which a longer search finds little: a fifteenth of the bytes, for
    # three times the time.
    press = zlib.compressobj(2 if len(text) > LONG else 6, zlib.DEFLATED, WAYS[way], zdict=DICTIONARY)
    return way + press.compress(text) + press.flush()


def decompressed(payload: bytes, largest: int = LARGEST_PAYLOAD) -> Any:
    """The JSON value of a payload; all of it can be written again. Raises Problem: bad_message, too_large_message."""
    if payload[:1] not in WAYS:
        raise Problem("bad_message")
    unpress = zlib.decompressobj(WAYS[payload[:1]], zdict=DICTIONARY)
    try:
        text = unpress.decompress(payload[1:], largest + 1)
        if len(text) > largest:
            raise Problem("too_large_message")
        if not unpress.eof:
            raise Problem("bad_message")
        # Takes no half of a pair of surrogates, which no database and no reply would take.
        return from_json(text)
    except (zlib.error, ValueError) as error:
        raise Problem("bad_message") from error


def framed(*frames: tuple[bytes, bytes]) -> bytes:
    return b"".join(kind + len(payload).to_bytes(4, "big") + payload for kind, payload in frames)


def unframed(body: bytes) -> dict[bytes, bytes]:
    """The frames of a body by type. Raises Problem: bad_message, too_large_message."""
    if len(body) > LARGEST_BODY:
        raise Problem("too_large_message")
    frames: dict[bytes, bytes] = {}
    at = 0
    while at < len(body):
        kind, size = body[at : at + 1], int.from_bytes(body[at + 1 : at + 5], "big")
        payload = body[at + 5 : at + 5 + size]
        if at + 5 + size > len(body) or kind in frames:
            raise Problem("bad_message")
        frames[kind] = payload
        at += 5 + size
    return frames

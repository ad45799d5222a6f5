"""What a photo's bytes are, read without a library of pictures: a JPEG, whole, small, and nothing but a picture?

A camera writes where a photo was taken, by which device, and a small copy of it into the same file. A phone takes all
of that out; every copy looks again before it takes bytes in, for it trusts no other.
"""

from typing import NamedTuple

from records.fields import LARGEST_PHOTO
from records.problems import Problem

LONGEST_SIDE = 2048
"""Pixels. A few hundred bytes can name a picture of gigabytes, on which a phone that shows it would choke."""

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_BARE = {0x01, *range(0xD0, 0xD8)}
"""Markers without a length: restarts within a scan, and one that says nothing."""
_FRAMES = {0xC0, 0xC1, 0xC2}
"""Baseline, extended, progressive: what every phone can show."""
_TABLES = {0xC4, 0xDB, 0xDD}
_JFIF, _PLAIN_JFIF = 0xE0, 16
"""The one head that says nothing about anybody: 16 bytes, without a thumbnail."""


class Jpeg(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


def read_jpeg(content: bytes) -> Jpeg:
    """The size of a picture that may be kept. Raises Problem: picture_empty, not_a_picture, picture_too_large,
    picture_not_clean (it holds more than the picture: place, device, thumbnail, comment, or bytes after its end)."""
    if not content:
        raise Problem("picture_empty")
    if len(content) > LARGEST_PHOTO:
        raise Problem("picture_too_large")
    if content[:2] != bytes((0xFF, _START)):
        raise Problem("not_a_picture")
    try:
        return _read(content)
    except IndexError as error:
        # It breaks off before its end.
        raise Problem("not_a_picture") from error


def _read(content: bytes) -> Jpeg:
    at, found, scanned = 2, None, False
    while True:
        at, marker = _marker(content, at)
        if marker == _END:
            if found is None or not scanned:
                raise Problem("not_a_picture")
            if at != len(content):
                raise Problem("picture_not_clean")
            return found
        if marker in _BARE:
            continue
        length = content[at] << 8 | content[at + 1]
        body = content[at + 2 : at + length]
        if length < 2 or len(body) != length - 2:
            raise Problem("not_a_picture")
        at += length
        if marker in _FRAMES:
            found = Jpeg(body[3] << 8 | body[4], body[1] << 8 | body[2])
            if not all(found):
                raise Problem("not_a_picture")
            if max(found) > LONGEST_SIDE:
                raise Problem("picture_too_large")
        elif marker == _SCAN:
            at, scanned = _after_scan(content, at), True
        elif marker == _JFIF and (length != _PLAIN_JFIF or not body.startswith(b"JFIF\0") or any(body[-2:])):
            raise Problem("picture_not_clean")
        elif marker not in _TABLES and marker != _JFIF:
            raise Problem("picture_not_clean" if marker >= 0xE0 else "not_a_picture")


def _marker(content: bytes, at: int) -> tuple[int, int]:
    """(place after it, the marker that stands here)."""
    if content[at] != 0xFF:
        raise Problem("not_a_picture")
    while content[at] == 0xFF:
        at += 1
    return at + 1, content[at]


def _after_scan(content: bytes, at: int) -> int:
    """The place of the next marker after the picture's own data, in which 0xFF is followed by 0 or is a restart."""
    while True:
        at = content.find(0xFF, at)
        if at < 0:
            raise IndexError
        if content[at + 1] != 0 and content[at + 1] not in _BARE:
            return at
        at += 2

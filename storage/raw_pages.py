"""The rows of a SQLite file page by page, without SQLite: for a file whose headers or trees are damaged.

Only what salvaging needs of the format (sqlite.org/fileformat2.html): the pages with the log of unwritten ones laid
over them, and the rows in the leaves of tables. To which table a leaf belonged cannot be known without its tree; who
asks must recognise the rows.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MAGIC = b"SQLite format 3\x00"
PAGE_SIZE = 4096
"""What SQLite takes where nobody says otherwise, for a file that no longer says."""

TABLE_LEAF = 13
Values = list[Any]


def image_of(path: Path) -> bytearray:
    """The file as SQLite would see it, its header mended so that SQLite looks at it at all."""
    image = bytearray(path.read_bytes())
    log = path.with_name(path.name + "-wal")
    frames = _committed(log.read_bytes()) if log.exists() else {}
    size = next((len(page) for page in frames.values()), 0) or _page_size(image)
    for number, page in frames.items():
        end = number * size
        if len(image) < end:
            image.extend(bytes(end - len(image)))
        image[end - size : end] = page
    image.extend(bytes(-len(image) % size))
    _mend_header(image, size)
    return image


def leaf_rows(image: bytes) -> Iterator[tuple[int, Values]]:
    """(rowid, values) of every row that stands whole in a leaf of a table, free pages left out."""
    size = _page_size(image)
    free = _free_pages(image, size)
    for number in range(1, len(image) // size + 1):
        if number not in free:
            yield from _rows_of(image, number, size)


def _page_size(image: bytes | bytearray) -> int:
    size = int.from_bytes(image[16:18], "big")
    size = 65536 if size == 1 else size
    return size if 512 <= size <= 65536 and size & (size - 1) == 0 else PAGE_SIZE


def _mend_header(image: bytearray, size: int) -> None:
    if not image:
        return
    image[0:16] = MAGIC
    image[16:18] = (1 if size == 65536 else size).to_bytes(2, "big")
    # No log beside the copy, nothing reserved in pages, the fractions that every file has.
    image[18:24] = bytes((1, 1, 0, 64, 32, 32))
    image[28:32] = (len(image) // size).to_bytes(4, "big")
    image[44:48] = (4).to_bytes(4, "big")
    image[52:56] = bytes(4)
    image[56:60] = (1).to_bytes(4, "big")
    image[92:96] = image[24:28]


def _committed(log: bytes) -> dict[int, bytes]:
    """page number -> its newest content, of the frames up to the last whole commit."""
    if len(log) < 32 or log[:3] != b"\x37\x7f\x06":
        return {}
    order = ">" if log[3] & 1 else "<"
    size = int.from_bytes(log[8:12], "big")
    if not 512 <= size <= 65536:
        return {}
    salts, sums = log[16:24], _sums(log[:24], (0, 0), order)
    pages: dict[int, bytes] = {}
    waiting: dict[int, bytes] = {}
    for at in range(32, len(log) - 24 - size + 1, 24 + size):
        head, page = log[at : at + 24], log[at + 24 : at + 24 + size]
        sums = _sums(page, _sums(head[:8], sums, order), order)
        if head[8:16] != salts or struct.unpack(">II", head[16:24]) != sums:
            break
        waiting[int.from_bytes(head[:4], "big")] = page
        if any(head[4:8]):
            pages |= waiting
            waiting = {}
    return pages


def _sums(content: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    first, second = sums
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    for at in range(0, len(words), 2):
        first = (first + words[at] + second) & 0xFFFFFFFF
        second = (second + words[at + 1] + first) & 0xFFFFFFFF
    return first, second


def _free_pages(image: bytes, size: int) -> set[int]:
    free: set[int] = set()
    trunk = int.from_bytes(image[32:36], "big")
    while 0 < trunk <= len(image) // size and trunk not in free:
        free.add(trunk)
        at = (trunk - 1) * size
        trunk, count = struct.unpack(">II", image[at : at + 8])
        leaves = image[at + 8 : at + 8 + 4 * min(count, size // 4 - 2)]
        free.update(struct.unpack(f">{len(leaves) // 4}I", leaves))
    return free


def _rows_of(image: bytes, number: int, size: int) -> Iterator[tuple[int, Values]]:
    start = (number - 1) * size
    head = start + (100 if number == 1 else 0)
    if image[head] != TABLE_LEAF:
        return
    cells = int.from_bytes(image[head + 3 : head + 5], "big")
    for cell in range(min(cells, size // 2)):
        at = int.from_bytes(image[head + 8 + 2 * cell : head + 10 + 2 * cell], "big")
        if 8 <= at < size and (row := _row(image, start + at, start + size, size)) is not None:
            yield row


def _row(image: bytes, at: int, end: int, size: int) -> tuple[int, Values] | None:
    try:
        length, at = _varint(image, at)
        rowid, at = _varint(image, at)
        payload = _payload(image, at, end, length, size)
        return (rowid - (1 << 64) if rowid >= 1 << 63 else rowid), _values(payload)
    except (IndexError, ValueError, struct.error):
        return None


def _payload(image: bytes, at: int, end: int, length: int, size: int) -> bytes:
    """The content of a row, with what of it stands on overflow pages. ValueError where it is not whole."""
    most, least = size - 35, (size - 12) * 32 // 255 - 23
    if length <= most:
        if at + length > end:
            raise ValueError("beyond the page")
        return bytes(image[at : at + length])
    here = least + (length - least) % (size - 4)
    here = here if here <= most else least
    found = bytearray(image[at : at + here])
    overflow = int.from_bytes(image[at + here : at + here + 4], "big")
    while len(found) < length:
        if not 0 < overflow <= len(image) // size or length > len(image):
            raise ValueError("an overflow page is missing")
        page = image[(overflow - 1) * size : overflow * size]
        found += page[4:]
        overflow = int.from_bytes(page[:4], "big")
    return bytes(found[:length])


def _values(payload: bytes) -> Values:
    end, at = _varint(payload, 0)
    kinds: list[int] = []
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    if at != end:
        raise ValueError("a header that does not end")
    values: Values = []
    for kind in kinds:
        value, at = _value(payload, at, kind)
        values.append(value)
    if at != len(payload):
        raise ValueError("a row that does not fit its header")
    return values


def _value(payload: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind in (0, 8, 9):
        return {0: None, 8: 0, 9: 1}[kind], at
    if kind in (10, 11):
        raise ValueError("a kind of value that is not used")
    length = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8}.get(kind) or (kind - 12) // 2
    raw = payload[at : at + length]
    if kind == 7:
        return struct.unpack(">d", raw)[0], at + length
    if kind < 7:
        return int.from_bytes(raw, "big", signed=True), at + length
    # UnicodeDecodeError is a ValueError: such a row is not whole either.
    return (raw.decode() if kind & 1 else raw), at + length


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(9):
        byte = content[at + place]
        if place == 8:
            return (value << 8) | byte, at + 9
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:
            return value, at + place + 1
    raise ValueError("no end")

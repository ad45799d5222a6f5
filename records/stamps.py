"""Stamps: when a change was made, in an order that every copy agrees on.

A stamp is text of 24 lower-case hex characters: 12 of milliseconds since 1970, 4 of a counter, 8 of the number of the
device that made it. Text comparison is time comparison; the device number only breaks ties. The empty text stands for
"no stamp" and is smaller than every stamp.

The idea is the hybrid logical clock of Kulkarni, Demirbas and others (2014): a change is stamped later than everything
its author had seen, even where the clock of the phone is wrong. Nothing here reads a clock.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

CAP_MS = 10 * 60 * 1000
"""How far ahead of its receipt a stamp may be before the server caps it."""

STAMP_PATTERN = r"[0-9a-f]{24}"
DEVICE_PATTERN = r"[0-9a-f]{8}"

_STAMP = re.compile(STAMP_PATTERN)
_DEVICE = re.compile(DEVICE_PATTERN)
_NUMBER_END = 1 << 64


class Stamp(NamedTuple):
    """The parts of a stamp, in the order in which they are compared."""

    ms: int
    counter: int
    device: str


def stamp_of(ms: int, counter: int, device_hex: str) -> str:
    """The stamp of these parts. ValueError `stamp_out_of_range` or `device_malformed` for parts that do not fit."""
    if not (0 <= ms < 1 << 48 and 0 <= counter < 1 << 16):
        raise ValueError("stamp_out_of_range")
    return _stamp((ms << 16) | counter, device_hex)


def is_stamp(text: str) -> bool:
    """Whether the text has the shape of a stamp; the empty text has not."""
    return _STAMP.fullmatch(text) is not None


def parts(stamp: str) -> Stamp:
    """The parts of a stamp. ValueError `stamp_malformed` for anything else, the empty text included."""
    number = _number(stamp)
    return Stamp(number >> 16, number & 0xFFFF, stamp[16:])


def device_of(stamp: str) -> str:
    """The number of the device that made the stamp, 8 hex characters."""
    if not is_stamp(stamp):
        raise ValueError("stamp_malformed")
    return stamp[16:]


def next_stamp(*, clock_ms: int, offset_ms: int, last: str, replaced: str | Iterable[str], device: str) -> str:
    """The stamp of a change that this device makes now.

    `clock_ms` is the device's clock, `offset_ms` what the last contact said must be added to it, `last` the greatest
    stamp made or received here, `replaced` the stamp of the value replaced, or those of all values replaced; each may
    be empty. The result is later than all of them, so a change always beats what its author had seen. Milliseconds and
    counter are counted as one number: a full counter runs on into the next millisecond. The one added matters only
    where a stamp was the greatest; added to the clock it is harmless.

    ValueError `stamp_malformed`, `device_malformed`, or `stamp_out_of_range` when there is no later stamp.
    """
    # A clock set before 1970 must not stop a save: an empty stamp counts as -1, so the clock only loses its say.
    clock = (clock_ms + offset_ms) << 16
    seen = (replaced,) if isinstance(replaced, str) else replaced
    return _stamp(max(clock, _number_or_none(last), *map(_number_or_none, seen)) + 1, device)


def after(stamp: str, device: str) -> str:
    """The first stamp of this device that is later than the given one, whatever its device; the first of all for ''."""
    return _stamp(_number_or_none(stamp) + 1, device)


def is_ahead(stamp: str, received_ms: int, latest_ms: int = 0) -> bool:
    """Whether the server caps this stamp: more than `CAP_MS` later than its receipt, and later than `latest_ms`.

    Up to there lies all that the server has ever taken. Whoever has seen that makes later stamps, and where the clock
    of the server itself has fallen back these are no more wrong than what they replace.
    """
    return parts(stamp).ms > max(received_ms + CAP_MS, latest_ms)


def latest_after(stored: str, received_ms: int, latest_ms: int) -> int:
    """`latest_ms` from now on, where `stored` is the greatest stamp of what is taken at this time of receipt. It seldom
    moves, for it goes as far at once as this receipt allows."""
    ms = parts(stored).ms
    return latest_ms if ms <= latest_ms else max(ms, received_ms + CAP_MS)


def cap_stamps(
    stamps: Iterable[str], received_ms: int, *, beyond: Iterable[str] = (), latest_ms: int = 0
) -> dict[str, str]:
    """What the stamps of one batch that are too far ahead become: `{stamp as sent: stamp as stored}`.

    Only stamps for which `is_ahead` holds are in the answer; each keeps its device and gets a number of its own, from
    the time of receipt on. The order among the stamps of the batch, capped or not, stays as it was, so a stamp goes
    past the time of receipt as far as the latest uncapped stamp of the batch does, never further than `CAP_MS`, or
    `latest_ms`, and the counters need. `beyond` names stored stamps which the capped ones must beat: the last stamp
    capped for this device (two batches can arrive in one millisecond) and those of the values replaced. One of them
    that is itself too far ahead is only a claim and counts for nothing.
    """
    every = sorted(set(stamps))
    late = [stamp for stamp in every if is_ahead(stamp, received_ms, latest_ms)]
    floors = [*every[: len(every) - len(late)], *(stamp for stamp in beyond if stamp)]
    honest = (_number(stamp) for stamp in floors if not is_ahead(stamp, received_ms, latest_ms))
    first = max(received_ms << 16, *honest, 0) + 1
    return {stamp: _stamp(first + place, stamp[16:]) for place, stamp in enumerate(late)}


def _number(stamp: str) -> int:
    if not is_stamp(stamp):
        raise ValueError("stamp_malformed")
    return int(stamp[:16], 16)


def _number_or_none(stamp: str) -> int:
    # One less than the first number, so that nothing seen asks for nothing.
    return _number(stamp) if stamp else -1


def _stamp(number: int, device: str) -> str:
    if _DEVICE.fullmatch(device) is None:
        raise ValueError("device_malformed")
    if number >= _NUMBER_END:
        raise ValueError("stamp_out_of_range")
    return f"{number:016x}{device}"

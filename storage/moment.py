"""What time it is for a store: the day that rules are judged by, and the stamps that changes get."""

from collections.abc import Iterable
from datetime import date

from records.days import day_of
from records.problems import Problem
from records.stamps import next_stamp
from storage import meta as named
from storage.meta import Meta

BUILT_ON = date(2026, 11, 22)
"""No phone can honestly believe in an earlier day than that of its app."""


def today(meta: Meta, clock_ms: int, built_on: date) -> date:
    """The latest of the clock, the build date and the last time heard from the centre."""
    return max(day_of(clock_ms), built_on, day_of(int(meta.get(named.HEARD_MS, 0))))


def make_stamp(meta: Meta, clock_ms: int, replaced: Iterable[str]) -> str:
    """The stamp of the changes of one transaction, later than everything this store has seen. Raises Problem
    store_damaged where what stands in the file is no stamp."""
    try:
        stamp = next_stamp(
            clock_ms=clock_ms,
            offset_ms=int(meta.get(named.CLOCK_OFFSET, 0)),
            last=max(meta.get(named.LAST_MADE, ""), meta.get(named.LAST_RECEIVED, "")),
            replaced=replaced,
            device=meta.get(named.DEVICE),
        )
    except (ValueError, TypeError) as error:
        # Nobody wrote that: every stamp is checked before it is kept.
        raise Problem("store_damaged") from error
    meta.put(named.LAST_MADE, stamp)
    return stamp


def heard_from_centre(meta: Meta, clock_ms: int, server_ms: int) -> None:
    """Remembers the centre's time, and what must be added to this clock to get it."""
    meta.put(named.CLOCK_OFFSET, server_ms - clock_ms)
    meta.put(named.HEARD_MS, server_ms)

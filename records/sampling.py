"""Which entries of a fortnight are verified by a visit or a call: a small part, the same for everybody who asks.

Chosen by a hash of the fortnight and the entry's id: nobody chooses, nobody can be spared, and it can be worked out
again. And what is worth a look, though it may have a good reason.
"""

import hashlib
import math
from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

PART = 0.05
LEAST = 3
"""Of a person's entries one in twenty is verified, at least three; all, where there are fewer."""

END_DAYS, CLUSTER, FEWEST = 3, 0.6, 5
"""A month's last days, the part of a person's groups that fell on them, and how many groups are enough to say so."""


def fortnight_before(today: date) -> tuple[date, date]:
    """First and last day of the last half of a month that has ended: the 1st to the 15th, or the rest."""
    if today.day > 15:
        return today.replace(day=1), today.replace(day=15)
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=16), last


def sampled(entries: Mapping[str, Iterable[str]], seed: str) -> frozenset[str]:
    """The ids to verify, of {person: ids of her entries}; `seed` names the fortnight and what is counted."""
    chosen: set[str] = set()
    for ids in entries.values():
        order = sorted(set(ids), key=lambda id: hashlib.sha256(f"{seed}/{id}".encode()).hexdigest())
        chosen.update(order[: max(LEAST, math.ceil(PART * len(order)))])
    return frozenset(chosen)


def clustered_at_month_end(days: Iterable[date]) -> bool:
    """Whether most of these groups were formed on the last days of a month."""
    some = list(days)
    late = sum(day.day > monthrange(day.year, day.month)[1] - END_DAYS for day in some)
    return len(some) >= FEWEST and late >= CLUSTER * len(some)

"""How changes of one field become one value, with nothing lost: pure, commutative, idempotent (laws 3 and 4).

A field's state is the set of its changes. A change is superseded when its stamp is the base of another, or when
the same device has a later one. The greatest stamp wins; every other unsuperseded, different value is a conflict.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from records.stamps import device_of


class FieldChange(NamedTuple):
    """One written value. `base` is the stamp of the value it replaced in its author's copy, '' for none."""

    stamp: str
    base: str
    value: Any


class Resolved(NamedTuple):
    """The outcome for one field: the winner, and the changes whose values lost without having been seen."""

    winner: FieldChange
    losers: tuple[FieldChange, ...]


def resolve(changes: Iterable[FieldChange]) -> Resolved:
    """Resolve a non-empty set of changes; the order and repetition of `changes` do not matter."""
    by_stamp = _by_stamp(changes)
    winner = by_stamp[max(by_stamp)]
    losers = tuple(change for change in _unsuperseded(by_stamp) if change.value != winner.value)
    return Resolved(winner, losers)


def unsuperseded(changes: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
    """The written changes that nobody who wrote later had seen, the winner among them; of equal values each."""
    return _unsuperseded(_by_stamp(changes))


def _by_stamp(changes: Iterable[FieldChange]) -> dict[str, FieldChange]:
    by_stamp: dict[str, FieldChange] = {}
    for change in changes:
        other = by_stamp.get(change.stamp)
        # One stamp, two values: only a faulty device writes this. The choice must still be the same everywhere.
        if other is None or (repr(change.value), change.base) > (repr(other.value), other.base):
            by_stamp[change.stamp] = change
    return by_stamp


def _unsuperseded(by_stamp: Mapping[str, FieldChange]) -> tuple[FieldChange, ...]:
    latest: dict[str, str] = {}
    for stamp in by_stamp:
        device = device_of(stamp) if stamp else ""
        latest[device] = max(stamp, latest.get(device, ""))
    seen = {change.base for change in by_stamp.values()}
    return tuple(
        change
        for stamp, change in sorted(by_stamp.items())
        if stamp and stamp not in seen and latest[device_of(stamp)] == stamp
    )


def conflict_id(record_id: str, field: str, losing_stamp: str) -> str:
    """The id of a conflict: the same on every copy that works it out."""
    return hashlib.sha256(f"{record_id}/{field}/{losing_stamp}".encode()).hexdigest()[:32]

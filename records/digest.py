"""Whether two copies of a stream are the same: a digest of each record, added up in any order (ADR 0023).

Phone and centre work it out from what each of them holds, values and stamps alike, and compare a count and a sum. Only
what the stream shows of a record counts, so that a copy which holds it by a richer one as well comes to the same.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic_core import to_json

from records.audience import columns_of
from records.conflict import VALUES
from records.kinds import Registry
from records.record import Record, fields_of, to_wire

SIZE = 6
"""Bytes of a digest: two copies that differ pass for equal once in 281,474,976,710,656 times."""

WHOLE = 1 << (8 * SIZE)


@dataclass(frozen=True)
class Digest:
    """What a stream holds: how many records, and the sum of their digests."""

    count: int = 0
    sum: int = 0

    def plus(self, digests: Iterable[int]) -> "Digest":
        many = list(digests)
        return Digest(self.count + len(many), (self.sum + sum(many)) % WHOLE)


@dataclass(frozen=True)
class Summary:
    """What a device holds of some of its streams. `register`: the fields it knows; between two registers nothing can
    be compared."""

    register: str
    streams: Mapping[str, Digest]


@dataclass(frozen=True)
class Compared:
    """What came of a summary: streams that `differ`, and those that were not looked at, since they have news or there
    are too many records in them for one call. All others agree."""

    differ: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@cache
def digesting(cls: type[Record], kind: str, columns: tuple[str, ...]) -> Callable[[str, Mapping[str, Any], Any], int]:
    """(id, wire values, stamps) -> the digest of a record of which these columns are shown.

    A field that nobody has written and that holds its default counts as little as one that is not there. The values of
    a Conflict are shown by the columns of another record, and are left out.
    """
    hidden = VALUES if kind == "Conflict" else ()
    shown = [(name, _plain(to_wire(fields_of(cls)[name].default))) for name in sorted(columns) if name not in hidden]

    def digest(id: str, values: Mapping[str, Any], stamps: Mapping[str, str]) -> int:
        told: list[Any] = [kind, id]
        for name, default in shown:
            value, stamp = _plain(values[name]), stamps.get(name, "")
            if stamp or not (value is None or value == default):
                told += (name, stamp, value)
        return int.from_bytes(hashlib.blake2b(to_json(told), digest_size=SIZE).digest(), "big")

    return digest


def _plain(value: Any) -> Any:
    """An empty list and none are the same thing at rest."""
    return None if value == [] or value == () else value


def digesting_in(registry: Registry, kind: str, stream: str, roles: Iterable[str]) -> Callable[..., int]:
    """`digesting` of what a stream shows of a kind to whoever reads it in these roles."""
    cls = registry[kind].cls
    return digesting(cls, kind, columns_of(cls, kind, {stream: roles}))


def register_of(registry: Registry) -> str:
    """A short hash of the fields of every kind: two apps with the same one read a record alike."""
    fields = {name: list(fields_of(kind.cls)) for name, kind in sorted(registry.items())}
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()[:8]

"""Streams are audiences, written down: which streams hold a record, which streams a person reads, with which columns.

A pull never filters rows: a record is in a stream because its standing says so (design 4).
Stream names: `block/<id>/groups`, `gp/<id>/members`, `block/<id>/accounts`, `branch/<id>/groups`,
`block/<id>/no_branch`, `branch/<id>/bearers`, `person/<id>/verdicts`, `district/<id>/reference`,
`state/<id>/reference`.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from records.access import Reach, Standing
from records.conflict import VALUES
from records.record import Record, fields_of

GROUP_KINDS = ("Shg", "SavingsAccount", "AccountStep")
REFERENCE_KINDS = ("Place", "BankBranch", "ServiceArea", "Person", "Assignment", "Norm")

RICHNESS = ("members", "bearers", "branch_groups", "no_branch", "accounts", "groups", "verdicts", "reference")
"""Classes of streams, those with more columns first: for one device, a record that arrived by an earlier class
needs no columns by a later one."""

Streams = Callable[[str, Standing], frozenset[str]]
"""(record id, standing) -> names of the streams that hold the record."""


def class_of(stream: str) -> str:
    """The class of a stream: what its last word, and for groups its first, say."""
    first, _, last = stream.split("/")
    return "branch_groups" if (first, last) == ("branch", "groups") else last


def shg_streams(id: str, standing: Standing) -> frozenset[str]:
    return _members(standing) | _branches(standing) | _named("block", standing.block_id, "groups")


def account_streams(id: str, standing: Standing) -> frozenset[str]:
    return _members(standing) | _branches(standing) | _named("block", standing.block_id, "accounts")


def photo_streams(id: str, standing: Standing) -> frozenset[str]:
    """Where the account is worked on. A district reads of accounts in `block/<id>/accounts`, which holds no photo."""
    return _members(standing) | _branches(standing)


def member_streams(id: str, standing: Standing) -> frozenset[str]:
    bearers = {f"branch/{branch}/bearers" for branch in standing.branches} if id in standing.bearers else set()
    return _members(standing) | bearers


def reference_streams(id: str, standing: Standing) -> frozenset[str]:
    if standing.district_id:
        return _named("district", standing.district_id, "reference")
    return _named("state", standing.state_id, "reference")


def verdict_streams(person_id: str) -> frozenset[str]:
    """A person's own stream: what an office said to her alone, wherever she works."""
    return frozenset({f"person/{person_id}/verdicts"})


def _members(standing: Standing) -> frozenset[str]:
    return _named("gp", standing.gram_panchayat_id, "members")


def _branches(standing: Standing) -> frozenset[str]:
    if standing.branches:
        return frozenset(f"branch/{branch}/groups" for branch in standing.branches)
    return _named("block", standing.block_id, "no_branch")


def _named(level: str, id: str | None, what: str) -> frozenset[str]:
    return frozenset({f"{level}/{id}/{what}"}) if id else frozenset()


def streams_read(reaches: Iterable[Reach], person_id: str = "") -> Mapping[str, frozenset[str]]:
    """The streams a person reads, each with the roles she reads it in; her own is read in none but her own."""
    read: dict[str, set[str]] = {stream: {"own"} for stream in verdict_streams(person_id)} if person_id else {}
    for reach in reaches:
        for stream in _streams_of_reach(reach):
            read.setdefault(stream, set()).add(reach.role)
    return {stream: frozenset(read[stream]) for stream in sorted(read, key=_order)}


def _order(stream: str) -> tuple[int, str]:
    """Reference first: without places nothing can be shown; then the richest, so that little is sent twice."""
    kind = class_of(stream)
    return (-1 if kind == "reference" else RICHNESS.index(kind), stream)


def _streams_of_reach(reach: Reach) -> Iterable[str]:
    for state in reach.states:
        yield f"state/{state}/reference"
    for district in reach.districts:
        yield f"district/{district}/reference"
    for block in reach.blocks:
        if reach.role in ("abm", "supervisor", "nodal", "district"):
            yield f"block/{block}/groups"
        if reach.role in ("supervisor", "nodal", "district"):
            yield f"block/{block}/accounts"
        if reach.role in ("bank_sakhi", "supervisor"):
            yield f"block/{block}/no_branch"
    if reach.role in ("abm", "supervisor"):
        for panchayat in reach.gram_panchayats:
            yield f"gp/{panchayat}/members"
    for branch in reach.branches:
        yield f"branch/{branch}/groups"
        yield f"branch/{branch}/bearers"


@cache
def hidden_columns(cls: type[Record], kind: str, stream_class: str, role: str) -> frozenset[str]:
    """Columns of a kind that this role does not get by streams of this class."""
    if kind == "Conflict":
        return frozenset()  # masked value by value, by the columns of the record it is about
    personal = frozenset(name for name, spec in fields_of(cls).items() if spec.personal)
    if role in ("nodal", "district", "admin"):
        return personal
    if kind == "Shg" and stream_class == "groups":
        return personal
    return frozenset()


def columns_of(cls: type[Record], kind: str, held_by: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """The columns a device gets of a record it holds by these streams (stream -> roles): the union, in field order."""
    ways = frozenset((class_of(stream), role) for stream, roles in held_by.items() for role in roles)
    return _columns_seen(cls, kind, ways)


@cache
def _columns_seen(cls: type[Record], kind: str, ways: frozenset[tuple[str, str]]) -> tuple[str, ...]:
    """`ways`: (class of stream, role). There are few of them, and records by the thousand."""
    hidden = [hidden_columns(cls, kind, stream_class, role) for stream_class, role in ways]
    unseen = frozenset[str]().union(*hidden).intersection(*hidden)
    return tuple(name for name in fields_of(cls) if name not in unseen)


def masked_conflict(values: Mapping[str, Any], columns: Iterable[str]) -> dict[str, Any]:
    """A Conflict for someone who sees these columns of its record: without the value of a hidden one."""
    return dict(values) if values["field"] in columns else {**values, **dict.fromkeys(VALUES)}

"""Putting records of practice into a central store: places as the office has them, a register as the portal lists it.

Both are taken in as lists of the office (`server/importing.py`), so that access, checks, marks and streams are the
ordinary ones, and a second time changes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from operations.demo_places import Row
from operations.practice_register import PracticeGroup, PracticeMember
from records.ids import official_id
from records.record import to_wire
from server.central_store import CentralStore
from server.importing import Importing, Listed

ROWS_AT_ONCE = 1500
"""At most about so many in one transaction, always whole groups. Seen to be a fifth quicker than 500."""


@dataclass
class Filled:
    """How much was put in, what was there already included."""

    groups: int = 0
    members: int = 0
    records: int = 0

    @classmethod
    def of(cls, register: Sequence[PracticeGroup]) -> "Filled":
        """Of a whole register, however often it has been put in."""
        members = sum(len(group.members) for group in register)
        return cls(len(register), members, sum(1 for group in register for _ in rows_of(group)))


def fill(centre: CentralStore, register: Iterable[PracticeGroup]) -> Filled:
    """Put a register into a centre that knows its places, at full speed.

    Raises RuntimeError naming what the centre did not take.
    """
    filled = Filled()
    waiting: list[Row] = []
    with Importing(centre, "portal") as office:
        for group in register:
            rows = list(rows_of(group))
            if waiting and len(waiting) + len(rows) > ROWS_AT_ONCE:
                _take(office, waiting)
                waiting = []
            waiting += rows
            filled.groups += 1
            filled.members += len(group.members)
            filled.records += len(rows)
        _take(office, waiting)
    return filled


def fill_places(centre: CentralStore, rows: Iterable[Row]) -> int:
    """Put places, branches and people into a centre, parents before children; how many of them were new.

    Raises RuntimeError naming what the centre did not take.
    """
    new = 0
    every = iter(rows)
    with Importing(centre, "setup") as office:
        while some := list(islice(every, ROWS_AT_ONCE)):
            new += _take(office, some)
    return new


def _take(office: Importing, rows: Sequence[Row]) -> int:
    """Have some records taken in; how many of them were new."""
    taken = office.take([Listed(*row) for row in rows])
    refused = [(row[0], row[1], one.code) for row, one in zip(rows, taken, strict=True) if one.effect == "refused"]
    if refused:
        raise RuntimeError(f"the centre did not take the records of practice: {refused[:10]}")
    return sum(one.effect == "new" for one in taken)


# --- a group as records


def rows_of(group: PracticeGroup) -> Iterator[Row]:
    """The records of a group, parents before children, with wire values, under the ids that the importers give them."""
    yield "Shg", group.id, _wire(_shg(group))
    for member in group.members:
        yield "Member", member.id, _wire(_member(group, member))
    account = group.account
    if account is None:
        return
    yield (
        "SavingsAccount",
        group.account_id,
        _wire(
            {
                "shg_id": group.id,
                "branch_id": account.branch.id,
                "account_number": account.number,
                "name_in_passbook": account.name_in_passbook,
                "opened_on": account.opened_on,
            }
        ),
    )
    for step in account.steps:
        yield (
            "AccountStep",
            official_id("nrlm/step", f"{group.code}/{step.kind}"),
            _wire(
                {
                    "account_id": group.account_id,
                    "kind": step.kind,
                    "on_day": step.on_day,
                    "reason": step.reason,
                }
            ),
        )


def _shg(group: PracticeGroup) -> Mapping[str, Any]:
    bearers = {f"{member.office}_id": member.id for member in group.members if member.office}
    return {
        "portal_code": group.code,
        "village_id": group.village.id,
        "name": group.name.hindi,
        "formed_on": group.formed_on,
        "declared_members": group.declared_members,
        "group_type": group.group_type,
        "origin": group.origin,
        "restarted_on": group.restarted_on,
        "meeting_rhythm": group.meeting_rhythm,
        **bearers,
        **{f"{office}_signs": signs for office, signs in group.signs},
    }


def _member(group: PracticeGroup, member: PracticeMember) -> Mapping[str, Any]:
    return {
        "portal_code": member.code,
        "shg_id": group.id,
        "name": member.name.hindi,
        "guardian_name": member.guardian.hindi,
        "age": member.age,
        "mobile": member.mobile,
        "joined_on": member.joined_on,
        "left_on": member.left_on,
    }


def _wire(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are filled in, as the wire has them."""
    return {name: to_wire(value) for name, value in values.items() if value is not None}

"""Marks: rules about several records. They never refuse: derived, and shown to whoever can mend them."""

from collections.abc import Iterable
from datetime import date

from records.member import Member
from records.shg import OFFICES, Shg

MARKS = (
    "two_offices",
    "bearer_left",
    "bearer_elsewhere",
    "few_signatories",
    "too_few_members",
    "too_many_members",
    "declared_differs",
    "woman_in_two_groups",
    "same_account_twice",
    "steps_disputed",
    "day_in_future",
    "rule_broken",
    "outside_reach",
)
"""Every mark, in the order shown. The last is set by the server when it applies work typed before a withdrawal."""


def present(member: Member) -> bool:
    """Whether a member is in her group today: neither left nor deleted."""
    return member.left_on is None and member.deleted_on is None


def roster_of(members: Iterable[Member]) -> int:
    """How many are present on the roster."""
    return sum(1 for member in members if present(member))


def marks_of(
    shg: Shg,
    members: Iterable[Member],
    *,
    least: int,
    most: int,
    today: date,
    elsewhere: frozenset[str] = frozenset(),
    twice: bool = False,
    disputed: bool = False,
    outside: bool = False,
    rules_broken: bool = False,
) -> tuple[str, ...]:
    """The marks of a group. `members` are those of this group; the flags tell what only a wider view can know.

    `elsewhere`: ids of members who look like a present member of another group; `twice`: the account stands
    at another group too; `disputed`: the account's steps disagree; `outside`: applied after a withdrawal;
    `rules_broken`: two honest changes, merged, break a rule of one record.
    """
    roster = {member.id: member for member in members}
    found = set(_office_marks(shg, roster))
    count = roster_of(roster.values())
    members_known = count or shg.declared_members or 0
    if members_known and members_known < least:
        found.add("too_few_members")
    if members_known > most:
        found.add("too_many_members")
    if count and shg.declared_members is not None and shg.declared_members != count:
        found.add("declared_differs")
    if any(id in elsewhere and present(member) for id, member in roster.items()):
        found.add("woman_in_two_groups")
    days = [shg.formed_on, *(m.joined_on for m in roster.values() if m.joined_on)]
    if any(isinstance(day, date) and day > today for day in days):
        found.add("day_in_future")
    flags = {
        "same_account_twice": twice,
        "steps_disputed": disputed,
        "rule_broken": rules_broken,
        "outside_reach": outside,
    }
    found |= {mark for mark, on in flags.items() if on}
    return tuple(mark for mark in MARKS if mark in found)


def _office_marks(shg: Shg, roster: dict[str, Member]) -> Iterable[str]:
    bearers = [getattr(shg, f"{office}_id", None) for office in OFFICES]
    named = [id for id in bearers if id]
    if len(named) > len(set(named)):
        yield "two_offices"
    for id in named:
        if id not in roster:
            yield "bearer_elsewhere"
        elif not present(roster[id]):
            yield "bearer_left"
    signs = [getattr(shg, f"{office}_signs", None) for office in OFFICES]
    if any(sign is not None for sign in signs) and sum(1 for sign in signs if sign) < 2:
        yield "few_signatories"

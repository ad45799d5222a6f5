"""A register of practice as it stood on an earlier day: what had not happened yet is left out."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from operations.practice_register import PracticeAccount, PracticeGroup


def register_on(register: Iterable[PracticeGroup], day: date) -> Iterator[PracticeGroup]:
    """The groups that there were on a day, each as it stood then. What is known of her and has no day stays."""
    return (_group_on(group, day) for group in register if group.formed_on <= day)


def _group_on(group: PracticeGroup, day: date) -> PracticeGroup:
    restarts_later = group.restarted_on is not None and group.restarted_on > day
    members = tuple(
        replace(member, left_on=None) if member.left_on and member.left_on > day else member
        for member in group.members
        if member.joined_on <= day
    )
    return replace(
        group,
        origin="new" if restarts_later else group.origin,
        restarted_on=None if restarts_later else group.restarted_on,
        members=members,
        account=_account_on(group.account, day) if group.account else None,
    )


def _account_on(account: PracticeAccount, day: date) -> PracticeAccount | None:
    steps = tuple(step for step in account.steps if step.on_day <= day)
    if not steps:
        return None
    opened = account.opened_on is not None and account.opened_on <= day
    return replace(
        account,
        number=account.number if opened else None,
        name_in_passbook=account.name_in_passbook if opened else None,
        opened_on=account.opened_on if opened else None,
        steps=steps,
    )

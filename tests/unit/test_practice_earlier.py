"""A register of practice as it stood earlier: nothing in it is of a later day, and it grows into the whole one."""

from datetime import date, timedelta

import pytest

from operations.demo_setup import BLOCKS, SEED
from operations.practice_earlier import register_on
from operations.practice_places import villages_of
from operations.practice_register import AS_ON, practice_register

REGISTER = list(practice_register(SEED, villages_of(BLOCKS), 1600))


@pytest.mark.parametrize("days", [14, 400])
def test_nothing_is_of_a_later_day(days):
    day = AS_ON - timedelta(days)
    for group in register_on(REGISTER, day):
        known = [group.formed_on, group.restarted_on, *(member.joined_on for member in group.members)]
        known += [member.left_on for member in group.members]
        if group.account:
            known += [group.account.opened_on, *(step.on_day for step in group.account.steps)]
            assert (group.account.number is None) == (group.account.opened_on is None)
            assert group.account.steps
        assert all(one <= day for one in known if one is not None)
        assert (group.origin == "new") == (group.restarted_on is None)


def test_a_fortnight_brings_groups_members_and_steps():
    then = {group.number: group for group in register_on(REGISTER, AS_ON - timedelta(14))}
    assert 0 < len(REGISTER) - len(then) < 50
    assert _steps(then.values()) < _steps(REGISTER)
    assert sum(len(group.members) for group in then.values()) < sum(len(group.members) for group in REGISTER)


def test_on_its_own_day_it_is_the_whole_register():
    assert list(register_on(REGISTER, AS_ON)) == REGISTER
    assert not list(register_on(REGISTER, date(2012, 1, 1)))


def _steps(groups):
    return sum(len(group.account.steps) for group in groups if group.account)

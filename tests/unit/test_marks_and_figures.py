"""Marks are rules about several records; figures say what is counted. Both are pure."""

from datetime import date

import pytest

from records.figures import age_days, average, is_counted, is_overdue, is_pending, members_of, norm_on
from records.marks import MARKS, marks_of
from records.member import Member
from records.norm import NORM_DEFAULTS, Norm
from records.shg import Shg

TODAY = date(2026, 11, 22)


def a_shg(**values):
    return Shg.known({"id": "g", "village_id": "v", "name": "जय अम्बे", "formed_on": date(2026, 1, 1), **values})


def a_member(name, **values):
    return Member.known({"id": name, "shg_id": "g", "name": name, **values})


TEN = [a_member(f"m{n}") for n in range(10)]


def marks(shg, members=TEN, **flags):
    return marks_of(shg, members, least=10, most=20, today=TODAY, **flags)


def test_a_group_in_order_has_no_marks():
    officers = {"president_id": "m0", "president_signs": True, "secretary_id": "m1", "secretary_signs": True}
    assert marks(a_shg(**officers, declared_members=10)) == ()


@pytest.mark.parametrize(
    ("values", "mark"),
    [
        ({"president_id": "m0", "secretary_id": "m0"}, "two_offices"),
        ({"president_id": "elsewhere"}, "bearer_elsewhere"),
        ({"president_id": "m0", "president_signs": True, "secretary_signs": False}, "few_signatories"),
        ({"declared_members": 12}, "declared_differs"),
        ({"formed_on": date(2027, 1, 1)}, "day_in_future"),
    ],
)
def test_what_is_wrong_with_the_group_itself_is_marked(values, mark):
    assert mark in marks(a_shg(**values))


def test_a_bearer_who_left_is_marked():
    assert marks(a_shg(president_id="gone"), [*TEN, a_member("gone", left_on=TODAY)]) == ("bearer_left",)


@pytest.mark.parametrize(("count", "mark"), [(9, "too_few_members"), (21, "too_many_members")])
def test_the_size_of_the_roster_is_marked(count, mark):
    assert marks(a_shg(), [a_member(f"m{n}") for n in range(count)]) == (mark,)
    assert marks(a_shg(declared_members=count), []) == (mark,)


def test_an_empty_group_says_nothing_about_its_size():
    assert marks(a_shg(), []) == ()


@pytest.mark.parametrize(
    ("flag", "mark"),
    [("twice", "same_account_twice"), ("disputed", "steps_disputed"), ("outside", "outside_reach"),
     ("rules_broken", "rule_broken")],
)  # fmt: skip
def test_what_only_a_wider_view_knows_is_told(flag, mark):
    assert marks(a_shg(), **{flag: True}) == (mark,)


def test_a_woman_in_two_groups_is_marked_while_she_is_present():
    assert marks(a_shg(), elsewhere=frozenset({"m3"})) == ("woman_in_two_groups",)
    assert marks(a_shg(), [*TEN, a_member("gone", left_on=TODAY)], elsewhere=frozenset({"gone"})) == ()


def test_marks_stand_in_one_order():
    found = marks(a_shg(president_id="x", secretary_id="x", declared_members=3), twice=True)
    assert list(found) == [mark for mark in MARKS if mark in found] and len(found) == 4


def test_members_are_the_roster_if_there_is_one_else_the_declared_number():
    assert (members_of(11, 15), members_of(0, 15), members_of(None, None)) == (11, 15, 0)


def test_a_group_registered_twice_counts_once():
    assert is_counted(deleted=False, active=True, id="a", canonical_id="a")
    assert not is_counted(deleted=False, active=True, id="b", canonical_id="a")
    assert not is_counted(deleted=True, active=True, id="a", canonical_id=None)
    assert not is_counted(deleted=False, active=False, id="a", canonical_id=None)


def test_pending_is_active_needing_an_account_before_it_is_opened():
    assert is_pending(active=True, account_needed=True, state="returned")
    for state in ("opened", "passbook_received", "closed", "not_needed", "unknown"):
        assert not is_pending(active=True, account_needed=True, state=state)
    assert not is_pending(active=False, account_needed=True, state="submitted")
    assert not is_pending(active=True, account_needed=False, state="submitted")


def test_age_counts_from_revival_and_overdue_from_the_day_after_the_norm():
    assert age_days(formed_on=date(2020, 1, 1), restarted_on=date(2026, 11, 15), today=TODAY) == 7
    assert not is_overdue(7, 7) and is_overdue(8, 7)


def test_the_average_is_of_a_unit_and_none_without_groups():
    assert average(124, 10) == 12.4 and average(0, 0) is None


def test_a_norm_holds_from_its_day_on():
    norms = [
        Norm.known({"id": str(n), "code": "pending_days", "value": v, "from_on": d, "deleted_on": None})
        for n, (v, d) in enumerate([(10, date(2026, 1, 1)), (5, date(2026, 12, 1))])
    ]
    assert norm_on(norms, "pending_days", date(2025, 1, 1)) == NORM_DEFAULTS["pending_days"] == 7
    assert norm_on(norms, "pending_days", TODAY) == 10 and norm_on(norms, "pending_days", date(2026, 12, 1)) == 5

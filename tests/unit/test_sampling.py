"""The sample of a fortnight: so many of each person, the same whoever asks, and nobody can be spared."""

from datetime import date

import pytest

from records.sampling import clustered_at_month_end, fortnight_before, sampled


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        ("2026-03-16", "2026-03-01", "2026-03-15"),
        ("2026-03-31", "2026-03-01", "2026-03-15"),
        ("2026-03-15", "2026-02-16", "2026-02-28"),
        ("2026-01-01", "2025-12-16", "2025-12-31"),
    ],
)
def test_a_fortnight_is_the_half_of_a_month_that_has_ended(today, first, last):
    days = (date.fromisoformat(first), date.fromisoformat(last))
    assert fortnight_before(date.fromisoformat(today)) == days


@pytest.mark.parametrize(("entries", "many"), [(1, 1), (3, 3), (4, 3), (60, 3), (61, 4), (400, 20)])
def test_of_each_person_one_in_twenty_and_at_least_three(entries, many):
    ids = [f"{number:032x}" for number in range(entries)]
    assert len(sampled({"one": ids}, "2026-03-01/group")) == many


def test_the_sample_is_the_same_in_any_order_and_another_in_another_fortnight():
    ids = [f"{number:032x}" for number in range(200)]
    one = sampled({"p": ids}, "2026-03-01/group")
    assert one == sampled({"p": [*reversed(ids), *ids]}, "2026-03-01/group")
    assert one != sampled({"p": ids}, "2026-03-16/group")


def test_each_entry_is_as_likely_as_another():
    ids = [f"{number:032x}" for number in range(100)]
    often = dict.fromkeys(ids, 0)
    for fortnight in range(600):
        for id in sampled({"p": ids}, str(fortnight)):
            often[id] += 1
    assert min(often.values()) > 8 and max(often.values()) < 60


def test_most_of_several_groups_on_the_last_days_of_a_month_are_a_cluster():
    late, early = [date(2026, 2, 27)] * 3 + [date(2026, 3, 31)], [date(2026, 3, 1)] * 2
    assert clustered_at_month_end([*late, *early])
    assert not clustered_at_month_end([*late, *early, *early]) and not clustered_at_month_end(late)
    assert not clustered_at_month_end([])

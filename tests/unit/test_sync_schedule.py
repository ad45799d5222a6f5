"""When to try and how much at a time."""

import pytest

from sync.schedule import BETWEEN_RUNS, FIRST_WAIT, LONGEST_WAIT, MOST_ROOM, MOST_ROWS, NEEDS_A_PERSON, Pace, wait_after


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_waits_double_up_to_a_quarter_of_an_hour(chance):
    waits = [wait_after("offline", failures, None, chance) for failures in range(1, 40)]
    assert FIRST_WAIT / 2 <= waits[0] <= FIRST_WAIT
    assert waits == sorted(waits) and waits[-1] <= LONGEST_WAIT
    assert waits[2] == 4 * waits[0]


def test_the_phones_of_a_meeting_do_not_come_back_in_the_same_second():
    waits = {wait_after("busy", 5, None, chance / 10) for chance in range(11)}
    assert len(waits) == 11


def test_the_centre_is_never_asked_earlier_than_it_said():
    for chance in (0.0, 0.3, 1.0):
        assert 30 <= wait_after("busy", 1, 30, chance) <= 40


def test_what_needs_a_person_is_not_tried_again_by_itself():
    assert {wait_after(code, 1, None, 0.5) for code in NEEDS_A_PERSON} == {None}


def test_a_run_that_went_well_is_followed_by_the_next_after_some_minutes():
    assert wait_after(None, 0, None, 0.5) == BETWEEN_RUNS


def test_only_what_was_used_to_the_full_grows():
    pace = Pace(rows=50, room=200)
    pace.learn(1.4, sent=10, received=200)
    assert (pace.rows, pace.room, pace.quick) == (50, 400, False)
    pace.learn(1.4, sent=50, received=0)
    assert (pace.rows, pace.room) == (100, 400)
    pace.learn(3.0, sent=100, received=400)
    assert (pace.rows, pace.room) == (100, 400)
    pace.learn(2.0, sent=100, received=0)
    assert (pace.rows, pace.room) == (150, 400)


def test_a_quick_link_is_used_to_the_full_after_few_calls():
    pace = Pace(rows=100, room=200)
    pace.learn(0.1, sent=100, received=200)
    assert (pace.rows, pace.room, pace.quick, pace.next_rows) == (400, 800, True, 1600)
    pace.broke_off()
    assert not pace.quick


def test_a_slow_call_shrinks_what_made_it_slow_and_never_below_a_few_rows():
    pace = Pace(rows=100, room=400)
    pace.learn(9.0, sent=100, received=3)
    assert (pace.rows, pace.room) == (50, 400)
    for _ in range(20):
        pace.broke_off()
    assert (pace.rows, pace.room) == (10, 25)


def test_growth_has_an_end():
    pace = Pace()
    for _ in range(30):
        pace.learn(0.0, sent=pace.rows, received=pace.room)
    assert (pace.rows, pace.room) == (MOST_ROWS, MOST_ROOM)

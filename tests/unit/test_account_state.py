"""The state of an account is a pure function of the set of its steps."""

import itertools
from datetime import date

import pytest

from records.account_state import last_steps, state_of
from records.savings_account import AccountStep

ACCOUNT = "0" * 32


def step(name: str, kind: str, *after: str, day: int = 1, cancels: str | None = None, process: str = "savings"):
    return AccountStep.known(
        {
            "id": name, "account_id": ACCOUNT, "process": process, "kind": kind, "on_day": date(2026, 11, day),
            "after": after, "cancels_id": cancels, "deleted_on": None, "reason": None,
        }
    )  # fmt: skip


def test_no_steps_is_not_started():
    assert state_of([]).state == "not_started"


def test_the_last_step_of_a_chain_is_the_state():
    steps = [step("a", "resolution_passed"), step("b", "kyc_collected", "a"), step("c", "submitted", "b", day=5)]
    assert state_of(steps).state == "submitted"
    assert state_of(steps).submitted_on == date(2026, 11, 5)


def test_the_order_of_the_set_does_not_matter():
    steps = [step("a", "submitted"), step("b", "returned", "a"), step("c", "cancelled", "b", cancels="b"),
             step("d", "form_filled", "a"), step("e", "opened", "c", "d")]  # fmt: skip
    outcomes = {state_of(order) for order in itertools.permutations(steps)}
    assert len(outcomes) == 1 and outcomes.pop().state == "opened"


def test_cancelling_a_step_makes_what_it_replaced_stand_again():
    steps = [step("a", "submitted"), step("b", "opened", "a"), step("c", "cancelled", "b", cancels="b")]
    assert state_of(steps).state == "submitted"


def test_a_cancelled_step_is_a_link_for_what_follows():
    steps = [step("a", "submitted"), step("b", "opened", "a"), step("c", "cancelled", "b", cancels="b"),
             step("d", "returned", "c")]  # fmt: skip
    outcome = state_of(steps)
    assert outcome.state == "returned" and outcome.heads == ("d",)


def test_going_back_is_possible_for_someone_who_has_seen_it():
    steps = [step("a", "submitted"), step("b", "returned", "a"), step("c", "form_filled", "b")]
    assert state_of(steps).state == "form_filled"


def test_of_two_heads_the_furthest_on_wins_and_the_difference_is_told():
    steps = [step("a", "submitted"), step("b", "returned", "a", day=9), step("c", "opened", "a", day=3)]
    outcome = state_of(steps)
    assert outcome.state == "opened" and outcome.disputed


def test_two_heads_of_one_kind_are_no_dispute():
    assert not state_of([step("a", "submitted"), step("b", "submitted")]).disputed


def test_an_unknown_kind_as_head_says_unknown_and_as_history_does_not_matter():
    assert state_of([step("a", "submitted"), step("b", "kyc_by_video", "a")]).state == "unknown"
    steps = [step("a", "submitted"), step("b", "kyc_by_video", "a"), step("c", "opened", "b")]
    assert state_of(steps).state == "opened"


def test_the_processes_do_not_mix():
    steps = [step("a", "opened"), step("b", "submitted", process="signatories")]
    assert state_of(steps).state == "opened" and state_of(steps, "signatories").state == "submitted"


@pytest.mark.parametrize(("stamps", "first"), [({"a": "2", "b": "1"}, "a"), ({"a": "1", "b": "2"}, "b")])
def test_day_and_then_stamp_break_ties(stamps, first):
    assert state_of([step("a", "submitted"), step("b", "submitted")], stamps=stamps).heads[0] == first
    later = [step("a", "submitted", day=2), step("b", "submitted", day=1)]
    assert state_of(later, stamps=stamps).heads[0] == "a"


def test_a_new_step_comes_after_everything_no_other_step_names():
    steps = [step("a", "submitted"), step("b", "opened", "a"), step("c", "cancelled", "b", cancels="b"),
             step("x", "submitted")]  # fmt: skip
    assert last_steps(steps) == ("c", "x")

"""The figures of a review: counted by the centre, kept as they stood that day, seen by whoever reviews the block."""

from datetime import date

import pytest

from records.commands.accounts import RecordStep
from records.commands.groups import ChangeGroup, RegisterGroup
from records.days import day_of
from records.errands import HoldReview
from records.problems import Problem
from storage.queries import list_parts_held, list_reviews_held
from tests.console import Console
from tests.world import ref


@pytest.fixture
def console(world_on_each):
    made = Console(world_on_each)
    yield made
    made.close()


def register(page, women):
    values = {"village_id": ref("V1"), "name": "जय", "formed_on": date(2026, 3, 1), "declared_members": women}
    return page.do(RegisterGroup(values)).id


def test_a_review_keeps_what_stood_that_day_whatever_comes_after(world_on_each, console):
    page = console.signed_in("supervisor").workspace
    group = register(page, 12)
    today = day_of(world_on_each.clock())
    assert page.perform(HoldReview(ref("B1"))) == today.isoformat()
    assert page.ask(list_reviews_held, before=today) == [], "today's is compared with by the next one"
    world_on_each.clock.forward(days=1)
    page = console.signed_in("supervisor").workspace
    register(page, 18)
    page.do(RecordStep(group, "opened", today))
    [kept] = page.ask(list_reviews_held, before=day_of(world_on_each.clock()))
    assert (kept.block_id, kept.on_day, kept.groups, kept.members, kept.pending) == (ref("B1"), today, 1, 12, 1)
    assert (kept.opened, kept.average) == (0, 12.0)


def test_the_same_day_again_replaces_and_the_last_review_is_the_one_compared_with(world_on_each, console):
    page = console.signed_in("supervisor").workspace
    page.perform(HoldReview(ref("B1")))
    register(page, 12)
    page.perform(HoldReview(ref("B1")))
    assert [row["groups"] for row in world_on_each.rows(world_on_each.centre.tables.review)] == [1]
    world_on_each.clock.forward(days=14)
    page = console.signed_in("supervisor").workspace
    register(page, 12)
    page.perform(HoldReview(ref("B1")))
    world_on_each.clock.forward(days=1)
    page = console.signed_in("district").workspace
    tomorrow = day_of(world_on_each.clock())
    for within in (None, ("district", ref("D")), ("block", ref("B1"))):
        assert [row.groups for row in page.ask(list_reviews_held, before=tomorrow, within=within)] == [2]
    assert page.ask(list_reviews_held, before=tomorrow, within=("block", ref("B2"))) == []


@pytest.mark.parametrize(
    ("person", "block", "code"),
    [
        ("supervisor", "B2", "out_of_reach"),
        ("district", "B1", "not_allowed"),
        ("nodal", "B1", "not_allowed"),
        ("abm", "B1", "not_allowed"),
    ],
)
def test_only_the_supervisor_of_a_block_keeps_its_figures(world_on_each, console, person, block, code):
    with pytest.raises(Problem) as refused:
        console.signed_in(person).workspace.perform(HoldReview(ref(block)))
    assert refused.value.code == code
    assert world_on_each.rows(world_on_each.centre.tables.review) == []


def test_a_review_is_seen_by_who_reviews_that_block_and_by_nobody_else(world_on_each, console):
    console.signed_in("supervisor").workspace.perform(HoldReview(ref("B1")))
    world_on_each.clock.forward(days=1)
    tomorrow = day_of(world_on_each.clock())
    seen = {
        person: len(console.signed_in(person).workspace.ask(list_reviews_held, before=tomorrow))
        for person in ("supervisor", "nodal", "district", "supervisor2", "abm", "sakhi")
    }
    assert seen == {"supervisor": 1, "nodal": 1, "district": 1, "supervisor2": 0, "abm": 0, "sakhi": 0}


def hold_and_wait(world, console, days=14):
    console.signed_in("supervisor").workspace.perform(HoldReview(ref("B1")))
    world.clock.forward(days=days)
    return day_of(world.clock())


def figures(rows):
    return {row.unit_id: (row.groups, row.members) for row in rows}


def test_villages_and_people_are_kept_and_panchayats_are_sums_of_their_villages(world_on_each, console):
    register(console.signed_in("abm").workspace, 11)
    for women in (12, 13):
        register(console.signed_in("supervisor").workspace, women)
    day = hold_and_wait(world_on_each, console, 1)
    page = console.signed_in("supervisor").workspace
    assert page.ask(list_reviews_held, before=day)[0].parts_kept
    register(page, 20)
    told = lambda **question: figures(page.ask(list_parts_held, before=day, **question))  # noqa: E731
    for within in (None, ("block", ref("B1")), ("gram_panchayat", ref("G1")), ("village", ref("V1"))):
        assert told(within=within) == {ref("B1"): (3, 36)}
    assert told(within=("person", ref("abm"))) == {ref("B1"): (1, 11)}
    assert told(within=("person", ref("supervisor"))) == {ref("B1"): (2, 25)}
    assert told(by="gram_panchayat", within=("block", ref("B1"))) == {ref("G1"): (3, 36)}
    assert told(by="village") == {ref("V1"): (3, 36)}
    assert told(within=("village", ref("V2"))) == told(within=("cluster", ref("G1"))) == {}


def test_a_group_that_is_corrected_later_leaves_what_was_kept_of_its_village(world_on_each, console):
    page = console.signed_in("supervisor").workspace
    group = register(page, 12)
    day = hold_and_wait(world_on_each, console, 1)
    page = console.signed_in("supervisor").workspace
    page.do(ChangeGroup(group, {"village_id": ref("V2"), "declared_members": 20}))
    assert figures(page.ask(list_parts_held, before=day, by="village")) == {ref("V1"): (1, 12)}


def test_only_the_parts_of_the_last_two_reviews_stay_and_a_review_says_whether_it_has_them(world_on_each, console):
    tables, days = world_on_each.centre.tables, []
    register(console.signed_in("supervisor").workspace, 12)
    for _ in range(3):
        days.append(day_of(world_on_each.clock()))
        hold_and_wait(world_on_each, console)
    assert [row["on_day"] for row in world_on_each.rows(tables.review_part) if row["level"] == "village"] == days[1:]
    kept = {row["on_day"]: row["parts_kept"] for row in world_on_each.rows(tables.review)}
    assert kept == {days[0]: False, days[1]: True, days[2]: True}
    # Held once more on one day: today's parts are made anew, those that are compared with today stay.
    hold_and_wait(world_on_each, console, 0)
    hold_and_wait(world_on_each, console, 0)
    today = day_of(world_on_each.clock())
    page = console.signed_in("supervisor").workspace
    assert figures(page.ask(list_parts_held, before=today)) == {ref("B1"): (1, 12)}
    assert len(world_on_each.rows(tables.review_part)) == 4


def test_the_parts_of_a_block_are_seen_by_who_reviews_it_and_by_nobody_else(world_on_each, console):
    register(console.signed_in("supervisor").workspace, 12)
    day = hold_and_wait(world_on_each, console, 1)
    for within in (None, ("village", ref("V1")), ("person", ref("supervisor"))):
        seen = {
            person: len(console.signed_in(person).workspace.ask(list_parts_held, before=day, within=within))
            for person in ("supervisor", "nodal", "district", "supervisor2", "abm", "sakhi")
        }
        assert seen == {"supervisor": 1, "nodal": 1, "district": 1, "supervisor2": 0, "abm": 0, "sakhi": 0}

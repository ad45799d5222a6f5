"""The laws of merging one field: order and repetition do not matter, and no written value vanishes."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from records.merge import FieldChange, conflict_id, resolve
from records.stamps import device_of, stamp_of

DEVICES = ("0000000a", "0000000b", "0000000c")


@st.composite
def histories(draw: st.DrawFn) -> list[FieldChange]:
    """Changes as honest devices make them: each replaces something its author had seen, or nothing."""
    changes: list[FieldChange] = []
    for number in range(draw(st.integers(1, 7))):
        device = draw(st.sampled_from(DEVICES))
        seen = draw(st.sampled_from([*changes, None]))
        ms = draw(st.integers(0, 5)) if seen is None else int(seen.stamp[:12], 16)
        stamp = stamp_of(ms + 1, number, device)
        base = seen.stamp if seen else ""
        changes.append(FieldChange(stamp, base, draw(st.sampled_from(["x", "y", "z", None]))))
    return changes


@given(histories(), st.randoms(use_true_random=False))
@settings(derandomize=True, max_examples=400)
def test_the_outcome_does_not_depend_on_order_or_repetition(changes, random):
    expected = resolve(changes)
    again = [*changes, *random.sample(changes, k=len(changes))]
    random.shuffle(again)
    assert resolve(again) == expected


@given(histories())
@settings(derandomize=True, max_examples=400)
def test_no_written_value_vanishes(changes):
    """A value is the field's, or a kept loser's, or superseded: by one who had seen it, or by its own author later."""
    outcome = resolve(changes)
    standing = {outcome.winner.value, *(loser.value for loser in outcome.losers)}
    for change in changes:
        seen = any(other.base == change.stamp for other in changes)
        later = any(
            other.stamp > change.stamp and device_of(other.stamp) == device_of(change.stamp) for other in changes
        )
        assert seen or later or change.value in standing


@given(histories())
@settings(derandomize=True, max_examples=400)
def test_the_winner_is_the_latest_and_no_loser_was_seen(changes):
    outcome = resolve(changes)
    assert outcome.winner.stamp == max(change.stamp for change in changes)
    assert all(loser.value != outcome.winner.value for loser in outcome.losers)
    assert all(not any(other.base == loser.stamp for other in changes) for loser in outcome.losers)


@given(histories(), st.integers(1, 6))
@settings(derandomize=True, max_examples=200)
def test_merging_in_two_halves_gives_the_same_as_at_once(changes, cut):
    """The set of changes is all the state there is: resolving a part first cannot change the end."""
    first = resolve(changes[:cut]) if changes[:cut] else None
    assert resolve(changes) == resolve([*changes[cut:], *changes[:cut]])
    assert first is None or first.winner in changes


def test_a_change_that_saw_the_other_leaves_no_conflict():
    one = FieldChange(stamp_of(1, 0, "0000000a"), "", "old")
    two = FieldChange(stamp_of(2, 0, "0000000b"), one.stamp, "new")
    assert resolve([one, two]) == (two, ())


def test_two_who_had_not_seen_each_other_leave_one_loser():
    one = FieldChange(stamp_of(1, 0, "0000000a"), "", "mine")
    two = FieldChange(stamp_of(2, 0, "0000000b"), "", "hers")
    assert resolve([one, two]) == (two, (one,))


def test_the_same_value_from_both_is_no_conflict():
    one = FieldChange(stamp_of(1, 0, "0000000a"), "", "same")
    two = FieldChange(stamp_of(2, 0, "0000000b"), "", "same")
    assert resolve([one, two]).losers == ()


def test_an_unstamped_value_loses_and_never_conflicts():
    unwritten = FieldChange("", "", None)
    written = FieldChange(stamp_of(1, 0, "0000000a"), "", "typed")
    assert resolve([unwritten, written]) == (written, ())


def test_one_device_overwrites_itself_without_conflict():
    one = FieldChange(stamp_of(1, 0, "0000000a"), "", "first")
    two = FieldChange(stamp_of(2, 0, "0000000a"), "", "second")
    assert resolve([one, two]) == (two, ())


def test_conflicts_have_the_same_id_on_every_copy_and_differ_otherwise():
    ids = {conflict_id(*parts) for parts in itertools.product(("r1", "r2"), ("name", "mobile"), ("s1", "s2"))}
    assert len(ids) == 8 and conflict_id("r1", "name", "s1") in ids

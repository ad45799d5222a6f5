"""The laws of stamps: a change beats what its author had seen, and a capped batch keeps its order."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from records.merge import FieldChange, resolve
from records.stamps import (
    CAP_MS,
    after,
    cap_stamps,
    device_of,
    is_ahead,
    is_stamp,
    latest_after,
    next_stamp,
    parts,
    stamp_of,
)

seeded = settings(derandomize=True, deadline=None, max_examples=200)

NOW = 1_700_000_000_000
devices = st.integers(0, 2**32 - 1).map(lambda number: f"{number:08x}")
times = st.integers(0, 2**48 - 2)
counters = st.integers(0, 2**16 - 1)
stamps = st.builds(stamp_of, times, counters, devices)
stamps_or_none = st.one_of(st.just(""), stamps)
near_times = st.integers(NOW - 3 * CAP_MS, NOW + 3 * CAP_MS)
near_stamps = st.builds(stamp_of, near_times, counters, devices)


@seeded
@given(times, counters, devices)
def test_a_stamp_gives_back_its_parts(ms: int, counter: int, device: str) -> None:
    stamp = stamp_of(ms, counter, device)
    assert len(stamp) == 24 and is_stamp(stamp)
    assert parts(stamp) == (ms, counter, device)
    assert device_of(stamp) == device


@seeded
@given(stamps, stamps)
def test_stamps_compare_as_text_in_the_order_of_their_parts(one: str, other: str) -> None:
    assert (one < other) == (parts(one) < parts(other))


def test_a_stamp_has_one_written_form() -> None:
    assert stamp_of(NOW, 10, "0000000b") == "018bcfe56800000a0000000b"


@pytest.mark.parametrize(
    "text", ["", "018BCFE56800000A0000000B", "018bcfe56800000a0000000", "018bcfe56800000a0000000b\n"]
)
def test_other_text_is_no_stamp(text: str) -> None:
    assert not is_stamp(text)
    with pytest.raises(ValueError, match="stamp_malformed"):
        parts(text)
    with pytest.raises(ValueError, match="stamp_malformed"):
        device_of(text)


@pytest.mark.parametrize("ms, counter", [(-1, 0), (2**48, 0), (0, -1), (0, 2**16)])
def test_parts_that_do_not_fit_are_refused(ms: int, counter: int) -> None:
    with pytest.raises(ValueError, match="stamp_out_of_range"):
        stamp_of(ms, counter, "0000000b")


@pytest.mark.parametrize("device", ["", "b", "0000000B", "0000000g", "0000000b0"])
def test_a_device_number_has_eight_hex_characters(device: str) -> None:
    with pytest.raises(ValueError, match="device_malformed"):
        stamp_of(NOW, 0, device)


@seeded
@given(
    clock=st.integers(-(2**40), 2**45),
    offset=st.integers(-(2**40), 2**40),
    last=stamps_or_none,
    replaced=st.lists(stamps_or_none, max_size=3),
    device=devices,
)
@example(clock=0, offset=0, last="", replaced=[], device="00000000")
@example(clock=0, offset=0, last=stamp_of(5, 0xFFFF, "ffffffff"), replaced=[], device="00000000")
def test_a_new_stamp_is_later_than_all_its_author_had_seen(
    clock: int, offset: int, last: str, replaced: list[str], device: str
) -> None:
    made = next_stamp(clock_ms=clock, offset_ms=offset, last=last, replaced=replaced, device=device)
    assert device_of(made) == device
    assert all(made[:16] > seen[:16] for seen in [last, *replaced])
    assert parts(made).ms >= clock + offset


@seeded
@given(near_times, st.integers(-CAP_MS, CAP_MS), near_stamps, near_stamps, devices)
def test_a_new_stamp_goes_no_further_than_it_must(ms: int, offset: int, last: str, replaced: str, device: str) -> None:
    made = next_stamp(clock_ms=ms, offset_ms=offset, last=last, replaced=replaced, device=device)
    assert int(made[:16], 16) - 1 == max((ms + offset) << 16, int(last[:16], 16), int(replaced[:16], 16))


def test_the_offset_learned_from_the_server_mends_a_wrong_clock() -> None:
    made = next_stamp(clock_ms=0, offset_ms=NOW, last="", replaced="", device="0000000b")
    assert parts(made) == (NOW, 1, "0000000b")


def test_one_replaced_stamp_counts_like_a_list_of_one() -> None:
    seen = stamp_of(NOW + 5, 7, "ffffffff")
    one = next_stamp(clock_ms=NOW, offset_ms=0, last="", replaced=seen, device="0000000b")
    assert one == next_stamp(clock_ms=NOW, offset_ms=0, last="", replaced=[seen], device="0000000b")
    assert one == stamp_of(NOW + 5, 8, "0000000b")


def test_a_full_counter_runs_on_into_the_next_millisecond() -> None:
    full = stamp_of(NOW, 0xFFFF, "0000000a")
    assert next_stamp(clock_ms=NOW, offset_ms=0, last=full, replaced="", device="0000000b") == stamp_of(
        NOW + 1, 0, "0000000b"
    )


def test_nothing_comes_after_the_last_stamp() -> None:
    last = stamp_of(2**48 - 1, 0xFFFF, "0000000a")
    with pytest.raises(ValueError, match="stamp_out_of_range"):
        after(last, "0000000b")


@seeded
@given(stamps, devices)
def test_after_is_later_for_every_device(stamp: str, device: str) -> None:
    later = after(stamp, device)
    assert later[:16] > stamp[:16] and device_of(later) == device


def test_after_nothing_comes_the_first_stamp() -> None:
    assert after("", "0000000b") == stamp_of(0, 0, "0000000b")


def test_a_stamp_is_ahead_only_beyond_ten_minutes() -> None:
    assert not is_ahead(stamp_of(NOW + CAP_MS, 0xFFFF, "0000000b"), NOW)
    assert is_ahead(stamp_of(NOW + CAP_MS + 1, 0, "0000000b"), NOW)


def test_stamps_ahead_are_capped_to_the_time_of_receipt() -> None:
    first, second = stamp_of(NOW + 2 * CAP_MS, 3, "0000000b"), stamp_of(NOW + 3 * CAP_MS, 0, "0000000b")
    honest = stamp_of(NOW - 5, 0, "0000000b")
    assert cap_stamps([honest, first, second], NOW) == {
        first: stamp_of(NOW, 1, "0000000b"),
        second: stamp_of(NOW, 2, "0000000b"),
    }


@seeded
@given(st.lists(near_stamps, max_size=12))
def test_a_capped_batch_keeps_its_order_and_its_devices(batch: list[str]) -> None:
    capped = cap_stamps(batch, NOW)
    assert set(capped) == {stamp for stamp in batch if is_ahead(stamp, NOW)}
    assert all(device_of(stored) == device_of(sent) for sent, stored in capped.items())
    before = sorted(set(batch))
    stored = [capped.get(stamp, stamp) for stamp in before]
    assert stored == sorted(set(stored)) and len(stored) == len(before)


@seeded
@given(st.lists(near_stamps, max_size=12), st.lists(st.one_of(near_stamps, stamps_or_none), max_size=4))
@example([stamp_of(NOW + 2 * CAP_MS, 0, "0000000b")], [stamp_of(NOW + 3 * CAP_MS, 0, "0000000a")])
def test_no_capped_stamp_is_ahead(batch: list[str], beyond: list[str]) -> None:
    assert not any(is_ahead(stored, NOW + 1) for stored in cap_stamps(batch, NOW, beyond=beyond).values())


@seeded
@given(st.lists(near_stamps, max_size=12), st.randoms(use_true_random=False))
def test_the_sequence_in_which_records_travel_does_not_change_the_caps(batch: list[str], order: random.Random) -> None:
    shuffled = batch.copy()
    order.shuffle(shuffled)
    assert cap_stamps(shuffled, NOW) == cap_stamps(batch, NOW)


def test_two_batches_of_one_millisecond_do_not_share_a_stamp() -> None:
    early, late = stamp_of(NOW + 2 * CAP_MS, 0, "0000000b"), stamp_of(NOW + 3 * CAP_MS, 0, "0000000b")
    first = cap_stamps([early], NOW)
    second = cap_stamps([late], NOW, beyond=first.values())
    assert second[late] > first[early]


def test_a_capped_change_still_beats_the_value_that_it_replaces() -> None:
    base = stamp_of(NOW + CAP_MS, 4, "0000000a")
    change = stamp_of(NOW + 2 * CAP_MS, 0, "0000000b")
    assert cap_stamps([change], NOW, beyond=[base])[change] > base


DAY = 86_400_000
clocks = st.integers(NOW - 400 * DAY, NOW + 400 * DAY)


@seeded
@given(st.lists(st.tuples(clocks, clocks, st.integers(0, 3), st.integers(0, 20)), min_size=2, max_size=20))
@example([(NOW + 3 * DAY, NOW + 3 * DAY, 0, 0), (NOW, NOW, 1, 1)])
@example([(NOW + 3 * DAY, NOW + 3 * DAY, 0, 0), (NOW, NOW + 9 * DAY, 1, 1)])
def test_a_change_beats_what_its_author_had_seen_whatever_the_clock_of_the_server_does(
    history: list[tuple[int, int, int, int]],
) -> None:
    """Changes of one field, each received before the next is: (clock of the server, clock of the author, author, how
    many of the changes before she has seen)."""
    changes: list[FieldChange] = []
    latest_ms = 0
    for server_ms, clock_ms, device, seen in history:
        base = max((one.stamp for one in changes[:seen]), default="")
        sent = next_stamp(clock_ms=clock_ms, offset_ms=0, last=base, replaced=base, device=f"{device:08x}")
        capped = cap_stamps([sent], server_ms, beyond=[base], latest_ms=latest_ms)
        stored = capped.get(sent, sent)
        latest_ms = latest_after(stored, server_ms, latest_ms)
        assert stored > base and parts(stored).ms <= latest_ms
        assert not is_ahead(stored, server_ms, latest_ms)
        changes.append(FieldChange(stored, base, len(changes)))
        assert resolve(changes).winner.stamp not in {one.base for one in changes}


@seeded
@given(st.lists(st.tuples(clocks, near_stamps), max_size=20))
def test_a_clock_that_goes_on_needs_no_more_than_the_time_of_receipt(received: list[tuple[int, str]]) -> None:
    """As long as the clock of the server never falls back, what it has taken moves no limit."""
    latest_ms = 0
    for server_ms, sent in sorted(received):
        assert is_ahead(sent, server_ms, latest_ms) == is_ahead(sent, server_ms)
        stored = cap_stamps([sent], server_ms, latest_ms=latest_ms).get(sent, sent)
        latest_ms = latest_after(stored, server_ms, latest_ms)


def test_more_stamps_than_counters_run_on_into_the_next_millisecond() -> None:
    batch = [stamp_of(NOW + 2 * CAP_MS + step, 0, "0000000b") for step in range(2**16)]
    capped = cap_stamps(batch, NOW)
    assert capped[batch[-1]] == stamp_of(NOW + 1, 0, "0000000b")

"""The laws of merging, for the pure function and for the centre that merges change by change (laws 3 and 4).

Commutative, associative, idempotent; and no written value vanishes: it is the field's value, or a conflict's, or it was
superseded by one who had seen it, or by its own device later. Each law is held against broken merges as well, and must
find them out.
"""

import random
from collections.abc import Callable, Iterable
from typing import NamedTuple

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from records.merge import FieldChange, Resolved, conflict_id, resolve
from records.stamps import device_of, stamp_of
from server.merging import Merging
from server.working import Working
from tests.world import World, ref

DEVICES = ("0000000a", "0000000b", "0000000c", "0000000d")
VALUES = ("राधा", "सीता", "गीता")
Merge = Callable[[list[FieldChange]], Resolved]
SMALL = settings(derandomize=True, max_examples=400)


class Copy:
    """One copy of a field: all changes that have reached it, its device's clock, and what is on its screen."""

    def __init__(self, device: str) -> None:
        self.device, self.known, self.last = device, list[FieldChange](), ""


@st.composite
def histories(draw: st.DrawFn) -> list[FieldChange]:
    """What people write who hear of each other now and then: each change replaces what stood on its author's copy, and
    is later than all she had seen. Clocks are off, so one may be earlier than a change nobody knows of."""
    copies = [Copy(device) for device in DEVICES[: draw(st.integers(1, 4))]]
    written: list[FieldChange] = []
    for number in range(draw(st.integers(1, 8))):
        copy = draw(st.sampled_from(copies))
        if draw(st.booleans()):
            copy.known += draw(st.sampled_from(copies)).known
        shown = max(copy.known, default=FieldChange("", "", None))
        clock = draw(st.integers(0, 6))
        after = max([copy.last, *(change.stamp for change in copy.known)])
        ms = max(clock, int(after[:12], 16) + 1 if after else 0)
        change = FieldChange(stamp_of(ms, number, copy.device), shown.stamp, draw(st.sampled_from(VALUES)))
        copy.known.append(change)
        copy.last = change.stamp
        written.append(change)
    return written


class Standing(NamedTuple):
    """What is left of a field: the value, and the values kept as conflicts."""

    value: object
    kept: frozenset[object]


def standing(outcome: Resolved) -> Standing:
    return Standing(outcome.winner.value, frozenset(loser.value for loser in outcome.losers))


def shuffled(changes: Iterable[FieldChange], seed: int) -> list[FieldChange]:
    some = list(changes)
    random.Random(seed).shuffle(some)
    return some


# --- the laws, of any merge


def commutes(merge: Merge, changes: list[FieldChange]) -> bool:
    return all(merge(shuffled(changes, seed)) == merge(changes) for seed in range(4))


def is_idempotent(merge: Merge, changes: list[FieldChange]) -> bool:
    return merge([*changes, *changes]) == merge(changes) == merge([*changes, changes[0]])


def is_associative(merge: Merge, changes: list[FieldChange]) -> bool:
    """Copies that have merged parts, and then exchange all they hold, agree: whatever the parts were."""
    whole = merge(changes)
    for cut in range(1, len(changes)):
        one, other = changes[:cut], changes[cut:]
        if not (merge([*one, *other]) == merge([*other, *one]) == merge([*one, *other, *one]) == whole):
            return False
    return True


def loses_nothing(merge: Merge, changes: list[FieldChange]) -> bool:
    left = standing(merge(changes))
    return all(
        change.value == left.value
        or change.value in left.kept
        or any(other.base == change.stamp for other in changes)
        or any(other.stamp > change.stamp and device_of(other.stamp) == device_of(change.stamp) for other in changes)
        for change in changes
    )


LAWS = (commutes, is_idempotent, is_associative, loses_nothing)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_merge_keeps_the_law(law):
    @given(histories())
    @SMALL
    def holds(changes: list[FieldChange]) -> None:
        assert law(resolve, changes)

    holds()


# --- merges that are wrong, and the law that each must break


def last_to_arrive(changes: list[FieldChange]) -> Resolved:
    return Resolved(changes[-1], resolve(changes).losers)


def silent(changes: list[FieldChange]) -> Resolved:
    """The latest wins, and nobody hears of the other."""
    return Resolved(max(changes), ())


def counting(changes: list[FieldChange]) -> Resolved:
    """What was said more often wins: a repeated message changes the outcome."""
    return Resolved(max(changes, key=lambda one: (changes.count(one), one)), resolve(changes).losers)


def pairwise(changes: list[FieldChange]) -> Resolved:
    """Each change is compared with the one that stands, and the earlier ones are forgotten."""
    stands, losers = changes[0], list[FieldChange]()
    for change in changes[1:]:
        older, newer = sorted((stands, change))
        if newer.base != older.stamp and newer.value != older.value:
            losers.append(older)
        stands = newer
    return Resolved(stands, tuple(sorted(losers)))


def seen_by_anybody(changes: list[FieldChange]) -> Resolved:
    """A change of a device that has ever written the field again counts as seen by all others."""
    outcome = resolve(changes)
    return Resolved(outcome.winner, tuple(one for one in outcome.losers if one.base))


@pytest.mark.parametrize(
    "law, broken",
    [
        (commutes, last_to_arrive),
        (is_idempotent, counting),
        (is_associative, pairwise),
        (commutes, pairwise),
        (loses_nothing, silent),
        (loses_nothing, seen_by_anybody),
    ],
    ids=lambda one: one.__name__,
)
def test_a_broken_merge_is_found_out(law, broken):
    try:
        found = find(histories(), lambda changes: not law(broken, changes), settings=settings(SMALL, database=None))
    except NoSuchExample:
        pytest.fail(f"{law.__name__} does not notice {broken.__name__}")
    assert law(resolve, found)


# --- the centre, which keeps a winner and a history and takes one change after the other


class Centre:
    """The centre's merge over one field of one group, in a transaction of which nothing stays."""

    def __init__(self) -> None:
        self.centre = World().centre

    def taken(self, changes: list[FieldChange], merging: type[Merging] = Merging) -> tuple[Standing, set[FieldChange]]:
        """(what stands, every change that is kept) after these changes, one after the other."""
        group = ref("a group")
        with self.centre.database.trying() as db:
            working = Working(db, self.centre.tables, self.centre.registry, self.centre.state_id)
            merge = merging(working)
            first, *others = changes
            merge.create("Shg", group, group, {"name": (first.value, first.stamp, first.base)})
            row = working.get("Shg", group)
            assert row is not None
            for change in others:
                merge.change("Shg", row, {"name": (change.value, change.stamp, change.base)})
            conflicts = working.load_where("Conflict", "record_id", [group])
            ids = {one["id"]: one["losing_stamp"] for one in conflicts}
            assert all(id == conflict_id(group, "name", stamp) for id, stamp in ids.items())
            kept = {change for change in merge.changes("Shg", row, "name") if change.stamp}
            by_stamp = {change.stamp: change.value for change in kept}
            open_ones = frozenset(by_stamp[one["losing_stamp"]] for one in conflicts if one["state"] != "closed")
            return Standing(row["name"], open_ones), kept


@pytest.fixture(scope="module")
def centre():
    return Centre()


def test_the_centre_comes_to_the_same_whatever_order_changes_arrive_in(centre):
    """One by one, in any order, with repetitions: the value, the kept ones and the history are those of the set."""

    @given(histories(), st.integers(0, 2**32), st.integers(0, 3))
    @settings(derandomize=True, max_examples=300)
    def holds(changes, seed, repeated):
        order = shuffled([*changes, *changes[:repeated]], seed)
        left, kept = centre.taken(order)
        assert left == standing(resolve(changes))
        assert kept == set(changes)

    holds()


class Forgetful(Merging):
    """Keeps no history: what is replaced is gone."""

    def _keep(self, kind, row, name, change):
        pass


class Hasty(Merging):
    """Whatever is later replaces what stands, and no conflict is written."""

    def _merge(self, kind, row, name, new):
        if new.stamp > row["stamps"].get(name, ""):
            self._keep(kind, row, name, FieldChange(row["stamps"][name], row["bases"].get(name, ""), row[name]))
            self._set(kind, row, name, new)
            return True
        self._keep(kind, row, name, new)
        return False


@pytest.mark.parametrize("broken", [Forgetful, Hasty])
def test_a_broken_centre_is_found_out(centre, broken):
    def differs(changes):
        return centre.taken(changes, broken) != (standing(resolve(changes)), set(changes))

    assert find(histories(), differs, settings=settings(SMALL, database=None))

"""The register of practice: the same again from the same seed, spread as real ones are, and nobody's own data."""

import gc
import hashlib
import re
import sys
import tracemalloc
from collections import Counter
from datetime import date
from itertools import islice

import pytest

from operations.practice_filling import rows_of
from operations.practice_places import practice_blocks, villages_of
from operations.practice_register import AS_ON, MOBILES_OF_PRACTICE, practice_register
from records.aadhaar import aadhaar_runs, verhoeff_holds
from records.account_state import state_of
from records.ids import first_account_id
from records.kinds import KINDS
from records.record import fields_of, from_wire
from records.rules import broken_rules
from records.savings_account import AccountStep

SEED = 11
BLOCK = villages_of(practice_blocks(1))
TWO_BLOCKS = villages_of(practice_blocks(2))


@pytest.fixture(scope="module")
def block():
    """One full block."""
    return list(practice_register(SEED, BLOCK, 1600))


def fingerprint(register):
    return hashlib.sha256("\n".join(map(repr, register)).encode()).hexdigest()


def women_of(group):
    return len(group.present) or group.declared_members


# --- the same again


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(block):
    assert fingerprint(practice_register(SEED, BLOCK, 1600)) == fingerprint(block)
    assert fingerprint(practice_register(SEED + 1, BLOCK, 1600)) != fingerprint(block)


def test_the_bytes_are_those_of_the_day_this_was_written(block):
    """A change of the generator changes the figures of every benchmark: it must be meant, and said here."""
    rows = [list(rows_of(group)) for group in islice(block, 100)]
    assert hashlib.sha256(repr(rows).encode()).hexdigest()[:16] == "484fdf07482fd24b"


def test_a_group_does_not_depend_on_how_many_are_asked_for(block):
    assert list(practice_register(SEED, BLOCK, 40)) == block[:40]
    two = list(practice_register(SEED, TWO_BLOCKS, 1650))
    assert two[:1600] == block
    assert {group.village.block.number for group in two[1600:]} == {2}


def test_more_groups_than_the_blocks_hold_go_through_them_again(block):
    more = list(islice(practice_register(SEED, BLOCK, 3200), 1600, None))
    assert len({group.id for group in [*block, *more]}) == 3200
    assert {group.village.block.number for group in more} == {1}


def test_only_days_depend_on_the_day_of_the_register(block):
    later = list(practice_register(SEED, BLOCK, 200, today=date(2027, 3, 1)))
    for one, other in zip(block, later, strict=False):
        assert (one.name, one.village, one.origin, one.declared_members) == (
            other.name, other.village, other.origin, other.declared_members
        )  # fmt: skip
        assert (one.account is None) == (other.account is None)
        if one.account and other.account:
            assert one.account.number == other.account.number
            assert [step.kind for step in one.account.steps] == [step.kind for step in other.account.steps]


def test_a_register_without_villages_is_refused():
    with pytest.raises(ValueError, match="villages"):
        next(practice_register(SEED, [], 1))


def test_memory_does_not_grow_with_the_register():
    """Counted in blocks of memory: following each of millions of them would take a minute."""
    register = practice_register(SEED, BLOCK, 20_000)

    def blocks_after(groups):
        for _ in islice(register, groups):
            pass
        gc.collect()
        return sys.getallocatedblocks()

    early, late = blocks_after(2000), blocks_after(17_500)
    assert late - early < 2000, "less than the blocks of a hundred groups"


def test_a_block_of_the_register_takes_no_more_memory_than_its_order(block):
    tracemalloc.start()
    for _ in practice_register(SEED, BLOCK, 800):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 700_000


# --- how it is spread


def test_groups_have_as_many_women_as_groups_have(block):
    sizes = [women_of(group) for group in block]
    assert 12.0 <= sum(sizes) / len(sizes) <= 12.8
    regular = [women_of(group) for group in block if group.group_type == "women" and group.members]
    assert min(regular) == 10 and max(regular) == 20 and len(set(regular)) == 11
    special = [group for group in block if group.group_type == "special"]
    assert 20 <= len(special) <= 80
    assert {len(group.present) for group in special if group.members} == set(range(5, 10))


def test_a_tenth_of_the_groups_has_no_account(block):
    opened = [group for group in block if group.account and group.account.number]
    assert 0.08 <= 1 - len(opened) / len(block) <= 0.13
    states = Counter(state(group) for group in block if group not in opened)
    assert set(states) == {
        "not_started", "resolution_passed", "kyc_collected", "form_filled", "submitted", "returned",
    }  # fmt: skip
    assert {state(group) for group in opened} == {"opened", "passbook_received"}


def state(group):
    steps = [
        AccountStep.known(
            {**{name: from_wire(fields_of(AccountStep)[name], v) for name, v in values.items()}, "id": id}
        )
        for kind, id, values in rows_of(group)
        if kind == "AccountStep"
    ]
    return state_of(steps).state


def test_ages_are_skewed_round_thirty_five(block):
    ages = Counter(member.age for group in block for member in group.members)
    assert min(ages) >= 18 and max(ages) <= 70
    fives = Counter({low: sum(ages[low + n] for n in range(5)) for low in range(18, 70, 5)})
    assert fives.most_common(1)[0][0] in (28, 33, 38)
    whole = sum(ages.values())
    assert sum(count for age, count in ages.items() if age > 50) / whole < 0.15


def test_days_follow_each_other(block):
    for group in block:
        assert date(2012, 4, 1) <= group.formed_on <= AS_ON
        assert (group.restarted_on is None) == (group.origin == "new")
        for member in group.members:
            days = [group.formed_on, member.joined_on, *([member.left_on] if member.left_on else []), AS_ON]
            assert days == sorted(days)
            # Her age is that of her birthday.
            had = (AS_ON.month, AS_ON.day) >= (member.born_on.month, member.born_on.day)
            assert AS_ON.year - member.born_on.year - (not had) == member.age
        if group.account:
            days = [group.formed_on, *[step.on_day for step in group.account.steps], AS_ON]
            assert days == sorted(days)
    late = sum(group.formed_on.year >= 2020 for group in block)
    assert late / len(block) > 0.6


def test_villages_are_of_different_size_and_none_has_two_groups_of_one_name(block):
    counts = Counter(group.village.id for group in block)
    assert max(counts.values()) > 4 * sorted(counts.values())[len(counts) // 2]
    assert len(counts) > 0.85 * len(BLOCK)
    names = Counter((group.village.id, group.name) for group in block)
    assert max(names.values()) == 1
    # In all villages together names come again, as they do.
    assert max(Counter(group.name for group in block).values()) > 3


def test_mobile_numbers_are_valid_and_of_practice(block):
    members = [member for group in block for member in group.members]
    mobiles = [member.mobile for member in members if member.mobile]
    assert 0.57 <= len(mobiles) / len(members) <= 0.63
    assert all(re.fullmatch(rf"{MOBILES_OF_PRACTICE}\d{{5}}", mobile) for mobile in mobiles)


def test_offices_and_signatories_are_of_the_group(block):
    for group in block:
        offices = [member.office for member in group.members if member.office]
        assert offices == (["president", "secretary", "treasurer"] if group.members else [])
        assert all(member.left_on is None for member in group.members if member.office)
        assert bool(group.signs) == bool(group.members)
    assert 0.9 < sum(sum(signs for _, signs in group.signs) >= 2 for group in block) / len(block) < 1


def test_account_numbers_are_of_all_lengths_some_with_zeros_in_front(block):
    state_like = practice_register(SEED, TWO_BLOCKS, 3200)
    numbers = [group.account.number for group in state_like if group.account and group.account.number]
    assert all(re.fullmatch(r"\d{9,18}", number) for number in numbers)
    assert {9, 10, 11, 12, 16, 18} <= {len(number) for number in numbers}
    assert 0.05 < sum(number[0] == "0" for number in numbers) / len(numbers) < 0.2
    assert max(Counter(numbers).values()) == 1
    # Some have twelve digits, of which one in twelve would look like an Aadhaar number if nobody saw to it.
    twelve = [number for number in numbers if len(number) == 12]
    assert len(twelve) > 50 and not any(verhoeff_holds(number) for number in twelve)


def test_accounts_are_mostly_at_the_branch_that_serves_the_village(block):
    accounts = [group for group in block if group.account]
    there = sum(group.account.branch == group.village.branch for group in accounts)
    assert 0.75 < there / len(accounts) < 0.95


# --- what it becomes


def test_every_value_passes_the_checks_of_a_change_and_stays_as_it_is(block):
    for group in block:
        for kind, _, values in rows_of(group):
            specs = fields_of(KINDS[kind].cls)
            cleaned = {name: specs[name].check(value) for name, value in values.items()}
            assert {name: from_wire(specs[name], value) for name, value in values.items()} == cleaned
            assert broken_rules(kind, cleaned, None, today=AS_ON) == []
            assert {name for name, spec in specs.items() if spec.required} <= set(values)
            for value in values.values():
                assert not isinstance(value, str) or not aadhaar_runs(value)


def test_a_group_is_its_records(block):
    for group in islice(block, 200):
        rows = list(rows_of(group))
        assert Counter(kind for kind, _, _ in rows)["Member"] == len(group.members)
        shg = rows[0][2]
        assert shg["village_id"] == group.village.id and shg["name"] == group.name.hindi
        assert all(values["shg_id"] == group.id for kind, _, values in rows if kind in ("Member", "SavingsAccount"))
        assert [id for kind, id, _ in rows if kind == "SavingsAccount"] == (
            [first_account_id(group.id)] if group.account else []
        )

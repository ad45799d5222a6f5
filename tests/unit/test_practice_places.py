"""The tree of practice: as a block is, the same each time, and never to be taken for official."""

import re
from collections import Counter

import pytest

from operations.demo_places import BADWARA, BLOCKS, PANCHAYATS, branch_id
from operations.demo_places import BRANCHES as TYPED_BRANCHES
from operations.practice_places import (
    blocks_for,
    branch_rows,
    contents,
    place_rows,
    practice_blocks,
    villages_of,
)
from records.kinds import KINDS
from records.record import fields_of
from records.search_key import search_key

SOME = practice_blocks(14)
ROWS = [*place_rows(SOME), *branch_rows(SOME)]
PLACES = {id: values for kind, id, values in ROWS if kind == "Place"}


def test_the_real_blocks_come_first_with_their_codes():
    assert [(block.code, block.name.latin) for block in SOME[:11]] == [(str(b[0]), b[2]) for b in BLOCKS]
    assert SOME[0].id == BADWARA
    assert all(block.real for block in SOME[:11]) and not any(block.real for block in SOME[11:])


def test_what_is_made_up_says_so():
    for values in PLACES.values():
        official = "lgd_code" in values
        assert official == ("local_code" not in values)
        assert official or values["local_code"].startswith("DEMO-")
        if values["level"] in ("district", "block") and not official:
            assert values["name"].startswith("Practice ") and values["name_hi"].startswith("अभ्यास ")
    assert sum("lgd_code" in values for values in PLACES.values()) == 1 + 2 + 11
    typed = {branch.ifsc for branch in TYPED_BRANCHES}
    for kind, _, values in ROWS:
        if kind == "BankBranch" and values["ifsc"] not in typed:
            assert values["ifsc"].startswith("DEMO0") and values["local_code"].startswith("DEMO-")
            assert values["name"].startswith("Practice: ") and values["bank_name"].startswith("Practice ")


@pytest.mark.parametrize("block", SOME, ids=lambda block: block.name.latin)
def test_a_block_is_as_large_as_blocks_are(block):
    inside = contents(block)
    assert 60 <= len(inside.panchayats) <= 70
    assert 150 <= len(inside.villages) <= 250
    assert 5 <= len(inside.branches) <= 8
    assert {village.panchayat for village in inside.villages} == set(inside.panchayats)


@pytest.mark.parametrize("block", SOME, ids=lambda block: block.name.latin)
def test_no_two_villages_of_a_block_sound_the_same(block):
    keys = Counter(search_key(village.name.hindi) for village in block.villages)
    assert max(keys.values()) == 1


@pytest.mark.parametrize("block", SOME, ids=lambda block: block.name.latin)
def test_several_branches_serve_a_block(block):
    served = Counter(village.branch for village in block.villages)
    assert set(served) <= set(block.branches) and len(served) >= 4
    if block.number != 1:
        assert {branch.block_id for branch in served} == {block.id}


def test_what_is_typed_of_badwara_stays_as_it_is():
    villages = {village.name.latin: village for village in SOME[0].villages[:30]}
    assert list(villages) == [latin for some in PANCHAYATS.values() for latin, _ in some]
    for branch in TYPED_BRANCHES:
        assert {villages[name].branch.id for name in branch.serves} == {branch_id(branch.ifsc)}
    assert [one.ifsc for one in SOME[0].branches] == [one.ifsc for one in TYPED_BRANCHES]
    assert {village.branch.ifsc for village in SOME[0].villages} == {one.ifsc for one in TYPED_BRANCHES}


def test_ids_and_local_codes_are_unique_and_every_parent_comes_before():
    assert max(Counter(id for _, id, _ in ROWS).values()) == 1
    codes = [values["local_code"] for _, _, values in ROWS if values.get("local_code")]
    assert max(Counter(codes).values()) == 1
    seen = set()
    for _, id, values in ROWS:
        parents = {values[name] for name in ("parent_id", "block_id", "branch_id", "village_id") if name in values}
        assert parents <= seen, values
        seen.add(id)


def test_every_village_is_served_once():
    areas = Counter(values["village_id"] for kind, _, values in ROWS if kind == "ServiceArea")
    assert areas == Counter(village.id for village in villages_of(SOME))


def test_every_value_passes_the_checks_of_a_change_and_stays_as_it_is():
    for kind, _, values in ROWS:
        specs = fields_of(KINDS[kind].cls)
        for name, value in values.items():
            assert specs[name].check(value) == value


def test_names_are_written_in_both_scripts():
    for values in PLACES.values():
        assert values["name"].isascii() and re.fullmatch(r"[\u0900-\u097f0-9 ]+", values["name_hi"])


def test_a_small_tree_is_the_beginning_of_a_large_one():
    small = list(place_rows(practice_blocks(1)))
    large = {id: values for _, id, values in place_rows(SOME)}
    assert all(large[id] == values for _, id, values in small)
    contents.cache_clear()
    assert villages_of(practice_blocks(1)) == villages_of(practice_blocks(12))[: len(SOME[0].villages)]


def test_there_are_as_many_blocks_as_groups_need():
    assert [len(blocks_for(groups)) for groups in (1, 40, 1600, 1601, 500_000)] == [1, 1, 1, 2, 313]
    with pytest.raises(ValueError, match="1 to 999"):
        practice_blocks(0)

"""Doubles while typing, on a whole block: how many pairs are found, how many honest groups are asked about in vain."""

import random
from datetime import date

import pytest

from records.resemblance import account_spellings, may_be_her, may_be_registered
from records.search_key import search_key
from records.written import show_day
from screens.context import Here
from screens.parts.doubles import groups_like, same_number, women_like
from screens.words import words_of
from storage.queries import list_groups_near, list_same_number, list_women_like
from storage.store import LocalStore
from storage.workspace import PhoneWorkspace
from tests.blocks import VILLAGES, block_register, receive_block
from tests.factories import a_member, a_place_tree, an_account, an_shg
from tests.harness import StillServices
from tests.harness import a_phone as a_harness_phone
from tests.pairs import Typed, written_again

GROUPS, PAIRS = 1600, 200
TREE = a_place_tree()


def here(workspace):
    return Here(workspace, StillServices(), words_of("en", strict=True), lambda _: None, None)


def typed_of(typed):
    return {"name": typed.name, "village_id": typed.village.id, "formed_on": show_day(typed.formed_on)}


@pytest.fixture(scope="module")
def block(tmp_path_factory):
    """A phone with a block that no threshold was chosen by, and its register."""
    store = LocalStore.open(tmp_path_factory.mktemp("block") / "phone.sqlite")
    register = block_register(GROUPS, seed=77)
    receive_block(store, register, kinds=frozenset({"Shg"}))
    yield here(PhoneWorkspace(store)), register
    store.close()


def test_of_two_hundred_groups_typed_again_nearly_all_are_found(block):
    h, register = block
    chance = random.Random(2026)
    missed = []
    for group in chance.sample(register, PAIRS):
        neighbours = [v for v in VILLAGES if v.panchayat.id == group.village.panchayat.id and v.id != group.village.id]
        typed = written_again(group, neighbours, chance)
        if group.id not in {double.shg_id for double in groups_like(h, typed_of(typed))}:
            missed.append((typed.name, group.name.hindi))
    print(f"found {PAIRS - len(missed)} of {PAIRS} pairs; missed: {missed}")
    assert len(missed) <= PAIRS * 0.05


def test_hardly_an_honest_group_is_asked_about(block):
    h, register = block
    warned = 0
    for group in register:
        typed = Typed(group.name.hindi, group.village, group.formed_on)
        warned += {double.shg_id for double in groups_like(h, typed_of(typed))} - {group.id} != set()
    print(f"{warned} of {GROUPS} honest groups asked about in vain: {warned / GROUPS:.1%}")
    assert warned <= GROUPS * 0.03


def test_the_pairs_are_not_found_by_asking_about_everything(block):
    """A control: groups of other names and days in the same village are left alone."""
    h, register = block
    village = register[0].village
    typed = Typed("Kuchh Aur Naam", village, date(2001, 1, 1))
    assert groups_like(h, typed_of(typed)) == []


# --- what decides


def alike(one, other, **how):
    return may_be_registered(search_key(one), search_key(other), **({"same_village": True, "days_apart": 0} | how))


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("जय अम्बे", "Jay Ambey SHG", {"days_apart": None}),
        ("Ekta Samhu", "एकता समूह", {"days_apart": 3}),
        ("Ambe Jai", "जय अम्बे समूह", {"days_apart": 400}),
        ("Saraswati", "सरस्वती महिला समूह", {"same_village": False, "days_apart": 1}),
    ],
)
def test_what_may_be_one_group(one, other, how):
    assert alike(one, other, **how)


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("लक्ष्मी", "सरस्वती", {}),
        ("Bandhan", "Vandana", {"days_apart": 400}),
        ("Saraswati", "सरस्वती समूह", {"same_village": False, "days_apart": 200}),
        ("Saraswati", "सरस्वती समूह", {"same_village": False, "days_apart": None}),
    ],
)
def test_what_is_left_alone(one, other, how):
    assert not alike(one, other, **how)


def test_a_woman_is_asked_about_by_name_here_and_by_number_and_name_elsewhere():
    def her(one, other, *, here=False, number=False):
        return may_be_her(search_key(one), search_key(other), same_group=here, same_mobile=number)

    assert her("सीता बाई", "Seeta Bai", here=True) and her("Sita Kol", "सीता बाई", number=True)
    assert not her("सीता बाई", "Gita Bai", here=True) and not her("सीता", "रेखा", number=True)
    assert not her("Sita Bai", "Sita Bai")


def test_an_account_number_is_the_same_with_fewer_or_more_zeros():
    assert {"00123456789", "123456789", "0123456789"} <= account_spellings("00123456789")
    assert account_spellings("000") == frozenset() and "1234567890" not in account_spellings("123456789")


# --- what is asked of the store


def test_groups_are_near_by_village_panchayat_or_number_and_never_otherwise(tmp_path):
    near, next_door = an_shg(village_id=TREE.villages[0].id), an_shg(village_id=TREE.villages[1].id)
    far = an_shg(village_id=TREE.villages[2].id, mobile="6555512345")
    gone = an_shg(village_id=TREE.villages[0].id, deleted_on=date(2026, 1, 1))
    phone = a_harness_phone(tmp_path, "abm", near, next_door, far, gone)

    def ids(**question):
        return {row.id for row in phone.ask(list_groups_near, **question)}

    assert ids(village_id=TREE.village.id) == {near.id, next_door.id}
    assert ids(mobile="6555512345") == {far.id}
    assert ids(village_id=TREE.village.id, mobile="6555512345") == {near.id, next_door.id, far.id}
    assert ids() == set()


def test_women_and_numbers_of_other_groups_are_found(tmp_path):
    ours, theirs = an_shg(village_id=TREE.village.id), an_shg(village_id=TREE.village.id, name="Sharda")
    here_already = a_member(ours, name="सीता बाई")
    there = a_member(theirs, name="Rekha Kol", mobile="6555500002")
    account = an_account(theirs, account_number="00123456789")
    phone = a_harness_phone(tmp_path, "abm", ours, theirs, here_already, there, account)
    h = here(phone)
    assert [d.shg_id for d in women_like(h, ours.id, None, {"name": "Seeta Bai"})] == [ours.id]
    assert women_like(h, ours.id, here_already.id, {"name": "Seeta Bai"}) == [], "she is not her own double"
    assert [d.shg_id for d in women_like(h, ours.id, None, {"name": "रेखा", "mobile": "६५५५५ 00002"})] == [theirs.id]
    assert [d.shg_id for d in same_number(h, ours.id, {"account_number": "123456789"})] == [theirs.id]
    assert same_number(h, theirs.id, {"account_number": "123456789"}) == [], "a group is not its own double"
    assert same_number(h, ours.id, {"account_number": "12345"}) == []
    assert [row.name for row in phone.ask(list_women_like, shg_id=ours.id)] == ["सीता बाई"]
    assert phone.ask(list_same_number, account_number="999999999", shg_id=ours.id) == []

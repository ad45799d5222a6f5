"""Which names of groups are worth asking about: the same sounds, what all names say left out."""

import pytest

from records.resemblance import core_of, names_alike
from records.search_key import search_key


def alike(one: str, other: str) -> bool:
    keys = search_key(one), search_key(other)
    assert names_alike(*keys) == names_alike(*reversed(keys)), "the order of the two does not matter"
    return names_alike(*keys)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("जय अम्बे", "Jai Ambe"),
        ("जय अम्बे स्व-सहायता समूह", "Jai Ambe mahila SHG"),
        ("सरस्वती महिला समूह", "Saraswati"),
        ("राधा रानी", "Radharani samuh"),
        ("माँ शारदा देवी", "Sharda Devi"),
        ("लक्ष्मी", "Laxmi"),
        ("महिला समूह", "Mahila samuh"),
    ],
)
def test_one_name_in_two_spellings_is_worth_asking_about(one, other):
    assert alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("सरस्वती समूह", "लक्ष्मी समूह"),
        ("जय अम्बे", "जय दुर्गे"),
        ("राधा", "राधा रानी"),
        ("शिव शक्ति", "नारी शक्ति"),
        ("", "लक्ष्मी"),
    ],
)
def test_two_names_are_left_alone(one, other):
    assert not alike(one, other)


def test_a_name_of_common_words_alone_keeps_them():
    assert core_of(search_key("महिला बचत समूह")) == tuple(search_key("महिला बचत समूह").split())

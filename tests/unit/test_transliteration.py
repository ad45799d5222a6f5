"""The proposal of a name in the other script, held against names as both scripts have them in the field."""

import pytest

from operations import practice_names
from records.search_key import search_key
from records.transliteration import in_other_script

NAMES = [
    one
    for group in ("VILLAGES", "WOMEN", "MEN", "SURNAMES", "GROUPS", "GROUP_FORMS")
    for one in getattr(practice_names, group)
]


@pytest.mark.parametrize(
    ("written", "proposed"),
    [
        ("सीता बाई", "Sita Bai"),
        ("जय अम्बे महिला समूह", "Jai Ambe Mahila Samuh"),
        ("रामकली", "Ramkali"),
        ("सरस्वती", "Saraswati"),
        ("लक्ष्मी", "Lakshmi"),
        ("बड़वारा", "Badwara"),
        ("पिपरिया", "Pipariya"),
        ("मिश्र", "Mishra"),
        ("चन्द्र", "Chandra"),
        ("अंजलि", "Anjali"),
        ("गंगा समूह १२", "Ganga Samuh 12"),
        ("Sita Bai", "सीता बाई"),
        ("RAJKUMARI", "राजकुमारी"),
        ("Durga Mahila Samuh", "दुर्गा महिला समूह"),
        ("", ""),
        ("12", ""),
    ],
)
def test_a_name_is_proposed_in_the_other_script(written, proposed):
    assert in_other_script(written) == proposed


def test_most_names_come_out_as_they_are_usually_written():
    """A share, since spelling is a habit; what is left differs by one letter that people write either way."""
    latin = sum(in_other_script(one.hindi) == one.latin for one in NAMES)
    hindi = sum(in_other_script(one.latin) == one.hindi for one in NAMES)
    print(f"{len(NAMES)} names: {latin} as usual in Latin letters, {hindi} as usual in Devanagari")
    assert latin >= 0.85 * len(NAMES)
    assert hindi >= 0.65 * len(NAMES)


def test_nearly_every_proposal_is_found_by_the_name_it_came_from():
    found = sum(
        search_key(in_other_script(one.hindi)) == search_key(one.hindi)
        and search_key(in_other_script(one.latin)) == search_key(one.latin)
        for one in NAMES
    )
    assert found >= 0.97 * len(NAMES)


@pytest.mark.parametrize(
    "text", ["", " ", "क", "ॐ", "ा", "़", "x'", "ß", "café", "a" * 500, "क" * 500, "१२ अ", "-", "क्"]
)
def test_any_text_is_taken(text):
    assert isinstance(in_other_script(text), str)

"""The bundled fonts have every letter that the app can write of itself: a missing one is drawn as an empty box."""

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from operations import practice_names
from screens.words import languages
from tests.fonts import FONTS, letters_missing

CATALOGUES = [
    path.read_text("utf-8") for path in sorted((Path(__file__).parents[2] / "screens" / "words").glob("*.po"))
]


@pytest.mark.parametrize("font", FONTS, ids=lambda path: path.stem)
def test_every_letter_of_the_catalogues_is_in_the_font(font):
    assert len(CATALOGUES) == len(languages()) == 2
    assert not letters_missing("".join(CATALOGUES), font)


@pytest.mark.parametrize("font", FONTS, ids=lambda path: path.stem)
def test_every_letter_of_hindi_names_is_in_the_font(font):
    names = "".join(
        one.hindi + one.latin for one in (*practice_names.VILLAGES, *practice_names.WOMEN, *practice_names.GROUPS)
    )
    assert not letters_missing(names + "०१२३४५६७८९0123456789₹…–·“”ऑॉऍॅक़ख़ग़ज़फ़ड़ढ़", font)


def test_a_letter_that_is_missing_is_named():
    assert letters_missing("क漢", FONTS[0]) == {"漢"}


@pytest.mark.parametrize("font", FONTS, ids=lambda path: path.stem)
def test_the_font_joins_letters(font):
    """Without these tables half letters and reph would be drawn apart."""
    with TTFont(font) as opened:
        scripts = {record.ScriptTag for record in opened["GSUB"].table.ScriptList.ScriptRecord}
    assert "dev2" in scripts

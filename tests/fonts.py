"""The fonts that the app brings, and which letters they have."""

import unicodedata
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont

FONTS = tuple(sorted((Path(__file__).parents[1] / "assets" / "fonts").glob("*.ttf")))


def letters_missing(text: str, font: Path) -> set[str]:
    """The characters of a text that a font would draw as an empty box.

    Latin letters (to U+00FF) are those of the platform's own font: Roboto, which Flet brings along for browsers.
    """
    wanted = {letter for letter in set(text) - _drawn(font) if ord(letter) > 0xFF}
    return {letter for letter in wanted if unicodedata.category(letter) not in ("Cc", "Cf", "Zs")}


@cache
def _drawn(font: Path) -> frozenset[str]:
    with TTFont(font) as opened:
        return frozenset(chr(code) for code in opened.getBestCmap())

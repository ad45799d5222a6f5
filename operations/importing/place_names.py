"""How the names of places are compared: as they are written, then by a search key that is one for both scripts.

A key is one for most spellings of a name, and also for some different names. What is only similar is never taken: it is
named to a person, or shows that a name is another spelling of one that a code has already told.
"""

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any

from records.search_key import search_key

SPELLINGS = (
    ("Badwara", "Barwara", "बड़वारा"),
    ("Gunour", "Gunnor", "Gunnaur", "गुनौर"),
    ("Dheemerkheda", "Dhimarkheda", "Dheemarkheda", "ढीमरखेड़ा"),
    ("Ajaigarh", "Ajaygarh", "अजयगढ़"),
    ("Vijayraghavgarh", "Vijayraghogarh", "विजयराघवगढ़"),
)
"""Spellings of one name that lists use side by side, of blocks that the mission's papers name."""

_BEFORE = ("grm pncyt", "grmpncyt", "gp", "grm", "vilge", "blok", "viksknr", "jnpr pncyt", "jnpr")
_LONG_WORD = 4
_BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]?")
_TELL_APART = frozenset(map(search_key, "Kalan Kala Khurd Bujurg Mal Raiyat Khas Bada Badi Chhota Chhoti".split()))
"""Words that make another village of a name, also where they stand in brackets."""
_DEVANAGARI = re.compile("[\u0900-\u097f]")
_SAME_STATE = 0.85
NEAR = 0.6
"""How alike two names must be for one to be taken for another spelling of the other, once something else tells it."""


def keys_of(row: Mapping[str, Any]) -> frozenset[str]:
    """All ways in which the name of a place may be written."""
    names = [row["name"], row.get("name_hi"), *_aliases(row.get("aliases"))]
    keys = {key for name in names if name for key in ways_of(name)}
    for spellings in SPELLINGS if row["level"] == "block" else ():
        ways = {way for spelling in spellings for way in ways_of(spelling)}
        if keys & ways:
            keys |= ways
    return frozenset(keys)


def _aliases(text: str | None) -> list[str]:
    """Other spellings, separated by commas. Without a comma long words may each be one, short ones like Nagar not."""
    if not text:
        return []
    words = [] if "," in text else [word for word in text.split() if len(search_key(word)) >= _LONG_WORD]
    return [one.strip() for one in text.split(",")] + words


def ways_of(name: str) -> tuple[str, ...]:
    """How a name is looked up, the surest way first: as written, by its key, by its key written together.

    Words in brackets are part of the name first, and left out then, unless they are words that tell villages apart.
    """
    keys = [_key(_BRACKETS.sub(r" \1 ", name))]
    bracketed = {key for words in _BRACKETS.findall(name) for key in search_key(words).split()}
    if bracketed and not bracketed & _TELL_APART:
        keys.append(_key(_BRACKETS.sub(" ", name)))
    return tuple(dict.fromkeys((f"={_plain(name)}", *(way for key in keys if key for way in (key, f"+{joined(key)}")))))


def _key(name: str) -> str:
    """The search key of a name, without "Gram Panchayat" and the like before it."""
    key = search_key(name)
    before = next((one for one in _BEFORE if key.startswith(one + " ")), None)
    return key[len(before) + 1 :] if before else key


def _plain(name: str) -> str:
    return " ".join(name.lower().split())


def joined(key: str) -> str:
    return key.replace(" ", "")


def is_written(name: str, keys: Iterable[str]) -> bool:
    """Whether a place of these ways of writing is written like a name, or, in the other script, ends with the same
    sound: different names may share a key, such as Rampur and Rampura."""
    mine = _plain(name)
    written = [key[1:] for key in keys if key.startswith("=")]
    if alike := [one for one in written if bool(_DEVANAGARI.search(one)) == bool(_DEVANAGARI.search(mine))]:
        return any(f" {mine}".endswith(f" {one}") for one in alike)
    return any(_ends_in_a(one) == _ends_in_a(mine) for one in written)


def _ends_in_a(name: str) -> bool:
    return _BRACKETS.sub(" ", name).rstrip(" \u0901\u0902").endswith(("a", "\u093e", "\u0906"))


def is_name_of_state(name: str, state: str) -> bool:
    """Whether a name is that of the state, misspelt or cut short (M.P.). Names of states are much alike."""
    mine, its = search_key(name).split(), search_key(state).split()
    if "".join(mine) == "".join(word[:1] for word in its):
        return True
    if len(mine) == len(its) and all(word.startswith(cut) for cut, word in zip(mine, its, strict=True)):
        return True
    return SequenceMatcher(None, "".join(mine), "".join(its), autojunk=False).ratio() >= _SAME_STATE


def is_like(name: str, keys: Iterable[str]) -> bool:
    """Whether a name may be a spelling of the place that these ways of writing belong to."""
    matcher = SequenceMatcher(b=ways_of(name)[-1].lstrip("+="), autojunk=False)
    for key in keys:
        if key.startswith("+"):
            matcher.set_seq1(key[1:])
            if matcher.ratio() >= NEAR:
                return True
    return False

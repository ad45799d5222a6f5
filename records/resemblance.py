"""Whether two names may mean one group: the same sounds, what nearly every group's name says left out.

Works on search keys (`records/search_key.py`), so it does not matter in which script or spelling a name was written. It
never proves anything: it decides what is worth asking a person.
"""

from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from records.search_key import search_key

COMMON_WORDS = frozenset(
    search_key(word)
    for word in (
        "समूह ग्रुप group shg स्व स्वयं swayam सहायता स्वसहायता self help बचत महिला mahila women आजीविका aajeevika ajeevika "
        "मंडल mandal समिति samiti श्री shri"
    ).split()
)
"""Keys of words that many names of groups have in common; the name of a group that has nothing else keeps them."""

NEARLY = 0.86
"""How alike two cores must be, letter by letter (0 to 1), when not one is within the other."""


def core_of(key: str) -> tuple[str, ...]:
    """The words of a search key that make a group's name its own, in order."""
    words = tuple(key.split())
    return tuple(word for word in words if word not in COMMON_WORDS) or words


def names_alike(key: str, other: str) -> bool:
    """Whether two search keys of groups' names may be one name. Symmetric."""
    mine, theirs = core_of(key), core_of(other)
    if not mine or not theirs:
        return False
    if sorted(mine) == sorted(theirs) or "".join(mine) == "".join(theirs):
        return True
    fewer, more = sorted((mine, theirs), key=len)
    if len(fewer) > 1 and set(fewer) <= set(more):
        return True
    first, second = sorted((" ".join(mine), " ".join(theirs)))
    return SequenceMatcher(None, first, second, autojunk=False).ratio() >= NEARLY


# --- while a group or a member is being typed

NEAR_DAYS = 31
"""How far apart two days of formation may be that were meant to be one: a slip of the day, or of the month."""

BY_NAME_AND_DAY, BY_NAME_NEXT_DOOR = 0.65, 0.85
"""How alike names must be where the days are near: in one village, in a neighbouring one."""

_LOOSE = str.maketrans("beoy", "viui")
"""Sounds that a search keeps apart and a slip of the pen does not: Basanti and Vasanti, Jyoti and Jioti."""

NEARLY_COMMON = 0.75
"""How alike a word must be to one that all groups' names have in common to be taken for it, mistyped."""


def likeness(key: str, other: str) -> float:
    """How alike the names of two groups are, 0 to 1, whatever the order of their words. Symmetric."""
    mine, theirs = (_loose_core(one) for one in (key, other))
    if not mine or not theirs:
        return 0.0
    in_order = _ratio("".join(mine), "".join(theirs))
    return max(in_order, _ratio("".join(sorted(mine)), "".join(sorted(theirs))))


def may_be_registered(key: str, other: str, *, same_village: bool, days_apart: int | None) -> bool:
    """Whether a group that is being typed may be one that is here already.

    In a neighbouring village many groups bear the names that all mothers bear, so there the days must be near as well.
    """
    if same_village and names_alike(key, other):
        return True
    near = days_apart is not None and days_apart <= NEAR_DAYS
    return near and likeness(key, other) >= (BY_NAME_AND_DAY if same_village else BY_NAME_NEXT_DOOR)


@lru_cache(maxsize=4096)
def _loose_core(key: str) -> tuple[str, ...]:
    words = core_of(key)
    own = tuple(word for word in words if not _is_nearly_common(word)) or words
    return tuple(word.translate(_LOOSE) for word in own)


def _is_nearly_common(word: str) -> bool:
    return len(word) > 2 and any(_ratio(word, common) >= NEARLY_COMMON for common in COMMON_WORDS if len(common) > 2)


def may_be_her(key: str, other: str, *, same_group: bool, same_mobile: bool) -> bool:
    """Whether a woman who is being typed may be one that is here already: in this group by her name, in another one
    by number and name together, since one telephone serves a whole house."""
    mine, theirs = key.split(), other.split()
    alike = sorted(mine) == sorted(theirs) or _ratio(" ".join(mine), " ".join(theirs)) >= NEARLY
    first_alike = bool(mine and theirs) and _ratio(mine[0], theirs[0]) >= NEARLY
    return (same_group and alike) or (same_mobile and first_alike)


class Compared(NamedTuple):
    """A group as it is compared with all others of an area; its account's number as far as it may be seen."""

    id: str
    village_id: str
    search_key: str
    mobile: str | None = None
    account_number: str | None = None


class Pair(NamedTuple):
    """Two groups that may be one: the one registered later, the earlier one, and why."""

    shg_id: str
    other_id: str
    because: tuple[str, ...]


def pairs_among(groups: Iterable[Compared]) -> list[Pair]:
    """The pairs that are worth asking about: alike names in one village, one account number. A telephone number alone
    serves a whole village and asks nothing, beside an alike name it says so."""
    found: dict[tuple[str, str], list[str]] = {}
    by_village: dict[str, list[Compared]] = {}
    by_account: dict[str, list[Compared]] = {}
    for group in groups:
        by_village.setdefault(group.village_id, []).append(group)
        if group.account_number:
            by_account.setdefault(group.account_number.lstrip("0"), []).append(group)
    for some in by_village.values():
        for one, other in combinations(some, 2):
            if names_alike(one.search_key, other.search_key):
                because = found.setdefault(_later_first(one, other), [])
                because.append("name_and_village")
                if one.mobile and one.mobile == other.mobile:
                    because.append("mobile")
    for some in by_account.values():
        for one, other in combinations(some, 2):
            if one.id != other.id:
                found.setdefault(_later_first(one, other), []).append("account_number")
    return [Pair(*ids, tuple(because)) for ids, because in sorted(found.items())]


def _later_first(one: Compared, other: Compared) -> tuple[str, str]:
    # Ids grow with time.
    first, second = sorted((one.id, other.id))
    return second, first


def account_spellings(number: str) -> frozenset[str]:
    """An account number with fewer and with more zeros before it: banks print them, people leave them out."""
    plain = number.lstrip("0")
    return frozenset("0" * zeros + plain for zeros in range(0, 19 - len(plain))) | {number} if plain else frozenset()


def _ratio(one: str, other: str) -> float:
    first, second = sorted((one, other))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()

"""One group written down twice, as two people would: other script, spelling, order of words, a slip, a day near."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from operations.practice_names import GROUP_FORMS
from operations.practice_places import Village
from operations.practice_register import PracticeGroup

SPELLINGS = (
    ("ee", "i"), ("i", "ee"), ("aa", "a"), ("ksh", "x"), ("sh", "s"), ("v", "w"), ("w", "v"), ("ai", "ay"), ("th", "t"),
    ("v", "b"), ("oo", "u"), ("u", "oo"), ("y", "i"), ("kh", "k"), ("dh", "d"), ("e", "ey"), ("a", "aa"), ("au", "o"),
)  # fmt: skip
LEFT_OUT = ("", "", "SHG", "Samuh", "Mahila SHG", "swayam sahayata samuh", "group")


@dataclass(frozen=True)
class Typed:
    """What stands in the form of a new group."""

    name: str
    village: Village
    formed_on: date


def written_again(group: PracticeGroup, neighbours: Sequence[Village], chance: random.Random) -> Typed:
    """The same group, typed by somebody else."""
    core = group.name.latin
    for form in sorted((form.latin for form in GROUP_FORMS), key=len, reverse=True):
        core = core.removesuffix(form).strip() if core.endswith(form) else core
    name = (
        group.name.hindi if chance.random() < 0.35 else f"{_respelled(core, chance)} {chance.choice(LEFT_OUT)}".strip()
    )
    words = name.split()
    if len(words) > 1 and chance.random() < 0.15:
        words = words[1:] + words[:1]
    name = " ".join(words)
    if chance.random() < 0.25:
        name = _slipped(name, chance)
    village = chance.choice(neighbours) if neighbours and chance.random() < 0.1 else group.village
    days = chance.choice((0, 0, 0, 1, -1, 3, -7, 14, 30))
    return Typed(name, village, group.formed_on + timedelta(days))


def _respelled(name: str, chance: random.Random) -> str:
    low = name.lower()
    there = [pair for pair in SPELLINGS if pair[0] in low]
    for one, other in chance.sample(there, min(len(there), chance.choice((0, 1, 1, 2)))):
        low = low.replace(one, other, 1)
    return chance.choice((low, low.title(), low.upper()))


def _slipped(name: str, chance: random.Random) -> str:
    """A letter left out, doubled, or changed places with the next one; never the first."""
    at = chance.randrange(1, max(2, len(name) - 1))
    kind = chance.choice(("left out", "doubled", "changed places"))
    if kind == "left out":
        return name[:at] + name[at + 1 :]
    if kind == "doubled":
        return name[:at] + name[at] + name[at:]
    return name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :]

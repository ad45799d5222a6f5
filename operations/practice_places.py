"""Places of practice for any number of blocks: what real blocks contain in number and manner, under codes DEMO-.

The first eleven blocks are those of `operations/demo_places.py`, with their LGD codes. Those after them are blocks of
practice in districts of practice, and say so in their names. Panchayats, villages and branches are made up in all of
them, and bear local codes only; in Badwara those that are typed there come first, and its six real branches serve all.

What a block contains follows from its number alone, so that a tree of one block is the beginning of a tree of many.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from operations import demo_places as typed
from operations.demo_places import STATE, Row, branch_id, district_id, practice_code, practice_id
from operations.practice_names import VILLAGE_PARTS, VILLAGES, Written
from records.search_key import search_key

GROUPS_PER_BLOCK = 1600
"""About as many as a block of Madhya Pradesh has (field notes 1.3)."""

MOST_BLOCKS = 999
BLOCKS_PER_DISTRICT = 6
PANCHAYATS_PER_BLOCK = (60, 70)
VILLAGES_PER_PANCHAYAT = (1, 2, 3, 4, 5, 6)
SHARES_OF_SIZES = (8, 24, 30, 22, 11, 5)
"""How many panchayats of a hundred have so many villages."""
BRANCHES_PER_BLOCK = (5, 8)
PRACTICE_BANKS = ("Practice Gramin Bank", "Practice State Bank", "Practice Cooperative Bank")


@dataclass(frozen=True)
class Branch:
    """A bank branch of the tree; those of practice have a local code."""

    ifsc: str
    bank: str
    name: Written
    block_id: str
    local_code: str | None = None

    @property
    def id(self) -> str:
        return branch_id(self.ifsc)


@dataclass(frozen=True)
class Panchayat:
    id: str
    code: str
    name: Written


@dataclass(frozen=True)
class Village:
    """A village, with the branch that serves it and its share of the groups of the block."""

    id: str
    code: str
    name: Written
    panchayat: Panchayat
    block: "Block"
    branch: Branch
    weight: float


@dataclass(frozen=True)
class Block:
    """A block, the `number`th of the tree, counted from 1."""

    number: int
    id: str
    code: str
    name: Written
    district_id: str
    real: bool
    aliases: str | None = None

    @property
    def villages(self) -> tuple["Village", ...]:
        return contents(self).villages

    @property
    def branches(self) -> tuple[Branch, ...]:
        return contents(self).branches


@dataclass(frozen=True)
class Contents:
    """What stands in a block, each panchayat followed in `villages` by its villages."""

    panchayats: tuple[Panchayat, ...]
    villages: tuple[Village, ...]
    branches: tuple[Branch, ...]


def practice_blocks(count: int) -> tuple[Block, ...]:
    """The first blocks of the tree: eleven real ones, then those of practice. ValueError beyond 999."""
    if not 1 <= count <= MOST_BLOCKS:
        raise ValueError(f"a tree has 1 to {MOST_BLOCKS} blocks, not {count}")
    return tuple(_block(number) for number in range(1, count + 1))


def blocks_for(groups: int) -> tuple[Block, ...]:
    """As many blocks as so many groups fill."""
    return practice_blocks(max(1, -(-groups // GROUPS_PER_BLOCK)))


def villages_of(blocks: Iterable[Block]) -> list[Village]:
    """The villages of these blocks, block after block."""
    return [village for block in blocks for village in block.villages]


@cache
def contents(block: Block) -> Contents:
    """What stands in a block. Kept, for whoever asks again must get the same objects."""
    chance = random.Random(f"places/{block.number}")
    panchayats = _grouped(block, chance)
    typed_serving = _typed_serving()
    branches = _typed_branches() if block.number == 1 else tuple(_practice_branches(block, chance))
    villages = []
    serving = _neighbourhoods(len(panchayats), branches, chance)
    for (panchayat, names), branch in zip(panchayats, serving, strict=True):
        for name, code, id in names:
            served_by = typed_serving.get(id, branch)
            villages.append(Village(id, code, name, panchayat, block, served_by, chance.lognormvariate(0.0, 0.7)))
    return Contents(tuple(panchayat for panchayat, _ in panchayats), tuple(villages), branches)


# --- rows for the centre


def place_rows(blocks: Sequence[Block]) -> Iterator[Row]:
    """All places, each after the one it stands in: what is typed, then what is made up for these blocks."""
    yield from typed.place_rows()
    known = {id for _, id, _ in typed.place_rows()}
    for number in sorted({_district_number(block.number) for block in blocks if not block.real}):
        code = f"DEMO-DISTRICT-{number:02}"
        yield "Place", practice_id("DISTRICT", f"{number:02}"), {
            **_named(Written(f"Practice district {number}", f"अभ्यास जिला {number}")),
            "level": "district",
            "parent_id": STATE,
            "local_code": code,
        }  # fmt: skip
    for block in blocks:
        if not block.real:
            yield "Place", block.id, _place("block", block.code, block.district_id, block.name)
    for block in blocks:
        for panchayat in contents(block).panchayats:
            if panchayat.id not in known:
                yield "Place", panchayat.id, _place("gram_panchayat", panchayat.code, block.id, panchayat.name)
        for village in block.villages:
            if village.id not in known:
                yield "Place", village.id, _place("village", village.code, village.panchayat.id, village.name)


def branch_rows(blocks: Sequence[Block]) -> Iterator[Row]:
    """The branches, then which villages each serves."""
    yield from typed.branch_rows()
    known = {id for _, id, _ in typed.branch_rows()}
    for branch in (branch for block in blocks for branch in block.branches if branch.id not in known):
        yield "BankBranch", branch.id, {
            **_named(branch.name),
            "bank_name": branch.bank,
            "ifsc": branch.ifsc,
            "block_id": branch.block_id,
            "local_code": branch.local_code,
        }  # fmt: skip
    for village in villages_of(blocks):
        what = village.code.removeprefix("DEMO-V-")
        if practice_id("SA", what) not in known:
            yield "ServiceArea", practice_id("SA", what), {
                "branch_id": village.branch.id,
                "village_id": village.id,
                "local_code": practice_code("SA", what),
            }  # fmt: skip


def _named(name: Written) -> dict[str, Any]:
    return {"name": name.latin, "name_hi": name.hindi}


def _place(level: str, code: str, parent: str, name: Written) -> dict[str, Any]:
    return {**_named(name), "level": level, "parent_id": parent, "local_code": code}


# --- blocks and districts


def _block(number: int) -> Block:
    if number <= len(typed.BLOCKS):
        code, district, latin, hindi, aliases = typed.BLOCKS[number - 1]
        name = Written(latin, hindi)
        return Block(number, typed.block_id(code), str(code), name, district_id(district), True, aliases)
    name = Written(f"Practice block {number}", f"अभ्यास विकासखण्ड {number}")
    district = practice_id("DISTRICT", f"{_district_number(number):02}")
    code_of_practice = practice_code("BLOCK", f"{number:03}")
    return Block(number, practice_id("BLOCK", f"{number:03}"), code_of_practice, name, district, False)


def _district_number(block: int) -> int:
    return (block - len(typed.BLOCKS) - 1) // BLOCKS_PER_DISTRICT + 1


# --- panchayats and villages

VillageLine = tuple[Written, str, str]
"""(name, code, id) of a village."""


def _grouped(block: Block, chance: random.Random) -> list[tuple[Panchayat, list[VillageLine]]]:
    """The panchayats with their villages; the first village gives the name. No two names in a block sound the same."""
    found: list[tuple[Panchayat, list[VillageLine]]] = []
    if block.number == 1:
        for (latin, hindi), villages in typed.PANCHAYATS.items():
            code = practice_code("GP", latin)
            here = [(Written(*v), practice_code("V", v[0]), practice_id("V", v[0])) for v in villages]
            found.append((Panchayat(practice_id("GP", latin), code, Written(latin, hindi)), here))
    taken = {search_key(name.hindi) for _, names in found for name, _, _ in names}
    names = _village_names(chance, taken)
    count = 0
    wanted = chance.randint(*PANCHAYATS_PER_BLOCK)
    for number in range(len(found) + 1, wanted + 1):
        [size] = chance.choices(VILLAGES_PER_PANCHAYAT, SHARES_OF_SIZES)
        here = []
        for _ in range(size):
            count += 1
            what = f"{block.number:03}-{count:03}"
            here.append((next(names), practice_code("V", what), practice_id("V", what)))
        what = f"{block.number:03}-{number:02}"
        found.append((Panchayat(practice_id("GP", what), practice_code("GP", what), here[0][0]), here))
    return found


def _village_names(chance: random.Random, taken: set[str]) -> Iterator[Written]:
    """Names in an order of the block's own: first the plain ones, then those with a part that tells them apart."""
    plain = chance.sample(VILLAGES, len(VILLAGES))
    further = [name + part for name in plain for part in VILLAGE_PARTS]
    for name in [*plain, *chance.sample(further, len(further))]:
        if search_key(name.hindi) not in taken:
            taken.add(search_key(name.hindi))
            yield name


# --- branches


def _typed_branches() -> tuple[Branch, ...]:
    return tuple(
        Branch(one.ifsc, one.bank_name, Written(one.name, one.name_hi), typed.block_id(one.block_code))
        for one in typed.BRANCHES
    )


def _typed_serving() -> dict[str, Branch]:
    """Id of a typed village -> the branch that is typed for it."""
    pairs = zip(typed.BRANCHES, _typed_branches(), strict=True)
    return {practice_id("V", village): branch for one, branch in pairs for village in one.serves}


def _practice_branches(block: Block, chance: random.Random) -> Iterator[Branch]:
    """Branches of banks of practice: no bank has the code DEMO, and every name begins with the word."""
    towns = chance.sample(VILLAGES, chance.randint(*BRANCHES_PER_BLOCK))
    for number, town in enumerate(towns, 1):
        yield Branch(
            f"DEMO0{block.number:03}{number:03}",
            PRACTICE_BANKS[0] if number == 1 else chance.choice(PRACTICE_BANKS),
            Written("Practice:", "अभ्यास:") + town,
            block.id,
            practice_code("BRANCH", f"{block.number:03}-{number:02}"),
        )


def _neighbourhoods(panchayats: int, branches: Sequence[Branch], chance: random.Random) -> list[Branch]:
    """The branch of each panchayat: neighbours have the same one, and some branches serve more than others."""
    weights = [chance.uniform(0.6, 1.6) for _ in branches]
    ends = [round(panchayats * sum(weights[: n + 1]) / sum(weights)) for n in range(len(branches))]
    serving: list[Branch] = []
    for branch, (begin, end) in zip(branches, pairwise([0, *ends]), strict=True):
        serving += [branch] * (end - begin)
    return serving

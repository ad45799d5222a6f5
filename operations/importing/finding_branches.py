"""Finding a bank branch that a row names, and the block that a branch stands in, where a list does not say it.

Branches may share an IFSC, so it is no identity by itself. A branch is the one of its IFSC and its name; in a list that
has an IFSC once, it is also the one of that IFSC in the same block, whose name has changed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from sqlalchemy import select

from operations.importing.finding import Found, Places
from operations.importing.place_names import NEAR
from records.ids import official_id
from records.search_key import search_key
from server.central_store import CentralStore

RURAL_BANKS = {"MPGB": "Madhya Pradesh Gramin Bank"}
"""Short names before a branch's own, of banks that are listed under their sponsor's name and codes."""

_ROADS = frozenset("ror rr mrg tir cor cok higvy byps to".split())
"""Words by whose key a name before them is that of a road, not of the place one is in."""
_LONGEST = 3
"""Words in which a block's name may be written, together or apart."""
_ANY_BRANCH = frozenset(
    search_key(word)
    for word in "bank branch main mukhya br shakha शाखा मुख्य gramin of india mpgb sbi boi pnb state central".split()
)
"""Words of a branch's name that tell nothing of where it is."""
_DISTRICT = frozenset(search_key(word) for word in "dis dist distt district jila zila जिला".split())
"""Words after which a name is the district's."""


@dataclass(frozen=True, slots=True)
class Branch:
    id: str
    ifsc: str
    bank_key: str
    key: str
    block_id: str


class Branches:
    """The branches that are known, and those a list has just brought."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._by_ifsc: dict[str, list[Branch]] = defaultdict(list)
        self._by_name: dict[str, list[Branch]] = defaultdict(list)
        for row in rows:
            self.add(row)

    @classmethod
    def of(cls, centre: CentralStore) -> "Branches":
        table = centre.tables.records["BankBranch"]
        query = select(*(table.c[name] for name in ("id", "ifsc", "bank_name", "name", "block_id"))).where(
            table.c.state_id == centre.state_id, table.c.deleted_on.is_(None)
        )
        with centre.database.reading() as db:
            return cls([dict(row) for row in db.execute(query).mappings()])

    def add(self, row: Mapping[str, Any]) -> None:
        branch = Branch(
            row["id"], row["ifsc"], search_key(row["bank_name"]), branch_key(row["name"]), row["block_id"]
        )  # fmt: skip
        self._by_ifsc[branch.ifsc] = [one for one in self._by_ifsc[branch.ifsc] if one.id != branch.id] + [branch]
        self._by_name[branch.key] = [one for one in self._by_name[branch.key] if one.id != branch.id] + [branch]

    def id_for(self, ifsc: str, name: str, block_id: str, *, shared: bool) -> str:
        """The id under which a listed branch is kept, the same in every list and run.

        `shared`: the list at hand has the IFSC at several branches.
        """
        key, known = branch_key(name), self._by_ifsc[ifsc]
        same = [one for one in known if one.key == key]
        if not same and not shared:
            same = [one for one in known if one.block_id == block_id]
            same = same if len(same) == 1 else []
        if same:
            return same[0].id
        if known or shared:
            return official_id("branch", f"{ifsc}/{key}")
        return official_id("ifsc", ifsc)

    def find(self, ifsc: str, bank: str, name: str) -> str | None:
        """The one branch that a register means: by IFSC and name, for branches share an IFSC; without IFSC by bank and
        name. None where the one that is known under the IFSC is of another name."""
        key = branch_key(name)
        if ifsc:
            some = self._by_ifsc.get(ifsc, [])
            if len(some) == 1:
                return some[0].id if _may_be(key, some[0].key) else None
            some = [one for one in some if one.key == key]
        else:
            some = [one for one in self._by_name.get(key, []) if bank and one.bank_key == search_key(bank)]
        return some[0].id if len(some) == 1 else None

    def knows(self, ifsc: str) -> bool:
        return bool(self._by_ifsc.get(ifsc))


def _may_be(written: str, known: str) -> bool:
    """Whether two keys may be those of one branch: they have a word in common, or are nearly alike."""
    mine, its = set(written.split()) - _ANY_BRANCH, set(known.split()) - _ANY_BRANCH
    if not mine or not its or mine & its:
        return True
    one, other = ("".join(word for word in key.split() if word not in _ANY_BRANCH) for key in (written, known))
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= NEAR


def branch_key(name: str) -> str:
    """The key of a branch's name, without its bank's short name before it."""
    return search_key(bank_and_name("", name)[1])


def bank_and_name(bank: str, name: str) -> tuple[str, str]:
    """Bank and branch as people call them: `BANK OF INDIA`, `MPGB PANNA` is Madhya Pradesh Gramin Bank, Panna."""
    first, _, rest = name.partition(" ")
    if first.upper() in RURAL_BANKS and rest:
        return RURAL_BANKS[first.upper()], rest.strip()
    return bank, name


def block_of(places: Places, district: Found | None, name: str, city: str, address: str) -> tuple[Found, str] | None:
    """The block that a branch's own words tell, and by which of them; None where they tell none or several.

    District towns bear the name of their district, which stands as city and in the address of every branch: there it
    says nothing.
    """
    scope = district.id if district else ""
    blocks = places.all_of("block", scope)
    town = district.keys if district else frozenset()
    elsewhere = [block for block in blocks if not block.keys & town]
    for told, words, some in (
        ("block_by_name", name, blocks),
        ("block_by_city", city, elsewhere),
        ("block_by_address", address, elsewhere),
    ):
        found = [block for block in some if _names(words, block)]
        if len(found) == 2 and told == "block_by_name":
            # "Rithi, Katni" is in Rithi; the district's town only says where that is.
            found = [block for block in found if block in elsewhere]
        if len(found) == 1:
            return found[0], told
    villages = places.named("village", bank_and_name("", name)[1], scope) if scope else []
    if len(villages) == 1 and (block := _block_above(places, villages[0])):
        return block, "block_by_village"
    return None


def _names(words: str, block: Found) -> bool:
    """Whether a block's name stands in a text as whole words, not as that of a district or the end of a road."""
    keys = search_key(words).split()
    names = {one.replace(" ", "") for one in block.keys if one[0] not in "=+"}
    for at in range(len(keys)):
        for end in range(at + 1, min(len(keys), at + _LONGEST) + 1):
            before, after = keys[at - 1] if at else "", keys[end] if end < len(keys) else ""
            if "".join(keys[at:end]) in names and before not in _DISTRICT and after not in _ROADS:
                return True
    return False


def _block_above(places: Places, village: Found) -> Found | None:
    above = (places.get(id) for id in village.above)
    return next((place for place in above if place and place.level == "block"), None)

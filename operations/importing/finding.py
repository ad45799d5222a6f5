"""Finding the place that a row names: by its official code, or by its name within what the row says around it.

Names are compared first as they are written, then by their search key, which is one for Devanagari and Latin and for
most spellings. What is only similar is never taken, but named in the refusal.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from sqlalchemy import select

from operations.importing.reasons import Unplaced
from records.ids import official_id
from records.search_key import search_key
from server.central_store import CentralStore

SPELLINGS = (
    ("Badwara", "Barwara", "बड़वारा"),
    ("Gunour", "Gunnor", "Gunnaur", "गुनौर"),
    ("Dheemerkheda", "Dhimarkheda", "Dheemarkheda", "ढीमरखेड़ा"),
    ("Ajaigarh", "Ajaygarh", "अजयगढ़"),
    ("Vijayraghavgarh", "Vijayraghogarh", "विजयराघवगढ़"),
)
"""Spellings of one name that lists use side by side, of blocks that the mission's papers name."""

LEVELS_HI = {"state": "राज्य", "district": "जिला", "block": "विकासखण्ड", "gram_panchayat": "ग्राम पंचायत"}
_BEFORE = ("grm pncyt", "grmpncyt", "gp", "grm", "vilge", "blok", "viksknr", "jnpr pncyt", "jnpr")
_LONG_WORD = 4
_NRLM = (12, 13)
"""Digits of the mission's code of a village; a spreadsheet may have dropped the zero in front."""
NEAREST = 3
_NEAR = 0.6


@dataclass(frozen=True, slots=True)
class Found:
    """A place as far as an importer needs it; `keys` are the ways in which its name may be written."""

    id: str
    level: str
    name: str
    keys: frozenset[str]
    lgd_code: str | None
    nrlm_code: str | None
    parent_id: str | None
    above: tuple[str, ...]
    """Ids of the places above it, the nearest first."""


class Places:
    """Every place that is known, and those a list has just brought."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], state_id: int) -> None:
        self.state_id = state_id
        self._by_id: dict[str, Found] = {}
        self._by_lgd: dict[tuple[str, str], str] = {}
        self._by_nrlm: dict[str, str] = {}
        self._by_name: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        self._within: dict[tuple[str, str], list[str]] = defaultdict(list)
        known = {row["id"]: row for row in rows}
        for row in known.values():
            self.add(row, _above(row["parent_id"], known))

    @classmethod
    def of(cls, centre: CentralStore) -> "Places":
        """The places of a centre that are not deleted."""
        table = centre.tables.records["Place"]
        names = ("id", "level", "name", "name_hi", "aliases", "lgd_code", "nrlm_code", "parent_id")
        query = select(*(table.c[name] for name in names)).where(
            table.c.state_id == centre.state_id, table.c.deleted_on.is_(None)
        )
        with centre.database.reading() as db:
            return cls([dict(row) for row in db.execute(query).mappings()], centre.state_id)

    def add(self, row: Mapping[str, Any], above: tuple[str, ...]) -> Found:
        found = Found(
            row["id"], row["level"], row["name"], _keys(row), row.get("lgd_code"), row.get("nrlm_code"),
            row.get("parent_id"), above,
        )  # fmt: skip
        self._by_id[found.id] = found
        if found.lgd_code:
            self._by_lgd[found.level, found.lgd_code.lstrip("0")] = found.id
        if found.nrlm_code:
            self._by_nrlm[found.nrlm_code] = found.id
        for scope in ("", *above):
            self._within[scope, found.level].append(found.id)
            for key in found.keys:
                self._by_name[scope, found.level, key].append(found.id)
        return found

    def bring(self, row: Mapping[str, Any]) -> Found:
        """A place that a list brings, so that later rows find it; one that is known stays as it is known."""
        known = self._by_id.get(row["id"])
        if known:
            return known
        parent = self._by_id.get(row.get("parent_id") or "")
        return self.add(row, (parent.id, *parent.above) if parent else ())

    def get(self, id: str) -> Found | None:
        return self._by_id.get(id)

    def id_of(self, level: str, lgd_code: str) -> str:
        """The id of a place of an LGD code: the one that bears it, else the one it will have."""
        return self._by_lgd.get((level, lgd_code)) or official_id("lgd", f"{level}/{lgd_code}")

    def by_lgd(self, level: str, code: str) -> Found | None:
        id = self._by_lgd.get((level, code.lstrip("0")))
        return self._by_id[id] if id else None

    def by_nrlm(self, code: str, level: str) -> Found | None:
        id = self._by_nrlm.get(code)
        return self._by_id[id] if id and self._by_id[id].level == level else None

    def all_of(self, level: str, scope: str = "") -> list[Found]:
        return [self._by_id[id] for id in self._within[scope, level]]

    def named(self, level: str, name: str, scope: str = "") -> list[Found]:
        """The places of this name within another: those written exactly so, else those of the same key."""
        for key in _ways(name):
            if ids := self._by_name.get((scope, level, key)):
                return [self._by_id[id] for id in dict.fromkeys(ids)]
        return []

    def nearest(self, level: str, name: str, scope: str = "") -> str:
        """The names most like this one within another place, for a person to choose from."""
        key = _joined(search_key(name))
        matcher = SequenceMatcher(b=key, autojunk=False)
        scored = []
        for place in self.all_of(level, scope):
            matcher.set_seq1(_joined(search_key(place.name)))
            if matcher.real_quick_ratio() >= _NEAR and matcher.quick_ratio() >= _NEAR:
                scored.append((-matcher.ratio(), place.name, place.id))
        near = [self.shown(self._by_id[id]) for score, _, id in sorted(scored)[:NEAREST] if -score >= _NEAR]
        return ", ".join(near) if near else "none"

    def shown(self, place: Found) -> str:
        """A place for a person to recognise: its name, what it lies in, its code."""
        around = self._by_id.get(place.above[0]) if place.above else None
        code = f", {place.lgd_code}" if place.lgd_code else ""
        return f"{place.name} ({around.name}{code})" if around else place.name


@dataclass(frozen=True)
class Where:
    """What a row says about a place. Texts are cleaned, "" where the row says nothing."""

    district: str = ""
    district_code: str = ""
    block: str = ""
    block_code: str = ""
    panchayat: str = ""
    panchayat_code: str = ""
    village: str = ""
    village_code: str = ""
    village_nrlm: str = ""


@dataclass(frozen=True)
class Placed:
    """The village that was found, and a note where it is not where the row says; `nrlm_code` is news about it."""

    village: Found
    note: str | None = None
    nrlm_code: str | None = None


def find_block(places: Places, where: Where, default: Found | None = None) -> Found | None:
    """The block of a row, or None where the row says nothing about it. Raises Unplaced."""
    if where.block_code:
        block = places.by_lgd("block", where.block_code) or places.by_nrlm(where.block_code, "block")
        if block:
            return block
        if not where.block:
            raise Unplaced("code_unknown", code=where.block_code, column="block code")
    if not where.block:
        return default
    scope = _district(places, where)
    found = places.named("block", where.block, scope)
    if len(found) > 1:
        raise Unplaced("block_ambiguous", place=where.block, nearest=", ".join(map(places.shown, found)))
    if not found:
        raise Unplaced("block_unknown", place=where.block, nearest=places.nearest("block", where.block, scope))
    return found[0]


def find_village(places: Places, where: Where, default_block: Found | None = None) -> Placed:
    """The village of a row: by its code, else by its name in its panchayat, else in its block. Raises Unplaced."""
    by_code, nrlm = _village_by_code(places, where)
    if by_code:
        _must_agree(places, where, by_code)
        return Placed(by_code)
    if not where.village:
        code = where.village_code or where.village_nrlm
        if code:
            raise Unplaced("code_unknown", code=code, column="village code")
        raise Unplaced("village_missing")
    block = find_block(places, where, default_block)
    panchayat = _panchayat(places, where, block)
    if panchayat:
        inside = places.named("village", where.village, panchayat.id)
        if len(inside) == 1:
            return _with_code(places, where, inside[0], nrlm, None)
        if inside:
            raise _ambiguous(places, where, inside, panchayat)
    if block is None:
        raise Unplaced("block_missing") if panchayat is None else _unknown(places, where, panchayat)
    found = places.named("village", where.village, block.id)
    if len(found) == 1:
        named_other = panchayat is not None and panchayat.id not in found[0].above
        return _with_code(places, where, found[0], nrlm, "in_another_panchayat" if named_other else None)
    if found:
        raise _ambiguous(places, where, found, block)
    raise _unknown(places, where, block)


def _village_by_code(places: Places, where: Where) -> tuple[Found | None, str]:
    """The village of the row's code; and the row's 13-digit code of the mission, where it has one."""
    nrlm = next((code.zfill(13) for code in (where.village_nrlm, where.village_code) if len(code) in _NRLM), "")
    found = places.by_nrlm(nrlm, "village") if nrlm else None
    if found is None and where.village_code and len(where.village_code) not in _NRLM:
        found = places.by_lgd("village", where.village_code)
    return found, nrlm


def _must_agree(places: Places, where: Where, by_code: Found) -> None:
    """Refuses a code and a name that belong to two known villages of one block; a mere spelling is no quarrel."""
    if not where.village or by_code.keys & set(_ways(where.village)):
        return
    scope = next((id for id in by_code.above if (place := places.get(id)) and place.level == "block"), "")
    others = places.named("village", where.village, scope)
    if others:
        nearest = ", ".join(map(places.shown, [by_code, *others]))
        code = where.village_code or where.village_nrlm
        raise Unplaced("code_and_name_differ", code=code, place=where.village, nearest=nearest)


def _with_code(places: Places, where: Where, village: Found, nrlm: str, note: str | None) -> Placed:
    if nrlm and village.nrlm_code and village.nrlm_code != nrlm:
        raise Unplaced("code_and_name_differ", code=nrlm, place=where.village, nearest=places.shown(village))
    return Placed(village, note, nrlm or None)


def _panchayat(places: Places, where: Where, block: Found | None) -> Found | None:
    """The gram panchayat of a row if it is known; one that is not known does not stand in the way of its village."""
    code = where.panchayat_code
    found = (places.by_lgd("gram_panchayat", code) or places.by_nrlm(code, "gram_panchayat")) if code else None
    if found or not where.panchayat:
        return found
    named = places.named("gram_panchayat", where.panchayat, block.id if block else _district(places, where))
    return named[0] if len(named) == 1 else None


def _district(places: Places, where: Where) -> str:
    """The id of the district that the row names, "" where it names none."""
    if where.district_code and (district := places.by_lgd("district", where.district_code)):
        return district.id
    if not where.district:
        return ""
    found = places.named("district", where.district)
    if len(found) != 1:
        raise Unplaced("district_unknown", place=where.district, nearest=places.nearest("district", where.district))
    return found[0].id


def find_district(places: Places, where: Where) -> str:
    return _district(places, where)


def _unknown(places: Places, where: Where, scope: Found) -> Unplaced:
    nearest = places.nearest("village", where.village, scope.id)
    return Unplaced("village_unknown", place=where.village, where=scope.name, nearest=nearest)


def _ambiguous(places: Places, where: Where, found: list[Found], scope: Found) -> Unplaced:
    nearest = ", ".join(map(places.shown, found[:6]))
    return Unplaced("village_ambiguous", place=where.village, where=scope.name, nearest=nearest)


# --- names


def _keys(row: Mapping[str, Any]) -> frozenset[str]:
    names = [row["name"], row.get("name_hi"), *_aliases(row.get("aliases"))]
    keys = {key for name in names if name for key in _ways(name)}
    for spellings in SPELLINGS if row["level"] == "block" else ():
        ways = {way for spelling in spellings for way in _ways(spelling)}
        if keys & ways:
            keys |= ways
    return frozenset(keys)


def _aliases(text: str | None) -> list[str]:
    """Other spellings, separated by commas. Without a comma long words may each be one, short ones like Nagar not."""
    if not text:
        return []
    words = [] if "," in text else [word for word in text.split() if len(search_key(word)) >= _LONG_WORD]
    return [one.strip() for one in text.split(",")] + words


def _ways(name: str) -> tuple[str, ...]:
    """How a name is looked up, the surest way first: as written, by its key, by its key written together."""
    plain = " ".join(name.lower().split())
    bare = name.partition("(")[0].partition("[")[0].strip() or name
    key = search_key(bare)
    for before in _BEFORE:
        if key.startswith(before + " "):
            key = key[len(before) + 1 :]
            break
    return tuple(dict.fromkeys((f"={plain}", *((key, f"+{_joined(key)}") if key else ()))))


def _joined(key: str) -> str:
    return key.replace(" ", "")


def _above(parent_id: str | None, known: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    above: list[str] = []
    while parent_id and parent_id in known and parent_id not in above:
        above.append(parent_id)
        parent_id = known[parent_id]["parent_id"]
    return tuple(above)

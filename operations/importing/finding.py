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

from operations.importing.place_names import NEAR, is_like, is_written, joined, keys_of, ways_of
from operations.importing.reasons import Unplaced
from records.ids import official_id
from records.search_key import search_key
from server.central_store import CentralStore

LEVELS_HI = {
    "state": "राज्य",
    "district": "जिला",
    "block": "विकासखण्ड",
    "gram_panchayat": "ग्राम पंचायत",
    "village": "ग्राम",
}
_NRLM = (12, 13)
"""Digits of the mission's code of a village; a spreadsheet may have dropped the zero in front."""
NEAREST = 3


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
            row["id"], row["level"], row["name"], keys_of(row), row.get("lgd_code"), row.get("nrlm_code"),
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
        for key in ways_of(name):
            if ids := self._by_name.get((scope, level, key)):
                return [self._by_id[id] for id in dict.fromkeys(ids)]
        return []

    def nearest(self, level: str, name: str, scope: str = "") -> str:
        """The names most like this one within another place, for a person to choose from."""
        key = joined(search_key(name))
        matcher = SequenceMatcher(b=key, autojunk=False)
        scored = []
        for place in self.all_of(level, scope):
            matcher.set_seq1(joined(search_key(place.name)))
            if matcher.real_quick_ratio() >= NEAR and matcher.quick_ratio() >= NEAR:
                scored.append((-matcher.ratio(), place.name, place.id))
        near = [self.shown(self._by_id[id]) for score, _, id in sorted(scored)[:NEAREST] if -score >= NEAR]
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
    """The village that was found; `notes`, words of `NOTES`, where the row says more or something else than is known.

    `named`: words of a note with what they name, to be listed with it. `nrlm_code` is news about the village.
    """

    village: Found
    notes: tuple[str, ...] = ()
    nrlm_code: str | None = None
    named: tuple[tuple[str, str], ...] = ()


def find_block(
    places: Places, where: Where, default: Found | None = None, notes: list[str] | None = None
) -> Found | None:
    """The block of a row, or None where the row says nothing about it. Raises Unplaced."""
    notes = [] if notes is None else notes
    code = where.block_code
    if block := _of_code(places, "block", code):
        _must_be_called(places, block, code, where.block, notes)
        _must_lie_in(places, block, code, "district", where, notes)
        return block
    if code and not where.block:
        raise Unplaced("code_unknown", code=code, column="block code")
    if not where.block:
        return default
    scope = _district(places, where, notes)
    found = places.named("block", where.block, scope)
    if len(found) > 1:
        raise Unplaced("block_ambiguous", place=where.block, nearest=", ".join(map(places.shown, found)))
    if not found:
        raise Unplaced("block_unknown", place=where.block, nearest=places.nearest("block", where.block, scope))
    if code:
        notes.append("code_not_known")
    return found[0]


def find_village(places: Places, where: Where, default_block: Found | None = None) -> Placed:
    """The village of a row: by its code, else by its name in its panchayat, else in its block. Raises Unplaced."""
    notes: list[str] = []
    by_code, nrlm = _village_by_code(places, where)
    if by_code:
        _must_agree(places, where, by_code, notes)
        return Placed(by_code, _once(notes))
    if not where.village:
        code = where.village_code or where.village_nrlm
        if code:
            raise Unplaced("code_unknown", code=code, column="village code")
        raise Unplaced("village_missing")
    if where.village_code and len(where.village_code) not in _NRLM:
        notes.append("code_not_known")
    block = find_block(places, where, default_block, notes)
    panchayat = _panchayat(places, where, block, notes)
    if panchayat:
        inside = places.named("village", where.village, panchayat.id)
        if len(inside) == 1:
            return _with_code(places, where, inside[0], nrlm, notes)
        if inside:
            raise _ambiguous(places, where, inside, panchayat)
    if block is None:
        raise Unplaced("block_missing") if panchayat is None else _unknown(places, where, panchayat)
    found = places.named("village", where.village, block.id)
    if len(found) == 1:
        if panchayat is not None and panchayat.id not in found[0].above:
            notes.append("in_another_panchayat")
        return _with_code(places, where, found[0], nrlm, notes)
    if found:
        raise _ambiguous(places, where, found, block)
    raise _unknown(places, where, block)


def find_district(places: Places, where: Where) -> str:
    """The id of the district that a row names, "" where it names none. Raises Unplaced."""
    return _district(places, where, [])


def _of_code(places: Places, level: str, code: str) -> Found | None:
    return (places.by_lgd(level, code) or places.by_nrlm(code, level)) if code else None


def _village_by_code(places: Places, where: Where) -> tuple[Found | None, str]:
    """The village of the row's code; and the row's 13-digit code of the mission, where it has one."""
    nrlm = next((code.zfill(13) for code in (where.village_nrlm, where.village_code) if len(code) in _NRLM), "")
    found = places.by_nrlm(nrlm, "village") if nrlm else None
    if where.village_code and len(where.village_code) not in _NRLM:
        by_lgd = places.by_lgd("village", where.village_code)
        if found and by_lgd and by_lgd.id != found.id:
            raise _differ(places, where.village_code, nrlm, [by_lgd, found])
        found = found or by_lgd
    return found, nrlm


def _must_agree(places: Places, where: Where, by_code: Found, notes: list[str]) -> None:
    """Refuses a village's code where what the row names beside it is elsewhere. A mere spelling is no quarrel."""
    code = where.village_code or where.village_nrlm
    for level in ("district", "block"):
        _must_lie_in(places, by_code, code, level, where, notes)
    block = _above_in(places, by_code, "block")
    named = _is_called(places, by_code, code, where.village)
    panchayat = _panchayat(places, where, places.get(block), notes)
    if panchayat and panchayat.id not in by_code.above:
        # A village may have come to another panchayat since, but then the row must name this village and no other.
        if not named or places.named("village", where.village, panchayat.id):
            raise _differ(places, code, where.panchayat or where.panchayat_code, [by_code, panchayat])
        notes.append("in_another_panchayat")
    if where.village and not named:
        # A hamlet, say: its panchayat shows that the code is no slip, for neighbouring codes differ by a digit.
        if panchayat is None:
            raise _differ(places, code, where.village, [by_code])
        notes.append("name_not_known")


def _must_lie_in(places: Places, place: Found, code: str, level: str, where: Where, notes: list[str]) -> None:
    """Refuses the code of a place in another district or block than the row names; an unknown one is noted."""
    above_code, above_name = (
        (where.district_code, where.district) if level == "district" else (where.block_code, where.block)
    )
    above = _of_code(places, level, above_code)
    if above:
        _must_be_called(places, above, above_code, above_name, notes)
    meant = [above] if above else places.named(level, above_name) if above_name else []
    if meant and not {one.id for one in meant} & set(place.above):
        raise _differ(places, code, above_name or above_code, [place, *meant])
    if above_name and not meant:
        notes.append("name_not_known")


def _must_be_called(places: Places, place: Found, code: str, name: str, notes: list[str]) -> None:
    """Refuses a code beside the name of another known place; a name that is not known is noted."""
    if name and not _is_called(places, place, code, name):
        notes.append("name_not_known")


def _is_called(places: Places, place: Found, code: str, name: str) -> bool:
    """Whether a place, known by its code, may be written so. Raises Unplaced where another one near it is."""
    if not name:
        return False
    if place.keys & set(ways_of(name)):
        return True
    if others := places.named(place.level, name, _above_in(places, place, "block")):
        raise _differ(places, code, name, [place, *others])
    return is_like(name, place.keys)


def _differ(places: Places, code: str, name: str, found: list[Found]) -> Unplaced:
    return Unplaced("code_and_name_differ", code=code, place=name, nearest=", ".join(map(places.shown, found)))


def _with_code(places: Places, where: Where, village: Found, nrlm: str, notes: list[str]) -> Placed:
    if nrlm and village.nrlm_code and village.nrlm_code != nrlm:
        raise _differ(places, nrlm, where.village, [village])
    if is_written(where.village, village.keys):
        return Placed(village, _once(notes), nrlm or None)
    named = ("written_otherwise", f"{where.village}: {places.shown(village)}")
    return Placed(village, (*_once(notes), "written_otherwise"), nrlm or None, (named,))


def _panchayat(places: Places, where: Where, block: Found | None, notes: list[str]) -> Found | None:
    """The gram panchayat of a row if it is known; one that is not known does not stand in the way of its village."""
    code = where.panchayat_code
    if found := _of_code(places, "gram_panchayat", code):
        _must_be_called(places, found, code, where.panchayat, notes)
        if block and block.id not in found.above:
            raise _differ(places, code, where.block or block.name, [found, block])
        if block is None:
            _must_lie_in(places, found, code, "district", where, notes)
        return found
    if not (code or where.panchayat):
        return None
    scope = block.id if block else _district(places, where, notes)
    named = places.named("gram_panchayat", where.panchayat, scope) if where.panchayat else []
    if len(named) != 1:
        notes.append("panchayat_not_known")
        return None
    if code:
        notes.append("code_not_known")
    return named[0]


def _district(places: Places, where: Where, notes: list[str]) -> str:
    """The id of the district that the row names, "" where it names none."""
    if district := _of_code(places, "district", where.district_code):
        _must_be_called(places, district, where.district_code, where.district, notes)
        return district.id
    if not where.district:
        return ""
    found = places.named("district", where.district)
    if len(found) != 1:
        raise Unplaced("district_unknown", place=where.district, nearest=places.nearest("district", where.district))
    if where.district_code:
        notes.append("code_not_known")
    return found[0].id


def _once(notes: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(notes))


def _above_in(places: Places, place: Found, level: str) -> str:
    """The id of the place of a level in which another lies, "" where it lies in none."""
    return next((id for id in place.above if (above := places.get(id)) and above.level == level), "")


def _unknown(places: Places, where: Where, scope: Found) -> Unplaced:
    nearest = places.nearest("village", where.village, scope.id)
    return Unplaced("village_unknown", place=where.village, where=scope.name, nearest=nearest)


def _ambiguous(places: Places, where: Where, found: list[Found], scope: Found) -> Unplaced:
    nearest = ", ".join(map(places.shown, found[:6]))
    return Unplaced("village_ambiguous", place=where.village, where=scope.name, nearest=nearest)


def _above(parent_id: str | None, known: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    above: list[str] = []
    while parent_id and parent_id in known and parent_id not in above:
        above.append(parent_id)
        parent_id = known[parent_id]["parent_id"]
    return tuple(above)

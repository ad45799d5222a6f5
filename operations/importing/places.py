"""`places import`: the downloads of the Local Government Directory (LGD, Ministry of Panchayati Raj).

Blocks, gram panchayats, villages, "Village to Gram Panchayat Mapping" and the mapping of all levels are one importer: a
row lists its lowest place, and those above it as far as it gives their code and name. A place that stands elsewhere in
a newer list is a change of its `parent_id`; the centre then gives all below it anew to those it has come to.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from operations.importing.door import Door, Listed
from operations.importing.finding import LEVELS_HI, Found, Places, Where, find_block, find_district
from operations.importing.headers import HEADS
from operations.importing.place_names import SPELLINGS, is_like, is_name_of_state, ways_of
from operations.importing.planned import Planned, Seen, must_fit, passed_over, text
from operations.importing.reading import Row
from operations.importing.reasons import Unplaced
from operations.importing.values import checked, code_of, digits_of, shown_name
from records.ids import official_id
from records.search_key import search_key

LEVELS = (("district", "district"), ("block", "block"), ("gram_panchayat", "panchayat"), ("village", "village"))
"""Level of a place, and how its columns are called here."""
ALIASES = {search_key(spellings[0]): spellings for spellings in SPELLINGS}
VILLAGE_PANCHAYAT = frozenset(("", "3", "villagepanchayat", "grampanchayat", "village", "gp", "ग्रामपंचायत"))


class PlacesImporter:
    heads = HEADS["places"]
    source = "lgd"
    adds: tuple[str, ...] = ()

    def __init__(self, places: Places) -> None:
        self.places, self.seen = places, Seen()
        self._state = official_id("lgd", f"state/{places.state_id}")

    def begin(self, rows: Iterable[Row]) -> None:
        """Nothing to know beforehand: places stand below those of earlier rows, lists or runs."""

    def plan(self, rows: Sequence[Row], door: Door) -> list[Planned]:
        return [self._row(row) for row in rows]

    def _row(self, row: Row) -> Planned:
        over = passed_over(row)
        if over:
            return Planned(row, passed_over=over)
        listed: list[Listed] = []
        refused = None
        try:
            must_fit(row)
            if _other_body(text(row, "body_type")):
                return Planned(row, passed_over="other_body")
            self._must_be_of_this_state(row)
            over = self._list(row, listed)
        except Unplaced as unplaced:
            # What lies above is listed once a file, and later rows need it too.
            refused = unplaced
        news = tuple(self._news(listed))
        notes = tuple(code for code, _ in news)
        return Planned(row, tuple(listed), refused=refused, passed_over=over, notes=notes, named=news)

    def _must_be_of_this_state(self, row: Row) -> None:
        code, name = _lgd(row, "state"), text(row, "state")
        for one in (code, name.lstrip("0") if name.isdecimal() else ""):
            if one and one != str(self.places.state_id):
                raise Unplaced("other_state", code=one)
        state = self.places.get(self._state)
        if code or not name or name.isdecimal() or state is None:
            return
        if not state.keys & set(ways_of(name)) and not is_name_of_state(name, state.name):
            raise Unplaced("other_state", code=name)

    def _news(self, listed: Sequence[Listed]) -> Iterator[tuple[str, str]]:
        """Where the list names or places a known place otherwise than it is known."""
        for one in listed:
            known, name = self.places.get(one.id), one.values.get("name")
            if known and name and name != known.name:
                yield "place_renamed", f"{self.places.shown(known)}: {name}"
            if known and (parent := self._new_parent(known, one.values)):
                yield "place_moved", f"{self.places.shown(known)}: {self.places.shown(parent)}"

    def _new_parent(self, known: Found, values: Mapping[str, Any]) -> Found | None:
        """The place in which a list places one that is known in another."""
        moves = known.parent_id and values.get("parent_id") not in (None, known.parent_id)
        return self.places.get(values["parent_id"]) if moves else None

    def _list(self, row: Row, listed: list[Listed]) -> str | None:
        """List all places of a row, the highest first; the lowest is what the row is about. Why it is passed over."""
        lowest = self._lowest(row)
        listed += self._of_state(row)
        parent = self.places.get(self._state)
        for level, name in LEVELS:
            code = _lgd(row, name)
            values = self._values(row, level, name, code)
            if level == lowest:
                return self._own(row, level, code, values, parent, listed)
            known = self.places.by_lgd(level, code) if code else self._by_name(row, level)
            if code and "name" in values and self._may_stand(level, parent, known):
                listed += self._ancestor(row, level, code, values, parent)
                known = known or self.places.by_lgd(level, code)
            parent = known or (None if code or text(row, name) else parent)
        raise AssertionError("every row has a lowest place")

    def _lowest(self, row: Row) -> str:
        """The level of the lowest place whose code or name the row gives, among the columns that the list has."""
        for level, name in reversed(LEVELS):
            if f"{name}_code" in row.header.at and (text(row, f"{name}_code") or text(row, name)):
                return level
        raise Unplaced(
            "required", column=row.named("village_code" if "village_code" in row.header.at else "block_code")
        )

    def _own(
        self, row: Row, level: str, code: str, values: dict[str, Any], parent: Found | None, listed: list[Listed]
    ) -> str | None:
        name = dict(LEVELS)[level]
        if not code:
            raise Unplaced("required", column=row.named(f"{name}_code"))
        if "name" not in values:
            raise Unplaced("required", column=row.named(name))
        known = self.places.by_lgd(level, code)
        above = _level_above(level)
        if parent is not None and parent.level == above:
            values["parent_id"] = parent.id
        elif known is None or known.parent_id is None:
            given = level == "village" and not (text(row, "panchayat_code") or text(row, "panchayat"))
            raise Unplaced("panchayat_missing") if given else _parent_unknown(above)
        before = self.seen.before(f"{level}/{code}", sorted(values.items()), row.line)
        if before and not before[1]:
            raise Unplaced("twice_in_file", line=before[0])
        self._must_lie_in_one(row, level, code, values)
        if before and not listed:
            return "repeated"
        if known and self._new_parent(known, values) and not is_like(values["name"], known.keys):
            # A place that is both moved and renamed is another one, with a slip in its code.
            raise Unplaced("code_and_name_differ", code=code, place=values["name"], nearest=self.places.shown(known))
        listed.append(self._place(level, code, values))
        return None

    def _ancestor(
        self, row: Row, level: str, code: str, values: dict[str, Any], parent: Found | None
    ) -> Iterable[Listed]:
        """A place above the row's own, once a file; a second spelling of it further down is not taken."""
        if parent is not None and parent.level == _level_above(level):
            values["parent_id"] = parent.id
        self._must_lie_in_one(row, level, code, values)
        if self.seen.before(f"{level}/{code}", sorted(values.items()), row.line) is None:
            yield self._place(level, code, values)

    def _must_lie_in_one(self, row: Row, level: str, code: str, values: Mapping[str, Any]) -> None:
        """Refuses a place that an earlier row of the file has placed elsewhere."""
        parent = values.get("parent_id")
        before = self.seen.before(f"{level}/{code} in", parent, row.line) if parent else None
        if before and not before[1]:
            words = {"level": level.replace("_", " "), "level_hi": LEVELS_HI[level]}
            raise Unplaced("lies_elsewhere", code=code, line=before[0], **words)

    def _may_stand(self, level: str, parent: Found | None, known: Found | None) -> bool:
        """Whether a place above the row's own can be listed: it is known, or what it lies in is."""
        return known is not None or (parent is not None and parent.level == _level_above(level))

    def _place(self, level: str, code: str, values: dict[str, Any]) -> Listed:
        id = self.places.id_of(level, code)
        self.places.bring({"id": id, **values})
        return Listed("Place", id, values)

    def _of_state(self, row: Row) -> Iterable[Listed]:
        """The state itself, where the list names it, once a file."""
        name = text(row, "state")
        if not name or name.isdecimal() or not text(row, "state_code"):
            return
        values = self._values(row, "state", "state", str(self.places.state_id))
        if self.seen.before("state", "", row.line) is None:
            yield self._place("state", str(self.places.state_id), values)

    def _values(self, row: Row, level: str, name: str, code: str) -> dict[str, Any]:
        """What the row says about the place of a level: nothing that the list leaves out."""
        written = shown_name(text(row, name))
        values: dict[str, Any] = {"level": level, "lgd_code": code}
        if written:
            values["name"] = checked("Place", "name", written, row.named(name))
        for column, field in ((f"{name}_hi", "name_hi"), (f"{name}_nrlm", "nrlm_code")):
            value = code_of(row.cell(column), row.named(column)) if field == "nrlm_code" else text(row, column)
            if value:
                values[field] = checked("Place", field, value, row.named(column))
        aliases = [one for one in ALIASES.get(search_key(written), ()) if one.isascii() and one != written]
        if level == "block" and aliases:
            values["aliases"] = ", ".join(aliases)
        return values

    def _by_name(self, row: Row, level: str) -> Found | None:
        """A place above the row's own that the row gives by name only; a parent that is not named is left as it is."""
        where = Where(
            district=text(row, "district"),
            district_code=_lgd(row, "district"),
            block=text(row, "block"),
        )
        if level == "district":
            found = find_district(self.places, where)
            return self.places.get(found) if found else None
        if level == "block":
            return find_block(self.places, where)
        block = find_block(self.places, where)
        named = self.places.named(
            level, text(row, "panchayat"), block.id if block else find_district(self.places, where)
        )
        return named[0] if len(named) == 1 else None


def _lgd(row: Row, name: str) -> str:
    """The LGD code of a place; a spreadsheet may have filled it up with zeros."""
    return digits_of(row.cell(f"{name}_code"), row.named(f"{name}_code")).lstrip("0")


def _level_above(level: str) -> str:
    return {"district": "state", "block": "district", "gram_panchayat": "block", "village": "gram_panchayat"}[level]


def _parent_unknown(level: str) -> Unplaced:
    return Unplaced("parent_unknown", level=level.replace("_", " "), level_hi=LEVELS_HI[level])


def _other_body(written: str) -> bool:
    """Whether the local body of a row is a panchayat of a district or block, or a town."""
    return "".join(written.lower().split()) not in VILLAGE_PANCHAYAT

"""`members import`: the register of members as the portal exports it, each below the group that bears her group's code.

A column of offices (president, secretary, treasurer) becomes the offices of the group.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from operations.importing.day_columns import DayColumns
from operations.importing.door import Door, Listed, Uncoded
from operations.importing.groups import codes
from operations.importing.headers import HEADS, key_of
from operations.importing.planned import Namesakes, Planned, Seen, answer, must_fit, needed, passed_over, text
from operations.importing.reading import Row
from operations.importing.reasons import Unplaced
from operations.importing.values import checked, code_of, number_of, shown_name
from records.ids import official_id
from records.search_key import name_key

OFFICES = {
    key_of(word): office
    for office, words in {
        "president": "president|chairperson|adhyaksh|अध्यक्ष",
        "secretary": "secretary|sachiv|सचिव",
        "treasurer": "treasurer|koshadhyaksh|कोषाध्यक्ष",
        "": "member|none|no|sadasya|सदस्य|other",
    }.items()
    for word in words.split("|")
}

DAYS = ("born_on", "joined_on", "left_on")


class MembersImporter:
    heads = HEADS["members"]
    source = "portal"
    adds: tuple[str, ...] = ()

    def __init__(self, today: date) -> None:
        self.days = DayColumns(DAYS, today)
        self.seen = Seen()
        self.namesakes = Namesakes()

    def begin(self, rows: Iterable[Row]) -> None:
        """Look whether the columns of days can be trusted, and which women of a group the list calls alike."""
        for row in rows:
            self.days.look(row)
            for called in _called(row):
                self.namesakes.look(called, row)

    def plan(self, rows: Sequence[Row], door: Door) -> list[Planned]:
        groups = door.group_of_code(codes(rows, "group"))
        known = door.member_of_code(codes(rows, "code"))
        women = Women(door.members_without_code(groups.values()), self.namesakes)
        return [self._row(row, groups, known, women) for row in rows]

    def _row(self, row: Row, groups: dict[str, str], known: dict[str, str], women: "Women") -> Planned:
        over = passed_over(row)
        if over:
            return Planned(row, passed_over=over)
        try:
            must_fit(row)
            return self._listed(row, groups, known, women)
        except Unplaced as unplaced:
            return Planned(row, refused=unplaced)

    def _listed(self, row: Row, groups: dict[str, str], known: dict[str, str], women: "Women") -> Planned:
        group = needed(row, "group", code_of(row.cell("group"), row.named("group")))
        code = needed(row, "code", code_of(row.cell("code"), row.named("code")))
        code = checked("Member", "portal_code", code, row.named("code"))
        name = checked("Member", "name", needed(row, "name", shown_name(text(row, "name"))), row.named("name"))
        shg_id = groups.get(group)
        if shg_id is None:
            raise Unplaced("group_unknown", code=group)
        notes: list[str] = []
        values = {"portal_code": code, "shg_id": shg_id, "name": name, **self._particulars(row, notes)}
        office = self._office(row)
        before = self.seen.before(code, [sorted(values.items()), office], row.line)
        if before and not before[1]:
            raise Unplaced("twice_in_file", line=before[0])
        if before:
            return Planned(row, passed_over="repeated")
        id = known.get(code)
        if id is None and (id := women.met(row, shg_id, name, values.get("guardian_name", ""))):
            # The same row once more means the same woman.
            known[code] = id
            notes.append("met_by_name")
        id = id or official_id("nrlm/member", code)
        listed = (Listed("Member", id, values), *self._held(row, office, shg_id, id))
        return Planned(row, listed, notes=tuple(notes))

    def _particulars(self, row: Row, notes: list[str]) -> dict[str, Any]:
        """What else the list says about her; an empty cell says nothing."""
        said: dict[str, Any] = {
            "name_other": shown_name(text(row, "name_other")),
            "guardian_name": shown_name(text(row, "guardian")),
            "age": number_of(row.cell("age"), row.named("age")),
            "mobile": _mobile(row),
        }
        columns = {"name_other": "name_other", "guardian_name": "guardian", "age": "age", "mobile": "mobile"}
        values = {
            field: checked("Member", field, value, row.named(columns[field])) for field, value in said.items() if value
        }
        for name in ("social_category", "marital_status", "education", "disability"):
            if found := answer(row, name, notes):
                values[name] = found
        days = {name: self.days.day(row, name) for name in DAYS}
        if days["born_on"]:
            # The birth date says more than an age that was true once.
            values.pop("age", None)
        if days["born_on"] and days["joined_on"] and days["joined_on"] < days["born_on"]:
            raise Unplaced("before_birth")
        if days["joined_on"] and days["left_on"] and days["left_on"] < days["joined_on"]:
            raise Unplaced("before_joining")
        return {**values, **{name: day.isoformat() for name, day in days.items() if day}}

    def _office(self, row: Row) -> str:
        written = text(row, "office")
        if not written:
            return ""
        office = OFFICES.get(key_of(written))
        if office is None:
            raise Unplaced("office_unknown", column=row.named("office"))
        return office

    def _held(self, row: Row, office: str, shg_id: str, id: str) -> Iterator[Listed]:
        """Her office, as a field of the group; of two who are said to hold one, the second is refused."""
        if not office:
            return
        before = self.seen.before(f"{shg_id} {office}", id, row.line)
        if before and not before[1]:
            raise Unplaced("office_twice", line=before[0])
        yield Listed("Shg", shg_id, {f"{office}_id": id})


class Women:
    """Women whom phones have registered and who bear no code yet. One is met by a row that names her as nobody else is
    named: in her group, with her name, and with her husband's or father's where both tell it."""

    def __init__(self, uncoded: Iterable[Uncoded], namesakes: Namesakes) -> None:
        self._of_group: dict[str, list[Uncoded]] = {}
        for one in uncoded:
            self._of_group.setdefault(one.shg_id, []).append(one)
        self._namesakes = namesakes

    def met(self, row: Row, shg_id: str, name: str, guardian: str) -> str | None:
        """The id of the woman whom a row of the list means, told once."""
        here, key, husband = self._of_group.get(shg_id, []), name_key(name), name_key(guardian)
        alike = [one for one in here if one.name == key]
        if not alike:
            return None
        by_name, by_both = _called(row)
        sure = [one for one in alike if husband and one.guardian == husband and not self._namesakes.has(by_both)]
        if len(sure) != 1:
            # Without a second name, hers must be the only one, here and in the list.
            unsure = [one for one in alike if not (husband and one.guardian)]
            sure = unsure if len(alike) == 1 and not self._namesakes.has(by_name) else []
        if len(sure) != 1:
            return None
        here.remove(sure[0])
        return sure[0].id


def _called(row: Row) -> tuple[str, str]:
    """How the list calls a woman of a group: by her name, and by it and her husband's or father's. What cannot be read
    is refused in its turn."""
    try:
        by_name = f"{code_of(row.cell('group'), row.named('group'))} {name_key(shown_name(text(row, 'name')))}"
        return by_name, f"{by_name}, {name_key(shown_name(text(row, 'guardian')))}"
    except Unplaced:
        return "", ""


def _mobile(row: Row) -> str:
    """A mobile number without the country's code; a row of one digit is how exports write that there is none."""
    written = code_of(row.cell("mobile"), row.named("mobile")).replace(" ", "").replace("-", "")
    for before in ("+91", "91", "0"):
        if written.startswith(before) and len(written) == len(before) + 10:
            written = written[len(before) :]
            break
    return "" if len(set(written)) <= 1 else written

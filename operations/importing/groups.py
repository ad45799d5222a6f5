"""`groups import`: the register of groups as the portal exports it, with the account where the row names one.

A group is the one that bears the row's portal code, also where a phone registered it and the code was typed in; else
the one without a code that has its name, village and day; else it is a new one. Number and bank make its first account,
and a number the step "opened".
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from operations.importing.account_column import AccountColumn
from operations.importing.day_columns import DayColumns
from operations.importing.door import Door, Listed, NamedGroup
from operations.importing.finding import Found, Placed, Places, Where, find_village
from operations.importing.finding_branches import Branches, bank_and_name
from operations.importing.headers import HEADS
from operations.importing.planned import Namesakes, Planned, Seen, answer, must_fit, needed, passed_over, text
from operations.importing.reading import Row
from operations.importing.reasons import Unplaced
from operations.importing.values import checked, code_of, digits_of, number_of, shown_name
from records.ids import first_account_id, official_id
from records.resemblance import names_alike
from records.search_key import name_key, search_key
from records.shg import NAMED_PROMOTERS

DAYS = ("formed_on", "restarted_on", "opened_on")

DAY_NOT_TOLD = "खाता खुलने का दिनांक सूची में नहीं है; यहाँ समूह गठन का दिनांक है।"
"""The note of a step whose day the register does not tell: the day of opening is not in the list, formation stands."""


NUMBERS = re.compile(r"\d+")


class GroupsImporter:
    heads = HEADS["groups"]
    source = "portal"
    adds: tuple[str, ...] = ()

    def __init__(self, places: Places, branches: Branches, today: date, default_block: Found | None = None) -> None:
        self.places, self.branches, self.default_block = places, branches, default_block
        self.days, self.accounts = DayColumns(DAYS, today), AccountColumn()
        self.seen = Seen()
        self.namesakes = Namesakes()
        self._uncoded: dict[NamedGroup, str] | None = None
        # Groups of phones, with codes that people have typed.
        self._bearers: dict[str, dict[str, Any]] = {}

    def begin(self, rows: Iterable[Row]) -> None:
        """Look whether the columns of days and accounts can be trusted, and which groups the list calls alike."""
        for row in rows:
            self.days.look(row)
            self.accounts.look(row)
            self.namesakes.look(called(row), row)

    def plan(self, rows: Sequence[Row], door: Door) -> list[Planned]:
        known = door.group_of_code(codes(rows, "code"))
        typed = (id for code, id in known.items() if id != official_id("nrlm/shg", code))
        self._bearers = door.values_of("Shg", typed)
        if self._uncoded is None:
            self._uncoded = door.groups_without_code()
        return [self._row(row, known) for row in rows]

    def _row(self, row: Row, known: dict[str, str]) -> Planned:
        over = passed_over(row)
        if over:
            return Planned(row, passed_over=over)
        try:
            must_fit(row)
            return self._listed(row, known)
        except Unplaced as unplaced:
            return Planned(row, refused=unplaced)

    def _listed(self, row: Row, known: dict[str, str]) -> Planned:
        code = checked(
            "Shg", "portal_code", needed(row, "code", code_of(row.cell("code"), row.named("code"))), row.named("code")
        )
        name = checked("Shg", "name", needed(row, "name", shown_name(text(row, "name"))), row.named("name"))
        formed_on = needed(row, "formed_on", self._day(row, "formed_on"))
        members = number_of(row.cell("members"), row.named("members"))
        placed = find_village(self.places, where_of(row), self.default_block)
        values: dict[str, Any] = {
            "portal_code": code,
            "village_id": placed.village.id,
            "name": name,
            "formed_on": formed_on.isoformat(),
        }
        if members is not None:
            values["declared_members"] = checked("Shg", "declared_members", members, row.named("members"))
        notes = list(placed.notes)
        id = known.get(code)
        bearer = self._bearers.get(id or "")
        if bearer and _is_another(bearer, placed.village.id, name, formed_on):
            raise Unplaced("code_of_another_group", code=code, name=bearer["name"])
        if id is None and (id := self._met(row, placed.village.id, name, formed_on)):
            # The same row once more means the same group.
            known[code] = id
            notes.append("met_by_name")
        id = id or official_id("nrlm/shg", code)
        values |= self._profile(row, formed_on, notes)
        account = list(self._account(row, id, code, formed_on, notes))
        said = [sorted(values.items()), [sorted(one.values.items()) for one in account]]
        before = self.seen.before(code, said, row.line)
        if before and not before[1]:
            raise Unplaced("twice_in_file", line=before[0])
        if before:
            return Planned(row, passed_over="repeated")
        listed = (*self._code_of_village(placed), Listed("Shg", id, values), *account)
        return Planned(row, listed, notes=tuple(notes), named=placed.named)

    def _met(self, row: Row, village_id: str, name: str, formed_on: date) -> str | None:
        """A group that a phone has registered and that stands on the portal now: the same name, village and day, and no
        other of the list is called so. It is told once; what is only alike becomes a question to the office."""
        uncoded, key = self._uncoded or {}, (village_id, name_key(name), formed_on.isoformat())
        return None if key not in uncoded or self.namesakes.has(called(row)) else uncoded.pop(key)

    def _profile(self, row: Row, formed_on: date, notes: list[str]) -> dict[str, Any]:
        """Promoter, origin, type and rhythm, as far as the list tells them."""
        promoter, _, origin = text(row, "promoter_and_origin").partition("/")
        said: dict[str, Any] = {
            "promoted_by": answer(row, "promoted_by", notes, promoter.strip() or None),
            "group_type": answer(row, "group_type", notes),
            "meeting_rhythm": answer(row, "meeting_rhythm", notes),
        }
        if said["promoted_by"] in NAMED_PROMOTERS and (name := shown_name(text(row, "promoter_name"))):
            said["promoter_name"] = checked("Shg", "promoter_name", name, row.named("promoter_name"))
        if said["group_type"] == "special":
            said["special_kind"] = answer(row, "special_kind", notes)
        restarted_on = self._day(row, "restarted_on")
        origin = answer(row, "origin", notes, origin.strip() or None) or ""
        if origin in ("revived", "co_opted"):
            if restarted_on and restarted_on >= formed_on:
                said |= {"origin": origin, "restarted_on": restarted_on.isoformat()}
            else:
                # Without its day the group would be refused; as it stands it counts from its formation.
                notes.append("restart_day_not_told")
        elif origin:
            said["origin"] = origin
        return {name: value for name, value in said.items() if value}

    def _code_of_village(self, placed: Placed) -> Iterator[Listed]:
        """The mission's code of a village, the first time that a register names it beside the village's name."""
        if placed.nrlm_code and placed.village.nrlm_code is None:
            before = self.seen.before(f"village {placed.village.id}", placed.nrlm_code, 0)
            if before and not before[1]:
                raise Unplaced(
                    "code_and_name_differ", code=placed.nrlm_code, place=placed.village.name,
                    nearest=self.places.shown(placed.village),
                )  # fmt: skip
            if before is None:
                yield Listed("Place", placed.village.id, {"nrlm_code": placed.nrlm_code})

    def _account(self, row: Row, shg_id: str, code: str, formed_on: date, notes: list[str]) -> Iterator[Listed]:
        number = self._number(row, notes)
        values: dict[str, Any] = {"shg_id": shg_id, **self._branch(row, number, notes)}
        opened_on = self._day(row, "opened_on")
        if number:
            values["account_number"] = number
            if named := text(row, "name_in_passbook"):
                values["name_in_passbook"] = checked(
                    "SavingsAccount", "name_in_passbook", named, row.named("name_in_passbook")
                )
            if opened_on and opened_on < formed_on:
                raise Unplaced("opened_before_formation")
            if opened_on:
                values["opened_on"] = opened_on.isoformat()
        if len(values) == 1:
            return
        account_id = first_account_id(shg_id)
        yield Listed("SavingsAccount", account_id, values)
        if number:
            step = {"account_id": account_id, "kind": "opened", "on_day": (opened_on or formed_on).isoformat()}
            if not opened_on:
                step["note"] = DAY_NOT_TOLD
                notes.append("opened_on_formation_day")
            yield Listed("AccountStep", official_id("nrlm/step", f"{code}/opened"), step)

    def _number(self, row: Row, notes: list[str]) -> str:
        written = code_of(row.cell("account_number"), row.named("account_number"))
        if not written.strip("0 -"):
            return ""  # a row of zeros is how exports write that there is none
        number = str(checked("SavingsAccount", "account_number", written, row.named("account_number")))
        self.accounts.must_be_whole(row, number, notes)
        return number

    def _branch(self, row: Row, number: str, notes: list[str]) -> dict[str, str]:
        """The branch from the list of branches, or as the register writes it, for the office to link."""
        ifsc = text(row, "ifsc")
        if ifsc:
            ifsc = checked("SavingsAccount", "typed_ifsc", ifsc, row.named("ifsc"))
        bank, name = bank_and_name(shown_name(text(row, "bank")), shown_name(text(row, "branch")))
        if not (ifsc or bank or name):
            return {}
        if branch := self.branches.find(ifsc, bank, name):
            return {"branch_id": branch}
        notes.append("branch_named_otherwise" if self.branches.knows(ifsc) else "branch_typed")
        typed = {"typed_ifsc": ifsc, "typed_bank": bank, "typed_branch": name}
        columns = {"typed_ifsc": "ifsc", "typed_bank": "bank", "typed_branch": "branch"}
        return {
            field: checked("SavingsAccount", field, value, row.named(columns[field]), own_account=number or None)
            for field, value in typed.items()
            if value
        }

    def _day(self, row: Row, name: str) -> date | None:
        return self.days.day(row, name)


def called(row: Row) -> str:
    """How the list calls a group, by its village, name and day; what cannot be read is refused in its turn."""
    try:
        village = text(row, "village") or text(row, "village_code") or text(row, "village_nrlm")
        day = "-".join(NUMBERS.findall(text(row, "formed_on")))
        return f"{search_key(village)}, {name_key(shown_name(text(row, 'name')))}, {day}"
    except Unplaced:
        return ""


def _is_another(bearer: dict[str, Any], village_id: str, name: str, formed_on: date) -> bool:
    """Whether nothing that a list says of a group is true of the one here that bears its code."""
    if bearer["village_id"] == village_id or names_alike(search_key(bearer["name"] or ""), search_key(name)):
        return False
    return bearer["formed_on"] not in (None, formed_on.isoformat())


def where_of(row: Row) -> Where:
    """What a row says about its village."""
    codes = {
        name: digits_of(row.cell(name), row.named(name))
        for name in ("district_code", "block_code", "panchayat_code", "village_code", "village_nrlm")
    }
    return Where(
        district=text(row, "district"),
        block=text(row, "block"),
        panchayat=text(row, "panchayat"),
        village=text(row, "village"),
        **codes,
    )


def codes(rows: Sequence[Row], name: str) -> set[str]:
    """The portal codes of some rows; a row whose code cannot be read gets its reason later."""
    found = set()
    for row in rows:
        try:
            found.add(code_of(row.cell(name), row.named(name)))
        except Unplaced:
            continue
    return found - {""}

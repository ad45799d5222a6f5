"""Our register beside a list of the portal, as a workbook: what stands only here, what only in the list, what differs.

Of a list that leaves out part of a block too much would stand only here: it is compared with the whole blocks that its
groups lie in, or with all women of the groups that it names.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from operations.importing.door import Taken
from operations.importing.planned import Planned
from operations.importing.reading import CannotRead
from operations.importing.refused import must_be_new, private
from records.kinds import KINDS
from records.record import fields_of
from records.written import masked, show_day
from screens.words import words_of
from server.console.workbook import text_of
from server.importing import Importing

ABOUT = {"groups": "Shg", "members": "Member"}
HINDI = words_of("hi")

HEADS = {
    "only_here": ("समूह / Group", "ग्राम / Village", "नाम / Name", "पोर्टल का कोड / Portal code"),
    "only_in_list": ("पंक्ति / Line", "पोर्टल का कोड / Portal code", "नाम / Name", "समूह / Group"),
    "differs": (
        "पोर्टल का कोड / Portal code", "समूह / Group", "नाम / Name", "जानकारी / Field", "यहाँ / Here", "पोर्टल पर / Portal",
    ),
}  # fmt: skip
TITLES = {"only_here": "केवल यहाँ Only here", "only_in_list": "केवल सूची में Only in list", "differs": "अलग Different"}
ONCE = 500
"""Records read together."""


class Comparing:
    """Told what becomes of each lot of a list; writes the workbook at the end. It holds personal data: only its owner
    may read it, and nothing is written over."""

    def __init__(self, path: Path, kind: str) -> None:
        if path.suffix.lower() != ".xlsx":
            raise CannotRead(f"{path} must end in .xlsx.")
        must_be_new(path, "--comparison")
        self.path, self._kind = path, ABOUT[kind]
        self._listed: set[str] = set()
        self._within: set[str] = set()
        self._rows: dict[str, list[Sequence[str]]] = {name: [] for name in HEADS}

    def add(self, door: Importing, planned: Sequence[Planned], taken: Mapping[tuple[str, str], Taken]) -> None:
        """What became of some rows. Their records are read anew, as they stand now."""
        mine = [
            (one, plan) for plan in planned for one in plan.listed if one.kind == self._kind and "name" in one.values
        ]
        groups = door.values_of("Shg", {self._group_of(one.kind, one.id, one.values) for one, _ in mine})
        if self._kind == "Shg":
            villages = door.values_of("Place", {one.values["village_id"] for one, _ in mine})
            self._within |= {place["block_id"] for place in villages.values() if place["block_id"]}
        else:
            self._within |= set(groups)
        for one, plan in mine:
            answer = taken[one.kind, one.id]
            if answer.effect == "refused" or one.id in self._listed:
                continue
            self._listed.add(one.id)
            code, name, group = one.values["portal_code"], one.values["name"], ""
            if self._kind == "Member":
                group = groups.get(one.values["shg_id"], {}).get("name") or ""
            if answer.effect == "new":
                self._rows["only_in_list"].append((str(plan.row.line), code, name, group))
        self._add_differing(door, planned, taken, groups)

    def _add_differing(
        self,
        door: Importing,
        planned: Sequence[Planned],
        taken: Mapping[tuple[str, str], Taken],
        groups: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """Fields in which a person's value stands: of the listed records themselves and of what stands below them."""
        told: set[tuple[str, str, str]] = set()
        for kind in ("Shg", "Member", "SavingsAccount"):
            some = [one for plan in planned for one in plan.listed if one.kind == kind and taken[kind, one.id].differs]
            ours = door.values_of(kind, {one.id for one in some}) if some else {}
            for one in some:
                mine = ours.get(one.id, {})
                group = groups.get(self._group_of(kind, one.id, mine), {})
                for name in taken[kind, one.id].differs:
                    if name not in one.values or (kind, one.id, name) in told:
                        continue
                    told.add((kind, one.id, name))
                    whose = mine.get("name") if kind == "Member" else ""
                    code = mine.get("portal_code") if kind == "Member" else group.get("portal_code")
                    label = HINDI.field(kind, name)
                    here, there = (_shown(door, kind, name, value) for value in (mine.get(name), one.values[name]))
                    self._rows["differs"].append((code or "", group.get("name") or "", whose or "", label, here, there))

    def _group_of(self, kind: str, id: str, values: Mapping[str, Any]) -> str:
        return id if kind == "Shg" else str(values.get("shg_id") or "")

    def close(self, door: Importing) -> Path:
        """Write the workbook; what the list has not named is asked for now."""
        missing = [id for id in door.in_app(self._kind, self._within) if id not in self._listed]
        for at in range(0, len(missing), ONCE):
            ours = door.values_of(self._kind, missing[at : at + ONCE])
            groups = ours if self._kind == "Shg" else door.values_of("Shg", {one["shg_id"] for one in ours.values()})
            villages = door.values_of("Place", {group["village_id"] for group in groups.values()})
            for id, mine in sorted(ours.items()):
                group = groups.get(self._group_of(self._kind, id, mine), {})
                village = villages.get(group.get("village_id") or "", {})
                name = mine.get("name") if self._kind == "Member" else ""
                place = village.get("name_hi") or village.get("name") or ""
                self._rows["only_here"].append((group.get("name") or "", place, name or "", mine["portal_code"] or ""))
        with os.fdopen(private(self.path), "wb") as file:
            _workbook(self._rows).save(file)
        return self.path


def _shown(door: Importing, kind: str, name: str, value: Any) -> str:
    """A wire value as it is read: of a reference its name, of an account number only its end."""
    if value in (None, ""):
        return "–"
    cls = KINDS[kind].cls
    spec = fields_of(cls)[name]
    if name == "account_number":
        return masked(str(value))
    if spec.refers:
        found = door.values_of(spec.refers, [str(value)]).get(str(value), {})
        return str(found.get("name_hi") or found.get("name") or "–")
    if spec.value_type.entry == "choice":
        return HINDI.choice(cls, name, str(value))
    if spec.value_type.entry == "day":
        return show_day(date.fromisoformat(str(value)))
    if spec.value_type.entry == "yes_no":
        return HINDI.say("value.yes" if value else "value.no")
    return str(value)


def _workbook(rows: Mapping[str, Iterable[Sequence[str]]]) -> Workbook:
    book = Workbook(write_only=True)
    for name, heads in HEADS.items():
        sheet = book.create_sheet(TITLES[name])
        sheet.append([_cell(sheet, head, bold=True) for head in heads])
        for row in rows[name]:
            sheet.append([_cell(sheet, value) for value in row])
    return book


def _cell(sheet: Any, value: str, *, bold: bool = False) -> Any:
    cell = WriteOnlyCell(sheet, value=text_of(value))
    # Codes are text, so that no zero in front is lost and nothing is run.
    cell.data_type, cell.number_format = "s", "@"
    if bold:
        cell.font = Font(bold=True)
    return cell

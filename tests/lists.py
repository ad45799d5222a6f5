"""Lists for the importers' tests: files in the styles of offices, known places, and a door that remembers."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from operations.importing.branches import BranchesImporter
from operations.importing.door import Listed, NamedGroup, Taken, Uncoded
from operations.importing.finding import Places
from operations.importing.finding_branches import Branches
from operations.importing.groups import GroupsImporter
from operations.importing.headers import HEADS
from operations.importing.members import MembersImporter
from operations.importing.places import PlacesImporter
from operations.importing.planned import Importer
from operations.importing.reading import open_sheet
from operations.importing.refused import RefusedRows
from operations.importing.report import Report
from operations.importing.running import run
from records.ids import official_id

TODAY = date(2026, 11, 24)
STATE_ID = 23


def place(level: str, code: str, name: str, parent: str | None, **more: Any) -> dict[str, Any]:
    return {
        "id": official_id("lgd", f"{level}/{code}"), "level": level, "lgd_code": code, "name": name, "name_hi": None,
        "aliases": None, "nrlm_code": None, "parent_id": parent and official_id("lgd", parent), **more,
    }  # fmt: skip


PLACES = (
    place("state", "23", "Madhya Pradesh", None),
    place("district", "413", "Katni", "state/23", name_hi="कटनी"),
    place("district", "420", "Panna", "state/23", name_hi="पन्ना"),
    place("block", "3885", "Badwara", "district/413", name_hi="बड़वारा"),
    place("block", "3887", "Dheemerkheda", "district/413"),
    place("block", "3888", "Katni", "district/413", aliases="Murwara मुड़वारा"),
    place("block", "3931", "Gunour", "district/420"),
    place("block", "3932", "Panna", "district/420"),
    place("gram_panchayat", "990001", "Bhajia", "block/3885", name_hi="भजिया"),
    place("gram_panchayat", "990002", "Bhudsa", "block/3885", name_hi="भुड़सा"),
    place("gram_panchayat", "990003", "Sirmili", "block/3887"),
    place("village", "880001", "Bijouri", "gram_panchayat/990001", name_hi="बिजौरी", nrlm_code="3101001001001"),
    place("village", "880002", "Katariya", "gram_panchayat/990001", name_hi="कटरिया"),
    place("village", "880003", "Bijouri", "gram_panchayat/990002", name_hi="बिजौरी"),
    place("village", "880004", "Parsel", "gram_panchayat/990002", name_hi="परसेल"),
    place("village", "880005", "Sirmili", "gram_panchayat/990003"),
)
"""Two districts, with made-up codes of panchayats and villages; two villages of Badwara are called Bijouri."""

VILLAGE = official_id("lgd", "village/880001")


@dataclass
class FakeDoor:
    """A door that keeps what it takes. `known`: portal code -> id; `refuses`: (kind, id) -> problem code;
    `there`: id -> what stands of a group; `uncoded`, `women`: groups and members that bear no code yet."""

    known: Mapping[str, str] = field(default_factory=dict)
    refuses: Mapping[tuple[str, str], str] = field(default_factory=dict)
    kept: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    there: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    uncoded: Mapping[NamedGroup, str] = field(default_factory=dict)
    women: Sequence[Uncoded] = ()
    lots: int = 0

    def take(self, listed: Sequence[Listed]) -> list[Taken]:
        self.lots += 1
        return [self._take(one) for one in listed]

    def _take(self, one: Listed) -> Taken:
        key = one.kind, one.id
        if key in self.refuses:
            return Taken("refused", self.refuses[key])
        old = self.kept.get(key)
        self.kept[key] = {**(old or {}), **one.values}
        return Taken("new" if old is None else "same" if old == self.kept[key] else "changed")

    def group_of_code(self, codes: Iterable[str]) -> dict[str, str]:
        return self._of_code("Shg", codes)

    def member_of_code(self, codes: Iterable[str]) -> dict[str, str]:
        return self._of_code("Member", codes)

    def values_of(self, kind: str, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        return {id: self.there[id] for id in ids if id in self.there}

    def groups_without_code(self) -> dict[NamedGroup, str]:
        return dict(self.uncoded)

    def members_without_code(self, groups: Iterable[str]) -> list[Uncoded]:
        return [one for one in self.women if one.shg_id in set(groups)]

    def _of_code(self, kind: str, codes: Iterable[str]) -> dict[str, str]:
        mine = {values.get("portal_code"): id for (of, id), values in self.kept.items() if of == kind}
        return {code: id for code, id in {**self.known, **mine}.items() if code in set(codes)}

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [values for (of, _), values in self.kept.items() if of == kind]

    def only(self, kind: str) -> dict[str, Any]:
        (one,) = self.of(kind)
        return one


def csv_file(path: Path, rows: Iterable[Sequence[Any]], *, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def xlsx_file(path: Path, rows: Iterable[Sequence[Any]], **sheets: Iterable[Sequence[Any]]) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    for name, more in sheets.items():
        sheet = book.create_sheet(name)
        for row in more:
            sheet.append(list(row))
    book.save(path)
    return path


def importer(kind: str, *, branches: Iterable[Mapping[str, Any]] = (), places=PLACES, block: str = "") -> Importer:
    known = Places(places, STATE_ID)
    default = known.by_lgd("block", block) if block else None
    if kind == "places":
        return PlacesImporter(known)
    if kind == "branches":
        return BranchesImporter(known, Branches(branches), default)
    if kind == "groups":
        return GroupsImporter(known, Branches(branches), TODAY, default)
    return MembersImporter(TODAY)


def imported(kind: str, path: Path, door: FakeDoor, *, refused: Path | None = None, **known: Any) -> Report:
    """One file through its importer and a door."""
    sheet, one = open_sheet(path, HEADS[kind]), importer(kind, **known)
    report = Report(path)
    rows = RefusedRows(refused, sheet, one.adds) if refused else None
    run(sheet, one, door, rows, report, lambda done, total: None)
    report.refused_file = rows.close() if rows else None
    return report

"""A register of practice as the files that portals and offices send: in their headers, and with their faults.

Most rows are clean. A given share is dirty in one of the ways that such files are, each row in one way, chosen by the
seed and the row's code alone, so that a register has the same faults in every style and form. What is wrong where, and
what must become of it, is returned with the files.
"""

import csv
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from openpyxl import Workbook

from operations.practice_names import Written
from operations.practice_places import Village
from operations.practice_register import AS_ON, PracticeGroup, PracticeMember, practice_register
from records.search_key import search_key

Cells = dict[str, Any]
"""Our name of a column -> what stands in it: text, or a number where a spreadsheet has one."""

FORMS = ("csv", "csv-bom", "xlsx")

PLACED, REPORTED, SKIPPED, WITH_GROUP = "placed", "reported", "skipped", "with_group"
"""What must become of a row: its record is there afterwards with the values of the register; somebody is told that it
is faulty, whether or not a part of it is kept; nothing, for it says nothing; it is placed exactly if its group is."""


@dataclass(frozen=True)
class Style:
    """How an office writes: headers by our name of the column, in order; names in Hindi or Latin; the form of a day."""

    groups: Mapping[str, str]
    members: Mapping[str, str]
    hindi: bool
    day: str
    words: Mapping[str, str]


@dataclass(frozen=True)
class Dirty:
    """A row that is not as it should be: the line in its file counted from 1, the code it should bear, what is wrong
    with it, and what must become of it."""

    file: str
    line: int
    code: str
    why: str
    fate: str


@dataclass(frozen=True)
class RegisterFiles:
    """The files, how many lines each has, headers included, and the truth: every row but these is clean and PLACED."""

    groups: Path
    members: Path
    lines: Mapping[str, int]
    dirty: tuple[Dirty, ...]


ENGLISH = Style(
    {
        "code": "SHG Code", "name": "SHG Name", "panchayat": "Gram Panchayat", "village": "Village", "block": "Block",
        "formed_on": "Formation Date", "members": "No. of Members", "promoter": "Promoted By", "origin": "SHG Type",
        "bank": "Bank Name", "branch": "Branch Name", "ifsc": "IFSC Code", "account": "Account Number",
        "opened_on": "Account Opening Date",
    },
    {
        "group": "SHG Code", "code": "Member Code", "name": "Member Name", "name_hi": "Member Name (Local)",
        "guardian": "Father/Husband Name", "age": "Age", "mobile": "Mobile No", "joined_on": "Joining Date",
        "office": "Designation",
    },
    hindi=False,
    day="{:%d/%m/%Y}",
    words={
        "nrlm": "NRLM", "new": "New", "revived": "Revived", "co_opted": "Co-opted", "president": "President",
        "secretary": "Secretary", "treasurer": "Treasurer", "member": "Member",
    },
)  # fmt: skip
HINDI = Style(
    {
        "code": "समूह कोड", "name": "समूह का नाम", "panchayat": "ग्राम पंचायत", "village": "ग्राम", "block": "विकासखण्ड",
        "formed_on": "गठन दिनांक", "members": "सदस्य संख्या", "promoter": "प्रवर्तक संस्था", "origin": "समूह का प्रकार",
        "bank": "बैंक", "branch": "शाखा", "ifsc": "IFSC कोड", "account": "खाता क्रमांक",
        "opened_on": "खाता खुलने का दिनांक",
    },
    {
        "group": "समूह कोड", "code": "सदस्य कोड", "name": "सदस्य का नाम", "guardian": "पति/पिता का नाम", "age": "आयु",
        "mobile": "मोबाइल नंबर", "joined_on": "जुड़ने का दिनांक", "office": "पद",
    },
    hindi=True,
    day="{:%d-%m-%Y}",
    words={
        "nrlm": "एनआरएलएम", "new": "नया", "revived": "पुनर्जीवित", "co_opted": "सह-चयनित", "president": "अध्यक्ष",
        "secretary": "सचिव", "treasurer": "कोषाध्यक्ष", "member": "सदस्य",
    },
)  # fmt: skip
MIXED = Style(
    {
        "code": "SHG ID", "name": "Name of SHG", "block": "Block", "panchayat": "GP Name", "village": "Vill Name",
        "formed_on": "Formation Dt", "members": "Mem", "promoted": "Promoted By / Type", "ifsc": "IFSC", "bank": "Bank",
        "branch": "शाखा", "account": "A/C No", "opened_on": "A/C Opening Dt",
    },
    {
        "group": "SHG ID", "code": "Member ID", "name_hi": "सदस्य नाम", "guardian": "F/H Name", "born_on": "DOB",
        "mobile": "Mob No", "joined_on": "Joining Dt", "office": "Desig",
    },
    hindi=False,
    day="{:%d.%m.%Y}",
    words=ENGLISH.words,
)  # fmt: skip
STYLES: Mapping[str, Style] = {"english": ENGLISH, "hindi": HINDI, "mixed": MIXED}


def register_files(
    folder: Path,
    seed: int,
    villages: Sequence[Village],
    groups: int,
    *,
    style: str = "english",
    form: str = "csv",
    dirt: float = 0.05,
    today: date = AS_ON,
) -> RegisterFiles:
    """Write a register as a file of groups and one of members, `dirt` of the rows faulty. Women who left are left out.

    `style` is one of STYLES, `form` one of FORMS.
    """
    writing = STYLES[style]
    suffix = form.partition("-")[0]
    paths = {file: folder / f"{file}-{style}.{suffix}" for file in ("groups", "members")}
    sheets = {
        "groups": _Writer("groups", _sheet(paths["groups"], form), writing.groups),
        "members": _Writer("members", _sheet(paths["members"], form), writing.members),
    }
    for group in practice_register(seed, villages, groups, today=today):
        fault = _fault(seed, "groups", group.code, dirt, group)
        sheets["groups"].write(_group_cells(group, writing), group.code, fault)
        # Where the faulty row comes after the clean one, the group itself is placed.
        reported = fault is not None and fault.fate == REPORTED and not fault.extra
        for member in group.present:
            own = _fault(seed, "members", member.code, dirt, member)
            fate_with_group = WITH_GROUP if reported else None
            sheets["members"].write(_member_cells(group, member, writing), member.code, own, fate_with_group)
    for sheet in sheets.values():
        sheet.close()
    return RegisterFiles(
        paths["groups"],
        paths["members"],
        {file: sheet.line for file, sheet in sheets.items()},
        tuple(dirty for sheet in sheets.values() for dirty in sheet.dirty),
    )


# --- what a clean row says


def _group_cells(group: PracticeGroup, style: Style) -> Cells:
    village, account = group.village, group.account
    opened = account if account and account.number else None
    promoted = {"promoter": style.words["nrlm"], "origin": style.words[group.origin]}
    return {
        "code": group.code,
        "name": _in(style, group.name),
        "panchayat": _in(style, village.panchayat.name),
        "village": _in(style, village.name),
        "block": _in(style, village.block.name),
        "formed_on": style.day.format(group.formed_on),
        "members": group.declared_members,
        **promoted,
        "promoted": " / ".join(promoted.values()),
        "bank": account.branch.bank if account else "",
        "branch": _in(style, account.branch.name) if account else "",
        "ifsc": account.branch.ifsc if account else "",
        "account": opened.number if opened else "",
        "opened_on": style.day.format(opened.opened_on) if opened and opened.opened_on else "",
    }


def _member_cells(group: PracticeGroup, member: PracticeMember, style: Style) -> Cells:
    return {
        "group": group.code,
        "code": member.code,
        "name": _in(style, member.name),
        "name_hi": member.name.hindi,
        "guardian": _in(style, member.guardian),
        "age": member.age,
        "born_on": style.day.format(member.born_on),
        "mobile": member.mobile or "",
        "joined_on": style.day.format(member.joined_on),
        "office": style.words[member.office or "member"],
    }


def _in(style: Style, name: Written) -> str:
    return name.hindi if style.hindi else name.latin


# --- what is wrong with the others


@dataclass(frozen=True)
class Fault:
    """One way of being dirty. `spoil` changes the cells of a row; `extra`: the faulty row comes after the clean one."""

    why: str
    fate: str
    spoil: Callable[[Cells], None]
    extra: bool = False
    file: str = ""
    fits: Callable[[Any], bool] = lambda record: True


def _set(name: str, value: Any) -> Callable[[Cells], None]:
    return lambda cells: cells.update({name: value})


def _impossible(name: str) -> Callable[[Cells], None]:
    """The thirtieth or thirty-first of February, in the form of the row."""

    def spoil(cells: Cells) -> None:
        first, sign, year = cells[name][:2], cells[name][2], cells[name][-4:]
        cells[name] = f"{31 if int(first) % 2 else 30}{sign}02{sign}{year}"

    return spoil


def _serial(name: str) -> Callable[[Cells], None]:
    """The day as a spreadsheet counts it, from the end of 1899."""

    def spoil(cells: Cells) -> None:
        day, month, year = cells[name][:2], cells[name][3:5], cells[name][-4:]
        cells[name] = (date(int(year), int(month), int(day)) - date(1899, 12, 30)).days

    return spoil


def _devanagari(cells: Cells) -> None:
    """Days and numbers in the digits of Hindi, as a typist of the block writes them."""
    for name in ("formed_on", "opened_on", "members", "account", "age", "mobile", "joined_on", "born_on"):
        if name in cells:
            cells[name] = str(cells[name]).translate(_DIGITS)


_DIGITS = str.maketrans("0123456789", "०१२३४५६७८९")


def _spaces(cells: Cells) -> None:
    for name, value in cells.items():
        if isinstance(value, str) and value:
            cells[name] = f"{value}  " if name != "village" else f" {value}\u00a0"


def _misspell(cells: Cells) -> None:
    """The village as somebody else would write it; it sounds the same."""
    written = cells["village"]
    cells["village"] = next(_misspelt(written), written.lower() if written.isascii() else written + " ")


def _misspelt(name: str) -> Iterator[str]:
    pairs = (("i", "ee"), ("u", "oo"), ("w", "v"), ("a", "aa"), ("ि", "ी"), ("ु", "ू"), ("ी", "ि"), ("श", "ष"), ("ँ", "ं"))
    for old, new in pairs:
        changed = name.replace(old, new, 1)
        if changed != name and search_key(changed) == search_key(name):
            yield changed


def _eat(cells: Cells) -> None:
    """What is left of a long number after a spreadsheet took it for a quantity and it was saved as text."""
    cells["account"] = f"{float(cells['account']):.2E}"


def _letter_for_zero(cells: Cells) -> None:
    cells["ifsc"] = cells["ifsc"][:4] + "O" + cells["ifsc"][5:]


def _another(cells: Cells) -> None:
    """Another row under the same code: its name is another one."""
    for name in ("name", "name_hi"):
        if name in cells:
            cells[name] += " (2)"


def _nothing(cells: Cells) -> None:
    cells.clear()


def _has_number(record: Any) -> bool:
    return bool(record.account and record.account.number)


FAULTS = (
    Fault("code_missing", REPORTED, _set("code", "")),
    Fault("day_impossible", REPORTED, _impossible("formed_on"), file="groups"),
    Fault("day_impossible", REPORTED, _impossible("joined_on"), file="members"),
    Fault("village_unknown", REPORTED, _set("village", "Kahin Nahin 7"), file="groups"),
    Fault("ifsc_wrong", REPORTED, _letter_for_zero, file="groups", fits=lambda group: bool(group.account)),
    Fault("account_eaten", REPORTED, _eat, file="groups", fits=_has_number),
    Fault("group_missing", REPORTED, _set("group", ""), file="members"),
    Fault(
        "mobile_too_long", REPORTED, lambda cells: cells.update(mobile=cells["mobile"] + "7"), file="members",
        fits=lambda member: bool(member.mobile),
    ),
    Fault("code_twice", REPORTED, _another, extra=True),
    Fault("village_misspelt", PLACED, _misspell, file="groups"),
    Fault("day_as_serial", PLACED, _serial("formed_on"), file="groups"),
    Fault("day_as_serial", PLACED, _serial("joined_on"), file="members"),
    Fault("devanagari_digits", PLACED, _devanagari),
    Fault("spaces", PLACED, _spaces),
    Fault("header_again", SKIPPED, _nothing, extra=True),
    Fault("empty_row", SKIPPED, _nothing, extra=True),
)  # fmt: skip


def _fault(seed: int, file: str, code: str, dirt: float, record: Any) -> Fault | None:
    """What is wrong with a row, if anything."""
    chance = random.Random(f"{seed}/dirt/{file}/{code}")
    if chance.random() >= dirt:
        return None
    return chance.choice([fault for fault in FAULTS if fault.file in ("", file) and fault.fits(record)])


# --- writing


class Sheet(Protocol):
    """Where rows go."""

    def append(self, row: Sequence[Any]) -> None: ...

    def close(self) -> None: ...


class _CsvSheet:
    def __init__(self, path: Path, encoding: str) -> None:
        self._file = path.open("w", encoding=encoding, newline="")
        self._writer = csv.writer(self._file)

    def append(self, row: Sequence[Any]) -> None:
        self._writer.writerow(row)

    def close(self) -> None:
        self._file.close()


class _XlsxSheet:
    def __init__(self, path: Path) -> None:
        self._path, self._book = path, Workbook(write_only=True)
        self._sheet = self._book.create_sheet("Register")

    def append(self, row: Sequence[Any]) -> None:
        self._sheet.append(list(row))

    def close(self) -> None:
        self._book.save(self._path)


def _sheet(path: Path, form: str) -> Sheet:
    match form:
        case "csv":
            return _CsvSheet(path, "utf-8")
        case "csv-bom":
            return _CsvSheet(path, "utf-8-sig")
        case "xlsx":
            return _XlsxSheet(path)
    raise ValueError(f"a register is written as one of {', '.join(FORMS)}, not as {form}")


class _Writer:
    """Writes one file in its style and keeps what is wrong with it."""

    def __init__(self, file: str, sheet: Sheet, headers: Mapping[str, str]) -> None:
        self.file, self.line, self.dirty = file, 0, list[Dirty]()
        self._sheet, self._headers = sheet, headers
        self._append(list(headers.values()))

    def write(self, cells: Cells, code: str, fault: Fault | None, fate: str | None = None) -> None:
        """A row, with its fault. `fate` is that of the row where it has none of its own."""
        faulty = dict(cells)
        if fault:
            fault.spoil(faulty)
        if fault is None or fault.extra:
            self._append([cells[name] for name in self._headers])
            if fate:
                self.dirty.append(Dirty(self.file, self.line, code, "group_reported", fate))
        if fault:
            again = list(self._headers.values())
            self._append(again if fault.why == "header_again" else [faulty.get(name, "") for name in self._headers])
            own = fate if fate and fault.fate == PLACED else fault.fate
            self.dirty.append(Dirty(self.file, self.line, code, fault.why, own))

    def close(self) -> None:
        self._sheet.close()

    def _append(self, row: Sequence[Any]) -> None:
        self._sheet.append(row)
        self.line += 1

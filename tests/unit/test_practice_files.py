"""The register as files: what a clean row says is the register, and what is wrong elsewhere is as the truth has it."""

import csv
import re
from collections import Counter
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook

from operations.practice_files import (
    FAULTS,
    FORMS,
    PLACED,
    REPORTED,
    SKIPPED,
    STYLES,
    WITH_GROUP,
    register_files,
)
from operations.practice_places import practice_blocks, villages_of
from operations.practice_register import practice_register
from records.aadhaar import aadhaar_runs
from records.search_key import search_key
from records.written import read_day, western_digits

SEED, GROUPS, DIRT = 3, 120, 0.4
VILLAGES = villages_of(practice_blocks(1))
REGISTER = {group.code: group for group in practice_register(SEED, VILLAGES, GROUPS)}
MEMBERS = {member.code: (group, member) for group in REGISTER.values() for member in group.present}


def written(folder, **how):
    return register_files(folder, SEED, VILLAGES, GROUPS, dirt=DIRT, **how)


def lines(path):
    """The rows of a file as text, an empty cell as ''."""
    if path.suffix == ".xlsx":
        book = load_workbook(path, read_only=True)
        rows = [["" if cell is None else str(cell) for cell in row] for row in book.active.iter_rows(values_only=True)]
        book.close()
        return rows
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def columns(style, file):
    return list(getattr(STYLES[style], file))


@pytest.fixture(scope="module", params=[(style, form) for style in STYLES for form in FORMS], ids="-".join)
def one(request, tmp_path_factory):
    style, form = request.param
    return style, form, written(tmp_path_factory.mktemp("files"), style=style, form=form)


def test_a_clean_row_is_the_register(one):
    style, _, files = one
    how = STYLES[style]
    dirty = {(row.file, row.line): row for row in files.dirty if row.why != "group_reported"}
    seen = Counter()
    for file, path in (("groups", files.groups), ("members", files.members)):
        rows = lines(path)
        assert rows[0] == list(getattr(how, file).values()) and len(rows) == files.lines[file]
        for line, row in enumerate(rows[1:], 2):
            if (file, line) in dirty:
                continue
            cells = dict(zip(columns(style, file), row, strict=True))
            seen[file] += 1
            (same_group if file == "groups" else same_member)(cells, how)
    assert seen["groups"] > GROUPS / 2 and seen["members"] > len(MEMBERS) / 2


def same_group(cells, how):
    group = REGISTER[cells["code"]]
    account = group.account
    number = (account.number or "") if account else ""
    assert cells["name"] == (group.name.hindi if how.hindi else group.name.latin)
    assert cells["village"] == (group.village.name.hindi if how.hindi else group.village.name.latin)
    assert read_day(cells["formed_on"]) == group.formed_on
    assert cells["members"] == str(group.declared_members)
    assert (cells["account"], cells["ifsc"]) == (number, account.branch.ifsc if account else "")
    assert (read_day(cells["opened_on"]) if cells["opened_on"] else None) == (account.opened_on if account else None)


def same_member(cells, how):
    group, member = MEMBERS[cells["code"]]
    assert cells["group"] == group.code
    assert cells.get("name_hi", member.name.hindi) == member.name.hindi
    assert cells.get("name", "") in ("", member.name.hindi if how.hindi else member.name.latin)
    assert cells["mobile"] == (member.mobile or "")
    assert read_day(cells["joined_on"]) == member.joined_on
    if "age" in cells:
        assert cells["age"] == str(member.age)
    else:
        assert read_day(cells["born_on"]) == member.born_on


def test_every_group_and_woman_is_there_once_dirty_or_not(one):
    _, _, files = one
    extra = Counter(row.file for row in files.dirty if row.why in ("code_twice", "header_again", "empty_row"))
    assert files.lines["groups"] == 1 + GROUPS + extra["groups"]
    assert files.lines["members"] == 1 + len(MEMBERS) + extra["members"]
    assert len({(row.file, row.line) for row in files.dirty}) == len(files.dirty)


def test_a_dirty_row_is_as_the_truth_says(one):
    style, _, files = one
    rows = {"groups": lines(files.groups), "members": lines(files.members)}
    for row in files.dirty:
        cells = dict(zip(columns(style, row.file), rows[row.file][row.line - 1], strict=True))
        assert LOOKS[row.why](row, cells), (row, cells)
        assert row.fate in FATES[row.why], row


def day_of(row):
    return REGISTER[row.code].formed_on if row.file == "groups" else MEMBERS[row.code][1].joined_on


def first_day(row, cells):
    return cells["formed_on" if row.file == "groups" else "joined_on"]


def is_impossible(row, cells):
    with pytest.raises(ValueError, match="day_unknown"):
        read_day(first_day(row, cells))
    return True


def sounds_the_same(row, cells):
    name = REGISTER[row.code].village.name
    key, wanted = search_key(cells["village"]), (search_key(name.latin), search_key(name.hindi))
    return key in wanted and cells["village"] not in (name.latin, name.hindi)


LOOKS = {
    "code_missing": lambda row, cells: cells["code"] == "" and any(cells.values()),
    "group_missing": lambda row, cells: cells["group"] == "" and cells["code"] == row.code,
    "day_impossible": is_impossible,
    "village_unknown": lambda row, cells: (
        search_key(cells["village"])
        not in {search_key(name) for v in VILLAGES for name in (v.name.latin, v.name.hindi)}
    ),
    "ifsc_wrong": lambda row, cells: re.fullmatch(r"[A-Z]{4}O[A-Z0-9]{6}", cells["ifsc"]),
    "account_eaten": lambda row, cells: re.fullmatch(r"\d\.\d\dE\+\d\d", cells["account"]),
    "mobile_too_long": lambda row, cells: re.fullmatch(r"65555\d{6}", cells["mobile"]),
    "code_twice": lambda row, cells: cells["code"] == row.code and "(2)" in "".join(cells.values()),
    "village_misspelt": sounds_the_same,
    "day_as_serial": lambda row, cells: date(1899, 12, 30) + timedelta(int(first_day(row, cells))) == day_of(row),
    "devanagari_digits": lambda row, cells: (
        re.search("[०-९]", first_day(row, cells)) and read_day(western_digits(first_day(row, cells))) == day_of(row)
    ),
    "spaces": lambda row, cells: cells["code"].strip() == row.code != cells["code"],
    "header_again": lambda row, cells: "SHG" in "".join(cells.values()) or "समूह" in "".join(cells.values()),
    "empty_row": lambda row, cells: not any(cells.values()),
    "group_reported": lambda row, cells: cells["code"] == row.code,
}
FATES = {
    **{fault.why: {fault.fate, WITH_GROUP} if fault.fate == PLACED else {fault.fate} for fault in FAULTS},
    "group_reported": {WITH_GROUP},
}


def test_all_faults_occur_in_the_share_that_was_asked_for(tmp_path):
    files = written(tmp_path)
    own = [row for row in files.dirty if row.why != "group_reported"]
    assert {row.why for row in own} == {fault.why for fault in FAULTS}
    assert 0.36 < len(own) / (GROUPS + len(MEMBERS)) < 0.44
    assert {row.fate for row in own} == {PLACED, REPORTED, SKIPPED, WITH_GROUP}


def test_women_of_a_group_that_is_reported_share_its_fate(tmp_path):
    files = written(tmp_path)
    groups = [row for row in files.dirty if row.file == "groups" and row.fate == REPORTED and row.why != "code_twice"]
    reported, members = {row.code for row in groups}, [row for row in files.dirty if row.file == "members"]
    shared = {MEMBERS[row.code][0].code for row in members if row.fate == WITH_GROUP}
    assert shared == {code for code in reported if REGISTER[code].present}
    assert not any(row.fate == PLACED and MEMBERS[row.code][0].code in reported for row in members)


def test_a_register_without_dirt_has_none(tmp_path):
    files = register_files(tmp_path, SEED, VILLAGES, 50, dirt=0)
    assert files.dirty == () and files.lines["groups"] == 51


def test_all_styles_and_forms_have_the_same_faults(tmp_path):
    truths = {written(tmp_path, style=style, form=form).dirty for style in STYLES for form in FORMS}
    assert len(truths) == 1


def test_the_same_seed_writes_the_same_bytes_with_a_mark_in_front_where_asked(tmp_path):
    first = written(tmp_path).groups.read_bytes()
    assert written(tmp_path).groups.read_bytes() == first
    marked = written(tmp_path, form="csv-bom").groups.read_bytes()
    assert marked == b"\xef\xbb\xbf" + first


def test_nothing_in_the_files_looks_like_an_aadhaar_number(one):
    _, _, files = one
    for path in (files.groups, files.members):
        for row in lines(path):
            assert not any(aadhaar_runs(cell) for cell in row)


def test_another_form_is_refused(tmp_path):
    with pytest.raises(ValueError, match="csv, csv-bom, xlsx"):
        written(tmp_path, form="pdf")

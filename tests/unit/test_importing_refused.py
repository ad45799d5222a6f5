"""The file of refused rows comes back as it is: what nobody has mended is refused again, and nothing of it is lost."""

import csv

import pytest
from openpyxl import Workbook, load_workbook

from operations.importing.headers import OWN
from operations.importing.reasons import CURED_ELSEWHERE, REASONS
from records.ids import official_id
from tests.lists import PLACES, FakeDoor, csv_file, imported, place, xlsx_file

GROUPS = ("SHG Code", "SHG Name", "Block", "GP", "Village", "Formation Date", "Members", "Account No")
GOOD = ("000123", "Jai Ambe", "Badwara", "Bhajia", "Bijouri", "15-08-2021", 12, "00123456789")
MEMBERS = ("SHG Code", "Member Code", "Member Name", "Designation")
DOOR = {"000123": official_id("nrlm/shg", "000123")}


def group(**cells):
    names = [name.replace(" ", "_") for name in GROUPS]
    return [cells.get(name, cell) for name, cell in zip(names, GOOD, strict=True)]


def back_again(tmp_path, kind, rows, suffix, mended=lambda rows: rows):
    """What becomes of the file of refused rows of a list: its report, its rows, and the door that it came through."""
    door = FakeDoor(known=DOOR)
    first = imported(kind, xlsx_file(tmp_path / "list.xlsx", rows), door, refused=tmp_path / f"one{suffix}")
    write(first.refused_file, mended(rows_of(first.refused_file)))
    kept = {key: dict(values) for key, values in door.kept.items()}
    again = imported(kind, first.refused_file, door, refused=tmp_path / f"two{suffix}")
    return first, again, door, kept


NOT_MENDED = {
    "number_rounded": [group(Account_No=4570001001234567)],
    "cells_too_many": [[*group(), None, "and more"]],
    "holds_aadhaar": [group(SHG_Name="Sita Bai 234123412346"), group(SHG_Code="234123412346")],
    "twice_in_file": [group(), group(Members=13), group(SHG_Name="Other")],
    "day_in_future": [group(Formation_Date="15-08-2031")],
}


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
@pytest.mark.parametrize("why", NOT_MENDED)
def test_what_was_refused_and_is_not_mended_is_refused_again(tmp_path, why, suffix):
    first, again, door, kept = back_again(tmp_path, "groups", [GROUPS, *NOT_MENDED[why]], suffix)
    assert (again.placed, again.refused) == (0, first.refused) and why in first.refused
    assert door.kept == kept
    # And a third time, for its file is like the first.
    third = imported("groups", again.refused_file, door, refused=tmp_path / f"three{suffix}")
    assert (third.placed, third.refused) == (0, again.refused)
    assert [row[: len(GROUPS)] for row in rows_of(third.refused_file)] == [
        row[: len(GROUPS)] for row in rows_of(first.refused_file)
    ]


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_of_two_presidents_the_second_is_refused_until_somebody_decides(tmp_path, suffix):
    women = [MEMBERS, ("000123", "1", "Sita", "President"), ("000123", "2", "Gita", "President")]
    _, again, door, kept = back_again(tmp_path, "members", women, suffix)
    assert dict(again.refused) == {"office_twice": 1} and door.kept == kept
    header, row = rows_of(again.refused_file)
    assert "already in line 2" in row[header.index("reason")] and "पंक्ति 2" in row[header.index("कारण")]


@pytest.mark.parametrize(
    ("column", "cell"), [("reason", ""), ("कारण", ""), ("Members", "14"), ("SHG Code", "0123")], ids=str
)
def test_a_row_that_somebody_has_mended_or_found_right_is_placed(tmp_path, column, cell):
    def mended(rows):
        header, row = rows
        row[header.index(column)] = cell
        return [header, row]

    _, again, door, _ = back_again(tmp_path, "groups", [GROUPS, group(), group(Members=13)], ".xlsx", mended)
    assert (again.placed, again.refused_rows) == (1, 0)
    assert door.of("Shg")[-1]["declared_members"] == (14 if column == "Members" else 13)


def test_rows_that_ran_together_are_refused_until_the_list_is_mended(tmp_path):
    path, door = tmp_path / "a.csv", FakeDoor()
    one, two = (",".join(map(str, group(SHG_Name=name))) for name in ('"Jai Ambe', 'Maa Sharda"'))
    path.write_text("\n".join([",".join(GROUPS), one, two]), "utf-8")
    for suffix in (".xlsx", ".csv"):
        report = imported("groups", path, door, refused=tmp_path / f"one{suffix}")
        again = imported("groups", report.refused_file, door, refused=tmp_path / f"two{suffix}")
        assert report.refused == again.refused == {"rows_in_one_cell": 1} and not door.kept
        assert "Jai Ambe" in str(rows_of(again.refused_file)) and "Maa Sharda" in str(rows_of(again.refused_file))


@pytest.mark.parametrize("why", ["number_rounded", "cells_too_many", "holds_aadhaar"])
def test_what_is_wrong_is_seen_without_the_columns_beside_it(tmp_path, why):
    def alone(rows):
        return [row[: len(GROUPS)] + row[len(GROUPS) + len(OWN) :] for row in rows]

    first, again, door, kept = back_again(tmp_path, "groups", [GROUPS, *NOT_MENDED[why]], ".xlsx", alone)
    assert (again.placed, again.refused_rows) == (0, first.refused_rows) and door.kept == kept


def test_a_row_whose_village_has_come_meanwhile_is_placed_as_it_stands(tmp_path):
    path = csv_file(tmp_path / "a.csv", [GROUPS, group(Village="Amadi")])
    report = imported("groups", path, FakeDoor(), refused=tmp_path / "r.xlsx")
    assert dict(report.refused) == {"village_unknown": 1}
    come = place("village", "880099", "Amadi", "gram_panchayat/990001")
    assert imported("groups", report.refused_file, FakeDoor(), places=(*PLACES, come)).placed == 1


def test_every_reason_that_is_cured_elsewhere_is_one():
    assert not CURED_ELSEWHERE - set(REASONS)


def test_surplus_cells_stand_behind_the_last_column(tmp_path):
    path = csv_file(tmp_path / "a.csv", [GROUPS, [*group(Account_No="Bank, SBI"), "00123456789", "234123412346"]])
    out = imported("groups", path, FakeDoor(), refused=tmp_path / "r.csv").refused_file
    header, row = rows_of(out)
    assert header == [*GROUPS, *OWN] and row[len(header) :] == ["00123456789", "XXXXXXXX2346"]


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_no_aadhaar_number_stands_in_a_reason(tmp_path, suffix):
    aadhaar = "234123412346"
    rows = [GROUPS, group(Village=aadhaar), group(Block=f"B {aadhaar}"), group(GP="", Village=f"{aadhaar} x")]
    out = imported("groups", csv_file(tmp_path / "a.csv", rows), FakeDoor(), refused=tmp_path / f"g{suffix}")
    assert out.refused_rows == 3 and out.refused["village_unknown"] >= 1
    _, *told = rows_of(out.refused_file)
    women = csv_file(tmp_path / "women.csv", [MEMBERS, (aadhaar, "1", "Sita", "")])
    out = imported("members", women, FakeDoor(), refused=tmp_path / f"m{suffix}")
    assert dict(out.refused) == {"group_unknown": 1}
    assert aadhaar not in str([*told, *rows_of(out.refused_file)]) and str(told).count("XXXXXXXX2346") >= 9


def test_a_rounded_number_keeps_the_digits_that_it_has(tmp_path):
    path = xlsx_file(tmp_path / "a.xlsx", [GROUPS, group(Account_No=4570001001234567, Members="")])
    header, row = rows_of(imported("groups", path, FakeDoor(), refused=tmp_path / "r.xlsx").refused_file)
    assert row[header.index("Account No")] == "4.570001001234567E+15"


def rows_of(path):
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))
    return [["" if cell is None else cell for cell in row] for row in load_workbook(path).active.values]


def write(path, rows):
    if path.suffix == ".csv":
        csv_file(path, rows)
        return
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)

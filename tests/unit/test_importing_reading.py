"""Files as offices send them: any delimiter, title lines, Hindi headers, workbooks; and those that nobody can read."""

import zipfile

import pytest
from openpyxl import load_workbook

from operations.importing import reading
from operations.importing.headers import GENERAL, GROUPS, HEADS, MEMBERS, PLACES, key_of
from operations.importing.reading import CannotRead, open_sheet
from tests.lists import csv_file, xlsx_file

ENGLISH = ("SHG Code", "SHG Name", "Gram Panchayat", "Village", "Formation Date", "Total Members")
HINDI = ("समूह कोड", "समूह का नाम", "ग्राम पंचायत", "ग्राम", "गठन दिनांक", "कुल सदस्य")
CAMEL = ("shgCode", "shgName", "gpName", "villageName", "groupFormationDate", "noOfMembers")
ROW = ("000123", "Jai Ambe", "Bhajia", "Bijouri", "15-08-2021", "12")
ASKED = ("code", "name", "panchayat", "village", "formed_on", "members")


def read(path, kind="groups"):
    sheet = open_sheet(path, HEADS[kind])
    return sheet, list(sheet.rows())


@pytest.mark.parametrize("header", [ENGLISH, HINDI, CAMEL], ids=["english", "hindi", "camel"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_csv_file_of_every_header_style_and_delimiter_is_read(tmp_path, header, delimiter):
    _, rows = read(csv_file(tmp_path / "a.csv", [header, ROW], delimiter=delimiter))
    assert [tuple(row.cell(name) for name in ASKED) for row in rows] == [ROW]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_files_are_read_whatever_their_encoding(tmp_path, encoding):
    _, rows = read(csv_file(tmp_path / "a.csv", [HINDI, ("1", "जय अम्बे", "", "ग्राम", "", "")], encoding=encoding))
    assert rows[0].cell("name") == "जय अम्बे"


def test_lines_are_counted_as_the_person_sees_them(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Register of groups\n\n" + ",".join(ENGLISH) + '\n1,"two\nlines",a,b,c,1\n2,x,a,b,c,1\n', "utf-8")
    sheet, rows = read(path)
    assert sheet.header_line == 3
    assert [(row.line, row.cell("code")) for row in rows] == [(4, "1"), (6, "2")]


def test_what_stands_above_the_header_is_passed_over(tmp_path):
    title = [("SHG Profile Report", "", "State: Madhya Pradesh"), ("Block", "Badwara"), ()]
    sheet, rows = read(xlsx_file(tmp_path / "a.xlsx", [*title, ENGLISH, ROW]))
    assert (sheet.header_line, len(rows), rows[0].line) == (4, 1, 5)


def test_the_sheet_with_the_list_is_found_and_the_others_are_named(tmp_path):
    path = xlsx_file(tmp_path / "a.xlsx", [("Notes",), ("Nothing here",)], list=[HINDI, ROW], more=[("x",)])
    sheet, rows = read(path)
    assert (sheet.sheet, sheet.other_sheets, len(rows)) == ("list", ("Sheet", "more"), 1)


def workbook(path, *, merge=(), hide=(), **sheets):
    """A workbook of some sheets, with cells merged on the first one and some sheets hidden."""
    book = load_workbook(xlsx_file(path, (), **sheets))
    del book["Sheet"]
    for cells in merge:
        book.worksheets[0].merge_cells(cells)
    for name in hide:
        book[name].sheet_state = "hidden"
    book.save(path)
    return path


def test_a_hidden_sheet_is_not_read(tmp_path):
    path = workbook(tmp_path / "a.xlsx", old=[ENGLISH, ("1", *ROW[1:])], list=[ENGLISH, ROW], hide=["old"])
    sheet, rows = read(path)
    assert (sheet.sheet, sheet.other_sheets, sheet.other_lists) == ("list", ("old",), ())
    assert rows[0].cell("code") == "000123"
    only = workbook(tmp_path / "b.xlsx", old=[ENGLISH, ROW], notes=[("x",)], hide=["old"])
    assert 'on the hidden sheet "old". Show that sheet' in refusal(only)


def test_another_sheet_with_the_header_is_told(tmp_path):
    sheet, _ = read(workbook(tmp_path / "a.xlsx", one=[ENGLISH, ROW], notes=[("x",)], two=[HINDI, ROW]))
    assert (sheet.sheet, sheet.other_sheets, sheet.other_lists) == ("one", ("notes", "two"), ("two",))


def test_cells_that_are_merged_over_rows_count_for_each_of_them(tmp_path):
    rows = [
        ("1", "A", "Bhajia", "Bijouri", "15-08-2021"),
        ("2", "B", None, "Katariya"),
        ("3", "C", None, "Parsel"),
        ("4", "D"),
        (),
        ("Total", None, None, None, None, 23),
    ]
    merge = ["A1:B1", "C3:C7", "E3:F4", "B7:B8"]
    _, read_rows = read(workbook(tmp_path / "a.xlsx", list=[("Title",), ENGLISH, *rows], merge=merge))
    told = [(row.cell("panchayat"), row.cell("formed_on"), row.cell("members"), row.filled) for row in read_rows]
    assert told == [
        ("Bhajia", "15-08-2021", None, False),
        ("Bhajia", "15-08-2021", None, True),
        ("Bhajia", None, None, True),
        ("Bhajia", None, None, True),
        (None, None, None, False),
        (None, None, 23, False),
    ]


def test_many_merged_cells_are_all_found(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "_CHUNK", 100)
    rows = [(str(n), "A", "Bhajia" if n % 2 else None, "Bijouri", "15-08-2021") for n in range(1, 101)]
    merge = [f"C{n}:C{n + 1}" for n in range(2, 101, 2)]
    _, read_rows = read(workbook(tmp_path / "a.xlsx", list=[ENGLISH, *rows], merge=merge))
    assert {row.cell("panchayat") for row in read_rows} == {"Bhajia"} and sum(row.filled for row in read_rows) == 50


def test_a_size_that_a_workbook_states_wrongly_hides_nothing(tmp_path):
    path, wrong = xlsx_file(tmp_path / "a.xlsx", [ENGLISH, ROW, ROW]), tmp_path / "wrong.xlsx"
    with zipfile.ZipFile(path) as good, zipfile.ZipFile(wrong, "w") as bad:
        for name in good.namelist():
            text = good.read(name)
            bad.writestr(name, text.replace(b'<dimension ref="A1:F3"', b'<dimension ref="A1"'))
    assert b'"A1:F3"' not in zipfile.ZipFile(wrong).read("xl/worksheets/sheet1.xml")
    _, rows = read(wrong)
    assert [row.cell("members") for row in rows] == ["12", "12"]


def test_a_number_shown_with_leading_zeros_keeps_them(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(list(ENGLISH))
    book.active.append([123, "A", "b", "c", "d", 1])
    book.active["A2"].number_format = "000000"
    book.save(tmp_path / "a.xlsx")
    _, rows = read(tmp_path / "a.xlsx")
    assert rows[0].cell("code") == "000123"


def test_columns_that_nobody_asked_for_are_named(tmp_path):
    sheet, _ = read(csv_file(tmp_path / "a.csv", [(*ENGLISH, "Aadhaar Seeded", "Grade"), ROW]))
    assert sheet.header.unread == ("Aadhaar Seeded", "Grade")


def test_nothing_is_read_twice_from_two_columns_of_one_meaning(tmp_path):
    sheet, rows = read(csv_file(tmp_path / "a.csv", [(*ENGLISH, "Group Name"), (*ROW, "Other")]))
    assert rows[0].cell("name") == "Jai Ambe" and sheet.header.unread == ("Group Name",)


@pytest.mark.parametrize(
    ("kind", "header", "read"),
    [
        (
            "groups",
            "District,Code,Block,Code,Village,SHG Code,SHG Name,Formation Date",
            {"code": "SHG Code", "name": "SHG Name"},
        ),
        ("groups", "SHG Code,Name,SHG Name,Village,Formation Date", {"name": "SHG Name"}),
        ("groups", "समूह,नाम,समूह का नाम,कोड,ग्राम,गठन दिनांक", {"name": "समूह का नाम", "code": "कोड"}),
        ("groups", "Code,Name,Village,Formation Date,Type", {"code": "Code", "name": "Name", "origin": "Type"}),
        ("groups", "SHG Code,SHG Name,Village,Formation Date,Bank IFSC Code", {"ifsc": "Bank IFSC Code"}),
        (
            "members",
            "Name,SHG Code,Member Code,Member Name,Category,Caste",
            {"name": "Member Name", "social_category": "Caste"},
        ),
    ],
)  # fmt: skip
def test_a_word_that_says_little_counts_only_where_no_fuller_one_stands(tmp_path, kind, header, read):
    sheet = open_sheet(csv_file(tmp_path / "a.csv", [header.split(",")]), HEADS[kind])
    assert {name: sheet.header.named(name) for name in read} == read


def test_of_several_columns_called_code_none_is_taken_for_the_group_s(tmp_path):
    path = csv_file(tmp_path / "a.csv", ["District,Code,Block,Code,Village,SHG Name,Formation Date".split(",")])
    assert "lacks a column for: code." in refusal(path)


def test_every_general_word_is_one_that_is_read():
    known = {key_of(word) for words in (GROUPS, MEMBERS) for some in words.values() for word in some.split("|")}
    assert not [word for word in GENERAL.split("|") if key_of(word) not in known]


@pytest.mark.parametrize(
    ("header", "word"),
    [("Acount No", "account no"), ("Formation Dt", None), ("IFSC Cod", "ifsc code"), ("खाता संख्य", "खाता संख्या"),
     ("Grade", None), ("Village Type", None), ("Group Name", None), ("Agee", None)],
)  # fmt: skip
def test_a_header_that_is_nearly_a_word_is_told(tmp_path, header, word):
    sheet, _ = read(csv_file(tmp_path / "a.csv", [(*ENGLISH, header), ROW]))
    assert HEADS["groups"].misspelt(sheet.header) == ({header: word} if word else {})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Village Name (In English)", "VILLAGE NAME"),
        ("Village Name (In Englsih)", "villageNameEnglish"),
        ("गाँव का नाम", "गांव का नाम"),
        ("विकासखण्ड", "विकासखंड"),
        ("ज़िला", "जिला"),
        ("A/C No.", "ac_no"),
    ],
)
def test_headers_are_one_in_all_their_spellings(one, other):
    assert key_of(one) == key_of(other) != ""


@pytest.mark.parametrize("words", [GROUPS, MEMBERS, PLACES], ids=["groups", "members", "places"])
def test_no_header_word_means_two_things(words):
    meant = {}
    for name, some in words.items():
        for word in some.split("|"):
            assert meant.setdefault(key_of(word), name) == name, word


# --- files that cannot be read


def refusal(path, kind="groups"):
    with pytest.raises(CannotRead) as caught:
        open_sheet(path, HEADS[kind])
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    assert "cannot be opened" in refusal(tmp_path / "none.csv")


def test_an_empty_file(tmp_path):
    (tmp_path / "a.csv").touch()
    assert "is empty" in refusal(tmp_path / "a.csv")


def test_an_old_or_locked_workbook(tmp_path):
    (tmp_path / "a.xls").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 100)
    assert "save it as XLSX without a password" in refusal(tmp_path / "a.xls")


def test_a_zip_that_is_no_workbook(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert "no workbook" in refusal(tmp_path / "a.xlsx")


def test_a_workbook_that_breaks_off(tmp_path):
    path = xlsx_file(tmp_path / "a.xlsx", [ENGLISH, ROW])
    path.write_bytes(path.read_bytes()[:-200])
    assert "no workbook" in refusal(path)


def test_a_file_in_a_single_byte_alphabet(tmp_path):
    (tmp_path / "a.csv").write_bytes(",".join(ENGLISH).encode() + b"\n1,Caf\xe9,a,b,c,1\n")
    assert "CSV UTF-8" in refusal(tmp_path / "a.csv")


HEADER = "SHG Code,SHG Name,Block,Village,Formation Date"
QUOTED = (
    '6001,"Jai Ambe,Badwara,Bijouri,15-08-2021',
    '6002,"Maa Sharda,Badwara,Katariya,16-08-2021',
    "6003,C,Badwara,Bijouri,15-08-2021",
)


def text(tmp_path, *lines):
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return tmp_path / "a.csv"


@pytest.mark.parametrize("lines", [QUOTED, QUOTED[:1] + QUOTED[2:]], ids=["two marks", "one mark"])
def test_a_quotation_mark_that_stands_alone_swallows_no_row(tmp_path, lines):
    said = refusal(text(tmp_path, HEADER, "6000,A,Badwara,Bijouri,15-08-2021", *lines))
    assert "from line 3 on" in said and "quotation mark" in said


def test_titles_may_hold_any_quotation_marks(tmp_path):
    sheet, rows = read(text(tmp_path, '"Register" of groups', HEADER, '1,"A ""x"", B",a,b,15-08-2021'))
    assert (sheet.header_line, sheet.count) == (2, 1) and rows[0].cell("name") == 'A "x", B'


def test_a_cell_that_holds_a_row_is_told_apart_from_one_of_several_lines(tmp_path):
    _, rows = read(text(tmp_path, HEADER, QUOTED[0], '6002,Maa",Badwara,b,16-08-2021', '6003,"A,\nB, C",a,b,c'))
    assert [(row.line, row.ran_together) for row in rows] == [(2, "SHG Name"), (4, "")]
    _, rows = read(text(tmp_path, f"{HEADER},,Remark", '1,A,a,b,c,"x,', '2,B,a,b,c,y",z'))
    assert [row.ran_together for row in rows] == ["?"]


def test_a_picture(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"BM\0\0\0\0\0\0\0\0\0")
    assert "neither a CSV file nor a workbook" in refusal(tmp_path / "a.csv")


@pytest.mark.parametrize(
    "start", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff\xe0\0\x10JFIF", b"%PDF-1.7\n%\xe2\xe3"]
)
def test_a_picture_that_is_called_a_workbook(tmp_path, start):
    (tmp_path / "a.xlsx").write_bytes(start)
    assert "is a picture or a PDF, whatever its name says" in refusal(tmp_path / "a.xlsx")


@pytest.mark.parametrize("start", ["<html><table><tr><td>SHG", "\ufeff\n <!DOCTYPE html>", '<?xml version="1.0"?>'])
def test_a_web_page_that_is_called_a_workbook(tmp_path, start):
    (tmp_path / "a.xls").write_text(start, "utf-8")
    assert "is a web page or XML" in refusal(tmp_path / "a.xls")


def test_a_list_of_something_else(tmp_path):
    said = refusal(csv_file(tmp_path / "a.csv", [("fruit", "price"), ("mango", "20")]))
    assert "has no header that is understood" in said and "formed on" in said


def test_a_list_that_lacks_a_column_says_which_and_what_was_not_understood(tmp_path):
    said = refusal(csv_file(tmp_path / "a.csv", [("SHG Code", "SHG Name", "Village", "Born on"), ("1", "a", "b", "c")]))
    assert "lacks a column for: formed on." in said and "Born on" in said

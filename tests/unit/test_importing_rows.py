"""Every row of a list is placed, or refused with its reason: the four importers before a door that remembers."""

import csv
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import MAC_EPOCH

from operations.importing.choices import ANSWERS, answer_of
from operations.importing.headers import OWN
from operations.importing.reading import CannotRead
from operations.importing.reasons import REASONS
from operations.importing.refused import free_path
from operations.importing.running import ROWS_AT_ONCE
from records.ids import first_account_id, official_id
from records.member import Member
from records.record import fields_of
from records.shg import Shg
from tests.lists import PLACES, VILLAGE, FakeDoor, csv_file, imported, place, xlsx_file

GROUPS = ("SHG Code", "SHG Name", "Block", "GP", "Village", "Village Code", "Formation Date", "Members")
ACCOUNT = ("Bank", "Branch", "IFSC", "Account No", "Account Opening Date", "Name in passbook")
GOOD = {
    "SHG Code": "000123", "SHG Name": "Jai Ambe", "Block": "Badwara", "GP": "Bhajia", "Village": "Bijouri",
    "Formation Date": "15-08-2021", "Members": "12",
}  # fmt: skip
GROUP = official_id("nrlm/shg", "000123")
BRANCH = {
    "id": official_id("ifsc", "BKID0MG1227"), "ifsc": "BKID0MG1227", "bank_name": "Madhya Pradesh Gramin Bank",
    "name": "Badwara", "block_id": official_id("lgd", "block/3885"),
}  # fmt: skip


def listed(tmp_path, header, *rows, name="list.csv"):
    return csv_file(tmp_path / name, [header, *([row.get(cell, "") for cell in header] for row in rows)])


def groups(tmp_path, *rows, door=None, **known):
    door = door or FakeDoor()
    report = imported("groups", listed(tmp_path, (*GROUPS, *ACCOUNT), *rows), door, **known)
    return report, door


def only_reason(report):
    assert (report.placed, report.refused_rows) == (0, 1), report
    return next(iter(report.refused))


# --- groups


def test_a_group_is_placed_with_what_the_register_says(tmp_path):
    report, door = groups(tmp_path, GOOD)
    assert (report.rows, report.placed, report.refused_rows) == (1, 1, 0)
    assert door.kept == {
        ("Shg", GROUP): {
            "portal_code": "000123", "village_id": VILLAGE, "name": "Jai Ambe", "formed_on": "2021-08-15",
            "declared_members": 12,
        }
    }  # fmt: skip


def test_a_column_that_is_misspelt_stands_at_the_top_of_the_summary(tmp_path):
    row = GOOD | {"Acount No": "00123456789"}
    report = imported("groups", listed(tmp_path, tuple(row), row), FakeDoor())
    assert '"Acount No" was not read. Should it be "account no"?' in report.sentences()[1]


def test_the_sheet_that_is_read_and_other_lists_of_a_workbook_are_told(tmp_path):
    path = xlsx_file(tmp_path / "a.xlsx", [tuple(GOOD), tuple(GOOD.values())], two=[tuple(GOOD)], three=[("x",)])
    report = imported("groups", path, FakeDoor())
    told = "\n".join(report.sentences())
    assert 'LOOK: sheet "two" holds a list too' in told and "sheet read: Sheet; not read: two, three" in told
    assert report.placed == 1 and not report.all_placed


PROFILE = ("Promoted By", "NGO Name", "SHG Type", "Revival Date", "SHG Category", "Special Type", "Meeting Frequency")


def profile(tmp_path, **cells):
    row = GOOD | {name: cells.get(name.replace(" ", "_"), "") for name in PROFILE}
    door = FakeDoor()
    report = imported("groups", listed(tmp_path, tuple(row), row), door)
    assert report.placed == 1, report
    return report, {name: value for name, value in door.kept["Shg", GROUP].items() if name in fields_of(Shg)}


def test_promoter_origin_type_and_rhythm_are_read_in_both_languages(tmp_path):
    _, said = profile(
        tmp_path, Promoted_By="एनजीओ", NGO_Name="ASHA SANSTHA", SHG_Type="पुनर्जीवित", Revival_Date="01-02-2022",
        SHG_Category="Special", Special_Type="PVTG", Meeting_Frequency="पाक्षिक",
    )  # fmt: skip
    assert said.items() >= {
        "promoted_by": "ngo", "promoter_name": "Asha Sanstha", "origin": "revived", "restarted_on": "2022-02-01",
        "group_type": "special", "special_kind": "pvtg", "meeting_rhythm": "fortnightly",
    }.items()  # fmt: skip


def test_a_word_that_is_not_known_blocks_nothing_and_is_counted(tmp_path):
    report, said = profile(tmp_path, Promoted_By="Somebody", Meeting_Frequency="each full moon")
    assert report.notes["word_not_known"] == 2
    assert not {"promoted_by", "meeting_rhythm"} & said.keys()


@pytest.mark.parametrize("day", ["", "01-02-2020"])
def test_a_revived_group_without_a_day_after_its_formation_counts_from_formation(tmp_path, day):
    report, said = profile(tmp_path, SHG_Type="Revived", Revival_Date=day)
    assert report.notes["restart_day_not_told"] == 1
    assert not {"origin", "restarted_on"} & said.keys()


def test_promoter_and_origin_may_stand_in_one_column(tmp_path):
    row = GOOD | {"Promoted By / Type": "NRLM / New"}
    imported("groups", listed(tmp_path, tuple(row), row), door := FakeDoor())
    assert door.kept["Shg", GROUP].items() >= {"promoted_by": "nrlm", "origin": "new"}.items()


def test_every_answer_of_a_list_is_one_that_the_records_know():
    for field, answers in ANSWERS.items():
        cls = Shg if field in fields_of(Shg) else Member
        assert set(answers) <= set(fields_of(cls)[field].choices), field
        for one, words in answers.items():
            assert all(answer_of(field, word.strip()) == one for word in words.split("|")), (field, one)


def test_a_group_whose_code_was_typed_on_a_phone_is_that_group(tmp_path):
    door = FakeDoor(known={"000123": "ab" * 16})
    groups(tmp_path, GOOD, door=door)
    assert list(door.kept) == [("Shg", "ab" * 16)]


def test_an_account_number_makes_the_account_and_its_step(tmp_path):
    account = {
        "Bank": "Bank of India", "Branch": "MPGB BADWARA", "IFSC": "bkid0mg1227", "Account No": "00123456789",
        "Account Opening Date": "१-९-२०२१", "Name in passbook": "JAI AMBE SHG",
    }  # fmt: skip
    report, door = groups(tmp_path, GOOD | account, branches=[BRANCH])
    assert report.placed == 1 and not report.notes
    assert door.kept["SavingsAccount", first_account_id(GROUP)] == {
        "shg_id": GROUP, "branch_id": BRANCH["id"], "account_number": "00123456789", "opened_on": "2021-09-01",
        "name_in_passbook": "JAI AMBE SHG",
    }  # fmt: skip
    assert door.kept["AccountStep", official_id("nrlm/step", "000123/opened")] == {
        "account_id": first_account_id(GROUP), "kind": "opened", "on_day": "2021-09-01",
    }  # fmt: skip


def test_a_branch_that_is_not_in_the_list_is_kept_as_written(tmp_path):
    account = {"Bank": "STATE BANK OF INDIA", "Branch": "VILAYAT KALAN", "IFSC": "SBIN0001234"}
    report, door = groups(tmp_path, GOOD | account, branches=[BRANCH])
    assert door.only("SavingsAccount") == {
        "shg_id": GROUP, "typed_ifsc": "SBIN0001234", "typed_bank": "State Bank of India",
        "typed_branch": "Vilayat Kalan",
    }  # fmt: skip
    assert report.notes["branch_typed"] == 1 and not door.of("AccountStep")


def test_an_account_without_its_day_has_the_day_of_formation_in_its_step_only(tmp_path):
    report, door = groups(tmp_path, GOOD | {"Account No": "123456789"})
    assert "opened_on" not in door.only("SavingsAccount")
    assert door.only("AccountStep")["on_day"] == "2021-08-15" and door.only("AccountStep")["note"]
    assert report.notes["opened_on_formation_day"] == 1


@pytest.mark.parametrize("number", ["", "0", "000000000", "NA", "-"])
def test_no_account_number_is_no_account(tmp_path, number):
    report, door = groups(tmp_path, GOOD | {"Account No": number})
    assert report.placed == 1 and not door.of("SavingsAccount") and not door.of("AccountStep")


def test_a_branch_without_a_number_is_a_planned_branch(tmp_path):
    _, door = groups(tmp_path, GOOD | {"IFSC": "BKID0MG1227"}, branches=[BRANCH])
    assert door.only("SavingsAccount") == {"shg_id": GROUP, "branch_id": BRANCH["id"]}
    assert not door.of("AccountStep")


def test_of_branches_that_share_an_ifsc_the_named_one_is_meant(tmp_path):
    other = BRANCH | {"id": official_id("branch", "x"), "name": "Rithi"}
    _, door = groups(tmp_path, GOOD | {"IFSC": "BKID0MG1227", "Branch": "रीठी"}, branches=[BRANCH, other])
    assert door.only("SavingsAccount")["branch_id"] == other["id"]
    _, door = groups(tmp_path, GOOD | {"IFSC": "BKID0MG1227", "Branch": "Elsewhere"}, branches=[BRANCH, other])
    assert door.only("SavingsAccount")["typed_ifsc"] == "BKID0MG1227"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "MPGB BARWARA",
        "बड़वारा शाखा",
        "Badwara, Dist. Katni",
        "Barwada",
        "BRANCH BADWARA (1227)",
        "Main Branch",
        "MPGB",
    ],
)
def test_an_ifsc_tells_the_branch_under_any_spelling_of_its_name(tmp_path, name):
    _, door = groups(tmp_path, GOOD | {"IFSC": "BKID0MG1227", "Branch": name}, branches=[BRANCH])
    assert door.only("SavingsAccount")["branch_id"] == BRANCH["id"]


def test_an_ifsc_does_not_tell_the_branch_of_another_name(tmp_path):
    row = GOOD | {"IFSC": "BKID0MG1227", "Branch": "MPGB SALEHA"}
    report, door = groups(tmp_path, row, branches=[BRANCH])
    assert door.only("SavingsAccount") == {
        "shg_id": GROUP, "typed_ifsc": "BKID0MG1227", "typed_bank": "Madhya Pradesh Gramin Bank",
        "typed_branch": "Saleha",
    }  # fmt: skip
    assert report.placed == 1 and report.notes["branch_named_otherwise"] == 1


@pytest.mark.parametrize(
    "where",
    [
        {"Block": "BARWARA", "GP": "Bhajia", "Village": "Bijouri"},
        {"Block": "बड़वारा", "GP": "ग्राम पंचायत भजिया", "Village": "बिजौरी"},
        {"Block": "Badwara", "GP": "GP Bhajia", "Village": "BIJAURI"},
        {"Block": "", "GP": "", "Village": "", "Village Code": "880001"},
        {"Block": "", "GP": "", "Village": "", "Village Code": "3101001001001"},
        {"Block": "", "GP": "Bhajia", "Village": "Bijouri (880001)"},
        {"Village": "", "Village Code": "0880001"},
    ],
)
def test_a_village_is_found_by_code_or_name_in_any_spelling(tmp_path, where):
    report, door = groups(tmp_path, GOOD | where)
    assert report.placed == 1 and door.only("Shg")["village_id"] == VILLAGE


@pytest.mark.parametrize(
    ("block", "village", "found"),
    [("Barwara", "Parsel", "880004"), ("Dhimarkheda", "Sirmili", "880005"), ("ढीमरखेड़ा", "Sirmili", "880005")],
)
def test_blocks_are_found_under_their_other_spellings(tmp_path, block, village, found):
    _, door = groups(tmp_path, GOOD | {"Block": block, "GP": "", "Village": village})
    assert door.only("Shg")["village_id"] == official_id("lgd", f"village/{found}")


def test_a_village_in_another_panchayat_than_the_row_says_is_noted(tmp_path):
    report, door = groups(tmp_path, GOOD | {"GP": "Bhajia", "Village": "Parsel"})
    assert door.only("Shg")["village_id"] == official_id("lgd", "village/880004")
    assert report.notes["in_another_panchayat"] == 1


def test_the_block_of_the_whole_file_may_be_said_beside_it(tmp_path):
    report, _ = groups(tmp_path, GOOD | {"Block": "", "GP": "", "Village": "Parsel"}, block="3885")
    assert report.placed == 1


@pytest.mark.parametrize("code", ["0301001001001", "301001001001"])
def test_a_zero_in_front_of_the_mission_s_code_may_have_been_dropped(tmp_path, code):
    coded = [one | {"nrlm_code": "0301001001001"} if one["lgd_code"] == "880004" else one for one in PLACES]
    _, door = groups(tmp_path, GOOD | {"GP": "Bhudsa", "Village": "", "Village Code": code}, places=coded)
    assert door.only("Shg")["village_id"] == official_id("lgd", "village/880004")


RAMPURS = (
    *PLACES,
    place("village", "880021", "Pipariya", "gram_panchayat/990001"),
    place("village", "880022", "Pipariya Khurd", "gram_panchayat/990001"),
    place("village", "880023", "Rampura", "gram_panchayat/990001"),
    place("village", "880024", "Salaiya (Mal)", "gram_panchayat/990001"),
    place("village", "880025", "Deori", "gram_panchayat/990001", name_hi="देवरी"),
)


@pytest.mark.parametrize(
    ("village", "found", "named"),
    [
        ("Pipariya (Khurd)", "880022", True),
        ("PIPARIYA KHURD", "880022", False),
        ("पिपरिया", "880021", False),
        ("Pipariya (Basti)", "880021", True),
        ("Pipariya [Kalan]", None, False),
        ("Rampur", "880023", True),
        ("रामपुर", "880023", True),
        ("रामपुरा", "880023", False),
        ("Gram Rampura", "880023", False),
        ("Salaiya Mal", "880024", True),
        ("Salaiya", None, False),
        ("देवरि", "880025", True),
    ],
)
def test_a_village_written_otherwise_is_named_and_words_that_tell_villages_apart_are_not_left_out(
    tmp_path, village, found, named
):
    report, door = groups(tmp_path, GOOD | {"Village": village}, places=RAMPURS)
    if found is None:
        assert only_reason(report) == "village_unknown" and not door.kept
        return
    assert door.only("Shg")["village_id"] == official_id("lgd", f"village/{found}")
    assert bool(report.notes["written_otherwise"]) == named
    assert any(f"{village}: " in line and found in line for line in report.sentences()) == named


def test_the_summary_names_each_village_once_and_so_many_at_most(tmp_path):
    more = [place("village", str(n), f"Gram{n}a", "gram_panchayat/990001") for n in range(25)]
    rows = [GOOD | {"SHG Code": str(n), "Village": f"Gram{n % 25}"} for n in range(50)]
    report, _ = groups(tmp_path, *rows, places=(*PLACES, *more))
    lines = "\n".join(report.sentences())
    assert report.notes["written_otherwise"] == 50 and lines.count("Gram0: ") == 1 and "    and 5 more" in lines


AMADIS = (
    *PLACES,
    place("village", "880011", "Amadi", "gram_panchayat/990002"),
    place("village", "880012", "Amadi", "gram_panchayat/990003"),
)
NOWHERE = {"Block": "", "GP": "", "Village": ""}


@pytest.mark.parametrize(
    "where",
    [
        # The village's code lies in another block, district or panchayat than what stands beside it.
        {"Block": "Badwara", "GP": "Bhudsa", "Village Code": "880005", "Village": "Parcel Tola"},
        {"Block": "Badwara", "Village Code": "880005"},
        {"Block": "Badwara", "Village Code": "880005", "Village": "Sirmili"},
        {"Block Code": "3885", "Village Code": "880005", "Village": "Sirmili"},
        {"Block": "Gunour", "GP": "Saleha", "Village Code": "880001", "Village": "Unknown name"},
        {"District": "Panna", "Village Code": "880001", "Village": "Bijouri"},
        {"District Code": "420", "Village Code": "880001", "Village": "Bijouri"},
        {"GP": "Bhudsa", "Village Code": "880001", "Village": "Bijouri"},
        {"GP Code": "990002", "Village Code": "880001"},
        # Neither the name nor a panchayat confirms the code.
        {"Block": "Badwara", "Village Code": "880001", "Village": "Saleha"},
        {"Village Code": "880001", "Village": "Saleha"},
        # The two codes of a village.
        {"Village NRLM Code": "3101001001001", "Village Code": "880002"},
        # The code and the name of the block, of the panchayat, of the district.
        {"Block Code": "3885", "Block": "Dheemerkheda", "Village": "Amadi"},
        {"Block Code": "3885", "District": "Panna", "Village": "Amadi"},
        {"Block": "Dheemerkheda", "GP Code": "990002", "Village": "Amadi"},
        {"Block": "Badwara", "GP Code": "990002", "GP": "Bhajia", "Village": "Amadi"},
        {"District Code": "413", "District": "Panna", "Block": "Badwara", "Village": "Amadi"},
    ],
)
def test_a_code_is_not_taken_against_what_else_the_row_says(tmp_path, where):
    row = GOOD | NOWHERE | where
    door = FakeDoor()
    report = imported("groups", listed(tmp_path, tuple(row), row), door, places=AMADIS)
    assert only_reason(report) == "code_and_name_differ" and not door.kept


@pytest.mark.parametrize(
    ("where", "found", "note"),
    [
        ({"Block": "Barvara", "Village Code": "880001", "Village": "Bijoura"}, "880001", None),
        ({"Block Code": "3885", "Block": "Badvaara", "GP": "Bhajia", "Village": "Bijouri"}, "880001", None),
        (
            {"Block": "Badwara", "GP": "Bhajia", "Village Code": "880001", "Village": "Saleha"},
            "880001",
            "name_not_known",
        ),
        ({"District": "Murwara", "Village Code": "880001"}, "880001", "name_not_known"),
        ({"GP": "Bhajia", "Village Code": "880004", "Village": "Parsel"}, "880004", "in_another_panchayat"),
        ({"GP": "Nahin", "Village Code": "880004", "Village": "Parsel"}, "880004", "panchayat_not_known"),
        ({"Block": "Badwara", "Village Code": "999999", "Village": "Parsel"}, "880004", "code_not_known"),
        ({"Block": "Badwara", "Block Code": "9", "Village": "Parsel"}, "880004", "code_not_known"),
        ({"Block": "Badwara", "GP": "Bhudsa", "GP Code": "9", "Village": "Parsel"}, "880004", "code_not_known"),
        ({"Block": "Badwara", "GP": "Nahin", "Village": "Parsel"}, "880004", "panchayat_not_known"),
    ],
)
def test_what_is_not_known_beside_what_is_blocks_nothing_and_is_counted(tmp_path, where, found, note):
    row = GOOD | NOWHERE | where
    door = FakeDoor()
    report = imported("groups", listed(tmp_path, tuple(row), row), door, places=AMADIS)
    assert door.only("Shg")["village_id"] == official_id("lgd", f"village/{found}")
    assert dict(report.notes) == ({note: 1} if note else {})


def test_the_mission_s_code_of_a_village_becomes_known_with_its_first_group(tmp_path):
    rows = [GOOD | {"SHG Code": code, "Village": "Katariya", "Village Code": "3101001001002"} for code in ("1", "2")]
    report, door = groups(tmp_path, *rows)
    assert report.placed == 2 and door.only("Place") == {"nrlm_code": "3101001001002"}


BAD_GROUPS = {
    "required": {"SHG Name": ""},
    "letters_lost": {"SHG Name": "???? ???"},
    "old_font": {"SHG Name": "t; vEcs"},
    "formula_broken": {"SHG Name": "#REF!"},
    "holds_aadhaar": {"SHG Name": "Jai Ambe 234123412346"},
    "too_long": {"SHG Name": "Jai " * 40},
    "not_a_day": {"Formation Date": "08-15-2021"},
    "year_too_short": {"Formation Date": "15-08-21"},
    "day_in_future": {"Formation Date": "15-08-2031"},
    "day_too_early": {"Formation Date": "15-08-1880"},
    "not_a_number": {"Members": "a dozen"},
    "too_large": {"Members": "12345678"},
    "too_small": {"Members": "-3"},
    "number_in_short_form": {"Account No": "1.23E+11"},
    "not_an_account_number": {"Account No": "12345"},
    "not_an_ifsc": {"IFSC": "BKID1MG1227"},
    "opened_before_formation": {"Account No": "123456789", "Account Opening Date": "14-08-2021"},
    "not_digits": {"Village Code": "V-12"},
    "block_missing": {"Block": "", "GP": "", "Village": "Parsel"},
    "block_unknown": {"Block": "Badvarra Khurd"},
    "village_missing": {"Village": ""},
    "village_unknown": {"Village": "Bijora"},
    "village_ambiguous": {"GP": ""},
    "code_unknown": {"Village": "", "Village Code": "777"},
    "code_and_name_differ": {"Village": "Katariya", "Village Code": "880001"},
}


def days(tmp_path, *cells, suffix="csv"):
    """Groups with these days of formation: (report, day of formation of those that were placed)."""
    rows = [
        tuple(GOOD),
        *({**GOOD, "SHG Code": str(at), "Formation Date": day}.values() for at, day in enumerate(cells)),
    ]
    path = csv_file(tmp_path / "a.csv", rows) if suffix == "csv" else xlsx_file(tmp_path / "a.xlsx", rows)
    report = imported("groups", path, door := FakeDoor())
    return dict(report.refused), [one["formed_on"] for one in door.of("Shg")]


def test_a_column_with_a_month_first_tells_no_order_for_what_could_be_either(tmp_path):
    refused, placed = days(tmp_path, "08/15/2021", "08/04/2021", "०८/०४/२०२१", "25/03/2021", "07/07/2021", "4-Aug-2021")
    assert refused == {"not_a_day": 1, "day_order_unclear": 2}
    assert placed == ["2021-03-25", "2021-07-07", "2021-08-04"]
    assert days(tmp_path, "15/08/2021", "08/04/2021", "31/02/2021") == ({"not_a_day": 1}, ["2021-08-15", "2021-04-08"])


def test_dates_that_a_spreadsheet_may_have_made_of_some_texts_and_not_of_others_are_refused(tmp_path):
    made = [date(2021, 8, 4), date(2021, 3, 2), date(2021, 7, 7), "15/08/2021", "2021-01-02"]
    refused, placed = days(tmp_path, *made, suffix="xlsx")
    assert refused == {"day_order_unclear": 2} and placed == ["2021-07-07", "2021-08-15", "2021-01-02"]
    for others in ([date(2021, 8, 31), "15/08/2021"], [date(2021, 8, 4), "04/08/2021"]):
        assert not days(tmp_path, date(2021, 8, 4), *others, suffix="xlsx")[0]


@pytest.mark.parametrize("day", ["01-01-1900", "01-01-1970", "12021", "31-12-1979"])
def test_no_group_is_older_than_the_movement(tmp_path, day):
    assert days(tmp_path, day, "01-01-1980") == ({"day_too_early": 1}, ["1980-01-01"])


def test_numbers_for_days_are_counted_from_where_the_workbook_counts(tmp_path):
    book = Workbook()
    book.epoch = MAC_EPOCH
    for row in (tuple(GOOD), tuple({**GOOD, "Formation Date": 42961}.values())):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    imported("groups", tmp_path / "a.xlsx", door := FakeDoor())
    assert door.only("Shg")["formed_on"] == "2021-08-15"


@pytest.mark.parametrize("why", BAD_GROUPS)
def test_a_row_that_cannot_be_placed_is_refused_with_its_reason(tmp_path, why):
    report, door = groups(tmp_path, GOOD | BAD_GROUPS[why])
    assert only_reason(report) == why
    assert not door.kept


def test_two_villages_of_one_name_in_one_panchayat_are_told_apart_by_code_only(tmp_path):
    twin = place("village", "880099", "Bijauri", "gram_panchayat/990001")
    rows = [GOOD | {"Village": "बिजौरि"}, GOOD | {"SHG Code": "2", "Village Code": "880099"}]
    report, door = groups(tmp_path, *rows, places=(*PLACES, twin))
    assert report.placed == 1 and dict(report.refused) == {"village_ambiguous": 1}
    assert door.only("Shg")["village_id"] == twin["id"]


def test_more_cells_than_columns_are_refused(tmp_path):
    path = csv_file(tmp_path / "a.csv", [tuple(GOOD), (*GOOD.values(), "and more")])
    assert only_reason(imported("groups", path, FakeDoor())) == "cells_too_many"


def test_two_blocks_of_one_name_are_told_apart_by_the_district(tmp_path):
    twin = place("block", "3999", "Badwara", "district/420")
    path = listed(tmp_path, (*GROUPS, "District"), GOOD, GOOD | {"SHG Code": "2", "District": "Katni"},
                  GOOD | {"SHG Code": "3", "District": "Nowhere"})  # fmt: skip
    report = imported("groups", path, FakeDoor(), places=(*PLACES, twin))
    assert report.placed == 1 and dict(report.refused) == {"block_ambiguous": 1, "district_unknown": 1}


def test_a_number_that_excel_has_rounded_is_refused(tmp_path):
    path = xlsx_file(tmp_path / "a.xlsx", [(*GOOD, "Account No"), (*GOOD.values(), 1234567890123456)])
    assert only_reason(imported("groups", path, FakeDoor())) == "number_rounded"


def accounts(tmp_path, *cells, ifsc="BKID0009421", suffix="xlsx"):
    """Groups with these account numbers of a bank: (reasons, notes about them, numbers of those that were placed)."""
    heads = (*GOOD, "Account No", "IFSC", "Account Opening Date")
    rows = [({**GOOD, "SHG Code": str(at)}, cell, ifsc, "16-08-2021") for at, cell in enumerate(cells)]
    rows = [heads, *((*first.values(), *rest) for first, *rest in rows)]
    path = xlsx_file(tmp_path / "a.xlsx", rows) if suffix == "xlsx" else csv_file(tmp_path / "a.csv", rows)
    report = imported("groups", path, door := FakeDoor())
    return dict(report.refused), report.notes, [one["account_number"] for one in door.of("SavingsAccount")]


@pytest.mark.parametrize("other", ["0457000100123456", "4570001001234567"])
def test_a_number_cell_shorter_than_its_bank_s_numbers_in_text_has_lost_zeros(tmp_path, other):
    assert accounts(tmp_path, 457000100123456, other)[0] == {"zeros_may_be_missing": 1}


def test_other_account_numbers_from_number_cells_are_counted(tmp_path):
    refused, notes, placed = accounts(tmp_path, 457000100123456, 45700010012, "45700010012", "457000100123456")
    assert not refused and notes["account_from_number"] == 2 and len(placed) == 4


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_zeros_at_the_end_are_what_a_spreadsheet_left_of_a_number(tmp_path, suffix):
    cells = [1.23457e11, "123457000000", "457000100123456000", "1234567890120000", "4570001001234561"]
    refused, _, placed = accounts(tmp_path, *cells, suffix=suffix)
    assert refused == {"number_in_short_form": 2, "number_rounded": 1} and placed == cells[3:]
    rounded = [f"45700010012345{n}0" for n in range(4)]
    assert accounts(tmp_path, *rounded, suffix=suffix)[0] == {"number_rounded": 4}
    assert not accounts(tmp_path, *rounded, "4570001001234561", suffix=suffix)[0]
    assert not accounts(tmp_path, *rounded[:1], suffix=suffix)[0]


def test_the_same_code_twice_is_refused_unless_the_rows_are_the_same(tmp_path):
    more = [{}, {"SHG Code": "Total", "Members": "25"}, {name: name for name in (*GROUPS, *ACCOUNT)}]
    report, door = groups(tmp_path, GOOD, GOOD, GOOD | {"Members": "13"}, *more)
    assert report.placed == 1 and dict(report.refused) == {"twice_in_file": 1}
    assert dict(report.passed_over) == {"repeated": 1, "blank": 1, "total": 1, "header": 1}
    assert door.only("Shg")["declared_members"] == 12


def test_what_the_centre_refuses_is_refused_with_its_reason(tmp_path):
    door = FakeDoor(refuses={("SavingsAccount", first_account_id(GROUP)): "read_only"})
    report, _ = groups(tmp_path, GOOD | {"Account No": "123456789"}, door=door)
    assert only_reason(report) == "centre_refused"


def test_a_lot_goes_through_the_door_at_once_parents_first(tmp_path):
    rows = [GOOD | {"SHG Code": str(n), "Account No": f"{n:09}"} for n in range(1, ROWS_AT_ONCE + 2)]
    report, door = groups(tmp_path, *rows)
    assert report.placed == len(rows) and door.lots == 2
    kinds = [kind for kind, _ in door.kept][: 3 * ROWS_AT_ONCE : ROWS_AT_ONCE]
    assert kinds == ["Shg", "SavingsAccount", "AccountStep"]


# --- members

MEMBERS = ("SHG Code", "Member Code", "Member Name", "Father/Husband Name", "Age", "Mobile No", "Date of Joining",
           "Date of leaving", "Designation", "DOB", "Social Category", "Education", "Member Name (Local)")  # fmt: skip
SITA = {
    "SHG Code": "000123", "Member Code": "77001", "Member Name": "SITA BAI", "Father/Husband Name": "Ram Lal",
    "Age": "३५", "Mobile No": "+91 65555 00001", "Date of Joining": "16/08/2021", "Designation": "President",
}  # fmt: skip
SITAS = official_id("nrlm/member", "77001")


def members(tmp_path, *rows, door=None):
    door = door or FakeDoor(known={"000123": GROUP})
    return imported("members", listed(tmp_path, MEMBERS, *rows), door), door


def test_a_member_is_placed_below_the_group_of_her_code_and_holds_her_office(tmp_path):
    report, door = members(tmp_path, SITA)
    assert report.placed == 1
    assert door.kept == {
        ("Member", SITAS): {
            "portal_code": "77001", "shg_id": GROUP, "name": "Sita Bai", "guardian_name": "Ram Lal", "age": 35,
            "mobile": "6555500001", "joined_on": "2021-08-16",
        },
        ("Shg", GROUP): {"president_id": SITAS},
    }  # fmt: skip


def test_a_member_has_what_else_the_register_says_and_her_birth_date_before_her_age(tmp_path):
    more = {
        "DOB": "15-06-1986",
        "Social Category": "अनुसूचित जनजाति",
        "Education": "8th",
        "Member Name (Local)": "सीता बाई",
    }
    _, door = members(tmp_path, SITA | more)
    kept = door.kept["Member", SITAS]
    assert kept.items() >= {
        "born_on": "1986-06-15", "social_category": "st", "education": "middle", "name_other": "सीता बाई",
    }.items()  # fmt: skip
    assert "age" not in kept


def test_a_member_who_is_known_by_her_code_is_she(tmp_path):
    door = FakeDoor(known={"000123": GROUP, "77001": "cd" * 16})
    members(tmp_path, SITA, door=door)
    assert ("Member", "cd" * 16) in door.kept and door.kept["Shg", GROUP] == {"president_id": "cd" * 16}


def test_offices_of_one_group_go_together(tmp_path):
    other = SITA | {"Member Code": "77002", "Designation": "सचिव"}
    third = SITA | {"Member Code": "77003", "Designation": "Member"}
    report, door = members(tmp_path, SITA, other, third)
    assert report.placed == 3 and report.effects["Shg", "new"] == 1
    assert door.kept["Shg", GROUP] == {"president_id": SITAS, "secretary_id": official_id("nrlm/member", "77002")}
    assert [kind for kind, _ in door.kept] == ["Member"] * 3 + ["Shg"], "nobody holds an office before she is known"


@pytest.mark.parametrize("mobile", ["", "0000000000", "9999999999", "NA"])
def test_no_mobile_number_is_none(tmp_path, mobile):
    report, door = members(tmp_path, SITA | {"Mobile No": mobile})
    assert report.placed == 1 and "mobile" not in door.only("Member")


BAD_MEMBERS = {
    "required": {"SHG Code": ""},
    "group_unknown": {"SHG Code": "999"},
    "not_a_mobile": {"Mobile No": "12345"},
    "office_unknown": {"Designation": "Boss"},
    "before_joining": {"Date of leaving": "01-01-2020"},
    "holds_aadhaar": {"Father/Husband Name": "Ram Lal 2341-2341-2346"},
    "not_a_number": {"Age": "young"},
    "before_birth": {"DOB": "01-01-2010", "Date of Joining": "01-01-2005"},
    "born_lately": {"DOB": "01-11-2026"},
    "day_too_early": {"DOB": "01-01-1900"},
}


@pytest.mark.parametrize("why", BAD_MEMBERS)
def test_a_member_who_cannot_be_placed_is_refused_with_the_reason(tmp_path, why):
    report, door = members(tmp_path, SITA | BAD_MEMBERS[why])
    assert only_reason(report) == why and not door.kept


def test_of_two_presidents_the_second_is_refused(tmp_path):
    report, door = members(tmp_path, SITA, SITA | {"Member Code": "77002"})
    assert report.placed == 1 and dict(report.refused) == {"office_twice": 1}
    assert door.kept["Shg", GROUP] == {"president_id": SITAS}


# --- branches

BRANCHES = ("IFSC", "Bank Name", "Branch Name", "Address", "City", "District", "Block")
MPGB = {"IFSC": "BKID0MG1230", "Bank Name": "BANK OF INDIA", "Branch Name": "MPGB BARHI", "District": "KATNI",
        "City": "KATNI", "Address": "BARHI ROAD, KATNI", "Block": "Badwara"}  # fmt: skip


def branches(tmp_path, *rows, **known):
    door = FakeDoor()
    return imported("branches", listed(tmp_path, BRANCHES, *rows), door, **known), door


def test_a_branch_of_a_sponsored_bank_bears_its_own_bank_s_name(tmp_path):
    report, door = branches(tmp_path, MPGB)
    assert report.placed == 1
    assert door.kept == {
        ("BankBranch", official_id("ifsc", "BKID0MG1230")): {
            "bank_name": "Madhya Pradesh Gramin Bank", "name": "Barhi", "ifsc": "BKID0MG1230",
            "block_id": official_id("lgd", "block/3885"),
        }
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "block", "told"),
    [
        ({"Branch Name": "MPGB DHIMARKHEDA"}, "3887", "block_by_name"),
        ({"Branch Name": "INDUSTRIAL AREA, KATNI"}, "3888", "block_by_name"),
        ({"Branch Name": "Badwara, Katni"}, "3885", "block_by_name"),
        ({"City": "BARWARA"}, "3885", "block_by_city"),
        ({"Branch Name": "MURWARA"}, "3888", "block_by_name"),
        ({"Address": "NEAR BUS STAND, VILL X, BADWARA, DIST KATNI"}, "3885", "block_by_address"),
        ({"Branch Name": "SIRMILI"}, "3887", "block_by_village"),
        ({"District": "PANNA", "City": "PANNA", "Branch Name": "PANNA"}, "3932", "block_by_name"),
    ],
)
def test_a_block_that_the_list_does_not_name_is_found_in_the_branch_s_words(tmp_path, words, block, told):
    report, door = branches(tmp_path, MPGB | {"Block": ""} | words)
    assert door.only("BankBranch")["block_id"] == official_id("lgd", f"block/{block}")
    assert report.notes[told] == 1


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"Address": "BADWARA ROAD, KATNI"},
        {"Address": "BETWEEN BADWARA AND DHEEMERKHEDA"},
        {"Address": "NEAR KATNI STATION, KATNI"},
        {"City": "KATNI MURWARA"},
        {"Branch Name": "KYMORE, DIS KATNI"},
        {"Branch Name": "DEVENDRA NAGAR"},
        {"Branch Name": "BIJOURI"},
    ],
)
def test_a_block_that_is_not_told_is_not_guessed(tmp_path, words):
    report, door = branches(tmp_path, MPGB | {"Block": ""} | words)
    assert only_reason(report) == "branch_block_unknown" and not door.kept


def test_branches_that_share_an_ifsc_are_told_apart_by_name_in_every_order_and_run(tmp_path):
    two = [MPGB, MPGB | {"Branch Name": "MPGB RITHI"}]
    ids = {official_id("branch", "BKID0MG1230/bri"), official_id("branch", "BKID0MG1230/riti")}
    for rows in (two, two[::-1]):
        _, door = branches(tmp_path, *rows)
        assert {id for _, id in door.kept} == ids
        known = [{"id": id, **values} for (_, id), values in door.kept.items()]
        _, again = branches(tmp_path, *rows, branches=known)
        assert set(again.kept) == set(door.kept)
        # A later list that has only one of them means that one.
        _, later = branches(tmp_path, MPGB, branches=known)
        assert set(later.kept) == {("BankBranch", official_id("branch", "BKID0MG1230/bri"))}


def test_a_branch_known_by_its_ifsc_keeps_its_id_when_a_second_one_shares_it(tmp_path):
    _, door = branches(tmp_path, MPGB)
    known = [{"id": id, **values} for (_, id), values in door.kept.items()]
    _, later = branches(tmp_path, MPGB, MPGB | {"Branch Name": "MPGB RITHI"}, branches=known)
    assert {id for _, id in later.kept} == {
        official_id("ifsc", "BKID0MG1230"), official_id("branch", "BKID0MG1230/riti"),
    }  # fmt: skip


def test_a_branch_of_another_spelling_in_the_same_block_is_the_same_branch(tmp_path):
    _, door = branches(tmp_path, MPGB)
    known = [{"id": id, **values} for (_, id), values in door.kept.items()]
    _, later = branches(tmp_path, MPGB | {"Branch Name": "Barhi Main"}, branches=known)
    assert set(later.kept) == set(door.kept)
    _, other = branches(tmp_path, MPGB | {"Branch Name": "Sirmili", "Block": "Dheemerkheda"}, branches=known)
    assert set(other.kept) == {("BankBranch", official_id("branch", "BKID0MG1230/sirmili"))}


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("required", {"Branch Name": ""}),
        ("not_an_ifsc", {"IFSC": "BKID"}),
        ("block_unknown", {"Block": "Nowhere"}),
        ("district_unknown", {"Block": "", "District": "Nowhere"}),
    ],
)
def test_a_branch_that_cannot_be_placed_is_refused_with_the_reason(tmp_path, why, words):
    report, door = branches(tmp_path, MPGB | words)
    assert only_reason(report) == why and not door.kept


# --- places

MAPPING = ("S.No.", "State Code", "State Name (In English)", "District Code", "District Name (In English)",
           "Block Code", "Block Name (In English)", "Local Body Code", "Local Body Name (In English)", "Village Code",
           "Village Name (In Englsih)", "Village Name (In Local)")  # fmt: skip


def mapped(tmp_path, header, *rows, places=()):
    door = FakeDoor()
    return imported("places", csv_file(tmp_path / "a.csv", [header, *rows], delimiter=";"), door, places=places), door


def test_the_mapping_of_all_levels_lists_each_place_once_below_the_right_one(tmp_path):
    above = ("23", "MADHYA PRADESH", "413", "KATNI", "3885", "BADWARA", "123456", "BHAJIA")
    report, door = mapped(
        tmp_path, MAPPING, ("1", *above, "450001", "BIJOURI", "बिजौरी"), ("2", *above, "450002", "KATARIYA", "")
    )
    assert report.placed == 2
    ids = {level: official_id("lgd", f"{level}/{code}") for level, code in
           (("state", 23), ("district", 413), ("block", 3885), ("gram_panchayat", 123456))}  # fmt: skip
    assert {one["name"]: one.get("parent_id") for one in door.of("Place")} == {
        "Madhya Pradesh": None, "Katni": ids["state"], "Badwara": ids["district"], "Bhajia": ids["block"],
        "Bijouri": ids["gram_panchayat"], "Katariya": ids["gram_panchayat"],
    }  # fmt: skip
    assert door.kept["Place", official_id("lgd", "village/450001")] == {
        "level": "village", "lgd_code": "450001", "name": "Bijouri", "name_hi": "बिजौरी",
        "parent_id": ids["gram_panchayat"],
    }  # fmt: skip


def test_blocks_bear_their_other_spellings(tmp_path):
    header = ("state_lgd", "state", "district_lgd", "district", "block_lgd", "block_version", "block")
    report, door = mapped(tmp_path, header, ("23", "MADHYA PRADESH", "413", "KATNI", "3885", "1", "BADWARA"))
    assert door.kept["Place", official_id("lgd", "block/3885")]["aliases"] == "Barwara"
    assert report.unread == ("block_version",)


def test_a_list_says_nothing_about_what_it_leaves_out(tmp_path):
    report, door = mapped(tmp_path, ("Village Code", "Village Name"), ("880002", "Kataria"), places=PLACES)
    assert report.placed == 1
    assert door.only("Place") == {"level": "village", "lgd_code": "880002", "name": "Kataria"}


def test_a_village_that_belongs_to_another_panchayat_now_has_another_parent(tmp_path):
    header = ("Village Code", "Village Name", "Local Body Code", "Local Body Name")
    _, door = mapped(tmp_path, header, ("880002", "Katariya", "990002", "Bhudsa"), places=PLACES)
    moved = door.kept["Place", official_id("lgd", "village/880002")]
    assert moved["parent_id"] == official_id("lgd", "gram_panchayat/990002")


def test_a_place_that_people_entered_with_its_code_keeps_its_id(tmp_path):
    own = place("village", "880009", "Basadi", "gram_panchayat/990002") | {"id": "ef" * 16}
    _, door = mapped(tmp_path, ("Village Code", "Village Name"), ("880009", "Basadi"), places=(*PLACES, own))
    assert list(door.kept) == [("Place", "ef" * 16)]


def test_a_panchayat_may_name_its_block_without_a_code(tmp_path):
    header = ("District", "Block", "Gram Panchayat Code", "Gram Panchayat")
    _, door = mapped(tmp_path, header, ("Katni", "Barwara", "123", "New"), places=PLACES)
    assert door.only("Place")["parent_id"] == official_id("lgd", "block/3885")


def test_panchayats_of_blocks_and_districts_are_passed_over(tmp_path):
    header = ("Local Body Code", "Local Body Name", "Local Body Type Name", "Block Code")
    rows = [("5", "Katni", "District Panchayat", ""), ("6", "New", "Village Panchayat", "3885")]
    report, door = mapped(tmp_path, header, *rows, places=PLACES)
    assert report.placed == 1 and dict(report.passed_over) == {"other_body": 1} and door.only("Place")["name"] == "New"


@pytest.mark.parametrize("name", ["UTTAR PRADESH", "Andhra Pradesh", "U.P.", "उत्तर प्रदेश", "09", "Bihar"])
def test_a_state_of_another_name_is_another_state_also_without_its_code(tmp_path, name):
    header = ("State Name", "District Code", "District Name")
    report, door = mapped(tmp_path, header, (name, "140", "JHANSI"), places=PLACES)
    assert only_reason(report) == "other_state" and not door.kept


@pytest.mark.parametrize(
    "name", ["MADHYA PRADESH", "Madhyapradesh", "Madhya Pardesh", "मध्य प्रदेश", "M.P.", "MP", "म.प्र.", "23"]
)
def test_the_state_s_own_name_may_be_spelled_or_cut_short_in_any_way(tmp_path, name):
    header = ("State Name", "District Code", "District Name")
    assert mapped(tmp_path, header, (name, "140", "Maihar"), places=PLACES)[0].placed == 1


PANCHAYATS = ("Block Code", "Block", "GP Code", "GP", "Village Code", "Village")


def test_a_panchayat_lies_in_one_block_in_all_of_a_file(tmp_path):
    rows = [
        ("3885", "Badwara", "990100", "New", "881001", "One"),
        ("3887", "Dheemerkheda", "990100", "New", "881002", "Two"),
        ("3885", "Badwara", "990100", "New", "881003", "Three"),
    ]
    report, door = mapped(tmp_path, PANCHAYATS, *rows, places=PLACES)
    assert report.placed == 2 and dict(report.refused) == {"lies_elsewhere": 1}
    new = official_id("lgd", "gram_panchayat/990100")
    assert door.kept["Place", new]["parent_id"] == official_id("lgd", "block/3885")
    assert {one["name"] for one in door.of("Place") if one.get("parent_id") == new} == {"One", "Three"}


def test_what_lies_above_a_refused_row_is_there_for_the_rows_after_it(tmp_path):
    rows = [("3885", "Badwara", "990100", "New", "881001", name) for name in ("", "One")]
    report, door = mapped(tmp_path, PANCHAYATS, *rows, places=PLACES)
    assert report.placed == 1 and dict(report.refused) == {"required": 1}
    assert {"New", "One"} < {one["name"] for one in door.of("Place")}


def test_moves_and_new_names_are_told_by_name(tmp_path):
    rows = [
        ("3885", "Badwara", "990002", "Bhudsa", "880002", "Katariya"),
        ("3885", "Badwara", "990001", "Bhajiya Nagar", "880001", "Vijaynagar"),
    ]
    report, _ = mapped(tmp_path, PANCHAYATS, *rows, places=PLACES)
    assert report.placed == 2
    assert {code: list(words) for code, words in report.named.items()} == {
        "place_moved": ["Katariya (Bhajia, 880002): Bhudsa (Badwara, 990002)"],
        "place_renamed": ["Bhajia (Badwara, 990001): Bhajiya Nagar", "Bijouri (Bhajia, 880001): Vijaynagar"],
    }
    assert all(f"    {line}" in report.sentences() for words in report.named.values() for line in words)
    same = ("3885", "Badwara", "990001", "Bhajia", "880002", "Katariya")
    assert not mapped(tmp_path, PANCHAYATS, same, places=PLACES)[0].named


def test_a_place_is_not_moved_and_given_quite_another_name_at_once(tmp_path):
    row = ("3887", "Dheemerkheda", "990003", "Sirmili", "880002", "Something Else")
    report, door = mapped(tmp_path, PANCHAYATS, row, places=PLACES)
    assert only_reason(report) == "code_and_name_differ"
    assert ("Place", official_id("lgd", "village/880002")) not in door.kept


@pytest.mark.parametrize(
    ("why", "header", "row"),
    [
        ("other_state", ("State Code", "Block Code", "Block Name"), ("9", "1", "x")),
        ("parent_unknown", ("District Code", "District", "Block Code", "Block Name"), ("999", "", "1", "x")),
        ("parent_unknown", ("GP Code", "GP", "Village Code", "Village"), ("777", "x", "888", "y")),
        ("panchayat_missing", ("Village Code", "Village Name"), ("888", "y")),
        ("required", ("Village Code", "Village Name"), ("", "y")),
        ("required", ("Village Code", "Village Name"), ("888", "")),
        ("not_digits", ("Village Code", "Village Name"), ("DEMO-1", "y")),
        ("block_unknown", ("Block", "GP Code", "GP"), ("Nowhere", "777", "x")),
    ],
)
def test_a_place_that_cannot_be_placed_is_refused_with_the_reason(tmp_path, why, header, row):
    report, door = mapped(tmp_path, header, row, places=PLACES)
    assert only_reason(report) == why and not door.kept


# --- the file of refused rows


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_refused_rows_are_mended_and_imported_again(tmp_path, suffix):
    door = FakeDoor()
    bad = [
        GOOD | {"SHG Code": f"00{n}", "Account No": "00987654321"} | wrong
        for n, wrong in enumerate(BAD_GROUPS.values())
    ]
    path = listed(tmp_path, (*GROUPS, *ACCOUNT, "Remark"), GOOD, *(row | {"Remark": "=1+1"} for row in bad))
    out = tmp_path / f"refused.{suffix}"
    report = imported("groups", path, door, refused=out)
    assert report.placed == 1 and report.refused_rows == len(BAD_GROUPS) and report.refused_file == out
    header, *rows = rows_of(out)
    assert header == [*GROUPS, *ACCOUNT, "Remark", *OWN]
    assert [row[header.index("line")] for row in rows] == [str(n) for n in range(3, 3 + len(rows))]
    assert all(row[header.index(name)] for row in rows for name in OWN)
    assert "234123412346" not in str(rows)
    # A person mends what is wrong and leaves the rest as it is.
    for n, row in enumerate(rows):
        for name, cell in {**GOOD, "SHG Code": f"00{n}", "Village Code": "", "IFSC": ""}.items():
            row[header.index(name)] = cell
        row[header.index("Account No")] = "00987654321"
        row[header.index("Account Opening Date")] = ""
    write(out, [header, *rows])
    again = imported("groups", out, door, refused=tmp_path / "none.xlsx")
    assert (again.placed, again.refused_rows) == (len(BAD_GROUPS), 0) and not (tmp_path / "none.xlsx").exists()
    assert {one["account_number"] for one in door.of("SavingsAccount")} == {"00987654321"}


def test_a_refused_row_that_is_refused_again_keeps_its_columns(tmp_path):
    door = FakeDoor()
    path = listed(tmp_path, GROUPS, GOOD | {"Village": "Bijora"})
    one = imported("groups", path, door, refused=tmp_path / "one.csv").refused_file
    two = imported("groups", one, door, refused=tmp_path / "two.csv").refused_file
    header, row = rows_of(two)
    assert header == [*GROUPS, *OWN] and row[: len(GROUPS)] == rows_of(one)[1][: len(GROUPS)]


def test_nearest_villages_are_named_to_who_mends(tmp_path):
    out = imported(
        "groups", listed(tmp_path, GROUPS, GOOD | {"Village": "Bijora"}), FakeDoor(), refused=tmp_path / "r.csv"
    )
    row = str(rows_of(out.refused_file)[1])
    assert "Nearest: Bijouri (Bhajia, 880001), Bijouri (Bhudsa, 880003)" in row and "मिलते-जुलते" in row


def test_branches_get_a_column_for_their_block(tmp_path):
    header = BRANCHES[:-1]
    path = listed(tmp_path, header, MPGB)
    out = imported("branches", path, FakeDoor(), refused=tmp_path / "r.csv").refused_file
    assert rows_of(out)[0] == [*header, "block", *OWN]
    names, row = rows_of(out)
    row[names.index("block")] = "Badwara"
    write(out, [names, row])
    assert imported("branches", out, FakeDoor()).placed == 1


def test_refused_rows_never_write_over_a_file(tmp_path):
    path = listed(tmp_path, GROUPS, GOOD | {"Village": ""})
    (tmp_path / "r.csv").write_text("mended by hand", "utf-8")
    with pytest.raises(CannotRead, match="not written over"):
        imported("groups", path, FakeDoor(), refused=tmp_path / "r.csv")
    assert (tmp_path / "r.csv").read_text("utf-8") == "mended by hand"
    assert free_path(path) == tmp_path / "list.refused.xlsx"
    (tmp_path / "list.refused.xlsx").touch()
    assert free_path(tmp_path / "list.refused.xlsx") == tmp_path / "list.refused-2.xlsx"


def test_cells_of_refused_rows_are_text_that_no_spreadsheet_runs(tmp_path):
    path = listed(tmp_path, (*GROUPS, "Remark"), GOOD | {"Village": "", "Remark": "=SUM(A1)"})
    imported("groups", path, FakeDoor(), refused=tmp_path / "r.xlsx")
    imported("groups", path, FakeDoor(), refused=tmp_path / "r.csv")
    sheet = load_workbook(tmp_path / "r.xlsx").active
    assert {(cell.data_type, cell.number_format) for cell in sheet[2] if cell.value} == {("s", "@")}
    assert "'=SUM(A1)" in rows_of(tmp_path / "r.csv")[1]
    assert (tmp_path / "r.xlsx").stat().st_mode & 0o077 == 0


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


# --- all of it


def test_every_reason_is_given_somewhere_here():
    places = {"other_state", "parent_unknown", "panchayat_missing", "lies_elsewhere"}
    others = {"twice_in_file", "cells_too_many", "rows_in_one_cell", "number_rounded", "office_twice",
              "centre_refused", "block_ambiguous", "district_unknown", "branch_block_unknown", "day_order_unclear",
              "zeros_may_be_missing"}  # fmt: skip
    met = {"code_of_another_group"}  # test_importing_met.py
    assert {*BAD_GROUPS, *BAD_MEMBERS} | places | others | met == set(REASONS)


def test_a_second_run_changes_nothing(tmp_path):
    rows = [GOOD | {"SHG Code": str(n), "Account No": f"{n:09}"} for n in range(1, 20)]
    first, door = groups(tmp_path, *rows)
    second, _ = groups(tmp_path, *rows, door=door)
    assert first.effects["Shg", "new"] == second.effects["Shg", "same"] == 19
    assert {effect for (_, effect), n in second.effects.items() if n} == {"same"}

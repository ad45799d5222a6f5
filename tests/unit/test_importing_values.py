"""What stands in a cell, in every form that offices and spreadsheets give it, and what is refused, not guessed."""

from datetime import date, datetime

import pytest

from operations.importing.reasons import NOTES, PASSED_OVER, REASONS, Unplaced
from operations.importing.values import (
    checked,
    code_of,
    day_of_cell,
    digits_of,
    number_of,
    shown_name,
    text_of,
)
from tests.lists import TODAY

INDEPENDENCE = date(2021, 8, 15)


def reason(ask):
    with pytest.raises(Unplaced) as caught:
        ask()
    return caught.value.code


@pytest.mark.parametrize(
    "cell",
    [
        "15-08-2021", "15/08/2021", "15.08.2021", "15-8-2021", "2021-08-15", "2021-08-15 00:00:00",
        "2021-08-15T00:00:00", "15-08-2021 10:30 AM", "१५-०८-२०२१", "15-Aug-2021", "15 August 2021", "15-अगस्त-2021",
        "44423", 44423, 44423.0, 44423.5, datetime(2021, 8, 15, 9, 30), date(2021, 8, 15), " 15-08-2021 ",
    ],
)  # fmt: skip
def test_a_day_in_every_form_is_the_same_day(cell):
    assert day_of_cell(cell, "day", TODAY) == INDEPENDENCE


@pytest.mark.parametrize("cell", [None, "", "-", "NA", "N/A", "null", "निरंक", "  "])
def test_nothing_written_is_no_day_no_number_and_no_text(cell):
    assert day_of_cell(cell, "day", TODAY) is None
    assert number_of(cell, "number") is None
    assert text_of(cell, "text") == code_of(cell, "code") == ""


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("08-15-2021", "not_a_day"),
        ("31-02-2021", "not_a_day"),
        ("15-08-21", "year_too_short"),
        ("15-Aug-21", "year_too_short"),
        ("formed last year", "not_a_day"),
        (12, "not_a_day"),
        ("25-11-2026", "day_in_future"),
        ("01-01-1880", "day_too_early"),
    ],
)
def test_a_day_that_is_none_is_refused(cell, why):
    assert reason(lambda: day_of_cell(cell, "day", TODAY)) == why


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("000123", "000123"), ("००१२३", "00123"), (123, "123"), (123.0, "123"), ("123.0", "123"), ("'00123", "00123"),
        ('="00123"', "00123"), (" 12 ", "12"), ("SHG-12/3", "SHG-12/3"), (999999999999999, "999999999999999"),
    ],
)  # fmt: skip
def test_a_code_is_text_and_keeps_its_zeros(cell, code):
    assert code_of(cell, "code") == code


@pytest.mark.parametrize("cell", ["1.23E+11", "1.23457E+15", "1E+11", "2.3e11"])
def test_a_number_in_short_form_is_refused(cell):
    assert reason(lambda: code_of(cell, "account")) == "number_in_short_form"


@pytest.mark.parametrize("cell", [1234567890123456, 1234567890123456.0, 1.2e18])
def test_a_number_that_a_spreadsheet_has_rounded_is_refused(cell):
    assert reason(lambda: code_of(cell, "account")) == "number_rounded"


def test_codes_of_official_lists_are_digits():
    assert digits_of("003885", "block code") == "003885" and digits_of(3885.0, "block code") == "3885"
    assert reason(lambda: digits_of("38B5", "block code")) == "not_digits"


@pytest.mark.parametrize(("cell", "number"), [("12", 12), ("१२", 12), (12.0, 12), ("1,200", 1200), (0, 0)])
def test_numbers_are_read_in_any_script(cell, number):
    assert number_of(cell, "members") == number


@pytest.mark.parametrize("cell", ["twelve", 12.5, "10-12"])
def test_what_is_no_number_is_refused(cell):
    assert reason(lambda: number_of(cell, "members")) == "not_a_number"


@pytest.mark.parametrize("cell", ["??? ????", "जय \ufffd\ufffd", "श?री देवी", "à¤¸à¥€à¤¤à¤¾", "Sh?nti"])
def test_letters_that_were_lost_are_refused(cell):
    assert reason(lambda: text_of(cell, "name")) == "letters_lost"


@pytest.mark.parametrize("cell", ["#REF!", "#NAME?", "#DIV/0!", "#Value!"])
def test_the_error_of_a_formula_is_no_text(cell):
    assert reason(lambda: text_of(cell, "name")) == "formula_broken"
    assert text_of("#4 Jai Ambe!", "name") == "#4 Jai Ambe!"


@pytest.mark.parametrize(
    "name",
    [
        "t; vEcs Lolgk;rk lewg", "t;k 'kekZ", "lhrk ckbZ", "y{eh", "Lo;a lgk;rk lewg", "ek¡ 'kkjnk", "nqxkZ",
        "lhrk nsoh", "t; ekrk nh", "ljLorh",
    ],
)  # fmt: skip
def test_names_in_the_letters_of_an_old_font_are_refused(name):
    for kind, field in (("Shg", "name"), ("Member", "name"), ("Member", "guardian_name")):
        assert reason(lambda kind=kind, field=field: checked(kind, field, name, "column")) == "old_font"


@pytest.mark.parametrize(
    "name",
    [
        "Jai Ambe SHG [2]", "sita bai", "SITA BAI", "sITA", "Smt. Sita; Ram Lal", "JaiAmbe", "D'Souza",
        "'khushi' samuh", "nrlm samuh", "Dr. K. Sharma", "McDonald", "जय अम्बे 'क' समूह", "Maa (Durga)", "shg no. 4",
        "Sita Bai W/o Ram",
    ],
)  # fmt: skip
def test_names_in_plain_letters_are_not_taken_for_an_old_font(name):
    assert checked("Shg", "name", name, "column") == name


def test_text_is_cleaned_as_on_a_phone():
    assert text_of("  जय\u200b  अम्बे\n", "name") == "जय अम्बे"


def test_an_aadhaar_number_is_refused_in_text_and_its_account_number_is_not():
    assert reason(lambda: checked("Shg", "name", "Jai Ambe 2341 2341 2346", "name")) == "holds_aadhaar"
    assert checked("SavingsAccount", "account_number", "234123412346", "account") == "234123412346"


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("name", "x" * 121, "too_long"),
        ("declared_members", 1_000_001, "too_large"),
        ("declared_members", -1, "too_small"),
    ],
)
def test_values_are_held_to_the_checks_of_the_record(field, value, why):
    assert reason(lambda: checked("Shg", field, value, "column")) == why


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("BADWARA", "Badwara"), ("GOPALPUR TAMORIYA", "Gopalpur Tamoriya"), ("Badwara", "Badwara"), ("MPGB", "MPGB"),
        ("SBI KATNI", "SBI Katni"), ("बड़वारा", "बड़वारा"), ("MURWARA (KATNI)", "Murwara (Katni)"),
    ],
)  # fmt: skip
def test_names_in_capitals_are_shown_as_people_write_them(written, shown):
    assert shown_name(written) == shown


@pytest.mark.parametrize("code", REASONS)
def test_every_reason_says_in_both_languages_what_is_wrong_and_what_to_do(code):
    for words in (REASONS[code].english, REASONS[code].hindi):
        assert words.wrong.strip()[-1] in ".।" and words.remedy.strip()[-1] in ".।"
    assert any("\u0900" <= c <= "\u097f" for c in REASONS[code].hindi.wrong + REASONS[code].hindi.remedy)
    said = {name: "x" for name in "column line place nearest where code name level level_hi field earliest".split()}
    for language in ("en", "hi"):
        words = Unplaced(code, **said).words(language)
        assert "{" not in words.wrong + words.remedy and "?" not in words.wrong + words.remedy


def test_a_reason_without_words_cannot_be_given():
    with pytest.raises(ValueError, match="no_such_reason"):
        Unplaced("no_such_reason")


def test_notes_and_causes_are_words():
    assert all(NOTES.values()) and all(PASSED_OVER.values())

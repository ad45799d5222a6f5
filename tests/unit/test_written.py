"""What people type is understood in either digits, and shown in one way."""

import sys
import unicodedata
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from records.written import (
    clean_text,
    masked,
    read_day,
    read_number,
    show_count,
    show_day,
    show_rupees,
    western_digits,
)

seeded = settings(derandomize=True, deadline=None, max_examples=300)
INVISIBLE = "\u200b\u200c\u200d\u200e\u202e\u2060\ufeff\u00ad\0\x07\x7f"
tangled = st.text(st.sampled_from("क्षषिी़ँंA1 \t\n\u00a0\u0301" + INVISIBLE), max_size=12)


@pytest.mark.parametrize("typed", ["0123456789", "०१२३४५६७८९", "০১২৩৪৫৬৭৮৯", "௦௧௨௩௪௫௬௭௮௯", "૦૧૨૩૪૫૬૭૮૯", "٠١٢٣٤٥٦٧٨٩"])
def test_digits_of_every_script_become_western(typed: str) -> None:
    assert western_digits(f"ग्राम {typed} b") == "ग्राम 0123456789 b"


def test_every_decimal_digit_of_unicode_is_known() -> None:
    digits = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) == "Nd"]
    assert set(western_digits("".join(digits))) == set("0123456789")


def test_what_only_looks_like_a_digit_stays() -> None:
    assert western_digits("x² ½ ① Ⅳ") == "x² ½ ① Ⅳ"


def test_one_name_from_two_keyboards_becomes_one_text() -> None:
    assert clean_text("ब\u095cवारा") == clean_text("बड\u093cवारा") == "बड\u093cवारा"
    assert clean_text("a\u0304") == "ā"


def test_spaces_and_lines_collapse() -> None:
    assert clean_text("  जय \t अम्बे\r\n\u00a0समूह\u2003 ") == "जय अम्बे समूह"
    assert clean_text("जय\nअम्बे\tसमूह") == "जय अम्बे समूह"
    assert clean_text("  Jai \t Ambe\n") == "Jai Ambe"
    assert clean_text(" Jai  Ambe ") == "Jai Ambe"
    assert clean_text(" \n ") == ""


def test_invisible_characters_go() -> None:
    assert clean_text("\ufeffसी\u200bता\0 दे\u202eवी\u2060\ud800") == "सीता देवी"
    assert clean_text("Si\0ta\x07") == "Sita"


@given(tangled | st.text(max_size=20))
@example("ब\u095cवारा")
@example("a\u0304  b")
@seeded
def test_clean_text_is_the_same_by_the_short_way_as_by_the_long_one(text: str) -> None:
    """A byte order mark sends any text the long way, on which it goes."""
    assert clean_text(text) == clean_text(f"{text}\ufeff")


def test_joiners_stay_only_where_they_change_a_conjunct() -> None:
    assert clean_text("क्\u200dष") == "क्\u200dष"
    assert clean_text("क्\u200cष") == "क्\u200cष"
    assert clean_text("सी\u200dता\u200c राम्\u200d \u200dदेवी") == "सीता राम् देवी"


@seeded
@given(st.one_of(tangled, st.text()))
@example("्\u200d़\u200dक")
@example("\u200d ़")
def test_cleaning_twice_changes_nothing(typed: str) -> None:
    once = clean_text(typed)
    assert clean_text(once) == once
    assert not set(once) & (set(INVISIBLE) - set("\u200c\u200d"))
    assert once.encode().decode() == once


@seeded
@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_a_shown_count_reads_back(count: int) -> None:
    assert read_number(show_count(count)) == count


@pytest.mark.parametrize("typed", ["123", "१२३", " 123 ", "१२3", "0123"])
def test_a_number_is_read_in_either_digits(typed: str) -> None:
    assert read_number(typed) == 123


def test_a_grouped_number_is_read() -> None:
    assert read_number("१,००,०००") == read_number("100,000") == 100_000
    assert read_number("-5") == -5


@pytest.mark.parametrize(
    "typed", ["", " ", "-", "1.5", "1e3", "1_0", "12a", "१२ ३", "1,", ",1", "1,,000", "1,2", "9" * 19, "²"]
)
def test_what_is_no_whole_number_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="number_malformed"):
        read_number(typed)


@pytest.mark.parametrize(
    "typed", ["05-03-2021", "5/3/2021", "05.03.2021", "०५-०३-२०२१", " 05 - 03 - 2021 ", "2021-03-05", "२०२१-०३-०५"]
)
def test_a_day_is_read_day_first(typed: str) -> None:
    assert read_day(typed) == date(2021, 3, 5)


@pytest.mark.parametrize(
    "typed", ["", "05-03-21", "05-03/2021", "05032021", "2021/03/05", "05-03-2021 x", "मार्च", "005-03-2021"]
)
def test_another_shape_is_no_day(typed: str) -> None:
    with pytest.raises(ValueError, match="day_malformed"):
        read_day(typed)


@pytest.mark.parametrize("typed", ["31-02-2021", "03-13-2021", "00-01-2021", "29-02-2023", "01-01-0000"])
def test_a_day_that_no_calendar_has_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="day_unknown"):
        read_day(typed)


@seeded
@given(st.dates())
@example(date(1, 1, 1))
def test_a_shown_day_reads_back(day: date) -> None:
    assert read_day(show_day(day)) == read_day(day.isoformat()) == day
    assert len(show_day(day)) == 10


@pytest.mark.parametrize(
    "count, shown",
    [
        (0, "0"),
        (999, "999"),
        (1000, "1,000"),
        (12345, "12,345"),
        (100_000, "1,00,000"),
        (-1_234_567, "-12,34,567"),
        (123_456_789, "12,34,56,789"),
    ],
)
def test_a_count_is_grouped_the_indian_way(count: int, shown: str) -> None:
    assert show_count(count) == shown


@pytest.mark.parametrize(
    "paise, shown",
    [(12_345_650, "₹1,23,456.50"), (0, "₹0.00"), (5, "₹0.05"), (-150, "-₹1.50"), (10_000_000, "₹1,00,000.00")],
)
def test_paise_are_shown_as_rupees(paise: int, shown: str) -> None:
    assert show_rupees(paise) == shown


def test_a_masked_number_shows_only_its_last_four() -> None:
    assert masked("9876541234") == "XXXXXX1234"
    assert masked("123456789012341234") == masked("1234") == "XXXXXX1234"
    assert masked("") == ""

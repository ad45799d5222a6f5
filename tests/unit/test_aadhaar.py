"""No Aadhaar number gets through, in whatever way it is written, and account numbers are left alone."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.aadhaar import (
    aadhaar_runs,
    may_hold_aadhaar,
    refuse_aadhaar,
    strike_aadhaar,
    verhoeff_check_digit,
    verhoeff_holds,
)
from records.written import clean_text

seeded = settings(derandomize=True, deadline=None, max_examples=300)
# Numbers that UIDAI published for testing; they belong to nobody.
TEST_NUMBER, OTHER_NUMBER = "999941057058", "999971658847"
GROUPED = "9999 4105 7058"
digits = st.text("0123456789", min_size=1, max_size=20)
numbers = st.from_regex(r"[2-9][0-9]{10}", fullmatch=True).map(lambda start: start + verhoeff_check_digit(start))
nested = st.builds(
    lambda outer, inner, place: f"{outer[:place]} {inner} {outer[place:]}", numbers, numbers, st.integers(1, 11)
)


@pytest.mark.parametrize(
    "start, check", [("236", "3"), ("12345", "1"), ("142857", "0"), ("84736430954837284567892", "2")]
)
def test_published_verhoeff_examples_hold(start: str, check: str) -> None:
    assert verhoeff_check_digit(start) == check
    assert verhoeff_holds(start + check)


@pytest.mark.parametrize("number", ["999941057058", "999971658847", "999933119405", "999955183433", "999990501894"])
def test_the_published_test_numbers_are_found(number: str) -> None:
    assert aadhaar_runs(number) == [(0, 12, number)]


@seeded
@given(digits)
def test_only_one_check_digit_holds(start: str) -> None:
    check = verhoeff_check_digit(start)
    assert [digit for digit in "0123456789" if verhoeff_holds(start + digit)] == [check]


@seeded
@given(digits)
def test_any_single_wrong_digit_fails(start: str) -> None:
    whole = start + verhoeff_check_digit(start)
    for place, right in enumerate(whole):
        for wrong in "0123456789".replace(right, ""):
            assert not verhoeff_holds(whole[:place] + wrong + whole[place + 1 :])


@seeded
@given(digits)
def test_any_exchange_of_neighbours_fails(start: str) -> None:
    whole = start + verhoeff_check_digit(start)
    for place in range(len(whole) - 1):
        one, other = whole[place : place + 2]
        if one != other:
            assert not verhoeff_holds(whole[:place] + other + one + whole[place + 2 :])


@pytest.mark.parametrize(
    "written",
    [
        "999941057058",
        "9999 4105 7058",
        "9999-4105-7058",
        "9999 4105-7058",
        "99 9941057 058",
        "9 9 9 9 4 1 0 5 7 0 5 8",
        "९९९९ ४१०५ ७०५८",
        "९९९९41057058",
        "৯৯৯৯৪১০৫৭০৫৮",
        "9999\u00a04105\u20117058",
        "9999 - 4105 - 7058",
        "9999  4105  7058",
        "9999\n4105\n7058",
        "9999\u200b41057058",
        "9999\u200d \ufeff4105 7058",
    ],
)
@pytest.mark.parametrize("around", ["{}", "आधार {} है", "आधार:{}।", "no{}x", "({}), 12", "12, {}.5", "₹500/{}"])
def test_a_number_is_found_however_it_is_written(written: str, around: str) -> None:
    text = around.format(written)
    start = text.index(written)
    assert aadhaar_runs(text) == [(start, start + len(written), TEST_NUMBER)]
    assert [run[2] for run in aadhaar_runs(clean_text(text))] == [TEST_NUMBER]


@pytest.mark.parametrize(
    "text",
    [
        "9876543210 999941057058",
        "999941057058 9876543210",
        "9876543210 9999 4105 7058",
        "9999 4105 7058 9876543210",
        "9999 4105 7058 98765 43210",
        "9876543210-9999-4105-7058",
        "9876543210-9999 4105 7058",
        "9999-4105-7058 34",
        "9999-4105-7058 5-3-2021",
        "9999 4105 7058 5-3-2021",
        "9999 4105 7058 2021-03-05",
        "5-3-2021 9999 4105 7058",
        "12 9999 4105 7058",
        "999941057058 34",
        "34 999941057058",
        "9999 4105 7058 98765",
    ],
)
def test_a_number_beside_other_digits_is_found(text: str) -> None:
    assert [run[2] for run in aadhaar_runs(text)] == [TEST_NUMBER]


@pytest.mark.parametrize(
    "text",
    [
        "999941057058 999971658847",
        "9999 4105 7058 9999 7165 8847",
        "9999-4105-7058, 9999-7165-8847",
        "9999 4105 7058-9999 7165 8847",
    ],
)
def test_two_numbers_in_a_row_are_both_found(text: str) -> None:
    assert [run[2] for run in aadhaar_runs(text)] == [TEST_NUMBER, OTHER_NUMBER]


def test_an_id_is_never_struck_whatever_digits_it_holds() -> None:
    id = f"018bcfe568007abca{TEST_NUMBER}abc"
    assert len(id) == 32 and aadhaar_runs(id) == []
    assert strike_aadhaar(id) == id
    assert [run[2] for run in aadhaar_runs(id + "d")] == [TEST_NUMBER]


def test_runs_do_not_overlap() -> None:
    # Both the first three and the middle three groups pass the check.
    assert aadhaar_runs("3712 9909 6961 5536 8693") == [(0, 14, "371299096961")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "जय अम्बे समूह",
        "9999410570581",  # 13 digits
        "1999941057058",
        "99994105705",  # 11 digits
        "9999 4105 7058 34",  # an account number of 14 digits, in fours
        "9999 4105 7058 1234",
        "1234 9999 4105 7058",
        "9999-4105-7058-3",
        "9999 4105 7058 12 1234 5678",
        "9999 4105-7058 98765",
        "9999 4105 705812",
        "999941057059",  # the check digit is wrong
        "9999,4105,7058",
        "9999.41057058",
        "9999 4105 क 7058",
        "9999    4105 7058",  # too far apart
        "9876543210",
        "05-03-2021",
    ],
)
def test_other_digits_are_left_alone(text: str) -> None:
    assert aadhaar_runs(text) == []
    assert strike_aadhaar(text) == text


def test_no_aadhaar_number_begins_with_nought_or_one() -> None:
    for first in "01":
        start = first + "2345678901"
        assert aadhaar_runs(start + verhoeff_check_digit(start)) == []


def test_a_full_stop_ends_a_sum_of_money_but_not_a_number() -> None:
    assert [run[2] for run in aadhaar_runs(f"{TEST_NUMBER}. फिर")] == [TEST_NUMBER]


def test_the_number_of_the_groups_own_account_is_accepted() -> None:
    text = f"खाता {GROUPED}, आधार {OTHER_NUMBER}"
    assert [run[2] for run in refuse_aadhaar(text, own_account=None)] == [TEST_NUMBER, OTHER_NUMBER]
    assert [run[2] for run in refuse_aadhaar(text, own_account=TEST_NUMBER)] == [OTHER_NUMBER]
    assert [run[2] for run in refuse_aadhaar(text, own_account="९९९९ ४१०५ ७०५८")] == [OTHER_NUMBER]
    assert [run[2] for run in refuse_aadhaar(text, own_account="")] == [TEST_NUMBER, OTHER_NUMBER]
    assert strike_aadhaar(text, own_account=TEST_NUMBER) == f"खाता {GROUPED}, आधार XXXXXXXX8847"


def test_struck_numbers_leave_at_most_their_last_four() -> None:
    text = f"सीता {GROUPED} और {OTHER_NUMBER} हैं"
    assert strike_aadhaar(text) == "सीता XXXXXXXX7058 और XXXXXXXX8847 हैं"
    assert strike_aadhaar(text, keep_last=0) == "सीता  और  हैं"


def test_nothing_else_may_be_kept() -> None:
    with pytest.raises(ValueError, match="keep_last_malformed"):
        strike_aadhaar(TEST_NUMBER, keep_last=6)  # type: ignore[arg-type]


def test_what_striking_brings_together_is_struck_too() -> None:
    outer, inner = TEST_NUMBER, OTHER_NUMBER
    assert strike_aadhaar(f"{outer[:5]} {inner} {outer[5:]}", keep_last=0) == ""


@seeded
@given(
    st.lists(
        st.one_of(numbers, nested, st.sampled_from([" ", "-", "  ", ",", "क", "12", "9876543210", "4105"])), max_size=12
    )
)
def test_after_striking_nothing_is_found(pieces: list[str]) -> None:
    text = "".join(pieces)
    for keep_last in (0, 4):
        struck = strike_aadhaar(text, keep_last)  # type: ignore[arg-type]
        assert aadhaar_runs(struck) == []
        assert strike_aadhaar(struck, keep_last) == struck  # type: ignore[arg-type]


@seeded
@given(numbers, st.text(alphabet=st.characters(exclude_categories=["Nd"]), max_size=5))
def test_a_number_between_words_is_never_missed(number: str, word: str) -> None:
    text = f"{word}{number}{word}"
    assert [run[2] for run in aadhaar_runs(text)] == [number]
    assert not re.search(number, strike_aadhaar(text))


def test_a_long_text_is_searched_at_once() -> None:
    assert len(aadhaar_runs("1000 " * 20_000)) == 0


joints = [" ", "  ", "-", "\x1c", "\n", "\u2011", "\u200b", "\u00ad", "x", "|", ","]
pieces = st.sampled_from([*"0123456789", "९", "2341", "999941057058", *joints])


@seeded
@given(st.lists(st.lists(pieces, max_size=24).map("".join), max_size=6))
def test_a_column_without_a_long_chain_of_digits_has_no_run(texts: list[str]) -> None:
    assert may_hold_aadhaar(texts) or not any(map(aadhaar_runs, texts))


def test_a_column_is_looked_at_closely_only_where_twelve_digits_follow_each_other() -> None:
    assert may_hold_aadhaar(["रामपुर", "9999-4105 \u200b7058"])
    assert not may_hold_aadhaar(["2026-05-14T12:34:56Z", "999941", "057058", "12,345,678,901"])

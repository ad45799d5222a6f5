"""The page of a block in words: one page however full, people by name, what does not fit summed up in a line."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from records.figures import Yardstick, review_days
from records.savings_account import STATES
from screens.console.review_pack import BlockReview, Phone, pages_of
from screens.words import languages, words_of
from server.console.printing import pictures_of
from storage.queries.overview import CoverageRow, StateRow, TallyRow
from storage.queries.review import LatelyRow, ToDecideRow
from storage.queries.reviews_held import HeldPartRow, HeldRow
from storage.queries.samples import CheckedRow

TODAY = date(2026, 11, 28)
NAMES = ("बड़वारा खुर्द कलां", "Vijayraghavgarh Bujurg", "क्षेत्रपाल का पुरवा", "मझगवां", "श्री राम नगर टोला पटेल मोहल्ला")


def tally(chance: random.Random, id: str | None, name: str | None) -> TallyRow:
    groups = chance.randrange(1, 60)
    women = groups * chance.randrange(9, 16)
    whole = {"groups": groups, "members": women, "averaged_groups": groups, "averaged_members": women}
    rest = {"formed": 1, "opened": groups // 2, "pending": groups // 3, "overdue": groups // 5, "room": 3}
    return TallyRow(unit_id=id, name=name, name_hi=name, with_room=1, unknown=0, **whole, **rest)


def a_held(row, **about):
    """What was kept of a review; of overdue ones there were more than now."""
    figures = {"groups": 10, "members": 121, "averaged_groups": 10, "averaged_members": 121}
    return row(**figures, opened=1, pending=5, overdue=40, **about)


def a_look(unit_id):
    """Two groups looked at, one of them as entered; three accounts, all as entered; one was not reached."""
    counts = {"groups": (2, 1, 1), "formed": (0, 0, 0), "opened": (3, 3, 0)}
    parts = ("checked", "as_told", "not_reached")
    found = {f"{figure}_{part}": n for figure, three in counts.items() for part, n in zip(parts, three, strict=True)}
    return CheckedRow(unit_id=unit_id, **found)


def a_review(
    *, panchayats: int = 70, people: int = 12, phones: int = 5, branches: int = 8, states: int = 10, **values
) -> BlockReview:
    chance = random.Random(f"{panchayats} {people}")
    since, until = review_days(TODAY)
    places = [tally(chance, f"gp{at}", f"{chance.choice(NAMES)} {at}") for at in range(panchayats)]
    persons = [tally(chance, f"p{at}", f"श्रीमती सुनीता बाई पटेल विश्वकर्मा {at:02}") for at in range(people)]
    lately = {
        row.unit_id: LatelyRow(unit_id=row.unit_id, formed=1, opened=1, to_enter=2, verified=3) for row in persons
    }
    ages = {"within": 3, "to_30": 2, "to_90": 1, "over_90": 1, "late_at_bank": 1}
    given = {
        "name": "Badwara",
        "name_hi": "बड़वारा",
        "since": since,
        "until": until,
        "measure": Yardstick(TODAY),
        "whole": tally(chance, None, None),
        "lately": LatelyRow(unit_id=None, formed=38, opened=20, to_enter=9, verified=900),
        "states": [StateRow(state=state, groups=7, **ages) for state in STATES[:states]],
        "coverage": [
            CoverageRow(
                branch_id=f"b{at}" if at else None, bank_name="म.प्र. ग्रामीण बैंक", name=f"Badwara main {at}",
                name_hi=None, groups=140, sakhis=1,
            )
            for at in range(branches + 1)
        ],
        "panchayats": places,
        "people": persons,
        "lately_in": {},
        "lately_by": lately,
        "workers": {row.unit_id: ("abm",) for row in persons},
        "names": {row.unit_id: (row.name, row.name_hi) for row in persons},
        "phones": [Phone(f"p{at}", f"सुनीता {at}", None, TODAY, at + 1, TODAY) for at in range(phones)],
        "decide": ToDecideRow(conflicts=4, doubles=2, marked=11),
        "set_aside": 1,
        "to_enter": (9, 120, 8),
        "held": a_held(HeldRow, block_id="b", on_day=TODAY - timedelta(days=14), parts_kept=True),
        "found_in": {row.unit_id: a_look(row.unit_id) for row in places[::3]},
        "held_in": {places[0].unit_id: a_held(HeldPartRow, unit_id=places[0].unit_id)} if places else {},
    }  # fmt: skip
    return BlockReview(**{**given, **values})


def page_of(review: BlockReview, language: str = "hi"):
    [page] = pages_of([review], words_of(language, strict=True), "रेखा कोल", "28-11-2026 10:42")
    return page


def table(page, short: str):
    return next(one for one in page.tables if one.short == words_of(page.language).say(f"pack.sheet_{short}"))


FULL = {"panchayats": 140, "people": 40, "phones": 40, "branches": 30, "states": 10}
EMPTY = {"panchayats": 0, "people": 0, "phones": 0, "branches": 0, "states": 0}


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    "much", [{}, FULL, EMPTY, {"panchayats": 1, "people": 1}], ids=["usual", "full", "empty", "one"]
)
def test_a_block_is_one_page_however_much_there_is(language, much):
    assert len(pictures_of([page_of(a_review(**much), language)], ppi=20)) == 1


def test_two_blocks_are_two_pages():
    words = words_of("hi", strict=True)
    pages = pages_of([a_review(**FULL), a_review()], words, "रेखा कोल", "28-11-2026 10:42")
    assert len(pictures_of(pages, ppi=20)) == 2


def test_what_the_page_has_no_room_for_is_summed_up_in_its_last_line():
    found = table(page_of(a_review(**FULL)), "panchayats")
    assert len(found.on_paper) < len(found.rows) == 140
    for column in (1, 2, 4, 5, 6):
        assert sum(row[column] for row in found.on_paper) == sum(row[column] for row in found.rows)
    # An average cannot be summed.
    assert found.on_paper[-1][3] is None
    hidden = len(found.rows) - len(found.on_paper) + 1
    assert f"{hidden} " in found.on_paper[-1][0]


def test_what_the_samples_found_stands_beside_the_figures_of_a_panchayat():
    review = a_review(panchayats=4)
    found = table(page_of(review), "samples")
    looked = {row.name: row for row in review.panchayats if row.unit_id in review.found_in}
    assert [row[0] for row in found.rows] == sorted(looked) and len(looked) == 2
    for name, *cells in found.rows:
        assert cells == [looked[name].groups, 2, 1, looked[name].opened, 3, 3, 1]
    assert list(found.last[2:]) == [4, 2, found.last[4], 6, 6, 2]


def test_where_nothing_was_looked_at_the_page_says_so():
    found = table(page_of(a_review(found_in={})), "samples")
    assert not found.rows and found.note == words_of("hi").say("found.none")


def test_each_figure_stands_beside_what_it_was_at_the_last_review():
    review = a_review(panchayats=2)
    page, whole = page_of(review, "en"), review.whole
    assert "28-11-2026 · compared with the review of 14-11-2026" in page.lines[0]
    changes = {one.words: one.change for one in page.figures}
    assert changes["Groups"] == f"since last review +{whole.groups - 10}"
    assert changes["Average members"] == "at last review 12.1" and changes["Bank sakhis"] == ""
    found = table(page, "since")
    assert found.title == "Compared with the review of 14-11-2026" and not found.printed
    first, second = review.panchayats
    assert found.rows[0][1:3] == (first.groups, first.groups - 10)
    assert found.rows[0][9:11] == (first.overdue, first.overdue - 40) and found.rows[0][11:] == (12.1, first.average)
    # Of the other one nothing was kept: it had no groups then.
    assert found.rows[1][1:3] == (second.groups, second.groups) and found.rows[1][11] is None
    assert found.last[1:3] == (whole.groups, whole.groups - 10)


def test_a_first_review_says_that_there_is_nothing_to_compare_with():
    page = page_of(a_review(held=None, held_in={}), "en")
    assert page.lines[0].endswith("no figures of a last review")
    assert not any(one.change for one in page.figures) and not [one for one in page.tables if one.short == "Comparison"]
    held = a_held(HeldRow, block_id="b", on_day=TODAY - timedelta(days=14), parts_kept=False)
    page = page_of(a_review(held=held, held_in={}), "en")
    assert page.figures[0].change and not [one for one in page.tables if one.short == "Comparison"]


def test_people_stand_by_name_and_never_by_their_counts():
    found = table(page_of(a_review(people=9)), "people")
    assert [row[0] for row in found.rows] == sorted(row[0] for row in found.rows)
    counts = [row[2] for row in found.rows]
    assert counts != sorted(counts) and counts != sorted(counts, reverse=True)


def test_whoever_forms_groups_and_has_none_stands_there_too():
    review = a_review(people=0, workers={"p1": ("abm",), "p2": ("bank_sakhi",)}, names={"p1": ("Rekha", None)})
    rows = table(page_of(review), "people").rows
    assert [(row[0], row[2]) for row in rows] == [("Rekha", 0)]


def test_a_phone_that_has_sent_and_was_heard_of_is_not_named():
    phones = [
        Phone("a", "Asha", None, TODAY, 0, None),
        Phone("b", "Basanti", None, TODAY, 3, TODAY - timedelta(days=2)),
        Phone("c", "Chanda", None, TODAY - timedelta(days=15), 0, None),
        Phone("d", "Durga", None, None, None, None),
    ]
    found = table(page_of(replace(a_review(), phones=phones)), "not_sent")
    assert [row[0] for row in found.rows] == ["Basanti", "Chanda", "Durga"]


def test_the_norm_is_told_of_the_place_and_of_no_group():
    page = page_of(a_review(), "en")
    assert [one.note for one in page.figures if "15" in one.note] == ["Norm 15"]
    assert not [row for one in page.tables for row in one.rows if "15" in map(str, row[:1])]

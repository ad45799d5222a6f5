"""The review pack, made at the centre in the scope of who asks: what stands in it, for whom, and how it is masked."""

import io
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook

from records.commands.accounts import ChangeAccount, RecordStep
from records.commands.checks import CheckGroup
from records.commands.groups import RegisterGroup
from records.commands.members import AddMember
from records.commands.portal import SayEntered
from records.days import day_of
from records.errands import HoldReview, MakeReviewPack
from records.figures import Yardstick, review_days
from records.problems import Problem
from records.written import show_day
from server.central_workspace import CentralWorkspace
from storage.queries import (
    count_to_decide,
    count_to_enter,
    list_beside_portal,
    list_opened_lately,
    list_workers,
    tally,
    tally_lately,
)
from storage.queries.portal import NOBODY, STANDS
from tests.console import Console
from tests.fleet import Phone
from tests.world import ref

NUMBER = "000123450042"
B1 = ("block", ref("B1"))


@pytest.fixture
def console(world_on_each):
    made = Console(world_on_each)
    yield made
    made.close()


def today(world) -> date:
    return day_of(world.clock())


def fill(page, world) -> list[str]:
    """Five groups of the block: formed lately and long ago, with and without accounts, one entered on the portal."""
    day = today(world)
    groups = []
    for number, name in enumerate(("सीता", "=HYPERLINK(1)", "#*बसन्ती*", "जय अम्बे", "Nav Durga")):
        village, ago = ref("V1" if number % 2 else "V2"), (3, 40, 14, 15, 100)[number]
        values = {"village_id": village, "name": name, "formed_on": day - timedelta(days=ago)}
        group = page.do(RegisterGroup({**values, "declared_members": 8 + number})).id
        groups.append(group)
        page.do(AddMember(group, {"name": f"सीता बाई {number}", "mobile": "9876543210"}))
        if number in (1, 4):
            page.do(ChangeAccount(group, {"branch_id": ref("R1")}))
            page.do(RecordStep(group, "submitted", day - timedelta(days=9)))
        if number == 4:
            # Opened on the first day that the review looks back on.
            on_day = day - timedelta(days=14)
            page.do(RecordStep(group, "opened", on_day, account_values={"account_number": NUMBER}))
    page.do(SayEntered("Shg", groups[3], "0042"))
    return groups


def sheets(page, **errand) -> dict[str, list[tuple]]:
    made = page.perform(MakeReviewPack("xlsx", **errand))
    book = load_workbook(io.BytesIO(made.content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def test_the_pages_say_where_the_block_stands(world_on_each, console):
    page = console.signed_in("supervisor").workspace
    fill(page, world_on_each)
    found = sheets(page, language="en")
    head = next(iter(found.values()))
    assert head[0][0] == "Block Place B1 · review"
    figures = {row[0]: row[1:3] for row in head if row[0]}
    assert figures["Groups"] == ("5", "2 formed in this period")
    assert figures["Average members"] == ("1.0", "Norm 15")
    assert figures["Pending savings accounts"] == ("4", "3 for over 7 days")
    assert figures["Accounts opened"] == ("1", "1 in this period")
    assert figures["Bank sakhis"][0] == "1 / 1"
    assert any("Made by supervisor" in str(row[0]) for row in head)
    portal = {row[0]: row[1] for row in found["Portal"] if row[0]}
    assert (portal["Groups"], portal["Members"], portal["Savings accounts"]) == (4, 5, 2)
    panchayats = {row[0]: row[1:] for row in found["Panchayats"]}
    assert panchayats["Place G1"][0] == 2 and panchayats["Place G2"][0] == 3
    people = [row for row in found["People"] if row[0] == "supervisor"]
    assert people[0][2:4] == (5, 2)


def test_what_samples_found_stands_by_panchayat(world_on_each, console):
    page, abm = console.signed_in("supervisor").workspace, console.signed_in("abm").workspace
    values = {"village_id": ref("V1"), "formed_on": today(world_on_each), "declared_members": 12}
    groups = [abm.do(RegisterGroup({**values, "name": name})).id for name in ("सीता", "गीता", "रीता")]
    none = sheets(page, language="en")["Samples"]
    assert none[-1][0] == "None verified by sample yet"
    for group, result in zip(groups, ("differs", "confirmed", "not_reached"), strict=True):
        page.do(CheckGroup(group, result, what="group", how="visit"))
    rows = {row[0]: row[1:8] for row in sheets(page, language="en")["Samples"] if row[0]}
    assert rows["Place G1"] == rows["Total"] == (3, 2, 1, 0, 0, 0, 1) and "Place G2" not in rows
    other = console.signed_in("supervisor2").workspace
    assert "Place G1" not in {row[0] for row in sheets(other, language="en")["Samples"]}


def test_the_pack_is_compared_with_the_last_review_of_its_block(world_on_each, console):
    page = console.signed_in("supervisor").workspace
    fill(page, world_on_each)
    page.perform(HoldReview(ref("B1")))
    assert "Comparison" not in sheets(page, language="en"), "today's review is none to compare with"
    held = today(world_on_each)
    world_on_each.clock.forward(days=14)
    page = console.signed_in("supervisor").workspace
    values = {"village_id": ref("V1"), "name": "नया", "formed_on": held, "declared_members": 15}
    page.do(RegisterGroup(values))
    found = sheets(page, language="en")
    head = next(iter(found.values()))
    assert f"compared with the review of {show_day(held)}" in head[2][0]
    assert {row[0]: row[3] for row in head if row[0]}["Groups"] == "since last review +1"
    rows = {row[0]: row[1:] for row in found["Comparison"] if row[0]}
    assert rows["Place G1"][:4] == (3, 1, 17, 15) and rows["Place G2"][:4] == (3, 0, 3, 0)
    assert rows["Total"][:2] == (6, 1)
    # Another block's review is none of hers.
    other = console.signed_in("supervisor2").workspace
    assert "Comparison" not in sheets(other, language="en")


def test_numbers_are_masked_and_no_name_is_a_formula(world_on_each, console):
    page = console.signed_in("supervisor").workspace
    fill(page, world_on_each)
    cells = [cell for rows in sheets(page).values() for row in rows for cell in row if cell is not None]
    assert "XXXXXX0042" in cells and "'=HYPERLINK(1)" in cells and "#*बसन्ती*" in cells
    text = " ".join(map(str, cells))
    assert NUMBER not in text and "9876543210" not in text and "सीता बाई" not in text


@pytest.mark.parametrize(("person", "blocks"), [("supervisor", 1), ("nodal", 1), ("district", 2)])
def test_who_reviews_gets_a_page_for_each_of_her_blocks(world_on_each, console, person, blocks):
    fill(console.signed_in("supervisor").workspace, world_on_each)
    made = console.signed_in(person).workspace.perform(MakeReviewPack())
    assert made.blocks == blocks and made.content.startswith(b"%PDF-") and made.name.endswith(".pdf")
    found = sheets(console.signed_in(person).workspace, language="en")
    assert "9876543210" not in str(found) and "सीता बाई" not in str(found)


@pytest.mark.parametrize("person", ["abm", "sakhi"])
def test_who_does_not_review_gets_none(console, person):
    with pytest.raises(Problem, match="not_allowed"):
        console.signed_in(person).workspace.perform(MakeReviewPack())


def test_the_page_of_another_block_is_out_of_reach(console):
    with pytest.raises(Problem, match="out_of_reach"):
        console.signed_in("supervisor").workspace.perform(MakeReviewPack(block_id=ref("B2")))


def test_without_a_session_there_is_no_pack(console):
    with pytest.raises(Problem, match="sign_in"):
        console.page().workspace.perform(MakeReviewPack())


def test_a_workspace_without_words_says_so(console):
    page = console.signed_in("supervisor")
    bare = CentralWorkspace(console.world.centre, console.watch, page.token)
    with pytest.raises(Problem, match="only_on_phone"):
        bare.perform(MakeReviewPack())


def test_phones_that_have_not_sent_are_named_and_the_console_is_none_of_them(world_on_each, console, tmp_path):
    page = console.signed_in("supervisor").workspace
    phone = Phone(world_on_each, "abm", tmp_path, "phone")
    phone.sync()
    phone.store.close()
    world_on_each.clock.forward(days=20)
    again = console.signed_in("supervisor").workspace
    rows = [row for row in sheets(again, language="en")["Not sent"] if row[0] in ("abm", "supervisor")]
    assert [row[0] for row in rows] == ["abm"] and rows[0][3].date() == today(world_on_each) - timedelta(days=20)
    assert page is not again


# --- the questions, at the centre and on a phone


def test_centre_and_phone_answer_alike(world_on_each, console, tmp_path):
    page = console.signed_in("supervisor").workspace
    groups = fill(page, world_on_each)
    since, until = review_days(today(world_on_each))
    days = {"since": since, "until": until}
    phone = Phone(world_on_each, "supervisor", tmp_path, "phone")
    phone.sync()
    questions = [
        *((tally_lately, {**days, "by": by, "within": B1}) for by in ("whole", "gram_panchayat", "person")),
        (list_opened_lately, {**days, "within": B1}),
        (count_to_decide, {"within": B1}),
        (count_to_enter, {"within": B1}),
        (count_to_enter, {}),
        *((list_beside_portal, {"stands": stands}) for stands in STANDS),
        (list_beside_portal, {"person_id": ref("supervisor")}),
        (list_beside_portal, {"person_id": NOBODY}),
        (list_workers, {"block_id": ref("B1"), "today": until}),
    ]
    try:
        for query, question in questions:
            at_centre = [row.model_dump() for row in page.ask(query, **question)]
            assert at_centre == [row.model_dump() for row in phone.workspace.ask(query, **question)], query.name
            assert at_centre or question.get("stands") in ("only_there", "differs") or "person_id" in question
    finally:
        phone.store.close()
    [row] = page.ask(tally_lately, **days, within=B1)
    assert (row.formed, row.opened, row.to_enter, row.verified) == (2, 1, 4, 0)
    [whole] = page.ask(tally, measure=Yardstick(until), within=B1)
    assert whole.groups == 5
    to_enter = page.ask(list_beside_portal)
    assert {one.id for one in to_enter} == set(groups), "the members of the one that is entered are not"
    assert {one.id for one in to_enter if one.account} == {groups[1], groups[4]}

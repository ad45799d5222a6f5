"""What the phone's screens ask is answered alike by the centre on SQLite, on PostgreSQL, and by a phone that synced."""

from dataclasses import replace
from datetime import date

import pytest

from records.commands.accounts import ChangeAccount, RecordStep
from records.commands.checks import CheckGroup
from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.members import AddMember
from records.figures import Found, Yardstick
from storage.queries import (
    count_board,
    count_groups,
    count_today,
    list_board,
    list_board_branches,
    list_groups,
    list_tallied,
    search_members,
    tally,
    tally_accounts,
    tally_checked,
    tally_coverage,
    tally_months,
)
from storage.queries.board import NO_BRANCH
from storage.queries.listed import LISTED, ORDERS
from storage.queries.units import UNITS
from tests.console import Console
from tests.fleet import Phone
from tests.world import ref

MEASURE = Yardstick(date(2026, 9, 21))
HERS = (ref("G1"),)


@pytest.fixture
def console(world_on_each):
    made = Console(world_on_each)
    yield made
    made.close()


def fill(console, page) -> None:
    """Groups in two panchayats, in every kind of need, by the ordinary commands; some were looked at by a second
    person."""
    makers = {name: console.signed_in(name).workspace for name in ("abm", "abm2", "sakhi")}
    for number, name in enumerate(("सीता", "Sita Ram", "Basanti", "जय अम्बे", "Nav Durga", "Kiran")):
        village = ref("V1" if number % 2 else "V2")
        values = {"village_id": village, "name": name, "formed_on": date(2026, 9, 1 + 3 * number)}
        group = (
            makers["abm" if number % 2 else "abm2"].do(RegisterGroup({**values, "declared_members": 6 + 2 * number})).id
        )
        member = page.do(AddMember(group, {"name": f"Sunita {name}"})).id
        if number == 1:
            page.do(ChangeGroup(group, {"president_id": member, "secretary_id": member}))
        if number in (2, 3):
            page.do(ChangeAccount(group, {"branch_id": ref("R1")}))
        if number >= 3:
            page.do(CheckGroup(group, ("confirmed", "differs", "not_reached")[number - 3], what="group", how="visit"))
            page.do(RecordStep(group, "submitted", date(2026, 9, 18)))
        if number == 4:
            page.do(RecordStep(group, "returned", date(2026, 9, 19), reason="come_later"))
        if number == 5:
            makers["sakhi"].do(RecordStep(group, "opened", date(2026, 9, 20)))
            page.do(CheckGroup(group, "confirmed", what="account", how="call"))


QUESTIONS = [
    (count_today, {"measure": MEASURE}),
    (count_today, {"measure": MEASURE, "panchayats": HERS}),
    *((list_groups, {"needs": need, "measure": MEASURE}) for need in ("mending", "pending", "overdue", "too_few")),
    (count_groups, {"needs": "unsent", "measure": MEASURE, "panchayats": HERS}),
    *((list_groups, {"search": search}) for search in ("sita", "वसंती", "navdurga", "jai amb")),
    (search_members, {"search": "Suneeta"}),
    *((list_board, {"branch_id": branch}) for branch in (None, ref("R1"), ref("R2"), NO_BRANCH)),
    (list_board, {"blocker": "returned", "panchayats": (ref("G2"),)}),
    (count_board, {}),
    (list_board_branches, {}),
    *((tally, {"measure": MEASURE, "by": unit}) for unit in UNITS),
    *((tally, {"measure": MEASURE, "by": "village", "within": ("gram_panchayat", ref(gp))}) for gp in ("G1", "G2")),
    (tally, {"measure": replace(MEASURE, special_counts=False), "within": ("block", ref("B1"))}),
    *((tally_checked, {"measure": MEASURE, "by": unit}) for unit in UNITS),
    (tally_checked, {"measure": MEASURE, "by": "village", "within": ("gram_panchayat", ref("G1"))}),
    *((tally_accounts, {"measure": MEASURE, "within": place}) for place in (None, ("gram_panchayat", ref("G1")))),
    *(
        (list_tallied, {"measure": MEASURE, "what": what, "order": order})
        for what in (*LISTED, "state-submitted")
        for order in ORDERS
    ),
    (list_tallied, {"measure": MEASURE, "within": ("village", ref("V1")), "order": "members", "after": (0, "")}),
    (tally_months, {"months": (date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1))}),
    *((tally_coverage, {"today": MEASURE.today, "within": place}) for place in (None, ("block", ref("B1")))),
]


def test_centre_and_phone_answer_alike(world_on_each, console, tmp_path):
    page = console.signed_in("supervisor").workspace
    fill(console, page)
    phone = Phone(world_on_each, "supervisor", tmp_path, "phone")
    phone.sync()
    try:
        for query, question in QUESTIONS:
            at_centre = [row.model_dump() for row in page.ask(query, **question)]
            on_phone = [row.model_dump() for row in phone.workspace.ask(query, **question)]
            if query is count_board:
                at_centre.sort(key=str)
                on_phone.sort(key=str)
            assert at_centre == on_phone, (query.name, question)
            empty_by_right = question.get("needs") == "unsent" or question.get("branch_id") in (ref("R2"), NO_BRANCH)
            empty_by_right |= question.get("what") in ("overdue", "uncounted", "opened", "too_few")
            assert at_centre or empty_by_right, (query.name, question)
    finally:
        phone.store.close()
    (row,) = page.ask(tally_checked, measure=MEASURE)
    assert (row.found("groups"), row.found("opened")) == (Found(2, 1, 1), Found(1, 1, 0))
    (row,) = page.ask(count_today, measure=MEASURE)
    assert (row.groups, row.pending, row.formed) == (6, 5, 6) and row.mending and row.too_few

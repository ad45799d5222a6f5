"""What waits today and what a branch has to do: the counts are those of the lists, and both what the records say."""

import random
from datetime import date, timedelta

import pytest

from records.account_state import state_of
from records.account_work import BLOCKERS, NEEDS, blocker_of, needs_of, states_of
from records.conflict import Conflict
from records.figures import (
    NOT_PENDING,
    Yardstick,
    age_days,
    begun_on,
    is_begun_this_month,
    is_counted,
    is_joined,
    is_overdue,
    is_pending,
    is_too_few,
    members_of,
    yardstick_on,
)
from records.norm import Norm
from records.savings_account import RETURN_REASONS, STATES
from storage.queries import (
    count_board,
    count_groups,
    count_today,
    list_board,
    list_board_branches,
    list_groups,
    search_members,
)
from storage.queries.board import NO_BRANCH
from tests.factories import (
    a_branch,
    a_member,
    a_place_tree,
    a_service_area,
    a_stamp,
    a_step,
    an_account,
    an_id,
    an_shg,
)
from tests.phones import a_phone
from tests.unit.test_storage_queries import give

TREE, OTHER = a_place_tree(), a_place_tree("Rithi")
TODAY = date(2026, 11, 18)
MEASURE = Yardstick(TODAY, pending_days=7, least=10, least_special=5)
BRANCH, SECOND = a_branch(TREE.block), a_branch(TREE.block, name="Second", ifsc="BKID0NAMRGB")
HERS = (TREE.panchayat.id,)


@pytest.fixture
def phone(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        give(phone, *TREE, *list(OTHER)[2:], BRANCH, SECOND, a_service_area(BRANCH, TREE.villages[1]))
        yield phone


def a_conflict(shg, **changes):
    values = {"record_kind": "Shg", "record_id": shg.id, "shg_id": shg.id, "field": "name", "value": '"x"'}
    stamps = {"losing_stamp": a_stamp(), "winning_stamp": a_stamp(counter=1)}
    return Conflict(**({"id": an_id(), "state": "open"} | values | stamps | changes))


def groups_of_chance(chance):
    """Groups as they may be, each with its account, its steps and whether something is in conflict."""
    villages = [*TREE.villages, *OTHER.villages]
    for number in range(120):
        shg = an_shg(
            name=f"Group {number}",
            village_id=chance.choice(villages).id,
            formed_on=chance.choice([date(2026, 11, day) for day in (1, 10, 11, 18, 25)] + [date(2026, 10, 31)]),
            restarted_on=chance.choice([None, None, date(2026, 11, 3), date(2026, 10, 1)]),
            group_type=chance.choice(["women", "women", "special"]),
            roster_count=chance.choice([None, 0, 4, 5, 9, 10, 14]),
            declared_members=chance.choice([None, 0, 9, 12]),
            active=chance.random() < 0.8,
            account_needed=chance.random() < 0.8,
            deleted_on=chance.choice([None, None, None, TODAY]),
            marks=chance.choice([(), (), ("too_few_members",), ("two_offices",), ("too_few_members", "two_offices")]),
        )
        shg = shg.model_copy(update={"canonical_id": chance.choice([None, shg.id, "0" * 32])})
        branch = chance.choice([None, BRANCH.id, SECOND.id])
        state = chance.choice([None, *STATES, "unknown"])
        account = an_account(shg, state=state, branch_id=branch) if state else None
        yield shg, account, a_conflict(shg, state=chance.choice(["open", "closed"])) if number % 9 == 0 else None


def in_place(shg, panchayats):
    panchayat = {v.id: v.gram_panchayat_id for v in (*TREE.villages, *OTHER.villages)}[shg.village_id]
    return panchayats is None or panchayat in panchayats


def is_open(conflict):
    return conflict is not None and conflict.state == "open"


def said_by_the_records(world, panchayats, besides):
    """For each need the ids of the groups that have it."""
    found = {need: set() for need in ("mending", "pending", "overdue", "too_few", "formed")}
    for shg, account, conflict in world:
        if shg.deleted_on or not in_place(shg, panchayats):
            continue
        faulty = set(shg.marks) - {"too_few_members"} or is_open(conflict)
        if (faulty and not is_joined(id=shg.id, canonical_id=shg.canonical_id)) or shg.id in besides:
            found["mending"].add(shg.id)
        if not is_counted(deleted=False, active=shg.active, id=shg.id, canonical_id=shg.canonical_id):
            continue
        begun = begun_on(shg.formed_on, shg.restarted_on)
        age = age_days(formed_on=shg.formed_on, restarted_on=shg.restarted_on, today=TODAY)
        state = account.state if account else "not_started"
        if is_pending(active=shg.active, account_needed=shg.account_needed, state=state):
            found["pending"].add(shg.id)
            if is_overdue(age, MEASURE.pending_days):
                found["overdue"].add(shg.id)
        least = MEASURE.least_special if shg.group_type == "special" else MEASURE.least
        if is_too_few(members_of(shg.roster_count, shg.declared_members), least):
            found["too_few"].add(shg.id)
        if is_begun_this_month(begun, TODAY):
            found["formed"].add(shg.id)
    return found


@pytest.mark.parametrize("panchayats", [None, HERS])
@pytest.mark.parametrize("seed", range(4))
def test_the_counts_of_today_are_those_of_the_lists_and_of_the_records(phone, seed, panchayats):
    world = list(groups_of_chance(random.Random(seed)))
    give(phone, *(one for three in world for one in three if one))
    besides = tuple(shg.id for shg, _account, _conflict in world[3:5])
    expected = said_by_the_records(world, panchayats, besides)
    (row,) = phone.ask(count_today, measure=MEASURE, panchayats=panchayats, besides=besides)
    counts = row.model_dump()
    assert {need: counts[need] for need in expected} == {need: len(ids) for need, ids in expected.items()}
    for need in ("mending", "pending", "overdue", "too_few", "formed"):
        asked = {"needs": need, "measure": MEASURE, "panchayats": panchayats, "besides": besides}
        assert {one.id for one in phone.ask(list_groups, **asked, limit=500)} == expected[need], need
        assert phone.ask(count_groups, **asked)[0].count == len(expected[need])


def test_nothing_waits_on_an_empty_phone(phone):
    (row,) = phone.ask(count_today, measure=MEASURE)
    assert set(row.model_dump().values()) == {0}


def test_a_group_is_unsent_when_something_below_it_is(phone):
    groups = [an_shg(name=name, village_id=TREE.village.id) for name in ("Own", "Member", "Account", "Step", "None")]
    accounts = [an_account(shg) for shg in groups]
    members = [a_member(shg) for shg in groups]
    steps = [a_step(account) for account in accounts]
    give(phone, *groups, *accounts, *members, *steps)
    unsent = {
        "shg": groups[0].id,
        "member": members[1].id,
        "savings_account": accounts[2].id,
        "account_step": steps[3].id,
    }
    with phone.store.writing() as t:
        for table, id in unsent.items():
            t.connection.exec_driver_sql(f"UPDATE {table} SET unsent=1 WHERE id=?", (id,))
    asked = {"needs": "unsent", "measure": MEASURE}
    assert [row.name for row in phone.ask(list_groups, **asked)] == ["Account", "Member", "Own", "Step"]
    assert phone.ask(count_groups, **asked)[0].count == 4


def test_norms_make_the_yardstick_of_a_day():
    norms = [
        Norm(id=an_id(), code="pending_days", value=10, from_on=date(2026, 1, 1)),
        Norm(id=an_id(), code="least_members", value=8, from_on=date(2027, 1, 1)),
    ]
    assert yardstick_on(norms, TODAY) == Yardstick(TODAY, 10, 10, 5)


# --- search


def test_in_a_search_the_whole_name_comes_first_and_pages_follow_on(phone):
    names = ["Sita Gram", "Jai Sita", "Sitala", "Sita", "Sita Ram", "Gram Sita Mai", "Vasanti"]
    give(phone, *(an_shg(name=name, village_id=TREE.village.id) for name in names))
    found = [row.name for row in phone.ask(list_groups, search="सीता")]
    assert found[0] == "Sita" and set(found[1:3]) == {"Sita Gram", "Sita Ram"}
    assert found[-1] == "Sitala" and "Vasanti" not in found
    seen, after = [], None
    while page := phone.ask(list_groups, search="सीता", limit=2, after=after):
        seen += [row.name for row in page]
        after = page[-1].place
    assert seen == found
    assert phone.ask(count_groups, search="सीता")[0].count == len(found)
    assert [row.name for row in phone.ask(list_groups, search="basanti")] == ["Vasanti"]


def test_few_letters_let_go_of_little(phone):
    give(phone, an_shg(name="संतोषी माता"), an_shg(name="सुनीता"))
    assert [row.name for row in phone.ask(list_groups, search="suneeta")] == ["सुनीता"]


def test_a_woman_is_found_with_her_group(phone):
    shg, gone = an_shg(name="Jai Ambe", village_id=TREE.village.id), an_shg(name="Gone", deleted_on=TODAY)
    give(phone, shg, gone, a_member(shg, name="सुनीता बाई"), a_member(gone, name="Sunita Bai"))
    (row,) = phone.ask(search_members, search="Suneeta")
    assert (row.name, row.shg_name, row.village_name) == ("सुनीता बाई", "Jai Ambe", TREE.village.name)
    assert phone.ask(search_members, search=" ") == []


# --- the board


def board_of_the_records(world, branch_id, panchayats):
    found = {}
    for shg, account, _conflict in world:
        if not is_counted(
            deleted=shg.deleted_on is not None, active=shg.active, id=shg.id, canonical_id=shg.canonical_id
        ):
            continue
        state = account.state if account else "not_started"
        branch = account.branch_id if account else None
        served = shg.village_id == TREE.villages[1].id
        at = {
            None: True,
            BRANCH.id: branch == BRANCH.id or (branch is None and served),
            SECOND.id: branch == SECOND.id,
            NO_BRANCH: branch is None and not served,
        }[branch_id]
        if shg.account_needed and in_place(shg, panchayats) and at and state in BLOCKERS:
            found[shg.id] = state
    return found


@pytest.mark.parametrize("panchayats", [None, HERS])
@pytest.mark.parametrize("branch_id", [None, BRANCH.id, SECOND.id, NO_BRANCH])
def test_the_board_of_a_branch_holds_its_groups_by_what_blocks_them(phone, branch_id, panchayats):
    world = list(groups_of_chance(random.Random(7)))
    give(phone, *(one for three in world for one in three if one))
    expected = board_of_the_records(world, branch_id, panchayats)
    counts = {row.state: row.count for row in phone.ask(count_board, branch_id=branch_id, panchayats=panchayats)}
    assert counts == {state: list(expected.values()).count(state) for state in set(expected.values())}
    for blocker in ("", *BLOCKERS.values()):
        rows = phone.ask(list_board, branch_id=branch_id, panchayats=panchayats, blocker=blocker, limit=500)
        assert {row.id: row.state for row in rows} == {
            id: state for id, state in expected.items() if state in states_of(blocker)
        }
        assert [row.begun_on for row in rows] == sorted(row.begun_on for row in rows), "the oldest first"


def test_the_board_comes_page_by_page(phone):
    give(phone, *(an_shg(name=f"G{n}", formed_on=date(2026, 10, 1 + n % 3)) for n in range(11)))
    seen, after = [], None
    while page := phone.ask(list_board, limit=4, after=after):
        seen += [row.id for row in page]
        after = (page[-1].begun_on, page[-1].id)
    assert len(seen) == len(set(seen)) == 11


def test_a_returned_account_tells_the_last_reason_that_stands(phone):
    shg = an_shg(village_id=TREE.village.id, president_id=an_id(), secretary_id=an_id(), president_signs=True)
    account = an_account(shg, state="returned", branch_id=BRANCH.id)
    returned = [
        a_step(account, "returned", reason=reason, on_day=TODAY - timedelta(days=days))
        for reason, days in (("kyc_mismatch", 9), ("photo_or_seal_missing", 4), ("come_later", 2))
    ]
    cancelled = a_step(account, "cancelled", cancels_id=returned[2].id, on_day=TODAY)
    give(phone, shg, account, *returned, cancelled)
    (row,) = phone.ask(list_board, branch_id=BRANCH.id, blocker="returned")
    assert (row.reason, row.step_on) == ("photo_or_seal_missing", TODAY - timedelta(days=4))
    assert (row.bearers, row.signatories, row.branch_name) == (2, 1, "Badwara")


def test_branches_are_listed_by_how_much_waits_there(phone):
    groups = [an_shg(name=f"G{n}", village_id=TREE.villages[n % 2].id) for n in range(5)]
    accounts = [an_account(shg, branch_id=SECOND.id, state="submitted") for shg in groups[:1]]
    give(phone, *groups, *accounts, an_account(groups[2], branch_id=SECOND.id, state="opened"))
    assert [(row.name, row.pending) for row in phone.ask(list_board_branches)] == [("Badwara", 2), ("Second", 1)]
    assert [row.name for row in phone.ask(list_board_branches, among=[SECOND.id])] == ["Second"]


def test_every_pending_state_has_a_blocker_and_needs():
    assert set(BLOCKERS) == set(STATES) - set(NOT_PENDING) | {"opened"}
    for state in BLOCKERS:
        for reason in RETURN_REASONS if state == "returned" else (None,):
            needs = needs_of(state, reason, bearers=3, signatories=2, has_branch=True)
            assert needs and set(needs) <= set(NEEDS)
    assert blocker_of("closed") is None
    assert needs_of("returned", "photo_or_seal_missing", bearers=3, signatories=2, has_branch=True) == (
        "photos",
        "seal",
    )
    assert needs_of("form_filled", None, bearers=3, signatories=1, has_branch=False)[-2:] == ("branch", "signatories")
    assert needs_of("not_started", None, bearers=0, signatories=0, has_branch=False)[0] == "bearers"
    assert state_of([]).state in BLOCKERS

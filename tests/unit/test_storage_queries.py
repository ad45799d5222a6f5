"""Questions and their answers; the figures in SQL say the same as records/figures.py."""

import random
from datetime import date, timedelta

import pytest

from records.account_state import STATES
from records.commands.groups import ChangeGroup, DeleteGroup
from records.commands.members import DeleteMember
from records.figures import (
    Yardstick,
    age_days,
    average,
    is_counted,
    is_overdue,
    is_pending,
    members_of,
    norm_on,
)
from records.norm import Norm
from records.shg import Shg
from storage.pages import take_page
from storage.queries import (
    Query,
    count_groups,
    find_account,
    find_branch,
    find_person,
    find_place,
    find_shg,
    list_branches,
    list_groups,
    list_groups_near,
    list_joined,
    list_members,
    list_norms,
    list_people,
    list_steps,
    list_villages,
    unit_figures,
)
from tests.factories import (
    a_branch,
    a_member,
    a_page,
    a_part,
    a_person,
    a_place_tree,
    a_section,
    a_service_area,
    a_step,
    an_account,
    an_id,
    an_shg,
)
from tests.phones import a_phone

TREE, OTHER = a_place_tree(), a_place_tree("Rithi")
STREAM = f"gp/{TREE.panchayat.id}/members"
TODAY = date(2026, 11, 18)


@pytest.fixture
def phone(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        give(phone, *TREE, *list(OTHER)[2:])
        yield phone


def give(phone, *records):
    """The phone receives these records."""
    kinds = {}
    for record in records:
        kinds.setdefault(type(record), []).append(record)
    take_page(phone.store, a_page(a_part(STREAM, *(a_section(some) for some in kinds.values()))))


def a_group(name="Jai Ambe", **changes):
    return an_shg(**({"name": name, "village_id": TREE.village.id} | changes))


def names(rows):
    return [row.name for row in rows]


def test_a_group_is_listed_with_its_village_and_the_state_of_its_account(phone):
    shg = a_group(roster_count=12, marks=("few_signatories",), declared_members=13)
    give(phone, shg, an_account(shg, state="submitted"), an_account(shg, id=an_id(), state="opened"))
    (row,) = phone.ask(list_groups)
    assert (row.name, row.village_name, row.account_state) == ("Jai Ambe", TREE.village.name, "submitted")
    assert (row.roster_count, row.marks, row.declared_members, row.active) == (12, ("few_signatories",), 13, True)
    assert (row.account_needed, row.unsent, row.formed_on) == (True, 0, date(2026, 10, 1))


def test_a_group_without_account_or_known_village_is_listed_too(phone):
    give(phone, a_group(village_id="f" * 32))
    (row,) = phone.ask(list_groups)
    assert (row.village_name, row.account_state) == (None, None)


@pytest.mark.parametrize("search", ["जय", "jay amb", "ambe", "अम्बे जय", "  "])
def test_groups_are_found_by_the_beginning_of_a_word_in_either_script(phone, search):
    give(phone, a_group("जय अम्बे समूह"), *([a_group("Durga")] if search.strip() else []))
    assert names(phone.ask(list_groups, search=search)) == ["जय अम्बे समूह"]
    assert phone.ask(count_groups, search=search)[0].count == 1


def test_what_is_nothing_like_a_word_finds_everything_and_a_wrong_word_nothing(phone):
    give(phone, a_group())
    assert len(phone.ask(list_groups, search="%_")) == 1
    assert phone.ask(list_groups, search="mbe") == []


def test_groups_come_page_by_page_each_once(phone):
    give(phone, *(a_group(f"Group {n % 7}") for n in range(23)))
    seen, after = [], None
    while page := phone.ask(list_groups, limit=5, after=after):
        seen += page
        after = (page[-1].search_key, page[-1].id)
    assert len(seen) == len({row.id for row in seen}) == 23
    assert [row.search_key for row in seen] == sorted(row.search_key for row in seen)


def test_deleted_groups_are_hidden_with_all_below_them_and_can_still_be_found(phone):
    shg = a_group(deleted_on=TODAY)
    account = an_account(shg)
    give(phone, shg, a_member(shg), account)
    assert (
        phone.ask(list_groups) == phone.ask(list_members, shg_id=shg.id) == phone.ask(find_account, shg_id=shg.id) == []
    )
    assert phone.ask(count_groups)[0].count == 0
    assert phone.ask(find_shg, id=shg.id) == [shg]


def test_what_was_deleted_is_listed_by_itself_to_be_restored(phone):
    gone, stays = a_group("Gone", deleted_on=TODAY), a_group("Stays")
    member = a_member(stays, name="Rekha", deleted_on=TODAY)
    give(phone, gone, stays, a_member(gone), member, a_member(stays))
    assert names(phone.ask(list_groups, deleted=True)) == ["Gone"]
    assert phone.ask(list_groups, deleted=True, search="stays") == []
    assert phone.ask(count_groups, deleted=True)[0].count == 1
    assert names(phone.ask(list_members, shg_id=stays.id, deleted=True)) == ["Rekha"]
    assert phone.ask(list_members, shg_id=gone.id, deleted=True) == [], "below a deleted group nothing is listed"
    phone.do(DeleteGroup(gone.id, restore=True))
    phone.do(DeleteMember(member.id, restore=True))
    assert phone.ask(list_groups, deleted=True) == phone.ask(list_members, shg_id=stays.id, deleted=True) == []
    assert len(phone.ask(list_groups)) == len(phone.ask(list_members, shg_id=stays.id)) == 2


def joined(name, to, **changes):
    """A group that was said to be the same as another, as the centre sends it."""
    return a_group(name, same_as=to.id, canonical_id=to.id, **changes)


def test_a_joined_group_is_in_no_list_but_that_of_a_search(phone):
    stands = a_group("Narmada")
    again = joined("Narmada Samuh", stands, marks=("two_offices",), mobile="9876543210")
    give(phone, stands, again)
    assert names(phone.ask(list_groups)) == names(phone.ask(list_groups, village_id=TREE.village.id)) == ["Narmada"]
    assert [phone.ask(count_groups, **some)[0].count for some in ({}, {"search": "narmada"})] == [1, 2]
    rows = phone.ask(list_groups, search="narmada")
    assert {row.name: row.canonical_id for row in rows} == {"Narmada": None, "Narmada Samuh": stands.id}
    for need in ("mending", "overdue", "pending", "formed", "unsent"):
        shown = phone.ask(list_groups, needs=need, measure=Yardstick(TODAY))
        assert again.id not in {row.id for row in shown}, need
    near = phone.ask(list_groups_near, village_id=TREE.village.id, mobile="9876543210")
    assert names(near) == ["Narmada"], "what is being typed is compared with the one that stands"


def test_work_on_a_joined_group_that_is_not_sent_or_not_taken_is_still_told(phone):
    stands = a_group("Narmada")
    again = joined("Narmada Samuh", stands)
    give(phone, stands, again)
    phone.do(ChangeGroup(again.id, {"remarks": "x"}))
    measure = Yardstick(TODAY)
    assert names(phone.ask(list_groups, needs="unsent", measure=measure)) == ["Narmada Samuh"]
    assert names(phone.ask(list_groups, needs="mending", measure=measure, besides=(again.id,))) == ["Narmada Samuh"]


def test_a_group_knows_those_that_were_joined_to_it_whichever_way_the_link_points(phone):
    first, second = a_group("Narmada"), a_group("Narmada Samuh")
    third = joined("Maa Narmada", first)
    first = first.model_copy(update={"same_as": second.id, "canonical_id": first.id})
    second = second.model_copy(update={"canonical_id": first.id})
    give(phone, first, second, third, a_group("Durga"))
    assert names(phone.ask(list_joined, shg_id=first.id)) == ["Maa Narmada", "Narmada Samuh"]
    assert phone.ask(list_joined, shg_id=second.id) == []


def test_groups_of_one_village(phone):
    give(phone, a_group("Here"), a_group("There", village_id=TREE.villages[1].id))
    assert names(phone.ask(list_groups, village_id=TREE.villages[1].id)) == ["There"]
    assert phone.ask(count_groups, village_id=TREE.village.id)[0].count == 1


def test_members_are_listed_by_name_page_by_page(phone):
    shg = a_group()
    give(phone, shg, *(a_member(shg, name=name) for name in ("Rekha", "गीता", "Anita")))
    give(phone, a_member(shg, name="Deleted", deleted_on=TODAY), a_member(an_id(), name="Elsewhere"))
    rows = phone.ask(list_members, shg_id=shg.id)
    assert names(rows) == ["Anita", "गीता", "Rekha"]
    after = (rows[0].search_key, rows[0].id)
    assert names(phone.ask(list_members, shg_id=shg.id, limit=1, after=after)) == ["गीता"]


def test_an_account_comes_with_its_branch_and_steps_with_their_authors(phone):
    shg, branch, person = a_group(), a_branch(TREE.block), a_person(TREE.block)
    account = an_account(shg, branch_id=branch.id, account_number="123456789012", state="opened")
    first = a_step(account, "submitted", on_day=date(2026, 11, 1), author_id=person.id)
    second = a_step(account, "returned", on_day=date(2026, 11, 9), after=(first.id,), reason="come_later")
    give(phone, shg, branch, person, account, second, first)
    (row,) = phone.ask(find_account, shg_id=shg.id)
    assert (row.bank_name, row.branch_name, row.ifsc) == (branch.bank_name, "Badwara", "BKID0NAMRGB")
    assert (row.account_number, row.state) == ("123456789012", "opened")
    steps = phone.ask(list_steps, account_id=account.id)
    assert [(step.kind, step.author_name, step.after) for step in steps] == [
        ("submitted", "Asha Patel", ()),
        ("returned", None, (first.id,)),
    ]


def test_villages_are_found_within_some_panchayats(phone):
    panchayat = TREE.panchayats[1]
    rows = phone.ask(list_villages, search="badwara", panchayats={panchayat.id})
    assert [row.gram_panchayat_name for row in rows] == [panchayat.name] * 2
    assert len(phone.ask(list_villages)) == 8
    assert len(phone.ask(list_villages, limit=3)) == 3
    assert phone.ask(list_villages, panchayats=[]) == []
    assert phone.ask(find_place, id=TREE.block.id)[0].name_hi == "बड़वारा"
    assert phone.ask(find_place, id=TREE.village.id)[0].gram_panchayat_id == TREE.panchayat.id


def test_branches_that_serve_the_village_come_first(phone):
    serves, other = a_branch(TREE.block, name="Zari"), a_branch(TREE.block, name="Amdara")
    give(phone, serves, other, a_service_area(serves, TREE.village))
    give(phone, a_service_area(other, TREE.village, deleted_on=TODAY))
    rows = phone.ask(list_branches, village_id=TREE.village.id)
    assert [(row.name, row.serves_village) for row in rows] == [("Zari", True), ("Amdara", False)]
    assert [row.serves_village for row in phone.ask(list_branches)] == [False, False]
    assert names(phone.ask(list_branches, search="zar")) == ["Zari"]


def test_one_branch_and_one_person_are_found_by_their_id_deleted_ones_too(phone):
    branch, person = a_branch(TREE.block, deleted_on=TODAY), a_person(TREE.block, deleted_on=TODAY)
    give(phone, branch, a_branch(TREE.block), person, a_person(TREE.block))
    (found,) = phone.ask(find_branch, id=branch.id)
    assert (found.id, found.bank_name, found.ifsc, found.serves_village) == (
        branch.id,
        branch.bank_name,
        branch.ifsc,
        False,
    )
    assert [row.id for row in phone.ask(find_person, id=person.id)] == [person.id]
    assert phone.ask(find_branch, id=person.id) == phone.ask(find_person, id=branch.id) == []


def test_people_are_found_by_either_name(phone):
    give(phone, a_person(TREE.block), a_person(TREE.block, name="Meena", name_hi=None))
    assert names(phone.ask(list_people, search="आशा")) == ["Asha Patel"]
    assert len(phone.ask(list_people)) == 2


def test_every_query_says_which_kinds_it_reads_and_tells_rows_of_its_type(phone):
    from storage import queries

    for name in queries.__all__:
        query = getattr(queries, name)
        if isinstance(query, Query):
            assert query.name == name and query.kinds <= set(phone.store.registry)
    assert isinstance(phone.ask(list_norms), list)


def random_groups(chance):
    villages = [*TREE.villages, *OTHER.villages]
    for _ in range(80):
        day = TODAY - timedelta(days=chance.choice([0, 6, 7, 8, 30]))
        shg = a_group(
            formed_on=day,
            village_id=chance.choice(villages).id,
            restarted_on=chance.choice([None, None, TODAY - timedelta(days=7), TODAY - timedelta(days=8)]),
            roster_count=chance.choice([None, 0, 11, 14]),
            declared_members=chance.choice([None, 0, 12]),
            active=chance.random() < 0.8,
            account_needed=chance.random() < 0.8,
            deleted_on=chance.choice([None, None, None, TODAY]),
        )
        shg = shg.model_copy(update={"canonical_id": chance.choice([None, shg.id, "0" * 32])})
        state = chance.choice([None, *STATES, "unknown"])
        yield shg, an_account(shg, state=state) if state else None


def figures_of(pairs, block, norm_days):
    """What records/figures.py says, group by group."""
    counted = [
        (shg, account.state if account else "not_started")
        for shg, account in pairs
        if is_counted(deleted=shg.deleted_on is not None, active=shg.active, id=shg.id, canonical_id=shg.canonical_id)
        and (block is None or shg.village_id in {village.id for village in block.villages})
    ]
    pending = [s for s, state in counted if is_pending(active=s.active, account_needed=s.account_needed, state=state)]
    ages = [age_days(formed_on=s.formed_on, restarted_on=s.restarted_on, today=TODAY) for s in pending]
    members = sum(members_of(shg.roster_count, shg.declared_members) for shg, _state in counted)
    return {
        "groups": len(counted),
        "members": members,
        "pending": len(pending),
        "overdue": sum(is_overdue(age, norm_days) for age in ages),
        "opened": sum(state in ("opened", "passbook_received") for _shg, state in counted),
    }, average(members, len(counted))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("block", [None, TREE, OTHER])
def test_the_figures_in_sql_are_those_of_the_records(phone, seed, block):
    pairs = list(random_groups(random.Random(seed)))
    give(phone, *(shg for shg, _account in pairs), *(account for _shg, account in pairs if account))
    for norm_days in (0, 7, 10):
        block_id = block.block.id if block else None
        (row,) = phone.ask(unit_figures, today=TODAY, block_id=block_id, pending_days=norm_days)
        expected, mean = figures_of(pairs, block, norm_days)
        assert (row.model_dump(), row.average) == (expected, mean)


def test_the_figures_of_nothing_are_zero(phone):
    (row,) = phone.ask(unit_figures, today=TODAY)
    assert (row.groups, row.members, row.pending, row.average) == (0, 0, 0, None)


def test_norms_are_read_beside_the_figures(phone):
    give(phone, Norm(id=an_id(), code="pending_days", value=10, from_on=date(2026, 6, 1)))
    assert norm_on(phone.ask(list_norms), "pending_days", TODAY) == 10


def test_a_group_is_read_as_the_record_it_is(phone):
    shg = a_group(marks=("two_offices",), roster_count=3, same_as="e" * 32)
    give(phone, shg)
    assert phone.ask(find_shg, id=shg.id) == [shg] and isinstance(phone.ask(find_shg, id=shg.id)[0], Shg)

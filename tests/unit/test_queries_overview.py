"""The figures of an overview: what SQL counts is what the records say, group by group."""

import random
from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest

from records.check import RESULTS, WHATS, Check
from records.figures import (
    AGES,
    OPENED,
    SAMPLED,
    Yardstick,
    age_band,
    age_days,
    begun_on,
    found_of,
    is_averaged,
    is_begun_this_month,
    is_counted,
    is_overdue,
    is_pending,
    members_of,
    missing_to_norm,
    room_in,
    sakhis_needed,
)
from records.person import Assignment
from records.savings_account import STATES
from storage.pages import take_page
from storage.queries import list_tallied, tally, tally_accounts, tally_checked, tally_coverage, tally_months
from storage.queries.listed import LISTED, ORDERS, STATE
from storage.queries.samples import found_in_all
from tests.factories import (
    a_branch,
    a_page,
    a_part,
    a_person,
    a_place,
    a_place_tree,
    a_section,
    a_service_area,
    an_account,
    an_id,
    an_shg,
)
from tests.phones import a_phone

TODAY = date(2026, 11, 18)
TREE = a_place_tree()
CLUSTER = a_place("cluster", "Badwara cluster", TREE.block)
CLUSTERED = TREE.panchayats[0].model_copy(update={"parent_id": CLUSTER.id})
PEOPLE = [a_person(TREE.block, name=name) for name in ("Asha", "Meena")]
BRANCHES = [a_branch(TREE.block, name=name) for name in ("Amdara", "Zari")]
SAKHIS = [a_person(TREE.block, name=f"Sakhi {n}") for n in range(3)]
WORKS = [
    Assignment(id=an_id(), person_id=SAKHIS[0].id, role="bank_sakhi", branch_id=BRANCHES[0].id, from_on=TODAY),
    Assignment(id=an_id(), person_id=SAKHIS[0].id, role="bank_sakhi", branch_id=BRANCHES[0].id, from_on=TODAY),
    Assignment(
        id=an_id(), person_id=SAKHIS[1].id, role="bank_sakhi", branch_id=BRANCHES[0].id,
        from_on=date(2026, 1, 1), to_on=TODAY - timedelta(days=1),
    ),
    Assignment(
        id=an_id(), person_id=SAKHIS[2].id, role="bank_sakhi", branch_id=BRANCHES[1].id,
        from_on=TODAY + timedelta(days=1),
    ),
]  # fmt: skip
AREAS = [a_service_area(BRANCHES[1], TREE.villages[1]), a_service_area(BRANCHES[0], TREE.villages[2])]


@pytest.fixture
def phone(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        places = [place for place in TREE if place.id != CLUSTERED.id]
        give(phone, *places, CLUSTER, CLUSTERED, *PEOPLE, *BRANCHES, *SAKHIS, *WORKS, *AREAS)
        yield phone


def give(phone, *records):
    kinds = {}
    for record in records:
        kinds.setdefault(type(record), []).append(record)
    stream = f"block/{TREE.block.id}/groups"
    take_page(phone.store, a_page(a_part(stream, *(a_section(some) for some in kinds.values()))))


def random_groups(chance):
    for _ in range(90):
        shg = an_shg(
            formed_on=TODAY - timedelta(days=chance.choice([0, 6, 7, 8, 17, 18, 30, 31, 90, 91, 400])),
            village_id=chance.choice([*(village.id for village in TREE.villages), "f" * 32]),
            restarted_on=chance.choice([None, None, TODAY - timedelta(days=7), TODAY + timedelta(days=2)]),
            roster_count=chance.choice([None, 0, 11, 14, 20, 23]),
            declared_members=chance.choice([None, 0, 12]),
            group_type=chance.choice(["women", "women", "special"]),
            active=chance.random() < 0.8,
            account_needed=chance.random() < 0.8,
            deleted_on=chance.choice([None, None, None, TODAY]),
            formed_by_id=chance.choice([None, *(person.id for person in PEOPLE)]),
        )
        shg = shg.model_copy(update={"canonical_id": chance.choice([None, shg.id, "0" * 32])})
        state = chance.choice([None, *STATES, "unknown"])
        submitted = chance.choice([None, TODAY - timedelta(days=7), TODAY - timedelta(days=8)])
        branch = chance.choice([None, *(branch.id for branch in BRANCHES)])
        account = an_account(shg, state=state, submitted_on=submitted, branch_id=branch) if state else None
        yield shg, account


def counted_of(pairs):
    return [
        (shg, account, account.state if account else "not_started")
        for shg, account in pairs
        if is_counted(deleted=shg.deleted_on is not None, active=shg.active, id=shg.id, canonical_id=shg.canonical_id)
    ]


def expected(some, measure):
    """What records/figures.py says of some groups that count."""
    found = Counter()
    for shg, _account, state in some:
        women = members_of(shg.roster_count, shg.declared_members)
        begun = begun_on(shg.formed_on, shg.restarted_on)
        age = age_days(formed_on=shg.formed_on, restarted_on=shg.restarted_on, today=TODAY)
        waits = is_pending(active=shg.active, account_needed=shg.account_needed, state=state)
        room = room_in(women, shg.group_type, measure.most)
        found.update(groups=1, members=women, room=room, formed=is_begun_this_month(begun, TODAY))
        if is_averaged(shg.group_type, measure.special_counts):
            found.update(averaged_groups=1, averaged_members=women)
        found.update(opened=state in OPENED, pending=waits, overdue=waits and is_overdue(age, measure.pending_days))
        found.update(with_room=room > 0, unknown=women == 0)
    return {name: int(count) for name, count in found.items()}


def unit_of(by, shg):
    places = {village.id: village for village in TREE.villages}
    village = places.get(shg.village_id)
    if by == "person":
        return shg.formed_by_id
    if by == "village":
        return shg.village_id
    if by == "cluster":
        return CLUSTER.id if village and village.gram_panchayat_id == CLUSTERED.id else None
    return getattr(village, f"{by}_id") if village else None


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("special_counts", [True, False])
def test_the_figures_of_every_unit_are_those_of_its_records(phone, seed, special_counts):
    pairs = list(random_groups(random.Random(seed)))
    give(phone, *(shg for shg, _ in pairs), *(account for _, account in pairs if account))
    measure = Yardstick(TODAY, pending_days=7, special_counts=special_counts)
    counted = counted_of(pairs)
    (whole,) = phone.ask(tally, measure=measure)
    assert figures(whole) == expected(counted, measure) and whole.unit_id is None
    for by in ("district", "block", "cluster", "gram_panchayat", "village", "person"):
        units = defaultdict(list)
        for one in counted:
            units[unit_of(by, one[0])].append(one)
        rows = phone.ask(tally, measure=measure, by=by)
        assert {row.unit_id: figures(row) for row in rows} == {
            id: expected(some, measure) for id, some in units.items()
        }
        names = {place.id: place.name for place in [*TREE, CLUSTER]} | {one.id: one.name for one in PEOPLE}
        assert all(row.name == names.get(row.unit_id) for row in rows)


def figures(row):
    return {name: value for name, value in row.model_dump().items() if name not in ("unit_id", "name", "name_hi")}


@pytest.mark.parametrize(
    ("within", "villages"),
    [
        (("state", TREE.state.id), None),
        (("district", TREE.district.id), TREE.villages),
        (("block", TREE.block.id), TREE.villages),
        (("cluster", CLUSTER.id), TREE.villages[:2]),
        (("gram_panchayat", TREE.panchayats[1].id), TREE.villages[2:]),
        (("village", TREE.villages[3].id), TREE.villages[3:]),
        (("block", "e" * 32), ()),
    ],
)
def test_a_place_counts_the_groups_of_its_villages_and_no_others(phone, within, villages):
    pairs = list(random_groups(random.Random(5)))
    give(phone, *(shg for shg, _ in pairs), *(account for _, account in pairs if account))
    measure = Yardstick(TODAY)
    inside = None if villages is None else {village.id for village in villages}
    counted = [one for one in counted_of(pairs) if inside is None or one[0].village_id in inside]
    (whole,) = phone.ask(tally, measure=measure, within=within)
    assert figures(whole) == (expected(counted, measure) if counted else dict.fromkeys(figures(whole), 0))
    assert sum(row.groups for row in phone.ask(tally, measure=measure, by="village", within=within)) == len(counted)
    assert sum(row.groups for row in phone.ask(tally_accounts, measure=measure, within=within)) == len(counted)
    assert sum(row.groups for row in phone.ask(tally_coverage, today=TODAY, within=within)) == len(counted)


def random_checks(chance, pairs):
    """Looks at some of the groups, some of them several, some taken back; and approvals, which are no sample."""
    for shg, _account in pairs:
        for _ in range(chance.choice([0, 0, 1, 1, 2, 3])):
            yield Check(
                id=an_id(), shg_id=shg.id, what=chance.choice(WHATS), result=chance.choice(RESULTS[2:]),
                on_day=TODAY, by_id=SAKHIS[0].id, deleted_on=chance.choice([None, None, None, TODAY]),
            )  # fmt: skip


def looked_at(some, checks, figure):
    """What records/figures.py says of the last looks at what a figure counts."""
    results = []
    for shg, _account, state in some:
        begun = begun_on(shg.formed_on, shg.restarted_on)
        counts = {"groups": True, "formed": is_begun_this_month(begun, TODAY), "opened": state in OPENED}[figure]
        looks = [one for one in checks if one.shg_id == shg.id and one.what == SAMPLED[figure] and not one.deleted_on]
        if counts and looks:
            results.append(max(looks, key=lambda one: one.id).result)
    return found_of(results)


@pytest.mark.parametrize("seed", range(3))
def test_beside_a_count_stands_what_the_last_look_at_each_of_its_entries_found(phone, seed):
    chance = random.Random(seed)
    pairs = list(random_groups(chance))
    checks = list(random_checks(chance, pairs))
    give(phone, *(shg for shg, _ in pairs), *(account for _, account in pairs if account), *checks)
    measure, counted = Yardstick(TODAY), counted_of(pairs)
    for within, inside in ((None, None), (("village", TREE.villages[1].id), TREE.villages[1].id)):
        mine = [one for one in counted if inside in (None, one[0].village_id)]
        (whole,) = phone.ask(tally_checked, measure=measure, within=within)
        assert {figure: whole.found(figure) for figure in SAMPLED} == {
            figure: looked_at(mine, checks, figure) for figure in SAMPLED
        }
    for by in ("block", "cluster", "gram_panchayat", "village", "person"):
        rows = phone.ask(tally_checked, measure=measure, by=by)
        for figure in SAMPLED:
            assert found_in_all(rows, figure) == looked_at(counted, checks, figure)
            for row in rows:
                hers = [one for one in counted if unit_of(by, one[0]) == row.unit_id]
                assert row.found(figure) == looked_at(hers, checks, figure)
    assert found_in_all(rows, "groups").checked > found_in_all(rows, "groups").as_told > 0


def test_behind_what_was_found_otherwise_are_these_groups(phone):
    chance = random.Random(2)
    pairs = list(random_groups(chance))
    checks = list(random_checks(chance, pairs))
    give(phone, *(shg for shg, _ in pairs), *(account for _, account in pairs if account), *checks)
    measure = Yardstick(TODAY)
    for within, inside in ((None, None), (("village", TREE.villages[1].id), TREE.villages[1].id)):
        mine = [one for one in counted_of(pairs) if inside in (None, one[0].village_id)]
        found = {one[0].id: [looked_at([one], checks, figure) for figure in ("groups", "opened")] for one in mine}
        wanted = sorted(id for id, some in found.items() if any(one.checked > one.as_told for one in some))
        assert every(phone, measure, "differs", within) == wanted and (wanted or within)


def test_behind_each_number_are_exactly_so_many_groups(phone):
    pairs = list(random_groups(random.Random(4)))
    give(phone, *(shg for shg, _ in pairs), *(account for _, account in pairs if account))
    measure = Yardstick(TODAY)
    for within in (None, ("gram_panchayat", TREE.panchayats[1].id), ("person", PEOPLE[0].id)):
        (whole,) = phone.ask(tally, measure=measure, within=within)
        told = {what: len(every(phone, measure, what, within)) for what in LISTED}
        numbers = {name: getattr(whole, name) for name in ("groups", "formed", "opened", "pending", "overdue")}
        assert told | numbers | {"room": whole.with_room, "uncounted": whole.unknown} == told
        for row in phone.ask(tally_accounts, measure=measure, within=within):
            assert len(every(phone, measure, STATE + row.state, within)) == row.groups


def every(phone, measure, what, within):
    """All groups behind a number, in each order the same, page by page."""
    found = {}
    for order in ORDERS:
        seen, after = [], None
        while rows := phone.ask(
            list_tallied, measure=measure, what=what, within=within, order=order, limit=7, after=after
        ):
            seen += rows
            after = rows[-1].place(order)
        found[order] = sorted(row.id for row in seen)
        assert [row.place(order) for row in seen] == sorted(row.place(order) for row in seen)
    assert found["name"] == found["members"] == found["age"]
    return found["name"]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("norm_days", [0, 7, 40])
def test_accounts_stand_in_their_state_and_by_how_long_they_have_waited(phone, seed, norm_days):
    pairs = list(random_groups(random.Random(seed)))
    give(phone, *(shg for shg, _ in pairs), *(account for _, account in pairs if account))
    wanted = defaultdict(Counter)
    for shg, account, state in counted_of(pairs):
        told = wanted["not_needed" if not shg.account_needed else state]
        told["groups"] += 1
        if is_pending(active=shg.active, account_needed=shg.account_needed, state=state):
            age = age_days(formed_on=shg.formed_on, restarted_on=shg.restarted_on, today=TODAY)
            told[age_band(age, norm_days)] += 1
            if state == "submitted" and account.submitted_on:
                told["late_at_bank"] += is_overdue((TODAY - account.submitted_on).days, norm_days)
    rows = phone.ask(tally_accounts, measure=Yardstick(TODAY, pending_days=norm_days))
    names = ("groups", *AGES, "late_at_bank")
    assert {row.state: {name: getattr(row, name) for name in names} for row in rows} == {
        state: {name: told[name] for name in names} for state, told in wanted.items()
    }


def test_groups_are_told_by_the_month_in_which_they_began(phone):
    pairs = list(random_groups(random.Random(8)))
    give(phone, *(shg for shg, _ in pairs))
    months = [date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)]
    begun = [begun_on(shg.formed_on, shg.restarted_on) for shg, _account, _state in counted_of(pairs)]
    wanted = Counter(day.replace(day=1) for day in begun if months[0] <= day < months[-1])
    assert {row.month: row.groups for row in phone.ask(tally_months, months=tuple(months))} == wanted
    assert len(wanted) == 3


def test_a_branch_has_the_groups_of_its_accounts_and_villages_and_the_sakhis_of_the_day(phone):
    own, served, other, nowhere = (an_shg(village_id=TREE.villages[n].id) for n in (1, 1, 2, 0))
    give(phone, own, served, other, nowhere, an_account(own, branch_id=BRANCHES[0].id))
    rows = phone.ask(tally_coverage, today=TODAY)
    assert [(row.name, row.groups, row.sakhis) for row in rows] == [("Amdara", 2, 1), ("Zari", 1, 0), (None, 1, 0)]
    assert [row.needed(100) for row in rows] == [1, 1, 0] and [row.missing(100) for row in rows] == [0, 1, 0]
    assert [row.needed(1) for row in rows] == [2, 1, 0]


def test_what_a_place_lacks_is_never_a_number_of_one_group():
    assert sakhis_needed(0, 100) == 0 and sakhis_needed(100, 100) == 1 and sakhis_needed(101, 100) == 2
    assert missing_to_norm(149, 10, 15) == 1 and missing_to_norm(151, 10, 15) == 0
    assert missing_to_norm(10, 1, 15) is None and missing_to_norm(0, 0, 15) is None
    assert [room_in(12, "women", 20), room_in(20, "women", 20), room_in(25, "women", 20)] == [8, 0, 0]
    assert room_in(7, "special", 20) == 0 and room_in(0, "women", 20) == 0

"""What an office decides: which of two values stands, and whether two groups are the same; and who hears of it."""

import json
from datetime import date

import pytest

from records.commands.accounts import ChangeAccount
from records.commands.conflicts import DecideConflict, ReopenConflict
from records.commands.groups import ChangeGroup, DeleteGroup, RegisterGroup
from records.commands.members import AddMember
from records.commands.proposals import DecideProposal, ProposeDoubles, ReopenProposal
from records.commands.reference import PutRecord
from records.ids import official_id
from records.problems import Refused
from records.resemblance import Compared, pairs_among
from storage.queries import find_shg, list_conflicts, list_groups, list_proposals, list_to_compare
from tests.fleet import fresh_contents, quiet
from tests.world import ref

OLDER, NEWER = "पहले का", "बाद का"


@pytest.fixture
def world(world_on_each):
    return world_on_each


def a_group(phone, name="जय अम्बे", village="V1") -> str:
    return phone.do(RegisterGroup({"village_id": ref(village), "name": name, "formed_on": date(2026, 3, 1)})).id


def in_conflict(phones):
    """An ABM's and a supervisor's phone, a group, and the open conflict about its name: the supervisor's stands."""
    abm, supervisor = phones("abm"), phones("supervisor")
    group = a_group(abm)
    quiet([abm, supervisor])
    abm.do(ChangeGroup(group, {"name": OLDER}))
    supervisor.do(ChangeGroup(group, {"name": NEWER}))
    quiet([abm, supervisor])
    return abm, supervisor, group


def decide(row, *, restore: bool) -> DecideConflict:
    return DecideConflict(row.id, row.record_kind, row.record_id, restore=restore, seen=row.winning_stamp)


def reopen(row) -> ReopenConflict:
    return ReopenConflict(row.id, row.record_kind, row.record_id)


def name_in(workspace, group):
    return workspace.ask(find_shg, id=group)[0].name


# --- two values of one field


def test_a_conflict_is_shown_with_both_values_and_whose_they_are_and_when(console, phones):
    _, _, group = in_conflict(phones)
    row = console.signed_in("supervisor").workspace.ask(list_conflicts)[0]
    assert (json.loads(row.value), row.losing_person_name) == (OLDER, "abm")
    assert (json.loads(row.winning_value), row.winning_person_name) == (NEWER, "supervisor")
    assert (row.shg_id, row.shg_name, row.village_name) == (group, NEWER, "Place V1")
    assert row.losing_stamp < row.winning_stamp


def test_keeping_the_value_that_stands_closes_the_conflict_changes_nothing_and_is_told_to_the_phones(
    world, console, phones, tmp_path
):
    abm, supervisor, group = in_conflict(phones)
    desk = console.signed_in("supervisor").workspace
    before = world.stamps("Shg", group)
    desk.do(decide(desk.ask(list_conflicts)[0], restore=False))
    assert world.stamps("Shg", group) == before
    quiet([abm, supervisor])
    for workspace in (desk, abm.workspace, supervisor.workspace):
        assert name_in(workspace, group) == NEWER and not workspace.ask(list_conflicts)
        decided = workspace.ask(list_conflicts, decided=True)[0]
        assert (decided.decider_name, decided.decided) == ("supervisor", decided.losing_stamp)
    assert abm.contents() == fresh_contents(world, "abm", tmp_path)


def test_a_decision_for_the_value_that_stands_can_be_taken_back_and_made_again(console, phones):
    abm, _, group = in_conflict(phones)
    desk = console.signed_in("supervisor").workspace
    for _ in range(2):
        row = desk.ask(list_conflicts)[0]
        desk.do(decide(row, restore=False))
        assert not desk.ask(list_conflicts)
        desk.do(reopen(row))
        assert desk.ask(list_conflicts)[0].decider_name is None
    quiet([abm])
    assert [row.id for row in abm.workspace.ask(list_conflicts)] == [row.id]
    assert name_in(desk, group) == NEWER


def test_the_other_value_can_be_put_back_and_that_taken_back_too(console, phones):
    abm, supervisor, group = in_conflict(phones)
    desk = console.signed_in("supervisor").workspace
    row = desk.ask(list_conflicts)[0]
    desk.do(decide(row, restore=True))
    quiet([abm, supervisor])
    assert name_in(abm.workspace, group) == name_in(supervisor.workspace, group) == OLDER
    assert desk.ask(list_conflicts, decided=True)[0].decider_name == "supervisor"
    desk.do(reopen(row))
    quiet([abm, supervisor])
    for workspace in (desk, abm.workspace, supervisor.workspace):
        again = workspace.ask(list_conflicts)[0]
        assert name_in(workspace, group) == NEWER and again.id == row.id and json.loads(again.value) == OLDER


def test_undoing_never_overwrites_what_was_written_since(console, phones):
    _, _, group = in_conflict(phones)
    desk = console.signed_in("supervisor").workspace
    row = desk.ask(list_conflicts)[0]
    desk.do(decide(row, restore=True))
    desk.do(ChangeGroup(group, {"name": "तीसरा"}))
    with pytest.raises(Refused) as refused:
        desk.do(reopen(row))
    assert refused.value.code == "changed_meanwhile" and name_in(desk, group) == "तीसरा"


@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True)])
def test_of_two_who_decide_at_once_the_second_is_told_and_nothing_is_lost(console, phones, first, second):
    _, _, group = in_conflict(phones)
    one, two = console.signed_in("supervisor").workspace, console.signed_in("supervisor").workspace
    seen_by_both = one.ask(list_conflicts)[0]
    one.do(decide(seen_by_both, restore=first))
    with pytest.raises(Refused) as refused:
        two.do(decide(seen_by_both, restore=second))
    assert refused.value.code == "changed_meanwhile"
    assert name_in(two, group) == (OLDER if first else NEWER)
    values = {past.value for past in two.history(group) if past.field == "name"}
    assert {OLDER, NEWER} <= values


def test_a_phone_decides_without_a_network_and_the_centre_follows(world, phones):
    abm, supervisor, _ = in_conflict(phones)
    abm.do(decide(abm.workspace.ask(list_conflicts)[0], restore=False))
    assert not abm.workspace.ask(list_conflicts), "decided here, though not sent yet"
    quiet([abm, supervisor])
    assert not supervisor.workspace.ask(list_conflicts)
    assert [row["state"] for row in world.rows(world.centre.tables.records["Conflict"])] == ["closed"]


def test_a_decision_stays_made_when_the_standing_value_is_changed_again(console, phones):
    abm, _, group = in_conflict(phones)
    desk = console.signed_in("supervisor").workspace
    desk.do(decide(desk.ask(list_conflicts)[0], restore=False))
    desk.do(ChangeGroup(group, {"name": "और सही"}))
    quiet([abm])
    assert not desk.ask(list_conflicts) and not abm.workspace.ask(list_conflicts)


def test_work_on_a_deleted_group_can_be_left_deleted_until_there_is_more_of_it(world, console, phones):
    abm, supervisor = phones("abm"), phones("supervisor")
    group = a_group(abm)
    quiet([abm, supervisor])
    supervisor.do(DeleteGroup(group))
    supervisor.sync()
    world.clock.forward(ms=60_000)
    abm.do(AddMember(group, {"name": "सीता"}))
    abm.sync()
    desk = console.signed_in("supervisor").workspace
    desk.do(decide(desk.ask(list_conflicts)[0], restore=False))
    assert not desk.ask(list_conflicts)
    world.clock.forward(ms=60_000)
    with abm.store.reading():
        late = phones("supervisor")
    late.do(AddMember(group, {"name": "गीता"}))
    late.sync()
    assert len(desk.ask(list_conflicts)) == 1
    desk.do(decide(desk.ask(list_conflicts)[0], restore=True))
    assert [row.id for row in desk.ask(list_groups)] == [group] and not desk.ask(list_conflicts)


@pytest.mark.parametrize("person", ["sakhi", "nodal", "district", "supervisor2"])
def test_who_may_not_decide_or_does_not_reach_the_group_decides_nothing(world, console, phones, person):
    in_conflict(phones)
    row = console.signed_in("supervisor").workspace.ask(list_conflicts)[0]
    for restore in (True, False):
        with pytest.raises(Refused):
            console.signed_in(person).workspace.do(decide(row, restore=restore))
    assert [one["state"] for one in world.rows(world.centre.tables.records["Conflict"])] == ["open"]


def test_values_of_a_conflict_are_seen_by_whoever_sees_the_field_only(world, console, phones):
    abm, supervisor, group = in_conflict(phones)
    abm.do(ChangeGroup(group, {"mobile": "9876500001"}))
    supervisor.do(ChangeGroup(group, {"mobile": "9876500002"}))
    quiet([abm, supervisor])
    rows = {row.field: row for row in console.signed_in("district").workspace.ask(list_conflicts)}
    assert rows["name"].value and rows["name"].winning_value
    assert rows["mobile"].value is None and rows["mobile"].winning_value is None
    district = phones("district")
    held = [values for values, *_ in district.contents()["Conflict"].values() if values["field"] == "mobile"]
    assert [(one["value"], one["winning_value"]) for one in held] == [(None, None)]


# --- two groups that may be one


def asked_about(phones):
    """An ABM's phone, two groups of hers, and the question whether they are the same."""
    abm = phones("abm")
    one, other = a_group(abm), a_group(abm, "जय अंबे")
    id = official_id("samooh/join", "/".join(sorted((one, other))))
    abm.do(PutRecord("Proposal", id, {"shg_id": one, "other_id": other, "because": ("name_and_village",)}))
    quiet([abm])
    return abm, one, other, id


def test_two_groups_are_joined_and_that_is_undone(world, console, phones):
    abm, one, other, id = asked_about(phones)
    desk = console.signed_in("supervisor").workspace
    row = desk.ask(list_proposals)[0]
    assert (row.shg_name, row.other_name, row.village_name) == ("जय अम्बे", "जय अंबे", "Place V1")
    desk.do(DecideProposal(id, one, the_same=True, seen=row.state))
    quiet([abm])
    assert world.row("Shg", one)["same_as"] == other and not abm.workspace.ask(list_proposals)
    assert abm.workspace.ask(list_proposals, decided=True)[0].state == "the_same"
    desk.do(ReopenProposal(id, one))
    quiet([abm])
    assert world.row("Shg", one)["same_as"] is None
    assert [row.id for row in abm.workspace.ask(list_proposals)] == [id]


@pytest.mark.parametrize("first", [True, False])
def test_of_two_who_answer_otherwise_at_once_the_second_is_told(world, console, phones, first):
    _, one, other, id = asked_about(phones)
    desks = [console.signed_in("supervisor").workspace for _ in range(2)]
    desks[0].do(DecideProposal(id, one, the_same=first, seen="open"))
    with pytest.raises(Refused) as refused:
        desks[1].do(DecideProposal(id, one, the_same=not first, seen="open"))
    assert refused.value.code == "changed_meanwhile"
    assert world.row("Shg", one)["same_as"] == (other if first else None)


def look(desk) -> int:
    rows = desk.ask(list_to_compare)
    compared = [Compared(row.id, row.village_id, row.search_key, row.mobile, row.account_number) for row in rows]
    return len(desk.do(ProposeDoubles(tuple(pairs_among(compared)))).changes)


def test_groups_that_two_phones_registered_are_found_asked_about_once_and_the_answer_is_remembered(
    world, console, phones
):
    abm, other = phones("abm"), phones("supervisor")
    first, second = a_group(abm), a_group(other, "जय अंबे")
    a_group(abm, "नवदुर्गा"), a_group(other, "जय अम्बे", "V2")
    quiet([abm, other])
    desk = console.signed_in("supervisor").workspace
    assert look(desk) == 1
    (row,) = desk.ask(list_proposals)
    assert ({row.shg_id, row.other_id}, row.because) == ({first, second}, ("name_and_village",))
    desk.do(DecideProposal(row.id, row.shg_id, the_same=False, seen="open"))
    assert look(desk) == 0 and not desk.ask(list_proposals)
    desk.do(ReopenProposal(row.id, row.shg_id))
    desk.do(DecideProposal(row.id, row.shg_id, the_same=True, seen="open"))
    assert look(desk) == 0


def test_one_account_number_in_two_villages_is_asked_about_however_many_zeros(console, phones):
    sakhi, abm = phones("sakhi"), phones("abm")
    groups = [a_group(abm, name) for name in ("एकता", "शक्ति")]
    quiet([abm, sakhi])
    for group, number in zip(groups, ("12345678901", "0012345678901"), strict=True):
        sakhi.do(ChangeAccount(group, {"account_number": number}))
    quiet([abm, sakhi])
    desk = console.signed_in("supervisor").workspace
    assert look(desk) == 1 and desk.ask(list_proposals)[0].because == ("account_number",)

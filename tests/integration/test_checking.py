"""Maker and checker: a second person approves a group or returns it, and its author hears of it."""

from datetime import date

import pytest

from records.commands.accounts import ChangeAccount, RecordStep
from records.commands.checks import AnswerCheck, CheckGroup
from records.commands.groups import ChangeGroup, RegisterGroup, SayTheSame
from records.commands.members import AddMember
from records.problems import Refused
from records.seen import changed_since
from storage.queries import (
    find_account,
    find_shg,
    list_last_checks,
    list_new_accounts,
    list_new_groups,
    list_opened_without_number,
    list_returned,
    list_shared_numbers,
    list_unchecked,
)
from tests.fleet import fresh_contents, quiet
from tests.world import ref

DAY = date(2026, 3, 1)


@pytest.fixture
def world(world_on_each):
    return world_on_each


def registering(name="जय अम्बे", village="V1", **values) -> RegisterGroup:
    return RegisterGroup({"village_id": ref(village), "name": name, "formed_on": DAY, **values})


def desk_of(console, person="supervisor"):
    return console.signed_in(person).workspace


def to_check(desk):
    return [row.id for row in desk.ask(list_unchecked, since=DAY)]


def test_nobody_is_asked_to_check_what_she_formed_herself_or_a_group_that_is_another(world, console, phones):
    abm, desk = phones("abm"), desk_of(console)
    group, again = abm.do(registering()).id, abm.do(registering("Jai Ambe")).id
    hers = abm.do(registering("माँ शारदा", formed_by_id=ref("supervisor"))).id
    quiet([abm])
    assert set(to_check(desk)) == {group, again, hers}
    others = [row.id for row in desk.ask(list_unchecked, since=DAY, but=ref("supervisor"))]
    assert set(others) == {group, again}
    desk.do(SayTheSame(again, group))
    others = [row.id for row in desk.ask(list_unchecked, since=DAY, but=ref("supervisor"))]
    assert len(others) == 1 and others[0] in {group, again}, "one group, checked once"


def test_a_returned_group_that_is_another_is_not_to_be_corrected_any_more(console, phones):
    abm, desk = phones("abm"), desk_of(console)
    pair = sorted(abm.do(registering(name)).id for name in ("जय अम्बे", "Jai Ambe"))
    quiet([abm])
    for group in pair:
        desk.do(CheckGroup(group, "returned", reason="सदस्यों की संख्या लिखें"))
    desk.do(SayTheSame(pair[1], pair[0]))
    quiet([abm])
    assert [row.shg_id for row in abm.workspace.ask(list_returned)] == [pair[0]]


def test_a_returned_group_comes_to_its_author_with_the_reason_and_goes_round_until_it_is_approved(
    world, console, phones, tmp_path
):
    abm, desk = phones("abm"), desk_of(console)
    group = abm.do(registering()).id
    quiet([abm])
    assert to_check(desk) == [group]
    desk.do(CheckGroup(group, "returned", reason="सदस्यों की संख्या लिखें"))
    assert to_check(desk) == []
    quiet([abm])
    (row,) = abm.workspace.ask(list_returned, panchayats=[ref("G1")])
    assert (row.shg_id, row.reason, row.checker_name) == (group, "सदस्यों की संख्या लिखें", "supervisor")
    assert not abm.workspace.ask(list_returned, panchayats=[ref("G2")])
    abm.do(ChangeGroup(group, {"declared_members": 12}))
    abm.do(AnswerCheck(row.id))
    quiet([abm])
    assert not abm.workspace.ask(list_returned) and not abm.workspace.mending()
    assert [one.reason for one in desk.ask(list_unchecked, since=DAY)] == ["सदस्यों की संख्या लिखें"]
    desk.do(CheckGroup(group, "approved"))
    assert to_check(desk) == []
    quiet([abm])
    assert abm.contents() == fresh_contents(world, "abm", tmp_path)


def test_a_group_formed_before_is_not_asked_about(console, phones):
    abm = phones("abm")
    abm.do(registering(formed_on="2020-01-01"))
    quiet([abm])
    assert to_check(desk_of(console)) == []


def test_nobody_approves_own_work_neither_at_the_console_nor_by_a_phone_that_says_so(world, console, phones):
    desk = desk_of(console)
    group = desk.do(registering()).id
    other = desk.do(registering("दूसरा", formed_by_id=ref("abm"))).id
    for one in (group, other):
        with pytest.raises(Refused) as refused:
            desk.do(CheckGroup(one, "approved"))
        assert refused.value.code == "own_work"
    phone = phones("supervisor")
    device = phone.workspace.identity().device
    values = {"shg_id": group, "what": "approval", "result": "approved", "on_day": DAY, "by_id": ref("supervisor")}
    answer = world.centre._take_batch(device, world.batch(device, 1, [("Check", world.id(), values)]), world.clock())
    assert [(one.state, one.code) for one in answer.outcomes] == [("quarantined", "own_work")]


def test_a_check_is_signed_by_who_sends_it(world, console, phones):
    abm = phones("abm")
    group = abm.do(registering()).id
    quiet([abm])
    device = phones("supervisor").workspace.identity().device
    values = {"shg_id": group, "what": "approval", "result": "approved", "on_day": DAY, "by_id": ref("district")}
    answer = world.centre._take_batch(device, world.batch(device, 1, [("Check", world.id(), values)]), world.clock())
    assert [(one.state, one.code) for one in answer.outcomes] == [("quarantined", "not_allowed")]


@pytest.mark.parametrize("person", ["abm2", "sakhi", "nodal", "district", "supervisor2"])
def test_only_a_supervisor_of_the_block_checks(world, console, phones, person):
    abm = phones("abm")
    group = abm.do(registering()).id
    quiet([abm])
    with pytest.raises(Refused):
        desk_of(console, person).do(CheckGroup(group, "approved"))
    assert not world.rows(world.centre.tables.records["Check"])


def test_a_return_needs_a_reason(console, phones):
    abm = phones("abm")
    group = abm.do(registering()).id
    quiet([abm])
    with pytest.raises(Refused) as refused:
        desk_of(console).do(CheckGroup(group, "returned", reason=" "))
    assert refused.value.code == "required"


def test_a_district_sees_that_a_group_was_returned_and_not_the_reason(console, phones):
    abm = phones("abm")
    group = abm.do(registering()).id
    quiet([abm])
    desk_of(console).do(CheckGroup(group, "returned", reason="नाम जाँचें"))
    (row,) = desk_of(console, "district").ask(list_returned)
    assert row.shg_id == group and row.reason is None


# --- samples and what is worth a look


def changed(copy, group, what="approval"):
    """What a copy says has been changed since the last look at a group, or at its account."""
    (row,) = [one for one in copy.ask(list_last_checks, shg_id=group) if one.what == what]
    query, question = (find_account, {"shg_id": group}) if what == "account" else (find_shg, {"id": group})
    (record,) = copy.ask(query, **question)
    return changed_since(row.seen, "SavingsAccount" if what == "account" else "Shg", record)


def test_what_is_changed_after_a_check_is_told_alike_on_all_copies(console, phones):
    abm, supervisor = phones("abm"), phones("supervisor")
    group = abm.do(registering(declared_members=12)).id
    quiet([abm, supervisor])
    desk, reviewer = desk_of(console), desk_of(console, "district")
    desk.do(CheckGroup(group, "returned", reason="नाम और सदस्य देखें"))
    quiet([abm, supervisor])
    copies = [abm.workspace, supervisor.workspace, desk, reviewer]
    assert [changed(one, group) for one in copies] == [()] * 4
    abm.do(ChangeGroup(group, {"declared_members": 11, "mobile": "9876543210"}))
    assert changed(abm.workspace, group) == ("declared_members",), "already before it is sent"
    abm.do(AddMember(group, {"name": "सीता बाई"}))
    quiet([abm, supervisor])
    assert [changed(one, group) for one in copies] == [("declared_members", "roster_count")] * 4
    desk.do(CheckGroup(group, "approved"))
    assert changed(desk, group) == ()


def test_what_is_changed_of_an_account_after_it_was_verified(console, phones):
    abm, sakhi = phones("abm"), phones("sakhi")
    group = abm.do(registering()).id
    quiet([abm, sakhi])
    opened(sakhi, group, "8005101100004721")
    quiet([abm, sakhi])
    desk = desk_of(console)
    desk.do(CheckGroup(group, "confirmed", what="account", how="visit"))
    desk.do(CheckGroup(group, "confirmed", what="group", how="visit"))
    assert (changed(desk, group, "account"), changed(desk, group, "group")) == ((), ())
    sakhi.do(ChangeAccount(group, {"account_number": "8005101100004799"}))
    quiet([abm, sakhi])
    for copy in (desk, desk_of(console, "district"), abm.workspace):
        assert changed(copy, group, "account") == ("account_last4",)
        assert changed(copy, group, "group") == ()


def test_a_check_of_an_app_that_did_not_keep_what_was_seen_says_nothing_of_changes(world, console, phones):
    abm, desk = phones("abm"), desk_of(console)
    group = abm.do(registering()).id
    quiet([abm])
    device = phones("supervisor").workspace.identity().device
    values = {"shg_id": group, "what": "approval", "result": "approved", "on_day": DAY, "by_id": ref("supervisor")}
    answer = world.centre._take_batch(device, world.batch(device, 1, [("Check", world.id(), values)]), world.clock())
    assert [one.state for one in answer.outcomes] == ["applied"]
    abm.do(ChangeGroup(group, {"declared_members": 11}))
    quiet([abm])
    assert changed(desk, group) is None


def opened(phone, group, number=None):
    phone.do(ChangeAccount(group, {"branch_id": ref("R1")} | ({"account_number": number} if number else {})))
    phone.do(RecordStep(group, "opened", date(2026, 3, 10)))


def test_new_groups_and_opened_accounts_are_asked_for_by_day_with_whose_they_are_and_what_was_found(console, phones):
    abm, sakhi = phones("abm"), phones("sakhi")
    group = abm.do(registering(mobile="9876543210")).id
    abm.do(registering("पुराना", formed_on="2026-02-01"))
    quiet([abm, sakhi])
    opened(sakhi, group)
    quiet([abm, sakhi])
    desk, days = desk_of(console), {"first": DAY, "last": date(2026, 3, 15)}
    (new,) = desk.ask(list_new_groups, **days)
    (account,) = desk.ask(list_new_accounts, **days)
    assert (new.shg_id, new.person_name, new.mobile, new.result) == (group, "abm", "9876543210", None)
    assert (account.shg_id, account.person_name, account.on_day) == (group, "sakhi", date(2026, 3, 10))
    desk.do(CheckGroup(group, "confirmed", what="group", how="visit"))
    assert desk.ask(list_new_groups, **days)[0].result == "confirmed"
    assert desk.ask(list_new_accounts, **days)[0].result is None
    desk.do(CheckGroup(group, "not_reached", what="account", how="call"))
    desk.do(CheckGroup(group, "differs", what="account", how="visit"))
    assert desk.ask(list_new_accounts, **days)[0].result == "differs"
    assert to_check(desk) == [group], "a sample is no approval"


def test_nobody_verifies_an_account_that_she_recorded_as_opened_herself(console, phones):
    abm = phones("abm")
    group = abm.do(registering()).id
    quiet([abm])
    desk = desk_of(console)
    desk.do(ChangeAccount(group, {"branch_id": ref("R1")}))
    desk.do(RecordStep(group, "opened", date(2026, 3, 10)))
    with pytest.raises(Refused) as refused:
        desk.do(CheckGroup(group, "confirmed", what="account", how="visit"))
    assert refused.value.code == "own_work"


def test_an_account_that_somebody_else_opened_can_be_verified_by_who_formed_its_group(console, phones):
    sakhi, desk = phones("sakhi"), desk_of(console)
    group = desk.do(registering()).id
    quiet([sakhi])
    opened(sakhi, group)
    quiet([sakhi])
    days = {"first": DAY, "last": date(2026, 3, 15)}
    assert [row.shg_id for row in desk.ask(list_new_accounts, **days)] == [group]
    desk.do(CheckGroup(group, "confirmed", what="account", how="visit"))
    assert desk.ask(list_new_accounts, **days)[0].result == "confirmed"


def test_what_is_worth_a_look_is_found_in_ones_area_only(console, phones):
    abm, sakhi = phones("abm"), phones("sakhi")
    shared = [abm.do(registering(name, mobile="9876543210")).id for name in ("एक", "दो")]
    alone = abm.do(registering("तीन", mobile="9876543211")).id
    quiet([abm, sakhi])
    opened(sakhi, alone)
    opened(sakhi, shared[0], "0012345678901")
    quiet([abm, sakhi])
    desk = desk_of(console)
    assert {row.shg_id for row in desk.ask(list_shared_numbers)} == set(shared)
    assert [row.shg_id for row in desk.ask(list_opened_without_number)] == [alone]
    for person in ("supervisor2", "district"):
        assert not desk_of(console, person).ask(list_shared_numbers)

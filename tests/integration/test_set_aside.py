"""Work that was set aside, decided at the office: accepted under its author's name, or sent back with a reason."""

from datetime import date

import pytest

from operations.status import _say_aside
from records.commands.accounts import ChangeAccount
from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.members import AddMember
from records.commands.verdicts import TickVerdict
from records.errands import AcceptChange, ListSetAside, SendBack
from records.ids import first_account_id
from records.problems import Problem, Refused
from records.staffing import ListStaff
from records.stamps import device_of
from server.announcing import waits_at_office
from server.metrics import exposed
from storage.queries import find_shg, list_devices, list_groups, list_members
from tests.fleet import fresh_contents, quiet
from tests.world import ref

DAY = date(2026, 3, 1)
REASON = "यह समूह दूसरी पंचायत का है, गाँव जाँचें।"


@pytest.fixture
def world(world_on_each):
    return world_on_each


def registering(name="जय अम्बे", village="V2", **values) -> RegisterGroup:
    return RegisterGroup({"village_id": ref(village), "name": name, "formed_on": DAY, **values})


@pytest.fixture
def out_of_reach(phones):
    """An ABM of G1 has registered a group with a member in a village of G2: (her phone, the group)."""
    abm = phones("abm")
    group = abm.do(registering()).id
    abm.do(AddMember(group, {"name": "सीता देवी"}))
    quiet([abm])
    assert [one.code for one in abm.workspace.mending()] == ["out_of_reach"]
    return abm, group


def desk_of(console, person="supervisor"):
    return console.signed_in(person).workspace


def waiting(desk, **how):
    return desk.perform(ListSetAside(**how))


def named(row):
    return row.device, row.number, row.row, row.state


def test_the_supervisor_of_the_area_sees_what_why_and_whose_and_nobody_else_does(console, out_of_reach):
    _, group = out_of_reach
    (row,) = waiting(desk_of(console))
    assert (row.kind, row.record_id, row.title, row.shg_id) == ("Shg", group, "जय अम्बे", group)
    assert (row.code, row.person_name, row.state, row.acceptable) == ("out_of_reach", "abm", "open", True)
    assert row.values["village_id"] == ref("V2") and row.standing == {}
    for person in ("supervisor2", "abm2", "nodal", "district", "sakhi"):
        assert waiting(desk_of(console, person)) == []


def test_accepted_work_stands_under_its_authors_name_with_what_waited_below_it(
    world, console, phones, out_of_reach, tmp_path
):
    abm, group = out_of_reach
    near = phones("abm2")
    desk = desk_of(console)
    (row,) = waiting(desk)
    desk.perform(AcceptChange(*named(row)))
    stamps = world.stamps("Shg", group)
    assert {device_of(stamp) for stamp in stamps.values()} == {abm.workspace.identity().device}
    assert [one.name for one in desk.ask(list_members, shg_id=group)] == ["सीता देवी"]
    assert {past.person_name for past in desk.history(group)} == {"abm"}
    quiet([abm, near])
    assert near.workspace.ask(find_shg, id=group)[0].name == "जय अम्बे"
    assert not abm.workspace.mending() and abm.workspace.sync_status().needs_mending == 0
    assert abm.contents()["Shg"] == fresh_contents(world, "abm", tmp_path)["Shg"]
    (decided,) = waiting(desk, decided=True)
    assert (decided.state, decided.decider_name) == ("accepted", "supervisor") and not waiting(desk)


def test_what_is_accepted_on_a_record_that_others_had_begun_shows_as_it_stands_at_the_centre(
    console, phones, world, tmp_path
):
    """Two have begun the first account of a group. The centre does not write down again which group it belongs to, so
    that not every stamp of what it accepts stands."""
    abm, near, supervisor = phones("abm"), phones("abm2"), phones("supervisor")
    group = near.do(registering(village="V2")).id
    account = near.do(ChangeAccount(group, {"branch_id": ref("R1")})).id
    quiet([abm, near, supervisor])
    abm.do(ChangeAccount(group, {"branch_id": ref("R2")}))  # accounts over there do not come to her phone
    quiet([abm])
    assert [one.code for one in abm.workspace.mending()] == ["out_of_reach"]
    supervisor.do(ChangeGroup(group, {"village_id": ref("V1")}))
    quiet([supervisor, abm])
    desk = desk_of(console)
    (row,) = waiting(desk)
    desk.perform(AcceptChange(*named(row)))
    quiet([abm])
    assert not abm.workspace.mending()
    assert world.row("SavingsAccount", account)["branch_id"] == ref("R2")
    assert abm.contents()["SavingsAccount"] == fresh_contents(world, "abm", tmp_path)["SavingsAccount"]


def test_an_account_begun_below_a_group_seen_from_afar_is_accepted_with_all_that_its_phone_says(
    world, console, phones, tmp_path
):
    """She sees the group and not its account, and begins the account once more. What is set aside says below which
    group it stands, as her phone does; else the two would differ for ever once the group comes to her."""
    abm, near = phones("abm"), phones("abm2")
    group = near.do(registering()).id
    near.do(ChangeAccount(group, {"branch_id": ref("R1")}))
    quiet([near, abm])
    abm.do(ChangeAccount(group, {"branch_id": ref("R2")}))
    quiet([abm])
    desk = desk_of(console)
    (row,) = waiting(desk)
    desk.perform(AcceptChange(*named(row)))
    office = phones("supervisor")
    office.sync()
    office.do(ChangeGroup(group, {"village_id": ref("V1")}))
    quiet([office, abm, near])
    assert first_account_id(group) in abm.contents()["SavingsAccount"]
    assert abm.contents()["SavingsAccount"] == fresh_contents(world, "abm", tmp_path)["SavingsAccount"]


def test_what_is_sent_back_comes_to_its_authors_phone_with_the_reason_and_goes_when_it_is_mended(
    world, console, out_of_reach
):
    abm, group = out_of_reach
    desk = desk_of(console)
    (row,) = waiting(desk)
    desk.perform(SendBack(*named(row), REASON))
    quiet([abm])
    (one,) = abm.workspace.mending()
    assert (one.record_id, one.reason, one.decider_name) == (group, REASON, "supervisor")
    assert abm.workspace.sync_status().needs_mending == 1
    abm.do(ChangeGroup(group, {"village_id": ref("V1")}))
    quiet([abm])
    assert not abm.workspace.mending() and world.row("Shg", group)["village_id"] == ref("V1")
    assert [one.state for one in waiting(desk, decided=True)] == ["mended"]


def test_what_is_withdrawn_after_it_was_sent_back_is_ticked_off(console, out_of_reach):
    abm, group = out_of_reach
    desk = desk_of(console)
    desk.perform(SendBack(*named(waiting(desk)[0]), REASON))
    quiet([abm])
    verdict = abm.workspace.mending()[0].verdict_id
    abm.workspace.withdraw("Shg", group)
    assert [one.state for one in abm.workspace.mending()] == ["passed"]
    abm.do(TickVerdict(verdict))
    assert not abm.workspace.mending()
    quiet([abm])
    assert not abm.workspace.mending() and abm.workspace.sync_status().needs_mending == 0


def test_a_new_phone_of_hers_shows_what_was_sent_back(console, phones, out_of_reach):
    desk = desk_of(console)
    desk.perform(SendBack(*named(waiting(desk)[0]), REASON))
    (one,) = phones("abm").workspace.mending()
    assert (one.title, one.reason, one.values["village_id"]) == ("जय अम्बे", REASON, ref("V2"))


def test_nobody_else_hears_of_what_was_said_to_her(console, phones, out_of_reach):
    desk = desk_of(console)
    desk.perform(SendBack(*named(waiting(desk)[0]), REASON))
    for person in ("abm2", "supervisor", "district"):
        phone = phones(person)
        assert not phone.workspace.mending() and not phone.contents().get("Verdict")


def test_a_reason_is_needed_and_holds_no_aadhaar_number(console, out_of_reach):
    desk = desk_of(console)
    (row,) = waiting(desk)
    for reason, code in (("  ", "required"), ("आधार 2345 6789 0124", "holds_aadhaar")):
        with pytest.raises(Refused) as refused:
            desk.perform(SendBack(*named(row), reason))
        assert refused.value.code == code
    assert waiting(desk) == [row]


@pytest.mark.parametrize("person", ["supervisor2", "abm", "sakhi", "nodal", "district"])
def test_who_is_no_supervisor_of_the_area_decides_nothing(world, console, out_of_reach, person):
    (row,) = waiting(desk_of(console))
    other = desk_of(console, person)
    for errand in (AcceptChange(*named(row)), SendBack(*named(row), REASON)):
        with pytest.raises(Refused) as refused:
            other.perform(errand)
        assert refused.value.code == "out_of_reach"
    assert waiting(desk_of(console)) == [row] and not world.rows(world.centre.tables.records["Shg"])


def test_of_two_who_decide_at_once_the_second_is_told(console, out_of_reach):
    _, group = out_of_reach
    one, two = desk_of(console), desk_of(console)
    (row,) = waiting(one)
    one.perform(AcceptChange(*named(row)))
    for errand in (AcceptChange(*named(row)), SendBack(*named(row), REASON)):
        with pytest.raises(Refused) as refused:
            two.perform(errand)
        assert refused.value.code == "changed_meanwhile"
    assert [one.id for one in two.ask(list_groups)] == [group]


def test_what_was_sent_back_can_still_be_accepted(console, out_of_reach):
    abm, group = out_of_reach
    desk = desk_of(console)
    desk.perform(SendBack(*named(waiting(desk)[0]), REASON))
    quiet([abm])
    desk.perform(AcceptChange(*named(waiting(desk, decided=True)[0])))
    quiet([abm])
    assert not abm.workspace.mending() and desk.ask(find_shg, id=group)


def test_a_field_that_a_role_may_not_write_is_accepted_by_one_who_may(world, console, phones):
    abm = phones("abm")
    group = abm.do(registering(village="V1")).id
    quiet([abm])
    sakhi = phones("sakhi")
    device = sakhi.workspace.identity().device
    stamps = world.stamps("Shg", group)
    batch = world.batch(device, 1, [("Shg", group, {"name": "सही नाम"})], bases=stamps)
    world.centre._take_batch(device, batch, world.clock())
    desk = desk_of(console)
    (row,) = waiting(desk)
    assert (row.code, row.values, row.standing) == ("not_allowed_field", {"name": "सही नाम"}, {"name": "जय अम्बे"})
    desk.perform(AcceptChange(*named(row)))
    assert world.row("Shg", group)["name"] == "सही नाम"
    assert [past.person_name for past in desk.history(group) if past.value == "सही नाम"] == ["sakhi"]


def test_what_is_wrong_in_itself_is_only_sent_back(world, console, phones):
    abm = phones("abm")
    device = abm.workspace.identity().device
    values = {"village_id": ref("V1"), "name": "समूह", "formed_on": DAY, "marks": ["few_signatories"]}
    world.centre._take_batch(device, world.batch(device, 1, [("Shg", world.id(), values)]), world.clock())
    desk = desk_of(console)
    (row,) = waiting(desk)
    assert row.code == "read_only" and not row.acceptable
    with pytest.raises(Refused):
        desk.perform(AcceptChange(*named(row)))
    assert not world.rows(world.centre.tables.records["Shg"])
    desk.perform(SendBack(*named(row), REASON))
    quiet([abm])
    assert [one.reason for one in abm.workspace.mending()] == [REASON]


def test_what_was_refused_is_seen_by_the_supervisor_until_its_author_has_mended_it(world, console, phones):
    abm = phones("abm")
    device, group = abm.workspace.identity().device, world.id()
    values = {"village_id": ref("V1"), "name": "समूह", "formed_on": "not a day"}
    world.centre._take_batch(device, world.batch(device, 1, [("Shg", group, values)]), world.clock())
    desk = desk_of(console)
    (row,) = waiting(desk)
    assert (row.state, row.code, row.field, row.acceptable) == ("refused", "not_a_day", "formed_on", False)
    values["formed_on"] = "2026-03-01"
    world.centre._take_batch(device, world.batch(device, 2, [("Shg", group, values)]), world.clock())
    assert not waiting(desk) and [one.state for one in waiting(desk, decided=True)] == ["mended"]


def test_one_number_says_everywhere_how_much_waits_at_the_office(world, console, phones, out_of_reach, capsys):
    """At the console, on its tab, beside the person and her phone, in `samooh status` and for Prometheus."""
    abm, _ = out_of_reach
    device = abm.workspace.identity().device
    faulty = {"village_id": ref("V1"), "name": "समूह", "formed_on": "not a day"}
    world.centre._take_batch(device, world.batch(device, 2, [("Shg", world.id(), faulty)]), world.clock())
    desk = desk_of(console)
    assert sorted(row.state for row in waiting(desk)) == ["open", "refused"]
    desk.on_change(lambda kinds: None)
    assert [row.to_mend for row in desk.ask(list_devices) if row.device == device] == [2]
    with world.centre.database.reading() as db:
        assert waits_at_office(db, world.centre, desk._baseline.capacity)[0] == 2
    assert [one.set_aside for one in desk.perform(ListStaff()).people if one.id == ref("abm")] == [2]
    _say_aside(world.centre)
    assert "set aside, to be decided: 2 (not_a_day 1, out_of_reach 1)" in capsys.readouterr().out
    told = exposed(world.centre, None).decode()
    assert all(f'samooh_set_aside{{code="{code}"}} 1.0' in told for code in ("not_a_day", "out_of_reach"))


def test_other_work_on_the_same_record_mends_nothing(world, console, phones):
    """What a second phone of hers sends of other fields says nothing about what was set aside."""
    abm = phones("abm")
    group = abm.do(registering(village="V1")).id
    quiet([abm])
    device = abm.workspace.identity().device
    world.centre._take_batch(device, world.batch(device, 2, [("Shg", group, {"marks": ["x"]})]), world.clock())
    world.centre._take_batch(device, world.batch(device, 3, [("Shg", group, {"remarks": "x"})]), world.clock())
    assert [row.state for row in waiting(desk_of(console))] == ["open"]


def test_a_session_that_has_ended_decides_nothing(console, out_of_reach):
    page = console.signed_in("supervisor")
    (row,) = waiting(page.workspace)
    other = console.page(page.token).workspace
    console.world.clock.forward(days=1)
    with pytest.raises(Problem) as problem:
        other.perform(AcceptChange(*named(row)))
    assert problem.value.code == "sign_in"

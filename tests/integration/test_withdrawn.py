"""Work that its author takes back on her phone: it closes at the office by itself, stays in the history, and is never
applied. And work that was held and then set aside: its phone is told."""

from datetime import date

import pytest

from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.members import AddMember, MoveMember
from records.errands import AcceptChange, ListSetAside, SendBack
from records.problems import Refused
from records.staffing import HandOver
from server.withdrawing import latest
from storage.queries import find_member, find_shg
from tests.fleet import fresh_contents, quiet
from tests.world import ref

DAY = date(2026, 3, 1)


@pytest.fixture
def world(world_on_each):
    return world_on_each


@pytest.fixture
def out_of_reach(phones):
    """An ABM of G1 has registered a group with a member in a village of G2: (her phone, the group)."""
    abm = phones("abm")
    group = abm.do(RegisterGroup({"village_id": ref("V2"), "name": "जय अम्बे", "formed_on": DAY})).id
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


def test_what_its_author_takes_back_waits_no_longer_and_stays_in_the_history(world, console, out_of_reach, tmp_path):
    abm, group = out_of_reach
    desk = desk_of(console)
    (before,) = waiting(desk)
    abm.workspace.withdraw("Shg", group)
    assert abm.workspace.sync_status().waiting == 2, "the group and the member that was held below it"
    assert abm.sync("lost_reply") is None
    quiet([abm])
    assert not waiting(desk)
    closed = {row.kind: row for row in waiting(desk, decided=True)}
    assert {row.state for row in closed.values()} == {"withdrawn"} and closed.keys() == {"Shg", "Member"}
    assert closed["Shg"].values == before.values and closed["Shg"].decider_name is None
    assert closed["Member"].values["name"] == "सीता देवी"
    assert not world.rows(world.centre.tables.held)
    assert not abm.workspace.mending() and abm.contents() == fresh_contents(world, "abm", tmp_path)


def test_an_open_page_hears_of_what_is_set_aside_and_of_what_is_taken_back(console, out_of_reach):
    abm, group = out_of_reach
    desk, heard = desk_of(console), []
    assert len(waiting(desk)) == 1
    desk.on_change(heard.append)
    desk.identity()
    console.watch.look()
    assert not heard
    abm.workspace.withdraw("Shg", group)
    quiet([abm])
    console.watch.look()
    assert {"office"} <= set().union(*heard)
    heard.clear()
    abm.do(RegisterGroup({"village_id": ref("V2"), "name": "दूसरा", "formed_on": DAY}))
    quiet([abm])
    console.watch.look()
    assert {"office"} <= set().union(*heard)


def test_what_was_taken_back_is_never_applied_even_if_the_office_still_sees_it(world, console, out_of_reach):
    abm, group = out_of_reach
    desk = desk_of(console)
    (seen,) = waiting(desk)
    abm.workspace.withdraw("Shg", group)
    quiet([abm])
    for errand in (AcceptChange(*named(seen)), SendBack(*named(seen), "x")):
        with pytest.raises(Refused) as refused:
            desk.perform(errand)
        assert refused.value.code == "changed_meanwhile"
    with pytest.raises(Refused):
        desk.perform(AcceptChange(*named(seen)[:3], "withdrawn"))
    assert not world.rows(world.centre.tables.records["Shg"])


def test_what_the_office_has_accepted_meanwhile_stands(console, out_of_reach):
    abm, group = out_of_reach
    desk = desk_of(console)
    abm.workspace.withdraw("Shg", group)
    desk.perform(AcceptChange(*named(waiting(desk)[0])))
    quiet([abm])
    assert desk.ask(find_shg, id=group)[0].name == "जय अम्बे"
    assert "accepted" in [row.state for row in waiting(desk, decided=True)]


def test_a_change_of_a_known_record_is_closed_and_the_received_value_stands(world, console, phones):
    abm = phones("abm")
    group = abm.do(RegisterGroup({"village_id": ref("V1"), "name": "सही", "formed_on": DAY})).id
    quiet([abm])
    abm.do(ChangeGroup(group, {"village_id": ref("V2")}))
    quiet([abm])
    desk = desk_of(console)
    assert [row.code for row in waiting(desk)] == ["out_of_reach"]
    abm.workspace.withdraw("Shg", group)
    quiet([abm])
    assert not waiting(desk) and [row.state for row in waiting(desk, decided=True)] == ["withdrawn"]
    assert world.row("Shg", group)["village_id"] == ref("V1")
    assert abm.workspace.ask(find_shg, id=group)[0].village_id == ref("V1")


def test_nobody_takes_back_what_somebody_else_typed(world, console, phones, out_of_reach):
    """Neither in her own name nor in the author's."""
    abm, _ = out_of_reach
    desk, other = desk_of(console), phones("abm2")
    (row,) = waiting(desk)
    stamp = max(cell[1] for cell in mending_of(abm)["Shg"].values())
    device = other.workspace.identity().device
    for number, person in ((1, "abm2"), (2, "abm")):
        values = {"person_id": ref(person), "record_kind": "Shg", "record_id": row.record_id, "typed_stamp": stamp}
        world.centre._take_batch(
            device, world.batch(device, number, [("Withdrawal", world.id(), values)]), world.clock()
        )
    assert row in waiting(desk)
    assert [one.code for one in waiting(desk) if one.kind == "Withdrawal"] == ["not_allowed"]


def test_nobody_takes_back_what_is_held_of_somebody_else(world, out_of_reach):
    """The member whose group is not there yet; the same from another phone of her author takes her back."""
    held = world.centre.tables.held
    (before,) = world.rows(held)
    for person, left in (("abm2", [before]), ("abm", [])):
        device = world.enrol(person).device
        values = {"person_id": ref(person), "record_kind": "Member", "record_id": before["record_id"]}
        row = ("Withdrawal", world.id(), {**values, "typed_stamp": latest(before["cells"])})
        answer = world.centre._take_batch(device, world.batch(device, 1, [row]), world.clock())
        assert all(one.state == "applied" for one in answer.outcomes) and world.rows(held) == left


def test_another_change_of_the_same_record_is_not_taken_back_with_it(world, console, phones):
    abm = phones("abm")
    device, group = abm.workspace.identity().device, world.id()
    values = {"village_id": ref("V2"), "name": "एक", "formed_on": DAY}
    world.centre._take_batch(device, world.batch(device, 1, [("Shg", group, values)]), world.clock())
    world.clock.forward(ms=50)
    world.centre._take_batch(device, world.batch(device, 2, [("Shg", group, {**values, "name": "दो"})]), world.clock())
    desk = desk_of(console)
    (row,) = waiting(desk)
    back = {"person_id": ref("abm"), "record_kind": "Shg", "record_id": group, "typed_stamp": "0" * 16 + device}
    world.centre._take_batch(device, world.batch(device, 3, [("Withdrawal", world.id(), back)]), world.clock())
    assert waiting(desk) == [row]


def test_what_had_been_sent_back_or_handed_over_goes_from_the_other_phone_as_well(console, phones, out_of_reach):
    abm, group = out_of_reach
    other, desk = phones("abm2"), desk_of(console)
    desk.perform(SendBack(*named(waiting(desk)[0]), "ग्राम जाँचें"))
    desk.perform(HandOver(ref("abm"), ref("abm2")))
    quiet([abm, other])
    assert [one.state for one in other.workspace.mending()] == ["passed"]
    abm.workspace.withdraw("Shg", group)
    quiet([abm, other])
    assert not other.workspace.mending() and not abm.workspace.mending()


def test_what_was_held_and_then_set_aside_waits_to_be_mended_on_its_phone(world, console, out_of_reach, tmp_path):
    abm, group = out_of_reach
    assert [one.kind for one in abm.workspace.mending()] == ["Shg"]
    # Somebody of that panchayat brings the group itself: now the member can be judged, and is out of her reach.
    near = world.enrol("abm2").device
    values = {"village_id": ref("V2"), "name": "जय अम्बे", "formed_on": DAY}
    world.centre._take_batch(near, world.batch(near, 1, [("Shg", group, values)]), world.clock())
    assert ("Member", "out_of_reach") in [(row.kind, row.code) for row in waiting(desk_of(console))]
    quiet([abm])
    mending = {one.kind: one for one in abm.workspace.mending()}
    assert mending["Member"].code == "out_of_reach" and mending["Member"].values["name"] == "सीता देवी"
    quiet([abm])
    assert len([one for one in abm.workspace.mending() if one.kind == "Member"]) == 1
    abm.workspace.withdraw("Member", mending["Member"].record_id)
    quiet([abm])
    states = {row.kind: row.state for row in waiting(desk_of(console), decided=True)}
    assert states["Member"] == "withdrawn" and not [one for one in abm.workspace.mending() if one.kind == "Member"]


def test_a_held_change_of_a_known_record_that_is_set_aside_waits_to_be_mended_too(world, console, phones):
    """She moves a member to a group that is set aside. When another phone brings that group, she may not move there."""
    abm = phones("abm")
    old = abm.do(RegisterGroup({"village_id": ref("V1"), "name": "सही", "formed_on": DAY})).id
    member = abm.do(AddMember(old, {"name": "सीता देवी"})).id
    quiet([abm])
    new = abm.do(RegisterGroup({"village_id": ref("V2"), "name": "जय अम्बे", "formed_on": DAY})).id
    quiet([abm])
    abm.do(MoveMember(member, new))
    quiet([abm])
    assert [row["kind"] for row in world.rows(world.centre.tables.held)] == ["Member"]
    near = world.enrol("abm2").device
    values = {"village_id": ref("V2"), "name": "जय अम्बे", "formed_on": DAY}
    world.centre._take_batch(near, world.batch(near, 1, [("Shg", new, values)]), world.clock())
    assert ("Member", "out_of_reach") in [(row.kind, row.code) for row in waiting(desk_of(console))]
    quiet([abm])
    mending = {one.kind: one for one in abm.workspace.mending()}
    assert mending["Member"].code == "out_of_reach" and mending["Member"].values["shg_id"] == new
    assert abm.workspace.ask(find_member, id=member)[0].shg_id == new, "what waits to be mended is shown, as ever"
    abm.workspace.withdraw("Member", member)
    quiet([abm])
    assert abm.workspace.ask(find_member, id=member)[0].shg_id == old
    assert world.row("Member", member)["shg_id"] == old
    assert not [one for one in abm.workspace.mending() if one.kind == "Member"]


def mending_of(phone):
    with phone.store.reading() as t:
        return {row.kind: row.changes for row in t.connection.execute(t.tables.mending.select())}

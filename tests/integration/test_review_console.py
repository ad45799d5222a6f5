"""What an office sees and passes on at the console stays within its blocks, however a change is made up (law 6)."""

from datetime import date

import pytest

from records.commands.groups import RegisterGroup
from records.commands.members import AddMember
from records.errands import ListSetAside, SendBack
from records.staffing import HandOver
from server.aside import verdict_id
from tests.console import Console
from tests.fleet import Phone, quiet
from tests.integration.test_central_store import Caller, a_group, states
from tests.world import ref

A, B, C, D = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)
MOBILE = "9876543210"


@pytest.fixture
def world(world_on_each):
    return world_on_each


@pytest.fixture
def console(world):
    made = Console(world)
    yield made
    made.close()


def desk_of(console, person):
    return console.signed_in(person).workspace


def waiting(desk, **how):
    return desk.perform(ListSetAside(**how))


def send_back(desk, row, reason="जाँचें"):
    desk.perform(SendBack(row.device, row.number, row.row, row.state, reason))


def fresh(world, person) -> Caller:
    caller = Caller(world, person)
    caller.pull()
    return caller


@pytest.fixture
def elsewhere(world):
    """A group with a member in the other block: (its group, the member)."""
    abm3 = fresh(world, "abm3")
    member = {"shg_id": B, "name": "सीता देवी", "mobile": MOBILE}
    abm3.push(("Shg", B, a_group(village_id=ref("V3"))), ("Member", D, member))
    return B, D


# --- what stands beside a change that was set aside


def test_a_made_up_change_below_ones_own_group_shows_nothing_of_a_member_elsewhere(world, console, elsewhere):
    """It is placed by the group that it names, and so comes to an office to which the member is nobody's business."""
    group, member = elsewhere
    supervisor = fresh(world, "supervisor")
    supervisor.push(("Shg", A, a_group()))
    made_up = {"shg_id": A, "mobile": "9876543219"}
    assert states(supervisor.push(("Member", member, made_up))) == [("quarantined", "out_of_reach")]
    (row,) = waiting(desk_of(console, "supervisor"))
    assert (row.standing, row.title) == ({}, "") and row.shg_id != group
    assert row.values == made_up


def test_a_made_up_change_of_a_verdict_shows_nothing_of_what_was_said_to_another(world, console):
    """Its id follows from a device and a number, which anybody can name."""
    abm3 = fresh(world, "abm3")
    abm3.push(("Shg", A, a_group(village_id=ref("V1"))))
    quarantined = next(iter(world.rows(world.centre.tables.quarantine)))
    (row,) = waiting(desk_of(console, "supervisor"))
    send_back(desk_of(console, "supervisor"), row, "सीता देवी से पूछें")
    verdict = verdict_id(quarantined["device"], quarantined["number"], quarantined["row"])
    assert world.row("Verdict", verdict)["reason"] == "सीता देवी से पूछें"
    other = fresh(world, "supervisor2")
    other.push(("Verdict", verdict, {"reason": "x", "values": "x", "title": "x"}))
    (row,) = waiting(desk_of(console, "supervisor2"))
    assert row.kind == "Verdict" and row.standing == {}


def test_what_stands_in_ones_own_area_is_shown_beside_the_change(world, console):
    abm, abm2 = fresh(world, "abm"), fresh(world, "abm2")
    abm.push(("Shg", A, a_group()), ("Member", C, {"shg_id": A, "name": "सीता देवी", "mobile": MOBILE}))
    abm2.push(("Member", C, {"mobile": "9876543219"}))
    (row,) = waiting(desk_of(console, "supervisor"))
    assert (row.standing, row.title, row.shg_id) == ({"mobile": MOBILE}, "सीता देवी", A)


def test_a_change_that_comes_back_tells_its_author_no_name_that_she_may_not_see(world, console):
    abm, abm2 = fresh(world, "abm"), fresh(world, "abm2")
    abm.push(("Shg", A, a_group()), ("Member", C, {"shg_id": A, "name": "सीता देवी", "mobile": MOBILE}))
    abm2.push(("Member", C, {"mobile": "9876543219"}), ("Shg", A, {"meeting_day": "monday"}))
    for row in waiting(desk_of(console, "supervisor")):
        send_back(desk_of(console, "supervisor"), row)
    told = {row["record_kind"]: row["title"] for row in world.rows(world.centre.tables.records["Verdict"])}
    assert told["Member"] is None
    assert told["Shg"] == world.row("Shg", A)["name"], "the groups of her block are no secret"


# --- handing over


def test_a_handover_passes_on_nothing_that_another_block_sent_back(world, console, tmp_path):
    """Whoever takes over in one block must not get what her predecessor had typed of people in another."""
    mover = Phone(world, "abm3", tmp_path, "mover")
    assert mover.sync() is not None
    group = mover.do(RegisterGroup({"village_id": ref("V2"), "name": "दूर का", "formed_on": date(2026, 3, 1)})).id
    mover.do(AddMember(group, {"name": "सीता देवी"}))
    quiet([mover])
    (row,) = waiting(desk_of(console, "supervisor"))
    send_back(desk_of(console, "supervisor"), row, "यह यहाँ का है")
    # The successor of her own block has never had to do with V2.
    world.office(
        ("Person", "new", {"name": "new", "home_id": "D"}),
        ("Assignment", "new/1", {"person_id": "new", "role": "abm", "from_on": "2020-01-01", "place_id": "G3"}),
    )
    done = desk_of(console, "supervisor2").perform(HandOver(ref("abm3"), ref("new")))
    assert done.returned == 0
    assert {row["person_id"] for row in world.rows(world.centre.tables.records["Verdict"])} == {ref("abm3")}
    mover.store.close()


# --- whole places


def test_a_panchayat_without_a_block_opens_no_other_panchayat(world, console, elsewhere):
    """Reach is counted by blocks, and such a panchayat has none: that must mean less, not everything."""
    world.office(
        ("Place", "G9", {"level": "gram_panchayat", "name": "Place G9", "parent_id": "D"}),
        ("Person", "alone", {"name": "alone", "home_id": "D"}),
        ("Assignment", "alone/1", {"person_id": "alone", "role": "abm", "from_on": "2020-01-01", "place_id": "G9"}),
    )
    page = console.signed_in("alone")
    for kind in ("Member", "Shg", "SavingsAccount", "AccountStep", "Attachment", "Check"):
        assert page.holds(kind) == {}, kind
    assert console.signed_in("abm3").holds("Member").keys() == {D}

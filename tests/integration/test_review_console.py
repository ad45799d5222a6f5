"""What an office sees and passes on at the console stays within its blocks, however a change is made up (law 6)."""

from datetime import date

import pytest

from records.commands.groups import RegisterGroup
from records.commands.members import AddMember
from records.errands import AcceptChange, ListSetAside, SendBack
from records.figures import yardstick_on
from records.ids import first_account_id
from records.kinds import KINDS
from records.problems import Refused
from records.staffing import HandOver
from server import scope
from server.aside import verdict_id
from storage.queries import list_norms, tally
from tests.fleet import Phone, quiet
from tests.integration.test_central_store import Caller, a_group, states
from tests.world import ref

A, B, C, D = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)
MOBILE = "9876543210"


@pytest.fixture
def world(world_on_each):
    return world_on_each


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


# --- what comes along with an accepted change


def test_with_an_accepted_group_comes_nothing_that_its_author_may_never_write(world, console, tmp_path):
    """The office has seen the group. That an account was opened is for a bank sakhi to say, or for the office, seen."""
    abm = fresh(world, "abm")
    account = first_account_id(A)
    step = {
        "account_id": account, "process": "savings", "on_day": date(2026, 3, 1), "author_id": ref("abm"), "after": (),
    }  # fmt: skip
    abm.push(
        ("Shg", A, a_group(village_id=ref("V2"))),
        ("Member", D, {"shg_id": A, "name": "सीता देवी"}),
        ("SavingsAccount", account, {"shg_id": A}),
        ("AccountStep", B, {**step, "kind": "submitted"}),
        ("AccountStep", C, {**step, "kind": "opened"}),
    )
    desk = desk_of(console, "supervisor")
    (row,) = waiting(desk)
    desk.perform(AcceptChange(row.device, row.number, row.row, row.state))
    tables = world.centre.tables.records
    assert [row["id"] for row in world.rows(tables["Member"])] == [D]
    assert [row["kind"] for row in world.rows(tables["AccountStep"])] == ["submitted"]
    (row,) = waiting(desk)
    assert (row.record_id, row.code) == (C, "not_allowed")
    desk.perform(AcceptChange(row.device, row.number, row.row, row.state))
    assert {row["kind"] for row in world.rows(tables["AccountStep"])} == {"submitted", "opened"}


def test_a_reason_that_is_too_long_is_refused_in_words(world, console):
    fresh(world, "abm").push(("Shg", A, a_group(village_id=ref("V2"))))
    desk = desk_of(console, "supervisor")
    (row,) = waiting(desk)
    with pytest.raises(Refused) as refused:
        send_back(desk, row, "क" * 1001)
    assert (refused.value.code, waiting(desk)[0].state) == ("too_long", "open")


TWO_POSTS = {
    "two panchayats of two blocks": [("abm", "G1", "", ""), ("abm", "G3", "", "")],
    "ABM here, supervisor there": [("abm", "G1", "", ""), ("supervisor", "B2", "", "")],
    "supervisor, and ABM of her own block": [("supervisor", "B1", "", ""), ("abm", "G2", "", "")],
    "bank sakhi here, ABM there": [("bank_sakhi", "R1", "", ""), ("abm", "G3", "", "")],
    "bank sakhi, and district": [("bank_sakhi", "R3", "", ""), ("district", "D", "", "")],
    "nodal here, ABM there": [("nodal", "B1", "", ""), ("abm", "G3", "", "")],
    "bank sakhi of a branch that serves nobody": [("bank_sakhi", "R2", "", "")],
    "supervisor until yesterday, ABM now": [("supervisor", "B1", "2020-01-01", "ended"), ("abm", "G3", "", "")],
    "supervisor from tomorrow": [("supervisor", "B1", "2099-01-01", ""), ("nodal", "B2", "", "")],
    "admin alone": [("admin", "S", "", "")],
    "a panchayat without a block beside another": [("abm", "G9", "", ""), ("abm", "G1", "", "")],
}


@pytest.fixture
def full_world(world):
    """Groups with members, accounts, steps and checks in each panchayat; one with a branch of the other block."""
    world.office(("Place", "G9", {"level": "gram_panchayat", "name": "Place G9", "parent_id": "D"}))
    world.office(("Place", "V9", {"level": "village", "name": "Place V9", "parent_id": "G9"}))
    world.office(
        ("Person", "ninth", {"name": "ninth", "home_id": "D"}),
        ("Assignment", "ninth/1", {"person_id": "ninth", "role": "abm", "from_on": "2020-01-01", "place_id": "G9"}),
    )
    who = {"V1": "abm", "V2": "abm2", "V3": "abm3", "V9": "ninth"}
    for number, (village, person) in enumerate(who.items(), 1):
        group, branch = f"{number}" * 32, {"V2": "R3", "V3": "R3"}.get(village, "")
        account, member = first_account_id(group), f"{number}" * 31 + "a"
        step = {"account_id": account, "process": "savings", "kind": "submitted", "author_id": ref(person)}
        fresh(world, person).push(
            ("Shg", group, a_group(village_id=ref(village), mobile=MOBILE, president_id=member)),
            ("Member", member, {"shg_id": group, "name": "सीता देवी", "mobile": MOBILE}),
            ("Member", member[:-1] + "b", {"shg_id": group, "name": "गीता देवी"}),
            ("SavingsAccount", account, {"shg_id": group, **({"branch_id": ref(branch)} if branch else {})}),
            ("AccountStep", member[:-1] + "c", {**step, "on_day": date(2026, 3, 1), "after": ()}),
        )
    return world


@pytest.mark.parametrize("posts", TWO_POSTS.values(), ids=TWO_POSTS.keys())
def test_by_whole_places_the_same_is_seen_as_row_by_row(full_world, console, monkeypatch, posts):
    """The short ways of a scope answer as the feed does, which is what a phone of hers would hold."""
    yesterday = date.fromtimestamp(full_world.clock() / 1000 - 86_400).isoformat()
    full_world.office(("Person", "many", {"name": "many", "home_id": "D"}))
    for number, (role, where, begins, ends) in enumerate(posts):
        post = {"person_id": "many", "role": role, "from_on": begins or "2020-01-01"}
        post |= {"branch_id" if role == "bank_sakhi" else "place_id": where} | ({"to_on": yesterday} if ends else {})
        full_world.office(("Assignment", f"many/{number}", post))
    page = console.signed_in("many")
    seen = {kind: page.holds(kind) for kind in KINDS}
    monkeypatch.setattr(scope, "_whole_places", lambda entry, streams: ([], [], list(streams)))
    monkeypatch.setattr(scope.Scope, "_in_districts", lambda self, table, streams: self._held(table, streams))
    assert seen == {kind: page.holds(kind) for kind in KINDS}
    assert len({row["kind"] for row in full_world.rows(full_world.centre.tables.feed)}) >= 8


# --- the same group twice


def test_a_group_said_to_be_one_that_has_not_come_is_counted_until_it_comes(world, console):
    """The other may have been set aside, or never be sent. Counted once does not mean not at all."""
    low = "0" * 31 + "1"
    abm = fresh(world, "abm")
    abm.push(("Shg", A, a_group(same_as=low)), ("Shg", B, a_group()), ("Member", C, {"shg_id": B, "name": "सीता"}))
    abm.push(("Shg", D, a_group(same_as=C)))
    desk = desk_of(console, "supervisor")
    measure = yardstick_on(desk.ask(list_norms), date(2026, 3, 1))
    assert {id: world.row("Shg", id)["canonical_id"] for id in (A, D)} == {A: A, D: D}
    assert [row.groups for row in desk.ask(tally, measure=measure)] == [3]
    abm.push(("Shg", low, a_group(name="वही")))
    assert {id: world.row("Shg", id)["canonical_id"] for id in (A, low)} == {A: low, low: low}
    assert [row.groups for row in desk.ask(tally, measure=measure)] == [3]

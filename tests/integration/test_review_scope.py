"""Who receives and who may change what, when members, places, logins and roles have moved on (law 6)."""

import json
from datetime import date

import pytest
from sqlalchemy import event

from records.messages import SyncRequest
from records.problems import Problem
from server.feeding import held_by
from tests.integration.test_central_store import Caller, a_group, states
from tests.world import ref

A, B, C, D, E = ("a" * 32, "b" * 32, "c" * 32, "d" * 32, "e" * 32)
DAY_MS = 86_400_000


@pytest.fixture
def world(world_on_each):
    return world_on_each


def fresh(world, person) -> Caller:
    caller = Caller(world, person)
    caller.pull()
    return caller


def streams_of(world, id) -> set[str]:
    with world.centre.database.reading() as db:
        return held_by(db, world.centre.tables, world.centre.state_id, [id]).get(id, set())


def everything(reply) -> str:
    sections = [section for part in reply.page.parts for section in part.rows]
    return json.dumps([[section.kind, section.ids, section.columns] for section in sections])


# --- conflicts


def test_a_conflict_goes_with_the_member_who_moves_to_another_group(world):
    """Its value is the member's mobile: who reads the old village must not keep it, who reads the new must get it."""
    abm, supervisor = fresh(world, "abm"), fresh(world, "supervisor")
    abm.push(("Shg", A, a_group()), ("Shg", B, a_group(village_id=ref("V2"))))
    abm2 = fresh(world, "abm2")
    abm2.push(("Shg", B, a_group(village_id=ref("V2"))))
    abm.push(("Member", C, {"shg_id": A, "name": "सीता", "mobile": "9876543210"}))
    seen = world.stamps("Member", C)
    abm.push(("Member", C, {"mobile": "9876543211"}), bases=seen)
    supervisor.push(("Member", C, {"mobile": "9876543212"}), bases=seen)
    conflict = next(row for row in world.rows(world.centre.tables.records["Conflict"]))
    assert streams_of(world, conflict["id"]) == {f"gp/{ref('G1')}/members"}
    supervisor.push(("Member", C, {"shg_id": B}), bases=world.stamps("Member", C))
    assert streams_of(world, C) == streams_of(world, conflict["id"]) == {f"gp/{ref('G2')}/members"}
    assert "9876543211" not in everything(fresh_reply(world, "abm"))
    assert "9876543211" in everything(fresh_reply(world, "abm2"))
    moved = world.row("Conflict", conflict["id"])
    assert (moved["group_id"], moved["shg_id"]) == (B, B)


def fresh_reply(world, person):
    return Caller(world, person).pull()


# --- claims of having typed something before a withdrawal


def end(world, name, days_ago):
    world.overwrite("Assignment", name, to_on=date.fromtimestamp(world.clock() / 1000 - days_ago * 86_400))


def test_a_group_cannot_be_taken_to_where_its_author_never_worked_by_claiming_an_old_cursor(world):
    abm = fresh(world, "abm")
    abm.push(("Shg", A, a_group()))
    abm.pull()
    world.clock.forward(days=1)
    world.overwrite("Assignment", "abm/1", place_id=ref("G2"))
    change = ("Shg", A, {"village_id": ref("V3")})
    assert states(abm.push(change, bases=world.stamps("Shg", A))) == [("quarantined", "out_of_reach")]
    assert world.row("Shg", A)["village_id"] == ref("V1")


def test_a_reach_lost_long_ago_does_not_come_back_with_the_end_of_another(world):
    """Only the end of what she had then counts, not whatever ended last."""
    abm, supervisor = fresh(world, "abm"), fresh(world, "supervisor")
    supervisor.push(("Shg", A, a_group()))
    long_ago = abm.under
    world.overwrite("Assignment", "abm/1", to_on=date(2026, 9, 1))
    world.clock.forward(days=400)
    more = {"person_id": "abm", "role": "abm", "place_id": "G3", "from_on": "2027-01-01"}
    world.office(("Assignment", "abm/2", more))
    world.clock.forward(days=100)
    world.overwrite("Assignment", "abm/2", to_on=date(2027, 12, 1))
    abm.cursor = None
    change = ("Shg", A, {"name": "x"})
    seen = world.stamps("Shg", A)
    assert states(abm.push(change, bases=seen, under=long_ago)) == [("quarantined", "out_of_reach")]


def test_a_reach_that_a_contact_found_lost_stays_lost_whatever_ended_since(world):
    """Two assignments at once; the first ended long ago and a contact has seen it; the second ends today."""
    other = {"person_id": "abm", "role": "abm", "place_id": "G3", "from_on": "2020-01-01"}
    world.office(("Assignment", "abm/2", other))
    abm, supervisor = fresh(world, "abm"), fresh(world, "supervisor")
    supervisor.push(("Shg", A, a_group()))
    long_ago = abm.under
    world.overwrite("Assignment", "abm/1", to_on=date(2026, 9, 1))
    world.clock.forward(days=1)
    abm.pull()
    world.clock.forward(days=200)
    world.overwrite("Assignment", "abm/2", to_on=date.fromtimestamp(world.clock() / 1000))
    world.clock.forward(days=2)
    seen = world.stamps("Shg", A)
    assert states(abm.push(("Shg", A, {"name": "x"}), bases=seen, under=long_ago)) == [("quarantined", "out_of_reach")]


def also(world, name, **where):
    """The person has this assignment too, from the beginning."""
    world.office(("Assignment", name, {"person_id": "abm", "role": "abm", "from_on": "2020-01-01", **where}))


def days_later(world, days, name, **values):
    """Days go by without any call of hers; then the office changes an assignment, and it is the day after tomorrow."""
    world.clock.forward(days=days)
    world.overwrite("Assignment", name, **(values or {"to_on": date.fromtimestamp(world.clock() / 1000)}))
    world.clock.forward(days=2)


def typed(world, caller, under, **values):
    """What becomes of a change of the group that was typed under an old cursor."""
    return states(caller.push(("Shg", A, values or {"name": "x"}), bases=world.stamps("Shg", A), under=under))


OUT = [("quarantined", "out_of_reach")]


@pytest.mark.parametrize(
    "other",
    [{"place_id": "G3"}, {"role": "bank_sakhi", "branch_id": "R1"}, {"role": "supervisor", "place_id": "B2"}],
    ids=["of another panchayat", "in another role", "in another role elsewhere"],
)
def test_only_the_end_of_what_reached_the_group_counts(world, other):
    """Two assignments at once; the first ended long ago, the other a few days ago, and no phone has called between."""
    also(world, "abm/2", **other)
    abm, supervisor = fresh(world, "abm"), fresh(world, "supervisor")
    supervisor.push(("Shg", A, a_group(declared_members=11)))
    long_ago = abm.under
    days_later(world, 1, "abm/1")
    days_later(world, 200, "abm/2")
    assert [state for state, _ in typed(world, abm, long_ago)] == ["quarantined"]


def test_of_two_that_reached_the_group_the_last_end_counts(world):
    also(world, "abm/2", place_id="G1")
    abm, supervisor = fresh(world, "abm"), fresh(world, "supervisor")
    supervisor.push(("Shg", A, a_group()))
    long_ago = abm.under
    days_later(world, 1, "abm/1")
    days_later(world, 200, "abm/2")
    assert typed(world, abm, long_ago) == [("applied", None)]
    assert "outside_reach" in world.row("Shg", A)["marks"]


def test_an_assignment_that_was_moved_on_twice_had_left_the_group_the_first_time(world):
    abm, supervisor = fresh(world, "abm"), fresh(world, "supervisor")
    supervisor.push(("Shg", A, a_group()))
    long_ago = abm.under
    days_later(world, 1, "abm/1", place_id=ref("G2"))
    assert typed(world, abm, long_ago, remarks="in time") == [("applied", None)]
    abm = fresh(world, "abm2")
    world.overwrite("Assignment", "abm2/1", place_id=ref("G1"))
    abm.pull()
    long_ago = abm.under
    days_later(world, 1, "abm2/1", place_id=ref("G2"))
    days_later(world, 200, "abm2/1", place_id=ref("G3"))
    assert typed(world, abm, long_ago) == OUT


@pytest.mark.parametrize(("days", "fate"), [(20, [("applied", None)]), (29, OUT)])
def test_an_end_that_is_dated_back_counts_from_the_day_it_was_written(world, days, fate):
    abm, supervisor = fresh(world, "abm"), fresh(world, "supervisor")
    supervisor.push(("Shg", A, a_group()))
    long_ago = abm.under
    days_later(world, 60, "abm/1", to_on=date(2026, 9, 1))
    world.clock.forward(days=days)
    assert typed(world, abm, long_ago) == fate


def test_what_was_typed_under_the_very_contact_that_found_a_reach_is_judged_by_it(world):
    abm = fresh(world, "abm2")
    world.clock.forward(days=1)
    world.overwrite("Assignment", "abm2/1", place_id=ref("G1"))
    abm.pull()
    found = max(row["from_ms"] for row in world.rows(world.centre.tables.reach_past) if row["person_id"] == ref("abm2"))
    fresh(world, "supervisor").push(("Shg", A, a_group()))
    days_later(world, 1, "abm2/1", place_id=ref("G2"))
    assert typed(world, abm, found) == [("applied", None)]
    assert typed(world, abm, found - 1, name="y") == OUT


def test_an_end_that_was_taken_back_does_not_count(world):
    abm, supervisor = fresh(world, "abm"), fresh(world, "supervisor")
    supervisor.push(("Shg", A, a_group()))
    long_ago = abm.under
    days_later(world, 1, "abm/1")
    days_later(world, 1, "abm/1", to_on=None)
    days_later(world, 200, "abm/1")
    assert typed(world, abm, long_ago) == [("applied", None)]


@pytest.mark.parametrize(("first", "second", "fate"), [
    ("", "abm/2", [("applied", None)]),
    ("", "abm/1", [("applied", None)]),
    ("abm/2", "abm/1", OUT),
    ("abm/1", "abm/2", OUT),
])  # fmt: skip
def test_a_group_is_moved_if_neither_where_it_was_nor_where_it_goes_was_lost_long_ago(world, first, second, fate):
    also(world, "abm/2", place_id="G3")
    abm, supervisor = fresh(world, "abm"), fresh(world, "supervisor")
    supervisor.push(("Shg", A, a_group()))
    long_ago = abm.under
    if first:
        days_later(world, 1, first)
    days_later(world, 200, second)
    assert typed(world, abm, long_ago, village_id=ref("V3")) == fate


def test_a_change_of_bearers_or_branch_meanwhile_takes_nothing_from_the_thirty_days(world):
    abm, supervisor = fresh(world, "abm"), fresh(world, "supervisor")
    abm.push(("Shg", A, a_group()), ("SavingsAccount", D, {"shg_id": A}))
    abm.pull()
    world.clock.forward(days=1)
    supervisor.push(("Shg", A, {"president_id": C}))
    supervisor.push(("SavingsAccount", D, {"branch_id": ref("R2")}))
    world.clock.forward(days=60)
    world.overwrite("Assignment", "abm/1", to_on=date.fromtimestamp(world.clock() / 1000 - 5 * 86_400))
    assert states(abm.push(("Shg", A, {"declared_members": 12}))) == [("applied", None)]
    assert "outside_reach" in world.row("Shg", A)["marks"]


def test_what_a_person_reaches_is_noted_also_when_her_phone_claims_to_know_it(world):
    from records.messages import capacity_hash

    abm = fresh(world, "abm")
    world.overwrite("Assignment", "abm/1", place_id=ref("G2"))
    world.clock.forward(days=1)
    with world.centre.database.reading() as db:
        now = world.centre.contacts.capacity(db, ref("abm"))
    abm.call(has_capacity=capacity_hash(now))
    noted = [row for row in world.rows(world.centre.tables.reach_past) if row["person_id"] == ref("abm")]
    assert len(noted) == 2


# --- logins


def test_revoking_a_phone_ends_the_numbers_it_was_given_as_a_copy_of_itself(world):
    abm = fresh(world, "abm")
    abm.push(("Shg", A, a_group()))
    copy = abm.call(world.batch(abm.device, 1, [("Shg", B, a_group())]))
    other = fresh(world, "supervisor")
    world.centre.enrolments.revoke(abm.device)
    for token in (abm.enrolled.token, copy.renumbered.token):
        with pytest.raises(Problem, match="revoked"):
            world.centre.for_device(token).sync(SyncRequest("0.1.0"))
    assert other.call().page


def test_a_code_is_always_found_or_said_to_be_none(world):
    enrolments = world.centre.enrolments
    table = world.centre.tables.enrolment
    rows = [
        {"state_id": 23, "slot": f"{slot:04}", "secret_hash": "x", "person_id": "p", "made_ms": world.clock(),
         "expires_ms": world.clock() + 1000, "tries": 0} for slot in range(10_000)
    ]  # fmt: skip
    with world.centre.database.writing() as db:
        db.execute(table.insert(), rows)
    with pytest.raises(Problem, match="busy"):
        enrolments.code_for(ref("abm"))
    world.clock.forward(ms=2000)
    assert enrolments.code_for(ref("abm"))


# --- places


def test_a_village_follows_its_panchayat_in_whatever_order_a_batch_names_them(world):
    abm3 = fresh(world, "abm3")
    fresh(world, "abm").push(("Shg", A, a_group()))
    world.office(
        ("Place", "V1", {"name": "गाँव"}), ("Place", "G1", {"parent_id": "B2", "name": "पंचायत"}),
        bases=world.stamps("Place", ref("G1")),
    )  # fmt: skip
    assert (world.row("Place", ref("V1"))["block_id"], world.row("Place", ref("G1"))["block_id"]) == (ref("B2"),) * 2
    streams = streams_of(world, A)
    assert f"block/{ref('B2')}/groups" in streams and f"block/{ref('B1')}/groups" not in streams
    assert abm3.pull()


def test_a_place_that_moves_takes_along_what_a_batch_wrote_below_it(world):
    world.office(("Place", "D2", {"level": "district", "parent_id": "S", "name": "D2"}))
    world.office(
        ("Place", "V1", {"name": "गाँव"}), ("Place", "G1", {"name": "पंचायत"}), ("Place", "B1", {"parent_id": "D2"}),
        bases=world.stamps("Place", ref("B1")),
    )  # fmt: skip
    assert {world.row("Place", ref(name))["district_id"] for name in ("B1", "G1", "V1", "V2")} == {ref("D2")}


def test_places_in_a_circle_come_to_an_end(world):
    for name, parent in (("K1", "B1"), ("K2", "K1"), ("K3", "K2")):
        world.office(("Place", name, {"level": "cluster", "parent_id": parent, "name": name}))
    world.office(("Place", "K1", {"parent_id": "K3"}), bases=world.stamps("Place", ref("K1")))
    answer = world.office(
        ("Place", "K1", {"name": "एक"}), ("Place", "K2", {"name": "दो"}), ("Place", "K3", {"name": "तीन"})
    )
    assert answer.state == "applied"


def test_reference_records_follow_a_place_that_comes_or_a_branch_that_moves_to_another_district(world):
    world.office(("Person", "late", {"name": "late", "home_id": "D2"}))
    assert world.row("Person", ref("late"))["district_id"] is None
    world.office(
        ("Place", "D2", {"level": "district", "parent_id": "S", "name": "D2"}),
        ("Place", "B9", {"level": "block", "parent_id": "D2", "name": "B9"}),
    )
    assert world.row("Person", ref("late"))["district_id"] == ref("D2")
    world.overwrite("BankBranch", "R1", block_id=ref("B9"))
    assert world.row("Assignment", ref("sakhi/1"))["district_id"] == ref("D2")


# --- what many have in common


def statements(world, work) -> int:
    said = []

    @event.listens_for(world.centre.database.engine, "before_cursor_execute")
    def note(connection, cursor, statement, parameters, context, many):
        said.append(statement)

    work()
    event.remove(world.centre.database.engine, "before_cursor_execute", note)
    return len(said)


def chain(abm, first, count):
    """Groups each of which is said to be the same as the next."""
    rows = [("Shg", f"{first + n:032x}", a_group(same_as=f"{first + n + 1:032x}")) for n in range(count)]
    return abm.frozen(*rows)


def test_a_long_chain_of_equal_groups_costs_in_proportion_to_its_length(world):
    abm = fresh(world, "abm")
    short, long = chain(abm, 1 << 40, 20), chain(abm, 1 << 50, 80)
    few = statements(world, lambda: abm.call(short))
    many = statements(world, lambda: abm.call(long))
    assert many < 6 * few
    assert world.row("Shg", f"{(1 << 50) + 79:032x}")["canonical_id"] == f"{1 << 50:032x}"


def test_a_number_that_many_women_share_does_not_draw_in_all_their_groups(world, monkeypatch):
    """A group leader's mobile stands at hundreds of members; only women of the same name are looked at twice."""
    from server.working import Working

    abm = fresh(world, "abm")
    groups = [f"{n:032x}" for n in range(1, 30)]
    abm.push(*(("Shg", id, a_group()) for id in groups))
    women = [("Member", f"{n + 999:032x}", {"shg_id": id, "name": f"महिला {n}", "mobile": "9999999999"})
             for n, id in enumerate(groups)]  # fmt: skip
    abm.push(*women)
    loaded: set[str] = set()
    load = Working.load_groups
    monkeypatch.setattr(Working, "load_groups", lambda self, ids: (loaded.update(ids), load(self, ids))[1])
    abm.push(("Member", C, {"shg_id": groups[0], "name": "महिला 5", "mobile": "9999999999"}))
    assert loaded == {groups[0], groups[5]}
    assert "woman_in_two_groups" in world.row("Shg", groups[5])["marks"]
    abm.push(("Member", C, {"name": "महिला 7"}), bases=world.stamps("Member", C))
    assert "woman_in_two_groups" not in world.row("Shg", groups[5])["marks"]
    assert "woman_in_two_groups" in world.row("Shg", groups[7])["marks"]


# --- what may be logged


def test_an_error_of_the_database_names_no_values(world):
    from sqlalchemy.exc import IntegrityError

    table = world.centre.tables.records["Person"]
    with pytest.raises(IntegrityError) as broken, world.centre.database.writing() as db:
        db.execute(table.insert(), [{"state_id": 23, "id": A, "name": "सीता"}] * 2)
    assert "सीता" not in str(broken.value)

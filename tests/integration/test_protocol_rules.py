"""Rules of docs/protocol.md about the centre, each by its number: what nobody else's test happens to prove."""

from datetime import date

import pytest
from sqlalchemy import event

from records.messages import EnrolRequest, capacity_hash
from records.problems import Problem
from records.stamps import parts
from server.api import LATEST_S, QUEUE, SOONEST_S, Queue
from server.calls import Call
from tests.integration.test_central_store import Caller, a_group, kinds_of, states
from tests.world import ref

A, B, C, D = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)


@pytest.fixture
def world(world_on_each):
    return world_on_each


def known_group(world, **values) -> Caller:
    """An ABM's device that has registered group A."""
    abm = Caller(world, "abm")
    abm.pull()
    abm.push(("Shg", A, a_group(**values)))
    return abm


def fresh(world, person) -> Caller:
    """A device that has read everything."""
    caller = Caller(world, person)
    caller.pull()
    return caller


def conflicts(world):
    return world.rows(world.centre.tables.records["Conflict"])


# --- batches


def test_m26_a_batch_is_committed_before_it_is_answered(world, monkeypatch):
    abm = fresh(world, "abm")
    batch = abm.frozen(("Shg", A, a_group()))
    monkeypatch.setattr(type(world.centre), "_reply", lambda *call: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        abm.call(batch)
    monkeypatch.undo()
    assert world.row("Shg", A)["name"] == "जय अम्बे"
    assert abm.call(batch).answer.outcomes[0].state == "applied"


def test_m29_a_held_row_is_judged_as_its_senders_when_it_is_applied(world):
    abm, other = fresh(world, "abm"), fresh(world, "abm2")
    assert states(other.push(("Member", B, {"shg_id": A, "name": "सीता"}))) == [("held", "waits_for_parent")]
    abm.push(("Shg", A, a_group()))
    aside = world.rows(world.centre.tables.quarantine)
    assert [(row["record_id"], row["code"], row["device"]) for row in aside] == [(B, "out_of_reach", other.device)]
    assert not world.rows(world.centre.tables.held)


# --- merge


def test_m38_a_conflict_between_two_devices_of_one_person_is_her_own(world):
    one = known_group(world)
    two, other = fresh(world, "abm"), fresh(world, "supervisor")
    seen = world.stamps("Shg", A)
    one.push(("Shg", A, {"name": "एक"}), bases=seen)
    two.push(("Shg", A, {"name": "दो"}), bases=seen)
    assert [row["state"] for row in conflicts(world)] == ["own"]
    other.push(("Shg", A, {"name": "तीन"}), bases=seen)
    assert [row["state"] for row in conflicts(world)] == ["open", "open"]


def test_m33_a_value_whose_author_saw_the_other_and_whose_stamp_is_the_smaller_is_kept_and_does_not_stand(world):
    """No honest phone stamps so. Of whatever comes, in whatever order, the greatest stamp wins."""
    abm, supervisor = known_group(world), fresh(world, "supervisor")
    world.clock.forward(days=1)
    supervisor.push(("Shg", A, {"name": "stands"}), bases=world.stamps("Shg", A))
    seen = world.stamps("Shg", A)
    late = abm.push(("Shg", A, {"name": "is kept"}), bases=seen, ms=parts(seen["name"]).ms - 1000)
    assert states(late) == [("lost", None)] and world.row("Shg", A)["name"] == "stands"
    assert [(one["state"], one["value"]) for one in conflicts(world)] == [("open", '"is kept"')]


def test_m39_every_received_change_is_kept(world):
    one = known_group(world, name="पहला")
    two = fresh(world, "supervisor")
    seen = world.stamps("Shg", A)
    one.push(("Shg", A, {"name": "एक"}), bases=seen)
    two.push(("Shg", A, {"name": "दो"}), bases=seen)
    history = {row["value"] for row in world.rows(world.centre.tables.history) if row["field"] == "name"}
    assert history == {'"पहला"', '"एक"'} and world.row("Shg", A)["name"] == "दो"


# --- push


def test_m44_the_device_is_locked_first_and_the_streams_last_in_the_order_of_their_names(world):
    abm, said = fresh(world, "abm"), []
    batch = abm.frozen(("Shg", B, a_group()), ("Shg", A, a_group()))

    @event.listens_for(world.centre.database.engine, "before_cursor_execute")
    def note(connection, cursor, statement, parameters, context, many):
        said.append((" ".join(statement.split()), parameters))

    world.centre._take_batch(abm.device, batch, world.clock())
    places = [
        next(at for at, (statement, _) in enumerate(said) if statement.startswith(start))
        for start in ("SELECT device.", "SELECT shg", "INSERT INTO shg", "INSERT INTO stream")
    ]
    assert places == sorted(places)
    streams = [
        value
        for statement, parameters in said
        if statement.startswith("INSERT INTO stream")
        for value in (parameters.values() if isinstance(parameters, dict) else parameters)
        if isinstance(value, str)
    ]
    assert streams == sorted(streams) and len(streams) > 1


def test_m46_a_rule_refuses_only_when_the_change_carries_all_of_it_else_it_is_a_mark(world):
    abm = known_group(world)
    assert states(abm.push(("Shg", B, a_group(origin="revived")))) == [("refused", "restart_day_needed")]
    other, seen = fresh(world, "supervisor"), world.stamps("Shg", A)
    both = {"restarted_on": date(2020, 1, 1), "formed_on": date(2025, 1, 1)}
    assert states(other.push(("Shg", A, both), bases=seen)) == [("refused", "before_formation")]
    assert states(other.push(("Shg", A, {"restarted_on": date(2020, 1, 1)}), bases=seen)) == [("applied", None)]
    assert "rule_broken" in world.row("Shg", A)["marks"]


def test_m47_a_day_in_the_future_is_a_mark(world):
    known_group(world, formed_on=date(2040, 1, 1))
    assert "day_in_future" in world.row("Shg", A)["marks"]


def test_m50_only_a_member_moves_to_another_parent(world):
    abm = known_group(world)
    abm.push(
        ("Shg", B, a_group()),
        ("Member", C, {"shg_id": A, "name": "सीता"}),
        ("SavingsAccount", D, {"shg_id": A}),
    )
    sakhi = fresh(world, "sakhi")
    assert states(sakhi.push(("SavingsAccount", D, {"shg_id": B}))) == [("quarantined", "read_only")]
    assert states(abm.push(("Member", C, {"shg_id": B}))) == [("applied", None)]
    assert (world.row("Shg", A)["roster_count"], world.row("Shg", B)["roster_count"]) == (0, 1)


def test_m53_ancestry_is_never_taken_from_a_device(world):
    village = {"level": "village", "parent_id": "G3", "name": "V9", "block_id": "B1"}
    assert world.office(("Place", "V9", village)).outcomes[0].code == "read_only"


# --- streams


def test_m54_a_record_has_one_row_in_a_stream_numbered_anew_with_each_change(world):
    abm = known_group(world)

    def numbers():
        rows = [row for row in world.rows(world.centre.tables.feed) if row["id"] == A]
        assert len(rows) == len({row["stream"] for row in rows})
        return {row["stream"]: row["seq"] for row in rows}

    before = numbers()
    abm.push(("Shg", A, {"declared_members": 12}))
    after = numbers()
    assert set(before) == set(after) and all(after[stream] > before[stream] for stream in before)


def test_m55_a_group_that_changes_branch_leaves_one_stream_whole_and_comes_whole_into_the_other(world):
    abm = known_group(world)
    abm.push(("Member", B, {"shg_id": A, "name": "सीता"}), ("SavingsAccount", D, {"shg_id": A}))
    old, new = fresh(world, "sakhi"), fresh(world, "sakhi2")
    abm.push(("SavingsAccount", D, {"branch_id": ref("R2")}))
    left = {(kind, id) for part in old.pull().page.parts for kind, ids in part.left.items() for id in ids}
    assert left == {("Shg", A), ("SavingsAccount", D)}
    assert kinds_of(new.pull()) == {"Shg": {A}, "SavingsAccount": {D}}


def test_m58_a_conflict_comes_without_its_value_where_the_column_is_not_seen(world):
    abm = known_group(world, mobile="9876543210")
    other, seen = fresh(world, "supervisor"), world.stamps("Shg", A)
    abm.push(("Shg", A, {"mobile": "9876543211"}), bases=seen)
    other.push(("Shg", A, {"mobile": "9876543212"}), bases=seen)

    def values(person):
        parts = Caller(world, person).pull().page.parts
        found = [section for part in parts for section in part.rows if section.kind == "Conflict"]
        return [section.columns[section.fields.index("value")][0] for section in found]

    assert (values("district"), values("sakhi")) == ([None], ['"9876543211"'])


def test_m59_what_came_by_a_richer_stream_is_only_named(world):
    known_group(world)
    parts = {part.stream: part for part in Caller(world, "supervisor").pull().page.parts}
    members, groups = parts[f"gp/{ref('G1')}/members"], parts[f"block/{ref('B1')}/groups"]
    assert [section.kind for section in members.rows] == ["Shg"]
    assert (groups.rows, groups.held) == ([], {"Shg": [A]})


def test_m64_m65_streams_are_granted_and_withdrawn_with_assignments_and_granted_anew_with_other_roles(world):
    abm = known_group(world)
    abm.pull()
    groups, accounts = f"block/{ref('B1')}/groups", f"block/{ref('B1')}/accounts"
    more = {"person_id": "abm", "role": "supervisor", "place_id": "B1", "from_on": "2020-01-01"}
    world.office(("Assignment", "abm/2", more))
    reply = abm.call()
    abm.take(reply)
    assert {groups, accounts} <= set(reply.page.granted)
    abm.pull()
    world.overwrite("Assignment", "abm/2", to_on=date(2026, 1, 1))
    page = abm.call().page
    assert accounts in page.withdrawn and groups in page.granted


def test_m59_what_came_without_its_personal_columns_comes_with_them_by_a_richer_stream(world):
    """Her block she reads without the mobile of a group; then the panchayat of the group becomes hers."""
    fresh(world, "supervisor").push(("Shg", A, a_group(village_id=ref("V2"), mobile="9876543210")))
    abm = fresh(world, "abm")
    more = {"person_id": "abm", "role": "abm", "place_id": "G2", "from_on": "2020-01-01"}
    world.office(("Assignment", "abm/2", more))
    page = abm.pull().page
    assert list(page.granted) == [f"gp/{ref('G2')}/members"]
    (section,) = (section for part in page.parts for section in part.rows if section.kind == "Shg")
    assert section.ids == [A] and section.cells(0)["mobile"][0] == "9876543210"


# --- pages and cursors


def test_m67_m68_a_cursor_is_never_rewritten_and_its_number_is_a_time_that_grows(world):
    abm = Caller(world, "abm")
    first, second = abm.call(room=3).page, abm.call(room=3).page
    assert world.clock() <= first.number < second.number < world.clock() + 1000

    def vectors():
        return {row["number"]: row["vector"] for row in world.rows(world.centre.tables.cursor)}

    before, abm.cursor = vectors(), first.cursor
    abm.call(room=3)
    after = vectors()
    assert {number: after[number] for number in before} == before and len(after) == len(before) + 1


def test_m169_what_is_not_stored_yet_can_be_asked_for_again(world):
    abm = Caller(world, "abm")
    stored = abm.call(room=3)
    abm.take(stored)
    ahead = abm.call(room=3)
    abm.cursor = ahead.page.cursor
    further = abm.call(room=3, stored=stored.page.number)
    assert further.page.parts and not kinds_of(further).items() <= kinds_of(ahead).items()
    # The process ends before anything of that is stored, and begins again where its file stands.
    abm.cursor = stored.page.cursor
    again = abm.call(room=3)
    assert not again.cursor_unknown and kinds_of(again) == kinds_of(ahead)
    # Without that word a cursor that was presented has been stored, and what was before it goes.
    abm.cursor = ahead.page.cursor
    abm.call(room=3)
    abm.cursor = stored.page.cursor
    assert abm.call(room=3).cursor_unknown


def test_m169_a_false_word_of_what_is_stored_lets_nothing_else_go(world):
    abm, other = Caller(world, "abm"), Caller(world, "abm")
    for caller in (abm, other):
        caller.take(caller.call(room=3))
    abm.call(room=3, stored=2**48 - 1)
    # No later one than that which was presented, and nobody else's.
    assert not abm.call(room=3).cursor_unknown
    assert not other.call(room=3).cursor_unknown


def test_m73_a_device_without_cursor_goes_on_from_where_it_was_and_a_false_claim_only_costs_itself(world):
    abm = Caller(world, "abm")
    whole = abm.pull()
    reached, abm.cursor = {part.stream: part.upto for part in whole.page.parts}, None
    assert abm.call(reached=reached).page.parts == []
    too_far = {stream: upto + 1 for stream, upto in reached.items()}
    assert kinds_of(abm.call(reached=too_far)) == kinds_of(whole)


def test_m75_who_she_is_is_told_when_it_differs(world):
    abm = Caller(world, "abm")
    told = abm.call().capacity
    assert abm.call(has_capacity=capacity_hash(told)).capacity is None
    world.overwrite("Assignment", "abm/1", to_on=date(2026, 1, 1))
    assert abm.call(has_capacity=capacity_hash(told)).capacity.reaches == ()


# --- enrolment and limits


def test_m82_a_device_number_is_given_once(world):
    codes = [world.centre.enrolments.code_for(ref(name)) for name in ("abm", "abm2")]
    chances = iter([b"1" * 32, bytes([0, 0, 0, 7]), b"2" * 32, bytes([0, 0, 0, 7]), bytes(4), bytes([0, 0, 0, 8])])
    world.centre.enrolments._randomness = lambda size: next(chances)
    numbers = [world.centre.enrol(EnrolRequest("0.1.0", code, b"s" * 32, b"x" * 32)).device for code in codes]
    assert numbers == ["00000007", "00000008"]


async def test_m111_too_many_calls_are_sent_away_at_once_with_a_time_to_come_again():
    queue = Queue()
    queue._waiting = QUEUE
    with pytest.raises(Problem) as busy:
        await queue.run(lambda: 1 / 0, Call("sync"))
    assert busy.value.code == "busy" and SOONEST_S <= busy.value.retry_after <= LATEST_S

"""What a device that has a record is told of it: the fields that changed, or, where it may not have it, all of it."""

import json
from datetime import date

import pytest
from sqlalchemy import update

from tests.integration.test_central_store import Caller, a_group
from tests.integration.test_protocol_rules import A, B, C, D, fresh, known_group
from tests.world import ref


@pytest.fixture
def world(world_on_each):
    return world_on_each


def told(caller: Caller, **how) -> dict[tuple[str, str], set[str]]:
    """(kind, id) -> fields that come with the news of a device."""
    found: dict[tuple[str, str], set[str]] = {}
    for part in caller.pull(**how).page.parts:
        for section in part.rows:
            for id in section.ids:
                found.setdefault((section.kind, id), set()).update(section.fields)
    return found


def change(caller: Caller, kind: str, id: str, **values) -> None:
    reply = caller.push((kind, id, values), bases=caller.world.stamps(kind, id))
    assert [outcome.state for outcome in reply.answer.outcomes] == ["applied"]


def test_m160_of_a_record_that_a_device_has_come_the_fields_changed_since_it_had_read_its_streams(world):
    abm, other, late = known_group(world), fresh(world, "supervisor"), fresh(world, "supervisor")
    change(abm, "Shg", A, remarks="एक")
    assert told(other) == {("Shg", A): {"remarks"}}
    change(abm, "Shg", A, remarks="दो", declared_members=12)
    change(abm, "Shg", A, meeting_rhythm="weekly")
    assert told(other) == {("Shg", A): {"remarks", "declared_members", "meeting_rhythm"}}
    assert told(late) == {("Shg", A): {"remarks", "declared_members", "meeting_rhythm"}}
    assert told(other) == told(late) == {}


def test_m160_what_follows_from_a_change_is_told_without_the_rest_and_a_member_with_her_group(world):
    abm, other = known_group(world), fresh(world, "supervisor")
    abm.push(("Member", B, {"shg_id": A, "name": "सीता"}))
    found = told(other)
    assert found[("Shg", A)] <= {"roster_count", "marks"} and "roster_count" in found[("Shg", A)]
    assert len(found[("Member", B)]) > 10
    change(abm, "Member", B, guardian_name="राम")
    assert told(other) == {("Member", B): {"guardian_name", "shg_id"}}


def test_m161_a_record_comes_whole_into_a_stream_however_little_changed(world):
    abm, sakhi, sakhi2 = known_group(world), fresh(world, "sakhi"), fresh(world, "sakhi2")
    abm.push(("SavingsAccount", D, {"shg_id": A}))
    sakhi.pull()
    for branch in ("R2", "R1", "R2"):
        change(abm, "SavingsAccount", D, branch_id=ref(branch))
    whole = {("Shg", A), ("SavingsAccount", D)}
    came = told(sakhi2)
    assert came.keys() == whole and all(len(fields) > 5 for fields in came.values())
    assert told(sakhi) == {}
    change(abm, "SavingsAccount", D, branch_id=ref("R1"))
    came = told(sakhi)  # it had left meanwhile: what was held of it is gone
    assert came.keys() == whole and all(len(fields) > 5 for fields in came.values())


def test_m161_a_step_comes_whole_whenever_it_is_told(world):
    abm, other = known_group(world), fresh(world, "supervisor")
    step = {"account_id": D, "kind": "resolution_passed", "on_day": date(2026, 1, 5), "author_id": ref("abm")}
    abm.push(("SavingsAccount", D, {"shg_id": A}), ("AccountStep", C, step))
    told(other)
    change(abm, "SavingsAccount", D, branch_id=ref("R2"))
    assert {"kind", "on_day", "account_id"} <= told(other)[("AccountStep", C)]


def test_m161_a_new_office_bearer_comes_whole_to_the_branch(world):
    abm, sakhi = known_group(world), fresh(world, "sakhi")
    abm.push(("Member", B, {"shg_id": A, "name": "सीता"}), ("Member", C, {"shg_id": A, "name": "गीता"}))
    sakhi.pull()
    change(abm, "Shg", A, president_id=B)
    came = told(sakhi)
    assert came.keys() == {("Shg", A), ("Member", B)}
    assert came[("Shg", A)] <= {"president_id", "marks"} and "name" in came[("Member", B)]


def test_m161_a_stream_that_is_read_in_part_gives_whole_records_until_its_end(world):
    abm = known_group(world)
    for name in (B, C):
        abm.push(("Shg", name, a_group()))
    other = Caller(world, "supervisor")
    seen = set()
    while ("Shg", A) not in seen:
        reply = other.call(room=1)
        other.take(reply)
        seen |= {(s.kind, id) for part in reply.page.parts for s in part.rows for id in s.ids}
    assert reply.page.more
    # Behind its back one that it has, and one that it has not, go to the end of the stream.
    change(abm, "Shg", A, remarks="एक")
    change(abm, "Shg", B, remarks="एक")
    assert all("name" in fields for fields in told(other, room=1).values())
    change(abm, "Shg", A, remarks="दो")
    assert "name" in told(other)[("Shg", A)]  # a last page that was full may not have been the last
    change(abm, "Shg", B, remarks="दो")
    assert told(other) == {("Shg", B): {"remarks"}}


def test_m161_streams_granted_anew_and_cursors_of_before_give_whole_records(world):
    abm, sakhi, other = known_group(world), fresh(world, "sakhi"), fresh(world, "supervisor")
    abm.pull()
    world.overwrite("Assignment", "sakhi/1", branch_id=ref("R2"))
    sakhi.pull()
    world.overwrite("Assignment", "sakhi/1", branch_id=ref("R1"))
    change(abm, "Shg", A, remarks="एक")
    assert "name" in told(sakhi)[("Shg", A)]
    cursor = world.centre.tables.cursor
    with world.centre.database.writing() as db:
        mine = cursor.c.device == other.device
        for row in db.execute(cursor.select().where(mine)).all():
            short = {name: at[:3] for name, at in json.loads(row.vector).items()}
            db.execute(update(cursor).where(mine, cursor.c.number == row.number).values(vector=json.dumps(short)))
    assert "name" in told(other)[("Shg", A)]
    change(abm, "Shg", A, remarks="दो")
    assert told(other) == {("Shg", A): {"remarks"}}


def test_m162_own_work_comes_without_its_columns_only_if_what_others_wrote_before_is_here(world):
    """Others' change goes to the end of the stream with this device's own while it reads the first of many pages."""
    abm, other = known_group(world), fresh(world, "supervisor")
    abm.push(*[("Shg", f"{number:032x}", a_group()) for number in range(1, 30)])
    abm.pull()
    other.push(*[("Shg", f"{number:032x}", a_group()) for number in range(40, 70)])
    change(other, "Shg", A, remarks="एक")
    other.push(*[("Shg", f"{number:032x}", a_group()) for number in range(80, 90)])
    abm.take(abm.call(room=5))
    bases = {"declared_members": world.stamps("Shg", A).get("declared_members", "")}
    reply = abm.call(abm.frozen(("Shg", A, {"declared_members": 12}), bases=bases), room=5)
    abm.take(reply)
    assert reply.page.more
    assert "remarks" in told(abm, room=5)[("Shg", A)]


def test_how_much_is_still_to_come_is_known_from_the_counters_and_never_too_little(world):
    abm, late = known_group(world), fresh(world, "supervisor")
    ids = [world.id() for _ in range(9)]
    abm.push(*[("Member", id, {"shg_id": A, "name": "सीता"}) for id in ids])
    left, rows = [], []
    while True:
        late.take(reply := late.call(room=2))
        left.append(reply.page.to_come)
        rows.append(sum(len(section.ids) for part in reply.page.parts for section in part.rows))
        if not reply.page.more:
            break
    assert left == sorted(left, reverse=True) and left[-1] == 0
    assert all(said >= sum(rows[at + 1 :]) for at, said in enumerate(left)) and sum(rows) >= 9
    assert left[0] <= 2 * sum(rows)

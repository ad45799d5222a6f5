"""Stories of two and three phones, told in process and over HTTP: the laws of sync, one at a time."""

import copy
import json
import shutil
from datetime import date
from typing import Annotated

import pytest

from records.audience import shg_streams
from records.commands.accounts import CancelStep, ChangeAccount, RecordStep
from records.commands.conflicts import RestoreValue
from records.commands.groups import ChangeGroup, DeleteGroup, RegisterGroup, SayTheSame
from records.commands.members import AddMember, ChangeMember
from records.fields import Choice, Day, Parent, Refers, Remark
from records.ids import first_account_id
from records.kinds import KINDS, Kind
from records.messages import SyncRequest
from records.problems import Problem, Refused
from records.record import Record
from records.shg import Shg
from storage.identity import end_login
from storage.queries import find_account, find_shg, list_conflicts, list_groups, unit_figures
from sync.enrolling import enrol
from tests.fleet import differences, fresh_contents, quiet
from tests.world import ref

DAY = date(2026, 3, 1)
YEARS_20 = 20 * 365 * 86_400_000


def a_group(phone, village="V1", **values):
    return phone.do(RegisterGroup({"village_id": ref(village), "name": "जय अम्बे", "formed_on": DAY} | values)).id


def name_of(phone, group):
    return phone.workspace.ask(find_shg, id=group)[0].name


def assert_like_fresh(fleet, *phones):
    """Laws 4 and 6: each phone holds exactly what a fresh phone of that person would hold."""
    for phone in phones:
        found = differences(phone.contents(), fresh_contents(fleet.world, phone.person, fleet.folder))
        assert not found, f"{phone.name}:\n" + "\n".join(found[:3])


# --- laws 1 and 2: nothing acknowledged is lost, nothing is applied twice


def test_work_done_offline_reaches_the_centre_and_the_bank_sakhi(fleet):
    abm, sakhi = fleet("abm"), fleet("sakhi")
    abm.line.cut = True
    group = a_group(abm, declared_members=12)
    assert abm.sync() is None and abm.workspace.sync_status().waiting == 1
    assert abm.workspace.ask(list_groups)[0].unsent == 1, "saved on this phone"
    abm.line.cut = False
    assert abm.sync() and abm.workspace.sync_status().waiting == 0
    assert abm.workspace.ask(list_groups)[0].unsent == 0, "received by the server"
    sakhi.sync()
    assert name_of(sakhi, group) == "जय अम्बे"
    assert_like_fresh(fleet, abm, sakhi)


@pytest.mark.parametrize("faults", [["lost_reply"], ["lost_request"], ["twice"], ["lost_reply", "lost_reply", "twice"]])
def test_a_lost_or_repeated_message_makes_no_second_member(fleet, faults):
    abm, supervisor = fleet("abm"), fleet("supervisor")
    group = a_group(abm)
    abm.do(AddMember(group, {"name": "सीता देवी"}))
    while abm.sync(*faults) is None:
        faults = faults[1:]
    supervisor.sync()
    row = fleet.world.row("Shg", group)
    assert row["roster_count"] == 1 and len(fleet.world.rows(fleet.world.centre.tables.records["Member"])) == 1
    assert_like_fresh(fleet, abm, supervisor)


def test_a_phone_killed_between_commit_and_answer_sends_the_same_batch_again(fleet):
    abm = fleet("abm")
    group = a_group(abm)
    assert abm.sync("lost_reply") is None
    sent = abm.line.sent[-1].batch
    abm.kill()
    abm.connect()
    abm.do(ChangeGroup(group, {"name": "बदला नाम"}))
    assert abm.sync()
    assert abm.line.sent[0].batch == sent, "the bytes of a frozen batch never change"
    assert fleet.world.row("Shg", group)["name"] == "बदला नाम"
    assert_like_fresh(fleet, abm)


def test_an_old_request_that_arrives_late_changes_nothing(fleet):
    abm = fleet("abm")
    group = a_group(abm)
    abm.sync()
    old = abm.line.sent[-1]
    abm.do(ChangeGroup(group, {"name": "नया नाम"}))
    abm.sync()
    abm.line.server.sync(old)
    assert fleet.world.row("Shg", group)["name"] == "नया नाम"
    assert_like_fresh(fleet, abm)


def test_batches_that_arrive_in_the_wrong_order_are_applied_in_the_right_one(fleet):
    abm = fleet("abm")
    a_group(abm)
    assert abm.sync("lost_request") is None
    from storage.freezing import next_batch

    first = next_batch(abm.store, rows=50)
    world, device = fleet.world, abm.workspace.identity().device
    second = world.batch(device, first.number + 1, [("Shg", "e" * 32, {"village_id": ref("V1"), "name": "दूसरा",
                                                                      "formed_on": DAY})])  # fmt: skip
    assert abm.line.server.sync(SyncRequest("0.1.0", batch=second)).answer.state == "waiting_for"
    assert not world.rows(world.centre.tables.records["Shg"])
    assert abm.line.server.sync(SyncRequest("0.1.0", batch=first)).answer.state == "applied"
    assert {row["name"] for row in world.rows(world.centre.tables.records["Shg"])} == {"जय अम्बे", "दूसरा"}


def test_a_copied_phone_goes_on_under_a_number_of_its_own_and_nobodys_work_is_lost(fleet):
    abm = fleet("abm")
    group = a_group(abm)
    quiet([abm])
    abm.store.close()
    copied = copy.copy(abm)
    shutil.copy(fleet.folder / f"{abm.name}.sqlite", fleet.folder / "copied.sqlite")
    copied.name, copied.written = "copied", []
    for phone in (abm, copied):
        phone.open()
        phone.connect()
    fleet.phones.append(copied)
    abm.do(ChangeGroup(group, {"declared_members": 14}))
    copied.do(ChangeGroup(group, {"remarks": "प्रति से"}))
    copied.do(AddMember(group, {"name": "सीता देवी"}))
    abm.sync()
    with pytest.raises(Problem, match="device_cloned"):
        copied.sync()
    copied.connect()
    quiet([abm, copied])
    assert copied.workspace.identity().device != abm.workspace.identity().device
    row = fleet.world.row("Shg", group)
    assert (row["declared_members"], row["remarks"], row["roster_count"]) == (14, "प्रति से", 1)
    assert_like_fresh(fleet, abm, copied)


def test_a_login_that_ended_loses_no_work_which_goes_on_after_a_new_enrolment(fleet):
    """Law 7: no unsent work is lost with a login."""
    abm = fleet("abm")
    abm.line.cut = True
    group = a_group(abm)
    fleet.world.centre.enrolments.revoke(abm.workspace.identity().device)
    abm.line.cut = False
    with pytest.raises(Problem, match="revoked"):
        abm.sync()
    end_login(abm.store, "revoked")
    abm.do(AddMember(group, {"name": "सीता देवी"}))
    enrol(abm.store, abm.centre(), fleet.world.centre.enrolments.code_for(ref("abm")), app="0.1.0")
    abm.connect()
    quiet([abm])
    assert fleet.world.row("Shg", group)["roster_count"] == 1
    assert_like_fresh(fleet, abm)


# --- law 3: nothing is silently overwritten


def test_different_fields_of_one_record_merge(fleet):
    one, two = fleet("abm"), fleet("supervisor")
    group = a_group(one)
    quiet([one, two])
    one.do(ChangeGroup(group, {"name": "एक"}))
    two.do(ChangeGroup(group, {"declared_members": 14}))
    quiet([one, two])
    for phone in (one, two):
        shg = phone.workspace.ask(find_shg, id=group)[0]
        assert (shg.name, shg.declared_members) == ("एक", 14)
    assert not fleet.world.rows(fleet.world.centre.tables.records["Conflict"])


def test_of_two_values_for_one_field_the_later_wins_and_the_other_is_kept(fleet):
    one, two = fleet("abm"), fleet("supervisor")
    group = a_group(one)
    quiet([one, two])
    one.do(ChangeGroup(group, {"name": "पहले का"}))
    two.do(ChangeGroup(group, {"name": "बाद का"}))
    two.sync()
    one.sync()
    quiet([one, two])
    assert name_of(one, group) == name_of(two, group) == "बाद का"
    conflict = fleet.world.rows(fleet.world.centre.tables.records["Conflict"])[0]
    assert json.loads(conflict["value"]) == "पहले का" and conflict["state"] == "open"
    assert conflict["losing_person_id"] == ref("abm") and conflict["winning_person_id"] == ref("supervisor")
    assert len(one.contents()["Conflict"]) == len(two.contents()["Conflict"]) == 1
    assert_like_fresh(fleet, one, two)


def test_two_phones_of_one_person_close_their_conflict_as_own(fleet):
    one, two = fleet("abm"), fleet("abm")
    group = a_group(one)
    quiet([one, two])
    one.do(ChangeGroup(group, {"name": "फोन एक"}))
    two.do(ChangeGroup(group, {"name": "फोन दो"}))
    quiet([one, two])
    assert [row["state"] for row in fleet.world.rows(fleet.world.centre.tables.records["Conflict"])] == ["own"]
    assert_like_fresh(fleet, one, two)


def test_a_kept_value_can_be_restored_and_then_no_conflict_is_left(fleet):
    one, two = fleet("abm"), fleet("supervisor")
    group = a_group(one)
    quiet([one, two])
    one.do(ChangeGroup(group, {"name": "पहले का"}))
    two.do(ChangeGroup(group, {"name": "बाद का"}))
    quiet([one, two])
    for phone in (one, two):
        kept = phone.workspace.ask(list_conflicts, shg_id=group)[0]
        assert (kept.field, json.loads(kept.value), kept.losing_person_name) == ("name", "पहले का", "abm")
    one.do(RestoreValue(kept.record_kind, kept.record_id, kept.field, json.loads(kept.value)))
    quiet([one, two])
    assert name_of(two, group) == "पहले का" and not two.workspace.ask(list_conflicts, shg_id=group)
    assert [row["state"] for row in fleet.world.rows(fleet.world.centre.tables.records["Conflict"])] == ["closed"]


def test_two_phones_make_one_account_and_fill_in_different_fields_without_conflict(fleet):
    abm, sakhi = fleet("abm"), fleet("sakhi")
    group = a_group(abm)
    quiet([abm, sakhi])
    abm.do(ChangeAccount(group, {"branch_id": ref("R1")}))
    sakhi.do(ChangeAccount(group, {"account_number": "0012345678901"}))
    quiet([abm, sakhi])
    account = abm.workspace.ask(find_account, shg_id=group)[0]
    assert (account.branch_id, account.account_number) == (ref("R1"), "0012345678901")
    assert not fleet.world.rows(fleet.world.centre.tables.records["Conflict"])
    assert_like_fresh(fleet, abm, sakhi)


@pytest.mark.parametrize("skew", [YEARS_20, -YEARS_20, -1_790_000_000_000])
def test_a_clock_twenty_years_off_neither_always_wins_nor_always_loses(fleet, skew):
    wrong, right = fleet("abm", skew_ms=skew), fleet("supervisor")
    group = a_group(wrong)
    quiet([wrong, right])
    right.do(ChangeGroup(group, {"name": "देखकर बदला"}))
    quiet([wrong, right])
    assert name_of(wrong, group) == "देखकर बदला"
    wrong.do(ChangeGroup(group, {"name": "फिर बदला"}))
    quiet([wrong, right])
    assert name_of(right, group) == "फिर बदला"
    assert_like_fresh(fleet, wrong, right)


def test_a_clock_that_jumps_after_the_last_contact_is_capped_and_the_phone_learns_it(fleet):
    phone, other = fleet("abm"), fleet("supervisor")
    group = a_group(phone)
    quiet([phone, other])
    phone.skew_ms = YEARS_20
    phone.do(ChangeGroup(group, {"name": "भविष्य से"}))
    quiet([phone, other])
    other.do(ChangeGroup(group, {"name": "आज का"}))
    quiet([phone, other])
    assert name_of(phone, group) == name_of(other, group) == "आज का"
    assert_like_fresh(fleet, phone, other)


# --- law 5: one bad record blocks nothing


def test_a_change_that_is_not_taken_waits_to_be_mended_and_the_rest_goes_on(fleet):
    abm, sakhi = fleet("abm"), fleet("sakhi")
    group = a_group(abm)
    quiet([abm, sakhi])
    fleet.world.overwrite("ServiceArea", "R1/V1", branch_id=ref("R2"))
    sakhi.do(ChangeGroup(group, {"mobile": "9876543210"}))
    sakhi.do(ChangeAccount(group, {"account_number": "0012345678901"}))
    fleet.world.clock.forward(days=31)
    quiet([abm, sakhi])
    abm.do(ChangeGroup(group, {"name": "आगे चला"}))
    quiet([abm, sakhi])
    waiting = sakhi.workspace.mending()
    assert {mending.code for mending in waiting} == {"out_of_reach"} and len(waiting) == 2
    assert sakhi.workspace.sync_status().needs_mending == 2 and sakhi.workspace.sync_status().waiting == 0
    for mending in waiting:
        sakhi.workspace.withdraw(mending.kind, mending.record_id)
    quiet([abm, sakhi])
    assert_like_fresh(fleet, abm, sakhi)


# --- law 6: each phone holds exactly what a fresh phone of that person would hold


def test_a_member_becomes_office_bearer_and_ceases_to_be(fleet):
    abm, sakhi = fleet("abm"), fleet("sakhi")
    group = a_group(abm)
    member = abm.do(AddMember(group, {"name": "सीता देवी", "mobile": "9876543210"})).id
    quiet([abm, sakhi])
    assert "Member" not in sakhi.contents()
    abm.do(ChangeGroup(group, {"president_id": member}))
    quiet([abm, sakhi])
    assert member in sakhi.contents()["Member"]
    assert_like_fresh(fleet, abm, sakhi)
    abm.do(ChangeGroup(group, {"president_id": None}))
    quiet([abm, sakhi])
    assert "Member" not in sakhi.contents()
    assert_like_fresh(fleet, abm, sakhi)


def test_an_account_changes_branch(fleet):
    abm, first, second = fleet("abm"), fleet("sakhi"), fleet("sakhi2")
    group = a_group(abm)
    abm.do(ChangeAccount(group, {"branch_id": ref("R1")}))
    quiet([abm, first, second])
    assert group in first.contents()["Shg"] and "Shg" not in second.contents()
    abm.do(ChangeAccount(group, {"branch_id": ref("R2")}))
    quiet([abm, first, second])
    assert "Shg" not in first.contents() and group in second.contents()["Shg"]
    assert_like_fresh(fleet, abm, first, second)


def test_a_group_moves_to_another_village_and_another_block(fleet):
    world = fleet.world
    world.office(("Assignment", "supervisor/2", {"person_id": "supervisor", "role": "supervisor", "place_id": "B2",
                                                 "from_on": "2020-01-01"}))  # fmt: skip
    supervisor, phones = (
        fleet("supervisor"),
        [fleet(person) for person in ("abm", "abm2", "abm3", "sakhi", "supervisor2")],
    )
    group = a_group(phones[0], mobile="9876543210")
    phones[0].do(AddMember(group, {"name": "सीता देवी"}))
    phones[0].do(ChangeAccount(group, {"branch_id": ref("R1")}))
    quiet([supervisor, *phones])
    for village in ("V2", "V3", "V1"):
        supervisor.do(ChangeGroup(group, {"village_id": ref(village)}))
        quiet([supervisor, *phones])
        assert_like_fresh(fleet, supervisor, *phones)
    holders = {phone.person for phone in phones if group in phone.contents().get("Shg", {})}
    assert holders == {"abm", "abm2", "sakhi"}


def test_an_assignment_ends_and_begins_again(fleet):
    abm = fleet("abm")
    group = a_group(abm)
    quiet([abm])
    fleet.world.overwrite("Assignment", "abm/1", to_on=date(2026, 1, 1))
    quiet([abm])
    assert not abm.contents().get("Shg")
    fleet.world.overwrite("Assignment", "abm/1", to_on=None)
    quiet([abm])
    assert group in abm.contents()["Shg"]
    assert_like_fresh(fleet, abm)


def test_work_on_a_record_that_leaves_is_kept_until_it_is_answered(fleet):
    abm = fleet("abm")
    group = a_group(abm)
    quiet([abm])
    abm.do(ChangeGroup(group, {"remarks": "भेजना बाकी"}))
    fleet.world.clock.forward(days=1)
    fleet.world.overwrite("Assignment", "abm/1", to_on=date(2026, 1, 1))
    quiet([abm])
    assert fleet.world.row("Shg", group)["remarks"] == "भेजना बाकी"
    assert "outside_reach" in fleet.world.row("Shg", group)["marks"]
    assert not abm.contents().get("Shg")


def test_deleting_hides_and_restoring_shows_everything_again(fleet):
    abm, supervisor = fleet("abm"), fleet("supervisor")
    group = a_group(abm)
    abm.do(AddMember(group, {"name": "सीता देवी"}))
    quiet([abm, supervisor])
    abm.do(DeleteGroup(group))
    quiet([abm, supervisor])
    assert supervisor.workspace.ask(list_groups) == []
    supervisor.do(DeleteGroup(group, restore=True))
    quiet([abm, supervisor])
    assert [row.roster_count for row in abm.workspace.ask(list_groups)] == [1]
    assert_like_fresh(fleet, abm, supervisor)


def test_work_arriving_on_a_deleted_group_is_kept_hidden_and_raises_one_conflict(fleet):
    abm, supervisor = fleet("abm"), fleet("supervisor")
    group = a_group(abm)
    quiet([abm, supervisor])
    supervisor.do(DeleteGroup(group))
    supervisor.sync()
    fleet.world.clock.forward(ms=60_000)
    member = abm.do(AddMember(group, {"name": "सीता देवी"})).id
    abm.do(ChangeGroup(group, {"name": "नया नाम"}))
    quiet([abm, supervisor])
    assert fleet.world.row("Member", member)["name"] == "सीता देवी" and not supervisor.workspace.ask(list_groups)
    conflicts = fleet.world.rows(fleet.world.centre.tables.records["Conflict"])
    assert [(row["field"], row["state"]) for row in conflicts] == [("deleted_on", "open")]
    supervisor.do(DeleteGroup(group, restore=True))
    quiet([abm, supervisor])
    assert [row["state"] for row in fleet.world.rows(fleet.world.centre.tables.records["Conflict"])] == ["closed"]
    assert_like_fresh(fleet, abm, supervisor)


# --- states and figures are the same on every copy


def test_steps_of_two_people_come_to_one_state_everywhere(fleet):
    abm, sakhi, supervisor = fleet("abm"), fleet("sakhi"), fleet("supervisor")
    group = a_group(abm)
    abm.do(ChangeAccount(group, {"branch_id": ref("R1")}))
    quiet([abm, sakhi, supervisor])
    abm.do(RecordStep(group, "submitted", DAY))
    sakhi.do(RecordStep(group, "returned", DAY, reason="photo_or_seal_missing"))
    quiet([abm, sakhi, supervisor])
    states = {phone.workspace.ask(find_account, shg_id=group)[0].state for phone in (abm, sakhi, supervisor)}
    assert states == {"returned"} and "steps_disputed" in fleet.world.row("Shg", group)["marks"]
    step = sakhi.do(RecordStep(group, "opened", DAY, account_values={"account_number": "0012345678901"})).id
    quiet([abm, sakhi, supervisor])
    assert fleet.world.row("SavingsAccount", first_account_id(group))["state"] == "opened"
    steps = sakhi.contents()["AccountStep"]
    opened = next(id for id, row in steps.items() if row[0]["kind"] == "opened")
    supervisor.do(CancelStep(first_account_id(group), opened))
    quiet([abm, sakhi, supervisor])
    assert fleet.world.row("SavingsAccount", first_account_id(group))["state"] == "returned" and step
    assert_like_fresh(fleet, abm, sakhi, supervisor)


def test_a_group_registered_twice_counts_once_everywhere(fleet):
    abm, supervisor = fleet("abm"), fleet("supervisor")
    one, two = a_group(abm, declared_members=12), a_group(abm, declared_members=12)
    quiet([abm, supervisor])
    supervisor.do(SayTheSame(two, one))
    quiet([abm, supervisor])
    for phone in (abm, supervisor):
        figures = phone.workspace.ask(unit_figures, today=date(2026, 9, 1))[0]
        assert (figures.groups, figures.members) == (1, 12)
    supervisor.do(SayTheSame(two, None))
    quiet([abm, supervisor])
    assert abm.workspace.ask(unit_figures, today=date(2026, 9, 1))[0].groups == 2
    assert_like_fresh(fleet, abm, supervisor)


def test_a_member_moves_to_another_group_and_both_rosters_follow(fleet):
    abm, supervisor = fleet("abm"), fleet("supervisor")
    one, two = a_group(abm), a_group(abm)
    member = abm.do(AddMember(one, {"name": "सीता देवी"})).id
    quiet([abm, supervisor])
    abm.do(ChangeMember(member, {"shg_id": two}))
    quiet([abm, supervisor])
    assert [fleet.world.row("Shg", group)["roster_count"] for group in (one, two)] == [0, 1]
    assert_like_fresh(fleet, abm, supervisor)


# --- newer and older apps


class NewerShg(Shg):
    """A group as a newer app knows it: one more field, one more choice."""

    ward: Remark | None = None
    meeting_rhythm: Annotated[str, Choice("weekly", "fortnightly", "monthly", "tenday")] | None = None


class Meeting(Record):
    """A kind that the older app has never heard of."""

    shg_id: Annotated[str, Refers("Shg"), Parent]
    on_day: Day


NEWER = KINDS.replaced(
    Kind("Shg", NewerShg, shg_streams, "group", ("name",)),
    Kind("Meeting", Meeting, shg_streams, "group"),
)


@pytest.fixture
def newer_world(monkeypatch):
    from records.access import ALL, WRITES, Grant
    from tests.world import World

    monkeypatch.setitem(WRITES, ("Meeting", "abm"), Grant(ALL, ALL))
    return World(registry=NEWER)


def a_newer_group(world, abm, group="a" * 32):
    """What a newer phone wrote: an unknown choice, an unknown column, an unknown kind."""
    device = world.enrol("abm")
    values = {"village_id": ref("V1"), "name": "नया ऐप", "formed_on": DAY, "meeting_rhythm": "tenday", "ward": "वार्ड 4"}
    batch = world.batch(
        device.device, 1, [("Shg", group, values), ("Meeting", "b" * 32, {"shg_id": group, "on_day": DAY})]
    )
    answer = world.centre.for_device(device.token).sync(SyncRequest("9.0", batch=batch)).answer
    assert [outcome.state for outcome in answer.outcomes] == ["applied"]
    return group


def test_an_older_app_keeps_what_it_does_not_know_and_changes_what_it_does(newer_world, tmp_path):
    from tests.fleet import Phone

    newer_world.registry = KINDS
    old = Phone(newer_world, "abm", tmp_path, "old")
    group = a_newer_group(newer_world, old)
    old.sync()
    assert [row.name for row in old.workspace.ask(list_groups)] == ["नया ऐप"]
    assert old.workspace.ask(find_shg, id=group)[0].meeting_rhythm == "tenday"
    with pytest.raises(Refused) as refused:
        old.do(ChangeGroup(group, {"meeting_rhythm": "weekly"}))
    assert refused.value.refusals[0].code == "update_app"
    old.do(ChangeGroup(group, {"name": "पुराने ऐप से बदला"}))
    old.sync()
    row = newer_world.row("Shg", group)
    assert (row["name"], row["meeting_rhythm"], row["ward"]) == ("पुराने ऐप से बदला", "tenday", "वार्ड 4")
    sent = [cell for request in old.line.sent if request.batch for cell in _fields_sent(request.batch)]
    assert "meeting_rhythm" not in sent and "ward" not in sent
    old.store.close()


def test_what_an_older_app_kept_becomes_readable_without_a_new_pull_when_it_is_updated(newer_world, tmp_path):
    from tests.fleet import Phone

    newer_world.registry = KINDS
    phone = Phone(newer_world, "abm", tmp_path, "old")
    group = a_newer_group(newer_world, phone)
    phone.sync()
    assert phone.contents()["Shg"][group][3]["ward"][1] == "वार्ड 4"
    newer_world.registry = NEWER
    phone.kill()
    values, stamps, _held, extra = phone.contents()["Shg"][group]
    assert values["ward"] == "वार्ड 4" and stamps["ward"] and not extra
    assert phone.contents()["Meeting"]["b" * 32][0]["on_day"] == "2026-03-01"
    phone.connect()
    phone.sync()
    assert not differences(phone.contents(), fresh_contents(newer_world, "abm", tmp_path))
    phone.store.close()


def test_a_step_of_an_unknown_kind_is_kept_and_says_update_the_app(fleet):
    """Kinds of steps are a closed list at rest as text: a newer one is held like any other value."""
    abm, sakhi = fleet("abm"), fleet("sakhi")
    group = a_group(abm)
    abm.do(ChangeAccount(group, {"branch_id": ref("R1")}))
    quiet([abm, sakhi])
    table = fleet.world.centre.tables.records["AccountStep"]
    step = sakhi.do(RecordStep(group, "submitted", DAY)).changes[-1].id
    quiet([abm, sakhi])
    with fleet.world.centre.database.writing() as db:
        db.execute(table.update().where(table.c.id == step).values(kind="kyc_by_video"))
    abm.do(RecordStep(group, "resolution_passed", DAY))
    quiet([abm, sakhi])
    fresh = fleet("abm", "new phone")
    quiet([fresh])
    assert fresh.workspace.ask(find_account, shg_id=group)[0].state in ("unknown", "resolution_passed")
    assert fresh.contents()["AccountStep"][step][0]["kind"] == "kyc_by_video"


def _fields_sent(batch):
    from records.wire import thawed

    return [name for section in thawed(batch.blob).sections for name in section.fields]

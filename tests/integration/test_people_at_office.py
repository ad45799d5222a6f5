"""People and devices as the office of a block tends them: codes, lost phones, and handing over in mid-month."""

from datetime import date, timedelta

import pytest

from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.members import AddMember
from records.days import day_of
from records.errands import AcceptChange, ListSetAside, SendBack
from records.messages import EnrolRequest
from records.problems import Problem, Refused
from records.staffing import AddPerson, Assign, HandOver, IssueCode, ListStaff, PrintCodes, RevokeDevice
from storage.queries import list_conflicts, list_groups
from tests.fleet import Phone, quiet
from tests.integration.test_central_store import Caller
from tests.world import ref


@pytest.fixture
def world(world_on_each):
    return world_on_each


def registering(name="जय अम्बे", village="V1") -> RegisterGroup:
    return RegisterGroup({"village_id": ref(village), "name": name, "formed_on": date(2026, 3, 1)})


def desk_of(console, person="supervisor"):
    return console.signed_in(person).workspace


def line_of(desk, person):
    return next(one for one in desk.perform(ListStaff()).people if one.id == ref(person))


def deeds(world):
    return [(row["what"], row["person_id"], row["about"]) for row in world.rows(world.centre.tables.deed)]


# --- who there is


def test_the_people_of_the_block_are_shown_with_their_work_and_no_others(console):
    staff = desk_of(console).perform(ListStaff())
    names = {one.name: one.tended for one in staff.people}
    assert names == {"abm": True, "abm2": True, "sakhi": True, "sakhi2": True, "supervisor": False, "nodal": False}
    assert {(one.name, one.role) for one in staff.workplaces} == {
        ("Place G1", "abm"), ("Place G2", "abm"), ("R1", "bank_sakhi"), ("R2", "bank_sakhi"),
    }  # fmt: skip
    for person in ("abm", "nodal", "district", "sakhi"):
        assert not desk_of(console, person).perform(ListStaff()).people


def test_a_block_office_gives_a_cluster_and_hands_it_over_and_its_conflicts_are_counted(world, console):
    """A cluster may bear the name of a panchayat: it is told which of the two is meant."""
    cluster = ("Place", "C1", {"level": "cluster", "name": "Place G1", "parent_id": "B1"})
    elsewhere = ("Place", "C9", {"level": "cluster", "name": "Far", "parent_id": "B2"})
    world.office(cluster, elsewhere)
    world.overwrite("Place", "G2", parent_id=ref("C1"))
    desk = desk_of(console)
    there = {(one.id, one.level) for one in desk.perform(ListStaff()).workplaces if one.name == "Place G1"}
    assert there == {(ref("G1"), "gram_panchayat"), (ref("C1"), "cluster")}
    id = desk.perform(AddPerson("Sunita", "abm", ref("C1")))
    line = next(one for one in desk.perform(ListStaff()).people if one.id == id)
    assert line.tended and [(one.place_name, one.level) for one in line.work] == [("Place G1", "cluster")]
    with world.centre.database.reading() as db:
        [reach] = world.centre.contacts.capacity(db, id).reaches
    assert reach.gram_panchayats == {ref("G2")} and reach.districts == {ref("D")}
    with pytest.raises(Refused, match="out_of_reach"):
        desk.perform(AddPerson("Rekha", "abm", ref("C9")))
    one, two = (Caller(world, person) for person in ("abm2", "supervisor"))
    one.push(("Shg", "a" * 32, {"village_id": ref("V2"), "name": "radha", "formed_on": "2026-03-01"}))
    for caller, name in ((one, "sita"), (two, "gita")):
        caller.push(("Shg", "a" * 32, {"name": name}))
    assert desk.perform(HandOver(id, ref("abm"))).conflicts == len(open_conflicts(world)) > 0


def open_conflicts(world):
    return [row for row in world.rows(world.centre.tables.records["Conflict"]) if row["state"] == "open"]


def test_a_device_is_shown_with_what_it_last_said_of_unsent_work_and_drafts(console, phones):
    abm = phones("abm")
    abm.workspace.keep_draft("Shg/new", {"name": "आधा"})
    abm.do(registering())
    abm.line.cut = True
    abm.sync()
    desk = desk_of(console)
    assert [(one.unsent, one.drafts) for one in line_of(desk, "abm").devices] == [(0, 0)]
    abm.line.cut = False
    abm.do(registering("जय भीम"))
    abm.sync_cut_short()
    device = line_of(desk, "abm").devices[0]
    assert device.drafts == 1 and device.unsent == 1 and device.oldest_unsent_ms and not device.revoked


# --- codes and lost phones


def test_a_code_lets_one_phone_in_and_stands_in_the_register_of_deeds(world, console):
    desk = desk_of(console)
    code = desk.perform(IssueCode(ref("abm")))
    reply = world.centre.enrol(EnrolRequest("0.1.0", code, b"s" * 32, b"x" * 32, "abm"))
    assert reply.capacity.person_id == ref("abm")
    assert deeds(world) == [("issue_code", ref("supervisor"), ref("abm"))]
    with pytest.raises(Problem):
        world.centre.enrol(EnrolRequest("0.1.0", code, b"s" * 32, b"x" * 32, "abm"))


@pytest.mark.parametrize(
    ("who", "whom"),
    [
        ("supervisor", "abm3"), ("supervisor", "supervisor"), ("supervisor", "supervisor2"), ("supervisor", "nodal"),
        ("supervisor", "district"), ("abm", "abm"), ("nodal", "abm"), ("district", "abm"), ("supervisor2", "abm"),
    ],
)  # fmt: skip
def test_nobody_gets_a_code_for_anybody_outside_her_tending(world, console, who, whom):
    desk = desk_of(console, who)
    for errand in (IssueCode(ref(whom)), PrintCodes((ref(whom),)), HandOver(ref(whom), ref("abm2"))):
        with pytest.raises(Refused) as refused:
            desk.perform(errand)
        assert refused.value.code == "out_of_reach"
    open_codes = [row for row in world.rows(world.centre.tables.enrolment) if row["used_ms"] is None]
    assert not open_codes and not deeds(world)


def test_work_in_another_block_takes_a_person_out_of_the_offices_hands(world, console):
    world.office(
        ("Assignment", "abm/2", {"person_id": "abm", "role": "abm", "from_on": "2020-01-01", "place_id": "G3"})
    )
    desk = desk_of(console)
    assert not line_of(desk, "abm").tended
    with pytest.raises(Refused):
        desk.perform(IssueCode(ref("abm")))


def test_a_sheet_of_codes_is_a_pdf_and_each_code_on_it_is_good(world, console, monkeypatch):
    seen = []

    def keep(codes, language, now_ms):
        seen.extend(codes)
        return real(codes, language, now_ms)

    from server import errands

    real = errands.codes_sheet
    monkeypatch.setattr(errands, "codes_sheet", keep)
    made = desk_of(console).perform(PrintCodes((ref("abm"), ref("sakhi")), "hi"))
    assert made.startswith(b"%PDF")
    for line, code in seen:
        reply = world.centre.enrol(EnrolRequest("0.1.0", code, b"s" * 32, b"x" * 32, line.name))
        assert reply.capacity.person_id == line.id
    assert {line.name for line, _ in seen} == {"abm", "sakhi"}


def test_a_lost_phone_is_shut_out_and_only_by_its_own_block(console, phones):
    abm = phones("abm")
    number = abm.workspace.identity().device
    with pytest.raises(Refused):
        desk_of(console, "supervisor2").perform(RevokeDevice(number))
    desk = desk_of(console)
    for other in ("ffffffff", desk.identity().device):
        with pytest.raises(Refused):
            desk.perform(RevokeDevice(other))
    assert abm.sync() is not None
    desk.perform(RevokeDevice(number))
    with pytest.raises(Problem) as problem:
        abm.sync()
    assert problem.value.code == "revoked" and line_of(desk, "abm").devices[0].revoked


# --- adding and assigning


def test_a_new_person_is_added_with_her_work_and_can_begin(world, console, tmp_path):
    desk = desk_of(console)
    person = desk.perform(AddPerson("Nayi", "abm", ref("G2"), "नई"))
    line = next(one for one in desk.perform(ListStaff()).people if one.id == person)
    assert (line.name_hi, line.tended, [one.place_name for one in line.work]) == ("नई", True, ["Place G2"])
    phone = Phone(world, person, tmp_path, "new")
    assert phone.sync() is not None
    phone.do(registering(village="V2"))
    quiet([phone])
    assert not phone.workspace.mending() and len(desk.ask(list_groups)) == 1
    phone.store.close()


@pytest.mark.parametrize(("role", "where"), [("abm", "G3"), ("supervisor", "B1"), ("admin", "S"), ("bank_sakhi", "G1")])
def test_no_role_and_no_place_beyond_the_block_is_given(world, console, role, where):
    desk, before = desk_of(console), len(world.rows(world.centre.tables.records["Assignment"]))
    for errand in (AddPerson("Nayi", role, ref(where)), Assign(ref("abm"), role, ref(where))):
        with pytest.raises(Refused):
            desk.perform(errand)
    assert len(world.rows(world.centre.tables.records["Assignment"])) == before


def test_further_work_has_a_first_and_a_last_day_and_may_be_held_in_charge(world, console, phones):
    desk, today = desk_of(console), day_of(world.clock())
    desk.perform(Assign(ref("abm"), "abm", ref("G2"), today, today + timedelta(days=9), in_charge=True))
    abm = phones("abm")
    assert set(abm.workspace.identity().panchayats) == {ref("G1"), ref("G2")}
    world.clock.forward(days=10)
    quiet([abm])
    assert abm.workspace.identity().panchayats == (ref("G1"),)
    with pytest.raises(Refused):
        desk_of(console).perform(Assign(ref("abm"), "abm", ref("G2"), today, today - timedelta(days=1)))


# --- handing over in mid-month


def test_a_handover_moves_work_conflicts_and_what_waits_and_says_what_stays_on_the_phone(world, console, phones):
    abm, abm2, supervisor = phones("abm"), phones("abm2"), phones("supervisor")
    group = abm.do(registering()).id
    quiet([abm, abm2, supervisor])
    abm.do(ChangeGroup(group, {"name": "पहले का"}))
    supervisor.do(ChangeGroup(group, {"name": "बाद का"}))
    abm.do(registering("दूर का", "V2"))
    abm.do(registering("और दूर", "V2"))
    quiet([abm, supervisor])
    desk = desk_of(console)
    back = desk.perform(ListSetAside())[0]
    desk.perform(SendBack(back.device, back.number, back.row, back.state, "ग्राम जाँचें"))
    quiet([abm])
    abm.workspace.keep_draft("Shg/new", {"name": "आधा"})
    abm.do(AddMember(group, {"name": "सीता"}))
    abm.do(registering("पास का"))
    abm.sync_cut_short()
    done = desk.perform(HandOver(ref("abm"), ref("abm2")))
    assert (done.work, done.set_aside, done.returned, done.conflicts) == (1, 1, 1, 1)
    assert (done.unsent, done.drafts) == (1, 1)
    quiet([abm2])
    assert set(abm2.workspace.identity().panchayats) == {ref("G1"), ref("G2")}
    assert [row.shg_id for row in abm2.workspace.ask(list_conflicts)] == [group]
    (passed,) = abm2.workspace.mending()
    assert (passed.state, passed.reason, passed.title) == ("passed", "ग्राम जाँचें", back.title)
    # What is sent back only now goes to who took over as well.
    later = desk.perform(ListSetAside())[0]
    desk.perform(SendBack(later.device, later.number, later.row, later.state, "दो बार है"))
    quiet([abm2])
    assert {one.reason for one in abm2.workspace.mending()} == {"ग्राम जाँचें", "दो बार है"}
    assert ("hand_over", ref("supervisor"), ref("abm")) in deeds(world)


@pytest.mark.parametrize(("days", "applied"), [(29, True), (31, False)])
def test_what_her_phone_had_not_sent_is_delivered_after_the_handover_under_her_name(
    world, console, phones, days, applied
):
    abm, abm2 = phones("abm"), phones("abm2")
    group = abm.do(registering()).id
    quiet([abm])
    abm.line.cut = True
    member = abm.do(AddMember(group, {"name": "सीता देवी"})).id
    abm.do(ChangeGroup(group, {"name": "उसका नाम"}))
    new = abm.do(registering("उसका समूह")).id
    assert abm.sync() is None
    desk = desk_of(console)
    desk.perform(HandOver(ref("abm"), ref("abm2")))
    world.clock.forward(days=days)
    quiet([abm2])
    abm.line.cut = False
    quiet([abm])
    quiet([abm2])
    names = {row.name for row in abm2.workspace.ask(list_groups)}
    desk = desk_of(console)
    if not applied:
        assert names == {"जय अम्बे"} and len(desk.perform(ListSetAside())) >= 2
        for row in sorted(desk.perform(ListSetAside()), key=lambda one: one.kind == "Member"):
            desk.perform(AcceptChange(row.device, row.number, row.row, row.state))
        quiet([abm, abm2])
        names = {row.name for row in abm2.workspace.ask(list_groups)}
    assert names == {"उसका नाम", "उसका समूह"}
    assert world.row("Member", member)["name"] == "सीता देवी"
    for record in (group, new, member):
        assert {past.person_name for past in desk.history(record)} == {"abm"}
    assert not abm.workspace.ask(list_groups), "nothing of the area stays with who left it"


def test_a_supervisor_holds_the_post_herself_in_charge(world, console, phones):
    desk = desk_of(console)
    desk.perform(HandOver(ref("abm"), ref("supervisor"), in_charge=True))
    (work,) = [one for one in line_of(desk, "supervisor").work if one.role == "abm"]
    assert work.in_charge and desk.identity().roles == ("abm", "supervisor")
    desk.perform(HandOver(ref("supervisor"), ref("abm2")))
    assert desk.identity().roles == ("supervisor",)
    quiet([abm2 := phones("abm2")])
    assert set(abm2.workspace.identity().panchayats) == {ref("G1"), ref("G2")}


def test_a_name_that_cannot_be_is_refused_with_what_is_wrong(world, console):
    desk = desk_of(console)
    for name, code in (("x" * 200, "too_long"), ("2345 6789 0124", "holds_aadhaar")):
        with pytest.raises(Refused) as refused:
            desk.perform(AddPerson(name, "abm", ref("G2")))
        assert refused.value.code == code


def test_of_two_who_hand_over_at_once_the_second_is_told(world, console):
    one, two = desk_of(console), desk_of(console)
    one.perform(HandOver(ref("abm"), ref("abm2")))
    with pytest.raises(Refused) as refused:
        two.perform(HandOver(ref("abm"), ref("sakhi")))
    assert refused.value.code == "changed_meanwhile"
    assert [one.role for one in line_of(two, "sakhi").work] == ["bank_sakhi"]


def test_work_that_was_to_begin_later_goes_over_too(world, console):
    desk, today = desk_of(console), day_of(world.clock())
    desk.perform(Assign(ref("abm"), "abm", ref("G2"), today + timedelta(days=5)))
    assert desk.perform(HandOver(ref("abm"), ref("sakhi"))).work == 2
    later = [one for one in line_of(desk, "sakhi").work if one.from_on > today]
    assert [one.place_name for one in later] == ["Place G2"]

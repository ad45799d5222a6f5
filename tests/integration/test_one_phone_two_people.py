"""Law 7 where two people use one phone: nothing is wiped or lost, and all goes under its author's name."""

from datetime import date

import pytest
from sqlalchemy import select

from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.members import AddMember
from records.problems import Problem
from records.stamps import device_of
from storage.identity import end_login
from sync.enrolling import enrol
from tests.world import ref

OTHER = "abm2"


@pytest.fixture
def world(world_on_each):
    return world_on_each


@pytest.fixture
def abm(phones):
    return phones("abm")


def a_group(phone, name="जय अम्बे"):
    return phone.do(RegisterGroup({"village_id": ref("V1"), "name": name, "formed_on": date(2026, 3, 1)})).id


def joins(phone, person):
    """Somebody types her own code into this phone, and goes on working with it."""
    enrol(phone.store, phone.world.centre, phone.world.centre.enrolments.code_for(ref(person)), app="0.1.0")
    phone.connect()


def device(phone):
    return phone.workspace.identity().device


def shut_out(phone):
    """The office shuts this phone out, and the phone has heard of it."""
    phone.world.centre.enrolments.revoke(device(phone))
    with pytest.raises(Problem, match="revoked") as told:
        phone.sync()
    end_login(phone.store, told.value.code)


def everything(store):
    """All rows of a store that hold somebody's work."""
    with store.reading() as t:
        own = (t.tables.outbox, t.tables.mending, t.tables.draft, t.tables.photo, t.tables.own_change)
        return {table.name: [tuple(row) for row in t.connection.execute(select(table))] for table in own}


def unsent_work(phone):
    a_group(phone)


def refused_work(phone):
    """What the centre has set aside, and she has not looked at yet."""
    phone.do(RegisterGroup({"village_id": ref("V3"), "name": "दूर का", "formed_on": date(2026, 3, 1)}))
    assert phone.sync().to_mend == 1


def a_form_half_filled(phone):
    phone.workspace.keep_draft("group/new", {"name": "आधा"})


def work_for_a_restored_centre(phone):
    """It was acknowledged, and the centre has gone back since and does not have it any more: so this phone has heard,
    and has not yet offered it."""
    a_group(phone)
    phone.sync()
    with phone.store.writing() as t:
        t.meta.put("offers_due", "abcdef01")


def work_before_the_centre_went_back(phone):
    """The same, and the phone has not even heard of it."""
    a_group(phone)
    phone.sync()
    phone.world.centre.new_epoch()


WORK = [
    unsent_work, refused_work, a_form_half_filled, work_for_a_restored_centre, work_before_the_centre_went_back,
]  # fmt: skip


@pytest.mark.parametrize("login", ["good", "ended"])
@pytest.mark.parametrize("work", WORK, ids=lambda work: work.__name__)
def test_another_persons_code_takes_nothing_away(abm, work, login):
    work(abm)
    if login == "ended" and work is not work_before_the_centre_went_back:
        shut_out(abm)
    before = everything(abm.store)
    with pytest.raises(Problem, match="unsent_work"):
        joins(abm, OTHER)
    assert everything(abm.store) == before and abm.workspace.identity().person_id == ref("abm")
    abm.kill()
    assert everything(abm.store) == before


def test_it_is_delivered_under_its_authors_name_by_her_next_login_and_then_the_phone_is_free(world, abm, console):
    kept = a_group(abm)
    abm.do(AddMember(kept, {"name": "सीता देवी"}))
    shut_out(abm)
    with pytest.raises(Problem, match="unsent_work"):
        joins(abm, OTHER)
    more = a_group(abm, "बिना लॉगिन के भी")
    joins(abm, "abm")
    assert abm.sync().to_mend == 0
    devices = {row["device"]: row["person_id"] for row in world.rows(world.centre.tables.device)}
    for group in (kept, more):
        stamp = world.stamps("Shg", group)["name"]
        assert devices[device_of(stamp)] == ref("abm")
        past = console.signed_in("supervisor").workspace.history(group)
        assert {one.person_id for one in past if one.field == "name"} == {ref("abm")}
    joins(abm, OTHER)
    assert abm.workspace.identity().person_id == ref(OTHER) and not any(everything(abm.store).values())
    assert abm.sync() and kept not in abm.contents().get("Member", {})


def test_what_the_next_person_types_never_goes_under_the_name_of_the_one_before(world, abm):
    first = a_group(abm)
    abm.sync()
    joins(abm, OTHER)
    abm.sync()
    hers = abm.do(RegisterGroup({"village_id": ref("V2"), "name": "दूसरी का", "formed_on": date(2026, 3, 1)})).id
    assert abm.sync().to_mend == 0
    devices = {row["device"]: row["person_id"] for row in world.rows(world.centre.tables.device)}
    assert devices[device_of(world.stamps("Shg", first)["name"])] == ref("abm")
    assert devices[device_of(world.stamps("Shg", hers)["name"])] == ref(OTHER)


def test_a_code_of_her_own_again_loses_nothing_that_waits_while_batches_are_under_way(abm):
    """Her batch has arrived, its answer is lost, the login ends, and she types on: all of it is there, once."""
    group = a_group(abm)
    assert abm.sync("lost_reply") is None
    abm.do(ChangeGroup(group, {"name": "बदला नाम"}))
    abm.workspace.keep_draft("member/new", {"name": "आधा"})
    shut_out(abm)
    joins(abm, "abm")
    assert abm.sync().to_mend == 0
    assert abm.world.row("Shg", group)["name"] == "बदला नाम" and len(abm.workspace.drafts()) == 1
    assert len(abm.world.rows(abm.world.centre.tables.records["Shg"])) == 1


def test_nothing_of_what_was_compared_or_let_go_is_left_for_the_next_person(abm):
    a_group(abm)
    abm.sync(compares=True)
    with abm.store.writing() as t:
        t.connection.exec_driver_sql("INSERT INTO let_go VALUES ('AccountStep', 'x', 'y', ',1,', 1, 1)")
        t.connection.exec_driver_sql("INSERT INTO wanted_older VALUES ('y', 1, 0)")
    joins(abm, OTHER)
    with abm.store.reading() as t:
        for table in (t.tables.compared, t.tables.let_go, t.tables.wanted_older):
            assert not t.connection.execute(select(table)).all(), table.name

"""The centre has gone back: told to officials until they have seen it, to operators until all phones have been here."""

import logging
from contextlib import ExitStack

import pytest

from operations.doctor import _say_set_back as doctor_says
from operations.status import _say_set_back as status_says
from records.messages import SyncRequest
from screens.console.set_back import SEEN
from server.metrics import exposed
from server.set_back import IN_USE_MS, last_set_back, phones_since
from storage.queries import find_set_back
from tests.console import Console
from tests.fleet import Phone
from tests.world import ref


@pytest.fixture
def world(world_on_each):
    return world_on_each


@pytest.fixture
def console(world):
    with ExitStack() as stack:
        made = Console(world)
        stack.callback(made.close)
        yield made


def enrolled(world, *people):
    """Phones that have been in contact once: person -> the door of her phone."""
    doors = {}
    for person in people:
        doors[person] = world.door(world.enrol(person).token)
        doors[person].sync(SyncRequest("0.1.0"))
    return doors


def gone_back(world, door, person="abm"):
    """A phone of this person shows a token from beyond what the centre knows."""
    [row] = [one for one in world.rows(world.centre.tables.device) if one["person_id"] == ref(person)]
    with world.centre.database.reading() as db:
        epoch = world.centre.epoch(db)
    world.clock.forward(days=1)
    beyond = world.centre.cursors.token(row["device"], epoch, row["cursor_number"] + 1)
    assert door.sync(SyncRequest("0.1.0", beyond)).offers


def alarm(console, person):
    rows = console.signed_in(person).workspace.ask(find_set_back)
    return (rows[0].phones, rows[0].silent) if rows else None


def test_who_looks_after_phones_is_told_how_many_of_hers_have_not_been_here_since(world, console):
    doors = enrolled(world, "abm", "abm2", "abm3", "sakhi")
    assert alarm(console, "supervisor") is None
    gone_back(world, doors["abm"])
    assert alarm(console, "supervisor") == (3, 2) and alarm(console, "supervisor2") == (1, 1)
    assert alarm(console, "nodal") == (3, 2) and alarm(console, "district") == (4, 3)
    assert alarm(console, "abm2") is None, "she cannot do anything about it"
    for person in ("abm2", "sakhi"):
        doors[person].sync(SyncRequest("0.1.0"))
    assert alarm(console, "supervisor") == (3, 0) and alarm(console, "district") == (4, 1)


def test_a_restore_by_the_command_raises_it_too_and_a_second_time_it_is_raised_anew(world, console):
    doors = enrolled(world, "abm")
    world.clock.forward(days=1)
    first = world.centre.new_epoch()
    workspace = console.signed_in("supervisor").workspace
    assert workspace.ask(find_set_back)[0].epoch == first
    workspace.keep_setting(SEEN, first)
    doors["abm"].sync(SyncRequest("0.1.0"))
    world.clock.forward(ms=1000)
    again = world.centre.new_epoch()
    assert workspace.ask(find_set_back)[0].epoch == again and workspace.setting(SEEN) == first
    assert alarm(console, "supervisor") == (1, 1)


def test_phones_that_are_shut_out_or_have_long_been_silent_are_not_waited_for(world, console):
    doors = enrolled(world, "abm", "abm2")
    world.clock.forward(ms=IN_USE_MS)
    doors["abm"].sync(SyncRequest("0.1.0"))
    lost = world.enrol("sakhi")
    world.clock.forward(days=1)
    world.centre.new_epoch()
    assert alarm(console, "supervisor") == (2, 2)
    world.centre.enrolments.revoke(lost.device)
    assert alarm(console, "supervisor") == (1, 1)
    with world.centre.database.reading() as db:
        one = last_set_back(db, world.centre.tables, world.centre.state_id)
        assert phones_since(db, world.centre.tables, world.centre.state_id, one) == (1, 1)


def test_operators_are_told_by_log_metric_and_status_until_all_phones_have_been_here(world, caplog, capsys):
    doors = enrolled(world, "abm", "abm2")
    assert b"samooh_set_back_timestamp_seconds 0.0" in exposed(world.centre, None)
    with caplog.at_level(logging.ERROR, logger="samooh.server"):
        gone_back(world, doors["abm"])
    assert "has gone back to an earlier state (cursor)" in caplog.text

    def told():
        with world.centre.database.reading() as db:
            one = last_set_back(db, world.centre.tables, world.centre.state_id)
            status_says(one, world.clock(), *phones_since(db, world.centre.tables, world.centre.state_id, one))
        return capsys.readouterr().out, exposed(world.centre, None)

    said, page = told()
    assert "WENT BACK" in said and "1 of 2 phones" in said and b"samooh_set_back_silent 1.0" in page
    doors["abm2"].sync(SyncRequest("0.1.0"))
    said, page = told()
    assert "WENT BACK" not in said and "all phones" in said and b"samooh_set_back_silent 0.0" in page
    assert b"samooh_set_back_timestamp_seconds 0.0" not in page


def test_the_doctor_says_so_of_a_phone_that_has_not_been_here_since(world, tmp_path, capsys):
    phone = Phone(world, "abm", tmp_path, "one")
    phone.sync()
    doctor_says(phone.store, world.centre)
    world.centre.new_epoch()
    assert capsys.readouterr().out == ""
    doctor_says(phone.store, world.centre)
    assert "gone back" in capsys.readouterr().out
    phone.sync()
    doctor_says(phone.store, world.centre)
    assert capsys.readouterr().out == ""
    phone.store.close()

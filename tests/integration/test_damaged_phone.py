"""A phone whose file was damaged, or is of a newer app, and the centre: nothing typed is lost, all copies agree."""

import hashlib
import sqlite3
from contextlib import closing

import pytest

from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.members import AddMember
from records.problems import Problem
from storage.opened import open_sound
from storage.workspace import PhoneWorkspace
from sync.handing_over import opened_or_handed_over
from tests.fleet import differences, fresh_contents
from tests.world import ref

DAY = "2026-03-01"


def a_group(phone, name):
    return phone.do(RegisterGroup({"village_id": ref("V1"), "name": name, "formed_on": DAY})).id


def damaged(phone, *tables, head=False):
    """The process dies, pages of the file turn to rubbish, and the app is opened again."""
    path = phone.store.path
    phone.store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        places = dict(connection.execute("SELECT name, rootpage FROM sqlite_master"))
    with path.open("r+b") as file:
        for at in [(places[table] - 1) * 4096 for table in tables] + ([0] if head else []):
            file.seek(at)
            file.write(b"\x55" * 4096)
    phone.store = open_sound(path, registry=phone.world.registry, clock=phone.clock, randomness=phone.random.randbytes)
    phone.workspace = PhoneWorkspace(phone.store)
    assert phone.workspace.notice().code.startswith("rescued")
    phone.connect()


@pytest.mark.parametrize(
    "broken",
    [{"tables": ("shg",)}, {"tables": ("member", "place")}, {"tables": ("stream",)}, {"tables": ("outbox",)},
     {"tables": ("outbox", "frozen")}, {"tables": ("frozen",)}, {"head": True}],
    ids=str,
)  # fmt: skip
def test_after_a_rescue_all_that_was_typed_reaches_the_centre_and_the_phone_is_like_a_fresh_one(broken, fleet):
    abm, other = fleet("abm"), fleet("abm")
    other.sync()
    theirs = a_group(other, "Theirs")
    other.sync()
    ours = a_group(abm, "Ours")
    assert abm.sync()
    abm.do(ChangeGroup(theirs, {"name": "Theirs, changed here"}))
    under_way = a_group(abm, "Under way")
    assert abm.sync("lost_reply") is None
    abm.do(AddMember(under_way, {"name": "सीता देवी"}))
    abm.do(ChangeGroup(ours, {"declared_members": 11}))
    damaged(abm, *broken.get("tables", ()), head=broken.get("head", False))
    for _ in range(3):
        try:
            abm.sync()
        except Problem as problem:
            assert problem.code == "device_cloned", (
                "the number of the last batch was lost: under another one it goes on"
            )
            abm.connect()
    world = fleet.world
    assert world.row("Shg", theirs)["name"] == "Theirs, changed here"
    assert world.row("Shg", under_way)["roster_count"] == 1 and world.row("Shg", ours)["declared_members"] == 11
    assert abm.workspace.sync_status().waiting == 0
    found = differences(abm.contents(), fresh_contents(world, "abm", fleet.folder))
    assert not found, "\n".join(found[:3])


def test_an_older_app_sends_what_is_frozen_in_a_newer_file_and_leaves_the_file_as_it_is(fleet):
    abm = fleet("abm")
    assert abm.sync()
    under_way = a_group(abm, "Under way")
    assert abm.sync("lost_request") is None
    later = a_group(abm, "Typed later")
    path = abm.store.path
    abm.store.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA user_version=99")
        connection.execute("UPDATE meta SET value='99' WHERE name='format'")
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(Problem, match="store_newer") as told:
        opened_or_handed_over(path.parent, path.stem, abm.centre(), app="0.1.0")
    assert told.value.context == {"waiting": 2, "sent": 1}
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    world = fleet.world
    assert world.row("Shg", under_way)["name"] == "Under way"
    # The newer app is back: it sends the same batch again, is told the same, and sends the rest.
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA user_version=1")
        connection.execute("UPDATE meta SET value='1' WHERE name='format'")
    abm.open()
    abm.connect()
    assert abm.sync() and world.row("Shg", later)["name"] == "Typed later"
    found = differences(abm.contents(), fresh_contents(world, "abm", fleet.folder))
    assert not found, "\n".join(found[:3])


def test_without_a_network_the_newer_file_is_told_of_all_the_same(fleet):
    abm = fleet("abm")
    a_group(abm, "Under way")
    assert abm.sync("lost_request") is None
    path = abm.store.path
    abm.store.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA user_version=99")
        connection.execute("UPDATE meta SET value='99' WHERE name='format'")

    class NoNetwork:
        def for_device(self, token):
            return self

        def sync(self, request):
            raise Problem("offline")

    with pytest.raises(Problem, match="store_newer") as told:
        opened_or_handed_over(path.parent, path.stem, NoNetwork(), app="0.1.0")
    assert told.value.context == {"waiting": 1, "sent": 0}

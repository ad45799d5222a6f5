"""A centre that went back is found out by an answer as by a cursor: all was answered, and no cursor came after it."""

import dataclasses

import pytest

from records.commands.groups import ChangeGroup, RegisterGroup
from records.messages import SyncRequest
from server.set_back import last_set_back
from storage import meta as named
from storage.contact import next_request
from storage.freezing import next_batch
from storage.replies import take_reply
from tests.fleet import Phone, differences, fresh_contents, quiet
from tests.integration.test_found_by_chance import a_group, files_of, put_back
from tests.world import World, ref

KEPT = 50
"""Batches whose bytes a phone keeps when they are answered."""


@pytest.fixture
def town(tmp_path):
    made = World(url=f"sqlite:///{tmp_path / 'central.db'}")
    yield made
    made.centre.close()


def noticed(world):
    with world.centre.database.reading() as db:
        one = last_set_back(db, world.centre.tables, world.centre.state_id)
    return one and one.how


def seal_of(phone):
    with phone.store.reading() as t:
        return t.meta.get(named.ANSWER_SEAL)


def carried(phone, carrier):
    """Her work goes by a colleague's phone, and the answer comes back in a file: her own phone never calls."""
    phone.workspace.take_in(carrier.line.bundle(phone.workspace.hand_over()).reply)


def test_work_that_was_carried_and_answered_by_hand_proves_it_however_long_ago_it_was(town, tmp_path):
    """More batches than she keeps the bytes of: sent again they would be empty, and nobody would ask for the rest."""
    phone, carrier = Phone(town, "abm", tmp_path, "one"), Phone(town, "sakhi", tmp_path, "two")
    quiet([phone, carrier])
    backup = files_of(town, tmp_path)
    first = phone.do(a_group()).id
    for number in range(KEPT + 2):
        phone.do(ChangeGroup(first, {"remarks": f"{number}"}) if number else RegisterGroup(a_group(name="sita").values))
        carried(phone, carrier)
    assert seal_of(phone)[0] == KEPT + 2 and phone.workspace.sync_status().waiting == 0
    put_back(town, backup, tmp_path, phone, carrier)
    assert noticed(town) is None
    quiet([phone])
    assert noticed(town) == "answer"
    assert town.row("Shg", first)["remarks"] == f"{KEPT + 1}" and town.row("Shg", first)["name"] == "radha"
    quiet([phone, carrier])
    for one in (phone, carrier):
        assert not differences(one.contents(), fresh_contents(town, one.person, tmp_path))


def test_an_answer_that_was_stored_without_its_page_proves_it(town, tmp_path):
    phone = Phone(town, "abm", tmp_path, "one")
    quiet([phone])
    backup = files_of(town, tmp_path)
    lost = phone.do(a_group()).id
    batch = next_batch(phone.store, rows=50)
    reply = phone.line.sync(next_request(phone.store, app="0.1.0", batch=batch, room=50))
    assert reply.seal
    take_reply(phone.store, dataclasses.replace(reply, page=None), batch)
    put_back(town, backup, tmp_path, phone)
    quiet([phone])
    assert noticed(town) == "answer" and town.row("Shg", lost)["name"] == "radha"


def test_a_seal_is_shown_only_until_a_cursor_from_after_it_is_stored(town, tmp_path):
    phone, carrier = Phone(town, "abm", tmp_path, "one"), Phone(town, "sakhi", tmp_path, "two")
    quiet([phone, carrier])
    phone.do(a_group())
    phone.sync()
    assert seal_of(phone) is None, "it came with a page"
    phone.do(a_group(name="sita"))
    carried(phone, carrier)
    assert seal_of(phone)
    quiet([phone])
    assert seal_of(phone) is None
    idle = next_request(phone.store, app="0.1.0", batch=None, room=50)
    assert idle.seal == ""
    reply = phone.line.sync(idle)
    assert reply.seal == "", "an answer without a batch carries none"


# --- over every way, on both engines


class Answered:
    """A device that has had one batch answered, by hand."""

    def __init__(self, world):
        self.world, enrolled = world, world.enrol("abm")
        self.device, self.server = enrolled.device, world.door(enrolled.token)
        values = {"village_id": ref("V1"), "name": "radha", "formed_on": "2026-03-01"}
        batch = world.batch(self.device, 1, [("Shg", ref("a group"), values)])
        self.reply = self.server.sync(SyncRequest("0.1.0", None, batch))

    def forget(self):
        """The centre is of a time before that batch."""
        tables = self.world.centre.tables
        with self.world.centre.database.writing() as db:
            db.execute(tables.batch.delete().where(tables.batch.c.device == self.device))
            db.execute(tables.device.update().where(tables.device.c.device == self.device).values(last_batch=0))

    def call(self, answered, seal):
        return self.server.sync(SyncRequest("0.1.0", None, None, answered, seal=seal))


def test_a_valid_answer_from_beyond_proves_it_once(world):
    one = Answered(world)
    before = one.reply.epoch
    assert one.call(1, one.reply.seal).epoch == before, "it is known here"
    one.forget()
    reply = one.call(1, one.reply.seal)
    assert reply.epoch != before and reply.answer.state == "waiting_for" and noticed(world) == "answer"
    assert one.call(1, one.reply.seal).epoch == reply.epoch, "a seal of an epoch that has ended proves nothing more"


@pytest.mark.parametrize("seal", ["", "A" * 11, "another device's", "ü"])
def test_without_a_valid_seal_it_is_a_bare_word(world, seal):
    one = Answered(world)
    one.forget()
    if seal == "another device's":
        seal = world.centre.cursors.answer_seal("0badcafe", one.reply.epoch, 1)
    assert one.call(1, seal).epoch == one.call(2, one.reply.seal).epoch == one.reply.epoch and noticed(world) is None

"""A damaged file: set aside, what only this phone held carried into a new one, the rest fetched again; never a word
less than that, and never a traceback."""

import json
import random
import sqlite3
from contextlib import closing, suppress

import pytest
from sqlalchemy import select

from records.commands.groups import RegisterGroup
from records.commands.photos import AddPhoto
from records.problems import Problem
from records.workspace import Notice
from storage import rescuing
from storage.contact import next_request
from storage.freezing import next_batch
from storage.outbox import own_entries
from storage.queries import list_groups
from storage.raw_pages import image_of, leaf_rows
from storage.store import suspicion_of
from storage.tables import cells_of
from storage.workspace import PhoneWorkspace
from tests.damage import TREE, aside_of, own_work, sound, work_with
from tests.factories import a_place_tree
from tests.phone_files import contents, fill, make_file
from tests.phones import a_phone
from tests.pictures import a_photo


@pytest.fixture
def path(tmp_path):
    return make_file(tmp_path)


def page_of(path, table):
    with closing(sqlite3.connect(path)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name=?", (table,)).fetchone()[0]
    return size, (root - 1) * size


def overwrite(path, at, content):
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


# --- what is carried over


def test_a_sound_file_is_opened_as_it_is(path):
    before = contents(path)
    sound(path).close()
    assert contents(path) == before and not aside_of(path)


def test_a_sound_file_under_suspicion_is_read_whole_and_cleared(path):
    suspicion_of(path).touch()
    sound(path).close()
    assert not aside_of(path) and not suspicion_of(path).exists()


@pytest.mark.parametrize("table", ["shg", "member", "place", "outbox", "mending", "draft", "meta", "frozen", "stream"])
def test_one_page_that_turned_to_nothing_costs_none_of_the_work_on_the_other_pages(table, path):
    size, at = page_of(path, table)
    own = own_work(path)
    overwrite(path, at, bytes(size))
    store = sound(path)
    phone = PhoneWorkspace(store)
    assert len(aside_of(path)) == 1 and phone.notice().code.startswith("rescued")
    work_with(phone)
    store.close()
    here = own_work(path)
    if table in ("mending", "draft"):
        assert {line for line in own - here if line[0] == "draft"} == {line for line in own - here if table == "draft"}
    elif table != "outbox":
        assert own <= here


def test_the_identity_the_outbox_and_the_drafts_survive_a_first_page_of_rubbish(path):
    own, rubbish = own_work(path), random.Random(2).randbytes(4096)
    overwrite(path, 0, rubbish)
    store = sound(path)
    phone = PhoneWorkspace(store)
    assert phone.identity().name == "Asha Patel" and phone.identity().device == "000000a1"
    assert phone.notice() == Notice("rescued_in_part", {"changes": 7, "drafts": 1, "rebuilt": 0})
    assert own_work(path) == own
    with store.reading() as t:
        assert t.meta.get("token") == "a-token" and t.meta.get("cursor") is None
    # Only the groups that she works on are there until the rest is fetched again.
    assert {row.name for row in phone.ask(list_groups)} >= {"Changed since", "Refused"}
    store.close()


def test_a_batch_that_was_under_way_stays_the_same_bytes(path):
    store = sound(path)
    batch = next_batch(store)
    store.close()
    size, at = page_of(path, "shg")
    overwrite(path, at, bytes(size))
    store = sound(path)
    assert next_batch(store) == batch
    store.close()


def test_entries_of_a_batch_under_way_are_read_from_its_bytes_when_the_outbox_is_lost(path):
    before = {(row["kind"], row["id"]) for row in contents(path)["outbox"] if row["batch"] == 2}
    size, at = page_of(path, "outbox")
    overwrite(path, at, bytes(size))
    store = sound(path)
    with store.reading() as t:
        table = t.tables.outbox
        there = {(row.kind, row.id) for row in t.connection.execute(select(table).where(table.c.batch == 2))}
    assert before and there == before and next_batch(store).number == 2
    store.close()


def test_what_the_own_device_stamped_in_a_record_waits_again_when_its_entry_is_lost(path):
    """The group and the member were typed here; the outbox and the batch are gone, the records are not."""
    before = contents(path)
    waiting = {row["id"]: row["changes"] for row in before["outbox"] if row["batch"] == 0}
    for table in ("outbox", "frozen"):
        size, at = page_of(path, table)
        overwrite(path, at, bytes(size))
    store = sound(path)
    phone = PhoneWorkspace(store)
    assert phone.notice().counts["rebuilt"] > 0
    with store.reading() as t:
        keys = [("Member", row["id"]) for row in before["member"] if row["unsent"] == 1]
        entries = own_entries(t, keys)
    assert keys and {key[1] for key in entries} <= waiting.keys()
    for (_kind, id), some in entries.items():
        typed = {name: cell[:2] for name, cell in cells_of(json.loads(waiting[id])).items()}
        assert {name: cell[:2] for name, cell in some[0].changes.items()} == typed
    store.close()


def test_received_records_stay_on_the_screen_until_they_have_been_fetched_again(path):
    names = {row["name"] for row in contents(path)["shg"]}
    size, at = page_of(path, "savings_account")
    overwrite(path, at, bytes(size))
    store = sound(path)
    assert {row.name for row in PhoneWorkspace(store).ask(list_groups)} == names
    request = next_request(store, app="0", batch=None, room=50)
    assert (request.cursor, request.reached) == (None, None), "everything is asked for from the start"
    store.close()


# --- what SQLite itself does not see


def test_an_emptied_file_is_damaged_and_not_new(path):
    path.with_name(path.name + "-syncing").touch()
    path.write_bytes(b"")
    store = sound(path)
    assert PhoneWorkspace(store).notice() == Notice("rescued_in_part", {"changes": 0, "drafts": 0, "rebuilt": 0})
    assert PhoneWorkspace(store).identity() is None and aside_of(path)
    store.close()


def test_a_letter_that_turned_in_the_outbox_is_found_at_the_next_start(path):
    content = path.read_bytes()
    at = content.index(b'"",{"village_id":')
    overwrite(path, at, b"\xff")
    store = sound(path)
    assert aside_of(path) and PhoneWorkspace(store).notice().code == "rescued_in_part"
    assert next_batch(store)
    store.close()


def test_a_day_that_is_none_is_called_damage_when_it_is_read_and_mended_at_the_next_start(path):
    store = sound(path)
    phone = PhoneWorkspace(store)
    heard = []
    phone.on_change(heard.append)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE shg SET formed_on='2O26-10-01' WHERE name='Durga'")
    with pytest.raises(Problem, match="store_damaged"):
        phone.ask(list_groups)
    assert frozenset({"notice"}) in heard and phone.notice() == Notice("damage_found")
    store.close()
    store = sound(path)
    phone = PhoneWorkspace(store)
    assert phone.notice().code == "rescued" and not suspicion_of(path).exists()
    assert "Durga" not in {row.name for row in phone.ask(list_groups)}
    phone.drop_notice()
    assert phone.notice() is None
    store.close()


def test_a_log_of_unwritten_pages_is_read_with_the_file(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        fill(phone)
        path = tmp_path / "copy" / "phone.sqlite"
        path.parent.mkdir()
        for ending in ("", "-wal"):
            source = phone.store.path.with_name(phone.store.path.name + ending)
            path.with_name(path.name + ending).write_bytes(source.read_bytes())
    size = path.with_name(path.name + "-wal").stat().st_size
    assert size > 100_000 and len(list(leaf_rows(bytes(image_of(path))))) > 100
    overwrite(path, 0, b"rubbish" * 10)
    store = sound(path)
    phone = PhoneWorkspace(store)
    assert phone.identity().name == "Asha Patel" and phone.sync_status().waiting >= 5
    assert aside_of(path)[0].with_name(aside_of(path)[0].name + "-wal").stat().st_size == size
    store.close()


# --- cut off meanwhile


@pytest.mark.parametrize("moment", range(6))
def test_a_rescue_that_is_cut_off_is_begun_again_or_ended(moment, path, monkeypatch):
    own = own_work(path)
    overwrite(path, 0, b"rubbish" * 10)
    calls = 0

    class Killed(BaseException):
        pass

    def counted(function):
        def call(*args, **kwargs):
            nonlocal calls
            if calls == moment:
                raise Killed
            calls += 1
            return function(*args, **kwargs)

        return call

    with monkeypatch.context() as patched, suppress(Killed):
        for name in ("salvage", "put_notice", "_finish_writing", "to_disk"):
            patched.setattr(rescuing, name, counted(getattr(rescuing, name)))
        patched.setattr(rescuing.os, "replace", counted(rescuing.os.replace))
        sound(path).close()
    store = sound(path)
    assert own_work(path) == own and len(aside_of(path)) == 1
    assert not list(path.parent.glob("*.rescued*")) and not list(path.parent.glob("*.reading"))
    store.close()


def test_photos_that_wait_are_read_page_by_page_where_no_tree_leads_to_them(tmp_path):
    tree, pictures = a_place_tree(), [a_photo(seed) for seed in (1, 2, 3)]
    with a_phone(tmp_path, tree) as phone:
        values = {"village_id": tree.village.id, "name": "photos", "formed_on": "2026-03-01"}
        group = phone.do(RegisterGroup(values)).id
        ids = [phone.do(AddPhoto(group, "resolution", picture)).id for picture in pictures]
        path = phone.store.path
    overwrite(path, 0, random.Random(2).randbytes(4096))
    store = sound(path)
    phone = PhoneWorkspace(store)
    assert phone.notice().code == "rescued_in_part"
    assert [phone.photo(id).content for id in ids] == pictures
    assert {phone.photo(id).state for id in ids} == {"waiting"}
    store.close()

"""Copies, restores, lost logins, large pages, broken calls: nothing is lost, nobody is stuck for ever."""

import random
import shutil
from datetime import date
from threading import Thread
from time import sleep

import pytest
import requests

from records.commands.accounts import ChangeAccount, RecordStep
from records.commands.groups import ChangeGroup, RegisterGroup
from records.frames import LARGEST_BODY
from records.messages import CONTENT_TYPE, PROTOCOL_HEADER, SyncRequest
from records.problems import Problem
from records.wire import reply_bytes, request_bytes, thawed
from records.wire_values import read_problem
from server.serving import secret_of
from storage.freezing import next_batch
from storage.identity import end_login
from sync.joining import joined
from sync.runner import SyncRunner
from tests.fleet import Phone, differences, fresh_contents, quiet
from tests.integration.test_central_store import Caller
from tests.integration.test_central_store import a_group as values_of
from tests.serving import served
from tests.world import World, ref

DAY = date(2026, 3, 1)


@pytest.fixture
def world():
    return World()


def a_group(**values):
    return RegisterGroup({"village_id": ref("V1"), "name": "जय अम्बे", "formed_on": DAY, **values})


def file_of(phone: Phone):
    return phone.folder / f"{phone.name}.sqlite"


def copy_of(phone: Phone, name: str) -> Phone:
    """A second phone with a copy of the first one's file: a backup put back, or a phone set up from another."""
    phone.store.write_out()
    twin = Phone.__new__(Phone)
    twin.__dict__.update(phone.__dict__ | {"name": name, "written": []})
    shutil.copy(file_of(phone), file_of(twin))
    twin.open()
    twin.connect()
    return twin


def test_an_old_copy_of_a_phone_that_only_reads_gets_the_work_it_no_longer_has(world, tmp_path):
    """The centre leaves out columns that a device wrote itself; an old copy of its file has never had them."""
    phone = Phone(world, "abm", tmp_path, "first")
    phone.sync()
    phone.do(a_group())
    quiet([phone])
    old = copy_of(phone, "old")
    phone.do(a_group(name="दूसरा"))
    phone.do(a_group(name="तीसरा"))
    phone.sync()
    quiet([old])
    assert not differences(old.contents(), fresh_contents(world, "abm", tmp_path))


def test_a_step_whose_answer_was_lost_with_the_login_is_no_problem(world, tmp_path):
    """The phone sends it again under its new number; it is there already, so nobody has anything to mend."""
    phone = Phone(world, "abm", tmp_path, "one")
    phone.sync()
    group = phone.do(a_group()).id
    phone.do(ChangeAccount(group, {"branch_id": ref("R1")}))
    phone.do(RecordStep(group, "resolution_passed", DAY))
    assert phone.sync("lost_reply") is None
    end_login(phone.store, "sign_in")
    Phone.__post_init__(phone)
    quiet([phone])
    assert phone.workspace.mending() == []
    assert not differences(phone.contents(), fresh_contents(world, "abm", tmp_path))


def test_a_step_that_both_copies_of_a_phone_hold_is_no_problem(world, tmp_path):
    phone = Phone(world, "abm", tmp_path, "one")
    phone.sync()
    group = phone.do(a_group()).id
    phone.do(ChangeAccount(group, {"branch_id": ref("R1")}))
    phone.do(RecordStep(group, "resolution_passed", DAY))
    twin = copy_of(phone, "two")
    twin.do(ChangeGroup(group, {"name": "और"}))
    quiet([phone])
    with pytest.raises(Problem, match="device_cloned"):
        twin.sync()
    twin.connect()
    quiet([twin, phone])
    assert twin.workspace.mending() == phone.workspace.mending() == []
    assert not differences(twin.contents(), fresh_contents(world, "abm", tmp_path))


def test_a_step_offered_again_to_a_restored_centre_that_has_it_is_no_problem(tmp_path):
    world = World(url=f"sqlite:///{tmp_path / 'central.db'}")
    phone = Phone(world, "abm", tmp_path, "one")
    group = phone.do(a_group()).id
    phone.do(RecordStep(group, "resolution_passed", DAY))
    phone.do(ChangeGroup(group, {"name": "पहला"}))
    quiet([phone])
    with world.centre.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    world.centre.close()
    shutil.copy(tmp_path / "central.db", tmp_path / "backup.db")
    world.centre = world.open_centre()
    phone.connect()
    phone.do(ChangeGroup(group, {"name": "बाद में"}))
    quiet([phone])
    world.centre.close()
    for left in tmp_path.glob("central.db*"):
        left.unlink()
    shutil.copy(tmp_path / "backup.db", tmp_path / "central.db")
    world.centre = world.open_centre()
    phone.connect()
    quiet([phone])
    assert phone.workspace.mending() == []
    assert world.row("Shg", group)["name"] == "बाद में"


def test_work_keeps_the_cursor_it_was_typed_under_when_the_login_is_renewed(world, tmp_path):
    """Else work typed before a withdrawal would count as typed after it."""
    phone = Phone(world, "abm", tmp_path, "one")
    phone.sync()
    with phone.store.reading() as t:
        before = t.meta.get("cursor_number")
    phone.do(a_group())
    frozen = next_batch(phone.store)
    with phone.store.writing() as t:
        t.meta.put("cursor_number", before + 1_000_000)
    end_login(phone.store, "sign_in")
    Phone.__post_init__(phone)
    assert thawed(next_batch(phone.store).blob).typed_under == thawed(frozen.blob).typed_under == before


# --- stuck for ever


class TooLarge:
    """A centre whose pages of more than 100 rows no phone can take."""

    def __init__(self, server):
        self.server, self.asked = server, []

    def sync(self, request: SyncRequest):
        self.asked.append(request.room)
        if request.room > 100:
            raise Problem("too_large_message")
        return self.server.sync(request)


def test_a_page_too_large_to_take_is_asked_for_in_smaller_pieces(world, tmp_path):
    phone = Phone(world, "abm", tmp_path, "one")
    line = TooLarge(phone.line.server)

    class Centre:
        def for_device(self, token):
            return line

    for _ in range(3):
        phone.do(a_group())
    runner = SyncRunner(phone.store, Centre(), app="0.1.0", timer=lambda: 0.0, chance=lambda: 0.5)
    states = [runner.run().state for _ in range(4)]
    assert states[-1] == "idle" and line.asked[0] > 100 >= line.asked[-1]


def test_rows_of_a_page_are_as_many_as_a_phone_can_take(world):
    """Long remarks, in Hindi: the page ends before it becomes larger than a body may be."""
    abm, chance = Caller(world, "abm"), random.Random(1)
    abm.pull()
    letters = [chr(code) for code in range(0x0905, 0x0939)]
    for batch in range(15):
        rows = [
            ("Shg", f"{batch * 200 + n + 1:032x}", values_of(remarks="".join(chance.choices(letters, k=1000))))
            for n in range(200)
        ]
        abm.push(*rows)
    reader, seen = Caller(world, "supervisor"), 0
    while True:
        reply = reader.call(room=5000)
        assert len(reply_bytes(reply)) < LARGEST_BODY
        reader.take(reply)
        seen += sum(len(section.ids) for part in reply.page.parts for section in part.rows if section.kind == "Shg")
        if not reply.page.more:
            break
    assert seen == 3000


def test_a_login_is_not_exchanged_while_news_for_the_old_one_are_on_their_way(world, tmp_path):
    """They would be stored for somebody else."""
    phone = Phone(world, "abm", tmp_path, "one")
    code = world.centre.enrolments.code_for(ref("sakhi"))
    seen = []

    class Centre:
        def for_device(self, token):
            return self

        def sync(self, request):
            if not seen:
                Thread(target=lambda: seen.append(workspace.enrol(code))).start()
                sleep(0.2)
                seen.append("news")
            return world.centre.for_device(phone.line.server._token).sync(request)

        def enrol(self, request):
            return world.centre.enrol(request)

    workspace, runner = joined(phone.store, Centre(), app="0.1.0")
    assert runner.run().state == "idle"
    for _ in range(100):
        sleep(0.02 if len(seen) < 2 else 0)
    assert [seen[0], seen[1].name] == ["news", "sakhi"]
    with phone.store.reading() as t:
        assert all(not t.connection.execute(table.select()).first() for table in t.tables.values())


# --- broken calls over HTTP


@pytest.fixture
def served_world(tmp_path):
    world = World(url=f"sqlite:///{tmp_path / 'central.db'}")
    with served(world.centre) as address:
        yield world, address


def post(url, body, token="x"):
    headers = {"content-type": CONTENT_TYPE, "authorization": f"Bearer {token}"}
    return requests.post(url + "/v1/sync", data=body, headers=headers, timeout=20)


def test_a_stranger_makes_the_centre_read_nothing(served_world):
    """Before a body is unpacked the token is looked at."""
    _, url = served_world
    reply = post(url, b"H" + b"\x00\x00\x00\x04zzzz")
    assert (reply.status_code, read_problem(reply.content).code) == (401, "sign_in")


def test_a_failure_of_the_centre_is_a_problem_and_its_log_names_no_value(served_world, monkeypatch, caplog):
    world, url = served_world
    enrolled, mobile = world.enrol("abm"), str(9876543200 + 10)

    def broken(*call):
        raise ValueError(mobile)

    monkeypatch.setattr(type(world.centre), "_reply", broken)
    reply = post(url, request_bytes(SyncRequest("0.1.0")), enrolled.token)
    assert reply.status_code == 500 and reply.headers[PROTOCOL_HEADER] == "1"
    assert read_problem(reply.content).code == "server_problem"
    assert mobile not in caplog.text and "ValueError" in caplog.text
    [failed] = [record for record in caplog.records if record.getMessage().startswith("a call failed")]
    assert failed.device == enrolled.device, "whose call it was is told beside the number of the call"


def test_a_key_that_was_cut_short_is_not_taken_for_a_key(tmp_path):
    assert len(secret_of(tmp_path)) == 32 and secret_of(tmp_path) == secret_of(tmp_path)
    (tmp_path / "secret.key").write_bytes(b"")
    with pytest.raises(ValueError, match="secret"):
        secret_of(tmp_path)

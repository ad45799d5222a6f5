"""`samooh serve` as its owner meets it: it says where it is, ends with all its children, and logs no contents."""

import json
import os
import signal
import socket
import sqlite3
import time
from datetime import date

import pytest
import requests
from sqlalchemy import update

from operations.samooh import main
from records.commands.accounts import ChangeAccount
from records.commands.groups import RegisterGroup
from records.commands.members import AddMember
from records.messages import SyncRequest
from records.wire import request_bytes
from records.wire_values import read_problem
from server import metrics
from server.health import Health
from server.serving import PortTaken, listening, open_centre, shown_address
from storage.store import LocalStore
from storage.workspace import PhoneWorkspace
from sync.central_over_http import CentralOverHttp
from sync.enrolling import enrol
from sync.synchronise import synchronise
from tests import postgres
from tests.integration.test_backup_restore import OfficeWorld
from tests.servers import SECONDS, Server, running
from tests.world import World, ref

CANARIES = {
    "name": "कनेरी चिड़िया",
    "mobile": "9812345607",
    "remarks": "canary-remarks-4711",
    "member": "Canary Member Bai",
    "number": "912010044556677",
}


@pytest.fixture
def folder(tmp_path):
    """A server's folder in which the small world is set up, at the time of today."""
    world = OfficeWorld(tmp_path / "server")
    world.centre.close()
    return tmp_path / "server"


def code_for(folder, person):
    centre = open_centre(folder, 23)
    try:
        return centre.enrolments.code_for(ref(person))
    finally:
        centre.close()


class RealPhone:
    """A phone with the clock of this machine, over HTTP."""

    def __init__(self, server, person, file):
        self.centre = CentralOverHttp(server.url)
        self.store = LocalStore.open(file)
        self.workspace = PhoneWorkspace(self.store)
        enrol(self.store, self.centre, code_for(server.folder, person), app="0.1.0")
        with self.store.reading() as t:
            self.device, self.token = t.meta.get("device"), t.meta.get("token")

    def sync(self):
        return synchronise(self.store, self.centre.for_device(self.token), app="0.1.0", timer=time.monotonic)

    def close(self):
        self.store.close()
        self.centre.close()


def is_gone(process):
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        try:
            with open(f"/proc/{process}/stat") as stat:
                if stat.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_politely_with_all_its_children(folder, how):
    with running(folder) as server:
        children = server.children()
        assert requests.get(server.url + "/readyz", timeout=20).text == "ready\n"
        assert server.end(how) == 0
    assert children and all(is_gone(child) for child in children)
    assert "Traceback" not in server.said and "console on http" in server.said


def test_children_end_with_a_parent_that_is_killed(folder):
    with running(folder) as server:
        children = server.children()
        server.end(signal.SIGKILL)
    assert children and all(is_gone(child) for child in children)


def test_a_process_that_breaks_is_started_again(folder):
    with running(folder) as server:
        pids = server.workers()
        assert pids
        os.kill(pids[0], signal.SIGKILL)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            now = set(server.workers()) - set(pids)
            if now:
                break
            time.sleep(0.05)
        assert now and requests.get(server.url + "/healthz", timeout=60).text == "alive\n"
    assert "has ended by itself" in server.said


def test_a_taken_port_is_a_sentence(folder):
    with socket.create_server(("127.0.0.1", 0)) as other:
        server = Server(folder, port=str(other.getsockname()[1]))
        assert server.ended() == 2
    assert "stop what uses it" in server.said and "Traceback" not in server.said


def test_an_sqlite_database_is_served_by_one_server(folder):
    with running(folder) as first:
        second = Server(folder)
        assert second.ended() == 2
        assert "Another server serves" in second.said and "Traceback" not in second.said
        assert requests.get(first.url + "/healthz", timeout=20).text == "alive\n"
        first.end(signal.SIGKILL)
    with running(folder) as third:
        assert third.end() == 0


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1"])
def test_a_host_that_is_not_this_machine_is_not_told_to_take_another_port(host):
    with pytest.raises(PortTaken, match="is no address of this machine") as told:
        listening(host, 0)
    assert "SAMOOH_PORT" not in str(told.value)


def test_an_address_of_ipv6_is_shown_so_that_its_port_can_be_told():
    assert shown_address("::1", 9730) == "http://[::1]:9730"
    assert shown_address("127.0.0.1", 8600) == "http://127.0.0.1:8600"


def test_mistakes_in_the_settings_are_sentences_and_nothing_is_started(folder):
    server = Server(folder, workers="2", log="loud")
    assert server.ended() == 2
    assert len(server.said.splitlines()) == 2 and "Traceback" not in server.said


def test_a_lost_store_of_revocations_is_a_sentence_and_can_be_written_again(folder, monkeypatch, capsys):
    (folder / "revocations.jsonl").unlink()
    server = Server(folder)
    assert server.ended() == 2
    assert "put the file back" in server.said and "Traceback" not in server.said
    monkeypatch.setenv("SAMOOH_FOLDER", str(folder))
    assert main(["revoke", "--store-lost"]) == 0
    with running(folder):
        pass


@pytest.mark.parametrize("style", ["json", "plain"])
def test_no_value_of_a_push_reaches_the_log(folder, tmp_path, style):
    """Everything that the server's processes write, for calls that go well, are refused, and are broken."""
    with running(folder, log=style) as server:
        phone = RealPhone(server, "abm", tmp_path / "phone.sqlite")
        phone.sync()
        values = {name: CANARIES[name] for name in ("name", "mobile", "remarks")}
        group = phone.workspace.do(RegisterGroup({**values, "village_id": ref("V1"), "formed_on": date(2026, 3, 1)})).id
        phone.workspace.do(AddMember(group, {"name": CANARIES["member"]}))
        phone.workspace.do(ChangeAccount(group, {"branch_id": ref("R1")}))
        assert phone.sync().sent
        headers = {"authorization": f"Bearer {phone.token}"}
        body = request_bytes(SyncRequest("0.1.0")) + CANARIES["number"].encode()
        assert requests.post(server.url + "/v1/sync", data=body, headers=headers, timeout=20).status_code == 422
        wrong = requests.post(server.url + "/v1/enrol", data=CANARIES["number"].encode(), timeout=20)
        assert read_problem(wrong.content).code == "bad_message"
        device, token = phone.device, phone.token
        phone.close()
        assert server.end() == 0
    said = server.said
    assert device in said and "bad_message" in said, "the log says nothing, so that it proves nothing"
    for canary in (*CANARIES.values(), token):
        assert canary not in said and json.dumps(canary)[1:-1] not in said
    if style == "json":
        lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        calls = [line for line in lines if line["event"] == "sync" and line["code"] == "ok"]
        assert calls and all(line["device"] == device and len(line["request"]) == 12 for line in calls)
        assert any(line.get("rows", {}).get("applied") for line in calls)


def test_metrics_add_up_and_are_on_a_port_of_this_machine_only(folder, tmp_path):
    with running(folder) as server:
        phone = RealPhone(server, "abm", tmp_path / "phone.sqlite")
        phone.sync()
        phone.workspace.do(RegisterGroup({"name": "x", "village_id": ref("V1"), "formed_on": date(2026, 3, 1)}))
        phone.sync()
        phone.close()
        requests.post(server.url + "/v1/sync", data=b"", timeout=20)
        page = requests.get(server.watch + "/metrics", timeout=20).text
        assert requests.get(server.url + "/metrics", timeout=20).status_code == 404
    for line in (
        'samooh_calls_total{call="enrol",code="ok"} 1.0',
        'samooh_calls_total{call="sync",code="sign_in"} 1.0',
        "samooh_devices 1.0",
        'samooh_devices_unseen{days="7"} 0.0',
        'samooh_rows_total{code="",state="applied"}',
        "samooh_wait_seconds_bucket",
    ):
        assert line in page, page
    assert phone.device not in page and ref("abm") not in page


def test_the_log_speaks_of_a_clock_that_is_behind_when_the_server_starts(folder, tmp_path):
    centre = open_centre(folder, 23)
    centre.enrolments.office_device("x")
    with centre.database.writing() as db:
        db.execute(update(centre.tables.device).values(last_contact_ms=centre.clock() + 10 * 86_400_000))
    centre.close()
    with running(folder) as server:
        assert server.end() == 0
    [told] = [json.loads(line)["event"] for line in server.said.splitlines() if "timedatectl" in line]
    assert told.startswith("The clock of this machine says")


def test_while_the_database_is_away_the_counts_are_still_told(folder):
    with running(folder) as server:
        assert "samooh_database_up 1.0" in requests.get(server.watch + "/metrics", timeout=20).text
        with sqlite3.connect(folder / "central.db", timeout=30) as file:
            file.execute("ALTER TABLE device RENAME TO away")
        headers = {"authorization": "Bearer x"}
        assert requests.post(server.url + "/v1/sync", data=b"", headers=headers, timeout=20).status_code == 500
        page = requests.get(server.watch + "/metrics", timeout=20)
        assert server.end() == 0
    assert page.status_code == 200 and "samooh_database_up 0.0" in page.text
    assert 'samooh_calls_total{call="sync",code="server_problem"} 1.0' in page.text
    assert "samooh_devices" not in page.text, "nobody knows how many there are"
    [told] = [line for line in server.said.splitlines() if "database does not answer" in line]
    assert "places" not in told and "watching.py" not in server.said, "a line, not a trace"


# --- ready or not


def test_devices_that_stay_away_are_counted(tmp_path):
    world = OfficeWorld(tmp_path / "server")
    for person, days in (("abm", 30), ("abm2", 10), ("sakhi", 0)):
        reply = world.enrol(person)
        world.centre.for_device(reply.token).sync(SyncRequest("0.1.0", unsent=3, oldest_unsent_ms=world.clock()))
        world.clock.forward(days=days and days - 8)
    world.clock.forward(days=9)
    page = metrics.exposed(world.centre, None).decode()
    for days, number in ((7, 3), (14, 1), (30, 1)):
        assert f'samooh_devices_unseen{{days="{days}"}} {number}.0' in page, page
    assert "samooh_unsent 9.0" in page
    world.centre.close()


def test_ready_only_with_a_writable_database_and_the_revocations(tmp_path):
    world = OfficeWorld(tmp_path / "server")
    now = [0.0]
    health = Health(world.centre, timer=lambda: now[0])
    assert health.missing() == ()
    (world.folder / "revocations.jsonl").rename(world.folder / "aside")
    assert health.missing() == (), "the answer of a moment ago is given again"
    now[0] += 3
    assert health.missing() == ("revocations",)
    (world.folder / "aside").rename(world.folder / "revocations.jsonl")
    with world.centre.database.writing() as db:
        db.exec_driver_sql("DROP TABLE meta")
    now[0] += 3
    assert health.missing() == ("database",)
    world.centre.close()


def test_a_database_that_is_away_is_said_to_be_away_and_nothing_of_its_tables():
    server = postgres.Server() if postgres.binaries() else postgres.server()
    world = World(url=server.new_database())
    try:
        now = [0.0]
        health = Health(world.centre, timer=lambda: now[0])
        assert health.missing() == ()
        with world.centre.database.writing() as db:
            db.exec_driver_sql("UPDATE alembic_version SET version_num = 'older'")
        now[0] += 3
        assert health.missing() == ("migrations",)
        server.kill_all()
        now[0] += 3
        assert health.missing() == ("database",)
    finally:
        world.centre.close()
        server.stop()

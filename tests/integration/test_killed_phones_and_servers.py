"""Real processes, really killed: phones, workers of a server, and a database's primary. Nothing acknowledged is lost.

`SAMOOH_KILLS` sets how many random deaths there are, for a night.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event, select

from records.commands.groups import RegisterGroup
from records.problems import Problem
from storage.workspace import PhoneWorkspace
from tests import postgres
from tests.fleet import Phone, differences, fresh_contents, quiet
from tests.integration.test_backup_restore import OfficeWorld
from tests.integration.test_serve import RealPhone
from tests.servers import running
from tests.world import World, ref

ROOT = Path(__file__).parents[2]
PARTS = 6
KILLS = int(os.environ.get("SAMOOH_KILLS", "0"))
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed at each step by fork")


def killing(*how: str) -> int:
    said = subprocess.run(
        [sys.executable, "-m", "tests.killing", *how], cwd=ROOT, capture_output=True, text=True,
        timeout=280 + 2 * KILLS,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr[-3000:]
    return int(said.stdout)


@forks
@pytest.mark.parametrize("first", range(1, PARTS + 1))
def test_a_phone_that_is_killed_at_any_step_loses_nothing(first, tmp_path, record_property):
    """Save, freeze, push, pull: at each statement and commit of them, from the same files. In parts, so that they go
    side by side."""
    deaths = killing("steps", str(tmp_path), str(first), str(PARTS))
    record_property("killed at steps", deaths)
    assert deaths * PARTS > 100, "each statement of four saves and two contacts"


@forks
def test_a_phone_that_is_killed_at_any_time_loses_nothing(tmp_path, record_property):
    saved = killing("times", str(tmp_path), str(KILLS or 12))
    record_property("saved before deaths", saved)
    assert saved >= 5


# --- a disk that is full


def test_a_disk_that_is_full_at_any_page_loses_nothing(tmp_path):
    """SQLite itself says so, by the number of pages that the file may have; each time one more."""
    world, full = World(), 0
    phone = Phone(world, "abm", tmp_path, "phone")
    phone.sync()
    saved: list[str] = []
    for more in range(12):
        with phone.store.reading() as t:
            pages = int(t.connection.exec_driver_sql("PRAGMA page_count").scalar_one())
        phone.store.close()
        phone.open()
        most = pages + more % 6

        def narrow(connection, record, most=most):
            connection.execute(f"PRAGMA max_page_count={most}")

        event.listen(phone.store._connections.engine, "connect", narrow)
        phone.store._connections.close()  # those that are open already know of no limit
        phone.connect()
        try:
            for number in range(24):
                values = {"village_id": ref("V1"), "name": f"समूह {number}", "formed_on": "2026-03-01"}
                saved.append(phone.do(RegisterGroup(values | {"remarks": "न" * 900})).id)
                if number % 4 == more % 4:
                    phone.sync()
        except Problem as problem:
            assert problem.code == "disk_full"
            full += 1
        phone.kill()
        phone.connect()
        held = phone.contents()["Shg"]
        assert set(saved) <= held.keys()
    quiet([phone])
    assert full >= 8, "the disk must have been full nearly every time"
    assert set(saved) <= {row["id"] for row in world.rows(world.centre.tables.records["Shg"])}
    assert not differences(phone.contents(), fresh_contents(world, "abm", tmp_path))


# --- the server's side


class Pushing(threading.Thread):
    """A phone that saves and synchronises until it is told to stop, whatever happens to the server."""

    def __init__(self, workspace: PhoneWorkspace, sync) -> None:
        super().__init__(daemon=True)
        self._workspace, self._sync, self.stopping = workspace, sync, threading.Event()
        self.saved: list[str] = []
        self.contacts = self.failed = 0
        self.broke: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                for number in range(5):
                    values = {"village_id": ref("V1"), "name": f"समूह {number}", "formed_on": "2026-03-01"}
                    self.saved.append(self._workspace.do(RegisterGroup(values)).id)
                try:
                    self._sync()
                    self.contacts += 1
                except Problem as problem:
                    assert problem.code in ("offline", "server_problem", "busy"), problem.code
                    self.failed += 1
                    time.sleep(0.05)
        except BaseException as error:
            self.broke = error

    def until(self, contacts: int, failed: int = 0) -> None:
        deadline = time.monotonic() + 60
        while self.contacts < contacts or self.failed < failed:
            assert self.is_alive() and time.monotonic() < deadline, (self.contacts, self.failed, self.broke)
            time.sleep(0.005)

    def end(self) -> None:
        self.stopping.set()
        self.join(60)
        assert self.broke is None and not self.is_alive(), self.broke


def acknowledged(store) -> set[str]:
    """Records that the centre has called received."""
    with store.reading() as t:
        own = t.tables.own_change
        return set(t.connection.scalars(select(own.c.id).where(own.c.state == "applied", own.c.kind == "Shg")))


def test_a_worker_that_is_killed_in_a_push_loses_nothing(tmp_path):
    """kill -9 of the API's process while a phone is sending; the server starts another one."""
    OfficeWorld(tmp_path / "server").centre.close()
    chance = random.Random(5)
    with running(tmp_path / "server") as server:
        phone = RealPhone(server, "abm", tmp_path / "phone.sqlite")
        phone.sync()
        pushing = Pushing(phone.workspace, phone.sync)
        pushing.start()
        for number in range(1, 3 + KILLS // 10):
            pushing.until(pushing.contacts + 2)
            time.sleep(chance.uniform(0, 0.05))
            os.kill(server.workers()[0], signal.SIGKILL)
            pushing.until(pushing.contacts + 2)
            if number % 5 == 0:
                time.sleep(60)  # a server whose processes die this often gives up, and rightly
        pushing.end()
        phone.sync()
        saved, received = set(pushing.saved), acknowledged(phone.store)
        phone.close()
        server.end()
    world = OfficeWorld.__new__(OfficeWorld)
    from server.serving import open_centre

    world.centre = open_centre(tmp_path / "server", 23)
    there = {row["id"] for row in world.rows(world.centre.tables.records["Shg"])}
    world.centre.close()
    assert saved <= received <= there


def test_a_primary_that_is_killed_in_a_push_loses_nothing(tmp_path):
    """kill -9 of PostgreSQL's primary and all its processes; its synchronous standby is promoted and goes on."""
    if postgres.binaries() is None:
        pytest.skip(postgres.MISSING)
    primary = postgres.Server(durable=True, settings={"wal_level": "replica", "max_wal_senders": "4"})
    standby = None
    try:
        standby = Standby(primary)
        name = primary.new_database().rpartition("/")[2]
        hosts = f"host=127.0.0.1:{primary.port}&host=127.0.0.1:{standby.port}"
        url = f"postgresql://samooh@/{name}?{hosts}&target_session_attrs=read-write"
        world = World(url=url)
        phone = Phone(world, "abm", tmp_path, "phone")
        phone.sync()
        pushing = Pushing(phone.workspace, lambda: _over_the_line(phone))
        pushing.start()
        pushing.until(5)
        primary.kill_all()
        pushing.until(pushing.contacts, failed=1)
        standby.promote()
        pushing.until(pushing.contacts + 3)
        pushing.end()
        quiet([phone])
        there = {row["id"] for row in world.rows(world.centre.tables.records["Shg"])}
        assert set(pushing.saved) <= acknowledged(phone.store) <= there
        assert not differences(phone.contents(), fresh_contents(world, "abm", tmp_path))
        world.centre.close()
    finally:
        if standby is not None:
            standby.stop()
        primary.stop()


def _over_the_line(phone: Phone) -> None:
    """A contact with a centre in this process whose database may be gone: to the phone that is a server's problem."""
    from sqlalchemy.exc import DBAPIError

    try:
        if phone.sync() is None:
            raise Problem("offline")
    except DBAPIError as error:
        raise Problem("server_problem") from error


class Standby:
    """A copy of a running PostgreSQL server that follows it, and that every commit of it waits for."""

    def __init__(self, primary: postgres.Server) -> None:
        self.primary, self.port = primary, postgres._free_port()
        self.folder = primary.folder / "standby"
        origin = f"host=127.0.0.1 port={primary.port} user=samooh application_name=standby"
        primary._run("pg_basebackup", "-D", str(self.folder), "-R", "-X", "stream", "--no-sync", "-d", origin)
        self.process = subprocess.Popen(
            [primary.binaries / "postgres", "-D", self.folder, "-c", f"port={self.port}", "-c", "max_connections=200",
             "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={primary.folder}"],
            stdout=subprocess.DEVNULL, stderr=(primary.folder / "standby-log").open("w"), cwd=primary.folder,
            **primary._as_user(),
        )  # fmt: skip
        with psycopg.connect(primary.url(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            connection.execute("SELECT pg_reload_conf()")
            deadline = time.monotonic() + 60
            while not connection.execute("SELECT 1 FROM pg_stat_replication WHERE sync_state='sync'").fetchone():
                assert time.monotonic() < deadline, (primary.folder / "standby-log").read_text()[-2000:]
                time.sleep(0.05)

    def promote(self) -> None:
        self.primary._run("pg_ctl", "promote", "-D", str(self.folder), "-w")
        with psycopg.connect(f"postgresql://samooh@127.0.0.1:{self.port}/postgres", autocommit=True) as connection:
            # It has no standby of its own now; without this its commits would wait for ever.
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
            connection.execute("SELECT pg_reload_conf()")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(20)

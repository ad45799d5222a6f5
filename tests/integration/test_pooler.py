"""The centre behind PgBouncer in transaction mode: each transaction may run in another session of the server."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest

from records.messages import SyncRequest
from tests import postgres
from tests.world import World, ref

MISSING = "PgBouncer is not installed on this machine (Debian: apt install pgbouncer)"


@contextmanager
def pooled(url: str, folder):
    """The address of the same database by way of a pooler that shares two sessions among all clients."""
    found = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if not found:
        pytest.fail(MISSING) if os.environ.get("CI") else pytest.skip(MISSING)
    server, name = postgres.server(), url.rpartition("/")[2]
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    (folder / "users").write_text('"samooh" ""\n')
    settings = f"""[databases]
{name} = host=127.0.0.1 port={server.port} dbname={name} user=samooh
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
auth_file = {folder / "users"}
pool_mode = transaction
default_pool_size = 2
ignore_startup_parameters = extra_float_digits
logfile = {folder / "log"}
"""
    (folder / "settings.ini").write_text(settings)
    as_user = {"user": server.user[0], "group": server.user[1], "extra_groups": []} if server.user else {}
    if server.user:
        os.chmod(folder, 0o755)
        for one in (folder, folder / "users", folder / "settings.ini"):
            shutil.chown(one, pwd.getpwuid(server.user[0]).pw_name)
        for above in folder.parents[:3]:
            os.chmod(above, os.stat(above).st_mode | 0o011)
    process = subprocess.Popen(
        [found, "-q", folder / "settings.ini"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_user
    )
    address = f"postgresql://samooh@127.0.0.1:{port}/{name}"
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                psycopg.connect(address, connect_timeout=2).close()
                break
            except psycopg.OperationalError:
                assert process.poll() is None and time.monotonic() < deadline, "PgBouncer did not start"
                time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def test_eight_devices_push_and_pull_through_two_shared_sessions(tmp_path):
    url = postgres.server().new_database()
    with pooled(url, tmp_path) as address:
        world = World(url=address)
        devices = [world.enrol(person) for person in ("abm", "abm2", "supervisor", "sakhi") * 2]
        villages = {"abm": "V1", "abm2": "V2"}

        def work(which: int) -> int:
            device = devices[which]
            person = ("abm", "abm2", "supervisor", "sakhi")[which % 4]
            server, cursor = world.centre.for_device(device.token), None
            for number in range(1, 11):
                if person in villages:
                    values = {"village_id": ref(villages[person]), "name": "जय अम्बे", "formed_on": "2026-03-01"}
                    rows = [("Shg", f"{which:08x}{number:024x}", values)]
                    answer = world.centre._take_batch(
                        device.device, world.batch(device.device, number, rows), world.clock()
                    )
                    assert [one.state for one in answer.outcomes] == ["applied"]
                page = server.sync(SyncRequest("0.1.0", cursor, room=50)).page
                cursor = page.cursor
            return len(devices)

        with ThreadPoolExecutor(8) as pool:
            assert len(list(pool.map(work, range(8)))) == 8
        assert len(world.rows(world.centre.tables.records["Shg"])) == 40
        world.centre.close()
    postgres.server().drop(url)

"""A backup taken while phones push, a server lost, restored anew: phones heal it, the revoked stay out."""

import json
import re
import shutil
import sqlite3
import threading
import time
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from operations import backup, restore
from operations.samooh import main
from records.commands.groups import ChangeGroup, RegisterGroup
from records.messages import EnrolRequest
from records.problems import Problem
from server.backed_up import note_backup
from server.central_store import CentralStore
from server.keys import remember_key
from server.metrics import exposed
from server.revocations import Revocations, Revoked
from server.serving import centre_of
from server.settings import read_settings
from sync.runner import SyncRunner
from tests import postgres
from tests.fleet import Phone, differences, fresh_contents, quiet
from tests.servers import three_free_ports
from tests.world import World, ref

SECRET = b"a secret outside the database..!"
DAY = date(2026, 3, 1)


class OfficeWorld(World):
    """A world whose centre lies in a server's folder, so that the commands of the office work on it."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        (folder / "secret.key").touch(0o600)
        (folder / "secret.key").write_bytes(SECRET)
        super().__init__(url=f"sqlite:///{folder / 'central.db'}")

    def open_centre(self):
        centre = CentralStore(
            self.url, state_id=23, secret=SECRET, clock=self.clock, randomness=self.random.randbytes,
            registry=self.registry, revocations=Revocations(self.folder / "revocations.jsonl"),
        )  # fmt: skip
        remember_key(centre, SECRET)
        return centre

    def move_to(self, folder):
        self.folder, self.url = folder, f"sqlite:///{folder / 'central.db'}"
        self.centre = self.open_centre()


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMOOH_FOLDER", str(tmp_path / "server"))
    for name in ("SETTINGS", "DATABASE_URL", "SECRET_FILE", "REVOCATIONS"):
        monkeypatch.delenv(f"SAMOOH_{name}", raising=False)
    world = OfficeWorld(tmp_path / "server")
    yield world
    world.centre.close()


def a_group(**values):
    return RegisterGroup({"village_id": ref("V1"), "name": "जय अम्बे", "formed_on": DAY, **values})


class Pushing:
    """A phone that registers and sends one group after the other, in a thread, while the block lasts."""

    def __init__(self, phone):
        self.phone, self.acknowledged = phone, []
        self._end, self._one_more = threading.Event(), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._push)

    def _push(self):
        while not self._end.is_set():
            group = self.phone.do(a_group()).id
            report = self.phone.sync()
            assert report is not None and report.sent
            self.acknowledged.append(group)
            self._one_more.release()

    def wait_for_more(self):
        assert self._one_more.acquire(timeout=60), "the phone does not get through"

    def __enter__(self):
        self._thread.start()
        self.wait_for_more()
        return self

    def __exit__(self, *why):
        self._end.set()
        self._thread.join(60)
        assert not self._thread.is_alive()


class WaitingBar:
    """In the place of the progress bar: between two steps of the copy, the phone gets more work acknowledged."""

    def __init__(self, pushing):
        self.pushing, self.steps = pushing, 0

    def __enter__(self):
        return self

    def __exit__(self, *why): ...

    def add_task(self, name, total):
        return 0

    def update(self, task, **how):
        self.steps += 1
        if self.steps <= 5:
            self.pushing.wait_for_more()


def backed_up(tmp_path, capsys):
    assert main(["backup", "--to", str(tmp_path / "backups")]) == 0
    said = capsys.readouterr().out
    [file] = (tmp_path / "backups").iterdir()
    assert str(file) in said and "key is not in it" in said
    return file


def restored(world, tmp_path, file, *more):
    status = main(["restore", str(file), "--into", str(tmp_path / "new"), *more])
    if status == 0:
        world.move_to(tmp_path / "new")
    return status


def test_the_drill(world, tmp_path, monkeypatch, capsys):
    """Backup while writing, more work, a phone stolen, the server lost, restore, and the phones heal the server."""
    steady, busy, stolen = (
        Phone(world, person, tmp_path, name) for person, name in (("abm", "steady"), ("abm", "busy"), ("abm", "stolen"))
    )
    supervisor = Phone(world, "supervisor", tmp_path, "supervisor")
    group = steady.do(a_group(name="पहला")).id
    quiet([steady, busy, stolen, supervisor])
    monkeypatch.setattr(backup, "PAGES", 10)
    with Pushing(busy) as pushing:
        monkeypatch.setattr(backup, "progress", lambda: WaitingBar(pushing))
        file = backed_up(tmp_path, capsys)
        pushing.wait_for_more()
    while_copying = len(pushing.acknowledged)
    with sqlite3.connect(file) as copy:
        [in_backup] = copy.execute("SELECT count(*) FROM shg").fetchone()
    assert 1 < in_backup < while_copying, "the server did not go on writing while the backup was made"

    steady.do(ChangeGroup(group, {"name": "बाद में"}))
    stolen.do(a_group(name="खोया हुआ"))
    thief = Phone(world, "abm", tmp_path, "thief")
    late = Phone(world, "abm", tmp_path, "late")
    late.sync()
    late.do(a_group(name="नया फ़ोन"))
    quiet([steady, busy, stolen, supervisor, late])
    for lost in (stolen, thief):
        with lost.store.reading() as t:
            world.centre.enrolments.revoke(t.meta.get("device"))
    world.centre.close()
    for gone in ("central.db", "central.db-wal", "central.db-shm"):
        (world.folder / gone).unlink(missing_ok=True)

    assert restored(world, tmp_path, file) == 0
    for phone in (steady, busy, stolen, supervisor, late):
        phone.connect()
    quiet([steady, busy, supervisor])
    with pytest.raises(Problem, match="revoked"):
        stolen.sync()
    assert SyncRunner(thief.store, world.centre, app="0.1.0").run().problem == "revoked", "enrolled after the backup"
    with pytest.raises(Problem, match="sign_in"):
        late.sync()
    late.do(a_group(name="आग के बाद"))
    waiting = late.workspace.sync_status().waiting
    runner = SyncRunner(late.store, world.centre, app="0.1.0", compares=False)
    assert waiting and runner.run().problem is None, "it comes back by itself, without a code"
    late.connect()
    quiet([steady, busy, supervisor, late])
    for phone in (steady, busy, late):
        for kind, id, field, value in phone.written:
            row = world.row(kind, id)
            assert str(row[field]) == str(value) or (id, field) == (group, "name"), (phone.name, kind, field)
    assert world.row("Shg", group)["name"] == "बाद में"
    for phone in (steady, busy, late, supervisor):
        fresh = fresh_contents(world, phone.person, tmp_path)
        assert not differences(phone.contents(), fresh), phone.name


def test_a_code_that_was_used_after_the_backup_is_not_good_again(world, tmp_path, capsys):
    code = world.centre.enrolments.code_for(ref("abm"))
    file = backed_up(tmp_path, capsys)
    world.centre.close()
    assert restored(world, tmp_path, file) == 0
    slot = code.split()[0]
    table = world.centre.tables.enrolment
    assert [row["expires_ms"] for row in world.rows(table) if row["slot"] == slot] == [0]


def test_nothing_is_ever_restored_over_another_database(world, tmp_path, capsys):
    file = backed_up(tmp_path, capsys)
    before = (world.folder / "central.db").read_bytes()
    assert main(["restore", str(file), "--into", str(world.folder)]) == 2
    assert "Nothing is ever restored over another" in capsys.readouterr().err
    assert (world.folder / "central.db").read_bytes() == before


def test_without_key_or_revocations_nothing_is_restored_and_the_sentence_says_what_is_missing(world, tmp_path, capsys):
    file = backed_up(tmp_path, capsys)
    world.centre.close()
    shutil.move(world.folder / "revocations.jsonl", tmp_path / "aside")
    assert restored(world, tmp_path, file) == 2
    assert "revocations" in capsys.readouterr().err
    shutil.move(world.folder / "secret.key", tmp_path / "key")
    assert restored(world, tmp_path, file, "--without-revocations") == 2
    assert "SAMOOH_SECRET_FILE" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_with_another_key_nothing_is_restored_and_with_the_right_one_the_same_command_does_it(world, tmp_path, capsys):
    file = backed_up(tmp_path, capsys)
    world.centre.close()
    (world.folder / "secret.key").write_bytes(b"x" * 32)
    assert restored(world, tmp_path, file) == 2
    assert "not the one this database was made with" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
    (world.folder / "secret.key").write_bytes(SECRET)
    assert restored(world, tmp_path, file) == 0


class Stopped(BaseException):
    """As when the process is killed: nothing after it happens."""


@pytest.mark.parametrize("when", ["copyfile", "copy2", "centre_being_restored", "begin_anew"])
def test_a_restore_that_is_stopped_anywhere_serves_nobody_and_goes_on(world, tmp_path, monkeypatch, capsys, when):
    code = world.centre.enrolments.code_for(ref("abm"))
    with world.centre.database.reading() as db:
        old_epoch = world.centre.epoch(db)
    file = backed_up(tmp_path, capsys)
    world.centre.enrol(EnrolRequest("0.1.0", code, b"s" * 32, b"x" * 32))
    world.centre.close()

    def stop(*call, **how):
        raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(restore.shutil if when.startswith("copy") else restore, when, stop)
        with pytest.raises(Stopped):
            restored(world, tmp_path, file)
    if when != "copyfile":
        with monkeypatch.context() as patch:
            patch.setenv("SAMOOH_FOLDER", str(tmp_path / "new"))
            patch.setenv("SAMOOH_PORT", str(three_free_ports()))
            patch.setattr("operations.serve.log_as", lambda style: None)
            assert [main([command]) for command in ("status", "serve", "backup")] == [2, 2, 2]
        said = capsys.readouterr().err
        assert said.count("not finished") == 3 and file.name in said
    with (world.folder / "revocations.jsonl").open("a") as store:
        store.write(json.dumps({"deed": "revoke", **asdict(Revoked(1, 23, ("0badcafe",), "", ""))}) + "\n")
    assert restored(world, tmp_path, file) == 0
    with world.centre.database.reading() as db:
        assert world.centre.epoch(db) != old_epoch
    with pytest.raises(Problem, match="code_"):
        world.centre.enrol(EnrolRequest("0.1.0", code, b"s" * 32, b"y" * 32))
    assert "0badcafe" in (tmp_path / "new" / "revocations.jsonl").read_text(), "the newest one goes along"
    assert sorted(path.name for path in (tmp_path / "new").iterdir() if "unfinished" in path.name) == []


def test_into_a_restore_that_is_not_finished_goes_no_other_backup(world, tmp_path, monkeypatch, capsys):
    file = backed_up(tmp_path, capsys)
    world.centre.close()
    other = shutil.copyfile(file, tmp_path / "samooh-20260101T000000Z.db")
    with monkeypatch.context() as patch:
        patch.setattr(restore, "begin_anew", lambda centre: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            restored(world, tmp_path, file)
    assert restored(world, tmp_path, other) == 2
    assert f"The restore of {file.name} into" in capsys.readouterr().err
    assert restored(world, tmp_path, file) == 0


def test_a_backup_of_another_state_or_of_something_else_is_a_sentence(world, tmp_path, monkeypatch, capsys):
    file = backed_up(tmp_path, capsys)
    world.centre.close()
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE recipe (name)")
    assert main(["restore", str(tmp_path / "other.db"), "--into", str(tmp_path / "new")]) == 2
    assert "no backup of a Samooh server" in capsys.readouterr().err and not (tmp_path / "new").exists()
    with monkeypatch.context() as patch:
        patch.setenv("SAMOOH_STATE", "24")
        assert restored(world, tmp_path, file) == 2
    assert "SAMOOH_STATE=23" in capsys.readouterr().err
    assert restored(world, tmp_path, file) == 0


@pytest.fixture
def postgres_server(tmp_path, monkeypatch):
    """Gives a new database its name in the settings, and takes all away at the end."""
    server, made = postgres.server(), []
    for name in ("SETTINGS", "SECRET_FILE", "REVOCATIONS"):
        monkeypatch.delenv(f"SAMOOH_{name}", raising=False)
    monkeypatch.setenv("SAMOOH_FOLDER", str(tmp_path / "server"))
    monkeypatch.setenv("SAMOOH_PORT", str(three_free_ports()))
    monkeypatch.setattr("operations.serve.log_as", lambda style: None)

    def new_database():
        made.append(server.new_database())
        monkeypatch.setenv("SAMOOH_DATABASE_URL", made[-1])

    yield new_database
    for url in made:
        server.drop(url)


def epoch_and_codes():
    centre = centre_of(read_settings())
    try:
        with centre.database.reading() as db:
            table = centre.tables.enrolment
            return centre.epoch(db), list(db.scalars(select(table.c.expires_ms)))
    finally:
        centre.close()


def test_on_postgresql_a_restore_that_is_stopped_serves_nobody_and_goes_on(
    postgres_server, tmp_path, monkeypatch, capsys
):
    postgres_server()
    centre = centre_of(read_settings())
    centre.enrolments.code_for(ref("abm"))
    centre.close()
    before, [expires_ms] = epoch_and_codes()
    file = backed_up(tmp_path, capsys)

    postgres_server()
    assert main(["status"]) == 2 and "no centre" in capsys.readouterr().err
    key = shutil.move(tmp_path / "server" / "secret.key", tmp_path / "key")
    assert main(["restore", str(file)]) == 2 and "is missing" in capsys.readouterr().err
    (tmp_path / "server" / "secret.key").write_bytes(b"x" * 32)
    (tmp_path / "server" / "secret.key").chmod(0o600)
    assert main(["restore", str(file)]) == 2 and "not the one" in capsys.readouterr().err
    assert main(["status"]) == 2 and "not finished" in capsys.readouterr().err
    shutil.move(key, tmp_path / "server" / "secret.key")
    with monkeypatch.context() as patch:
        patch.setattr(restore, "begin_anew", lambda centre: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            main(["restore", str(file)])
    assert [main([command]) for command in ("status", "serve")] == [2, 2]
    assert "not finished" in capsys.readouterr().err
    assert main(["restore", str(file)]) == 0
    after, codes = epoch_and_codes()
    assert expires_ms and codes == [0] and after != before
    assert main(["restore", str(file)]) == 2 and "not empty" in capsys.readouterr().err


def test_a_damaged_backup_is_refused(world, tmp_path, capsys):
    phone = Phone(world, "abm", tmp_path, "one")
    phone.sync()
    file = backed_up(tmp_path, capsys)
    with file.open("r+b") as broken:
        broken.seek(file.stat().st_size // 2)
        broken.write(b"\xff" * 8192)
    assert restored(world, tmp_path, file) == 2
    assert "is not whole" in capsys.readouterr().err


@pytest.mark.parametrize("step", ["check_sqlite", "_on_disk"])
def test_a_backup_that_fails_leaves_nothing(world, tmp_path, monkeypatch, capsys, step):
    def broken(*call):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, step, broken)
    assert main(["backup", "--to", str(tmp_path / "backups")]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert list((tmp_path / "backups").iterdir()) == []


def test_the_pieces_of_a_backup_that_was_broken_off_go_and_those_of_one_under_way_stay(world, tmp_path, capsys):
    folder = tmp_path / "backups"
    folder.mkdir()
    for name in ("20260301T013000Z.db.unfinished", "20260301T013000Z.db.unfinished-journal", "mine.unfinished"):
        (folder / f"samooh-{name}").write_bytes(b"half")
    with backup._unfinished(folder / "samooh-20260302T013000Z.dump"):
        assert main(["backup", "--to", str(folder)]) == 0
        left = {path.name for path in folder.iterdir()}
    assert {"samooh-20260302T013000Z.dump.unfinished", "samooh-mine.unfinished"} < left and len(left) == 3
    assert "samooh-20260301T013000Z.db.unfinished" in capsys.readouterr().out


def test_status_and_metrics_tell_how_old_the_last_good_backup_is(world, tmp_path, capsys):
    def told():
        assert main(["status"]) == 0
        return capsys.readouterr().out, exposed(world.centre, None).decode()

    said, page = told()
    assert "NO BACKUP yet" in said and "samooh_backup_timestamp_seconds 0.0" in page
    began = time.time()
    backed_up(tmp_path, capsys)
    said, page = told()
    assert "last backup: just now" in said
    [line] = re.findall(r"^samooh_backup_timestamp_seconds (.+)$", page, re.MULTILINE)
    assert began - 1 <= float(line) <= time.time()
    with world.centre.database.writing() as db:
        note_backup(db, world.centre.tables, 23, int((began - 5 * 86_400) * 1000))
    assert "LAST BACKUP 5 days ago" in told()[0]


def test_a_backup_of_which_the_database_takes_no_note_is_good_all_the_same(world, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(backup, "_noted", lambda *told: False)
    assert main(["backup", "--to", str(tmp_path / "backups")]) == 1
    assert "The backup is good" in capsys.readouterr().out and len(list((tmp_path / "backups").iterdir())) == 1


def test_a_dump_that_lacks_its_end_is_no_backup(tmp_path, monkeypatch, capsys):
    """`pg_restore --list` does not see it: the list stands at the beginning."""
    world = World.on_postgres()
    monkeypatch.setenv("SAMOOH_FOLDER", str(tmp_path / "server"))
    monkeypatch.setenv("SAMOOH_DATABASE_URL", world.url)
    monkeypatch.delenv("SAMOOH_SETTINGS", raising=False)
    folder, real = tmp_path / "backups", shutil.which("pg_dump")
    try:
        assert main(["backup", "--to", str(folder)]) == 0
        [whole] = folder.iterdir()
        assert whole.suffix == ".dump"
        cutting = tmp_path / "bin" / "pg_dump"
        cutting.parent.mkdir()
        cutting.write_text(
            f'#!/bin/sh\n{real} "$@" || exit\nfor one in "$@"; do case $one in --file=*) '
            'truncate --size=-4000 "${one#--file=}";; esac; done\n'
        )
        cutting.chmod(0o755)
        monkeypatch.setenv("PATH", str(cutting.parent), prepend=":")
        time.sleep(1)  # backups are named by the second
        capsys.readouterr()
        assert main(["backup", "--to", str(folder)]) == 2
        assert "pg_restore failed" in capsys.readouterr().err
        assert list(folder.iterdir()) == [whole]
    finally:
        world.drop()


def test_seven_days_four_weeks_and_twelve_months_stay(tmp_path):
    start = datetime(2026, 11, 24, 2, tzinfo=UTC)
    folder = tmp_path / "backups"
    folder.mkdir()
    for day in range(500):
        for hour in (0, 6):
            moment = start - timedelta(days=day, hours=hour)
            (folder / f"samooh-{moment:%Y%m%dT%H%M%SZ}.db").touch()
    (folder / "letter.txt").touch()
    backup.clear_away(folder)
    left = sorted(moment for path in folder.iterdir() if (moment := backup.moment_of(path)))
    assert (folder / "letter.txt").exists() and max(left) == start
    assert {start.date() - timedelta(days=day) for day in range(7)} <= {moment.date() for moment in left}
    assert len({moment.isocalendar()[:2] for moment in left}) >= 4
    assert len({(moment.year, moment.month) for moment in left}) == 12 and len(left) <= 7 + 4 + 12

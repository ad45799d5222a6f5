"""What goes wrong on the machine or in the database is one sentence and a status, never a trace."""

import errno
import sqlite3
from pathlib import Path

import psycopg
import pytest

from operations import backup, doctor, samooh
from operations.children import Children
from operations.samooh import main
from tests import postgres
from tests.servers import three_free_ports

UNIT = Path(__file__).parents[2] / "operations" / "samples" / "samooh.service"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs a command on a server of its own; gives (exit status, what it complained of)."""
    for name in ("SETTINGS", "DATABASE_URL", "SECRET_FILE", "REVOCATIONS"):
        monkeypatch.delenv(f"SAMOOH_{name}", raising=False)
    monkeypatch.setenv("SAMOOH_FOLDER", str(tmp_path / "server"))
    monkeypatch.setenv("SAMOOH_PORT", str(three_free_ports()))
    monkeypatch.setattr("operations.serve.log_as", lambda style: None)  # the log of the tests stays as it is

    def run(*arguments):
        status = main(list(arguments))
        said = capsys.readouterr().err
        assert "Traceback" not in said
        return status, said

    return run


@pytest.fixture
def database(monkeypatch):
    """A new database of PostgreSQL, named in the settings; the connection is of its superuser."""
    server = postgres.server()
    url = server.new_database()
    monkeypatch.setenv("SAMOOH_DATABASE_URL", url)
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection
    server.drop(url)


@pytest.mark.parametrize("command", ["serve", "status"])
def test_a_database_that_is_away_has_a_status_of_its_own_after_which_systemd_tries_again(run, monkeypatch, command):
    monkeypatch.setenv("SAMOOH_DATABASE_URL", f"postgresql://u:kachnar-47@127.0.0.1:{three_free_ports()}/d")
    status, said = run(command)
    assert status == 75 and "is it running" in said and "kachnar" not in said
    service = dict(line.split("=", 1) for line in UNIT.read_text("utf-8").splitlines() if "=" in line)
    assert service["Restart"] == "on-failure" and str(status) not in service["RestartPreventExitStatus"].split()


def test_processes_that_do_not_start_are_tried_again(run, monkeypatch):
    monkeypatch.setattr(Children, "start", lambda self, name, work, *arguments: None)
    monkeypatch.setattr(Children, "alive", lambda self: False)
    monkeypatch.setattr(Children, "end_when_asked", lambda self: None)
    status, said = run("serve")
    assert status == 75 and "did not start" in said


def test_a_file_that_is_no_database_is_not_waited_for(run, tmp_path):
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "central.db").write_text("hello " * 1000)
    status, said = run("serve")
    assert status == 2 and "not a database" in said


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_hindi_is_refused_before_anything_is_in_it(
    run, database, monkeypatch, tmp_path, encoding
):
    name = f"{database.info.dbname}_{encoding.lower()}"
    database.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'")
    address = f"postgresql://samooh@127.0.0.1:{database.info.port}/{name}"
    monkeypatch.setenv("SAMOOH_DATABASE_URL", address)
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "secret.key").write_bytes(b"x" * 32)
    (tmp_path / "server" / "secret.key").chmod(0o600)
    (tmp_path / "some.dump").touch()
    try:
        for command in (("serve",), ("restore", str(tmp_path / "some.dump"), "--without-revocations")):
            status, said = run(*command)
            assert status == 2 and f"is in {encoding}," in said and "--encoding UTF8" in said
        with psycopg.connect(address) as looked:
            assert looked.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    finally:
        postgres.server().drop(address)


def test_a_database_that_may_not_be_written_is_a_sentence(run, database):
    database.execute(f"ALTER DATABASE {database.info.dbname} SET default_transaction_read_only = on")
    status, said = run("serve")
    assert status == 2 and "cannot be used" in said and "read-only" in said and "may it be written" in said


def test_a_database_of_somebody_else_is_a_sentence(run, database, monkeypatch):
    role = f"guest_{database.info.dbname}"
    database.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'kachnar-47'")
    database.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    try:
        address = f"postgresql://{role}:kachnar-47@127.0.0.1:{database.info.port}/{database.info.dbname}"
        monkeypatch.setenv("SAMOOH_DATABASE_URL", address)
        status, said = run("serve")
    finally:
        database.execute(f"DROP ROLE {role}")
    assert status == 2 and "permission denied" in said and "belong to the user" in said and "kachnar" not in said


def test_an_address_with_an_option_that_is_not_known_is_a_sentence(run, database, monkeypatch):
    monkeypatch.setenv("SAMOOH_DATABASE_URL", f"postgresql://u@127.0.0.1:{database.info.port}/d?sslmod=require")
    status, said = run("status")
    assert status == 2 and "sslmod" in said and "is SAMOOH_DATABASE_URL right" in said


@pytest.mark.parametrize(
    ("broke", "says"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "/there"), "Permission denied: /there): give that place"),
        (OSError(errno.EROFS, "Read-only file system", "/there"), "give that place to the user"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device): make room"),
        (OSError("by itself"), "It could not be done (by itself)."),
    ],
)
def test_what_the_machine_refuses_is_a_sentence_that_says_what_helps(run, tmp_path, monkeypatch, broke, says):
    def refuse(*call, **how):
        raise broke

    (tmp_path / "phone.sqlite").touch()
    (tmp_path / "server").mkdir()
    monkeypatch.setattr(backup, "back_up", refuse)
    monkeypatch.setattr(doctor, "the_centre", refuse)
    for command in (("backup",), ("doctor", str(tmp_path / "phone.sqlite"))):
        status, said = run(*command)
        assert status == 2 and says in said and len(said.splitlines()) == 1


def test_a_disk_that_is_full_while_sqlite_writes_is_a_sentence(run, tmp_path, monkeypatch):
    def fill(*call, **how):
        database = sqlite3.connect(tmp_path / "small.db")
        database.execute("PRAGMA max_page_count = 1")
        database.execute("CREATE TABLE a (b)")

    monkeypatch.setattr(backup, "back_up", fill)
    (tmp_path / "server").mkdir()
    status, said = run("backup")
    assert status == 2 and "disk is full" in said and "make room" in said


def test_words_that_are_not_compiled_are_a_sentence(run, monkeypatch):
    def absent(name):
        raise FileNotFoundError("no compiled words for 'hi': run `make words`")

    monkeypatch.setattr(samooh.importlib, "import_module", absent)
    monkeypatch.setattr(samooh, "WANTING", samooh._mount_imports())
    status, said = run("status")
    assert status == 2 and said == "The installation is not whole: no compiled words for 'hi': run `make words`.\n"

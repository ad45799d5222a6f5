"""A database that cannot be used: the sentence says what to do about this trouble, and the log names it."""

import sqlite3

import pytest
from sqlalchemy.exc import InternalError, OperationalError, ProgrammingError

from operations import status
from operations.samooh import main
from operations.unusable import what_to_do
from server.central_store import CentralStore
from server.database import named
from server.health import Health
from server.settings import Settings


def broken(how, folder):
    """A real error of SQLite, as it comes through the engine."""
    file = folder / "small.db"
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE one (x)")
    try:
        if how == "nowhere":
            sqlite3.connect(folder / "nowhere" / "x.db").execute("SELECT 1")
        if how == "full":
            db = sqlite3.connect(file)
            db.execute("PRAGMA max_page_count = 2")
            db.execute("INSERT INTO one VALUES (zeroblob(100000))")
        if how == "readonly":
            sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True).execute("INSERT INTO one VALUES (1)")
        if how == "text":
            file.write_text("no database " * 1000)
            sqlite3.connect(file).execute("SELECT * FROM one")
    except sqlite3.Error as error:
        return OperationalError("INSERT", None, error)
    raise AssertionError("it is not broken")


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("full", "make room on that disk"),
        ("readonly", "give the file and its folder to the user"),
        ("nowhere", "give the file and its folder to the user"),
        ("text", "no database of Samooh"),
    ],
)
def test_what_to_do_about_a_file_depends_on_what_is_wrong(tmp_path, monkeypatch, capsys, how, says):
    error = broken(how, tmp_path)
    monkeypatch.setenv("SAMOOH_FOLDER", str(tmp_path))
    monkeypatch.delenv("SAMOOH_DATABASE_URL", raising=False)
    monkeypatch.delenv("SAMOOH_SETTINGS", raising=False)

    def the_centre():
        raise error

    monkeypatch.setattr(status, "the_centre", the_centre)
    assert main(["status"]) == 2
    said = capsys.readouterr().err
    assert says in said and "is it running" not in said


class Answer(Exception):
    def __init__(self, sqlstate):
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("sort", "state", "says"),
    [
        (OperationalError, "53100", "make room"),
        (OperationalError, None, "is it running"),
        (InternalError, "25006", "may it be written"),
        (ProgrammingError, "42501", "belong to the user"),
    ],
)
def test_what_to_do_about_postgresql(tmp_path, sort, state, says):
    settings = Settings(folder=tmp_path, database_url="postgresql://samooh@127.0.0.1/samooh")
    assert says in what_to_do(settings, sort("INSERT", None, Answer(state)))


def test_the_log_names_the_trouble_and_quotes_nothing(tmp_path, monkeypatch, caplog):
    full = broken("full", tmp_path)
    assert named(full) == "OperationalError (SQLITE_FULL)" and named(ValueError("x")) == "ValueError"
    assert named(OperationalError("INSERT", None, Answer("53100"))) == "OperationalError (53100)"
    centre = CentralStore("sqlite://", state_id=23, secret=b"s" * 32, clock=lambda: 1)
    health = Health(centre)

    def writing():
        raise full

    monkeypatch.setattr(centre.database, "writing", writing)
    assert health.missing() == ("database",)
    assert caplog.messages == ["the database cannot be written: OperationalError (SQLITE_FULL)"]
    centre.close()

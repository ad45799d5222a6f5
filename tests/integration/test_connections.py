"""By which connections the centre works: one that writes on SQLite, none that has died unnoticed on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

import server.database
from server.database import Database
from tests import postgres


@pytest.fixture
def on_postgres():
    url = postgres.server().new_database()
    made = Database(url)
    yield made
    made.close()
    postgres.server().drop(url)


def test_on_sqlite_all_threads_write_by_one_connection_that_nobody_reads_by(tmp_path):
    """What it has in its memory holds only as long as no other connection has written."""
    made, together = Database(f"sqlite:///{tmp_path / 'central.db'}"), Barrier(4)

    def which(way) -> int:
        together.wait()
        with way() as db:
            return id(db.connection.driver_connection)

    with ThreadPoolExecutor(4) as pool:
        writers = set(pool.map(which, [made.writing] * 4))
        readers = set(pool.map(which, [made.reading, made.asking] * 2))
    assert len(writers) == 1 and not writers & readers
    with made.writing() as db:
        assert db.scalar(text("PRAGMA synchronous")) == 2, "it commits as safely as the others"
    made.close()


def test_a_database_that_cannot_be_opened_for_writing_is_an_error_of_the_database(tmp_path):
    made = Database(f"sqlite:///{tmp_path / 'nowhere' / 'central.db'}")
    with pytest.raises(OperationalError), made.writing():
        pass


def test_a_connection_that_died_while_it_lay_unused_is_not_worked_with(on_postgres, monkeypatch):
    monkeypatch.setattr(server.database, "FRESH_S", 0.0)
    with on_postgres.writing() as db:
        before = db.scalar(text("SELECT pg_backend_pid()"))
    with Database(on_postgres.engine.url.render_as_string(hide_password=False)).asking() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": before})
    with on_postgres.writing() as db:
        assert db.scalar(text("SELECT pg_backend_pid()")) != before


def test_what_is_asked_by_itself_leaves_the_next_transaction_a_transaction(on_postgres):
    with on_postgres.asking() as db:
        db.execute(text("CREATE TABLE thing (name text)"))
    with pytest.raises(ZeroDivisionError), on_postgres.writing() as db:
        db.execute(text("INSERT INTO thing VALUES ('undone')"))
        raise ZeroDivisionError
    with on_postgres.reading() as db:
        assert db.scalar(text("SELECT count(*) FROM thing")) == 0

"""The centre's tables: steps that only add, a new database that comes to the same, and refusals that say what to do."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from records.kinds import KINDS
from server import schema
from server.database import Database
from server.schema import SchemaProblem, check, head, prepare, version_of
from server.tables import central_tables
from tests import postgres

METADATA = central_tables(KINDS).metadata


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def database(request, tmp_path):
    """A new empty database."""
    url = postgres.server().new_database() if request.param == "PostgreSQL" else f"sqlite:///{tmp_path / 'central.db'}"
    made = Database(url)
    yield made
    made.close()
    if request.param == "PostgreSQL":
        postgres.server().drop(url)


def take_all_steps(database: Database) -> None:
    with database.writing() as db:
        config = schema.configuration()
        config.attributes["connection"] = db
        command.upgrade(config, "head")


def shape(database: Database) -> dict:
    """Tables, columns, keys and indexes of a database, the accounts of Alembic and of the lock left out."""
    found = {}
    with database.reading() as db:
        looked = inspect(db)
        for table in looked.get_table_names():
            if table in ("alembic_version", "schema_lock"):
                continue
            columns = {c["name"]: (str(c["type"]), c["nullable"]) for c in looked.get_columns(table)}
            indexes = {i["name"]: (i["column_names"], bool(i["unique"])) for i in looked.get_indexes(table)}
            found[table] = columns, looked.get_pk_constraint(table)["constrained_columns"], indexes
    return found


def test_the_steps_lead_to_what_the_records_say(database):
    """`alembic check`: whoever adds a field and forgets the step is told here."""
    take_all_steps(database)
    with database.reading() as db:
        config = schema.configuration()
        config.attributes["connection"] = db
        command.check(config)


def test_a_new_database_is_the_same_as_one_that_took_all_steps(database, tmp_path):
    prepare(database, METADATA)
    made_at_once = shape(database)
    with database.reading() as db:
        assert version_of(db) == head()
    with database.writing() as db:
        for table in [*made_at_once, "alembic_version"]:
            db.exec_driver_sql(f'DROP TABLE "{table}"')
    take_all_steps(database)
    assert shape(database) == made_at_once and made_at_once


def test_preparing_a_second_time_changes_nothing(database):
    prepare(database, METADATA)
    before = shape(database)
    prepare(database, METADATA)
    check(database)
    assert shape(database) == before


def test_steps_only_add():
    """Nothing is dropped or renamed: a field that is retired keeps its column (docs/adr/0005)."""
    for step in ScriptDirectory.from_config(schema.configuration()).walk_revisions():
        source = Path(step.path).read_text("utf-8").partition("def downgrade")[0]
        assert "drop_" not in source and "rename" not in source and "alter_column" not in source, step.path


def test_a_database_of_a_newer_version_is_refused(database):
    prepare(database, METADATA)
    with database.writing() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaProblem, match="newer Samooh"):
        prepare(database, METADATA)


def test_a_database_with_something_else_in_it_is_refused(database):
    with database.writing() as db:
        db.exec_driver_sql("CREATE TABLE accounts_of_somebody (id integer)")
    with pytest.raises(SchemaProblem, match="empty database"):
        prepare(database, METADATA)
    with database.reading() as db:
        assert "shg" not in inspect(db).get_table_names()


def test_a_worker_only_looks(database):
    with pytest.raises(SchemaProblem, match="samooh serve"):
        check(database)
    with database.reading() as db:
        assert not inspect(db).get_table_names()


def test_several_that_start_at_once_make_the_tables_once(database):
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(prepare, database, METADATA) for _ in range(4)]:
            done.result()
    check(database)


def test_the_rows_of_the_feed_go_over_to_the_new_key_and_to_numbers_of_streams(database):
    """What streams were told of is what phones have still to be given."""
    rows = [
        (23, f"gp/{stream}/members", f"{chr(ord('z') - at)}", "Member", at + 1, at == 2, "abcd", at, None, None)
        for stream in ("b", "a")
        for at in range(4)
    ]
    told = 'id, kind, feed.seq, "left", by_device, others_seq, whole_seq, changed'
    look = text(f"SELECT state_id, stream, {told} FROM feed")
    by_name = text(f"SELECT feed.state_id, s.name, {told} FROM feed JOIN stream s ON s.number = stream")
    counters = [(23, "block/b/groups", 7, 5), (23, "gp/b/members", 4, 3)]
    with database.writing() as db:
        config = schema.configuration()
        config.attributes["connection"] = db
        command.upgrade(config, "0013")
        mark = "%s" if db.dialect.name == "postgresql" else "?"
        db.exec_driver_sql(f"INSERT INTO feed VALUES ({', '.join([mark] * 10)})", rows)
        db.exec_driver_sql(f"INSERT INTO stream VALUES ({', '.join([mark] * 4)})", counters)
        command.upgrade(config, "head")
        assert sorted(tuple(row) for row in db.execute(by_name)) == sorted(rows)
        kept = [tuple(row) for row in db.execute(text("SELECT state_id, name, seq, live FROM stream ORDER BY name"))]
        # One had rows and no counter: nothing of it is lost either.
        assert kept == [counters[0], (23, "gp/a/members", 4, 3), counters[1]]
        assert {row.number for row in db.execute(text("SELECT number FROM stream"))} == {1, 2, 3}
        command.downgrade(config, "0013")
        assert sorted(tuple(row) for row in db.execute(look)) == sorted(rows)

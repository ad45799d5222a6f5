"""The tables of a database as they must be before the first call: made, brought up to date, or refused with a reason.

The parent process does this, under a lock; workers only look (design 5). A new database gets all tables at once and is
marked as being at the newest step; a test holds that this comes to the same as taking all steps.
"""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, column, inspect, select, table
from sqlalchemy.exc import DBAPIError

from server.database import Database

VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
"""Where Alembic keeps at which step a database is."""


class SchemaProblem(Exception):
    """The database cannot be used as it is; the text says what to do."""


def prepare(database: Database, metadata: MetaData) -> None:
    """Make the tables of an empty database, or bring an older one up to date. Raises SchemaProblem."""
    with database.writing() as db:
        _lock(db)
        version = version_of(db)
        if version is None and not set(inspect(db).get_table_names()) - {"schema_lock"}:
            metadata.create_all(db)
            VERSION.create(db, checkfirst=True)
            db.execute(VERSION.insert().values(version_num=head()))
        elif version is None:
            raise SchemaProblem(
                "The database holds tables that Samooh has not made, or made before it kept account of its steps: "
                "name an empty database, or a new folder."
            )
        elif version not in _known():
            raise SchemaProblem(
                "The database was used by a newer Samooh: install that version again, or restore a backup."
            )
        elif version != head():
            config = configuration()
            config.attributes["connection"] = db
            command.upgrade(config, "head")


def check(database: Database) -> None:
    """What a worker asks: is the database at the newest step? Raises SchemaProblem."""
    with database.reading() as db:
        version = version_of(db)
    if version != head():
        raise SchemaProblem("The database is not at the newest step yet: start `samooh serve`, which brings it there.")


META = table("meta", column("state_id", Integer), column("name", String), column("value", String))
"""What the centre of a state has written of itself, for a look before it is opened."""


def need_utf8(database: Database) -> None:
    """SchemaProblem for a PostgreSQL database that could not hold a name in Hindi. One of SQLite always can."""
    if database.is_sqlite:
        return
    with database.asking() as db:
        encoding = db.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        raise SchemaProblem(
            f"The database is in {encoding}, and names in Hindi need UTF8: make another one with "
            "createdb --template template0 --encoding UTF8 --owner samooh samooh"
        )


def is_founded(database: Database) -> bool:
    """Whether a centre was ever opened on this database."""
    return inspect(database.engine).has_table(META.name)


def need_state(database: Database, state_id: int) -> None:
    """SchemaProblem for a database that holds records of other states only: its phones would find nobody there."""
    if not is_founded(database):
        return
    with database.reading() as db:
        states = sorted(db.scalars(select(META.c.state_id).distinct()))
    if states and state_id not in states:
        others = " and ".join(map(str, states))
        raise SchemaProblem(
            f"This database holds the records of state {others}, not of state {state_id}: write "
            f"SAMOOH_STATE={states[0]}, or name another database."
        )


def version_of(db: Connection) -> str | None:
    """At which step a database is; None for one that has taken none."""
    if not inspect(db).has_table(VERSION.name):
        return None
    return db.scalar(select(VERSION.c.version_num))


@cache
def head() -> str:
    """The newest step."""
    return str(ScriptDirectory.from_config(configuration()).get_current_head())


@cache
def _known() -> frozenset[str]:
    return frozenset(one.revision for one in ScriptDirectory.from_config(configuration()).walk_revisions())


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config


def _lock(db: Connection) -> None:
    """Two parents that start at once do this one after the other. On SQLite the writing transaction is the lock."""
    if db.dialect.name != "postgresql":
        return
    try:
        with db.begin_nested():
            db.exec_driver_sql("CREATE TABLE IF NOT EXISTS schema_lock (nothing integer)")
    except DBAPIError:
        # Somebody made it at this very moment, which PostgreSQL reports as a duplicate.
        if not inspect(db).has_table("schema_lock"):
            raise
    db.exec_driver_sql("LOCK TABLE schema_lock IN ACCESS EXCLUSIVE MODE")

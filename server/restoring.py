"""The mark of a restore that is under way. A database that bears it still lives in its old epoch, and is not served.

The mark comes with what is loaded and goes with the new epoch: a restore that was stopped anywhere between is seen, and
`samooh restore` goes on from there.
"""

from sqlalchemy import Column, Connection, MetaData, String, Table, delete, insert, inspect, select

from server.database import Database

UNFINISHED = Table("restore_unfinished", MetaData(), Column("backup", String(255), nullable=False))
"""Names the backup that is being restored; the table is there for no longer than the restore lasts."""


class RestoreUnfinished(Exception):
    """A restore into this database was begun and not finished; the text says what to do."""


def begin_restore(db: Connection, backup: str) -> None:
    """Put the mark into a database, in the place of one that is there."""
    UNFINISHED.create(db, checkfirst=True)
    db.execute(delete(UNFINISHED))
    db.execute(insert(UNFINISHED).values(backup=backup))


def end_restore(db: Connection) -> None:
    """Take the mark away: in the transaction by which the database becomes a server again."""
    UNFINISHED.drop(db, checkfirst=True)


def restored_from(db: Connection) -> str | None:
    """The name of the backup whose restore is not finished; None where there is no mark."""
    return db.scalar(select(UNFINISHED.c.backup)) if inspect(db).has_table(UNFINISHED.name) else None


def need_finished(database: Database) -> None:
    """RestoreUnfinished for a database that bears the mark."""
    with database.reading() as db:
        backup = restored_from(db)
    if backup is not None:
        raise RestoreUnfinished(
            f"The restore of {backup} into this database was begun and not finished, so it is not served: give the "
            "same samooh restore again, and it goes on from there."
        )

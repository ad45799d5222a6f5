"""When the newest backup was made that was found whole: a value of the table `meta`, for `samooh status` and /metrics.

Backups may be kept anywhere, so that nobody could tell their age by looking into a folder.
"""

from sqlalchemy import Connection, select

from server.tables import CentralTables
from server.upserting import put

NAME = "backed_up"


def note_backup(db: Connection, tables: CentralTables, state_id: int, at_ms: int) -> None:
    """A backup of the database as it was at this time is whole and on the disk."""
    put(db, tables.meta, [{"state_id": state_id, "name": NAME, "value": str(at_ms)}])


def last_backup_ms(db: Connection, tables: CentralTables, state_id: int) -> int | None:
    """Of what time the newest backup is; None if there never was one."""
    meta = tables.meta
    text = db.scalar(select(meta.c.value).where(meta.c.state_id == state_id, meta.c.name == NAME))
    return int(text) if text else None

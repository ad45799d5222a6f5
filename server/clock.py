"""Whether the clock of this machine may be behind: by the times of contacts, which it wrote itself."""

from datetime import UTC, datetime

from sqlalchemy import func, select

from server.central_store import CentralStore

SET_BACK_MS = 2 * 60_000
"""A clock that is set right goes back by seconds; more than this is worth a look."""


def clock_behind(centre: CentralStore) -> str | None:
    """A sentence for who looks after the server, where a contact lies in the future; None when all is well."""
    device, now_ms = centre.tables.device, centre.clock()
    with centre.database.reading() as db:
        latest = db.scalar(select(func.max(device.c.last_contact_ms)).where(device.c.state_id == centre.state_id))
    if latest is None or latest <= now_ms + SET_BACK_MS:
        return None
    return (
        f"The clock of this machine says {_shown(now_ms)}, and a phone was here at {_shown(latest)}: if it is behind, "
        "stop the server and set it (timedatectl), for what phones write is ordered by time. If it was ahead then and "
        "is right now, this goes away by itself when that time has come."
    )


def _shown(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%d-%m-%Y %H:%M} UTC"

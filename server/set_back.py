"""When the centre noticed that its database has gone back, and which phones have not been here since (docs/adr/0029).

The last time is kept as a value of the table `meta`; what came of it follows from when each phone was last heard of.
"""

import json
from dataclasses import asdict, dataclass

from sqlalchemy import BigInteger, Connection, String, Subquery, and_, false, func, literal, select

from server.tables import CentralTables
from server.upserting import put

NAME = "set_back"
IN_USE_MS = 60 * 86_400_000
"""A phone that nobody had heard of for so long before is not waited for."""


@dataclass(frozen=True)
class SetBack:
    """`epoch`: which one began then. `how`: `restored` (samooh restore said so), `cursor` or `answer` (a phone showed
    one from beyond what this database knows)."""

    epoch: str
    at_ms: int
    how: str


def note_set_back(db: Connection, tables: CentralTables, state_id: int, one: SetBack) -> None:
    """The database has gone back: this is what officials and operators are told from now on."""
    put(db, tables.meta, [{"state_id": state_id, "name": NAME, "value": json.dumps(asdict(one))}])


def last_set_back(db: Connection, tables: CentralTables, state_id: int) -> SetBack | None:
    """The last time that it was noticed; None if never."""
    meta = tables.meta
    text = db.scalar(select(meta.c.value).where(meta.c.state_id == state_id, meta.c.name == NAME))
    return SetBack(**json.loads(text)) if text else None


def phones_since(db: Connection, tables: CentralTables, state_id: int, one: SetBack) -> tuple[int, int]:
    """(phones that were in use then, those of them not heard of since)."""
    device = tables.device
    heard = func.coalesce(device.c.last_contact_ms, device.c.enrolled_ms)
    phones = and_(
        device.c.state_id == state_id,
        device.c.token_hash.is_not(None),
        device.c.revoked_ms.is_(None),
        device.c.office.is_(False),
        heard >= one.at_ms - IN_USE_MS,
    )
    count = select(func.count()).select_from(device).where(phones)
    return db.scalar(count) or 0, db.scalar(count.where(heard < one.at_ms)) or 0


def set_back_seen(db: Connection, tables: CentralTables, state_id: int, *, looks: bool) -> Subquery:
    """The sub-select `SetBack` of one person: one row, or none where it never was or is not hers to know."""
    one = last_set_back(db, tables, state_id) if looks else None
    epoch, at_ms = (one.epoch, one.at_ms) if one else ("", 0)
    columns = (
        literal(epoch, String).label("epoch"),
        literal(at_ms, BigInteger).label("at_ms"),
        literal(at_ms - IN_USE_MS, BigInteger).label("in_use_ms"),
    )
    query = select(*columns)
    return (query if one else query.where(false())).subquery("seen_set_back")

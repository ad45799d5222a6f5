"""Which reviews somebody sees: those of the blocks that she looks after or reviews."""

from collections.abc import Iterable

from sqlalchemy import Connection, Subquery, select

from records.access import Reach
from server.chunks import among
from server.tables import CentralTables

REVIEWING = ("supervisor", "nodal", "district")


def reviews_seen(db: Connection, tables: CentralTables, state_id: int, reaches: Iterable[Reach]) -> Subquery:
    """The sub-select `Review` of one person."""
    table = tables.review
    blocks = sorted({id for reach in reaches if reach.role in REVIEWING for id in reach.blocks})
    return (
        select(*(column for column in table.c if column.name != "state_id"))
        .where(table.c.state_id == state_id, among(db, table.c.block_id, blocks))
        .subquery("seen_review")
    )

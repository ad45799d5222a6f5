"""Which reviews somebody sees: those of the blocks that she looks after or reviews, and all that was kept of them."""

from collections.abc import Iterable

from sqlalchemy import Connection, Subquery, Table, select

from records.access import Reach
from server.chunks import among

REVIEWING = ("supervisor", "nodal", "district")


def reviews_seen(db: Connection, table: Table, state_id: int, reaches: Iterable[Reach]) -> Subquery:
    """The sub-select `Review` or `ReviewPart` of one person."""
    blocks = sorted({id for reach in reaches if reach.role in REVIEWING for id in reach.blocks})
    return (
        select(*(column for column in table.c if column.name != "state_id"))
        .where(table.c.state_id == state_id, among(db, table.c.block_id, blocks))
        .subquery(f"seen_{table.name}")
    )

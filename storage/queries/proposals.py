"""Questions about groups that may be the same as another."""

from typing import Any

from sqlalchemy import Select, select

from storage.queries.asking import Row, Tables, column, columns, present, query


class ProposalRow(Row):
    """An open question, with the other group as far as this copy holds it."""

    id: str
    shg_id: str
    other_id: str
    because: tuple[str, ...]
    other_name: str | None
    other_village_name: str | None
    other_village_name_hi: str | None


@query(ProposalRow, kinds=("Proposal", "Shg", "Place"))
def list_proposals(tables: Tables, *, shg_id: str, limit: int = 20) -> Select[Any]:
    """What is asked about a group and nobody has decided."""
    proposals, places, others = tables["Proposal"], tables["Place"], tables["Shg"].alias("other")
    return (
        select(
            *columns(proposals, "id", "shg_id", "other_id", "because"),
            column(others, "name", "other_name"),
            column(places, "name", "other_village_name"),
            column(places, "name_hi", "other_village_name_hi"),
        )
        .select_from(
            proposals.outerjoin(others, others.c.id == proposals.c.other_id).outerjoin(
                places, places.c.id == others.c.village_id
            )
        )
        .where(proposals.c.shg_id == shg_id, proposals.c.state == "open", present(proposals))
        .order_by(proposals.c.id)
        .limit(limit)
    )

"""Questions about groups that may be the same as another."""

from datetime import date
from typing import Any

from sqlalchemy import Select, select

from storage.queries.asking import Row, Tables, column, columns, present, query, where


class ProposalRow(Row):
    """A question and how it stands, with both groups as far as this copy holds them."""

    id: str
    shg_id: str
    other_id: str
    because: tuple[str, ...]
    state: str
    shg_name: str | None
    shg_formed_on: date | None
    village_name: str | None
    village_name_hi: str | None
    other_name: str | None
    other_formed_on: date | None
    other_village_name: str | None
    other_village_name_hi: str | None


@query(ProposalRow, kinds=("Proposal", "Shg", "Place"))
def list_proposals(
    tables: Tables, *, shg_id: str | None = None, decided: bool = False, id: str | None = None, limit: int = 20
) -> Select[Any]:
    """What is asked about a group, or about all groups here, and nobody has decided; `decided`: what somebody has.
    `id`: this one, if it is among them."""
    proposals, shgs, others = tables["Proposal"], tables["Shg"].alias("shg"), tables["Shg"].alias("other")
    places, other_places = tables["Place"].alias("place"), tables["Place"].alias("other_place")
    chosen = select(
        *columns(proposals, "id", "shg_id", "other_id", "because", "state"),
        column(shgs, "name", "shg_name"),
        column(shgs, "formed_on", "shg_formed_on"),
        column(places, "name", "village_name"),
        column(places, "name_hi", "village_name_hi"),
        column(others, "name", "other_name"),
        column(others, "formed_on", "other_formed_on"),
        column(other_places, "name", "other_village_name"),
        column(other_places, "name_hi", "other_village_name_hi"),
    ).select_from(
        proposals.outerjoin(shgs, shgs.c.id == proposals.c.shg_id)
        .outerjoin(places, places.c.id == shgs.c.village_id)
        .outerjoin(others, others.c.id == proposals.c.other_id)
        .outerjoin(other_places, other_places.c.id == others.c.village_id)
    )
    stands = proposals.c.state != "open" if decided else proposals.c.state == "open"
    of_group = None if shg_id is None else proposals.c.shg_id == shg_id
    this = None if id is None else proposals.c.id == id
    return where(chosen, stands, present(proposals), of_group, this).order_by(proposals.c.id).limit(limit)

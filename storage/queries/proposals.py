"""Questions about groups that may be the same as another."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, select

from storage.queries.asking import Row, Tables, column, columns, present, query, where
from storage.queries.groups import first_account


class ProposalRow(Row):
    """A question and how it stands, with both groups as far as this copy holds them: whose they are, how many members,
    where the account stands. `canonical_id`: what each is counted as today."""

    id: str
    shg_id: str
    other_id: str
    because: tuple[str, ...]
    state: str
    shg_name: str | None
    shg_formed_on: date | None
    shg_roster_count: int | None
    shg_declared_members: int | None
    shg_account_needed: bool | None
    shg_account_state: str | None
    shg_canonical_id: str | None
    shg_formed_by_name: str | None
    shg_formed_by_name_hi: str | None
    village_name: str | None
    village_name_hi: str | None
    other_name: str | None
    other_formed_on: date | None
    other_roster_count: int | None
    other_declared_members: int | None
    other_account_needed: bool | None
    other_account_state: str | None
    other_canonical_id: str | None
    other_formed_by_name: str | None
    other_formed_by_name_hi: str | None
    other_village_name: str | None
    other_village_name_hi: str | None


OF_BOTH = ("name", "formed_on", "roster_count", "declared_members", "account_needed", "canonical_id")


@query(ProposalRow, kinds=("Proposal", "Shg", "SavingsAccount", "Person", "Place"))
def list_proposals(
    tables: Tables, *, shg_id: str | None = None, decided: bool = False, id: str | None = None, limit: int = 20
) -> Select[Any]:
    """What is asked about a group, or about all groups here, and nobody has decided; `decided`: what somebody has.
    `id`: this one, if it is among them."""
    proposals = tables["Proposal"]
    found: FromClause = proposals
    shown: list[ColumnElement[Any]] = []
    for side, village in (("shg", "village"), ("other", "other_village")):
        shgs, places = tables["Shg"].alias(side), tables["Place"].alias(f"{side}_place")
        account, people = tables["SavingsAccount"].alias(f"{side}_account"), tables["Person"].alias(f"{side}_person")
        shown += [
            *(column(shgs, name, f"{side}_{name}") for name in OF_BOTH),
            column(account, "state", f"{side}_account_state"),
            *(column(people, name, f"{side}_formed_by_{name}") for name in ("name", "name_hi")),
            *(column(places, name, f"{village}_{name}") for name in ("name", "name_hi")),
        ]
        found = (
            found.outerjoin(shgs, shgs.c.id == proposals.c[f"{side}_id"])
            .outerjoin(places, places.c.id == shgs.c.village_id)
            .outerjoin(account, first_account(shgs, account))
            .outerjoin(people, people.c.id == shgs.c.formed_by_id)
        )
    chosen = select(*columns(proposals, "id", "shg_id", "other_id", "because", "state"), *shown).select_from(found)
    stands = proposals.c.state != "open" if decided else proposals.c.state == "open"
    of_group = None if shg_id is None else proposals.c.shg_id == shg_id
    this = None if id is None else proposals.c.id == id
    return where(chosen, stands, present(proposals), of_group, this).order_by(proposals.c.id).limit(limit)

"""Questions about places and bank branches."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, desc, exists, false, select

from storage.queries.asking import Row, Tables, column, columns, matching, present, query, where


class PlaceRow(Row):
    """A place and the gram panchayat it lies in."""

    id: str
    name: str
    name_hi: str | None
    level: str
    gram_panchayat_id: str | None
    gram_panchayat_name: str | None
    gram_panchayat_name_hi: str | None


class BranchRow(Row):
    """A bank branch; `serves_village` says whether the village asked for is in its service area."""

    id: str
    bank_name: str
    name: str
    name_hi: str | None
    ifsc: str
    serves_village: bool


@query(PlaceRow, kinds=("Place",))
def list_villages(
    tables: Tables, *, search: str = "", limit: int = 50, panchayats: Iterable[str] | None = None
) -> Select[Any]:
    """Villages by name; `panchayats` keeps to those of some gram panchayats."""
    places = tables["Place"]
    wanted = None if panchayats is None else places.c.gram_panchayat_id.in_(sorted(panchayats))
    chosen = where(_with_panchayat(places), places.c.level == "village", present(places), matching(places, search))
    return where(chosen, wanted).order_by(places.c.search_key, places.c.id).limit(limit)


@query(PlaceRow, kinds=("Place",))
def find_place(tables: Tables, *, id: str) -> Select[Any]:
    """One place of any level."""
    places = tables["Place"]
    return _with_panchayat(places).where(places.c.id == id)


@query(BranchRow, kinds=("BankBranch", "ServiceArea"))
def list_branches(tables: Tables, *, search: str = "", village_id: str | None = None, limit: int = 50) -> Select[Any]:
    """Branches, those that serve the village first."""
    branches, areas = tables["BankBranch"], tables["ServiceArea"]
    serves = (
        false()
        if village_id is None
        else exists(
            select(areas.c.id).where(
                areas.c.branch_id == branches.c.id, areas.c.village_id == village_id, present(areas)
            )
        )
    ).label("serves_village")
    chosen = select(*_told(branches), serves)
    return (
        where(chosen, present(branches), matching(branches, search))
        .order_by(desc("serves_village"), branches.c.search_key, branches.c.id)
        .limit(limit)
    )


@query(BranchRow, kinds=("BankBranch",))
def find_branch(tables: Tables, *, id: str) -> Select[Any]:
    """One branch, a deleted one too: accounts may be there still. Which villages it serves is not asked."""
    branches = tables["BankBranch"]
    return select(*_told(branches), false().label("serves_village")).where(branches.c.id == id)


def _told(branches: FromClause) -> list[ColumnElement[Any]]:
    return columns(branches, "id", "bank_name", "name", "name_hi", "ifsc")


def _with_panchayat(places: FromClause) -> Select[Any]:
    panchayats = places.alias("panchayat")
    return select(
        *columns(places, "id", "name", "name_hi", "level", "gram_panchayat_id"),
        column(panchayats, "name", "gram_panchayat_name"),
        column(panchayats, "name_hi", "gram_panchayat_name_hi"),
    ).select_from(places.outerjoin(panchayats, panchayats.c.id == places.c.gram_panchayat_id))

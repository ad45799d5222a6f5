"""The ancestry columns of places and of the records that stand in them: derived here, never taken from a phone."""

from collections.abc import Iterable
from typing import Any

from server.working import Working

LEVEL_COLUMNS = {"gram_panchayat": "gram_panchayat_id", "block": "block_id", "district": "district_id"}


def settle(working: Working, kind: str, row: dict[str, Any]) -> None:
    """Work out the derived place columns of a reference record that was just written."""
    if kind == "Place":
        working.derive("Place", row, **_ancestry(working, row))
    elif kind == "BankBranch":
        working.derive(kind, row, district_id=_district(working, row["block_id"]))
    elif kind == "ServiceArea":
        working.derive(kind, row, district_id=_district(working, row["village_id"]))
    elif kind == "Person":
        working.derive(kind, row, district_id=_district(working, row["home_id"]))
    elif kind == "Assignment":
        branch = working.get("BankBranch", row["branch_id"])
        working.derive(kind, row, district_id=_district(working, branch["block_id"] if branch else row["place_id"]))


LEVELS_DEEP = 12
"""Places stand at most six levels below each other; what goes on longer is a circle."""

STANDS_IN = {"BankBranch": "block_id", "ServiceArea": "village_id", "Person": "home_id", "Assignment": "place_id"}


def settle_below(working: Working, moved: Iterable[str]) -> set[str]:
    """After places came or moved: settle them, all places below them and what stands in them. Returns all of these.

    A batch may name a place before the one above it, so that those which moved are settled again as well.
    """
    changed, frontier = set(moved), set(moved)
    for _ in range(LEVELS_DEEP):
        children = working.load_where("Place", "parent_id", frontier)
        frontier = {child["id"] for child in children if working.derive("Place", child, **_ancestry(working, child))}
        changed |= frontier
        if not frontier:
            break
    for kind, field in STANDS_IN.items():
        if kind in working.registry:
            for row in working.load_where(kind, field, changed):
                settle(working, kind, row)
    return changed


def settle_at_branches(working: Working, branches: Iterable[str]) -> None:
    """After branches came or moved: settle the assignments to them."""
    for row in working.load_where("Assignment", "branch_id", set(branches)):
        settle(working, "Assignment", row)


def _ancestry(working: Working, row: dict[str, Any]) -> dict[str, Any]:
    """A place is its own ancestor of its level: a gram panchayat's `gram_panchayat_id` is its own id."""
    parent = working.get("Place", row["parent_id"])
    columns = {name: parent[name] if parent else None for name in LEVEL_COLUMNS.values()}
    if row["level"] in LEVEL_COLUMNS:
        columns[LEVEL_COLUMNS[row["level"]]] = row["id"]
    return columns


def _district(working: Working, place_id: str | None) -> str | None:
    place = working.get("Place", place_id)
    return place["district_id"] if place else None

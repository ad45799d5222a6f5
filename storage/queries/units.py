"""What figures are broken down by, and which groups lie in a place or were formed by a person."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, case, cast, func, select

from storage.queries.asking import Tables

UNITS = ("whole", "district", "block", "cluster", "gram_panchayat", "village", "person")
"""What figures may be broken down by; of `whole` there is one row, of the others one per unit that has groups."""

Within = tuple[str, str]
"""(level, id) of the place that is looked at; with the level `person`, of who has formed the groups."""


def unit_of(
    tables: Tables, shgs: FromClause, places: FromClause, panchayats: FromClause, by: str
) -> ColumnElement[Any] | None:
    """What groups are put together by; None for all of them."""
    if by not in UNITS:
        raise ValueError(f"figures are not broken down by {by}")
    if by == "whole":
        return None
    if by == "person":
        return shgs.c.formed_by_id
    if by == "village":
        return shgs.c.village_id
    if by == "cluster":
        above = tables["Place"].alias("above")
        clusters = select(above.c.id).where(above.c.level == "cluster")
        return case((panchayats.c.parent_id.in_(clusters), panchayats.c.parent_id))
    return places.c[f"{by}_id"]


def inside_of(
    tables: Tables, shgs: FromClause, places: FromClause, within: Within | None
) -> ColumnElement[bool] | None:
    """Groups whose village lies in a place, or that a person has formed; None for all."""
    if within is None:
        return None
    level, id = within
    if level == "state":
        return None
    if level == "village":
        return shgs.c.village_id == id
    if level == "person":
        return shgs.c.formed_by_id == id
    if level == "cluster":
        below = tables["Place"].alias("below")
        return places.c.gram_panchayat_id.in_(
            select(below.c.id).where(below.c.parent_id == id, below.c.level == "gram_panchayat")
        )
    if level not in ("gram_panchayat", "block", "district"):
        raise ValueError(f"a {level} is no place that figures are of")
    return places.c[f"{level}_id"] == id


def how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def total(value: ColumnElement[Any]) -> ColumnElement[int]:
    # PostgreSQL adds up wide numbers as decimal ones, slowly.
    return func.coalesce(func.sum(cast(value, Integer)), 0)

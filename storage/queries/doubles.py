"""Questions asked while something is typed: what is here already that may be the same. What is alike is decided in
`records/resemblance.py`; these only bring what is worth comparing."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from records.resemblance import account_spellings
from storage.queries.asking import Row, Tables, column, columns, present, query, where
from storage.queries.groups import by_itself


class NearRow(Row):
    """A group that a new one is compared with."""

    id: str
    name: str
    search_key: str
    village_id: str
    village_name: str | None
    village_name_hi: str | None
    formed_on: date
    roster_count: int | None
    declared_members: int | None
    mobile: str | None


class WomanRow(Row):
    """A member that a new one is compared with, and her group."""

    id: str
    shg_id: str
    group_name: str
    name: str
    search_key: str
    guardian_name: str | None
    mobile: str | None
    left_on: date | None


class SameNumberRow(Row):
    """An account with the number that is typed, and its group."""

    id: str
    shg_id: str
    group_name: str


@query(NearRow, kinds=("Shg", "Place"))
def list_groups_near(tables: Tables, *, village_id: str | None = None, mobile: str | None = None) -> Select[Any]:
    """The groups of a village and of its panchayat's other villages, and those with a telephone number; none that was
    joined to another."""
    shgs, places = tables["Shg"], tables["Place"]
    here = select(places.c.gram_panchayat_id).where(places.c.id == village_id).scalar_subquery()
    near = (places.c.gram_panchayat_id == here) | (shgs.c.village_id == village_id)
    conditions: list[ColumnElement[bool]] = [near] if village_id else []
    if mobile and "mobile" in shgs.c:
        conditions.append(shgs.c.mobile == mobile)
    chosen = select(
        *columns(shgs, "id", "name", "search_key", "village_id", "formed_on", "roster_count", "declared_members"),
        column(shgs, "mobile"),
        column(places, "name", "village_name"),
        column(places, "name_hi", "village_name_hi"),
    ).select_from(shgs.outerjoin(places, places.c.id == shgs.c.village_id))
    # Nothing to go by: no group is near.
    wanted = or_(*conditions) if conditions else shgs.c.id.is_(None)
    return where(chosen, present(shgs), by_itself(shgs), wanted).order_by(shgs.c.search_key, shgs.c.id)


@query(WomanRow, kinds=("Member", "Shg"))
def list_women_like(tables: Tables, *, shg_id: str, mobile: str | None = None, but: str | None = None) -> Select[Any]:
    """The members of a group, and those of all others with a mobile number; `but` leaves out who is being changed."""
    members, shgs = tables["Member"], tables["Shg"]
    wanted: ColumnElement[bool] = members.c.shg_id == shg_id
    if mobile and "mobile" in members.c:
        wanted = wanted | (members.c.mobile == mobile)
    chosen = select(
        *columns(members, "id", "shg_id", "name", "search_key", "guardian_name", "mobile", "left_on"),
        column(shgs, "name", "group_name"),
    ).select_from(members.join(shgs, shgs.c.id == members.c.shg_id))
    others = None if but is None else members.c.id != but
    return where(chosen, present(members), present(shgs), wanted, others).order_by(members.c.search_key, members.c.id)


@query(SameNumberRow, kinds=("SavingsAccount", "Shg"))
def list_same_number(tables: Tables, *, account_number: str, shg_id: str) -> Select[Any]:
    """Other groups that have this account number, however many zeros it was written with."""
    accounts, shgs = tables["SavingsAccount"], tables["Shg"]
    spellings: Iterable[str] = account_spellings(account_number)
    number = column(accounts, "account_number")
    return (
        select(*columns(accounts, "id", "shg_id"), column(shgs, "name", "group_name"))
        .select_from(accounts.join(shgs, shgs.c.id == accounts.c.shg_id))
        .where(number.in_(sorted(spellings)), accounts.c.shg_id != shg_id, present(accounts), present(shgs))
        .order_by(shgs.c.search_key, shgs.c.id)
        .limit(5)
    )


class ComparedRow(Row):
    """A group as `records.resemblance.pairs_among` compares it."""

    id: str
    village_id: str
    search_key: str
    mobile: str | None
    account_number: str | None


@query(ComparedRow, kinds=("Shg", "SavingsAccount"))
def list_to_compare(tables: Tables, *, limit: int = 5000) -> Select[Any]:
    """The groups here that are not said to be another, village by village, each with its account's number."""
    shgs, accounts = tables["Shg"], tables["SavingsAccount"]
    chosen = select(
        *columns(shgs, "id", "village_id", "search_key", "mobile"), column(accounts, "account_number")
    ).select_from(shgs.outerjoin(accounts, (accounts.c.shg_id == shgs.c.id) & present(accounts)))
    return where(chosen, present(shgs), shgs.c.same_as.is_(None)).order_by(shgs.c.village_id, shgs.c.id).limit(limit)

"""Questions about what is verified on the spot or by a call, what that found, and about what is worth a look."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, literal, null, or_, select

from records.figures import OPENED, SAMPLED, Found, Yardstick
from storage.queries.asking import Row, Tables, column, columns, present, query, where
from storage.queries.checks import is_last
from storage.queries.groups import begun_this_month, counted, first_account
from storage.queries.units import Within, how_many, inside_of, unit_of


class SampleRow(Row):
    """A new group, or one with an opened account, and what a second person found of it; `person`: whose entry it is."""

    shg_id: str
    name: str
    village_name: str | None
    village_name_hi: str | None
    on_day: date
    person_id: str | None
    person_name: str | None
    person_name_hi: str | None
    mobile: str | None
    result: str | None


class LookRow(Row):
    """A group that is worth a look; `about`: what it has in common with others, None for nothing."""

    shg_id: str
    name: str
    village_name: str | None
    village_name_hi: str | None
    about: str | None


class CheckedRow(Row):
    """What the samples found of the groups and accounts that the figures of a unit count; `unit_id` as in `TallyRow`.

    For each of SAMPLED, as in `Found`.
    """

    unit_id: str | None
    groups_checked: int
    groups_as_told: int
    groups_not_reached: int
    formed_checked: int
    formed_as_told: int
    formed_not_reached: int
    opened_checked: int
    opened_as_told: int
    opened_not_reached: int

    def found(self, figure: str) -> Found:
        """Beside one of SAMPLED."""
        return Found(*(getattr(self, f"{figure}_{part}") for part in PARTS))


PARTS = ("checked", "as_told", "not_reached")


def found_in_all(rows: Iterable[CheckedRow], figure: str) -> Found:
    """Beside the sum of a figure over several units."""
    every = [row.found(figure) for row in rows]
    return Found(*(sum(getattr(one, part) for one in every) for part in PARTS))


@query(CheckedRow, kinds=("Shg", "SavingsAccount", "Check", "Place"))
def tally_checked(
    tables: Tables, *, measure: Yardstick, by: str = "whole", within: Within | None = None
) -> Select[Any]:
    """What was found of the groups and accounts of every unit, broken down as `tally` is; units without any are left
    out."""
    shgs, places, account = tables["Shg"], tables["Place"], tables["SavingsAccount"].alias("account")
    panchayats = tables["Place"].alias("panchayat")
    looks = _last_looks(tables)
    unit = unit_of(tables, shgs, places, panchayats, by)
    there = (
        looks.join(shgs, shgs.c.id == looks.c.shg_id)
        .outerjoin(account, first_account(shgs, account))
        .outerjoin(places, places.c.id == shgs.c.village_id)
        .outerjoin(panchayats, panchayats.c.id == places.c.gram_panchayat_id)
    )
    meant: dict[str, ColumnElement[bool]] = {
        "groups": literal(True),
        "formed": begun_this_month(shgs, measure),
        "opened": account.c.state.in_(OPENED),
    }
    said = {"checked": ("confirmed", "differs"), "as_told": ("confirmed",), "not_reached": ("not_reached",)}
    told = [
        how_many(and_(looks.c.what == SAMPLED[figure], looks.c.result.in_(said[part]), meant[figure])).label(
            f"{figure}_{part}"
        )
        for figure in SAMPLED
        for part in PARTS
    ]
    counts: Any = select((null() if unit is None else unit).label("unit_id"), *told).select_from(there)
    counts = where(counts, counted(shgs), inside_of(tables, shgs, places, within))
    chosen: Select[Any] = counts if unit is None else counts.group_by(unit).order_by(unit)
    return chosen


def found_otherwise(tables: Tables, shgs: FromClause, account: FromClause) -> ColumnElement[bool]:
    """Groups of which, or of whose opened account, the last look found something else than was entered."""
    looks = _last_looks(tables)
    differ = select(looks.c.shg_id).where(looks.c.result == "differs")
    of_account = and_(account.c.state.in_(OPENED), shgs.c.id.in_(differ.where(looks.c.what == "account")))
    return or_(shgs.c.id.in_(differ.where(looks.c.what == "group")), of_account)


def _last_looks(tables: Tables) -> FromClause:
    """The last look of a sample at each group, and at the account of each: ids grow with time."""
    checks = tables["Check"]
    latest = func.row_number().over(partition_by=(checks.c.shg_id, checks.c.what), order_by=checks.c.id.desc())
    every = (
        select(*columns(checks, "shg_id", "what", "result"), latest.label("latest"))
        .where(present(checks), checks.c.what.in_(sorted(set(SAMPLED.values()))))
        .subquery("every_look")
    )
    return select(every.c.shg_id, every.c.what, every.c.result).where(every.c.latest == 1).subquery("looks")


@query(SampleRow, kinds=("Shg", "Check", "Person", "Place"))
def list_new_groups(tables: Tables, *, first: date, last: date, limit: int = 2000) -> Select[Any]:
    """The groups formed between two days, by who formed them."""
    shgs = tables["Shg"]
    chosen = _sample(tables, shgs, "group", shgs.c.formed_on, shgs.c.formed_by_id, shgs)
    return chosen.where(present(shgs), shgs.c.formed_on.between(first, last)).order_by(shgs.c.id).limit(limit)


@query(SampleRow, kinds=("Shg", "SavingsAccount", "AccountStep", "Check", "Person", "Place"))
def list_new_accounts(tables: Tables, *, first: date, last: date, limit: int = 2000) -> Select[Any]:
    """The groups whose account was opened between two days, by who recorded it; an account that is open still."""
    shgs, accounts, steps = tables["Shg"], tables["SavingsAccount"], tables["AccountStep"]
    joined = shgs.join(accounts, and_(accounts.c.shg_id == shgs.c.id, present(accounts))).join(
        steps, and_(steps.c.account_id == accounts.c.id, steps.c.kind == "opened", steps.c.process == "savings")
    )
    chosen = _sample(tables, shgs, "account", steps.c.on_day, steps.c.author_id, joined)
    there = (present(shgs), accounts.c.state.in_(OPENED), steps.c.on_day.between(first, last))
    return chosen.where(*there).order_by(shgs.c.id, steps.c.id).limit(limit)


def _sample(tables: Tables, shgs: FromClause, what: str, day: Any, person_id: Any, joined: FromClause) -> Select[Any]:
    checks, people, places = tables["Check"], tables["Person"], tables["Place"]
    last = and_(checks.c.shg_id == shgs.c.id, is_last(tables, checks, what))
    return select(
        shgs.c.id.label("shg_id"),
        *columns(shgs, "name", "mobile"),
        column(places, "name", "village_name"),
        column(places, "name_hi", "village_name_hi"),
        day.label("on_day"),
        person_id.label("person_id"),
        column(people, "name", "person_name"),
        column(people, "name_hi", "person_name_hi"),
        column(checks, "result"),
    ).select_from(
        joined.outerjoin(places, places.c.id == shgs.c.village_id)
        .outerjoin(people, people.c.id == person_id)
        .outerjoin(checks, last)
    )


@query(LookRow, kinds=("Shg", "SavingsAccount", "Place"))
def list_opened_without_number(tables: Tables, *, limit: int = 50) -> Select[Any]:
    """Groups whose account is said to be opened, and has no number here."""
    shgs, accounts = tables["Shg"], tables["SavingsAccount"]
    joined = shgs.join(accounts, and_(accounts.c.shg_id == shgs.c.id, present(accounts)))
    chosen = _look(tables, shgs, accounts.c.state, joined)
    wanted = (present(shgs), accounts.c.state.in_(OPENED), accounts.c.account_last4.is_(None))
    return chosen.where(*wanted).order_by(shgs.c.search_key, shgs.c.id).limit(limit)


@query(LookRow, kinds=("Shg", "Place"))
def list_shared_numbers(tables: Tables, *, limit: int = 50) -> Select[Any]:
    """Groups that have one telephone number, those with the same together."""
    shgs = tables["Shg"]
    mobile = column(shgs, "mobile")
    if "mobile" not in shgs.c:
        return _look(tables, shgs, mobile, shgs).where(shgs.c.id.is_(None))
    number = shgs.c.mobile
    shared = select(number).where(number.is_not(None), present(shgs)).group_by(number).having(func.count() > 1)
    chosen = _look(tables, shgs, number, shgs)
    return chosen.where(present(shgs), number.in_(shared)).order_by(number, shgs.c.id).limit(limit)


def _look(tables: Tables, shgs: FromClause, about: Any, joined: FromClause) -> Select[Any]:
    places = tables["Place"]
    return select(
        shgs.c.id.label("shg_id"),
        *columns(shgs, "name"),
        column(places, "name", "village_name"),
        column(places, "name_hi", "village_name_hi"),
        about.label("about"),
    ).select_from(joined.outerjoin(places, places.c.id == shgs.c.village_id))

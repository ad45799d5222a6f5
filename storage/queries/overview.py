"""The figures of an area, broken down by place or person. What they mean stands in `records/figures.py`; a test holds
both against each other, and phone and centre against each other on both engines.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
)

from records.figures import (
    AGE_ENDS,
    AGES,
    OPENED,
    Yardstick,
    average,
    missing_to_norm,
    sakhis_needed,
)
from storage.queries.asking import Row, Tables, column, columns, present, query, where
from storage.queries.groups import begun, begun_this_month, counted, first_account, members, overdue, pending, too_few

UNITS = ("whole", "district", "block", "cluster", "gram_panchayat", "village", "person")
"""What figures may be broken down by; of `whole` there is one row, of the others one per unit that has groups."""

Within = tuple[str, str]
"""(level, id) of the place that is looked at; with the level `person`, of who has formed the groups."""

LISTED = ("groups", "formed", "opened", "pending", "overdue", "too_few", "room", "uncounted")
"""Numbers of an overview that are numbers of groups: behind each is the list of exactly these."""

STATE = "state-"
"""Begins the name of the groups whose account is in one state."""

ORDERS = ("name", "members", "age")
"""What a list may be put in order by: the name, the smallest groups first, the oldest first."""


class TallyRow(Row):
    """The figures of one unit; `unit_id` None for groups whose unit is not known (nobody is said to have formed them).

    `averaged_*` are of the groups that count in the average. `room`: women that the unit's groups could still take in,
    `with_room` how many groups these are; `unknown` of so many groups nobody has told the number of women.
    """

    unit_id: str | None
    name: str | None
    name_hi: str | None
    groups: int
    members: int
    averaged_groups: int
    averaged_members: int
    formed: int
    opened: int
    pending: int
    overdue: int
    room: int
    with_room: int
    unknown: int

    @property
    def average(self) -> float | None:
        """Members per group; the norm of 15 is about this."""
        return average(self.averaged_members, self.averaged_groups)

    def missing(self, norm: int) -> int | None:
        """How many more women would bring the average of the whole unit to the norm; None for a single group."""
        return missing_to_norm(self.averaged_members, self.averaged_groups, norm)


class StateRow(Row):
    """Groups whose account is in one state, those that wait by how long the group has been there (see AGES).

    `late_at_bank`: handed in longer ago than the norm allows, and not answered.
    """

    state: str
    groups: int
    within: int
    to_30: int
    to_90: int
    over_90: int
    late_at_bank: int


class MonthRow(Row):
    """Groups that began in a month."""

    month: date
    groups: int


class CoverageRow(Row):
    """A bank branch, the groups of the area at it, and its bank sakhis; `branch_id` None: no branch chosen or serving.

    A group is counted once: at the branch of its account, else at the one that serves its village.
    """

    branch_id: str | None
    bank_name: str | None
    name: str | None
    name_hi: str | None
    groups: int
    sakhis: int

    def needed(self, per_sakhi: int) -> int:
        return sakhis_needed(self.groups, per_sakhi) if self.branch_id else 0

    def missing(self, per_sakhi: int) -> int:
        return max(0, self.needed(per_sakhi) - self.sakhis)


class ListedRow(Row):
    """A group behind a number. No woman's name, no account number."""

    id: str
    name: str
    search_key: str
    village_name: str | None
    village_name_hi: str | None
    members: int
    begun_on: date
    state: str
    pending: bool

    def place(self, order: str) -> tuple[Any, str]:
        """Where a page in this order ends with this row."""
        return {"name": self.search_key, "members": self.members, "age": self.begun_on}[order], self.id


def whole_of(rows: Iterable[TallyRow]) -> TallyRow:
    """The figures of all units together: every group is in exactly one of them."""
    numbers = [name for name in TallyRow.model_fields if name not in ("unit_id", "name", "name_hi")]
    every = list(rows)
    sums = {name: sum(getattr(row, name) for row in every) for name in numbers}
    return TallyRow(unit_id=None, name=None, name_hi=None, **sums)


READ = ("Shg", "SavingsAccount", "Place")


@query(TallyRow, kinds=(*READ, "Person"))
def tally(tables: Tables, *, measure: Yardstick, by: str = "whole", within: Within | None = None) -> Select[Any]:
    """The figures of every unit of a kind (one of UNITS) within a place, or within all that is held here."""
    shgs, places, account = tables["Shg"], tables["Place"], tables["SavingsAccount"].alias("account")
    panchayats = tables["Place"].alias("panchayat")
    unit = unit_of(tables, shgs, places, panchayats, by)
    there = shgs.outerjoin(account, first_account(shgs, account))
    if by not in ("whole", "person", "village") or within is not None:
        there = there.outerjoin(places, places.c.id == shgs.c.village_id)
    if by == "cluster":
        there = there.outerjoin(panchayats, panchayats.c.id == places.c.gram_panchayat_id)
    averaged = literal(True) if measure.special_counts else shgs.c.group_type.is_distinct_from("special")
    women = members(shgs)
    room = _with_room(shgs, measure)
    figures: dict[str, ColumnElement[Any]] = {
        "groups": func.count(shgs.c.id),
        "members": _sum(women),
        "averaged_groups": how_many(averaged),
        "averaged_members": _sum(case((averaged, women), else_=0)),
        "formed": how_many(begun_this_month(shgs, measure)),
        "opened": how_many(account.c.state.in_(OPENED)),
        "pending": how_many(pending(shgs, account)),
        "overdue": how_many(overdue(shgs, account, measure)),
        "room": _sum(case((room, measure.most - women), else_=0)),
        "with_room": how_many(room),
        "unknown": how_many(women == 0),
    }
    told = [value.label(name) for name, value in figures.items()]
    counts: Any = select(*([] if unit is None else [unit.label("unit_id")]), *told).select_from(there)
    counts = where(counts, counted(shgs), inside_of(tables, shgs, places, within))
    if unit is None:
        return select(null().label("unit_id"), null().label("name"), null().label("name_hi"), *counts.subquery("of").c)
    per = counts.group_by(unit).subquery("per")
    named = tables["Person" if by == "person" else "Place"].alias("unit")
    return (
        select(per.c.unit_id, column(named, "name"), column(named, "name_hi"), *[per.c[name] for name in figures])
        .select_from(per.outerjoin(named, named.c.id == per.c.unit_id))
        .order_by(named.c.search_key.is_(None), named.c.search_key, per.c.unit_id)
    )


@query(StateRow, kinds=READ)
def tally_accounts(tables: Tables, *, measure: Yardstick, within: Within | None = None) -> Select[Any]:
    """How far the accounts of an area are, and how long those that are pending have been."""
    shgs, places, account = tables["Shg"], tables["Place"], tables["SavingsAccount"].alias("account")
    state = _state(shgs, account).label("state")
    waits = pending(shgs, account)
    since = measure.today - timedelta(days=measure.pending_days)
    late = and_(waits, account.c.state == "submitted", account.c.submitted_on < since)
    there = shgs.outerjoin(account, first_account(shgs, account))
    if within is not None:
        there = there.outerjoin(places, places.c.id == shgs.c.village_id)
    each = where(
        select(state, case((waits, _age(shgs, measure)), else_="").label("age"), late.label("late")).select_from(there),
        counted(shgs),
        inside_of(tables, shgs, places, within),
    ).subquery("each")
    counts: Any = select(
        each.c.state,
        func.count().label("groups"),
        *(how_many(each.c.age == age).label(age) for age in AGES),
        how_many(each.c.late).label("late_at_bank"),
    )
    told: Select[Any] = counts.group_by(each.c.state).order_by(each.c.state)
    return told


@query(MonthRow, kinds=("Shg", "Place"))
def tally_months(tables: Tables, *, months: Sequence[date], within: Within | None = None) -> Select[Any]:
    """Groups by the month in which they began. `months`: first days, rising; the last one ends what is asked for."""
    shgs, places = tables["Shg"], tables["Place"]
    begun_on, days = begun(shgs), shgs.c.formed_on.type
    # No arithmetic with days in SQL: the engines do it differently.
    month = case(*((begun_on >= first, literal(first, days)) for first in reversed(months[:-1])))
    there = shgs if within is None else shgs.outerjoin(places, places.c.id == shgs.c.village_id)
    each = where(
        select(month.label("month")).select_from(there),
        counted(shgs),
        and_(begun_on >= months[0], begun_on < months[-1]),
        inside_of(tables, shgs, places, within),
    ).subquery("each")
    return select(each.c.month, func.count().label("groups")).group_by(each.c.month).order_by(each.c.month)


@query(CoverageRow, kinds=(*READ, "BankBranch", "ServiceArea", "Assignment"))
def tally_coverage(tables: Tables, *, today: date, within: Within | None = None) -> Select[Any]:
    """Groups and bank sakhis by branch; the branches with most groups first."""
    shgs, places, account = tables["Shg"], tables["Place"], tables["SavingsAccount"].alias("account")
    branches, serving = tables["BankBranch"], _serving(tables)
    there = (
        shgs.outerjoin(account, first_account(shgs, account))
        .outerjoin(serving, serving.c.village_id == shgs.c.village_id)
        .outerjoin(places, places.c.id == shgs.c.village_id)
    )
    at = func.coalesce(account.c.branch_id, serving.c.branch_id)
    per = (
        where(
            select(at.label("branch_id"), func.count(shgs.c.id).label("groups")).select_from(there),
            counted(shgs),
            inside_of(tables, shgs, places, within),
        )
        .group_by(at)
        .subquery("per")
    )
    sakhis = _sakhis(tables, today)
    return (
        select(
            per.c.branch_id,
            *columns(branches, "bank_name", "name", "name_hi"),
            per.c.groups,
            func.coalesce(sakhis.c.sakhis, 0).label("sakhis"),
        )
        .select_from(
            per.outerjoin(branches, branches.c.id == per.c.branch_id).outerjoin(
                sakhis, sakhis.c.branch_id == per.c.branch_id
            )
        )
        .order_by(per.c.branch_id.is_(None), per.c.groups.desc(), branches.c.search_key, per.c.branch_id)
    )


@query(ListedRow, kinds=READ)
def list_tallied(
    tables: Tables,
    *,
    measure: Yardstick,
    what: str = "groups",
    within: Within | None = None,
    order: str = "name",
    limit: int = 50,
    after: tuple[Any, str] | None = None,
) -> Select[Any]:
    """The groups behind a number (one of LISTED, or STATE and a state of the account), `order` being one of ORDERS.

    `after`: (value of the order, id) of the last row of the page before.
    """
    shgs, places, account = tables["Shg"], tables["Place"], tables["SavingsAccount"].alias("account")
    orders: dict[str, ColumnElement[Any]] = {"name": shgs.c.search_key, "members": members(shgs), "age": begun(shgs)}
    by = orders[order]
    later = None if after is None else or_(by > after[0], and_(by == after[0], shgs.c.id > after[1]))
    chosen = select(
        *columns(shgs, "id", "name", "search_key"),
        column(places, "name", "village_name"),
        column(places, "name_hi", "village_name_hi"),
        members(shgs).label("members"),
        begun(shgs).label("begun_on"),
        _state(shgs, account).label("state"),
        pending(shgs, account).label("pending"),
    ).select_from(
        shgs.outerjoin(account, first_account(shgs, account)).outerjoin(places, places.c.id == shgs.c.village_id)
    )
    meant = _meant(shgs, account, measure, what)
    inside = inside_of(tables, shgs, places, within)
    return where(chosen, counted(shgs), inside, meant, later).order_by(by, shgs.c.id).limit(limit)


def _meant(shgs: FromClause, account: FromClause, measure: Yardstick, what: str) -> ColumnElement[bool] | None:
    women = members(shgs)
    meanings: dict[str, ColumnElement[bool] | None] = {
        "groups": None,
        "formed": begun_this_month(shgs, measure),
        "opened": account.c.state.in_(OPENED),
        "pending": pending(shgs, account),
        "overdue": overdue(shgs, account, measure),
        "too_few": too_few(shgs, measure),
        "room": _with_room(shgs, measure),
        "uncounted": women == 0,
    }
    return meanings[what] if what in meanings else _state(shgs, account) == what.removeprefix(STATE)


def _with_room(shgs: FromClause, measure: Yardstick) -> ColumnElement[bool]:
    """Groups with `room_in`."""
    women = members(shgs)
    return and_(women > 0, women < measure.most, shgs.c.group_type.is_distinct_from("special"))


def _state(shgs: FromClause, account: FromClause) -> ColumnElement[str]:
    stands = func.coalesce(account.c.state, "not_started")
    return case((shgs.c.account_needed.is_(False), "not_needed"), else_=stands)


def how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _sum(value: ColumnElement[Any]) -> ColumnElement[int]:
    # PostgreSQL adds up wide numbers as decimal ones, slowly.
    return func.coalesce(func.sum(cast(value, Integer)), 0)


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


def _age(shgs: FromClause, measure: Yardstick) -> ColumnElement[str]:
    """`age_band`, by the day on which a band begins."""
    ends = (measure.pending_days, *AGE_ENDS)
    bands = [(begun(shgs) >= measure.today - timedelta(days=end), band) for band, end in zip(AGES, ends, strict=False)]
    return case(*bands, else_=AGES[-1])


def _serving(tables: Tables) -> Subquery:
    """One branch for every village that is served: that with the smallest id."""
    areas = tables["ServiceArea"]
    return (
        select(areas.c.village_id, func.min(areas.c.branch_id).label("branch_id"))
        .where(present(areas))
        .group_by(areas.c.village_id)
        .subquery("serving")
    )


def _sakhis(tables: Tables, today: date) -> Subquery:
    """How many bank sakhis work at a branch on a day."""
    works = tables["Assignment"]
    return (
        select(works.c.branch_id, func.count(works.c.person_id.distinct()).label("sakhis"))
        .where(
            works.c.role == "bank_sakhi",
            present(works),
            works.c.from_on <= today,
            or_(works.c.to_on.is_(None), works.c.to_on >= today),
        )
        .group_by(works.c.branch_id)
        .subquery("sakhis")
    )


__all__ = [
    "LISTED",
    "ORDERS",
    "STATE",
    "UNITS",
    "CoverageRow",
    "ListedRow",
    "MonthRow",
    "StateRow",
    "TallyRow",
    "Within",
    "list_tallied",
    "tally",
    "tally_accounts",
    "tally_coverage",
    "tally_months",
    "whole_of",
]

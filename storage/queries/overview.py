"""The figures of an area, broken down by place or person. What they mean stands in `records/figures.py`; a test holds
both against each other, and phone and centre against each other on both engines.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    and_,
    case,
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
from storage.queries.groups import (
    account_state,
    begun,
    begun_this_month,
    counted,
    first_account,
    members,
    overdue,
    pending,
    with_room,
)
from storage.queries.units import Within, how_many, inside_of, total, unit_of


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
    room = with_room(shgs, measure)
    figures: dict[str, ColumnElement[Any]] = {
        "groups": func.count(shgs.c.id),
        "members": total(women),
        "averaged_groups": how_many(averaged),
        "averaged_members": total(case((averaged, women), else_=0)),
        "formed": how_many(begun_this_month(shgs, measure)),
        "opened": how_many(account.c.state.in_(OPENED)),
        "pending": how_many(pending(shgs, account)),
        "overdue": how_many(overdue(shgs, account, measure)),
        "room": total(case((room, measure.most - women), else_=0)),
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
    state = account_state(shgs, account).label("state")
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

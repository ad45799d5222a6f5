"""Questions of the fortnightly review beside the figures of the overview: what has come about since the last one, what
waits for a decision, who works in a block. What the figures mean is said in `records/figures.py`."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, func, not_, null, or_, select

from records.figures import OPENED
from storage.queries.asking import Row, Tables, column, columns, present, query, where
from storage.queries.groups import TELLS_LITTLE, begun, counted, first_account
from storage.queries.portal import elsewhere, to_enter
from storage.queries.units import Within, how_many, inside_of, unit_of


class LatelyRow(Row):
    """Of one unit: groups begun and accounts opened from a day to another, groups to be entered on the portal, and
    those that the portal has been found to say the same of; `unit_id` None for groups whose unit is not known."""

    unit_id: str | None
    formed: int
    opened: int
    to_enter: int
    verified: int


class ToDecideRow(Row):
    """What waits for somebody's decision: values in conflict, groups that may be one, groups with a fault to mend."""

    conflicts: int
    doubles: int
    marked: int


class OpenedRow(Row):
    """An account that was opened lately; of its number the last four digits."""

    id: str
    name: str
    village_name: str | None
    village_name_hi: str | None
    branch_name: str | None
    branch_name_hi: str | None
    typed_branch: str | None
    day: date
    account_last4: str | None


class WorkerRow(Row):
    """One role of somebody who works in a block."""

    id: str
    name: str
    name_hi: str | None
    role: str


@query(LatelyRow, kinds=("Shg", "SavingsAccount", "AccountStep", "Place"))
def tally_lately(
    tables: Tables, *, since: date, until: date, by: str = "whole", within: Within | None = None
) -> Select[Any]:
    """What has come about from `since` to `until`, both days counted, by a unit as in `tally`."""
    shgs, places, account = tables["Shg"], tables["Place"], tables["SavingsAccount"].alias("account")
    unit = unit_of(tables, shgs, places, places, by)
    there = shgs.outerjoin(places, places.c.id == shgs.c.village_id).outerjoin(account, first_account(shgs, account))
    opened = exists(select(tables["AccountStep"].c.id).where(_opened_between(tables, account, since, until)))
    told = [
        how_many(and_(begun(shgs) >= since, begun(shgs) <= until)).label("formed"),
        how_many(and_(account.c.state.in_(OPENED), opened)).label("opened"),
        how_many(and_(to_enter(shgs), not_(elsewhere(tables, shgs)))).label("to_enter"),
        how_many(shgs.c.portal_status == "verified").label("verified"),
    ]
    inside = (counted(shgs), inside_of(tables, shgs, places, within))
    counts: Any = select((null() if unit is None else unit).label("unit_id"), *told).select_from(there)
    counts = where(counts, *inside)
    chosen: Select[Any] = counts if unit is None else counts.group_by(unit).order_by(unit)
    return chosen


@query(ToDecideRow, kinds=("Shg", "Conflict", "Proposal", "Place"))
def count_to_decide(tables: Tables, *, within: Within | None = None) -> Select[Any]:
    """What waits for a decision in a place."""
    faulty = _groups_of(tables, tables["Shg"].alias("faulty"), within)
    shgs = tables["Shg"]

    def waiting(kind: str) -> Any:
        table = tables[kind]
        hers = table.c.shg_id.in_(_groups_of(tables, shgs.alias(f"of_{kind.lower()}"), within, present_only=True))
        return select(func.count(table.c.id)).where(table.c.state == "open", present(table), hers).scalar_subquery()

    marked = faulty.subquery("marked")
    return select(
        waiting("Conflict").label("conflicts"),
        waiting("Proposal").label("doubles"),
        select(func.count()).select_from(marked).scalar_subquery().label("marked"),
    )


@query(OpenedRow, kinds=("Shg", "SavingsAccount", "AccountStep", "BankBranch", "Place"))
def list_opened_lately(
    tables: Tables, *, since: date, until: date, within: Within | None = None, limit: int = 1000
) -> Select[Any]:
    """Accounts opened from `since` to `until`, the latest first."""
    shgs, places, account = tables["Shg"], tables["Place"], tables["SavingsAccount"].alias("account")
    branches, steps = tables["BankBranch"], tables["AccountStep"]
    day = func.max(steps.c.on_day).label("day")
    days = (
        select(steps.c.account_id, day)
        .where(steps.c.kind == "opened", steps.c.process == "savings", present(steps))
        .group_by(steps.c.account_id)
        .subquery("days")
    )
    there = (
        shgs.join(account, first_account(shgs, account))
        .join(days, days.c.account_id == account.c.id)
        .outerjoin(places, places.c.id == shgs.c.village_id)
        .outerjoin(branches, branches.c.id == account.c.branch_id)
    )
    chosen: Any = select(
        *columns(shgs, "id", "name"),
        column(places, "name", "village_name"),
        column(places, "name_hi", "village_name_hi"),
        column(branches, "name", "branch_name"),
        column(branches, "name_hi", "branch_name_hi"),
        *columns(account, "typed_branch", "account_last4"),
        days.c.day,
    ).select_from(there)
    lately = and_(account.c.state.in_(OPENED), days.c.day >= since, days.c.day <= until)
    opened: Any = where(chosen, counted(shgs), lately, inside_of(tables, shgs, places, within))
    listed: Select[Any] = opened.order_by(days.c.day.desc(), shgs.c.search_key, shgs.c.id).limit(limit)
    return listed


@query(WorkerRow, kinds=("Person", "Assignment", "Place", "BankBranch"))
def list_workers(tables: Tables, *, block_id: str, today: date) -> Select[Any]:
    """Who works in a block today, by name, once for each role: at the block, in a panchayat, at a branch."""
    people, works = tables["Person"], tables["Assignment"]
    places, branches = tables["Place"].alias("workplace"), tables["BankBranch"].alias("branch")
    there = (
        works.join(people, people.c.id == works.c.person_id)
        .outerjoin(places, places.c.id == works.c.place_id)
        .outerjoin(branches, branches.c.id == works.c.branch_id)
    )
    now = and_(present(works), works.c.from_on <= today, or_(works.c.to_on.is_(None), works.c.to_on >= today))
    in_block = or_(works.c.place_id == block_id, places.c.block_id == block_id, branches.c.block_id == block_id)
    chosen = select(*columns(people, "id", "name", "name_hi"), works.c.role, people.c.search_key).select_from(there)
    once = chosen.where(now, in_block, present(people)).distinct().subquery("workers")
    return select(once.c.id, once.c.name, once.c.name_hi, once.c.role).order_by(
        once.c.search_key, once.c.id, once.c.role
    )  # fmt: skip


def _opened_between(tables: Tables, account: FromClause, since: date, until: date) -> ColumnElement[bool]:
    steps = tables["AccountStep"]
    savings = and_(steps.c.kind == "opened", steps.c.process == "savings", present(steps))
    return and_(steps.c.account_id == account.c.id, savings, steps.c.on_day >= since, steps.c.on_day <= until)


def _groups_of(tables: Tables, shgs: FromClause, within: Within | None, *, present_only: bool = False) -> Select[Any]:
    """Ids of groups of a place: all that are there, or those that count and have a fault to mend."""
    places = tables["Place"].alias(f"place_of_{shgs.description}")
    chosen = select(shgs.c.id).select_from(shgs.outerjoin(places, places.c.id == shgs.c.village_id))
    faulty = and_(shgs.c.marks.is_not(None), *(shgs.c.marks != marks for marks in TELLS_LITTLE))
    return where(
        chosen, inside_of(tables, shgs, places, within), present(shgs) if present_only else and_(counted(shgs), faulty)
    )

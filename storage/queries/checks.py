"""Questions about what was checked: groups that wait for a second person, and those that were returned."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, or_, select

from storage.queries.asking import Row, Tables, column, columns, present, query, where
from storage.queries.groups import by_itself, counted


class ReturnedRow(Row):
    """A group that was returned and not answered: why, by whom. `id` is the check's."""

    id: str
    shg_id: str
    shg_name: str | None
    reason: str | None
    on_day: date
    checker_name: str | None
    checker_name_hi: str | None
    seen: str | None


class LastCheckRow(Row):
    """The last look at a group of one sort (`what`), by whom, and how the group or its account stood (`seen`)."""

    id: str
    what: str
    result: str
    on_day: date
    checker_name: str | None
    checker_name_hi: str | None
    mended: bool
    seen: str | None


class UncheckedRow(Row):
    """A group that waits to be approved. `reason`: why it was returned before, and `seen` how it stood then; its author
    has answered since."""

    id: str
    name: str
    village_name: str | None
    village_name_hi: str | None
    formed_on: date
    formed_by_name: str | None
    formed_by_name_hi: str | None
    roster_count: int | None
    declared_members: int | None
    account_needed: bool
    marks: tuple[str, ...]
    reason: str | None
    seen: str | None


@query(ReturnedRow, kinds=("Check", "Shg", "Person"))
def list_returned(
    tables: Tables, *, panchayats: Iterable[str] | None = None, shg_id: str | None = None, limit: int = 20
) -> Select[Any]:
    """The groups whose last approval was a return that nobody has answered, the latest first; of some gram panchayats,
    or of one group. A group that was joined to another is checked as that one."""
    checks, shgs, people, places = tables["Check"], tables["Shg"], tables["Person"], tables["Place"]
    chosen = select(
        *columns(checks, "id", "shg_id", "reason", "on_day", "seen"),
        column(shgs, "name", "shg_name"),
        column(people, "name", "checker_name"),
        column(people, "name_hi", "checker_name_hi"),
    ).select_from(
        checks.join(shgs, shgs.c.id == checks.c.shg_id)
        .outerjoin(people, people.c.id == checks.c.by_id)
        .outerjoin(places, places.c.id == shgs.c.village_id)
    )
    waits = and_(is_last(tables, checks), checks.c.result == "returned", checks.c.mended.is_not(True))
    there = None if panchayats is None else places.c.gram_panchayat_id.in_(sorted(panchayats))
    of_group = None if shg_id is None else checks.c.shg_id == shg_id
    found = where(chosen, waits, present(shgs), by_itself(shgs), there, of_group)
    return found.order_by(checks.c.id.desc()).limit(limit)


@query(UncheckedRow, kinds=("Check", "Shg", "Place", "Person"))
def list_unchecked(tables: Tables, *, since: date, but: str = "", limit: int = 50) -> Select[Any]:
    """Groups formed since a day that nobody has approved or returned, and whatever was answered after a return, the
    oldest first. A group that is the same as another is checked as that one; `but` leaves out what she has formed
    herself."""
    checks, shgs = tables["Check"].alias("checked"), tables["Shg"]
    places, people = tables["Place"], tables["Person"]
    last = and_(checks.c.shg_id == shgs.c.id, is_last(tables, checks))
    chosen = select(
        *columns(shgs, "id", "name", "formed_on", "roster_count", "declared_members", "account_needed", "marks"),
        column(places, "name", "village_name"),
        column(places, "name_hi", "village_name_hi"),
        column(people, "name", "formed_by_name"),
        column(people, "name_hi", "formed_by_name_hi"),
        *columns(checks, "reason", "seen"),
    ).select_from(
        shgs.outerjoin(places, places.c.id == shgs.c.village_id)
        .outerjoin(people, people.c.id == shgs.c.formed_by_id)
        .outerjoin(checks, last)
    )
    fresh = and_(checks.c.id.is_(None), shgs.c.formed_on >= since)
    answered = and_(checks.c.result == "returned", checks.c.mended.is_(True))
    others = or_(shgs.c.formed_by_id.is_(None), shgs.c.formed_by_id != but) if but else None
    found = where(chosen, counted(shgs), or_(fresh, answered), others)
    return found.order_by(shgs.c.formed_on, shgs.c.id).limit(limit)


@query(LastCheckRow, kinds=("Check", "Person"))
def list_last_checks(tables: Tables, *, shg_id: str) -> Select[Any]:
    """The last look at one group of each sort, as far as anybody has looked."""
    checks, people, later = tables["Check"], tables["Person"], tables["Check"].alias("later")
    chosen = select(
        *columns(checks, "id", "what", "result", "on_day", "mended", "seen"),
        column(people, "name", "checker_name"),
        column(people, "name_hi", "checker_name_hi"),
    ).select_from(checks.outerjoin(people, people.c.id == checks.c.by_id))
    of_sort = and_(later.c.shg_id == checks.c.shg_id, later.c.what == checks.c.what, later.c.id > checks.c.id)
    last = ~exists(select(later.c.id).where(of_sort, present(later)))
    return chosen.where(checks.c.shg_id == shg_id, present(checks), last).order_by(checks.c.id)


def is_last(tables: Tables, checks: FromClause, what: str = "approval") -> ColumnElement[bool]:
    """Whether a check is the last of its group, of those that look at one thing: ids grow with time."""
    later = tables["Check"].alias("later")
    of_group = and_(later.c.shg_id == checks.c.shg_id, later.c.what == what)
    beyond = and_(of_group, later.c.id > checks.c.id, present(later))
    return and_(checks.c.what == what, present(checks), ~exists(select(later.c.id).where(beyond)))

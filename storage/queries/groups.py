"""Questions about self-help groups."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, exists, func, or_, select

from records.figures import NOT_PENDING, Yardstick, month_begins
from records.record import fields_of
from records.shg import Shg
from storage.queries.asking import (
    After,
    Row,
    Tables,
    best_first,
    beyond,
    column,
    columns,
    likely,
    likeness,
    present,
    query,
    resembling,
    where,
)
from storage.queries.asking import deleted as only_deleted
from storage.queries.conflicts import undecided

NEEDS = ("mending", "pending", "overdue", "too_few", "unsent", "formed")
"""What a list of groups may be narrowed to; what each means stands in `needing`."""

TELLS_LITTLE = ((), ("too_few_members",))
"""Marks of a group that are no fault to mend by themselves: none, and the count that has its own list."""


class GroupRow(Row):
    """A line of the list of groups; `account_state` None where no account has been begun or it is not held here."""

    id: str
    name: str
    search_key: str
    likeness: int
    village_id: str
    village_name: str | None
    village_name_hi: str | None
    gram_panchayat_id: str | None
    formed_on: date
    restarted_on: date | None
    roster_count: int | None
    declared_members: int | None
    account_state: str | None
    account_needed: bool
    active: bool
    canonical_id: str | None
    marks: tuple[str, ...]
    unsent: int

    @property
    def place(self) -> After:
        """Where a page ends with this row."""
        return self.likeness, self.search_key, self.id


class JoinedRow(Row):
    """A group that was joined to another."""

    id: str
    name: str
    roster_count: int | None
    declared_members: int | None


class CountRow(Row):
    """How many there are."""

    count: int


@query(GroupRow, kinds=("Shg", "Member", "SavingsAccount", "AccountStep", "Place", "Conflict"))
def list_groups(
    tables: Tables,
    *,
    search: str = "",
    village_id: str | None = None,
    panchayats: Iterable[str] | None = None,
    needs: str = "",
    measure: Yardstick | None = None,
    besides: Iterable[str] = (),
    deleted: bool = False,
    limit: int = 50,
    after: After | None = None,
) -> Select[Any]:
    """Groups by name, in a search those that fit best first, `limit` at a time; `after` is where the page before ended.

    `panchayats` keeps to those of some gram panchayats; `needs`, `measure` and `besides` as in `needing`. `deleted`:
    those that were deleted, instead of the others. Groups that were joined to another are found by a search only.
    """
    shgs, places, account = tables["Shg"], tables["Place"], tables["SavingsAccount"].alias("account")
    chosen = select(
        *columns(shgs, "id", "name", "search_key", "village_id", "formed_on", "restarted_on", "roster_count"),
        *columns(shgs, "declared_members", "account_needed", "active", "canonical_id", "marks", "unsent"),
        likeness(shgs, search).label("likeness"),
        column(places, "name", "village_name"),
        column(places, "name_hi", "village_name_hi"),
        column(places, "gram_panchayat_id"),
        column(account, "state", "account_state"),
    ).select_from(_with_account(shgs, places, account))
    listed = _listed(tables, shgs, places, account, search, village_id, panchayats, needs, measure, besides, deleted)
    return where(chosen, listed, beyond(shgs, after, search)).order_by(*best_first(shgs, search)).limit(limit)


@query(CountRow, kinds=("Shg", "Member", "SavingsAccount", "AccountStep", "Conflict"))
def count_groups(
    tables: Tables,
    *,
    search: str = "",
    village_id: str | None = None,
    panchayats: Iterable[str] | None = None,
    needs: str = "",
    measure: Yardstick | None = None,
    besides: Iterable[str] = (),
    deleted: bool = False,
) -> Select[Any]:
    """How many groups `list_groups` would list in all."""
    shgs, places, account = tables["Shg"], tables["Place"], tables["SavingsAccount"].alias("account")
    listed = _listed(tables, shgs, places, account, search, village_id, panchayats, needs, measure, besides, deleted)
    found: FromClause = shgs
    if needs or panchayats is not None:
        found = _with_account(shgs, places, account)
    return select(func.count().label("count")).select_from(found).where(listed)


@query(Shg, kinds=("Shg",))
def find_shg(tables: Tables, *, id: str) -> Select[Any]:
    """One group, a deleted one too, so that it can be restored."""
    shgs = tables["Shg"]
    return select(*columns(shgs, "id", *fields_of(Shg))).where(shgs.c.id == id)


@query(JoinedRow, kinds=("Shg",))
def list_joined(tables: Tables, *, shg_id: str) -> Select[Any]:
    """The groups that were joined to one, by name."""
    shgs, own = tables["Shg"], tables["Shg"].alias("own")
    # By the link, whichever way it points: what both are counted as is no index of the centre.
    named = select(own.c.same_as).where(own.c.id == shg_id).scalar_subquery()
    linked = or_(shgs.c.same_as == shg_id, shgs.c.id == named)
    chosen = select(*columns(shgs, "id", "name", "roster_count", "declared_members"))
    joined = and_(linked, shgs.c.canonical_id == shg_id, shgs.c.id != shg_id)
    return where(chosen, present(shgs), joined).order_by(shgs.c.search_key, shgs.c.id)


def first_account(shgs: FromClause, account: FromClause) -> ColumnElement[bool]:
    """The account to show with a group: its first. That one's id is a UUID of version 5, further ones are of 7."""
    return and_(account.c.shg_id == shgs.c.id, present(account), likely(func.substr(account.c.id, 13, 1) == "5"))


# --- what the figures mean, in SQL: `records/figures.py` says the same, and a test holds both against each other


def counted(shgs: FromClause) -> ColumnElement[bool]:
    """`is_counted`."""
    return and_(present(shgs), shgs.c.active.is_not(False), by_itself(shgs))


def by_itself(shgs: FromClause) -> ColumnElement[bool]:
    """Not `is_joined`."""
    return likely(or_(shgs.c.canonical_id.is_(None), shgs.c.canonical_id == shgs.c.id))


def pending(shgs: FromClause, account: FromClause) -> ColumnElement[bool]:
    """`is_pending`, of a group that counts."""
    state = func.coalesce(account.c.state, "not_started")
    return and_(shgs.c.account_needed.is_not(False), state.not_in(NOT_PENDING))


def begun(shgs: FromClause) -> ColumnElement[date]:
    """`begun_on`."""
    found: ColumnElement[date] = func.coalesce(shgs.c.restarted_on, shgs.c.formed_on)
    return found


def overdue(shgs: FromClause, account: FromClause, measure: Yardstick) -> ColumnElement[bool]:
    """Pending, and older than the norm: begun before the day that lies so many days back."""
    return and_(pending(shgs, account), begun(shgs) < measure.today - timedelta(days=measure.pending_days))


def members(shgs: FromClause) -> ColumnElement[int]:
    """`members_of`."""
    return func.coalesce(func.nullif(shgs.c.roster_count, 0), shgs.c.declared_members, 0)


def too_few(shgs: FromClause, measure: Yardstick) -> ColumnElement[bool]:
    """`is_too_few`, by the norm for the group's type."""
    least = case((shgs.c.group_type == "special", measure.least_special), else_=measure.least)
    return and_(members(shgs) > 0, members(shgs) < least)


def with_room(shgs: FromClause, measure: Yardstick) -> ColumnElement[bool]:
    """Groups with `room_in`."""
    women = members(shgs)
    return and_(women > 0, women < measure.most, shgs.c.group_type.is_distinct_from("special"))


def account_state(shgs: FromClause, account: FromClause) -> ColumnElement[str]:
    """The state of a group's first account, one of STATES; `not_needed` where it needs none."""
    stands = func.coalesce(account.c.state, "not_started")
    return case((shgs.c.account_needed.is_(False), "not_needed"), else_=stands)


def begun_this_month(shgs: FromClause, measure: Yardstick) -> ColumnElement[bool]:
    """`is_begun_this_month`."""
    return and_(begun(shgs) >= month_begins(measure.today), begun(shgs) <= measure.today)


def needing(
    tables: Tables, shgs: FromClause, account: FromClause, needs: str, measure: Yardstick, besides: Iterable[str] = ()
) -> ColumnElement[bool]:
    """Groups that need something, by one of NEEDS.

    `mending`: marks that tell of a fault, or values in conflict, of a group that is not joined to another; `besides`
    are the ids of groups with work that the centre did not take, which only the phone's outbox knows. `unsent`:
    something of the group or below it is not sent.
    """
    if needs == "mending":
        conflicts = tables["Conflict"]
        open_ones = exists(
            select(conflicts.c.id).where(conflicts.c.shg_id == shgs.c.id, undecided(conflicts), present(conflicts))
        )
        faulty = and_(shgs.c.marks.is_not(None), *(shgs.c.marks != marks for marks in TELLS_LITTLE))
        return or_(and_(by_itself(shgs), or_(faulty, open_ones)), shgs.c.id.in_(sorted(besides)))
    if needs == "unsent":
        return _with_unsent(tables, shgs)
    meaning = {
        "pending": lambda: pending(shgs, account),
        "overdue": lambda: overdue(shgs, account, measure),
        "too_few": lambda: too_few(shgs, measure),
        "formed": lambda: begun_this_month(shgs, measure),
    }
    return and_(counted(shgs), meaning[needs]())


def _with_unsent(tables: Tables, shgs: FromClause) -> ColumnElement[bool]:
    members_, accounts, steps = tables["Member"], tables["SavingsAccount"], tables["AccountStep"]
    of_steps = select(accounts.c.shg_id).join_from(steps, accounts, accounts.c.id == steps.c.account_id)
    return or_(
        shgs.c.unsent != 0,
        shgs.c.id.in_(select(members_.c.shg_id).where(members_.c.unsent != 0)),
        shgs.c.id.in_(select(accounts.c.shg_id).where(accounts.c.unsent != 0)),
        shgs.c.id.in_(of_steps.where(steps.c.unsent != 0)),
    )


def _with_account(shgs: FromClause, places: FromClause, account: FromClause) -> FromClause:
    return shgs.outerjoin(places, places.c.id == shgs.c.village_id).outerjoin(account, first_account(shgs, account))


def _listed(
    tables: Tables,
    shgs: FromClause,
    places: FromClause,
    account: FromClause,
    search: str,
    village_id: str | None,
    panchayats: Iterable[str] | None,
    needs: str,
    measure: Yardstick | None,
    besides: Iterable[str],
    deleted: bool,
) -> ColumnElement[bool]:
    conditions = [only_deleted(shgs) if deleted else present(shgs)]
    if (found := resembling(shgs, search)) is not None:
        conditions.append(found)
    elif not (needs or deleted):
        conditions.append(by_itself(shgs))
    if village_id is not None:
        conditions.append(shgs.c.village_id == village_id)
    if panchayats is not None:
        conditions.append(places.c.gram_panchayat_id.in_(sorted(panchayats)))
    if needs:
        assert measure is not None
        conditions.append(needing(tables, shgs, account, needs, measure, besides))
    return and_(*conditions)

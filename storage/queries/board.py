"""The branch day board: groups with business at a bank branch, by what blocks their account, the oldest first."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, exists, func, or_, select, union_all

from records.account_work import BLOCKERS, states_of
from storage.queries.asking import Row, Tables, column, columns, present, query, where
from storage.queries.groups import begun, counted, first_account

NO_BRANCH = "none"
"""In the place of a branch's id: groups whose branch nobody has chosen, in villages that no branch is said to serve."""


class BoardRow(Row):
    """A group and where its account stands. No member's name, no number: of offices only whether they are filled.

    `begun_on` counts its age; `step_on` is the day of the step that it stands at, `reason` why the bank returned it.
    """

    id: str
    name: str
    village_name: str | None
    village_name_hi: str | None
    begun_on: date
    state: str
    submitted_on: date | None
    step_on: date | None
    reason: str | None
    branch_id: str | None
    branch_name: str | None
    branch_name_hi: str | None
    typed_branch: str | None
    president: bool
    secretary: bool
    treasurer: bool
    president_signs: bool | None
    secretary_signs: bool | None
    treasurer_signs: bool | None
    unsent: int

    @property
    def bearers(self) -> int:
        """How many of the three offices are filled."""
        return sum((self.president, self.secretary, self.treasurer))

    @property
    def signatories(self) -> int:
        return sum(bool(signs) for signs in (self.president_signs, self.secretary_signs, self.treasurer_signs))


class BlockerRow(Row):
    """How many accounts of one state there are."""

    state: str
    count: int


class BoardBranchRow(Row):
    """A branch at which groups of this copy have business; `pending` of them have no account yet."""

    id: str
    bank_name: str
    name: str
    name_hi: str | None
    pending: int


@query(BoardRow, kinds=("Shg", "SavingsAccount", "AccountStep", "BankBranch", "ServiceArea", "Place"))
def list_board(
    tables: Tables,
    *,
    branch_id: str | None = None,
    panchayats: Iterable[str] | None = None,
    blocker: str = "",
    limit: int = 50,
    after: tuple[date, str] | None = None,
) -> Select[Any]:
    """The board of a branch, of NO_BRANCH, or of all; `blocker` is one of BLOCKERS, "" for every pending account.

    `after`: (begun_on, id) of the last row of the page before.
    """
    shgs, account, places = _named(tables)
    branches, steps = tables["BankBranch"], tables["AccountStep"]
    state = _state(account)
    since = _last_step(tables, account, func.max(steps.c.on_day), steps.c.kind == account.c.state)
    returned = _last_step(tables, account, steps.c.reason, steps.c.kind == "returned")
    returned = returned.order_by(steps.c.on_day.desc(), steps.c.id.desc()).limit(1)
    offices = ("president", "secretary", "treasurer")
    chosen = select(
        *columns(shgs, "id", "name"),
        column(places, "name", "village_name"),
        column(places, "name_hi", "village_name_hi"),
        begun(shgs).label("begun_on"),
        state.label("state"),
        *columns(account, "submitted_on", "branch_id", "typed_branch"),
        since.scalar_subquery().label("step_on"),
        case((state == "returned", returned.scalar_subquery())).label("reason"),
        column(branches, "name", "branch_name"),
        column(branches, "name_hi", "branch_name_hi"),
        *(column(shgs, f"{office}_id").is_not(None).label(office) for office in offices),
        *columns(shgs, *(f"{office}_signs" for office in offices)),
        func.coalesce(account.c.unsent, 0).label("unsent"),
    ).select_from(_joined(shgs, account, places).outerjoin(branches, branches.c.id == account.c.branch_id))
    begun_on = begun(shgs)
    later = None
    if after is not None:
        later = or_(begun_on > after[0], and_(begun_on == after[0], shgs.c.id > after[1]))
    on_board = _on_board(tables, shgs, account, places, branch_id, panchayats)
    return where(chosen, on_board, state.in_(states_of(blocker)), later).order_by(begun_on, shgs.c.id).limit(limit)


@query(BlockerRow, kinds=("Shg", "SavingsAccount", "ServiceArea", "Place"))
def count_board(
    tables: Tables, *, branch_id: str | None = None, panchayats: Iterable[str] | None = None
) -> Select[Any]:
    """How many groups of the board are in each state that somebody can do something about."""
    shgs, account, places = _named(tables)
    state = _state(account)
    told: list[ColumnElement[Any]] = [state.label("state"), func.count().label("count")]
    counts: Select[Any] = (
        select(*told)
        .select_from(_joined(shgs, account, places))
        .where(_on_board(tables, shgs, account, places, branch_id, panchayats), state.in_(list(BLOCKERS)))
        .group_by(state)
    )
    return counts


@query(BoardBranchRow, kinds=("Shg", "SavingsAccount", "BankBranch", "ServiceArea", "Place"))
def list_board_branches(
    tables: Tables, *, panchayats: Iterable[str] | None = None, among: Iterable[str] | None = None
) -> Select[Any]:
    """Branches at which there is something to do, those with most of it first; `among`: of these and no others."""
    shgs, account, places = _named(tables)
    branches, areas = tables["BankBranch"], tables["ServiceArea"]
    waits = and_(_on_board(tables, shgs, account, places, None, panchayats), _state(account).in_(states_of("")))
    there = _joined(shgs, account, places)
    by_account = select(account.c.branch_id.label("branch_id"), shgs.c.id.label("shg_id")).select_from(there)
    by_village = select(areas.c.branch_id, shgs.c.id).select_from(there.join(areas, areas.c.village_id == places.c.id))
    each = union_all(
        by_account.where(waits, account.c.branch_id.is_not(None)),
        by_village.where(waits, account.c.branch_id.is_(None), present(areas)),
    ).subquery("each")
    counts = select(each.c.branch_id, func.count(each.c.shg_id.distinct()).label("pending")).group_by(each.c.branch_id)
    per = counts.subquery("per")
    pending = func.coalesce(per.c.pending, 0)
    chosen = select(*columns(branches, "id", "bank_name", "name", "name_hi"), pending.label("pending"))
    wanted = pending > 0 if among is None else branches.c.id.in_(sorted(among))
    return (
        chosen.select_from(branches.outerjoin(per, per.c.branch_id == branches.c.id))
        .where(present(branches), wanted)
        .order_by(pending.desc(), branches.c.search_key, branches.c.id)
    )


def _named(tables: Tables) -> tuple[FromClause, FromClause, FromClause]:
    return tables["Shg"], tables["SavingsAccount"].alias("account"), tables["Place"]


def _joined(shgs: FromClause, account: FromClause, places: FromClause) -> FromClause:
    return shgs.outerjoin(places, places.c.id == shgs.c.village_id).outerjoin(account, first_account(shgs, account))


def _state(account: FromClause) -> ColumnElement[str]:
    return func.coalesce(account.c.state, "not_started")


def _on_board(
    tables: Tables,
    shgs: FromClause,
    account: FromClause,
    places: FromClause,
    branch_id: str | None,
    panchayats: Iterable[str] | None,
) -> ColumnElement[bool]:
    conditions = [counted(shgs), shgs.c.account_needed.is_not(False)]
    if panchayats is not None:
        conditions.append(places.c.gram_panchayat_id.in_(sorted(panchayats)))
    if branch_id is not None:
        areas = tables["ServiceArea"]
        serving = select(areas.c.village_id).where(present(areas))
        unchosen = account.c.branch_id.is_(None)
        if branch_id == NO_BRANCH:
            conditions.append(and_(unchosen, or_(shgs.c.village_id.is_(None), shgs.c.village_id.not_in(serving))))
        else:
            served = shgs.c.village_id.in_(serving.where(areas.c.branch_id == branch_id))
            conditions.append(or_(account.c.branch_id == branch_id, and_(unchosen, served)))
    return and_(*conditions)


def _last_step(tables: Tables, account: FromClause, what: Any, condition: ColumnElement[bool]) -> Select[Any]:
    """Something of the steps of an account that nobody has cancelled."""
    steps = tables["AccountStep"]
    cancelling = tables["AccountStep"].alias("cancelling")
    cancelled = exists(
        select(cancelling.c.id).where(
            cancelling.c.account_id == steps.c.account_id, cancelling.c.cancels_id == steps.c.id
        )
    )
    return (
        select(what)
        .where(steps.c.account_id == account.c.id, steps.c.process == "savings", present(steps), condition, ~cancelled)
        .correlate(account)
    )


__all__ = [
    "NO_BRANCH",
    "BlockerRow",
    "BoardBranchRow",
    "BoardRow",
    "count_board",
    "list_board",
    "list_board_branches",
]

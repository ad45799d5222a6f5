"""The figures of a unit. What they mean is said in `records/figures.py`; a test holds both against each other."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, case, cast, func, select

from records.figures import OPENED, Yardstick, average
from records.norm import Norm
from records.record import fields_of
from storage.queries.asking import Row, Tables, columns, present, query
from storage.queries.groups import counted, first_account, members, overdue, pending


class FigureRow(Row):
    """Groups that count, their members, and how far their accounts are."""

    groups: int
    members: int
    pending: int
    overdue: int
    opened: int

    @property
    def average(self) -> float | None:
        """Members per group; the norm of 15 is about this."""
        return average(self.members, self.groups)


@query(FigureRow, kinds=("Shg", "SavingsAccount", "Place"))
def unit_figures(tables: Tables, *, today: date, block_id: str | None = None, pending_days: int = 7) -> Select[Any]:
    """The figures of a block, or of all that is held here. `pending_days` is the norm that holds today."""
    shgs, places, account = tables["Shg"], tables["Place"], tables["SavingsAccount"].alias("account")
    measure = Yardstick(today, pending_days)
    waits = pending(shgs, account)
    figures = (
        select(
            func.count(shgs.c.id).label("groups"),
            func.coalesce(func.sum(cast(members(shgs), Integer)), 0).label("members"),
            _how_many(waits).label("pending"),
            _how_many(overdue(shgs, account, measure)).label("overdue"),
            _how_many(account.c.state.in_(OPENED)).label("opened"),
        )
        .select_from(
            shgs.outerjoin(places, places.c.id == shgs.c.village_id).outerjoin(account, first_account(shgs, account))
        )
        .where(counted(shgs))
    )
    # Said once more as a Select of anything: the type checker has counted the columns.
    chosen: Select[Any] = figures if block_id is None else figures.where(places.c.block_id == block_id)  # type: ignore[assignment]
    return chosen


@query(Norm, kinds=("Norm",))
def list_norms(tables: Tables) -> Select[Any]:
    """All norms; `records.figures.norm_on` says which holds on a day."""
    norms = tables["Norm"]
    return select(*columns(norms, "id", *fields_of(Norm))).where(present(norms)).order_by(norms.c.from_on)


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

"""What waits today, in counts. Each is of exactly the groups that `list_groups` lists for the same need."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select

from records.figures import Yardstick
from storage.queries.asking import Row, Tables, present, query
from storage.queries.groups import counted, first_account, needing


class TodayRow(Row):
    """Counts of groups. `formed`: those of this month; `groups`: all that count."""

    mending: int
    pending: int
    overdue: int
    too_few: int
    formed: int
    groups: int


@query(TodayRow, kinds=("Shg", "SavingsAccount", "Place", "Conflict"))
def count_today(
    tables: Tables, *, measure: Yardstick, panchayats: Iterable[str] | None = None, besides: Iterable[str] = ()
) -> Select[Any]:
    """The counts of all that is held here, or of some gram panchayats; `besides` as in `needing`."""
    shgs, places, account = tables["Shg"], tables["Place"], tables["SavingsAccount"].alias("account")
    needs = {
        name: needing(tables, shgs, account, name, measure, besides)
        for name in ("mending", "pending", "overdue", "too_few", "formed")
    }
    counts = select(
        *(_how_many(condition).label(name) for name, condition in needs.items()),
        _how_many(counted(shgs)).label("groups"),
    ).select_from(
        shgs.outerjoin(places, places.c.id == shgs.c.village_id).outerjoin(account, first_account(shgs, account))
    )
    counts = counts.where(present(shgs))
    # Said once more as a Select of anything: the type checker has counted the columns.
    chosen: Select[Any] = counts  # type: ignore[assignment]
    return chosen if panchayats is None else chosen.where(places.c.gram_panchayat_id.in_(sorted(panchayats)))


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

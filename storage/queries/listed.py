"""The groups behind a number of the overview: exactly those that it counts."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, or_, select

from records.figures import OPENED, Yardstick
from storage.queries.asking import Row, Tables, column, columns, query, where
from storage.queries.groups import (
    account_state,
    begun,
    begun_this_month,
    counted,
    first_account,
    members,
    overdue,
    pending,
    too_few,
    with_room,
)
from storage.queries.samples import found_otherwise
from storage.queries.units import Within, inside_of

LISTED = ("groups", "formed", "opened", "pending", "overdue", "too_few", "room", "uncounted", "differs")
"""Numbers of an overview that are numbers of groups: behind each is the list of exactly these. `differs`: groups
that a sample found otherwise than entered, or whose account."""

STATE = "state-"
"""Begins the name of the groups whose account is in one state."""

ORDERS = ("name", "members", "age")
"""What a list may be put in order by: the name, the smallest groups first, the oldest first."""


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


@query(ListedRow, kinds=("Shg", "SavingsAccount", "Place", "Check"))
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
        account_state(shgs, account).label("state"),
        pending(shgs, account).label("pending"),
    ).select_from(
        shgs.outerjoin(account, first_account(shgs, account)).outerjoin(places, places.c.id == shgs.c.village_id)
    )
    meant = found_otherwise(tables, shgs, account) if what == "differs" else _meant(shgs, account, measure, what)
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
        "room": with_room(shgs, measure),
        "uncounted": women == 0,
    }
    return meanings[what] if what in meanings else account_state(shgs, account) == what.removeprefix(STATE)

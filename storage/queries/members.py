"""Questions about the women in a group."""

from datetime import date
from typing import Any

from sqlalchemy import Select, false, select

from records.member import Member
from records.record import fields_of
from storage.queries.asking import (
    After,
    Row,
    Tables,
    best_first,
    beyond,
    column,
    columns,
    likeness,
    present,
    query,
    resembling,
    where,
)
from storage.queries.asking import deleted as only_deleted


class MemberRow(Row):
    """A line of a group's roster."""

    id: str
    shg_id: str
    name: str
    guardian_name: str | None
    age: int | None
    mobile: str | None
    joined_on: date | None
    left_on: date | None
    unsent: int
    search_key: str


class FoundMemberRow(Row):
    """A woman found by her name, with the group she is in."""

    id: str
    name: str
    guardian_name: str | None
    left_on: date | None
    shg_id: str
    shg_name: str
    village_name: str | None
    village_name_hi: str | None
    search_key: str
    likeness: int

    @property
    def place(self) -> After:
        """Where a page ends with this row."""
        return self.likeness, self.search_key, self.id


@query(MemberRow, kinds=("Member", "Shg"))
def list_members(
    tables: Tables, *, shg_id: str, deleted: bool = False, limit: int = 50, after: tuple[str, str] | None = None
) -> Select[Any]:
    """The members of a group by name, those who left too; none of a group that is deleted or not held.

    `deleted`: those who were deleted, instead of the others.
    """
    members, shgs = tables["Member"], tables["Shg"]
    chosen = select(
        *columns(members, "id", "shg_id", "name", "guardian_name", "age", "mobile", "joined_on", "left_on"),
        *columns(members, "unsent", "search_key"),
    ).select_from(members.join(shgs, shgs.c.id == members.c.shg_id))
    kept = only_deleted(members) if deleted else present(members)
    conditions = (members.c.shg_id == shg_id, kept, present(shgs), beyond(members, after))
    return where(chosen, *conditions).order_by(members.c.search_key, members.c.id).limit(limit)


@query(FoundMemberRow, kinds=("Member", "Shg", "Place"))
def search_members(tables: Tables, *, search: str, limit: int = 50, after: After | None = None) -> Select[Any]:
    """Women of every group held here by name, those that fit best first; nobody while nothing is typed."""
    members, shgs, places = tables["Member"], tables["Shg"], tables["Place"]
    found = resembling(members, search)
    chosen = select(
        *columns(members, "id", "name", "guardian_name", "left_on", "shg_id", "search_key"),
        likeness(members, search).label("likeness"),
        column(shgs, "name", "shg_name"),
        column(places, "name", "village_name"),
        column(places, "name_hi", "village_name_hi"),
    ).select_from(members.join(shgs, shgs.c.id == members.c.shg_id).outerjoin(places, places.c.id == shgs.c.village_id))
    conditions = (false() if found is None else found, present(members), present(shgs), beyond(members, after, search))
    return where(chosen, *conditions).order_by(*best_first(members, search)).limit(limit)


@query(Member, kinds=("Member",))
def find_member(tables: Tables, *, id: str) -> Select[Any]:
    """One member, a deleted one too, so that she can be restored."""
    members = tables["Member"]
    return select(*columns(members, "id", *fields_of(Member))).where(members.c.id == id)

"""Questions about the mission's portal: what is still to be entered there and by whom, what stands only there, what
differs. What these mean is said in `records/portal.py`."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    and_,
    cast,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    union_all,
)

from storage.queries.asking import Row, Tables, beyond, column, columns, present, query, where
from storage.queries.groups import counted, first_account
from storage.queries.units import Within, inside_of

NOBODY = "nobody"
"""In the place of a person's id: groups of which nobody has said who formed them."""

STANDS = ("to_enter", "only_there", "differs")


class ToEnterRow(Row):
    """How much of a person's groups is still to be entered; `person_id` None where nobody formed them."""

    person_id: str | None
    person_name: str | None
    person_name_hi: str | None
    groups: int
    members: int
    accounts: int


class PortalRow(Row):
    """A group and how it stands beside the portal: itself, so many of its members, its account."""

    id: str
    name: str
    search_key: str
    village_name: str | None
    village_name_hi: str | None
    portal_code: str | None
    portal_status: str
    members: int
    account: bool


class MemberToEnterRow(Row):
    """A woman of a group's sheet and how she stands beside the portal."""

    id: str
    name: str
    portal_code: str | None
    portal_status: str


@query(ToEnterRow, kinds=("Shg", "Member", "SavingsAccount", "Place", "Person"))
def count_to_enter(tables: Tables, *, within: Within | None = None) -> Select[Any]:
    """What is to be entered in a place or in all that is held here, by who formed the groups, in the order of names."""
    people = tables["Person"]
    # Each part of one is asked under names of its own: the same sub-select may stand in a statement once.
    parts = union_all(*(_of_kind(tables, kind, within) for kind in ("Shg", "Member", "SavingsAccount"))).subquery(
        "parts"
    )
    # PostgreSQL adds up wide numbers as decimal ones.
    sums = [cast(func.sum(parts.c[name]), Integer).label(name) for name in ("groups", "members", "accounts")]
    totals = select(parts.c.person_id, *sums).group_by(parts.c.person_id).subquery("totals")
    return (
        select(
            totals.c.person_id,
            column(people, "name", "person_name"),
            column(people, "name_hi", "person_name_hi"),
            *(totals.c[name] for name in ("groups", "members", "accounts")),
        )
        .select_from(totals.outerjoin(people, people.c.id == totals.c.person_id))
        .order_by(func.coalesce(people.c.search_key, "~"), totals.c.person_id)
    )


@query(PortalRow, kinds=("Shg", "Member", "SavingsAccount", "Place"))
def list_beside_portal(
    tables: Tables,
    *,
    stands: str = "to_enter",
    person_id: str | None = None,
    limit: int = 50,
    after: tuple[str, str] | None = None,
) -> Select[Any]:
    """Groups by one of STANDS, by name.

    `to_enter`: the group, a member or its account is still to be entered. `only_there`: the portal's list has it and
    nobody here has registered it. `differs`: the portal says otherwise of the group, of a member or of the account.
    `person_id`: of one who formed them, or NOBODY.
    """
    shgs, places, account = tables["Shg"], tables["Place"], tables["SavingsAccount"].alias("account")
    members = tables["Member"].alias("members")
    wanted = differs if stands == "differs" else to_enter
    hers = and_(members.c.shg_id == shgs.c.id, here_now(members), wanted(members))
    how_many = select(func.count(members.c.id)).where(hers).scalar_subquery()
    its_account = func.coalesce(and_(account.c.id.is_not(None), wanted(account)), False)
    chosen = select(
        *columns(shgs, "id", "name", "search_key", "portal_code"),
        func.coalesce(shgs.c.portal_status, "not_entered").label("portal_status"),
        column(places, "name", "village_name"),
        column(places, "name_hi", "village_name_hi"),
        how_many.label("members"),
        its_account.label("account"),
    ).select_from(
        shgs.outerjoin(places, places.c.id == shgs.c.village_id).outerjoin(account, first_account(shgs, account))
    )
    if stands == "only_there":
        held = and_(shgs.c.formed_by_id.is_(None), shgs.c.portal_status.in_(("verified", "differs")))
    else:
        held = or_(wanted(shgs), its_account, exists(select(members.c.id).where(hers)))
        held = held if stands == "differs" else and_(held, not_(elsewhere(tables, shgs)))
    of_person = None
    if person_id is not None:
        of_person = shgs.c.formed_by_id.is_(None) if person_id == NOBODY else shgs.c.formed_by_id == person_id
    conditions = (counted(shgs), held, of_person, beyond(shgs, after))
    return where(chosen, *conditions).order_by(shgs.c.search_key, shgs.c.id).limit(limit)


@query(MemberToEnterRow, kinds=("Member",))
def list_members_beside_portal(tables: Tables, *, shg_id: str) -> Select[Any]:
    """The women who are in a group today, by name; a group has so few that they are one page."""
    members = tables["Member"]
    status = func.coalesce(members.c.portal_status, "not_entered").label("portal_status")
    chosen = select(*columns(members, "id", "name", "portal_code"), status)
    return chosen.where(members.c.shg_id == shg_id, here_now(members)).order_by(members.c.search_key, members.c.id)


def to_enter(table: FromClause) -> ColumnElement[bool]:
    """`is_to_enter`."""
    return func.coalesce(table.c.portal_status, "not_entered") == "not_entered"


def elsewhere(tables: Tables, shgs: FromClause) -> ColumnElement[bool]:
    """Groups said to be the same as one that stands on the portal: there they are entered, under the other's code."""
    name = shgs.description
    said, other = tables["Shg"].alias(f"said_{name}"), tables["Shg"].alias(f"other_{name}")
    pairs = said.join(other, other.c.id == said.c.same_as)
    linked = and_(said.c.same_as.is_not(None), present(said), present(other))
    # Found once for all groups: few are said to be the same as another.
    by_them = select(other.c.id).select_from(pairs).where(linked, not_(to_enter(said)))
    by_others = select(said.c.id).select_from(pairs).where(linked, not_(to_enter(other)))
    return or_(shgs.c.id.in_(by_them), shgs.c.id.in_(by_others))


def differs(table: FromClause) -> ColumnElement[bool]:
    return table.c.portal_status == "differs"


def here_now(members: FromClause) -> ColumnElement[bool]:
    """Women who are in their group today: who has left is entered on the portal no more."""
    return and_(present(members), members.c.left_on.is_(None))


def _of_kind(tables: Tables, kind: str, within: Within | None) -> Select[Any]:
    """(person, groups, members, accounts) of what is to be entered of one kind, counted per person."""
    shgs = tables["Shg"].alias(f"groups_of_{kind.lower()}")
    below: FromClause | None = None
    conditions = [counted(shgs), not_(elsewhere(tables, shgs))]
    if kind == "Shg":
        conditions.append(to_enter(shgs))
        source: FromClause = shgs
    else:
        below = tables[kind].alias(f"below_{kind.lower()}")
        conditions += [to_enter(below), here_now(below) if kind == "Member" else first_account(shgs, below)]
        source = shgs.join(below, below.c.shg_id == shgs.c.id)
    if within is not None:
        places = tables["Place"].alias(f"places_of_{kind.lower()}")
        source = source.outerjoin(places, places.c.id == shgs.c.village_id)
        conditions.append(inside_of(tables, shgs, places, within))  # type: ignore[arg-type]
    names = {"Shg": "groups", "Member": "members", "SavingsAccount": "accounts"}
    told = [(func.count() if kind == one else literal(0)).label(name) for one, name in names.items()]
    # Said as a Select of anything: the type checker has counted the columns.
    counts: Any = select(shgs.c.formed_by_id.label("person_id"), *told).select_from(source).where(*conditions)
    grouped: Select[Any] = counts.group_by(shgs.c.formed_by_id)
    return grouped

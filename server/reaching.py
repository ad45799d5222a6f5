"""How far a person reaches today: her assignments, read against the places. Computed at each contact (design 4)."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Select, Table, and_, bindparam, func, or_, select

from records.access import Geography, PlaceLine, Reach, joined, reach_of
from records.ids import official_id
from records.messages import Capacity
from server.chunks import among_listed, listed
from server.tables import CentralTables


def capacity_of(db: Connection, tables: CentralTables, state_id: int, person_id: str, today: date) -> Capacity:
    """Who the person is and how far she reaches on this day. Without an assignment she reaches nothing."""
    asked = {"state": state_id, "person": person_id}
    row = db.execute(_named(tables.records["Person"]), asked).one_or_none()
    return Capacity(
        person_id,
        row.name if row else "",
        row.name_hi if row else None,
        reaches_of(db, tables, state_id, person_id, today),
    )


_KNOWN: dict[tuple[str, int, str, date], Capacity] = {}
MOST_KNOWN = 5000
"""People of whom a process keeps how far they reach; a block has a few dozen."""


def capacity_under(
    mark: str, db: Connection, tables: CentralTables, state_id: int, person_id: str, today: date
) -> Capacity:
    """`capacity_of`, worked out once under a mark (`server.tables.REACH`) that this transaction has read: as long as it
    stands, nothing has been written that this depends on. No two databases ever have the same mark. Without a mark
    nothing is kept."""
    key = (mark, state_id, person_id, today)
    known = _KNOWN.get(key) if mark else None
    if known is None:
        known = capacity_of(db, tables, state_id, person_id, today)
        if len(_KNOWN) >= MOST_KNOWN:
            _KNOWN.clear()
        if mark:
            _KNOWN[key] = known
    return known


def reaches_of(db: Connection, tables: CentralTables, state_id: int, person_id: str, today: date) -> tuple[Reach, ...]:
    """One reach per role of a person on a day."""
    usual = unentered_state(state_id)
    asked = {"state": state_id, "person": person_id, "today": today, "usual": usual}
    records = tables.records
    rows = db.execute(_assignments(records["Assignment"], records["Place"], records["BankBranch"]), asked).all()
    if not rows:
        return ()
    where = _geography(db, tables, state_id, rows, rows[0].its_state or usual)
    return joined(reach_of(row.role, row.place_id, row.branch_id, where) for row in rows)


def office_reaches(db: Connection, tables: CentralTables, state_id: int, *, importer: bool) -> tuple[Reach, ...]:
    """The reach of the office itself, which sets up places and people, and takes in registers: the whole state."""
    states = frozenset({state_place(db, tables, state_id)})
    return (Reach("admin", states=states), *([Reach("importer", states=states)] if importer else []))


def _geography(db: Connection, tables: CentralTables, state_id: int, rows: Sequence[Any], state: str) -> Geography:
    """Just the places and branches that these assignments need, of which they have been read with them."""
    branch_blocks = {row.branch_id: row.branch_block for row in rows if row.branch_block}
    read = [PlaceLine(*row[at : at + len(LINE)]) for row in rows for at in (PLACE_AT, BLOCK_AT) if row[at]]
    places = {line.id: line for line in read}
    blocks = {line.id for line in places.values() if line.level == "block"}
    districts = {line.id for line in places.values() if line.level == "district"}
    clusters = {line.id for line in places.values() if line.level == "cluster"}
    everywhere = any(row.role == "admin" for row in rows)
    return Geography(
        places,
        branch_blocks,
        _below(db, tables, state_id, "gram_panchayat", "block_id", blocks),
        _below(db, tables, state_id, "block", "district_id", None if everywhere else districts),
        state,
        _below(db, tables, state_id, "gram_panchayat", "parent_id", clusters),
    )


def state_place(db: Connection, tables: CentralTables, state_id: int) -> str:
    """The id of the place that is the state itself, also before the place has been entered."""
    usual = unentered_state(state_id)
    return db.scalar(select(its_state(tables.records["Place"])), {"state": state_id, "usual": usual}) or usual


def unentered_state(state_id: int) -> str:
    """The id that the place of a state will have."""
    return official_id("lgd", f"state/{state_id}")


def _below(
    db: Connection, tables: CentralTables, state_id: int, level: str, ancestor: str, ids: set[str] | None
) -> dict[str, frozenset[str]]:
    """ancestor id -> ids of its places of a level; `ids` None = of all ancestors."""
    if ids is not None and not ids:
        return {}
    asked = {"state": state_id, "level": level} | ({} if ids is None else {"among": listed(db, ids)})
    found: dict[str, set[str]] = {}
    for row in db.execute(_below_among(tables.records["Place"], ancestor, ids is None, db.dialect.name), asked):
        if row.above:
            found.setdefault(row.above, set()).add(row.id)
    return {above: frozenset(below) for above, below in found.items()}


# Statements that every contact asks, built once.


@lru_cache(maxsize=32)
def _named(person: Table) -> Select[Any]:
    mine = person.c.id == bindparam("person")
    return select(person.c.name, person.c.name_hi).where(person.c.state_id == bindparam("state"), mine)


LINE = ("id", "level", "gram_panchayat_id", "block_id", "district_id")
"""The columns of a `PlaceLine`."""
PLACE_AT = 4
BLOCK_AT = PLACE_AT + len(LINE)
"""Where in a row of `_assignments` the place begins, and the block of the branch."""


@lru_cache(maxsize=32)
def _assignments(assignment: Table, place: Table, branch: Table) -> Select[Any]:
    """The assignments of a person that stand on a day, each with its place, its branch, and the branch's
    block."""
    today: BindParameter[Any] = bindparam("today")
    block = place.alias("block")
    joined = (
        assignment.outerjoin(place, _same(place, assignment, assignment.c.place_id))
        .outerjoin(branch, _same(branch, assignment, assignment.c.branch_id))
        .outerjoin(block, _same(block, branch, branch.c.block_id))
    )
    told = (assignment.c.role, assignment.c.place_id, assignment.c.branch_id, branch.c.block_id.label("branch_block"))
    lines = (one.c[name].label(f"{at}_{name}") for at, one in enumerate((place, block)) for name in LINE)
    return (
        select(*told, *lines, its_state(place.alias("state")).label("its_state"))
        .select_from(joined)
        .where(
            assignment.c.state_id == bindparam("state"),
            assignment.c.person_id == bindparam("person"),
            assignment.c.deleted_on.is_(None),
            assignment.c.from_on <= today,
            or_(assignment.c.to_on.is_(None), assignment.c.to_on >= today),
        )
    )


def _same(other: Any, table: Any, id: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(other.c.state_id == table.c.state_id, other.c.id == id)


def its_state(place: Any) -> ColumnElement[Any]:
    """The id of the place that is the state `state`, NULL before it has been entered. It mostly has the `usual` id, and
    need not be looked for."""
    here = (place.c.state_id == bindparam("state"), place.c.level == "state")
    usual = select(place.c.id).where(*here, place.c.id == bindparam("usual"))
    return func.coalesce(usual.scalar_subquery(), select(place.c.id).where(*here).limit(1).scalar_subquery())


@lru_cache(maxsize=64)
def _below_among(place: Table, ancestor: str, everywhere: bool, dialect: str) -> Select[Any]:
    query = select(place.c[ancestor].label("above"), place.c.id).where(
        place.c.state_id == bindparam("state"), place.c.level == bindparam("level"), place.c.deleted_on.is_(None)
    )
    return query if everywhere else query.where(among_listed(dialect, place.c[ancestor]))

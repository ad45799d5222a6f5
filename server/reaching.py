"""How far a person reaches today: her assignments, read against the places. Computed at each contact (design 4)."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, Table, bindparam, or_, select

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
    stands, nothing has been written that this depends on. No two databases ever have the same mark."""
    key = (mark, state_id, person_id, today)
    known = _KNOWN.get(key) if mark else None
    if known is None:
        known = capacity_of(db, tables, state_id, person_id, today)
        if len(_KNOWN) >= MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = known
    return known


def reaches_of(
    db: Connection, tables: CentralTables, state_id: int, person_id: str, today: date, state: str = ""
) -> tuple[Reach, ...]:
    """One reach per role of a person on a day. `state`: the id of the place that is the state itself, where known."""
    asked = {"state": state_id, "person": person_id, "today": today}
    rows = db.execute(_assignments(tables.records["Assignment"]), asked).all()
    if not rows:
        return ()
    where = _geography(db, tables, state_id, rows, state or state_place(db, tables, state_id))
    return joined(reach_of(row.role, row.place_id, row.branch_id, where) for row in rows)


def office_reaches(db: Connection, tables: CentralTables, state_id: int, *, importer: bool) -> tuple[Reach, ...]:
    """The reach of the office itself, which sets up places and people, and takes in registers: the whole state."""
    states = frozenset({state_place(db, tables, state_id)})
    return (Reach("admin", states=states), *([Reach("importer", states=states)] if importer else []))


def _geography(db: Connection, tables: CentralTables, state_id: int, rows: Sequence[Any], state: str) -> Geography:
    """Just the places and branches that these assignments need."""
    branch_blocks = _branch_blocks(db, tables, state_id, {row.branch_id for row in rows if row.branch_id})
    wanted = {row.place_id for row in rows if row.place_id} | set(branch_blocks.values())
    places = _places(db, tables, state_id, wanted)
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
    known = db.scalar(_state_places(tables.records["Place"]), {"state": state_id})
    return known or unentered_state(state_id)


def unentered_state(state_id: int) -> str:
    """The id that the place of a state will have."""
    return official_id("lgd", f"state/{state_id}")


def _branch_blocks(db: Connection, tables: CentralTables, state_id: int, ids: set[str]) -> dict[str, str]:
    if not ids:
        return {}
    asked = {"state": state_id, "among": listed(db, ids)}
    rows = db.execute(_branches_among(tables.records["BankBranch"], db.dialect.name), asked)
    return {row.id: row.block_id for row in rows if row.block_id}


def _places(db: Connection, tables: CentralTables, state_id: int, ids: set[str]) -> dict[str, PlaceLine]:
    if not ids:
        return {}
    asked = {"state": state_id, "among": listed(db, ids)}
    rows = db.execute(_places_among(tables.records["Place"], db.dialect.name), asked)
    return {row.id: PlaceLine(*row) for row in rows}


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


@lru_cache(maxsize=32)
def _branches_among(branch: Table, dialect: str) -> Select[Any]:
    here = branch.c.state_id == bindparam("state")
    return select(branch.c.id, branch.c.block_id).where(here, among_listed(dialect, branch.c.id))


@lru_cache(maxsize=32)
def _assignments(assignment: Table) -> Select[Any]:
    today: BindParameter[Any] = bindparam("today")
    return select(assignment.c.role, assignment.c.place_id, assignment.c.branch_id).where(
        assignment.c.state_id == bindparam("state"),
        assignment.c.person_id == bindparam("person"),
        assignment.c.deleted_on.is_(None),
        assignment.c.from_on <= today,
        or_(assignment.c.to_on.is_(None), assignment.c.to_on >= today),
    )


@lru_cache(maxsize=32)
def _state_places(place: Table) -> Select[Any]:
    return select(place.c.id).where(place.c.state_id == bindparam("state"), place.c.level == "state").limit(1)


@lru_cache(maxsize=32)
def _places_among(place: Table, dialect: str) -> Select[Any]:
    columns = (place.c.id, place.c.level, place.c.gram_panchayat_id, place.c.block_id, place.c.district_id)
    return select(*columns).where(place.c.state_id == bindparam("state"), among_listed(dialect, place.c.id))


@lru_cache(maxsize=64)
def _below_among(place: Table, ancestor: str, everywhere: bool, dialect: str) -> Select[Any]:
    query = select(place.c[ancestor].label("above"), place.c.id).where(
        place.c.state_id == bindparam("state"), place.c.level == bindparam("level"), place.c.deleted_on.is_(None)
    )
    return query if everywhere else query.where(among_listed(dialect, place.c[ancestor]))

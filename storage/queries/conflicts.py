"""Questions about values that lost against others and are kept."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, or_, select

from storage.queries.asking import Row, Tables, column, columns, present, query, where


class ConflictRow(Row):
    """A kept value and the one that stood beside it: JSON text, None where they may not be seen.

    `decided_stamp`, `decider_name`: when and by whom it was decided, None while it is not; `decided`: that the value
    which stood shall stand. The group's name and village where this copy has them.
    """

    id: str
    record_kind: str
    record_id: str
    shg_id: str | None
    field: str
    value: str | None
    winning_value: str | None
    losing_stamp: str
    losing_person_name: str | None
    losing_person_name_hi: str | None
    winning_stamp: str
    winning_person_name: str | None
    winning_person_name_hi: str | None
    decided: str | None
    decided_stamp: str | None
    decider_name: str | None
    decider_name_hi: str | None
    shg_name: str | None
    village_name: str | None
    village_name_hi: str | None


@query(ConflictRow, kinds=("Conflict", "Person", "Shg", "Place"))
def list_conflicts(
    tables: Tables, *, shg_id: str | None = None, decided: bool = False, id: str | None = None, limit: int = 50
) -> Select[Any]:
    """The open conflicts of a group and of what stands below it, or of all groups here, the latest first; `decided`:
    those that somebody has decided instead, the last decision first. `id`: this one, if it is among them."""
    conflicts, shgs, places = tables["Conflict"], tables["Shg"], tables["Place"]
    loser, winner, decider = (tables["Person"].alias(name) for name in ("loser", "winner", "decider"))
    people = [
        one
        for person, label in ((loser, "losing_person"), (winner, "winning_person"), (decider, "decider"))
        for one in (column(person, "name", f"{label}_name"), column(person, "name_hi", f"{label}_name_hi"))
    ]
    chosen = select(
        *columns(conflicts, "id", "record_kind", "record_id", "shg_id", "field", "value", "winning_value"),
        *columns(conflicts, "losing_stamp", "winning_stamp", "decided", "decided_stamp"),
        *people,
        column(shgs, "name", "shg_name"),
        column(places, "name", "village_name"),
        column(places, "name_hi", "village_name_hi"),
    ).select_from(
        conflicts.outerjoin(loser, loser.c.id == conflicts.c.losing_person_id)
        .outerjoin(winner, winner.c.id == conflicts.c.winning_person_id)
        .outerjoin(decider, decider.c.id == conflicts.c.decider_id)
        .outerjoin(shgs, shgs.c.id == conflicts.c.shg_id)
        .outerjoin(places, places.c.id == shgs.c.village_id)
    )
    of_group = None if shg_id is None else conflicts.c.shg_id == shg_id
    this = None if id is None else conflicts.c.id == id
    if decided:
        settled = and_(conflicts.c.state == "closed", conflicts.c.decided_stamp.is_not(None))
        found = where(chosen, present(conflicts), settled, of_group, this)
        return found.order_by(conflicts.c.decided_stamp.desc(), conflicts.c.id).limit(limit)
    found = where(chosen, present(conflicts), undecided(conflicts), of_group, this)
    return found.order_by(conflicts.c.losing_stamp.desc(), conflicts.c.id).limit(limit)


def undecided(conflicts: FromClause) -> ColumnElement[bool]:
    """`records.commands.conflicts.is_open`."""
    decided = conflicts.c.decided
    neither = and_(decided != conflicts.c.losing_stamp, decided != conflicts.c.winning_stamp)
    return and_(conflicts.c.state == "open", or_(decided.is_(None), neither))

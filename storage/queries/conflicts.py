"""Questions about values that lost against others and are kept."""

from typing import Any

from sqlalchemy import Select, select

from storage.queries.asking import Row, Tables, column, columns, present, query


class ConflictRow(Row):
    """A kept value: `value` is JSON text, None where it may not be seen. The value that stands is in the record."""

    id: str
    record_kind: str
    record_id: str
    field: str
    value: str | None
    losing_stamp: str
    losing_person_name: str | None
    losing_person_name_hi: str | None
    winning_stamp: str
    winning_person_name: str | None
    winning_person_name_hi: str | None


@query(ConflictRow, kinds=("Conflict", "Person"))
def list_conflicts(tables: Tables, *, shg_id: str, limit: int = 50) -> Select[Any]:
    """The open conflicts of a group and of what stands below it, the latest first."""
    conflicts = tables["Conflict"]
    loser, winner = tables["Person"].alias("loser"), tables["Person"].alias("winner")
    return (
        select(
            *columns(conflicts, "id", "record_kind", "record_id", "field", "value", "losing_stamp", "winning_stamp"),
            column(loser, "name", "losing_person_name"),
            column(loser, "name_hi", "losing_person_name_hi"),
            column(winner, "name", "winning_person_name"),
            column(winner, "name_hi", "winning_person_name_hi"),
        )
        .select_from(
            conflicts.outerjoin(loser, loser.c.id == conflicts.c.losing_person_id).outerjoin(
                winner, winner.c.id == conflicts.c.winning_person_id
            )
        )
        .where(conflicts.c.shg_id == shg_id, conflicts.c.state == "open", present(conflicts))
        .order_by(conflicts.c.losing_stamp.desc(), conflicts.c.id)
        .limit(limit)
    )

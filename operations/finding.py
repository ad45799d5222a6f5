"""Finds the place, branch or person that somebody names on the command line; says what to do when it is not one."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, or_, select

from operations.speaking import CannotDo
from records.ids import is_id
from records.search_key import search_key
from server.central_store import CentralStore

SHOWN = 8
"""So many of several that fit are listed."""


def place(centre: CentralStore, code: str, *levels: str) -> Any:
    """The place of one of these levels by its LGD code, local code, NRLM code or id; of the first level that has it."""
    table, meant = centre.tables.records["Place"], " or ".join(map(_words, levels))
    with centre.database.reading() as db:
        for level in levels:
            for column in (table.c.lgd_code, table.c.local_code, table.c.nrlm_code, table.c.id):
                where = (table.c.level == level, column == code)
                if rows := _rows(db, centre, "Place", *where):
                    return _one(rows, f"{_words(level)} with the code {code}", "Name one by its id.")
    raise CannotDo(f"There is no {meant} with the code {code}: look at the code, or bring the places in first.")


def branch(centre: CentralStore, code: str) -> Any:
    """The branch by its IFSC or id."""
    table = centre.tables.records["BankBranch"]
    with centre.database.reading() as db:
        rows = _rows(db, centre, "BankBranch", or_(table.c.ifsc == code.upper(), table.c.id == code))
    if not rows:
        raise CannotDo(f"There is no branch with the IFSC {code}: look at the code, or bring the branches in first.")
    return _one(rows, f"branch with the IFSC {code}", "Name one by its id with --branch.")


def person(centre: CentralStore, who: str) -> Any:
    """The person by id, or by a name that only one person has."""
    table = centre.tables.records["Person"]
    with centre.database.reading() as db:
        key = search_key(who)
        asked = table.c.id == who if is_id(who) else table.c.search_key.like(f"%{key}%") if key else None
        rows = _rows(db, centre, "Person", asked) if asked is not None else []
    if not rows:
        raise CannotDo(f"Nobody is found by {who!r}: samooh people list shows everybody with their ids.")
    return _one(rows, f"person found by {who!r}", "Use the id.")


def _rows(db: Connection, centre: CentralStore, kind: str, *where: Any) -> Sequence[Any]:
    table = centre.tables.records[kind]
    query = select(table).where(table.c.state_id == centre.state_id, table.c.deleted_on.is_(None), *where)
    return db.execute(query.order_by(table.c.name, table.c.id).limit(SHOWN + 1)).all()


def _one(rows: Sequence[Any], what: str, instead: str) -> Any:
    if len(rows) == 1:
        return rows[0]
    listed = [f"  {row.id}  {row.name}" for row in rows[:SHOWN]] + (["  ..."] if len(rows) > SHOWN else [])
    raise CannotDo("\n".join([f"There is more than one {what}. {instead}", *listed]))


def _words(level: str) -> str:
    return level.replace("_", " ")

"""What a batch nearly always finds that there is not, seen by one look instead of one statement each.

To be taken when the row of the device is locked. What others may do meanwhile to what was seen is the same as if each
had been looked for by itself: what is held is looked for once more after the commit (`CentralStore.wake`).
"""

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Connection, Select, Table, bindparam, exists, select

from server.reaching import its_state, unentered_state
from server.tables import REACH, UNDECIDED, CentralTables

LATEST = "latest"
"""A value of the table meta: up to which time all stamps lie that were ever taken (`server/stamping.py`)."""


class Glance(NamedTuple):
    """`restamped`, `early`: whether there are such rows of the device; `set_aside`: of its person, waiting for
    somebody; `held`: of anybody. `state_place`: the id of the place that is the state itself. `latest`: see LATEST;
    `reach`: the mark of REACH."""

    restamped: bool
    early: bool
    set_aside: bool
    held: bool
    state_place: str
    latest: str
    reach: str


def glance(db: Connection, tables: CentralTables, state_id: int, device: str, person_id: str) -> Glance:
    usual = unentered_state(state_id)
    asked = {"state": state_id, "of": device, "person": person_id, "usual": usual}
    look = _look(
        tables.restamped, tables.early_batch, tables.quarantine, tables.held, tables.meta, tables.records["Place"]
    )
    restamped, early, aside, held, latest, reach, place = db.execute(look, asked).one()
    return Glance(bool(restamped), bool(early), bool(aside), bool(held), place or usual, latest or "", reach or "")


@lru_cache(maxsize=32)
def _look(restamped: Table, early: Table, aside: Table, held: Table, meta: Table, place: Table) -> Select[Any]:
    state: BindParameter[Any] = bindparam("state")
    of: BindParameter[Any] = bindparam("of")
    hers = (aside.c.state_id == state, aside.c.person_id == bindparam("person"), aside.c.state.in_(UNDECIDED))
    latest, reach = (select(meta.c.value).where(meta.c.state_id == state, meta.c.name == n) for n in (LATEST, REACH))
    return select(
        exists().where(restamped.c.state_id == state, restamped.c.device == of),
        exists().where(early.c.state_id == state, early.c.device == of),
        exists().where(*hers),
        exists().where(held.c.state_id == state),
        latest.scalar_subquery(),
        reach.scalar_subquery(),
        its_state(place),
    )

"""What is kept of a review: the figures of a block as they stood that day, counted by the centre (ADR 0019)."""

from typing import Any

from sqlalchemy import Connection

from records.access import Reach
from records.days import day_of
from records.errands import HoldReview
from records.figures import yardstick_on
from records.problems import Problem
from server.console_sessions import ConsoleSessions
from server.reaching import capacity_of
from server.scope import Scope
from server.tables import REVIEWED
from server.upserting import put
from storage.queries.asking import Query
from storage.queries.figures import list_norms
from storage.queries.overview import tally


def hold_review(sessions: ConsoleSessions, token: str, errand: HoldReview) -> str:
    """Keep today's figures of a block; its receipt is the day. Raises Problem not_allowed, out_of_reach."""
    centre, now_ms = sessions.centre, sessions.centre.clock()

    def hold(db: Connection) -> str:
        person_id, today = sessions.find(db, token).person_id, day_of(now_ms)
        reaches = capacity_of(db, centre.tables, centre.state_id, person_id, today).reaches
        _judge(reaches, errand.block_id)
        scope = Scope(db, centre, reaches, today, person_id)
        measure = yardstick_on(_ask(db, scope, list_norms), today)
        [figures] = _ask(db, scope, tally, measure=measure, within=("block", errand.block_id))
        row = {name: getattr(figures, name) for name in REVIEWED}
        about = {"state_id": centre.state_id, "block_id": errand.block_id, "on_day": today}
        put(db, centre.tables.review, [{**about, "person_id": person_id, "held_ms": now_ms, **row}])
        return today.isoformat()

    return centre.database.write(hold)


def _judge(reaches: tuple[Reach, ...], block_id: str) -> None:
    supervising = [reach for reach in reaches if reach.role == "supervisor"]
    if not supervising:
        raise Problem("not_allowed")
    if not any(block_id in reach.blocks for reach in supervising):
        raise Problem("out_of_reach")


def _ask(db: Connection, scope: Scope, query: Query[Any], **question: Any) -> list[Any]:
    return [query.read(dict(row)) for row in db.execute(query.select(scope, **question)).mappings()]

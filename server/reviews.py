"""What is kept of a review: the figures of a block as they stood that day, counted by the centre (ADR 0021)."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select, update

from records.access import Reach
from records.days import day_of
from records.errands import HoldReview
from records.figures import yardstick_on
from records.problems import Problem
from server.console_sessions import ConsoleSessions
from server.reaching import capacity_of
from server.scope import Scope
from server.tables import REVIEWED, CentralTables
from server.upserting import insert_new, put
from storage.queries.asking import Query
from storage.queries.figures import list_norms
from storage.queries.overview import tally

PARTS = ("village", "person")
"""What the figures of a block are kept by, beside the whole: panchayats and clusters are sums of their villages."""


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
        about = {"state_id": centre.state_id, "block_id": errand.block_id, "on_day": today}
        held = {**about, "person_id": person_id, "held_ms": now_ms, "parts_kept": True}
        put(db, centre.tables.review, [{**held, **_kept(figures)}])
        _forget_older_parts(db, centre.tables, centre.state_id, errand.block_id, today)
        parts = [
            {**about, "level": level, "unit_id": one.unit_id, **_kept(one)}
            for level in PARTS
            for one in _ask(db, scope, tally, measure=measure, by=level, within=("block", errand.block_id))
            if one.unit_id is not None
        ]
        insert_new(db, centre.tables.review_part, parts)
        return today.isoformat()

    return centre.database.write(hold)


def _kept(figures: Any) -> dict[str, int]:
    return {name: getattr(figures, name) for name in REVIEWED}


def _forget_older_parts(db: Connection, tables: CentralTables, state_id: int, block_id: str, today: date) -> None:
    """Leave the parts of the review before today's: with these one compares until tomorrow. Today's are made anew."""
    reviews, parts = tables.review, tables.review_part
    of_block = and_(reviews.c.state_id == state_id, reviews.c.block_id == block_id)
    before = db.scalar(select(func.max(reviews.c.on_day)).where(of_block, reviews.c.on_day < today))
    older = parts.c.on_day != before if before else parts.c.on_day <= today
    db.execute(delete(parts).where(parts.c.state_id == state_id, parts.c.block_id == block_id, older))
    if before:
        db.execute(update(reviews).where(of_block, reviews.c.on_day < before).values(parts_kept=False))


def _judge(reaches: tuple[Reach, ...], block_id: str) -> None:
    supervising = [reach for reach in reaches if reach.role == "supervisor"]
    if not supervising:
        raise Problem("not_allowed")
    if not any(block_id in reach.blocks for reach in supervising):
        raise Problem("out_of_reach")


def _ask(db: Connection, scope: Scope, query: Query[Any], **question: Any) -> list[Any]:
    return [query.read(dict(row)) for row in db.execute(query.select(scope, **question)).mappings()]

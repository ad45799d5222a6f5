"""What a block's review looks back on, asked in the scope of one person: the same questions as on the screens."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from records.access import REVIEWERS
from records.days import day_of
from records.figures import review_days, yardstick_on
from records.messages import Capacity
from records.problems import Problem
from screens.console.review_pack import BlockReview, Phone
from server.central_store import CentralStore
from server.scope import Scope
from storage.queries import (
    count_to_decide,
    count_to_enter,
    find_place,
    list_board,
    list_devices,
    list_norms,
    list_opened_lately,
    list_parts_held,
    list_reviews_held,
    list_workers,
    tally,
    tally_accounts,
    tally_checked,
    tally_coverage,
    tally_lately,
)
from storage.queries.asking import Query
from storage.queries.units import Within

MOST_LISTED = 5000


class Reviewing:
    """Asks about the blocks of one person, in one transaction."""

    def __init__(self, db: Connection, centre: CentralStore, capacity: Capacity) -> None:
        self._db, self._centre, self._capacity = db, centre, capacity
        self._today = day_of(centre.clock())
        self._scope = Scope(db, centre, capacity.reaches, self._today)

    def reviews(self, block_id: str | None) -> list[BlockReview]:
        """The review of one block, or of each that she reviews, by name. Raises Problem not_allowed, out_of_reach."""
        hers = {block for reach in self._capacity.reaches if reach.role in REVIEWERS for block in reach.blocks}
        if not hers:
            raise Problem("not_allowed")
        if block_id is not None and block_id not in hers:
            raise Problem("out_of_reach")
        found = [row for id in sorted(hers if block_id is None else {block_id}) for row in self._ask(find_place, id=id)]
        return [self._review(place) for place in sorted(found, key=lambda place: (place.name, place.id))]

    def _ask(self, query: Query[Any], **question: Any) -> list[Any]:
        rows = self._db.execute(query.select(self._scope, **question)).mappings()
        return [query.read(dict(row)) for row in rows]

    def _review(self, place: Any) -> BlockReview:
        today, within = self._today, ("block", place.id)
        measure = yardstick_on(self._ask(list_norms), today)
        since, until = review_days(today)
        workers = self._ask(list_workers, block_id=place.id, today=today)
        panchayats = self._ask(tally, measure=measure, by="gram_panchayat", within=within)
        [whole], [lately] = self._ask(tally, measure=measure, within=within), self._lately(since, until, within)
        held = self._ask(list_reviews_held, before=today, within=within)
        held_in = self._ask(list_parts_held, before=today, by="gram_panchayat", within=within)
        looked = self._ask(tally_checked, measure=measure, by="gram_panchayat", within=within)
        waiting = self._ask(list_board, panchayats=[row.unit_id for row in panchayats], limit=MOST_LISTED)
        return BlockReview(
            name=place.name,
            name_hi=place.name_hi,
            since=since,
            until=until,
            measure=measure,
            whole=whole,
            lately=lately,
            states=self._ask(tally_accounts, measure=measure, within=within),
            coverage=self._ask(tally_coverage, today=today, within=within),
            panchayats=panchayats,
            people=self._ask(tally, measure=measure, by="person", within=within),
            lately_in={row.unit_id: row for row in self._lately(since, until, within, "gram_panchayat")},
            lately_by={row.unit_id: row for row in self._lately(since, until, within, "person")},
            workers=_roles(workers),
            names={row.id: (row.name, row.name_hi) for row in workers},
            held=held[0] if held else None,
            held_in={row.unit_id: row for row in held_in},
            found_in={row.unit_id: row for row in looked},
            phones=self._phones(workers),
            decide=self._ask(count_to_decide, within=within)[0],
            set_aside=self._set_aside(place.id),
            to_enter=self._to_enter(within),
            waiting=waiting,
            opened=self._ask(list_opened_lately, since=since, until=until, within=within, limit=MOST_LISTED),
        )

    def _lately(self, since: date, until: date, within: Within, by: str = "whole") -> list[Any]:
        return self._ask(tally_lately, since=since, until=until, by=by, within=within)

    def _to_enter(self, within: Within) -> tuple[int, int, int]:
        rows = self._ask(count_to_enter, within=within)
        return sum(row.groups for row in rows), sum(row.members for row in rows), sum(row.accounts for row in rows)

    def _phones(self, workers: Sequence[Any]) -> list[Phone]:
        """The phones of these people, by name."""
        here = {row.id for row in workers}
        return [
            Phone(
                row.person_id, row.person_name or "", row.person_name_hi, _day(row.last_contact_ms), row.unsent,
                _day(row.oldest_unsent_ms) if row.unsent else None,
            )
            for row in self._ask(list_devices)
            if row.person_id in here
        ]  # fmt: skip

    def _set_aside(self, block_id: str) -> int:
        table = self._centre.tables.quarantine
        here = (table.c.state_id == self._centre.state_id, table.c.block_id == block_id, table.c.state == "open")
        return self._db.scalar(select(func.count()).select_from(table).where(*here)) or 0


def _roles(workers: Iterable[Any]) -> dict[str, tuple[str, ...]]:
    roles: dict[str, tuple[str, ...]] = {}
    for row in workers:
        roles[row.id] = (*roles.get(row.id, ()), row.role)
    return roles


def _day(ms: int | None) -> date | None:
    return None if ms is None else day_of(ms)

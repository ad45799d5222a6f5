"""What a person reached at a moment, and when she ceased to: work typed before a withdrawal is judged by it (law 6)."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, Table, bindparam, select

from records.access import Geography, PlaceLine, Reach, Standing, reach_of
from records.days import day_of, end_of_day_ms
from records.stamps import parts
from records.wire import read_capacity
from server.merging import Merging
from server.reaching import LINE
from server.working import Working

WITHDRAWN_DAYS = 30
WITHDRAWN_MS = WITHDRAWN_DAYS * 24 * 3600 * 1000
"""How long after a withdrawal work typed before it is still applied."""

DAYS_IT_ENDS = ("to_on", "deleted_on")
WHERE = ("role", "place_id", "branch_id", "from_on", *DAYS_IT_ENDS)
"""The fields of an assignment that say what it reaches, and when."""


class PastReach:
    """One person's reach in the past: as contacts have found it, and as the office has written her assignments."""

    def __init__(self, working: Working, merging: Merging, person_id: str, now_ms: int) -> None:
        self._working, self._merging, self._person_id, self._now_ms = working, merging, person_id, now_ms
        self._found: list[tuple[int, tuple[Reach, ...]]] | None = None
        self._ended: dict[tuple[str, Standing, int], int | None] = {}

    def at(self, ms: int) -> tuple[Reach, ...]:
        """What she reached at a moment, as the last contact before it found."""
        before = [reaches for from_ms, reaches in self._contacts() if from_ms <= ms]
        return before[-1] if before else ()

    def ceased(self, role: str, here: Standing, ms: int) -> int | None:
        """When she ceased to reach this standing in a role in which she did at a moment: found at a contact, or written
        by the office, whichever is the earlier."""
        lost = (from_ms for from_ms, reaches in self._contacts() if from_ms > ms and not _covers(reaches, here))
        key = (role, here, ms)
        if key not in self._ended:
            self._ended[key] = self._last_ended(*key)
        return min((one for one in (next(lost, None), self._ended[key]) if one is not None), default=None)

    def _contacts(self) -> list[tuple[int, tuple[Reach, ...]]]:
        if self._found is None:
            asked = {"state": self._working.state_id, "person": self._person_id}
            rows = self._working.db.execute(_found_at_contacts(self._working.tables.reach_past), asked)
            self._found = [(row.from_ms, read_capacity(row.capacity).reaches) for row in rows]
        return self._found

    def _last_ended(self, role: str, here: Standing, ms: int) -> int | None:
        """When the last of the assignments that reached there at a moment ended or was changed; another that ends later
        gives nothing back. An end counts from the day it names or the moment the office wrote it, whichever is later,
        for the office may write late and date back; one that was taken back does not count."""
        hers = self._working.load_where("Assignment", "person_id", [self._person_id])
        mine = [row for row in hers if self._reached(row, role, here, ms)]
        ended, reached = None, True
        for moment in sorted({one for row in mine for one in self._moments(row, here) if ms < one <= self._now_ms}):
            reaches = any(self._reached(row, role, here, moment) for row in mine)
            ended, reached = (moment if reached and not reaches else ended), reaches
        return None if reached else ended

    def _moments(self, row: dict[str, Any], here: Standing) -> Iterable[int]:
        """When what an assignment reaches may have changed: something was written, or a day went by that ends it."""
        for name in WHERE:
            for ms, value in self._written("Assignment", row, name):
                yield ms
                if name in DAYS_IT_ENDS and isinstance(value, date):
                    yield end_of_day_ms(value)
        panchayat = self._working.get("Place", here.gram_panchayat_id)
        if panchayat:
            yield from (ms for ms, _ in self._written("Place", panchayat, "parent_id"))

    def _reached(self, row: dict[str, Any], role: str, here: Standing, ms: int) -> bool:
        """Whether an assignment, as it was written at a moment, stood then and reached there."""
        then = {name: self._value("Assignment", row, name, ms) for name in WHERE}
        if then["role"] != role or then["from_on"] > day_of(ms):
            return False
        if any(then[name] and end_of_day_ms(then[name]) <= ms for name in DAYS_IT_ENDS):
            return False
        return reach_of(role, then["place_id"], then["branch_id"], self._around(then, here, ms)).covers(here)

    def _around(self, assignment: dict[str, Any], here: Standing, ms: int) -> Geography:
        """Just the places and the branch by which an assignment may reach a standing. The panchayat lies in the cluster
        in which it lay then."""
        place = self._working.get("Place", assignment["place_id"])
        branch = self._working.get("BankBranch", assignment["branch_id"])
        panchayat = self._working.get("Place", here.gram_panchayat_id)
        above = self._value("Place", panchayat, "parent_id", ms) if panchayat else None
        return Geography(
            {place["id"]: PlaceLine(*(place[name] for name in LINE))} if place else {},
            {branch["id"]: branch["block_id"]} if branch else {},
            panchayats_of_cluster={above: frozenset({panchayat["id"]})} if panchayat and above else {},
        )

    def _written(self, kind: str, row: dict[str, Any], name: str) -> list[tuple[int, Any]]:
        """The values that a field has had, each with the time of its stamp, rising; 0 for one that nobody wrote."""
        changes = sorted(self._merging.changes(kind, row, name), key=lambda change: change.stamp)
        return [(parts(change.stamp).ms if change.stamp else 0, change.value) for change in changes]

    def _value(self, kind: str, row: dict[str, Any], name: str, ms: int) -> Any:
        """What a field held at a moment. What was entered only later counts as having been so from the beginning, but
        for a day that ends something."""
        written = self._written(kind, row, name)
        first = None if name in DAYS_IT_ENDS else written[0][1]
        return next((value for at, value in reversed(written) if at <= ms), first)


def _covers(reaches: Iterable[Reach], standing: Standing) -> bool:
    return any(reach.covers(standing) for reach in reaches)


@lru_cache(maxsize=32)
def _found_at_contacts(past: Table) -> Select[Any]:
    hers = (past.c.state_id == bindparam("state"), past.c.person_id == bindparam("person"))
    return select(past.c.from_ms, past.c.capacity).where(*hers).order_by(past.c.from_ms)

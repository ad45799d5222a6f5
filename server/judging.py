"""Whether someone may make a change: by her reach, by the table of access, and by what she had seen (law 6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from records.access import Reach, Standing, may_cancel, may_write_as
from records.days import day_of
from records.ids import first_account_id
from records.problems import Refusal
from records.stamps import parts
from server.checking import Row
from server.merging import Merging, persons_of
from server.past_reach import WITHDRAWN_MS, PastReach
from server.standings import Standings
from server.working import Working


@dataclass(frozen=True)
class Author:
    """Whose change this is. `reaches` are those of today; an office device is the set-up, or an importer of lists."""

    device: str
    person_id: str
    reaches: tuple[Reach, ...]
    office: bool = False
    importer: bool = False


@dataclass(frozen=True)
class Touched:
    """What a change touches. `places`: every standing, old and new; `groups`: those whose past may excuse it (None for
    one that is not known); `goes`: the standing of the village that a group is moved to."""

    groups: frozenset[str | None]
    places: tuple[Standing, ...]
    goes: Standing | None = None


class Judging:
    """Judges the rows of one batch. `verdict` gives None, or how and why a row fails."""

    def __init__(self, working: Working, standings: Standings, merging: Merging, author: Author, now_ms: int) -> None:
        self._working, self._standings, self._author, self._now_ms = working, standings, author, now_ms
        self._cache: dict[Any, tuple[Refusal, ...]] = {}
        self._past = PastReach(working, merging, author.person_id, now_ms)

    def verdict(self, row: Row, before: dict[str, Any] | None, touched: Touched) -> tuple[str, str, str | None] | None:
        """(state, code, field) against a row, or None."""
        if row.kind == "Verdict":
            return self._own_verdict(row, before)
        if row.kind == "Withdrawal":
            return self._own_withdrawal(row, before)
        covering = [reach for reach in self._author.reaches if all(reach.covers(place) for place in touched.places)]
        late = False
        if not covering:
            covering = self._covering_then(row, touched)
            late = bool(covering)
        if not covering:
            return ("quarantined", "out_of_reach", None)
        refusals = self._access(row, before, tuple(sorted({reach.role for reach in covering})))
        if refusals:
            return ("quarantined", refusals[0].code, refusals[0].field)
        against = self.against_itself(row, before) or self._cancel(row, covering)
        if against:
            return ("quarantined", against, None)
        if late:
            for group in touched.groups:
                if group:
                    self._standings.mark_outside(group)
        return None

    def _own_verdict(self, row: Row, before: dict[str, Any] | None) -> tuple[str, str, str | None] | None:
        """Whom a verdict is for may say that she is done with it; nobody else may write of it."""
        mine = before is not None and before["person_id"] == self._author.person_id
        return None if mine and row.cells.keys() <= {"done"} else ("quarantined", "out_of_reach", None)

    def _own_withdrawal(self, row: Row, before: dict[str, Any] | None) -> tuple[str, str, str | None] | None:
        """Everybody takes back what is her own, wherever she works by then, and says so once."""
        if row.cells.get("person_id", (None, "", ""))[0] != self._author.person_id:
            return ("quarantined", "not_allowed", None)
        return None if before is None else ("quarantined", "only_add", None)

    @property
    def is_importer(self) -> bool:
        """Whether the author takes in an office's list."""
        return self._author.importer

    def allows(self, kind: str, names: Iterable[str], step: str | None, standing: Standing) -> bool:
        """Whether the author reaches this standing today and may fill in these fields of a new record there."""
        roles = tuple(sorted({reach.role for reach in self._author.reaches if reach.covers(standing)}))
        return bool(roles) and not self._may_write(roles, kind, frozenset(names), new=True, step=step)

    def asks_of_each(self, kind: str) -> bool:
        """Whether changes of a kind are judged by what they say themselves (`against_itself`)."""
        return kind in ("AccountStep", "SavingsAccount", "Check")

    def against_itself(self, row: Row, before: dict[str, Any] | None) -> str | None:
        """What a change says that nobody may say there, wherever she reaches; None for nothing."""
        return self._signature(row, before) or self._squatting(row, before) or self._checking(row, before)

    def _access(self, row: Row, before: dict[str, Any] | None, roles: tuple[str, ...]) -> tuple[Refusal, ...]:
        step = row.cells["kind"][0] if row.kind == "AccountStep" and "kind" in row.cells else None
        return self._may_write(roles, row.kind, frozenset(row.cells), new=before is None, step=step)

    def _may_write(
        self, roles: tuple[str, ...], kind: str, names: frozenset[str], *, new: bool, step: str | None
    ) -> tuple[Refusal, ...]:
        key = (kind, new, roles, names, step)
        if key not in self._cache:
            self._cache[key] = may_write_as(roles, kind, names, new=new, step=step)
        return self._cache[key]

    def _signature(self, row: Row, before: dict[str, Any] | None) -> str | None:
        """A step is signed by the person whose device sends it."""
        if row.kind != "AccountStep" or self._author.office or before is not None:
            return None
        author = row.cells.get("author_id", (None, "", ""))[0]
        return None if author == self._author.person_id else "not_allowed"

    def _squatting(self, row: Row, before: dict[str, Any] | None) -> str | None:
        """The id of a group's first account follows from the group's: nobody may begin it below another group."""
        if row.kind != "SavingsAccount" or self._author.office or before is not None:
            return None
        derived = row.id[12] == "5"
        return "not_allowed" if derived and row.id != first_account_id(row.cells["shg_id"][0]) else None

    def _checking(self, row: Row, before: dict[str, Any] | None) -> str | None:
        """A check is signed by the person whose device sends it, and is of somebody else's work: of a group that she
        neither formed nor entered."""
        if row.kind != "Check" or self._author.office or before is not None:
            return None
        if row.cells.get("by_id", (None, "", ""))[0] != self._author.person_id:
            return "not_allowed"
        shg = self._working.get("Shg", row.cells["shg_id"][0])
        if shg is None:
            return None
        first = min((stamp for stamp in shg["stamps"].values() if stamp), default="")
        makers = {shg["formed_by_id"], *persons_of(self._working, [first[16:]]).values()} if first else set()
        if row.cells.get("what", ("", "", ""))[0] == "account":
            steps = self._working.load_where("AccountStep", "group_id", [shg["id"]])
            makers = {step["author_id"] for step in steps if step["kind"] == "opened"}
        return "own_work" if self._author.person_id in makers else None

    def _cancel(self, row: Row, covering: Iterable[Reach]) -> str | None:
        """A cancellation is of one's own step and in time, or a supervisor's."""
        if row.kind != "AccountStep" or self._author.office:
            return None
        cancels = row.cells.get("cancels_id", (None, "", ""))[0]
        if not cancels:
            return None
        step = self._working.get("AccountStep", cancels)
        if step is None:
            return None  # it may be on its way from another phone; the state counts only what is there
        own, today = step["author_id"] == self._author.person_id, _day_of(row)
        said = [may_cancel(r.role, own=own, step_day=step["on_day"], today=today) for r in covering]
        return None if None in said else said[0]

    # --- work typed before a withdrawal

    def _covering_then(self, row: Row, touched: Touched) -> list[Reach]:
        """The reaches that covered the change where and when it was typed, if withdrawn at most 30 days ago.

        A group that is not known yet stands where its village stands: the nearest known ancestor. For where a group is
        moved to the same holds as for where it was.
        """
        ms = row.typed_under
        if not ms or not touched.groups or None in touched.groups:
            return []
        stood = [self._stood(str(group), touched.places, ms) for group in touched.groups]
        if touched.goes:
            stood.append([(touched.goes, None)])
        return [reach for reach in self._past.at(ms) if all(self._in_time(reach, where, ms) for where in stood)]

    def _stood(self, group: str, places: tuple[Standing, ...], ms: int) -> list[tuple[Standing, int | None]]:
        if self._standings.now(group) is None:
            return [(places[0], None)]
        return self._standings.since(group, ms)

    def _in_time(self, reach: Reach, stood: list[tuple[Standing, int | None]], ms: int) -> bool:
        """Whether a group was within a reach at a moment, and still is or has ceased to be at most 30 days ago: because
        the group went where the reach does not go, or because the person lost it."""
        here, there = stood[0][0], stood[-1][0]
        if not reach.covers(here):
            return False
        if any(today.role == reach.role and today.covers(there) for today in self._author.reaches):
            return True
        left = next((until for (_, until), (then, _) in pairwise(stood) if not reach.covers(then)), None)
        ceased = self._past.ceased(reach.role, here, ms)
        ended = min((one for one in (left, ceased) if one is not None), default=None)
        return ended is not None and self._now_ms - ended <= WITHDRAWN_MS


def _day_of(step: Row) -> date:
    """The day on which a new step was typed, whichever it names: not before that of its stamp, nor before that of the
    cursor that its author had."""
    day, stamp, _ = step.cells["on_day"]
    return max(day, day_of(parts(stamp).ms), day_of(step.typed_under))

"""Each group's row of derived facts: where it stands, its branches, its bearers. Kept in the same transaction."""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, Table, bindparam, select

from records.access import Standing
from records.shg import OFFICES
from server.chunks import among_listed, chunked, listed
from server.reaching import state_place
from server.upserting import put
from server.working import Working, standing_of


class Standings:
    """The standings of groups in one transaction: as stored, and as they are after its changes."""

    def __init__(self, working: Working) -> None:
        self._working = working
        self._stored: dict[str, Standing | None] = {}
        self._outside: set[str] = set()
        self._serving: dict[str, frozenset[str]] = {}
        self._state_place = ""

    def load(self, group_ids: Iterable[str]) -> None:
        """Read the stored standings of these groups."""
        table = self._working.tables.standing
        wanted = {id for id in group_ids if id and id not in self._stored}
        self._stored.update(dict.fromkeys(wanted))
        db = self._working.db
        for some in chunked(wanted):
            asked = {"state": self._working.state_id, "among": listed(db, some)}
            for row in db.execute(_standings_among(table, db.dialect.name), asked):
                self._stored[row.id] = standing_of(row)
                if row.outside:
                    self._outside.add(row.id)

    def stored(self, group_id: str) -> Standing | None:
        """What the group's standing was before this transaction; None for a new group."""
        if group_id not in self._stored:
            self.load([group_id])
        return self._stored[group_id]

    def now(self, group_id: str | None) -> Standing | None:
        """A group's standing as far as it is known: stored, or of a group just created. None for an unknown group."""
        if not group_id:
            return None
        stored = self.stored(group_id)
        if stored is not None:
            return stored
        shg = self._working.get("Shg", group_id)
        return self.at_village(shg["village_id"]) if shg else None

    def at_village(self, village_id: str | None) -> Standing | None:
        """The standing a group would have in a village before it has accounts; None for an unknown village."""
        place = self._working.get("Place", village_id)
        if place is None:
            return None
        return Standing(
            place["block_id"], place["gram_panchayat_id"], self.serving(place["id"]), frozenset(), place["district_id"]
        )

    def serving(self, village_id: str) -> frozenset[str]:
        """The branches that serve a village, by the ServiceArea rows that stand."""
        if village_id not in self._serving:
            self.load_villages([village_id])
        return self._serving[village_id]

    def load_villages(self, village_ids: Iterable[str | None]) -> None:
        """Read at once which branches serve these villages, and the villages."""
        wanted = {id for id in village_ids if id and id not in self._serving}
        if not wanted:
            return
        self._working.load("Place", wanted)
        serving: dict[str, set[str]] = {id: set() for id in wanted}
        for row in self._working.load_where("ServiceArea", "village_id", wanted):
            if not row["deleted_on"]:
                serving[row["village_id"]].add(row["branch_id"])
        self._serving.update({id: frozenset(branches) for id, branches in serving.items()})

    def forget_serving(self) -> None:
        """After a ServiceArea changed."""
        self._serving.clear()

    def reference(self, row: dict[str, Any]) -> Standing:
        """The standing of a reference record: its district if it is in one, and the state."""
        if not self._state_place:
            working, seen = self._working, self._working.seen
            known = seen.state_place if seen else state_place(working.db, working.tables, working.state_id)
            self._state_place = known
        return Standing(district_id=row.get("district_id"), state_id=self._state_place)

    def computed(self, shg: dict[str, Any], accounts: Iterable[dict[str, Any]]) -> Standing | None:
        """A group's standing from its records: branches of its accounts not closed, else those serving its village."""
        base = self.at_village(shg["village_id"])
        if base is None:
            return None
        own = frozenset(
            account["branch_id"]
            for account in accounts
            if account["branch_id"] and account["state"] != "closed" and not account["deleted_on"]
        )
        bearers = frozenset(shg[f"{office}_id"] for office in OFFICES if shg[f"{office}_id"])
        return Standing(base.block_id, base.gram_panchayat_id, own or base.branches, bearers, base.district_id)

    def is_outside(self, group_id: str) -> bool:
        return group_id in self._outside

    def mark_outside(self, group_id: str) -> None:
        """Work typed before a withdrawal was applied to this group; the office sees it (law 6)."""
        self._outside.add(group_id)

    def write(self, standings: dict[str, Standing], now_ms: int) -> None:
        """Store new standings; where a group stood before is kept for work typed under it."""
        working, past = self._working, []
        for id in standings:
            old = self._stored.get(id)
            if old is not None and _place(old) != _place(standings[id]):
                past.append(
                    {
                        "state_id": working.state_id, "id": id, "until_ms": now_ms, "block_id": old.block_id,
                        "gram_panchayat_id": old.gram_panchayat_id, "branches": _text(old.branches),
                    }
                )  # fmt: skip
        put(working.db, working.tables.standing_past, past)
        put(
            working.db,
            working.tables.standing,
            [
                {
                    "state_id": working.state_id, "id": id, "block_id": s.block_id,
                    "gram_panchayat_id": s.gram_panchayat_id, "district_id": s.district_id,
                    "branches": _text(s.branches), "bearers": _text(s.bearers), "outside": id in self._outside,
                }
                for id, s in standings.items()
            ],
        )  # fmt: skip

    def since(self, group_id: str, ms: int) -> list[tuple[Standing, int | None]]:
        """Where a known group has stood since a moment: (standing, until when), the last with None for today."""
        working = self._working
        asked = {"state": working.state_id, "group": group_id, "ms": ms}
        rows = working.db.execute(_past_since(working.tables.standing_past), asked)
        found: list[tuple[Standing, int | None]] = [(standing_of(row), row.until_ms) for row in rows]
        return [*found, (self.now(group_id) or Standing(), None)]


@lru_cache(maxsize=32)
def _standings_among(table: Table, dialect: str) -> Select[Any]:
    return select(table).where(table.c.state_id == bindparam("state"), among_listed(dialect, table.c.id))


@lru_cache(maxsize=32)
def _past_since(table: Table) -> Select[Any]:
    mine = (table.c.state_id == bindparam("state"), table.c.id == bindparam("group"))
    return select(table).where(*mine, table.c.until_ms > bindparam("ms")).order_by(table.c.until_ms)


def _place(standing: Standing) -> tuple[Any, ...]:
    """What of a standing decides who reaches the group."""
    return standing.block_id, standing.gram_panchayat_id, standing.branches


def _text(ids: Iterable[str]) -> str:
    return json.dumps(sorted(ids), separators=(",", ":"))

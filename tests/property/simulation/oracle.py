"""Who holds what, worked out again from the plain records alone, slowly, by the tables of docs/protocol.md.

Nothing here knows of feeds, counters, standings or cursors, nor of the code that keeps them.
"""

from collections import defaultdict
from functools import cache
from typing import Any

from sqlalchemy import Select, Table, select

from records.cells import read_stamps
from records.days import day_of
from records.record import fields_of, to_wire
from tests.property.simulation.town import Town

REFERENCE = ("Place", "Norm", "BankBranch", "ServiceArea", "Person", "Assignment")
OFFICES = ("president_id", "secretary_id", "treasurer_id")
Row = dict[str, Any]


@cache
def _all_of(table: Table) -> Select[Any]:
    return select(table)


class Oracle:
    """The records of a centre at one moment, and who should have which of them."""

    def __init__(self, town: Town) -> None:
        self.registry, tables = town.registry, town.centre.tables.records
        with town.centre.database.reading() as db:
            self.rows = {
                kind: {row["id"]: dict(row) for row in db.execute(_all_of(table)).mappings()}
                for kind, table in tables.items()
            }
        self.today = day_of(town.centre.clock())
        self.state = next(row["id"] for row in self.rows["Place"].values() if row["level"] == "state")
        self._accounts: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows["SavingsAccount"].values():
            self._accounts[row["shg_id"]].append(row)
        self._serving: dict[str, set[str]] = defaultdict(set)
        for row in self.rows["ServiceArea"].values():
            if not row["deleted_on"]:
                self._serving[row["village_id"]].add(row["branch_id"])
        self._of_group = {group: self._streams_of_group(row) for group, row in self.rows["Shg"].items()}
        self._bearers = {
            group: {row[office] for office in OFFICES if row[office]} for group, row in self.rows["Shg"].items()
        }
        self.streams = {
            kind: {id: self._streams(kind, row) for id, row in rows.items()} for kind, rows in self.rows.items()
        }

    # --- where a record is

    def above(self, place: str | None, level: str) -> str | None:
        seen: set[str] = set()
        while place and place in self.rows["Place"] and place not in seen:
            row = self.rows["Place"][place]
            if row["level"] == level:
                return place
            seen.add(place)
            place = row["parent_id"]
        return None

    def _streams_of_group(self, shg: Row) -> dict[str, set[str]]:
        """class of stream -> streams of a group."""
        block, panchayat = self.above(shg["village_id"], "block"), self.above(shg["village_id"], "gram_panchayat")
        of_accounts = {
            row["branch_id"]
            for row in self._accounts[shg["id"]]
            if row["branch_id"] and row["state"] != "closed" and not row["deleted_on"]
        }
        branches = of_accounts or self._serving[shg["village_id"]]
        at_branch = {f"branch/{one}/groups" for one in branches} or ({f"block/{block}/no_branch"} if block else set())
        return {
            "members": {f"gp/{panchayat}/members"} if panchayat else set(),
            "branch": at_branch,
            "bearers": {f"branch/{one}/bearers" for one in branches},
            "accounts": {f"block/{block}/accounts"} if block else set(),
            "groups": {f"block/{block}/groups"} if block else set(),
        }

    def _group_of(self, kind: str, row: Row) -> str | None:
        if kind == "Shg":
            return str(row["id"])
        if kind in ("AccountStep", "Attachment"):
            account = self.rows["SavingsAccount"].get(row["account_id"])
            return account["shg_id"] if account else None
        return row["shg_id"]

    def _streams(self, kind: str, row: Row) -> set[str]:
        if kind in REFERENCE:
            district = self._district_of(kind, row)
            return {f"district/{district}/reference"} if district else {f"state/{self.state}/reference"}
        if kind == "Conflict":
            about = self.rows[row["record_kind"]][row["record_id"]]
            return self._streams(row["record_kind"], about)
        if kind in ("Verdict", "Withdrawal"):
            return {f"person/{row['person_id']}/verdicts"}
        group = self._group_of(kind, row) or ""
        here = self._of_group.get(group)
        if here is None:
            return set()
        if kind == "Member":
            return here["members"] | (here["bearers"] if row["id"] in self._bearers[group] else set())
        if kind == "Attachment":
            return here["members"] | here["branch"]
        return (
            here["members"]
            | here["branch"]
            | here["accounts" if kind in ("SavingsAccount", "AccountStep") else "groups"]
        )

    def _district_of(self, kind: str, row: Row) -> str | None:
        match kind:
            case "Place":
                return self.above(row["id"], "district")
            case "BankBranch":
                return self.above(row["block_id"], "district")
            case "ServiceArea":
                return self.above(row["village_id"], "district")
            case "Person":
                return self.above(row["home_id"], "district")
            case "Assignment":
                if row["place_id"]:
                    return self.above(row["place_id"], "district")
                branch = self.rows["BankBranch"].get(row["branch_id"] or "")
                return self.above(branch["block_id"], "district") if branch else None
        return None

    # --- who reads it

    def read_by(self, person: str) -> dict[str, set[str]]:
        """stream -> roles in which a person reads it today."""
        found: dict[str, set[str]] = defaultdict(set)
        for row in self.rows["Assignment"].values():
            begun = row["from_on"] <= self.today and (row["to_on"] is None or row["to_on"] >= self.today)
            if row["person_id"] == person and begun and not row["deleted_on"]:
                for stream in self._read_in(row["role"], row["place_id"], row["branch_id"]):
                    found[stream].add(row["role"])
        found[f"person/{person}/verdicts"].add("own")
        return dict(found)

    def _read_in(self, role: str, place: str | None, branch: str | None) -> set[str]:
        if role == "bank_sakhi":
            at = self.rows["BankBranch"].get(branch or "")
            block = self.above(at["block_id"], "block") if at else None
            if not block:
                return set()
            own = {f"branch/{branch}/groups", f"branch/{branch}/bearers", f"block/{block}/no_branch"}
        else:
            block = self.above(place, "block")
            if role == "abm":
                own = {f"gp/{place}/members"} | ({f"block/{block}/groups"} if block else set())
            elif role == "district":
                blocks = self._below(place, "block")
                own = {f"block/{one}/{what}" for one in blocks for what in ("groups", "accounts")}
            else:
                own = {f"block/{place}/groups", f"block/{place}/accounts"}
                if role == "supervisor":
                    own |= {f"block/{place}/no_branch"}
                    own |= {f"gp/{one}/members" for one in self._below(place, "gram_panchayat")}
        district = self.above(block if block else place, "district")
        own |= {f"state/{self.state}/reference"} | ({f"district/{district}/reference"} if district else set())
        return own

    def _below(self, place: str | None, level: str) -> list[str]:
        above = self.rows["Place"][place]["level"] if place else ""
        places = self.rows["Place"].values()
        return [
            r["id"]
            for r in places
            if r["level"] == level and not r["deleted_on"] and self.above(r["id"], above) == place
        ]

    # --- what a phone of hers should hold

    def copy_of(self, person: str) -> dict[str, dict[str, tuple[dict[str, Any], dict[str, str], list[str]]]]:
        """kind -> id -> (wire values of the columns that she sees, their stamps, streams that hold it)."""
        roles = self.read_by(person)
        found: dict[str, Any] = {}
        for kind, rows in self.rows.items():
            for id, row in rows.items():
                held_by = sorted(self.streams[kind][id] & roles.keys())
                if held_by:
                    seen = self._columns(kind, held_by, roles)
                    values = {name: to_wire(row[name]) for name in seen}
                    stamps = {n: s for n, s in read_stamps(row["stamps"]).items() if n in seen}
                    if kind == "Conflict" and row["field"] not in self._columns(row["record_kind"], held_by, roles):
                        values |= {"value": None, "winning_value": None}
                    found.setdefault(kind, {})[id] = (values, stamps, held_by)
        return found

    def _columns(self, kind: str, held_by: list[str], roles: dict[str, set[str]]) -> set[str]:
        specs = fields_of(self.registry[kind].cls)
        personal = set() if kind == "Conflict" else {name for name, spec in specs.items() if spec.personal}
        for stream in held_by:
            for role in roles[stream]:
                poor = role in ("nodal", "district", "admin") or (
                    kind == "Shg" and stream.endswith("/groups") and stream.startswith("block")
                )
                if not poor:
                    return set(specs)
        return set(specs) - personal

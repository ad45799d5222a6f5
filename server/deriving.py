"""What follows from the changes of a transaction: account states, rosters, marks, standings, and whom to tell."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, Table, bindparam, select

from records.access import Standing
from records.account_state import state_of
from records.audience import verdict_streams
from records.days import day_of
from records.figures import norm_on
from records.kinds import Registry
from records.marks import marks_of, roster_of
from records.member import Member
from records.merge import conflict_id
from records.norm import Norm
from records.rules import Rule, breakable
from records.savings_account import AccountStep
from records.shg import Shg
from server.fresh import Fresh
from server.geography import settle_at_branches, settle_below
from server.likeness import alike_groups, alike_in, canonical_ids
from server.standings import Standings
from server.working import Working


@dataclass
class Followed:
    """The known records to be told, and the standings by which streams are known: the same for all records of a kind
    in one group (or district), except for office bearers."""

    registry: Registry
    known: list[tuple[str, str]]
    working: Working
    standings: Standings
    settled: dict[str, Standing]
    _streams: dict[tuple[str, str | None], frozenset[str]] = field(default_factory=dict)
    _bearers: dict[str, frozenset[str]] = field(default_factory=dict)

    def new(self) -> Iterator[tuple[str, list[str], frozenset[str]]]:
        """(kind, ids, streams) of all that was created, in the order in which it was: neighbours in the same streams
        together."""
        for kind, made in self.working.new:
            if isinstance(made, str):
                yield kind, [made], self.streams_of(kind, made)
                continue
            each = zip(self._streams_in(made), made.ids, strict=True)
            for streams, some in groupby(each, itemgetter(0)):
                yield kind, [id for _, id in some], streams

    def _streams_in(self, made: Fresh) -> Iterable[frozenset[str]]:
        entry = self.registry[made.kind]
        if entry.streams is None or "district_id" in made.blank:
            return [self.streams_of(made.kind, id) for id in made.ids]
        if entry.standing != "group":
            return [self._at_no_place(made.kind)] * len(made.ids)
        of = self._streams_in_group
        return [of(made.kind, id, group) for id, group in zip(made.ids, made.column("group_id"), strict=True)]

    def streams_of(self, kind: str, id: str) -> frozenset[str]:
        entry = self.registry[kind]
        row = self.working.get(kind, id)
        assert row is not None
        if kind == "Conflict":
            return self.streams_of(row["record_kind"], row["record_id"])
        if kind in ("Verdict", "Withdrawal"):
            return verdict_streams(row["person_id"])
        assert entry.streams is not None
        if entry.standing != "group":
            where = (kind, row.get("district_id"))
            if where not in self._streams:
                self._streams[where] = entry.streams(id, self.standings.reference(row))
            return self._streams[where]
        return self._streams_in_group(kind, id, row["group_id"])

    def _streams_in_group(self, kind: str, id: str, group: str) -> frozenset[str]:
        streams, where = self.registry[kind].streams, (kind, group)
        assert streams is not None
        if where not in self._streams:
            standing = self._standing(group)
            self._bearers[group] = standing.bearers
            # Only office bearers are in other streams than the rest of their group.
            self._streams[where] = streams("", standing)
        return streams(id, self._standing(group)) if id in self._bearers[group] else self._streams[where]

    def _at_no_place(self, kind: str) -> frozenset[str]:
        streams, where = self.registry[kind].streams, (kind, None)
        assert streams is not None
        if where not in self._streams:
            self._streams[where] = streams("", self.standings.reference({}))
        return self._streams[where]

    def _standing(self, group: str) -> Standing:
        return self.settled.get(group) or self.standings.now(group) or Standing()


def derive(working: Working, standings: Standings, left_groups: Iterable[str], now_ms: int) -> Followed:
    """Work out everything derived, store the standings, and name every record whose streams must be told."""
    _take_conflicts_along(working)
    groups = _touched_groups(working) | set(left_groups) | _groups_of_moved_places(working, standings)
    settled: dict[str, Standing] = {}
    retold: set[str] = set()
    if groups:
        working.lock_groups(groups)
        # Those that are alike are locked as well; by then they may be alike to further ones.
        while more := alike_groups(working, groups):
            working.lock_groups(more)
            groups |= more
        working.load_groups(groups)
        standings.load(groups)
        standings.load_villages(shg["village_id"] for id in groups if (shg := working.get("Shg", id)))
        _raise_work_on_deleted(working, groups)
        _settle_groups(working, standings, groups, now_ms, settled, retold)
    changed = {**working.written, **working.derived}
    if retold:
        for kind in working.registry:
            if working.registry[kind].standing == "group":
                changed.update({row["id"]: kind for row in working.all_of(kind) if row["group_id"] in retold})
    known = [(kind, id) for id, kind in changed.items() if id not in working.created]
    return Followed(working.registry, known, working, standings, settled)


def _take_conflicts_along(working: Working) -> None:
    """A member who moved takes her conflicts along: their values are hers, and who reads of her reads them."""
    moved = [id for id, kind in working.written.items() if kind == "Member" and "shg_id" in working.before.get(id, {})]
    if not moved or "Conflict" not in working.registry:
        return
    for row in working.load_where("Conflict", "record_id", moved):
        member = working.get("Member", row["record_id"])
        if member is not None:
            working.derive("Conflict", row, group_id=member["group_id"], shg_id=member["group_id"])


def _raise_work_on_deleted(working: Working, groups: set[str]) -> None:
    """Work arriving on a deleted group is kept, hidden, and raises one conflict per group: shall it be restored? The
    conflict is closed when the group stands again."""
    if "Conflict" not in working.registry:
        return
    # A group that was never deleted has no such conflict.
    ever = [shg for id in sorted(groups) if (shg := working.get("Shg", id)) and shg["stamps"].get("deleted_on")]
    working.load("Conflict", [conflict_id(shg["id"], "deleted_on", "work") for shg in ever])
    for shg in ever:
        group = shg["id"]
        deletion = shg["stamps"].get("deleted_on", "")
        id = conflict_id(group, "deleted_on", "work")
        known = working.get("Conflict", id)
        if shg["deleted_on"] is None:
            if known and known["state"] != "closed":
                working.derive("Conflict", known, state="closed")
            continue
        newest = _newest_work(working, shg)
        if newest > deletion and (known is None or known["state"] == "closed"):
            row = known or working.create("Conflict", id, group)
            working.derive(
                "Conflict", row, record_kind="Shg", record_id=group, shg_id=group, field="deleted_on", value="null",
                losing_stamp=newest, winning_stamp=deletion, state="open",
            )  # fmt: skip


def _newest_work(working: Working, shg: dict[str, Any]) -> str:
    """The greatest stamp written in this transaction on a group or below it, its own deletion left out; '' for none."""
    newest = ""
    for id, kind in {**working.created, **working.written}.items():
        row = working.get(kind, id)
        if row and row["group_id"] == shg["id"] and kind != "Conflict":
            fields = working.before.get(id, row["stamps"])
            newest = max([newest, *(row["stamps"].get(name, "") for name in fields if name != "deleted_on")])
    return newest


def _touched_groups(working: Working) -> set[str]:
    return working.groups_changed({kind for kind, entry in working.registry.items() if entry.standing == "group"})


PLACING = frozenset(("Place", "BankBranch", "ServiceArea"))
"""Kinds by which groups are placed."""


def _groups_of_moved_places(working: Working, standings: Standings) -> set[str]:
    """Groups in villages whose ancestry or serving branches changed in this transaction."""
    told = {**working.created, **working.written}
    if PLACING.isdisjoint({*told.values(), *working.derived.values()}):
        return set()
    places = {id for id, kind in told.items() if kind == "Place"}
    villages = settle_below(working, places) if places else set()
    branches = {id for id, kind in {**told, **working.derived}.items() if kind == "BankBranch"}
    if branches and "Assignment" in working.registry:
        settle_at_branches(working, branches)
    for changed in (working.created, working.written):
        areas = [working.get(kind, id) for id, kind in changed.items() if kind == "ServiceArea"]
        villages |= {area["village_id"] for area in areas if area}
        villages |= {
            old["village_id"]
            for id, kind in changed.items()
            if kind == "ServiceArea" and "village_id" in (old := working.before.get(id, {}))
        }
    if not villages:
        return set()
    standings.forget_serving()
    return {row["id"] for row in working.load_where("Shg", "village_id", villages)}


def _settle_groups(
    working: Working,
    standings: Standings,
    groups: set[str],
    now_ms: int,
    settled: dict[str, Standing],
    retold: set[str],
) -> None:
    today = day_of(now_ms)
    norms = _norms(working)
    rows = {kind: _by_group(working, kind, groups) for kind in ("Member", "SavingsAccount", "AccountStep")}
    rules = {kind: breakable(kind, [row for some in rows[kind].values() for row in some]) for kind in rows}
    rules["Shg"] = breakable("Shg", [shg for id in groups if (shg := working.get("Shg", id))])
    alike, canonical = alike_in(working, groups, rows), canonical_ids(working, groups)
    for group in sorted(groups):
        shg = working.get("Shg", group)
        if shg is None:
            continue
        accounts, members = rows["SavingsAccount"].get(group, []), rows["Member"].get(group, [])
        disputed = _settle_accounts(working, accounts, rows["AccountStep"].get(group, []))
        record = Shg.known(shg)
        special = shg["group_type"] == "special"
        roster = [Member.known(member) for member in members]
        marks = marks_of(
            record,
            roster,
            least=norm_on(norms, "least_members_special" if special else "least_members", today),
            most=norm_on(norms, "most_members", today),
            today=today,
            elsewhere=alike.elsewhere(group, members),
            twice=alike.twice(group, accounts),
            disputed=disputed,
            outside=standings.is_outside(group),
            rules_broken=_rules_broken(rules, shg, members, accounts, today),
        )
        working.derive("Shg", shg, roster_count=roster_of(roster), marks=marks, canonical_id=canonical[group])
        standing = standings.computed(shg, accounts)
        if standing is None:
            continue
        settled[group] = standing
        if standings.stored(group) != standing:
            retold.add(group)
    standings.write({group: settled[group] for group in settled if _must_store(standings, group, settled)}, now_ms)


def _must_store(standings: Standings, group: str, settled: dict[str, Standing]) -> bool:
    return standings.stored(group) != settled[group] or standings.is_outside(group)


def _by_group(working: Working, kind: str, groups: set[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in working.all_of(kind):
        if row["group_id"] in groups:
            found.setdefault(row["group_id"], []).append(row)
    return found


def _settle_accounts(working: Working, accounts: list[dict[str, Any]], steps: list[dict[str, Any]]) -> bool:
    """State, submission day and last four digits of each account; True when steps of one disagree."""
    disputed = False
    for account in accounts:
        own = [step for step in steps if step["account_id"] == account["id"]]
        state = state_of(
            [AccountStep.known(step) for step in own],
            "savings",
            {step["id"]: step["stamps"].get("kind", "") for step in own},
        )
        number = account["account_number"]
        working.derive(
            "SavingsAccount",
            account,
            state=state.state,
            submitted_on=state.submitted_on,
            account_last4=number[-4:] if number else None,
        )
        disputed |= state.disputed
    return disputed


def _rules_broken(
    rules: Mapping[str, list[Rule]],
    shg: dict[str, Any],
    members: list[dict[str, Any]],
    accounts: list[dict[str, Any]],
    today: date,
) -> bool:
    """Whether merging honest changes has left a record that breaks a rule of its own. `rules`: those that may be."""
    mine = (("Shg", [shg]), ("Member", members), ("SavingsAccount", accounts))
    return any(rule.broken(row, today) for kind, rows in mine for rule in rules[kind] for row in rows)


def _norms(working: Working) -> list[Norm]:
    rows = working.db.execute(_all_norms(working.tables.records["Norm"]), {"state": working.state_id}).mappings()
    return [Norm.known(dict(row)) for row in rows]


@lru_cache(maxsize=32)
def _all_norms(table: Table) -> Select[Any]:
    return select(table).where(table.c.state_id == bindparam("state"))

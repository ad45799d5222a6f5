"""Derived columns of groups and accounts on the phone (design 3).

The centre derives them over all records and sends them; what it sent stands. Only where work is unsent does the phone
compute them itself, from what it wholly holds, and keeps the received values beneath until that work is answered. So
the order in which records arrive cannot matter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select

from records.account_state import AccountState, state_of
from records.audience import class_of
from records.figures import norm_on
from records.marks import marks_of, roster_of
from records.member import Member
from records.norm import Norm
from records.record import to_wire
from records.savings_account import AccountStep
from records.shg import Shg
from storage import outbox
from storage.letting_go import has_let_go
from storage.moment import today
from storage.rows import RawRow, raw_rows, rows_below, shape_of, write_raw
from storage.store import Transaction


@dataclass
class Touched:
    """Groups and accounts whose derived columns a transaction may have changed."""

    groups: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)

    def add(self, t: Transaction, kind: str, id: str, raw: RawRow) -> None:
        """Notes one record as it was or as it is now."""
        self.add_many(kind, [id], {name: [raw.values.get(name)] for name in ("shg_id", "account_id")})

    def add_many(self, kind: str, ids: Iterable[str], columns: Mapping[str, Iterable[Any]]) -> None:
        """Notes records of one kind, with those of their columns that say where they stand."""
        if kind == "Shg":
            self.groups.update(ids)
        elif kind == "SavingsAccount":
            self.accounts.update(ids)
        self.groups.update(filter(None, columns.get("shg_id", ())))
        self.accounts.update(filter(None, columns.get("account_id", ())))


def settle(t: Transaction, touched: Touched) -> None:
    """Computes the derived columns of those touched groups on which there is work of our own."""
    if not {"Shg", "Member", "SavingsAccount", "AccountStep"} <= set(t.tables) or not outbox.has_own_work(t):
        return
    accounts = raw_rows(t.connection, t.tables, "SavingsAccount", touched.accounts)
    groups = touched.groups | {raw.values["shg_id"] for raw in accounts.values() if raw.values["shg_id"]}
    busy = outbox.busy_units(t, groups)
    if not busy:
        return
    shgs = raw_rows(t.connection, t.tables, "Shg", busy)
    disputed = _settle_accounts(t, busy)
    _settle_rosters(t, shgs, disputed)
    _settle_links(t, shgs)


def stand_down(t: Transaction, units: Iterable[str] | None = None) -> None:
    """Lets the received derived values stand again where no work of our own is left (of these units, or of all)."""
    beneath = outbox.all_beneath(t)
    if not beneath:
        return
    chosen = None if units is None else set(units)
    idle = {unit for _key, unit, _fields in beneath if chosen is None or unit in chosen}
    idle -= outbox.busy_units(t, idle)
    for (kind, id), unit, fields in beneath:
        derived = shape_of(t.tables, kind).derived & fields.keys() if kind in t.tables else set()
        if unit not in idle or not derived:
            continue
        outbox.keep_beneath(t, kind, id, unit, {name: cell for name, cell in fields.items() if name not in derived})
        for raw in raw_rows(t.connection, t.tables, kind, [id]).values():
            raw.take({name: (fields[name][0], "") for name in derived})
            write_raw(t.connection, t.tables, kind, [raw])
            t.changed.add(kind)


def _settle_accounts(t: Transaction, groups: set[str]) -> set[str]:
    """Computes the states of the accounts of these groups; returns the groups whose steps disagree."""
    kind = t.registry["AccountStep"]
    accounts = rows_below(t.connection, t.tables, "SavingsAccount", groups)
    steps: dict[str, list[RawRow]] = {}
    for step in rows_below(t.connection, t.tables, "AccountStep", [account.id for account in accounts]):
        steps.setdefault(step.values["account_id"], []).append(step)
    disputed = set()
    for account in accounts:
        mine = steps.get(account.id, [])
        records = [step.record(kind) for step in mine]
        state = state_of(
            (record for record in records if isinstance(record, AccountStep)),
            stamps={step.id: step.stamps.get("kind", "") for step in mine},
        )
        if not state.heads and has_let_go(t, account.id):
            # What a cancelled step had replaced was let go: what the centre says last stands until it is asked.
            continue
        _put(t, "SavingsAccount", account, _account_columns(account, state), account.values["shg_id"])
        if state.disputed:
            disputed.add(account.values["shg_id"])
    return disputed


def _account_columns(account: RawRow, state: AccountState) -> dict[str, Any]:
    columns: dict[str, Any] = {"state": state.state, "submitted_on": to_wire(state.submitted_on)}
    number, stamp = account.cell("account_number")
    # Without a stamp the number may simply not be shown here; its last digits then stand as they came.
    return columns | {"account_last4": number[-4:] if number else None} if stamp else columns


def _settle_rosters(t: Transaction, shgs: Mapping[str, RawRow], disputed: set[str]) -> None:
    """Counts the rosters and finds the marks of groups whose members are all here."""
    streams = t.driver.execute("SELECT number, name FROM stream")
    whole = {f",{number}," for number, name in streams if class_of(name) == "members"}
    ours = {id: raw for id, raw in shgs.items() if not raw.held or any(mark in raw.held for mark in whole)}
    if not ours:
        return
    members: dict[str, list[Member]] = {}
    for row in rows_below(t.connection, t.tables, "Member", ours):
        record = row.record(t.registry["Member"])
        assert isinstance(record, Member)
        members.setdefault(record.shg_id, []).append(record)
    norms = norms_held(t)
    day = today(t.meta, t.clock_ms, t.store.built_on)
    for id, raw in ours.items():
        shg = raw.record(t.registry["Shg"])
        assert isinstance(shg, Shg)
        roster = members.get(id, [])
        received = outbox.beneath_of(t, "Shg", id).get("marks", [raw.values["marks"]])[0] or ()
        special = shg.group_type == "special"
        marks = marks_of(
            shg,
            roster,
            least=norm_on(norms, "least_members_special" if special else "least_members", day),
            most=norm_on(norms, "most_members", day),
            today=day,
            # These marks need a wider view than a phone has: as the centre last saw it.
            elsewhere=frozenset(m.id for m in roster) if "woman_in_two_groups" in received else frozenset(),
            twice="same_account_twice" in received,
            outside="outside_reach" in received,
            rules_broken="rule_broken" in received,
            disputed=id in disputed,
        )
        _put(t, "Shg", raw, {"roster_count": roster_of(roster), "marks": list(marks)}, id)


def norms_held(t: Transaction) -> list[Norm]:
    """The norms that have come here."""
    if "Norm" not in t.tables:
        return []
    ids = [id for (id,) in t.driver.execute(f'SELECT id FROM "{t.tables["Norm"].name}"')]
    records = (raw.record(t.registry["Norm"]) for raw in raw_rows(t.connection, t.tables, "Norm", ids).values())
    return [record for record in records if isinstance(record, Norm) and isinstance(record.from_on, date)]


def _settle_links(t: Transaction, shgs: Mapping[str, RawRow]) -> None:
    """Finds the canonical id of new groups, and of all groups that an unsent `same_as` joins or parts."""
    entries = outbox.own_entries(t, [("Shg", id) for id in shgs])
    linked = {id for id in shgs if "same_as" in outbox.own_cells(entries.get(("Shg", id), []))}
    for id, raw in shgs.items():
        if id not in linked and not raw.held and raw.values["canonical_id"] is None:
            _put(t, "Shg", raw, {"canonical_id": id}, id)
    if not linked:
        return
    table = t.tables["Shg"]
    pairs = t.connection.execute(select(table.c.id, table.c.same_as).where(table.c.same_as.is_not(None))).all()
    smallest = components((row.id, row.same_as) for row in pairs)
    before = {id: raw.values["canonical_id"] for id, raw in shgs.items() if id in linked}
    parted = select(table.c.id, table.c.canonical_id).where(
        table.c.canonical_id.in_([id for id in before.values() if id])
    )
    cause = {canonical: id for id, canonical in before.items()}
    affected = {row.id: cause[row.canonical_id] for row in t.connection.execute(parted)}
    joined = {smallest.get(id, id): id for id in linked}
    affected |= {id: joined[canonical] for id, canonical in smallest.items() if canonical in joined}
    affected |= {id: id for id in linked}
    for id, raw in raw_rows(t.connection, t.tables, "Shg", affected).items():
        # Kept with the group whose link is the reason, so that it stands down together with that work.
        _put(t, "Shg", raw, {"canonical_id": smallest.get(id, id)}, affected[id])


def components(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """id -> smallest id of the connected set it is in; cycles are harmless."""
    above: dict[str, str] = {}

    def root(id: str) -> str:
        while above.setdefault(id, id) != id:
            above[id] = above[above[id]]
            id = above[id]
        return id

    for one, other in pairs:
        first, second = sorted((root(one), root(other)))
        above[second] = first
    return {id: root(id) for id in list(above)}


def _put(t: Transaction, kind: str, raw: RawRow, computed: Mapping[str, Any], unit: str) -> None:
    """Writes computed values over received ones, which are kept beneath."""
    differing = {name: value for name, value in computed.items() if raw.values[name] != value}
    if not differing:
        return
    if raw.held:
        fields = outbox.beneath_of(t, kind, raw.id)
        missing = {name: [raw.values[name], ""] for name in differing if name not in fields}
        if missing:
            outbox.keep_beneath(t, kind, raw.id, unit, fields | missing)
    raw.values.update(differing)
    write_raw(t.connection, t.tables, kind, [raw])
    t.changed.add(kind)

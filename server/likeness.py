"""What stands in more than one group: the same woman, the same account, groups that are said to be the same."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from records.search_key import search_key
from server.working import Working

Rows = Mapping[str, list[dict[str, Any]]]
"""group -> rows of one kind below it."""


@dataclass(frozen=True)
class Alike:
    """What stands in more than one group, read once for all groups of a transaction.

    `women`: (mobile, search key of the name) -> groups she is present in; `accounts`: number -> groups.
    """

    women: dict[tuple[str, str], set[str]]
    accounts: dict[str, set[str]]

    def elsewhere(self, group: str, members: list[dict[str, Any]]) -> frozenset[str]:
        """Ids of members of this group who look like a present member of another: same mobile, same name."""
        return frozenset(
            member["id"] for member in members if member["mobile"] and self.women.get(_woman(member), set()) - {group}
        )

    def twice(self, group: str, accounts: list[dict[str, Any]]) -> bool:
        """Whether an account number of this group stands at another group too."""
        return any(self.accounts.get(account["account_number"], set()) - {group} for account in accounts)


def alike_groups(working: Working, groups: set[str]) -> set[str]:
    """Other groups with a woman or an account that also stands in one of these, now or before the change; and
    those connected by `same_as`. A number that many women share draws in only those of the same name."""
    women: set[tuple[str, str]] = set()
    numbers: set[str] = set()
    same: set[str] = set()
    for id, kind in {**working.created, **working.written}.items():
        row, old = working.get(kind, id) or {}, working.before.get(id, {})
        if kind == "Member":
            women |= {_woman(one) for one in ((row, {**row, **old}) if old else (row,)) if one["mobile"]}
        elif kind == "SavingsAccount":
            numbers |= {number for number in (row["account_number"], old.get("account_number")) if number}
        elif kind == "Shg" and (row["same_as"] or old.get("same_as")):
            same |= {one for one in (id, old.get("same_as"), row["same_as"]) if one}
    came = {id for id, kind in working.created.items() if kind == "Shg"}
    if came:
        # What was said to be the same as one that comes only now.
        same |= {row["id"] for row in working.load_where("Shg", "same_as", came)}
    alike = working.load_where("Member", "mobile", {mobile for mobile, _ in women}) if women else []
    found = {row["group_id"] for row in alike if _woman(row) in women}
    if numbers:
        found |= {row["group_id"] for row in working.load_where("SavingsAccount", "account_number", numbers)}
    return (found | _connected(working, same)) - groups - {None}


def alike_in(working: Working, groups: set[str], rows: Mapping[str, Rows]) -> Alike:
    """What the members and accounts of these groups (kind -> group -> rows) have in common with any others."""
    mobiles = {m["mobile"] for members in rows["Member"].values() for m in members if m["mobile"]}
    numbers = {a["account_number"] for some in rows["SavingsAccount"].values() for a in some if a["account_number"]}
    women: dict[tuple[str, str], set[str]] = {}
    for member in working.load_where("Member", "mobile", mobiles):
        if member["left_on"] is None and member["deleted_on"] is None:
            women.setdefault(_woman(member), set()).add(member["group_id"])
    accounts: dict[str, set[str]] = {}
    for account in working.load_where("SavingsAccount", "account_number", numbers):
        if not account["deleted_on"]:
            accounts.setdefault(account["account_number"], set()).add(account["group_id"])
    return Alike(women, accounts)


def canonical_ids(working: Working, groups: set[str]) -> dict[str, str]:
    """group -> smallest id of the groups that `same_as` connects with it; a group by itself is its own.

    Every connected set is walked once, however many of its groups are asked for.
    """
    naming = {row["same_as"] for row in working.load_where("Shg", "same_as", groups)}
    found: dict[str, str] = {}
    for group in sorted(groups):
        shg = working.get("Shg", group)
        if group in found or shg is None:
            continue
        if not shg["same_as"] and group not in naming:
            found[group] = group
            continue
        # One that is not here, or not yet, must not stand for those that are: they would be counted nowhere.
        whole = {one for one in _connected(working, {group}) if working.get("Shg", one)}
        found.update(dict.fromkeys(whole, min(whole)))
    return found


def _woman(member: Mapping[str, Any]) -> tuple[str, str]:
    return member["mobile"], search_key(member["name"] or "")


def _connected(working: Working, ids: Iterable[str]) -> set[str]:
    """All groups that `same_as` connects with these, whichever way it points."""
    seen, frontier = set(ids), set(ids)
    while frontier:
        found = {row["id"] for row in working.load_where("Shg", "same_as", frontier)}
        working.load("Shg", frontier)
        found |= {row["same_as"] for id in frontier if (row := working.get("Shg", id)) and row["same_as"]}
        frontier = found - seen
        seen |= frontier
    return seen

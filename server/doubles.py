"""Groups of a list that a phone may have registered already: asked about, never joined by themselves (design 4)."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, select

from records.proposal import join_id
from records.resemblance import names_alike
from records.search_key import search_key
from server.chunks import among, chunked, is_empty
from server.merging import Merging
from server.working import Working

Pair = tuple[str, str]
"""(group that no list names, group of the list)."""


def propose_doubles(working: Working, merging: Merging, stamp: str) -> dict[str, tuple[str, ...]]:
    """Ask about the groups that this transaction created: which other group may be the same. A pair is asked once.

    Returns {group created: ids of those it may be}.
    """
    found: dict[Pair, list[str]] = {}
    created = [working.get("Shg", id) for id, kind in working.created.items() if kind == "Shg"]
    groups = [shg for shg in created if shg is not None]
    for pair in {*_by_name(working, groups), *_by_code(working, groups)}:
        found.setdefault(pair, []).append("name_and_village")
    for pair in _by_account(working):
        found.setdefault(pair, []).append("account_number")
    working.load("Proposal", {_id(pair) for pair in found})
    proposed: dict[str, tuple[str, ...]] = {}
    for pair, because in sorted(found.items()):
        if working.get("Proposal", _id(pair)) is not None:
            continue
        registered, listed = pair
        values = {"shg_id": registered, "other_id": listed, "what": "join", "because": tuple(because), "state": "open"}
        cells = {name: (value, stamp, "") for name, value in values.items()}
        merging.create("Proposal", _id(pair), registered, cells)
        proposed[listed] = (*proposed.get(listed, ()), registered)
    return proposed


def _id(pair: Pair) -> str:
    return join_id(*pair)


def _by_name(working: Working, groups: Iterable[dict[str, Any]]) -> Iterable[Pair]:
    by_village: dict[str, list[dict[str, Any]]] = {}
    for shg in groups:
        by_village.setdefault(shg["village_id"], []).append(shg)
    for some in chunked(by_village):
        for row in working.db.execute(_registered(working, "village_id", some)):
            for shg in by_village[row.village_id]:
                if shg["id"] != row.id and names_alike(row.search_key or "", search_key(shg["name"] or "")):
                    yield row.id, shg["id"]


def _by_code(working: Working, groups: Iterable[dict[str, Any]]) -> Iterable[Pair]:
    """Groups of a name alike whose code is the same but for the zeros before it, which a spreadsheet drops."""
    by_code = {code: group for group in groups for code in _spellings(group["portal_code"] or "")}
    shg = working.tables.records["Shg"]
    for some in chunked(by_code):
        query = select(shg.c.id, shg.c.village_id, shg.c.portal_code, shg.c.search_key).where(
            shg.c.state_id == working.state_id, among(working.db, shg.c.portal_code, some), shg.c.deleted_on.is_(None)
        )
        for row in working.db.execute(query):
            group = by_code[row.portal_code]
            alike = names_alike(row.search_key or "", search_key(group["name"] or ""))
            if alike and row.id != group["id"] and row.village_id == group["village_id"]:
                yield row.id, group["id"]


MOST_ZEROS = 6
"""So many zeros may have been lost before a code."""


def _spellings(code: str) -> set[str]:
    """A code of digits with fewer and with more zeros before it, but not as it is."""
    plain = code.lstrip("0")
    return {"0" * zeros + plain for zeros in range(MOST_ZEROS + 1)} - {code} if plain.isdigit() else set()


def _registered(working: Working, field: str, values: list[str]) -> Select[Any]:
    """Groups that people registered and no list has named yet."""
    shg = working.tables.records["Shg"]
    return select(shg.c.id, shg.c.village_id, shg.c.search_key).where(
        shg.c.state_id == working.state_id, among(working.db, shg.c[field], values), is_empty(shg.c.portal_code),
        shg.c.deleted_on.is_(None),
    )  # fmt: skip


def _by_account(working: Working) -> Iterable[Pair]:
    changed = {**working.created, **working.written}
    rows = [working.get("SavingsAccount", id) for id, kind in changed.items() if kind == "SavingsAccount"]
    numbers: dict[str, str] = {row["account_number"]: row["shg_id"] for row in rows if row and row["account_number"]}
    if not numbers:
        return
    account = working.tables.records["SavingsAccount"]
    for some in chunked(numbers):
        query = select(account.c.account_number, account.c.shg_id).where(
            account.c.state_id == working.state_id,
            among(working.db, account.c.account_number, some),
            account.c.deleted_on.is_(None),
        )
        others = {row.shg_id: numbers[row.account_number] for row in working.db.execute(query)}
        wanted = [id for id, listed in others.items() if id != listed]
        for row in working.db.execute(_registered(working, "id", wanted)) if wanted else ():
            yield row.id, others[row.id]

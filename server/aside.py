"""Work that cannot be applied now: held for a parent, or set aside for the office. Nothing of it is thrown away."""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, Table, bindparam, select, update

from records.aadhaar import strike_aadhaar
from records.access import Standing
from records.fields import SHA256
from records.ids import is_id, official_id
from records.kinds import Registry
from records.messages import FrozenBatch
from records.record import FieldSpec, fields_of, to_wire
from server.checking import Row
from server.judging import Author
from server.standings import Standings
from server.tables import UNDECIDED
from server.upserting import insert_missing
from server.working import Working


def set_aside(
    working: Working, standings: Standings, author: Author, number: int, rows: Iterable[Row], now_ms: int
) -> None:
    """Keep what is held or quarantined, and for the office to see what was refused. Of an Aadhaar number only the last
    four digits are kept (design 3)."""
    held, quarantined = [], []
    for row in rows:
        if row.state not in ("held", "quarantined", "refused"):
            continue
        cells = {
            name: [struck(working.registry, row.kind, name, to_wire(value)), stamp, base]
            for name, (value, stamp, base) in row.cells.items()
        }
        common = {
            "state_id": working.state_id, "device": author.device, "number": number, "row": row.number,
            "kind": row.kind, "record_id": row.id, "cells": json.dumps(cells, ensure_ascii=False),
            "received_ms": now_ms,
        }  # fmt: skip
        if row.state == "held":
            held.append({**common, "parent_id": row.cells[str(row.field)][0], "typed_under": row.typed_under})
        else:
            standing = _standing(working, standings, row)
            quarantined.append(
                {
                    **common, "person_id": author.person_id, "code": row.code, "field": row.field,
                    "block_id": standing.block_id if standing else home_block(working, author),
                    "state": "refused" if row.state == "refused" else "open",
                }
            )  # fmt: skip
    for table, some in ((working.tables.held, held), (working.tables.quarantine, quarantined)):
        insert_missing(working.db, table, some)


def set_unreadable_aside(working: Working, author: Author, frozen: FrozenBatch, now_ms: int) -> None:
    """A batch that cannot be unpacked: kept as it came, for the office."""
    row = {
        "state_id": working.state_id, "device": author.device, "number": frozen.number, "row": 0,
        "kind": "Batch", "record_id": frozen.sha256[:32], "cells": json.dumps({"blob": frozen.blob.hex()}),
        "person_id": author.person_id, "block_id": home_block(working, author), "code": "bad_message", "field": None,
        "received_ms": now_ms, "state": "open",
    }  # fmt: skip
    insert_missing(working.db, working.tables.quarantine, [row])


def home_block(working: Working, author: Author) -> str | None:
    """Where its author works: what cannot be placed itself is shown to her supervisor."""
    blocks = sorted({block for reach in author.reaches for block in reach.blocks})
    if blocks:
        return blocks[0]
    person = working.get("Person", author.person_id) if "Person" in working.registry else None
    place = working.get("Place", person["home_id"]) if person else None
    return place["block_id"] or (place["id"] if place["level"] == "block" else None) if place else None


def mended(working: Working, author: Author, rows: Iterable[Row]) -> None:
    """What was set aside of these records and now comes again, changed by its author, waits for nobody any more."""
    if working.seen and not working.seen.set_aside:
        return
    table = working.tables.quarantine
    asked = {"state": working.state_id, "person": author.person_id}
    waiting = working.db.execute(_waiting(table), asked).all()
    if not waiting:
        return
    told = {id: frozenset(row["stamps"]) for id, kind in working.created.items() if (row := working.get(kind, id))}
    told |= {row.id: frozenset(row.cells) for row in rows}
    for one in waiting:
        if one.record_id not in told or not told[one.record_id].issuperset(json.loads(one.cells)):
            continue
        mine = (table.c.state_id == working.state_id) & (table.c.device == one.device)
        mine &= (table.c.number == one.number) & (table.c.row == one.row)
        working.db.execute(update(table).where(mine).values(state="mended"))
        verdict = working.get("Verdict", verdict_id(one.device, one.number, one.row))
        if verdict is not None:
            working.derive("Verdict", verdict, state="mended")


def tell_set_aside(working: Working, author: Author, number: int, row: Row) -> str | None:
    """Say to its author that a change is set aside of which her phone was told that it is held; returns the id of what
    is said. Whoever gives a list hears of it otherwise."""
    if author.office or "Verdict" not in working.registry:
        return None
    id = verdict_id(author.device, number, row.number)
    verdict = working.get("Verdict", id) or working.create("Verdict", id, None)
    working.derive(
        "Verdict", verdict, person_id=author.person_id, author_id=author.person_id, record_kind=row.kind,
        record_id=row.id, code=row.code, field=row.field, state="set_aside",
        typed_stamp=max((stamp for _, stamp, _ in row.cells.values()), default=None),
    )  # fmt: skip
    return id


@lru_cache(maxsize=32)
def _waiting(quarantine: Table) -> Select[Any]:
    """What was set aside of a person and waits for somebody."""
    mine = (quarantine.c.state_id == bindparam("state")) & (quarantine.c.person_id == bindparam("person"))
    return select(quarantine).where(mine, quarantine.c.state.in_(UNDECIDED))


def verdict_id(device: str, number: int, row: int) -> str:
    """The id of what is said about a change, by its place in its batch."""
    return official_id("samooh/verdict", f"{device}/{number}/{row}")


def struck(registry: Registry, kind: str, name: str, value: Any) -> Any:
    """A value without Aadhaar numbers, in whatever shape it came; only a field of digits keeps its own, and a
    hash, in which such digits mean nothing."""
    spec = fields_of(registry[kind].cls).get(name) if kind in registry else None
    kept = spec is not None and (spec.value_type.entry == "digits" or _is_hash(spec, value))
    return value if kept else _struck(value)


def _is_hash(spec: FieldSpec, value: Any) -> bool:
    return spec.value_type.entry == "hash" and isinstance(value, str) and SHA256.fullmatch(value) is not None


def _struck(value: Any) -> Any:
    if isinstance(value, str):
        return strike_aadhaar(value, keep_last=4)
    if isinstance(value, list):
        return [_struck(one) for one in value]
    if isinstance(value, dict):
        return {_struck(name): _struck(one) for name, one in value.items()}
    if isinstance(value, int | float) and not isinstance(value, bool):
        text = str(value)
        kept = strike_aadhaar(text, keep_last=4)
        return value if kept == text else kept
    return value


def _standing(working: Working, standings: Standings, row: Row) -> Standing | None:
    """Where the group is that a row is about, as far as it can be told; a new group is where its village is."""
    if row.kind not in working.registry:
        return None
    parent = working.registry[row.kind].parent
    named = [row.cells[name][0] for name in ("village_id", parent[0] if parent else "") if name in row.cells]
    if not all(isinstance(one, str) and is_id(one) for one in named):
        return None  # what names nothing may not even be looked for
    standing = standings.now(group_of(working, row, working.get(row.kind, row.id)))
    village = row.cells["village_id"][0] if row.kind == "Shg" and "village_id" in row.cells else None
    return standing or (standings.at_village(village) if isinstance(village, str) else None)


def group_of(working: Working, row: Row, before: dict[str, Any] | None) -> str | None:
    """The group a change is about: the one it names, else the one the record stands below."""
    kind = working.registry[row.kind]
    if kind.standing != "group":
        return None
    if row.kind == "Shg":
        return row.id
    if kind.parent and kind.parent[0] in row.cells:
        named = row.cells[kind.parent[0]][0]
        if not isinstance(named, str):
            return None
        if kind.parent[1] == "Shg":
            return named
        above = working.get(kind.parent[1], named)
        return above["group_id"] if above else None
    return before["group_id"] if before else None

"""The stamps of a batch: capped where they are ahead of time, refused where they are not the sender's, replaced where a
copy of the sender has used them (M5, M6, M8, M178)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, Table, Update, bindparam, select, update

from records.stamps import cap_stamps, is_ahead, latest_after
from server.checking import Cell, Lot, Row
from server.glance import LATEST
from server.judging import Author
from server.merging import Merging, persons_of
from server.upserting import put
from server.working import Working


@dataclass(frozen=True)
class Capped:
    """`mapping`: stamps as sent -> as stored, of all batches of the device; `refused`: those of other people's devices;
    `restamped`: what of the mapping this batch has sent; `mixed`: whether any was made under another number than the
    batch is sent under."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    restamped: Mapping[str, str] = field(default_factory=dict)
    mixed: bool = False


def cap_rows(working: Working, author: Author, rows: list[Row], now_ms: int) -> Capped:
    """Cap stamps ahead of time, map bases alike, set aside rows with stamps of devices that are not this person's."""
    stamps = {cell[1] for row in rows for cell in row.cells.values()}
    capped = _capped(working, author, stamps, (cell[2] for row in rows for cell in row.cells.values()), now_ms)
    mapping = capped.mapping
    for row in rows if capped.refused or mapping else ():
        if any(stamp in capped.refused for _, stamp, _ in row.cells.values()):
            row.fail("quarantined", "not_allowed")
        if mapping:
            row.cells = {
                name: (value, mapping.get(stamp, stamp), mapping.get(base, base))
                for name, (value, stamp, base) in row.cells.items()
            }
    return capped


def cap_lots(working: Working, author: Author, lots: list[Lot], now_ms: int) -> Capped:
    """`cap_rows`, column by column. Most columns of a lot share one list of stamps, which is looked at once."""
    stamps = {stamp for lot in lots for column in _once(lot.stamps) for stamp in column if stamp is not None}
    capped = _capped(working, author, stamps, _bases(lots), now_ms)
    for lot in lots:
        for column in _once(lot.stamps) if capped.refused else ():
            foreign = [at for at, stamp in enumerate(column) if stamp in capped.refused]
            lot.faults |= dict.fromkeys(foreign, ("quarantined", "not_allowed", None))
        if capped.mapping:
            lot.stamps = _mapped(lot.stamps, capped.mapping)
            lot.bases = lot.bases and _mapped(lot.bases, capped.mapping)
    return capped


def part_rows(working: Working, merging: Merging, author: Author, rows: list[Row], told: dict[str, str]) -> None:
    """Two copies of one phone may have stamped alike before they were told apart. A change that says something else
    than the one that is known by its stamp gets a stamp of the sender's own, and both are kept (M178). Their records
    have been read. `told`: stamps as sent -> as stored, to which these are added."""
    copied = [row for row in rows if row.state == "applied" and _of_another(author, row.cells.values())]
    parted = _parted(working, author, merging.said_otherwise(copied), told)
    for row in rows if parted else ():
        row.cells = {
            n: (v, parted.get(stamp, stamp), parted.get(base, base)) for n, (v, stamp, base) in row.cells.items()
        }


def part_lots(working: Working, merging: Merging, author: Author, lots: list[Lot], told: dict[str, str]) -> None:
    """`part_rows`, of rows in columns."""
    rows = [row for lot in lots for row in map(lot.row, lot.sound()) if _of_another(author, row.cells.values())]
    parted = _parted(working, author, merging.said_otherwise(rows), told)
    for lot in lots if parted else ():
        lot.stamps = _mapped(lot.stamps, parted)
        lot.bases = lot.bases and _mapped(lot.bases, parted)


def _of_another(author: Author, cells: Iterable[Cell]) -> bool:
    """Whether a change was stamped under another number than it is sent under."""
    return any(stamp[16:] != author.device for _value, stamp, _base in cells)


def _parted(working: Working, author: Author, alike: set[str], told: dict[str, str]) -> dict[str, str]:
    """The stamps of their own, and those noted as what is stored instead of what was sent."""
    parted = {stamp: stamp[:16] + author.device for stamp in alike if stamp[16:] != author.device}
    as_sent = {stored: sent for sent, stored in told.items()}
    noted = {as_sent.get(stamp, stamp): own for stamp, own in parted.items()}
    told |= noted
    _note(working, author, noted)
    return parted


def _capped(working: Working, author: Author, stamps: set[str], bases: Iterable[str], now_ms: int) -> Capped:
    persons = persons_of(working, {stamp[16:] for stamp in stamps if stamp} - {author.device})
    foreign = {device for device, person in persons.items() if person != author.person_id}
    table = working.tables.restamped
    stored: dict[str, str] = {}
    if not working.seen or working.seen.restamped:
        known = working.db.execute(_restamped(table), {"state": working.state_id, "of": author.device})
        stored = {row.sent: row.stored for row in known}
    fresh: dict[str, str] = {}
    latest_ms = _latest(working)
    # If the greatest is not ahead of time, none is.
    if (greatest := max(stamps, default="")) and is_ahead(greatest, now_ms, latest_ms):
        replaced = {stored.get(base, base) for base in bases}
        new, beyond = [s for s in stamps if s and s not in stored], [*stored.values(), *replaced]
        fresh = cap_stamps(new, now_ms, beyond=beyond, latest_ms=latest_ms)
        greatest = max(fresh.get(s) or stored.get(s, s) for s in stamps)
    # Nearly always there is nothing to note: what is typed now lies before the time noted last.
    if greatest and (noted := latest_after(greatest, now_ms, latest_ms)) > latest_ms:
        note_latest(working.db, working.tables.meta, working.state_id, noted)
    _note(working, author, fresh)
    mapping = {**stored, **fresh}
    refused = frozenset(stamp for stamp in stamps if not stamp or (foreign and stamp[16:] in foreign))
    return Capped(mapping, refused, {s: t for s, t in mapping.items() if s in stamps}, bool(persons))


def _note(working: Working, author: Author, stored: Mapping[str, str]) -> None:
    """What is stored instead of what was sent counts for what this device sends later, too."""
    of = {"state_id": working.state_id, "device": author.device}
    put(working.db, working.tables.restamped, [{**of, "sent": one, "stored": other} for one, other in stored.items()])


def _latest(working: Working) -> int:
    """Up to this time, in ms, lies all that this centre has ever taken, by whatever clock it went then."""
    if working.seen:
        return read_latest(working.seen.latest)
    return latest_known(working.db, working.tables.meta, working.state_id)


def latest_known(db: Connection, meta: Table, state_id: int) -> int:
    return read_latest(db.scalar(_latest_of(meta), {"state": state_id}))


def note_latest(db: Connection, meta: Table, state_id: int, latest_ms: int) -> None:
    """That time, if it is later than what is known. With what is taken it is noted in one transaction."""
    db.execute(_renewed(meta), {"state": state_id, "latest": f"{latest_ms:012x}"})


def read_latest(text: str | None) -> int:
    """12 hex characters of milliseconds, which are compared as text; 0 for nothing."""
    return int(text or "0", 16)


@lru_cache(maxsize=32)
def _latest_of(meta: Table) -> Select[Any]:
    return select(meta.c.value).where(meta.c.state_id == bindparam("state"), meta.c.name == LATEST)


@lru_cache(maxsize=32)
def _renewed(meta: Table) -> Update:
    mine = (meta.c.state_id == bindparam("state"), meta.c.name == LATEST)
    return update(meta).where(*mine, meta.c.value < bindparam("latest")).values(value=bindparam("latest"))


def _bases(lots: Iterable[Lot]) -> Iterable[str]:
    for lot in lots:
        for column, stamps in zip(lot.bases or (), lot.stamps, strict=False):
            yield from (base or "" for base, stamp in zip(column, stamps, strict=True) if stamp is not None)


def _once(columns: list[list[str | None]]) -> Iterable[list[str | None]]:
    return {id(column): column for column in columns}.values()


def _mapped(columns: list[list[str | None]], mapping: Mapping[str, str]) -> list[list[str | None]]:
    turned = {id(column): [stamp and mapping.get(stamp, stamp) for stamp in column] for column in _once(columns)}
    return [turned[id(column)] for column in columns]


@lru_cache(maxsize=32)
def _restamped(table: Table) -> Select[Any]:
    mine = (table.c.state_id == bindparam("state")) & (table.c.device == bindparam("of"))
    return select(table.c.sent, table.c.stored).where(mine)

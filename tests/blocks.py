"""A phone that holds a whole block: its places and a register of practice, received as one would from the centre."""

from collections.abc import Iterable
from typing import Any

from operations.practice_filling import rows_of
from operations.practice_places import branch_rows, place_rows, practice_blocks, villages_of
from operations.practice_register import PracticeGroup, practice_register
from storage.rows import RawRow, write_raw
from storage.store import LocalStore
from tests.factories import a_stamp

BLOCKS = practice_blocks(1)
VILLAGES = villages_of(BLOCKS)


def block_register(groups: int, seed: int = 1) -> list[PracticeGroup]:
    return list(practice_register(seed, VILLAGES, groups))


def receive_block(store: LocalStore, register: Iterable[PracticeGroup], kinds: frozenset[str] | None = None) -> None:
    """Places and groups as the centre would have sent them; `kinds`: only these of the groups' records."""
    rows: dict[str, list[RawRow]] = {}
    stamp = a_stamp(device="0000beef")
    groups = (row for group in register for row in rows_of(group))
    for kind, id, values in [*place_rows(BLOCKS), *branch_rows(BLOCKS), *groups]:
        if kinds is None or kind in kinds or kind in ("Place", "BankBranch", "ServiceArea"):
            row = RawRow.empty(store.registry[kind], id)
            row.take({name: (value, stamp) for name, value in values.items()})
            row.values |= _derived(kind, id, values)
            row.held = ",1,"
            rows.setdefault(kind, []).append(row)
    with store.writing() as t:
        t.connection.execute(t.tables.stream.insert().values(number=1, name="block/b/groups", upto=1, superseded=False))
        for kind, some in rows.items():
            write_raw(t.connection, t.tables, kind, some)
            t.changed.add(kind)


def _derived(kind: str, id: str, values: dict[str, Any]) -> dict[str, Any]:
    if kind == "Place" and values["level"] == "village":
        return {"gram_panchayat_id": values["parent_id"]}
    return {"canonical_id": id} if kind == "Shg" else {}

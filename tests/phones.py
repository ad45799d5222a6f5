"""Phones for tests: a store in a folder, enrolled without a centre, with a clock that stands still."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select

from records.messages import Capacity, EnrolReply
from records.personal import PLAIN, Codec
from records.workspace import Identity
from storage.adopting import Keys, adopt
from storage.outbox import own_entries
from storage.rows import RawRow, raw_row
from storage.store import LocalStore
from storage.workspace import PhoneWorkspace
from tests.factories import NOW_MS, PlaceTree, abm_capacity

DEVICE = "000000a1"
KEYS = Keys(b"s" * 32, b"x" * 32)


def an_enrolment(capacity: Capacity, **changes: Any) -> EnrolReply:
    values = {
        "token": "a-token",
        "device": DEVICE,
        "capacity": capacity,
        "epoch": "e1",
        "server_ms": NOW_MS,
        "server_sealing_key": b"k" * 32,
        "certificate": b"c" * 64,
    }
    return EnrolReply(**(values | changes))


@contextmanager
def a_phone(
    folder: Path,
    tree: PlaceTree,
    *,
    enrolled: bool = True,
    capacity: Capacity | None = None,
    device: str = DEVICE,
    clock_ms: int | Callable[[], int] = NOW_MS,
    codec: Codec = PLAIN,
    name: str = "phone",
    **how: Any,
) -> Iterator[PhoneWorkspace]:
    """A workspace over a store in a folder; the same folder and name give the same store again."""
    clock = clock_ms if callable(clock_ms) else lambda: clock_ms
    chance = random.Random(device)
    store = LocalStore.open(
        folder / f"{name}.sqlite",
        clock=clock,
        randomness=chance.randbytes,
        codec=codec,
        built_on=date(2026, 1, 1),
        **how,
    )
    if enrolled:
        enrol(store, capacity or abm_capacity(tree), device=device)
    try:
        yield PhoneWorkspace(store)
    finally:
        store.close()


def enrol(store: LocalStore, capacity: Capacity, **changes: Any) -> Identity:
    return adopt(store, an_enrolment(capacity, **changes), KEYS)


def cells_of(phone: PhoneWorkspace, kind: str, id: str) -> RawRow:
    """A row with its bookkeeping."""
    with phone.store.reading() as t:
        raw = raw_row(t.connection, t.tables, kind, id)
    assert raw is not None
    return raw


def outbox_of(phone: PhoneWorkspace) -> dict[tuple[str, str], dict[str, list[Any]]]:
    """(kind, id) -> changes that are not frozen yet."""
    with phone.store.reading() as t:
        keys = [(row.kind, row.id) for row in t.connection.execute(select(t.tables.outbox)).all()]
        found = own_entries(t, keys)
    return {key: entry.changes for key, entries in found.items() for entry in entries if entry.batch == 0}

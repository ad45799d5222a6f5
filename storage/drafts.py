"""Forms half filled, kept until they are saved or dropped."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from records.drafts import struck_draft
from records.workspace import Draft
from storage.store import LocalStore


def keep_draft(store: LocalStore, key: str, values: Mapping[str, Any]) -> None:
    """Keeps a form as typed. What looks like an Aadhaar number is struck from free text; not even a draft holds one."""
    clean = struck_draft(store.registry, values)
    with store.writing() as t:
        line = insert(t.tables.draft).values(key=key, values=clean, kept_ms=t.clock_ms)
        renewed = {"values": line.excluded["values"], "kept_ms": line.excluded.kept_ms}
        t.connection.execute(line.on_conflict_do_update(index_elements=["key"], set_=renewed))
        t.changed.add("drafts")


def find_draft(store: LocalStore, key: str) -> Draft | None:
    return next((draft for draft in list_drafts(store) if draft.key == key), None)


def list_drafts(store: LocalStore) -> list[Draft]:
    """All drafts, the newest first."""
    with store.reading() as t:
        table = t.tables.draft
        rows = t.connection.execute(select(table).order_by(table.c.kept_ms.desc(), table.c.key))
        return [Draft(row.key, row._mapping["values"], row.kept_ms) for row in rows]


def drop_draft(store: LocalStore, key: str) -> None:
    with store.writing() as t:
        if t.connection.execute(delete(t.tables.draft).where(t.tables.draft.c.key == key)).rowcount:
            t.changed.add("drafts")

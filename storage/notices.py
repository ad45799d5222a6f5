"""What a person must be told about the store itself, until she has said that she has read it."""

import json

from sqlalchemy import delete
from sqlalchemy.dialects.sqlite import insert

from records.workspace import Notice
from storage.store import LocalStore, Transaction

NAME = "notice"
"""Under which it stands among the settings: it is about the phone, not about whoever works with it."""


def put_notice(t: Transaction, notice: Notice) -> None:
    line = insert(t.tables.setting).values(name=NAME, value=json.dumps([notice.code, dict(notice.counts)]))
    t.connection.execute(line.on_conflict_do_update(index_elements=["name"], set_={"value": line.excluded.value}))
    t.changed.add("notice")


def find_notice(store: LocalStore) -> Notice | None:
    """What is to be told; damage that was found while the app is open comes first."""
    if store.is_suspect:
        return Notice("damage_found")
    with store.reading() as t:
        table = t.tables.setting
        text = t.connection.scalars(table.select().with_only_columns(table.c.value).where(table.c.name == NAME)).first()
    return Notice(*json.loads(text)) if text else None


def drop_notice(store: LocalStore) -> None:
    with store.writing() as t:
        t.connection.execute(delete(t.tables.setting).where(t.tables.setting.c.name == NAME))
        t.changed.add("notice")

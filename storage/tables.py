"""The tables of a phone's store: one per record kind, derived from its class, and those of the bookkeeping.

Every record table has, besides the record's fields: `stamps` (records/cells.py), `extra` (columns that this app does
not know: {field: [stamp, value]}), `held` (numbers of the streams that hold the record, as ",3,7,"), `search_key` and
`unsent` (see RECEIVED). Values of records that stand elsewhere stand in columns of type `Sealed`: the whole column
passes the codec, so that nobody can forget a personal field.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from pydantic_core import to_json
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy import text as sql_text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from records.columns import SealedBytes, table_of
from records.kinds import Registry
from records.personal import PLAIN, Codec
from records.record import fields_of

RECEIVED, WAITING, TO_MEND = 0, 1, 2
"""Values of `unsent`: as the centre has it · holds work that has not been answered · holds work it did not take."""

NOT_FROZEN, PARKED = 0, -1
"""Values of `outbox.batch` besides batch numbers: to be frozen · not sendable by this version of the app."""


class Sealed(TypeDecorator[Any]):
    """Any JSON value, as text that passes the codec."""

    impl = Text
    cache_ok = True

    def __init__(self, codec: Codec) -> None:
        super().__init__()
        self.codec = codec

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else sealed(self.codec, value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else unsealed(self.codec, value)


def sealed(codec: Codec, value: Any) -> str:
    """What the driver writes into a `Sealed` column."""
    return codec.seal(to_json(value).decode())


def unsealed(codec: Codec, text: str) -> Any:
    """The value that the driver read from a `Sealed` column."""
    return json.loads(codec.open(text))


class Changes(Sealed):
    """Changes of one record: {field: [value, stamp, base]}."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else changes_text(self.codec, value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else read_changes(self.codec, value)


def changes_text(codec: Codec, changes: Mapping[str, list[Any]]) -> str:
    """What the driver writes into a `Changes` column. Fields that were saved together mostly have one stamp and one
    base, which then stand once: [stamp, base, {field: value}]."""
    marks = {(stamp, base) for _value, stamp, base in changes.values()}
    if len(marks) != 1:
        return sealed(codec, changes)
    return sealed(codec, [*marks.pop(), {name: cell[0] for name, cell in changes.items()}])


def read_changes(codec: Codec, text: str) -> dict[str, list[Any]]:
    """The changes that the driver read from a `Changes` column."""
    return cells_of(unsealed(codec, text))


def cells_of(kept: Any) -> dict[str, list[Any]]:
    """{field: [value, stamp, base]} of changes as they are kept, in either form."""
    if isinstance(kept, dict):
        return kept
    stamp, base, values = kept
    return {name: [value, stamp, base] for name, value in values.items()}


class Tables(Mapping[str, Table]):
    """The tables of one registry: by kind as a mapping, those of the bookkeeping as attributes."""

    def __init__(self, registry: Registry, codec: Codec = PLAIN) -> None:
        self.registry, self.codec, self.metadata = registry, codec, MetaData()
        self.shapes: dict[str, Any] = {}  # see storage/rows.py
        self._by_kind = {name: self._record_table(name) for name in registry}
        self._define_bookkeeping()

    def __getitem__(self, kind: str) -> Table:
        return self._by_kind[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_kind)

    def __len__(self) -> int:
        return len(self._by_kind)

    def _record_table(self, kind: str) -> Table:
        cls = self.registry[kind].cls
        table = table_of(
            snake_case(kind),
            cls,
            self.metadata,
            Column("stamps", Text, nullable=False, server_default=""),
            Column("extra", Sealed(self.codec)),
            Column("held", Text, nullable=False, server_default=""),
            Column("search_key", Text, nullable=False, server_default=""),
            Column("unsent", Integer, nullable=False, server_default="0"),
            codec=self.codec,
        )
        indexed = INDEXED.get(kind, ()) + tuple(name for name, spec in fields_of(cls).items() if spec.parent)
        for name in dict.fromkeys(indexed):
            Index(f"{table.name}_by_{name}", table.c[name])
        if self.registry[kind].searched:
            Index(f"{table.name}_by_search_key", table.c.search_key, table.c.id)
        return table

    def _define_bookkeeping(self) -> None:
        text, number, metadata = Text, BigInteger, self.metadata
        values, changes = Sealed(self.codec), Changes(self.codec)
        # A row per record and batch; batch 0 still grows.
        self.outbox = Table(
            "outbox",
            metadata,
            Column("kind", text),
            Column("id", text),
            Column("batch", Integer),
            Column("row", Integer),
            Column("place", Integer, nullable=False),
            Column("unit", text, nullable=False),
            Column("typed_under", number, nullable=False),
            Column("at_ms", number, nullable=False),
            Column("changes", changes, nullable=False),
            PrimaryKeyConstraint("kind", "id", "batch"),
            Index("outbox_by_unit", "unit"),
            Index("outbox_by_place", "batch", "place", "unit", "at_ms"),
        )
        # What was received and lies under an unsent or refused field, or a derived one computed here: {field: [value,
        # stamp]}.
        self.beneath = Table(
            "beneath",
            metadata,
            Column("kind", text, primary_key=True),
            Column("id", text, primary_key=True),
            Column("unit", text, nullable=False),
            Column("fields", values, nullable=False),
        )
        self.frozen = Table(
            "frozen",
            metadata,
            Column("number", Integer, primary_key=True),
            Column("sha256", text, nullable=False),
            Column("blob", SealedBytes(self.codec), nullable=False),
            Column("answered", Boolean, nullable=False),
        )
        self.mending = Table(
            "mending",
            metadata,
            Column("kind", text, primary_key=True),
            Column("id", text, primary_key=True),
            Column("unit", text, nullable=False),
            Column("state", text, nullable=False),
            Column("code", text, nullable=False),
            Column("field", text),
            Column("typed_under", number, nullable=False),
            Column("at_ms", number, nullable=False),
            Column("changes", changes, nullable=False),
            Index("mending_by_unit", "unit"),
        )
        # What the centre has answered, kept for the history and for a centre that has gone back.
        self.own_change = Table(
            "own_change",
            metadata,
            Column("number", Integer, primary_key=True),
            Column("kind", text, nullable=False),
            Column("id", text, nullable=False),
            Column("unit", text, nullable=False),
            Column("state", text, nullable=False),
            Column("at_ms", number, nullable=False),
            Column("changes", changes, nullable=False),
            Index("own_change_by_id", "id"),
            Index("own_change_by_at", "at_ms"),
        )
        self.stream = Table(
            "stream",
            metadata,
            Column("number", Integer, primary_key=True),
            Column("name", text, nullable=False),
            Column("upto", number, nullable=False),
            Column("superseded", Boolean, nullable=False),
        )
        # When a stream was last compared with the centre (storage/agreeing.py).
        self.compared = Table(
            "compared", metadata, Column("name", text, primary_key=True), Column("at_ms", number, nullable=False)
        )
        # Steps that were let go of for want of room, and accounts whose steps somebody has asked for again
        # (storage/letting_go.py).
        self.let_go = Table(
            "let_go",
            metadata,
            Column("kind", text, primary_key=True),
            Column("id", text, primary_key=True),
            Column("parent", text, nullable=False),
            Column("held", text, nullable=False),
            Column("whole", number, nullable=False),
            Column("public", number, nullable=False),
            Index("let_go_by_parent", "parent"),
        )
        self.wanted_older = Table(
            "wanted_older",
            metadata,
            Column("account_id", text, primary_key=True),
            Column("at_ms", number, nullable=False),
            Column("answered", Boolean, nullable=False),
        )
        self.unknown_record = Table(
            "unknown_record",
            metadata,
            Column("kind", text, primary_key=True),
            Column("id", text, primary_key=True),
            Column("held", text, nullable=False),
            Column("fields", values, nullable=False),
        )
        # Records that no stream holds (yet, or any more) and that stay because of work that is not done with. Those
        # that were made here and have been in no stream yet can hold nothing that others wrote.
        self.lingering = Table(
            "lingering",
            metadata,
            Column("kind", text, primary_key=True),
            Column("id", text, primary_key=True),
            Column("made_here", Integer, nullable=False, server_default="0"),
        )
        came = self.lingering.c.made_here == sql_text("0")
        Index("lingering_not_made_here", self.lingering.c.kind, self.lingering.c.id, sqlite_where=came)
        # The bytes of photos, apart from all that travels in batches (storage/photos.py).
        self.photo = Table(
            "photo",
            metadata,
            Column("id", text, primary_key=True),
            Column("sha256", text, nullable=False),
            Column("size", Integer, nullable=False),
            Column("state", text, nullable=False),
            Column("code", text),
            Column("at_ms", number, nullable=False),
            Column("content", SealedBytes(self.codec), nullable=False),
            Index("photo_by_state", "state", "at_ms"),
        )
        # Sealed files of colleagues, as they came (storage/carrying.py).
        self.parcel = Table(
            "parcel",
            metadata,
            Column("id", text, primary_key=True),
            Column("device", text, nullable=False),
            Column("records", Integer, nullable=False),
            Column("state", text, nullable=False),
            Column("code", text),
            Column("taken_ms", number, nullable=False),
            Column("done_ms", number),
            Column("content", SealedBytes(self.codec), nullable=False),
        )
        self.draft = Table(
            "draft",
            metadata,
            Column("key", text, primary_key=True),
            Column("values", values, nullable=False),
            Column("kept_ms", number, nullable=False),
        )
        for name in ("meta", "setting"):
            named = Column("name", text, primary_key=True)
            setattr(self, name, Table(name, metadata, named, Column("value", values, nullable=False)))

    meta: Table
    setting: Table

    @cached_property
    def schema(self) -> str:
        """What a file has once this app has been at it: the fields of every kind, the columns of every other table."""
        kinds = {name: list(fields_of(kind.cls)) for name, kind in self.registry.items()}
        of_kinds = {table.name for table in self.values()}
        others = {name: list(some) for name, some in self.column_names.items() if name not in of_kinds}
        return json.dumps({**kinds, **others})

    @cached_property
    def column_names(self) -> dict[str, dict[str, None]]:
        """table -> its columns, in their order."""
        return {name: dict.fromkeys(table.columns.keys()) for name, table in self.metadata.tables.items()}

    @cached_property
    def index_names(self) -> frozenset[str]:
        return frozenset(str(index.name) for table in self.metadata.tables.values() for index in table.indexes)


INDEXED: Mapping[str, tuple[str, ...]] = {
    "Shg": ("village_id", "canonical_id", "same_as"),
    "Place": ("gram_panchayat_id",),
    "ServiceArea": ("village_id",),
    "Member": ("mobile",),
}
"""Fields, besides parents, by which records are looked up."""


def snake_case(kind: str) -> str:
    """`SavingsAccount` as `savings_account`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()

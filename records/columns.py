"""A table from a record class. The only file in this room that knows SQLAlchemy.

Adding a field to a record class adds a column here and nowhere else.
"""

import base64
import json
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, LargeBinary, MetaData, Table, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from records.personal import PLAIN, Codec, Plain
from records.record import FieldSpec, Record, fields_of

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that every database compares byte by byte, as SQLite does: the order of ids, stamps and search keys."""


class CodesText(TypeDecorator[tuple[str, ...]]):
    """A tuple of codes or ids, kept as JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return json.dumps(list(value or ()), separators=(",", ":"))

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...]:
        return tuple(json.loads(value)) if value else ()


class SealedText(TypeDecorator[Any]):
    """Personal text or number, sealed by the codec on its way in and opened on its way out."""

    impl = Text
    cache_ok = False

    def __init__(self, codec: Codec, number: bool) -> None:
        super().__init__()
        self._codec, self._number = codec, number

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else self._codec.seal(str(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        text = self._codec.open(value)
        return int(text) if self._number else text


class SealedBytes(TypeDecorator[bytes]):
    """Bytes; behind a codec as sealed base 64, because compressed personal values are personal values."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, codec: Codec) -> None:
        super().__init__()
        self.codec = codec

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else sealed_bytes(self.codec, value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else opened_bytes(self.codec, value)


def sealed_bytes(codec: Codec, value: bytes) -> bytes:
    """What the driver writes into a `SealedBytes` column."""
    return value if isinstance(codec, Plain) else codec.seal(base64.b64encode(value).decode()).encode()


def opened_bytes(codec: Codec, value: bytes) -> bytes:
    """The bytes that the driver read from a `SealedBytes` column."""
    return value if isinstance(codec, Plain) else base64.b64decode(codec.open(value.decode()))


SQL_TYPES: dict[str, TypeEngine[Any]] = {
    "text": TEXT,
    "choice": TEXT,
    "id": TEXT,
    "number": BigInteger(),
    "day": Date(),
    "yes_no": Boolean(),
    "codes": CodesText(),
}
"""Kinds of value that a table can hold. Closed lists and ids are text at rest."""


def column_of(spec: FieldSpec, codec: Codec) -> Column[Any]:
    """The column of one field. Always nullable: what is required is asked of changes, not of what is known."""
    if spec.personal and not isinstance(codec, Plain):
        return Column(spec.name, SealedText(codec, spec.value_type.name == "number"))
    return Column(spec.name, SQL_TYPES[spec.value_type.name])


def table_of(
    name: str, cls: type[Record], metadata: MetaData, *extra: Any, codec: Codec = PLAIN, key: tuple[str, ...] = ()
) -> Table:
    """The table of a record class: `id`, its fields, and the columns and constraints its store adds.

    `key` names columns among `extra` that stand before `id` in the primary key.
    """
    before = [item for item in extra if isinstance(item, Column) and item.name in key]
    after = [item for item in extra if not (isinstance(item, Column) and item.name in key)]
    return Table(
        name,
        metadata,
        *before,
        Column("id", TEXT, primary_key=True),
        *(column_of(spec, codec) for spec in fields_of(cls).values()),
        *after,
    )


__all__ = ["SQL_TYPES", "TEXT", "SealedBytes", "column_of", "opened_bytes", "sealed_bytes", "table_of"]

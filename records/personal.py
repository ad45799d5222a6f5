"""The one codec that every stored personal value passes, wherever it stands. Identity until encryption comes."""

from collections.abc import Mapping
from typing import Any, Protocol

from records.record import Record, fields_of


class Codec(Protocol):
    """Turns a personal value into what is stored, and back. Must be deterministic, so that equal values stay equal."""

    def seal(self, text: str) -> str: ...

    def open(self, text: str) -> str: ...


class Plain:
    """The identity codec."""

    def seal(self, text: str) -> str:
        return text

    def open(self, text: str) -> str:
        return text


PLAIN = Plain()


def sealed(cls: type[Record], values: Mapping[str, Any], codec: Codec) -> dict[str, Any]:
    """Values of a record on their way into a JSON column, outbox, draft or bundle: personal text sealed."""
    return {name: _through(cls, name, value, codec.seal) for name, value in values.items()}


def opened(cls: type[Record], values: Mapping[str, Any], codec: Codec) -> dict[str, Any]:
    """The reverse of `sealed`."""
    return {name: _through(cls, name, value, codec.open) for name, value in values.items()}


def _through(cls: type[Record], name: str, value: Any, turn: Any) -> Any:
    spec = fields_of(cls).get(name)
    if value is None or spec is None or not spec.personal:
        return value
    return int(turn(str(value))) if isinstance(value, int) else turn(value)

"""What a draft may hold: a form as typed, without anything that looks like an Aadhaar number (design 3)."""

from collections.abc import Mapping
from typing import Any

from records.aadhaar import strike_aadhaar
from records.kinds import Registry
from records.record import fields_of, to_wire
from records.workspace import AGAIN


def struck_draft(registry: Registry, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a form as JSON. What looks like an Aadhaar number is struck from free text, before any write."""
    number = values.get("account_number")
    own = number if isinstance(number, str) else None
    return {
        name: _struck(value, own) if _may_be_text(registry, name) else to_wire(value) for name, value in values.items()
    }


def _may_be_text(registry: Registry, name: str) -> bool:
    """Whether free text may stand under this name: in a field of some kind, or in what no kind has as a field."""
    plain = name.removesuffix(AGAIN)
    found = [specs[plain] for kind in registry.values() if plain in (specs := fields_of(kind.cls))]
    return not found or any(spec.free_text for spec in found)


def _struck(value: Any, own_account: str | None) -> Any:
    """The value as JSON, with runs struck wherever text stands in it."""
    if isinstance(value, str):
        return strike_aadhaar(value, own_account=own_account)
    if isinstance(value, Mapping):
        return {str(name): _struck(one, own_account) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_struck(one, own_account) for one in value]
    return to_wire(value)

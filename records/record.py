"""The base of everything that is known, and what can be asked of a record type: its fields.

A record type is one frozen pydantic class. Tables, wire columns, forms and the keys of words are derived from
`fields_of(cls)`; nothing about a field is written down a second time.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from operator import itemgetter
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from records.fields import (
    CHOICE,
    CODES,
    ID,
    AllPlain,
    Choice,
    Day,
    Derived,
    Id,
    Marker,
    Parent,
    Personal,
    Refers,
    Unlisted,
    ValueType,
    Whole,
)


class Record(BaseModel):
    """Something that is known, with an id of its own. Frozen: a change makes a new record.

    Reading a record from a store never fails on its values (`Record.known`); only changes are checked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Id
    deleted_on: Day | None = None

    @classmethod
    def known(cls, values: Mapping[str, Any]) -> Self:
        """The record as stored, unchecked: unknown choices stay as they are, unknown columns are left out."""
        names, picked = _defaults(cls), _picked(cls)
        known = cls.__new__(cls)
        # What `model_construct` does, without its search for aliases and factories: this is done for every row read.
        try:
            found, told = dict(zip(names, picked(values), strict=True)), set(names)
        except KeyError:
            found, told = {**names, **{n: v for n, v in values.items() if n in names}}, names.keys() & values.keys()
        object.__setattr__(known, "__dict__", found)
        object.__setattr__(known, "__pydantic_fields_set__", told)
        object.__setattr__(known, "__pydantic_extra__", None)
        object.__setattr__(known, "__pydantic_private__", None)
        return known


R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class FieldSpec:
    """Everything the house derives from one field of a record type."""

    name: str
    value_type: ValueType
    required: bool
    default: Any
    choices: tuple[str, ...]
    refers: str | None
    personal: bool
    derived: bool
    parent: bool
    unlisted: bool
    adapter: TypeAdapter[Any]
    column: TypeAdapter[Any]
    whole: Whole | None

    def check(self, value: Any) -> Any:
        """The cleaned value, or ValidationError whose first error type is a problem code."""
        return self.adapter.validate_python(value)

    @property
    def free_text(self) -> bool:
        """Whether people write here what they like, even an Aadhaar number; other entries have a form of their own."""
        return self.value_type.entry in ("text", "long_text")

    def is_known(self, value: Any) -> bool:
        """False for a choice that a newer app wrote: shown as "update the app", not editable, never sent."""
        return value is None or not self.choices or value in self.choices


@cache
def _defaults(cls: type[Record]) -> Mapping[str, Any]:
    """Every field with its default, None for one that a change must fill in."""
    fields = cls.model_fields.items()
    return {name: None if field.default is PydanticUndefined else field.default for name, field in fields}


@cache
def _picked(cls: type[Record]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """The values of all fields, in the order of `_defaults`; KeyError where one is missing."""
    return itemgetter(*_defaults(cls))


@cache
def fields_of(cls: type[Record]) -> Mapping[str, FieldSpec]:
    """The fields of a record type but `id`, in order of declaration (`deleted_on` last)."""
    names = [name for name in cls.model_fields if name not in ("id", "deleted_on")] + ["deleted_on"]
    return {name: _spec(name, cls.model_fields[name]) for name in names}


@cache
def written_fields(cls: type[Record]) -> tuple[str, ...]:
    """Names of the fields that people write: all but the derived ones."""
    return tuple(name for name, spec in fields_of(cls).items() if not spec.derived)


@cache
def derived_fields(cls: type[Record]) -> tuple[str, ...]:
    """Names of the fields that only the server writes."""
    return tuple(name for name, spec in fields_of(cls).items() if spec.derived)


@cache
def parent_field(cls: type[Record]) -> str | None:
    """The field that names the record this kind stands below, or None for a kind that stands by itself."""
    return next((name for name, spec in fields_of(cls).items() if spec.parent), None)


def problem_context(error: ValidationError) -> dict[str, Any]:
    """What a failing check says beside its code, as the longest text allowed; never the value itself."""
    return dict(error.errors(include_url=False, include_input=False)[0].get("ctx", {}))


def problem_code(error: ValidationError) -> str:
    """The stable problem code of a failing check: ours where we raised it, else one word for pydantic's."""
    first = error.errors(include_url=False, include_input=False)[0]["type"]
    return PYDANTIC_CODES.get(first, first if first in OWN_CODES else "not_understood")


OWN_CODES = frozenset(
    (
        "required too_long not_an_id not_a_mobile not_an_ifsc not_an_account_number not_a_pin_code day_too_early"
        " not_in_list"
    ).split()
)
PYDANTIC_CODES = {
    "missing": "required",
    "none_required": "required",
    "int_parsing": "not_a_number",
    "int_type": "not_a_number",
    "int_from_float": "not_a_number",
    "less_than_equal": "too_large",
    "greater_than_equal": "too_small",
    "date_parsing": "not_a_day",
    "date_type": "not_a_day",
    "date_from_datetime_parsing": "not_a_day",
    "date_from_datetime_inexact": "not_a_day",
    "bool_parsing": "not_yes_or_no",
    "bool_type": "not_yes_or_no",
    "string_type": "not_text",
}


def _spec(name: str, field: FieldInfo) -> FieldSpec:
    markers = list(_markers(field))
    choice = next((m for m in markers if isinstance(m, Choice)), None)
    refers = next((m for m in markers if isinstance(m, Refers)), None)
    plain = [m for m in markers if isinstance(m, Marker)]
    value_type = next((m for m in markers if isinstance(m, ValueType)), None)
    if value_type is None and choice:
        value_type = CHOICE
    if value_type is None and refers:
        value_type = CODES if field.annotation is not None and "tuple" in repr(field.annotation) else ID
    if value_type is None:
        raise TypeError(f"field {name!r} has no ValueType: use a type of records.fields")
    annotation: Any = field.rebuild_annotation() if field.metadata else field.annotation
    return FieldSpec(
        name=name,
        value_type=value_type,
        required=field.is_required(),
        default=None if field.default is PydanticUndefined else field.default,
        choices=choice.options if choice else (),
        refers=refers.kind if refers else None,
        personal=Personal in plain,
        derived=Derived in plain,
        parent=Parent in plain,
        unlisted=Unlisted in plain,
        adapter=TypeAdapter(annotation),
        column=TypeAdapter(list[annotation]),
        whole=next((m.whole for m in markers if isinstance(m, AllPlain)), None),
    )


def _markers(field: FieldInfo) -> Iterable[Any]:
    """Markers of a field, also those inside `X | None`."""
    yield from field.metadata
    pending = [field.annotation]
    while pending:
        annotation = pending.pop()
        yield from getattr(annotation, "__metadata__", ())
        pending.extend(getattr(annotation, "__args__", ()))
        origin = getattr(annotation, "__origin__", None)
        if origin is not None and hasattr(annotation, "__metadata__"):
            pending.append(origin)


def to_wire(value: Any) -> Any:
    """A field's value as JSON: days as ISO text, tuples as lists, everything else as it is."""
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def from_wire(spec: FieldSpec, value: Any) -> Any:
    """A field's value read from JSON, tolerantly: what cannot be a day stays out as None."""
    if value is None:
        return None
    if spec.value_type.name == "day":
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            return None
    return tuple(value) if spec.value_type.name == "codes" else value

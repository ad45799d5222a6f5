"""The shape of a command, and the one judgement that every change passes before it is written.

A command says what it reads and decides purely. An executor (phone or centre) reads exactly that inside one
transaction, calls `decide`, passes every change through `judge`, and writes all of them or none.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError

from records.aadhaar import refuse_aadhaar
from records.access import Reach, may_write
from records.kinds import Registry
from records.problems import Refusal
from records.record import FieldSpec, Record, fields_of, problem_code, problem_context
from records.rules import broken_rules


@dataclass(frozen=True)
class One:
    """Reads the record of a kind with this id, if the copy holds it."""

    kind: str
    id: str


@dataclass(frozen=True)
class Below:
    """Reads the records of a kind whose parent is `parent_id`, deleted ones too."""

    kind: str
    parent_id: str


R = TypeVar("R", bound=Record)


class Known:
    """What the executor read for a command."""

    def __init__(self, ones: Mapping[tuple[str, str], Record], below: Mapping[tuple[str, str], list[Record]]) -> None:
        self._ones = ones
        self._below = below

    def one(self, cls: type[R], id: str) -> R | None:
        return self._ones.get((cls.__name__, id))  # type: ignore[return-value]

    def class_of(self, kind: str, id: str) -> type[Record] | None:
        """The class of a record that was read."""
        record = self._ones.get((kind, id))
        return None if record is None else type(record)

    def value(self, kind: str, id: str, field: str) -> Any:
        """A value of a record that was read; None where it has no such field."""
        return getattr(self._ones.get((kind, id)), field, None)

    def holds(self, kind: str, id: str) -> bool:
        return (kind, id) in self._ones

    def below(self, cls: type[R], parent_id: str) -> list[R]:
        return self._below.get((cls.__name__, parent_id), [])  # type: ignore[return-value]


@dataclass(frozen=True)
class Moment:
    """Who acts and when. `today` is the latest day the device has reason to believe."""

    today: date
    person_id: str
    reaches: tuple[Reach, ...]
    new_id: Callable[[], str]


@dataclass(frozen=True)
class Change:
    """Fields of one record to be written. `new` = this creates it; then only filled fields are named.

    `content`: the bytes of a photo, which are kept beside its record in the same transaction.
    """

    kind: str
    id: str
    values: Mapping[str, Any]
    new: bool = False
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Done:
    """What a command changed, in the order it was written; `id` is the record the command was about."""

    changes: tuple[Change, ...]
    id: str = ""


class Command(Protocol):
    def reads(self) -> Iterable[One | Below]: ...

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]: ...


@dataclass(frozen=True)
class Judged:
    """A change with its values cleaned, or the reasons against it."""

    change: Change
    refusals: list[Refusal] = field(default_factory=list)


def judge(registry: Registry, change: Change, before: Record | None, moment: Moment) -> Judged:
    """Clean and check one change: known fields, access, field checks, the rules that name a changed field, the guard.

    Values equal to what is known already are dropped, so that a form saved untouched changes nothing.
    """
    cls = registry[change.kind].cls
    specs = fields_of(cls)
    refusals: list[Refusal] = []
    cleaned: dict[str, Any] = {}
    for name, value in change.values.items():
        spec = specs.get(name)
        if spec is None or spec.derived:
            refusals.append(Refusal("unknown_field" if spec is None else "read_only", name, change.kind))
            continue
        value, refusal = _clean(spec, value, before, change.kind)
        if refusal:
            refusals.append(refusal)
        elif before is None or value != getattr(before, name, None):
            cleaned[name] = value
    if before is None:
        refusals += [
            Refusal("required", name, change.kind)
            for name, spec in specs.items()
            if spec.required
            and not spec.derived
            and change.values.get(name) in (None, "")
            and not any(r.field == name for r in refusals)
        ]
    else:
        refusals += [
            Refusal("update_app", name, change.kind)
            for name in cleaned
            if not specs[name].is_known(getattr(before, name, None))
        ]
    names = frozenset(cleaned)
    if names and not any(r.code == "unknown_field" for r in refusals):
        refusals += may_write(moment.reaches, change.kind, names, new=before is None, values=cleaned)
    if not refusals:
        refusals += broken_rules(change.kind, cleaned, before, today=moment.today)
        refusals += guarded(cls, cleaned, before)
    return Judged(replace(change, values=cleaned), refusals)


def guarded(cls: type[Record], values: Mapping[str, Any], before: Record | None) -> list[Refusal]:
    """The Aadhaar guard over the free text of a change (design 3); an account number may be its own."""
    number = values.get("account_number") or getattr(before, "account_number", None)
    return [
        Refusal("holds_aadhaar", name, cls.__name__)
        for name, value in values.items()
        if isinstance(value, str) and fields_of(cls)[name].free_text and refuse_aadhaar(value, own_account=number)
    ]


def _clean(spec: FieldSpec, value: Any, before: Record | None, kind: str) -> tuple[Any, Refusal | None]:
    """The cleaned value, or why it is refused. What is known already is not checked again."""
    if value == "":
        value = None
    if value is None and not spec.required:
        return spec.default, None
    if before is not None and value == getattr(before, spec.name, None):
        return value, None
    try:
        return spec.check(value), None
    except ValidationError as error:
        context = problem_context(error)
        longest = {"longest": context["longest"]} if "longest" in context else {}
        return value, Refusal(problem_code(error), spec.name, kind, longest)

"""A form being filled in: what was typed, what it amounts to, what is wrong with it. No controls here.

Values are kept as typed, in a shape that JSON can hold, so that a draft is exactly what stood on the screen.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import ValidationError

from records.access import editable
from records.problems import Refusal
from records.record import FieldSpec, Record, fields_of, problem_code
from records.workspace import AGAIN
from records.written import read_day, read_hundredths, read_number, show_day, show_hundredths, western_digits

ENTRIES = ("text", "long_text", "digits", "number", "rupees", "percent", "day", "yes_no", "choice", "reference")
"""Kinds of entry for which there is a control; a field of another kind is not offered."""
HUNDREDTHS = ("rupees", "percent")
"""Entries typed with a point and kept as whole hundredths."""


Proposals = Mapping[str, tuple[str, Callable[[str], str]]]
"""Field -> (the field it follows from, how): filled in by itself until a person writes there, as the name in the other
script."""


@dataclass(frozen=True)
class FormField:
    """One field of a form: of which kind of record, and whether it is typed a second time to be sure."""

    cls: type[Record]
    spec: FieldSpec
    again: bool = False
    only: tuple[str, ...] = ()
    """Of a closed list, the options offered here; empty for all."""

    @property
    def kind(self) -> str:
        return self.cls.__name__

    @property
    def name(self) -> str:
        return self.spec.name + (AGAIN if self.again else "")

    @property
    def entry(self) -> str:
        return self.spec.value_type.entry

    @property
    def options(self) -> tuple[str, ...]:
        return self.only or self.spec.choices


def form_fields(cls: type[Record], *, only: Iterable[str] = (), leave_out: Iterable[str] = ()) -> list[FormField]:
    """The fields that a form of this record offers, in order of declaration.

    Left out by themselves: what only the server writes, what special screens fill in, what the record stands below,
    and deletion. A new field of the record class is here at once.
    """
    wanted, unwanted = set(only), set(leave_out)
    return [
        FormField(cls, spec)
        for name, spec in fields_of(cls).items()
        if not (spec.derived or spec.unlisted or spec.parent or name == "deleted_on")
        and spec.value_type.entry in ENTRIES
        and (not wanted or name in wanted)
        and name not in unwanted
    ]


def typed_of(spec: FieldSpec, value: Any) -> Any:
    """A known value as it would have been typed; the kinds of control decide, not the class that wrote it."""
    if value is None:
        return None if spec.value_type.entry in ("yes_no", "choice", "reference") else ""
    if isinstance(value, date):
        return show_day(value)
    if spec.value_type.entry == "yes_no":
        return bool(value)
    if spec.value_type.entry in HUNDREDTHS and isinstance(value, int):
        return show_hundredths(value)
    return str(value)


def value_of(spec: FieldSpec, typed: Any) -> tuple[Any, str | None]:
    """What was typed, as a checked value, or the problem code. Nothing typed is None, checked by the command."""
    if typed is None or (isinstance(typed, str) and not typed.strip()):
        return None, None
    try:
        if spec.value_type.entry == "day":
            return spec.check(_day(typed)), None
        if spec.value_type.entry in HUNDREDTHS:
            return spec.check(typed if isinstance(typed, int) else read_hundredths(typed)), None
        if spec.value_type.entry == "number":
            return spec.check(_number(typed)), None
        return spec.check(typed), None
    except ValidationError as error:
        return None, problem_code(error)
    except ValueError:
        return None, "not_a_day" if spec.value_type.entry == "day" else "not_a_number"


def _day(typed: str) -> date:
    digits = western_digits(typed).strip()
    if digits.isdecimal() and len(digits) == 8:
        # A keyboard of digits only: 14112026.
        digits = f"{digits[:2]}-{digits[2:4]}-{digits[4:]}"
    return read_day(digits)


def _number(typed: Any) -> int:
    return typed if isinstance(typed, int) else read_number(typed)


@dataclass
class Filling:
    """What stands in a form. `start` is what it opened with, as typed; `touched` what a person has changed since."""

    fields: list[FormField]
    start: dict[str, Any]
    new: bool
    typed: dict[str, Any] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    errors: dict[str, str] = field(default_factory=dict)
    about: list[str] = field(default_factory=list)
    """Codes that belong to no field on the screen."""

    @classmethod
    def opened(
        cls, fields: list[FormField], known: Record | None, given: Mapping[str, Any], draft: Mapping[str, Any] | None
    ) -> "Filling":
        """A form over a known record, or a new one with `given` values; a draft lies on top of either."""
        start = {}
        for one in fields:
            value = given.get(one.spec.name)
            if known is not None and isinstance(known, one.cls):
                value = getattr(known, one.spec.name, None)
            elif value is None and known is None:
                value = one.spec.default
            start[one.name] = "" if one.again else typed_of(one.spec, value)
        filling = cls(fields, start, known is None, dict(start))
        for name, value in (draft or {}).items():
            if name in start:
                filling.typed[name] = value
                filling.touched.add(name)
        return filling

    def put(self, name: str, typed: Any) -> None:
        self.typed[name] = typed
        self.touched.add(name)
        self.errors.pop(name, None)

    @property
    def changed(self) -> bool:
        """Whether there is anything that would be lost by forgetting this form."""
        return any(self.differs(name) for name in self.start)

    def differs(self, name: str) -> bool:
        """Whether a field holds something else than at the opening."""
        return not _same(self.typed.get(name), self.start.get(name))

    def draft(self) -> dict[str, Any]:
        """What to keep of it: the touched fields as typed, what was emptied on purpose too."""
        return {name: self.typed[name] for name in self.start if name in self.touched}

    def propose(self, proposals: Proposals, source: str | None = None) -> bool:
        """Fill in what follows from a field, unless a person has written there; whether anything changed."""
        before = dict(self.typed)
        for name, (follows, make) in proposals.items():
            if (source in (None, follows) and name in self.start) and name not in self.touched:
                mine = self.start[name] in (None, "", make(self.start.get(follows) or ""))
                if mine and self.differs(follows):
                    self.typed[name] = make(self.typed.get(follows) or "")
        return before != self.typed

    def values(
        self,
        shown: Callable[[FormField], bool] = lambda one: True,
        applies: Callable[[FormField], bool] = lambda one: True,
    ) -> dict[str, Any]:
        """What the form asks to be written, checked; `errors` says what cannot be. Fields not shown are not written.

        New: what was filled in, defaults only if chosen by hand. Known: what differs from before. A known field that
        does not apply any more, because the answer it belongs to has become another, is emptied.
        """
        self.errors, self.about = {}, []
        found: dict[str, Any] = {}
        for one in self.fields:
            if not applies(one):
                if not self.new and self.start.get(one.name) not in (None, ""):
                    found[one.name] = None
                continue
            if not shown(one):
                continue
            typed = self.typed.get(one.name)
            if one.again:
                self._compare(one, typed)
                continue
            value, code = value_of(one.spec, typed)
            if code and self.differs(one.name):
                self.errors[one.name] = code
            elif self.new:
                if value is None and one.spec.required:
                    self.errors[one.name] = "required"
                elif value is not None and (one.name in self.touched or value != one.spec.default):
                    found[one.name] = value
            elif self.differs(one.name):
                if value is None and one.spec.required:
                    self.errors[one.name] = "required"
                else:
                    found[one.name] = value
        return found

    def refuse(self, refusals: Iterable[Refusal], shown: Callable[[FormField], bool] = lambda one: True) -> None:
        """Put each refusal at its field; what belongs to no field on the screen goes above the form."""
        there = {(one.kind, one.spec.name) for one in self.fields if shown(one) and not one.again}
        names = {name for _, name in there}
        for refusal in refusals:
            at = refusal.field
            if at and ((refusal.kind, at) in there or (refusal.kind is None and at in names)):
                self.errors.setdefault(at, refusal.code)
            elif refusal.code not in self.about:
                self.about.append(refusal.code)

    def _compare(self, one: FormField, typed: Any) -> None:
        first = _digits(self.typed.get(one.spec.name))
        if first != _digits(typed) and first != _digits(self.start.get(one.spec.name)):
            self.errors[one.name] = "number_not_repeated"


def is_editable(one: FormField, roles: tuple[str, ...], *, new: bool, typed: Any) -> bool:
    """Whether these roles may fill this field in: the access table allows it, and this app knows the value."""
    return editable(roles, one.kind, one.spec.name, new=new) and one.spec.is_known(typed or None)


def _same(one: Any, other: Any) -> bool:
    return one == other or (one in (None, "") and other in (None, ""))


def _digits(typed: Any) -> str:
    return "".join(western_digits(str(typed or "")).replace("-", " ").split())

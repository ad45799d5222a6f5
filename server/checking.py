"""What a batch says, checked column by column before anything is looked up: kinds, fields, values, the guard."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from records.aadhaar import aadhaar_runs, may_hold_aadhaar
from records.fields import DAY, days_of
from records.kinds import Registry
from records.messages import Batch, Outcome, Section
from records.record import FieldSpec, fields_of, problem_code

Cell = tuple[Any, str, str]
"""(value, stamp, base) of one field in one change."""

Against = tuple[str, str] | tuple[str, str, str | None]
"""(state, code, field) of what does not go through."""


@dataclass
class Row:
    """One change of one record, `number` counting through the batch; not applied when `state` says otherwise.

    `effect` and `differs` are filled in for rows of an office's list (`server/comparing.py`).
    """

    number: int
    kind: str
    id: str
    cells: dict[str, Cell]
    typed_under: int = 0
    state: str = "applied"
    code: str | None = None
    field: str | None = None
    effect: str = ""
    differs: tuple[str, ...] = ()

    def fail(self, state: str, code: str, name: str | None = None) -> None:
        self.state, self.code, self.field = state, code, name


@dataclass
class Lot:
    """The changes of one section, in columns, cleaned. `first`: the number of its first row in the batch.

    `stamps[f][r]` None: the cell is no part of the change. `faults`: place of a row -> how and why it fails.
    """

    kind: str
    first: int
    ids: list[str]
    fields: list[str]
    columns: list[list[Any]]
    stamps: list[list[str | None]]
    bases: list[list[str | None]] | None
    typed_under: int
    faults: dict[int, Against] = field(default_factory=dict)

    def row(self, at: int) -> Row:
        """One change by itself."""
        bases = self.bases
        cells: dict[str, Cell] = {
            name: (self.columns[f][at], stamp, (bases[f][at] or "") if bases else "")
            for f, name in enumerate(self.fields)
            if (stamp := self.stamps[f][at]) is not None
        }
        fate = self.faults.get(at, ("applied",))
        return Row(self.first + at, self.kind, self.ids[at], cells, self.typed_under, *fate)

    def sound(self) -> list[int]:
        """Places of the rows in which nothing is wrong so far."""
        return [at for at in range(len(self.ids)) if at not in self.faults]


def checked(registry: Registry, batch: Batch) -> list[Lot]:
    """A batch, its values cleaned; a row with a bad value has its fault, and blocks nobody (law 5)."""
    lots: list[Lot] = []
    first = 0
    for section in batch.sections:
        lots.append(_lot(registry, section, first, batch.typed_under))
        first += len(section.ids)
    return lots


def checked_rows(registry: Registry, batch: Batch) -> list[Row]:
    """The rows of a batch in order, cells cleaned."""
    return [lot.row(at) for lot in checked(registry, batch) for at in range(len(lot.ids))]


def _lot(registry: Registry, section: Section, first: int, typed_under: int) -> Lot:
    stamps, bases = list(section.stamps), section.bases and list(section.bases)
    lot = Lot(section.kind, first, section.ids, section.fields, list(section.columns), stamps, bases, typed_under)
    if section.kind not in registry:
        lot.faults = dict.fromkeys(range(len(lot.ids)), ("quarantined", "unknown_kind"))
        return lot
    specs = fields_of(registry[section.kind].cls)
    for f, name in enumerate(section.fields):
        spec, stamped = specs.get(name), lot.stamps[f]
        written = [at for at, stamp in enumerate(stamped) if stamp is not None] if None in stamped else None
        if spec is None or spec.derived:
            against = ("quarantined", "unknown_field" if spec is None else "read_only", name)
            lot.faults |= dict.fromkeys(range(len(lot.ids)) if written is None else written, against)
        elif written is None:
            lot.columns[f], faults = _checked_column(spec, name, lot.columns[f])
            lot.faults |= faults
        elif written:
            column = list(lot.columns[f])
            cleaned, faults = _checked_column(spec, name, [column[at] for at in written])
            for at, value in zip(written, cleaned, strict=True):
                column[at] = value
            lot.columns[f] = column
            lot.faults |= {written[place]: against for place, against in faults.items()}
    return lot


def _checked_column(spec: FieldSpec, name: str, given: list[Any]) -> tuple[list[Any], dict[int, Against]]:
    """The values of one column cleaned, and the faults by place. Each different value is looked at once."""
    types = set(map(type, given))
    # Of one type, so that equal values are the same value: 1, 1.0 and True are not.
    once = list(dict.fromkeys(given)) if types <= {str, type(None)} or types <= {int, type(None)} else given
    cleaned, wrong = _checked_values(spec, name, once)
    if once is given or len(once) == len(given):
        return cleaned, wrong
    if cleaned is once and not wrong:
        return given, {}
    value_of = dict(zip(once, cleaned, strict=True))
    if not wrong:
        return [value_of[value] for value in given], {}
    against = {once[place]: fault for place, fault in wrong.items()}
    faults = {at: against[value] for at, value in enumerate(given) if value in against}
    return [value_of[value] for value in given], faults


def _checked_values(spec: FieldSpec, name: str, values: list[Any]) -> tuple[list[Any], dict[int, Against]]:
    """Values cleaned all at once; only where there is a fault they are looked at one by one."""
    cleaned: list[Any] | None = None
    faults: dict[int, Against] = {}
    if values and set(map(type, values)) == {str}:
        if spec.whole and spec.whole(values):
            cleaned = values
        elif spec.value_type is DAY:
            cleaned = days_of(values)
    if cleaned is None and not (spec.required and None in values):
        try:
            cleaned = spec.column.validate_python(values)
        except ValidationError:
            cleaned = None
    if cleaned is None:
        cleaned, faults = _checked_singly(spec, name, values)
    if spec.free_text:
        for at in _with_aadhaar(cleaned):
            faults.setdefault(at, ("refused", "holds_aadhaar", name))
    return cleaned, faults


def _checked_singly(spec: FieldSpec, name: str, values: list[Any]) -> tuple[list[Any], dict[int, Against]]:
    """A value with a fault stays as it came."""
    cleaned, faults = list(values), dict[int, Against]()
    for at, value in enumerate(values):
        if value is None and spec.required:
            faults[at] = ("refused", "required", name)
            continue
        try:
            cleaned[at] = spec.check(value)
        except ValidationError as error:
            faults[at] = ("refused", problem_code(error), name)
    return cleaned, faults


def _with_aadhaar(values: list[Any]) -> list[int]:
    """Places of the texts that hold what looks like an Aadhaar number."""
    texts = values if set(map(type, values)) == {str} else [value for value in values if isinstance(value, str)]
    if not may_hold_aadhaar(texts):
        return []
    return [at for at, value in enumerate(values) if isinstance(value, str) and aadhaar_runs(value)]


def outcomes_of(rows: Iterable[Row]) -> tuple[Outcome, ...]:
    """What became of these rows, neighbours with the same fate as one range."""
    found: list[Outcome] = []
    for row in rows:
        last = found[-1] if found else None
        if last and (last.state, last.code, last.field, last.last) == (row.state, row.code, row.field, row.number - 1):
            found[-1] = Outcome(last.first, row.number, row.state, row.code, row.field)
        else:
            found.append(Outcome(row.number, row.number, row.state, row.code, row.field))
    return tuple(found)


def outcomes_in(count: int, rows: Iterable[Row]) -> tuple[Outcome, ...]:
    """What became of a batch of so many rows, of which those that are not here were applied."""
    found: list[Outcome] = []
    following = 0
    for outcome in outcomes_of(row for row in rows if row.state != "applied"):
        if outcome.first > following:
            found.append(Outcome(following, outcome.first - 1, "applied"))
        found.append(outcome)
        following = outcome.last + 1
    if following < count:
        found.append(Outcome(following, count - 1, "applied"))
    return tuple(found)

"""The workload's record as a kind of Samooh: flat, below nothing, told to the reference stream of the state.

So that the benchmark measures the same work as for other systems, through the product's own store, sync and server. It
is no kind of the product: it is registered here, and its line of access stands here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from records.access import ALL, WRITES, Grant
from records.audience import reference_streams
from records.commands.deciding import Below, Change, Known, Moment, One
from records.fields import (
    DIGITS,
    NUMBER,
    AccountNumber,
    Choice,
    Code,
    Count,
    Day,
    Ifsc,
    Name,
    Remark,
    Text,
)
from records.kinds import KINDS, Kind, Registry
from records.problems import Refusal
from records.record import Record, to_wire

KIND = "FlatGroup"

Paise = Annotated[int, NUMBER, Field(ge=0)]
# Digits have a form of their own, so that twelve of them are not taken for an Aadhaar number.
GroupCode = Annotated[str, DIGITS, AfterValidator(str.upper)]


class FlatGroup(Record):
    """A line of `bench/workload.py`, field by field."""

    shg_code: GroupCode
    name: Name
    village: Text
    gram_panchayat: Text
    block_code: Code
    formed_on: Day
    members: Count
    savings_paise: Paise
    meeting_day: Text
    bank_ifsc: Ifsc
    account_no: AccountNumber
    leader: Name
    status: Annotated[str, Choice("active", "dormant", "defunct")]
    remarks: Remark
    updated_at: Code


ROLE = "admin"
"""A flat kind has no group by whose place anybody's reach could be judged: only the whole state covers it."""

FLAT_KINDS: Registry = KINDS.replaced(Kind(KIND, FlatGroup, reference_streams, "none", ("name",)))


def allow_flat() -> None:
    """Puts the line of access for the flat kind beside those of the product, in this process."""
    WRITES.setdefault((KIND, ROLE), Grant(ALL, ALL))  # type: ignore[attr-defined]


@dataclass(frozen=True)
class StoreLine:
    """A new record of the workload."""

    line: dict[str, Any]

    def reads(self) -> Iterable[One | Below]:
        return []

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        values = {name: value for name, value in self.line.items() if name != "id"}
        return [Change(KIND, id_of(self.line["id"]), values, new=True)]


@dataclass(frozen=True)
class EditLine:
    """Some fields of a record of the workload."""

    id: str
    values: dict[str, Any]

    def reads(self) -> Iterable[One | Below]:
        return []

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        return [Change(KIND, id_of(self.id), self.values)]


@dataclass(frozen=True)
class RemoveLine:
    """Hide a record of the workload."""

    id: str

    def reads(self) -> Iterable[One | Below]:
        return []

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        return [Change(KIND, id_of(self.id), {"deleted_on": moment.today})]


def id_of(uuid_text: str) -> str:
    return uuid_text.replace("-", "")


def line_of(values: dict[str, Any]) -> dict[str, Any]:
    """A stored record as the workload writes it."""
    id = values["id"]
    dashed = "-".join((id[:8], id[8:12], id[12:16], id[16:20], id[20:]))
    fields = {name: to_wire(values[name]) for name in FlatGroup.model_fields if name not in ("id", "deleted_on")}
    return {"id": dashed, **fields}


def record_of(line: dict[str, Any]) -> dict[str, Any]:
    """A line of the workload as the columns of a table."""
    return {**line, "id": id_of(line["id"]), "formed_on": date.fromisoformat(line["formed_on"])}

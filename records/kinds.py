"""The register of record kinds: class, streams, what is searched. Stores and server take it as a parameter."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from records.attachment import Attachment
from records.audience import (
    GROUP_KINDS,
    REFERENCE_KINDS,
    Streams,
    account_streams,
    member_streams,
    photo_streams,
    reference_streams,
    shg_streams,
)
from records.bank_branch import BankBranch, ServiceArea
from records.check import Check
from records.conflict import Conflict
from records.member import Member
from records.norm import Norm
from records.person import Assignment, Person
from records.place import Place
from records.proposal import Proposal
from records.record import Record, fields_of, parent_field
from records.savings_account import AccountStep, SavingsAccount
from records.shg import Shg
from records.verdict import Verdict
from records.withdrawal import Withdrawal


@dataclass(frozen=True)
class Kind:
    """A kind of record: its one definition and what cannot be read from it.

    `streams` None: the record follows another (a Conflict the record it is about), or a person (a Verdict, a
    Withdrawal).
    `searched`: fields that make up its search key. `standing`: whose row of derived facts decides, "group",
    "reference" or "none" (a flat kind whose `streams` need only its own values, as the benchmark's).
    """

    name: str
    cls: type[Record]
    streams: Streams | None
    standing: str
    searched: tuple[str, ...] = ()

    @cached_property
    def parent(self) -> tuple[str, str] | None:
        """(field, kind) of the record this kind stands below, or None."""
        name = parent_field(self.cls)
        return None if name is None else (name, fields_of(self.cls)[name].refers or "")


class Registry(Mapping[str, Kind]):
    """Kinds by name, parents before children."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._kinds = {kind.name: kind for kind in kinds}

    def __getitem__(self, name: str) -> Kind:
        return self._kinds[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)

    def replaced(self, *kinds: Kind) -> "Registry":
        """This register with some kinds replaced or added: another version of the app, or a benchmark's kind."""
        return Registry([*({**self._kinds, **{kind.name: kind for kind in kinds}}).values()])


KINDS = Registry(
    [
        Kind("Place", Place, reference_streams, "reference", ("name", "name_hi", "aliases")),
        Kind("Norm", Norm, reference_streams, "reference"),
        Kind("BankBranch", BankBranch, reference_streams, "reference", ("bank_name", "name", "name_hi")),
        Kind("ServiceArea", ServiceArea, reference_streams, "reference"),
        Kind("Person", Person, reference_streams, "reference", ("name", "name_hi")),
        Kind("Assignment", Assignment, reference_streams, "reference"),
        Kind("Shg", Shg, shg_streams, "group", ("name", "name_other")),
        Kind("Member", Member, member_streams, "group", ("name", "name_other")),
        Kind("SavingsAccount", SavingsAccount, account_streams, "group"),
        Kind("AccountStep", AccountStep, account_streams, "group"),
        Kind("Attachment", Attachment, photo_streams, "group"),
        Kind("Conflict", Conflict, None, "group"),
        Kind("Proposal", Proposal, shg_streams, "group"),
        Kind("Check", Check, account_streams, "group"),
        Kind("Verdict", Verdict, None, "none"),
        Kind("Withdrawal", Withdrawal, None, "none"),
    ]
)
"""The product's kinds."""

__all__ = ["GROUP_KINDS", "KINDS", "REFERENCE_KINDS", "Kind", "Registry"]

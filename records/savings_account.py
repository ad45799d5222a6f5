"""The group's savings account and the steps by which it comes to be."""

from typing import Annotated

from records.fields import (
    AccountNumber,
    Choice,
    Day,
    Derived,
    Ifsc,
    Name,
    Parent,
    Personal,
    Refers,
    Remark,
    Text,
    Unlisted,
)
from records.portal import PortalDiffers, PortalStatus
from records.record import Record

STATES = (
    "not_started",
    "resolution_passed",
    "kyc_collected",
    "form_filled",
    "submitted",
    "returned",
    "opened",
    "passbook_received",
    "closed",
    "not_needed",
)
"""States of an account, the furthest on last (design 3)."""

STEP_KINDS = (*STATES[1:], "cancelled")

ONLY_SAVINGS = ("passbook_received", "closed", "not_needed")
"""Steps that opening an account knows and changing its signatories does not; there `opened` says that the bank has the
new signatories."""

RETURN_REASONS = (
    "kyc_mismatch",
    "bearer_absent",
    "resolution_missing",
    "photo_or_seal_missing",
    "pan_or_form60_asked",
    "come_later",
    "no_staff_or_day",
    "existing_account",
    "service_area",
    "network_down",
)
"""Why a bank returned an application (field notes 2.4)."""


class SavingsAccount(Record):
    """A savings account of a group. The branch is chosen, or typed until the office links it (design 3)."""

    shg_id: Annotated[str, Refers("Shg"), Parent]
    branch_id: Annotated[str, Refers("BankBranch")] | None = None
    typed_bank: Name | None = None
    typed_branch: Name | None = None
    typed_ifsc: Ifsc | None = None
    account_number: Annotated[AccountNumber | None, Personal] = None
    name_in_passbook: Annotated[Name | None, Personal] = None
    opened_on: Day | None = None
    portal_status: PortalStatus = "not_entered"
    portal_differs: PortalDiffers = None
    state: Annotated[str, Choice(*STATES, "unknown"), Derived] = "not_started"
    submitted_on: Annotated[Day | None, Derived] = None
    account_last4: Annotated[Text | None, Derived] = None


class AccountStep(Record):
    """One thing that happened on the way to an account; only ever added. `after`: the last steps its author knew."""

    account_id: Annotated[str, Refers("SavingsAccount"), Parent]
    process: Annotated[str, Choice("savings", "signatories")] = "savings"
    kind: Annotated[str, Choice(*STEP_KINDS)]
    on_day: Day
    reason: Annotated[str, Choice(*RETURN_REASONS)] | None = None
    note: Annotated[Remark | None, Personal] = None
    author_id: Annotated[str | None, Refers("Person"), Unlisted] = None
    cancels_id: Annotated[str | None, Refers("AccountStep"), Unlisted] = None
    after: Annotated[tuple[str, ...], Refers("AccountStep"), Unlisted] = ()

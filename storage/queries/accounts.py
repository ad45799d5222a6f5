"""Questions about a group's savings account and the steps towards it."""

from datetime import date
from typing import Any

from sqlalchemy import Select, select

from records.ids import first_account_id
from storage.queries.asking import Row, Tables, column, columns, present, query


class AccountRow(Row):
    """A group's account with the branch it is at; a branch not in the list stands in the typed fields."""

    id: str
    shg_id: str
    branch_id: str | None
    bank_name: str | None
    branch_name: str | None
    branch_name_hi: str | None
    ifsc: str | None
    typed_bank: str | None
    typed_branch: str | None
    typed_ifsc: str | None
    account_number: str | None
    name_in_passbook: str | None
    opened_on: date | None
    state: str
    submitted_on: date | None
    account_last4: str | None
    portal_status: str
    unsent: int


class StepRow(Row):
    """One step, with the name of who recorded it."""

    id: str
    kind: str
    process: str
    on_day: date
    reason: str | None
    note: str | None
    author_id: str | None
    author_name: str | None
    author_name_hi: str | None
    cancels_id: str | None
    after: tuple[str, ...]
    unsent: int


class PhotoRow(Row):
    """A photo of one of the account's papers, also a removed one."""

    id: str
    kind: str
    size: int
    width: int | None
    height: int | None
    taken_on: date
    deleted_on: date | None
    unsent: int


@query(AccountRow, kinds=("SavingsAccount", "BankBranch", "Shg"))
def find_account(tables: Tables, *, shg_id: str) -> Select[Any]:
    """The first account of a group, if it has been begun and the group is not deleted."""
    accounts, branches, shgs = tables["SavingsAccount"], tables["BankBranch"], tables["Shg"]
    return (
        select(
            *columns(accounts, "id", "shg_id", "branch_id", "typed_bank", "typed_branch", "typed_ifsc"),
            *columns(accounts, "account_number", "name_in_passbook", "opened_on", "state", "submitted_on"),
            *columns(accounts, "account_last4", "portal_status", "unsent"),
            *columns(branches, "bank_name", "ifsc"),
            column(branches, "name", "branch_name"),
            column(branches, "name_hi", "branch_name_hi"),
        )
        .select_from(
            accounts.join(shgs, shgs.c.id == accounts.c.shg_id).outerjoin(
                branches, branches.c.id == accounts.c.branch_id
            )
        )
        .where(accounts.c.id == first_account_id(shg_id), present(accounts), present(shgs))
    )


@query(StepRow, kinds=("AccountStep", "SavingsAccount", "Person"))
def list_steps(tables: Tables, *, account_id: str) -> Select[Any]:
    """The steps of an account in the order of their days, cancelled ones and cancellations too."""
    steps, people, accounts = tables["AccountStep"], tables["Person"], tables["SavingsAccount"]
    return (
        select(
            *columns(steps, "id", "kind", "process", "on_day", "reason", "note", "author_id", "cancels_id"),
            *columns(steps, "after", "unsent"),
            column(people, "name", "author_name"),
            column(people, "name_hi", "author_name_hi"),
        )
        .select_from(
            steps.join(accounts, accounts.c.id == steps.c.account_id).outerjoin(
                people, people.c.id == steps.c.author_id
            )
        )
        .where(steps.c.account_id == account_id, present(steps), present(accounts))
        .order_by(steps.c.on_day, steps.c.id)
    )


@query(PhotoRow, kinds=("Attachment", "SavingsAccount"))
def list_photos(tables: Tables, *, account_id: str) -> Select[Any]:
    """The photos of an account's papers, the newest first, removed ones too."""
    photos, accounts = tables["Attachment"], tables["SavingsAccount"]
    return (
        select(*columns(photos, "id", "kind", "size", "width", "height", "taken_on", "deleted_on", "unsent"))
        .select_from(photos.join(accounts, accounts.c.id == photos.c.account_id))
        .where(photos.c.account_id == account_id, present(accounts))
        .order_by(photos.c.taken_on.desc(), photos.c.id.desc())
    )

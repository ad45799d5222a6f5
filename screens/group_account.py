"""The group's savings account: where it stands, since when, and every step on the way."""

import asyncio
from collections.abc import Callable
from typing import Any

import flet as ft

from records.access import WRITES, editable, may_cancel
from records.commands.accounts import CancelStep
from records.figures import NOT_PENDING, is_overdue
from records.ids import first_account_id
from records.savings_account import AccountStep
from records.shg import Shg
from records.written import masked, show_day
from screens import questions
from screens.account_form import said_step
from screens.context import Here, here
from screens.group_joined import was_joined
from screens.group_photos import AccountPhotos
from screens.group_signatories import signatories_part
from screens.guarding import guard, part, tell
from screens.parts.badge import badge
from screens.parts.norms import use_norms
from screens.parts.pieces import (
    body,
    empty_note,
    heading,
    named,
    note,
    padded,
    quiet_deed,
    second_deed,
    small,
    stack,
    waiting,
)
from screens.parts.times import today
from screens.use_query import use_asked, use_query


@part
def AccountTab(*, shg_id: str) -> ft.Control:
    h = here()
    page = ft.context.page
    shg: Shg | None = use_query(questions.find_shg, id=shg_id).first
    found = use_query(questions.find_account, shg_id=shg_id)
    account = found.first
    steps = use_query(questions.list_steps, account_id=account.id if account else "")
    norm = use_norms()
    going, set_going = ft.use_state("")
    if shg is None or not found.loaded:
        return waiting("account-waiting")

    async def cancel(step_id: str) -> None:
        set_going("")
        await asyncio.to_thread(h.workspace.do, CancelStep(account.id, step_id))
        tell(page, h.say("accounts.step_cancelled"))

    doubted = next((row for row in steps.rows if row.id == going), None)
    ft.use_dialog(_question(h, doubted, guard(cancel, going), guard(set_going, "")) if doubted else None)

    lines = [_standing(h, shg, account, norm)]
    if account and account.state == "returned":
        lines += _returned(h, steps.rows)
    if editable(h.roles, "SavingsAccount", "branch_id", new=account is None):
        words = h.say("do.edit" if account else "do.choose_branch")
        change = guard(page.navigate, f"/group/{shg_id}/account")
        lines.append(second_deed(words, "edit-account", change, icon=ft.Icons.ACCOUNT_BALANCE_OUTLINED))
    lines.append(heading(h.say("accounts.steps")))
    if not steps.rows:
        records = editable(h.roles, "AccountStep", "kind", new=True)
        words = h.say("accounts.no_steps") if records else h.say("accounts.no_steps_to_see")
        lines.append(empty_note(words, "steps-none", ft.Icons.CHECKLIST))
    cancelled = {row.cancels_id: row for row in steps.rows if row.kind == "cancelled"}
    for row in _newest_first(steps.rows):
        if row.kind != "cancelled":
            lines.append(_step(h, row, cancelled.get(row.id), guard(set_going, row.id)))
    lines.append(OlderSteps(account_id=first_account_id(shg_id)))
    lines.append(AccountPhotos(shg_id=shg_id, account_id=first_account_id(shg_id)))
    lines += signatories_part(h, page, shg_id, account, steps.rows)
    return padded(*lines, spacing=12)


STEPS = frozenset({"AccountStep", "sync"})


@part
def OlderSteps(*, account_id: str) -> ft.Control:
    """Steps that only the server has, for want of room on this phone, and the way to fetch them."""
    h = here()
    older = use_asked(lambda workspace: workspace.older_steps(account_id), STEPS, account_id).value

    async def fetch() -> None:
        await asyncio.to_thread(h.workspace.want_older_steps, account_id)

    if older is None or not older.count:
        return ft.Container()
    if older.wanted:
        more: list[ft.Control] = [small(h.say("accounts.older_wanted"), key="older-wanted")]
    else:
        get = quiet_deed(h.say("accounts.older_get"), "older-get", guard(fetch), icon=ft.Icons.DOWNLOAD)
        more = [small(h.say("accounts.older_why")), ft.Row([get], wrap=True)]
    return note(h.say("accounts.older", count=older.count), "older-steps", more=more)


def _newest_first(rows: list[Any]) -> list[Any]:
    # Steps of one day in the order of writing: their ids begin with the time.
    return sorted(rows, key=lambda row: (row.on_day, row.id), reverse=True)


def _returned(h: Here, rows: list[Any]) -> list[ft.Control]:
    """Why the bank returned the application last, and what to do about it."""
    last = next((row for row in _newest_first(rows) if row.kind == "returned" and row.reason), None)
    if last is None:
        return []
    why = h.say("accounts.returned_because", reason=h.words.reason(last.reason))
    what = h.say("accounts.next", what=h.words.reason_remedy(last.reason))
    return [note(why, "returned-because", warning=True, more=[small(what)])]


def _standing(h: Here, shg: Shg, account: Any, norm: Callable[[str], int] | None) -> ft.Control:
    """Where the account stands, and what that means: for how long, for which reason, at which branch."""
    state = account.state if account else "not_started"
    if not shg.account_needed:
        state = "not_needed"
    lines: list[ft.Control] = [heading(h.words.say_if_known(f"state.{state}", "value.newer"), key="account-state")]
    if shg.active and not was_joined(shg) and shg.account_needed and state not in NOT_PENDING:
        lines.append(_pending(h, shg, account, norm))
    if account:
        lines += [body(words) for words in account_facts(h, account)]
        lines.append(badge(h, account.unsent, key="account-unsent"))
    return stack(lines, spacing=4)


def _pending(h: Here, shg: Shg, account: Any, norm: Callable[[str], int] | None) -> ft.Control:
    since_formed = (today() - (shg.restarted_on or shg.formed_on)).days
    words = h.say("figure.pending_days", count=max(since_formed, 0))
    if account and account.submitted_on:
        with_bank = h.say("figure.days", count=max((today() - account.submitted_on).days, 0))
        words += f" · {h.say('state.submitted')}: {with_bank}"
    overdue = norm is not None and is_overdue(since_formed, norm("pending_days"))
    if overdue:
        words += f" · {h.say('figure.overdue')}"
    shape = ft.Icons.FLAG if overdue else ft.Icons.SCHEDULE
    color = ft.Colors.ERROR if overdue else ft.Colors.ON_SURFACE_VARIANT
    return ft.Row(
        [ft.Icon(shape, size=20, color=color), ft.Container(body(words, key="account-pending"), expand=True)],
        spacing=8,
        vertical_alignment=ft.CrossAxisAlignment.START,
    )


def account_facts(h: Here, account: Any) -> list[str]:
    """Branch, IFSC, number (its end only), name in the passbook, day of opening: as far as they are known."""
    facts = []
    if account.branch_id and account.branch_name:
        facts.append(f"{account.bank_name}, {h.name_of(account.branch_name, account.branch_name_hi)}")
        facts.append(f"IFSC {account.ifsc}" if account.ifsc else "")
    elif account.typed_branch or account.typed_bank:
        facts.append(", ".join(filter(None, [account.typed_bank, account.typed_branch])))
        facts.append(f"IFSC {account.typed_ifsc}" if account.typed_ifsc else "")
    last4 = account.account_last4 or (account.account_number or "")[-4:]
    if last4:
        facts.append(f"{h.words.field('SavingsAccount', 'account_number')}: {masked(last4)}")
    if account.name_in_passbook:
        facts.append(f"{h.words.field('SavingsAccount', 'name_in_passbook')}: {account.name_in_passbook}")
    if account.opened_on:
        facts.append(f"{h.words.field('SavingsAccount', 'opened_on')}: {show_day(account.opened_on)}")
    return [fact for fact in facts if fact]


def _step(h: Here, row: Any, cancelled_by: Any, ask_cancel: Callable[[Any], Any]) -> ft.Control:
    """One step: what, when, why, by whom. A cancelled one stays, struck out."""
    struck = ft.TextStyle(decoration=ft.TextDecoration.LINE_THROUGH) if cancelled_by else None
    lines: list[ft.Control] = []
    if row.process != "savings":
        lines.append(small(h.words.choice(AccountStep, "process", row.process)))
    lines.append(body(said_step(h, row.kind, row.process), style=struck))
    by = h.name_of(row.author_name, row.author_name_hi)
    lines.append(small(" · ".join(filter(None, [show_day(row.on_day), by]))))
    if row.reason:
        label = h.words.field("AccountStep", "reason")
        lines.append(body(f"{label}: {h.words.reason(row.reason)}", key=f"reason-{row.id}"))
    if row.note:
        lines.append(small(row.note))
    if cancelled_by:
        lines.append(small(h.say("accounts.step_cancelled")))
    elif _may_cancel(h, row):
        lines.append(ft.Row([quiet_deed(h.say("do.cancel_step"), f"cancel-{row.id}", ask_cancel)]))
    lines.append(badge(h, row.unsent, key=f"step-unsent-{row.id}"))
    return named(
        f"step-{row.id}",
        ft.Container(
            key=f"step-{row.id}",
            border=ft.Border.only(left=ft.BorderSide(3, ft.Colors.OUTLINE_VARIANT)),
            padding=ft.Padding.only(left=12, top=2, bottom=2),
            content=stack(lines, spacing=4),
        ),
    )


def _may_cancel(h: Here, row: Any) -> bool:
    own = h.identity is not None and row.author_id == h.identity.person_id
    return any(
        may_cancel(role, own=own, step_day=row.on_day, today=today()) is None
        for role in h.roles
        if ("AccountStep", role) in WRITES
    )


def _question(h: Here, row: Any, yes: Callable[[Any], Any], no: Callable[[Any], Any]) -> ft.AlertDialog:
    step = h.words.say_if_known(f"step.{row.kind}", "value.newer")
    return ft.AlertDialog(
        modal=True,
        title=ft.Text(h.say("accounts.cancel_question", step=step)),
        content=body(h.say("accounts.cancel_explain")),
        actions=[quiet_deed(h.say("do.back"), "cancel-no", no), quiet_deed(h.say("do.cancel_step"), "cancel-yes", yes)],
        on_dismiss=no,
    )

"""A step on the way to a group's account, and the account's own facts: branch, number, passbook."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import flet as ft

from records.access import STEPS_OF_ABM
from records.account_state import state_of
from records.commands.accounts import ChangeAccount, RecordStep
from records.commands.deciding import Done
from records.record import fields_of
from records.savings_account import ONLY_SAVINGS, STATES, STEP_KINDS, AccountStep, SavingsAccount
from screens import questions
from screens.context import Here, here
from screens.filling import Filling, FormField, form_fields
from screens.guarding import guard, screen, tell
from screens.navigation import back_from
from screens.parts.doubles import beside, beside_account
from screens.parts.pieces import empty_note, frame, padded, quiet_deed, small, waiting
from screens.parts.times import today
from screens.record_form import RecordForm
from screens.use_query import use_query

TYPED = ("typed_bank", "typed_branch", "typed_ifsc")
TYPING = "_typing_branch"
"""Set in a form while the branch is typed because the list does not have it."""
WITH_NUMBER = ("opened", "passbook_received")
AT_BRANCH = ("form_filled", "submitted")
AFTER = {"not_started": "resolution_passed", "submitted": "opened", "returned": "submitted"}
"""The step to propose where it is not simply the next of the states."""


@screen
def StepScreen() -> ft.View:
    return step_view("savings")


@screen
def SignatoriesStepScreen() -> ft.View:
    """The same, on the way to new signatories of an account that is open."""
    return step_view("signatories")


def step_view(process: str) -> ft.View:
    h = here()
    page = ft.context.page
    route = ft.use_view_path()
    shg_id = ft.use_route_params().get("shg_id", "")
    shg = use_query(questions.find_shg, id=shg_id)
    found = use_query(questions.find_account, shg_id=shg_id)
    account = found.first
    opening = process == "savings"
    steps = use_query(questions.list_steps, account_id=account.id if account else "")
    may = allowed_steps(h.roles, process)
    state = account.state if account else "not_started"
    if not opening:
        state = state_of([as_step(row) for row in steps.rows], process).state
    proposed = proposed_step(state, may)

    def command(values: dict[str, Any], id: str) -> RecordStep:
        step = {name: values.pop(name, None) for name in ("kind", "on_day", "reason", "note")}
        if opening and step["kind"] == "opened" and (account is None or account.opened_on is None):
            values["opened_on"] = step["on_day"]
        return RecordStep(shg_id, **step, account_values=values, process=process, id=id)

    def saved(done: Done | None) -> None:
        step = next((change.values.get("kind") for change in done.changes if change.kind == "AccountStep"), None)
        # None: the same form was sent before, and the step is there.
        tell(page, h.say("accounts.step_recorded", step=said_step(h, step, process)) if step else h.say("saved.now"))
        # From the board back to the board, where the next one waits; from the group back to the group.
        page.navigate(back_from(page))

    def shown(one: FormField, typed: Mapping[str, Any]) -> bool:
        kind = typed.get("kind")
        if one.spec.name == "reason":
            return kind == "returned"
        if one.kind == "SavingsAccount" and one.spec.name in ("branch_id", *TYPED):
            # Asked when it matters; what is known already is not asked twice.
            known = account is not None and (account.branch_id or account.typed_branch)
            return kind in AT_BRANCH and not known and branch_shown(one, typed)
        if one.kind == "SavingsAccount":
            return kind in WITH_NUMBER
        return True

    name = shg.first.name if shg.first else ""
    return frame(
        h.say("do.record_step") if opening else h.words.choice(AccountStep, "process", process),
        [
            padded(small(name, key="step-group"), top=0, bottom=0) if name else ft.Container(),
            RecordForm(
                fields=step_fields(may, process),
                draft_key=f"AccountStep/{shg_id}" if opening else f"AccountStep/{process}/{shg_id}",
                command=command,
                saved=saved,
                given={
                    "kind": proposed,
                    "on_day": today(),
                    "account_number": getattr(account, "account_number", None),
                    "name_in_passbook": getattr(account, "name_in_passbook", None),
                },
                about={"shg_id": shg_id, **({"village_id": shg.first.village_id} if shg.first else {})},
                show_when=shown,
                below=branch_toggle(h.say, shg_id),
            )
            if found.loaded and shg.loaded and (account is None or steps.loaded)
            else waiting(),
        ],
        route=route,
    )


@screen
def AccountScreen() -> ft.View:
    """Branch, number and passbook by themselves, for correcting them."""
    h = here()
    page = ft.context.page
    route = ft.use_view_path()
    shg_id = ft.use_route_params().get("shg_id", "")
    shg = use_query(questions.find_shg, id=shg_id)
    found = use_query(questions.find_account, shg_id=shg_id)
    account = found.first
    known = _as_record(account) if account else None

    def saved(done: Done | None) -> None:
        tell(page, h.say("saved.now" if done else "form.unchanged"))
        page.navigate(f"/group/{shg_id}")

    if not (shg.loaded and found.loaded):
        content = waiting()
    elif shg.first is None:
        content = empty_note(h.say("group.not_found"), "group-not-found")
    else:
        content = RecordForm(
            fields=account_fields(),
            draft_key=f"SavingsAccount/{shg_id}",
            command=lambda values, _: ChangeAccount(shg_id, values) if values else None,
            saved=saved,
            known=known,
            about={"shg_id": shg_id, "village_id": shg.first.village_id},
            show_when=lambda one, typed: branch_shown(one, typed),
            below=branch_toggle(h.say, shg_id),
        )
    return frame(h.words.kind("SavingsAccount"), [content], route=route)


def account_fields() -> list[FormField]:
    """The account's fields; the number is followed by itself, to be typed a second time."""
    fields: list[FormField] = []
    for one in form_fields(SavingsAccount):
        fields.append(one)
        if one.spec.name == "account_number":
            fields.append(FormField(SavingsAccount, one.spec, again=True))
    return fields


def step_fields(may: tuple[str, ...], process: str = "savings") -> list[FormField]:
    """A step's fields, with those of the account that become known by a step on the way to it."""
    step = {one.spec.name: one for one in form_fields(AccountStep, leave_out=["process"])}
    step["kind"] = FormField(AccountStep, fields_of(AccountStep)["kind"], only=may)
    if process != "savings":
        return list(step.values())
    note = step.pop("note")
    # The opening day is the step's own day: it is not asked twice.
    return [*step.values(), *(one for one in account_fields() if one.spec.name != "opened_on"), note]


def allowed_steps(roles: Iterable[str], process: str = "savings") -> tuple[str, ...]:
    """Kinds of step that someone in these roles may record; cancelling is a deed of its own."""
    full = any(role in ("bank_sakhi", "supervisor") for role in roles)
    foreign = ("cancelled", *(ONLY_SAVINGS if process != "savings" else ()))
    return tuple(kind for kind in STEP_KINDS if kind not in foreign and (full or kind in STEPS_OF_ABM))


def said_step(h: Here, kind: str | None, process: str) -> str:
    """A step in words; at the end of the way to new signatories nothing has been opened."""
    if process == "signatories" and kind == "opened":
        return h.say("step.signatories_changed")
    return h.words.say_if_known(f"step.{kind}", "value.newer")


def as_step(row: Any) -> AccountStep:
    """A row of the list of steps as the record that the account's state is computed from."""
    return AccountStep.known({**row.model_dump(), "after": row.after})


def proposed_step(state: str, may: tuple[str, ...]) -> str | None:
    """The step that usually comes next, if it is hers to record."""
    following = AFTER.get(state)
    if following is None and state in STATES:
        later = STATES[STATES.index(state) + 1 :]
        following = next(iter(later), None)
    return following if following in may and following not in ("closed", "not_needed") else None


def branch_shown(one: FormField, typed: Mapping[str, Any]) -> bool:
    """Either the chosen branch or the typed one is asked for, never both."""
    typing = typed.get(TYPING) or any(typed.get(name) for name in TYPED)
    if one.spec.name in TYPED:
        return bool(typing)
    return not typing if one.spec.name == "branch_id" else True


def branch_toggle(say: Callable[..., str], shg_id: str) -> Callable[..., list[ft.Control]]:
    """Below the branch the way to typing it, below the typed one the way back; below the number who has it already."""

    def below(one: FormField | None, filling: Filling, choose: Callable[[str, Any], None]) -> list[ft.Control]:
        def type_it() -> None:
            filling.put("branch_id", None)
            choose(TYPING, True)

        def choose_it() -> None:
            for name in TYPED:
                filling.put(name, "")
            choose(TYPING, False)

        if one and one.spec.name == "branch_id":
            return [ft.Row([quiet_deed(say("do.type_branch"), "type-branch", guard(type_it))])]
        if one and one.spec.name == "typed_ifsc":
            return [ft.Row([quiet_deed(say("do.choose_branch"), "choose-branch", guard(choose_it))])]
        return beside(one, "account_number", beside_account, shg_id, filling.typed)

    return below


def _as_record(row: Any) -> SavingsAccount:
    return SavingsAccount.known({**row.model_dump(), "shg_id": row.shg_id})

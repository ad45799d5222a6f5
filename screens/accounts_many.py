"""One step for several groups, with one day: chosen on the board, recorded group by group, and each refusal told."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import flet as ft

from records.commands.accounts import RecordStep
from records.problems import Refused
from records.record import fields_of
from records.savings_account import RETURN_REASONS, AccountStep
from records.workspace import Workspace
from records.written import show_day
from screens import questions, theme
from screens.context import Here, here
from screens.filling import value_of
from screens.guarding import Busy, guard, guard_event, part, tell
from screens.parts.picker import error_line
from screens.parts.pieces import body, chip, deed, heading, icon_deed, note, padded, scrolled, small
from screens.parts.times import today
from screens.parts.typed import typed_text
from screens.record_form import fresh_id

MANY = ("resolution_passed", "kyc_collected", "form_filled", "submitted", "returned", "passbook_received")
"""Steps that several groups can take by one form; an opened account has a number of its own."""
AT_BRANCH = ("form_filled", "submitted")


@dataclass(frozen=True)
class Recorded:
    """What became of it: how many were recorded, and (name of the group, problem code) of the others."""

    done: int
    refused: tuple[tuple[str, str], ...] = ()
    left: tuple[str, ...] = ()
    """Ids of those others, for which it is still to be done."""


@part
def ManySteps(
    *, ids: tuple[str, ...], kinds: tuple[str, ...], branch_id: str | None, done: Callable[[], None]
) -> ft.Control:
    h = here()
    page = ft.context.page
    kind, set_kind = ft.use_state("")
    reason, set_reason = ft.use_state("")
    problems, set_problems = ft.use_state({})
    outcome, set_outcome = ft.use_state(None)
    recording: Busy = ft.use_ref(Busy).current
    promised: dict[str, str] = ft.use_ref(dict).current
    day = ft.use_ref(lambda: show_day(today()))
    # Those that were recorded are not recorded again with the others.
    left = outcome.left if outcome else ids

    async def record() -> None:
        if recording.now:
            return
        on_day, problem = value_of(fields_of(AccountStep)["on_day"], day.current)
        found = {
            **({} if kind else {"kind": h.say("board.choose_step")}),
            **({"day": h.words.problem(problem or "required")} if problem or not on_day else {}),
            **({"reason": h.words.problem("reason_needed")} if kind == "returned" and not reason else {}),
        }
        set_problems(found)
        if found:
            return
        steps = {id: promised.setdefault(id, fresh_id()) for id in left}
        why = reason if kind == "returned" else None
        with recording:
            told = await asyncio.to_thread(record_many, h.workspace, steps, kind, on_day, why, branch_id)
        if told.done:
            tell(page, h.say("board.many_done", count=told.done))
        if told.refused:
            set_outcome(told)
        else:
            done()

    def put_day(event: ft.Event[ft.TextField]) -> None:
        day.current = typed_text(event)

    lines: list[ft.Control] = [body(h.say("figure.groups", count=len(left)), key="many-count")]
    if outcome:
        lines.append(_refused(h, outcome))
    lines += [
        small(h.words.field("AccountStep", "kind")),
        _options(
            [(one, h.say(f"step.{one}")) for one in kinds],
            "many",
            kind,
            lambda one: set_kind("" if one == kind else one),
        ),
    ]
    lines += [error_line("kind", problems["kind"])] if "kind" in problems else []
    if kind == "returned":
        reasons = [(one, h.words.reason(one)) for one in RETURN_REASONS]
        lines += [
            small(h.words.field("AccountStep", "reason")),
            _options(reasons, "many-reason", reason, set_reason),
        ]
        lines += [error_line("reason", problems["reason"])] if "reason" in problems else []
    lines.append(
        ft.TextField(
            key="many-day",
            label=h.say("board.many_day"),
            value=day.current,
            error=problems.get("day"),
            error_max_lines=4,
            keyboard_type=ft.KeyboardType.DATETIME,
            text_size=theme.scaled(theme.BODY),
            on_change=guard_event(put_day),
        )
    )
    return ft.Column(
        [
            ft.Row(
                [
                    icon_deed(ft.Icons.ARROW_BACK, h.say("do.back"), "many-close", guard(done)),
                    ft.Container(heading(h.say("board.many_title")), expand=True),
                ]
            ),
            ft.Container(scrolled([padded(*lines, spacing=12)]), expand=True),
            padded(deed(h.say("do.record"), "many-record", guard(record), icon=ft.Icons.ADD_TASK)),
        ],
        expand=True,
        spacing=0,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


def _options(options: list[tuple[str, str]], ident: str, chosen: str, choose: Callable[[str], Any]) -> ft.Control:
    chips = [chip(words, f"{ident}-{one}", guard(choose, one), chosen=one == chosen) for one, words in options]
    return ft.Row(chips, wrap=True, spacing=8, run_spacing=8)


def _refused(h: Here, outcome: Recorded) -> ft.Control:
    why = [small(f"{name or h.say('value.no_name')}: {h.words.problem(code)}") for name, code in outcome.refused]
    return note(h.say("board.many_refused"), "many-refused", warning=True, more=why)


def record_many(
    workspace: Workspace, promised: Mapping[str, str], kind: str, on_day: Any, reason: str | None, branch_id: str | None
) -> Recorded:
    """The same step for each group by itself, so that one that does not fit keeps none of the others back.
    `promised`: id of a group -> that of its step, so that a form sent twice records it once.

    A group that has no branch yet gets the one whose board it was recorded on, with the form or its handing in.
    """
    refused: list[tuple[str, str]] = []
    left: list[str] = []
    for id, step_id in promised.items():
        shg = next(iter(workspace.ask(questions.find_shg, id=id)), None)
        account = next(iter(workspace.ask(questions.find_account, shg_id=id)), None)
        known = account is not None and (account.branch_id or account.typed_branch)
        values = {"branch_id": branch_id} if branch_id and not known and kind in AT_BRANCH else {}
        try:
            workspace.do(RecordStep(id, kind, on_day, reason, account_values=values, id=step_id))
        except Refused as problem:
            refused.append((shg.name if shg else "", problem.code))
            left.append(id)
    return Recorded(len(promised) - len(left), tuple(refused), tuple(left))

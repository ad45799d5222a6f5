"""Unfinished forms: each is opened where it was left, or removed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flet as ft

from records.workspace import Draft, Workspace
from screens import questions
from screens.context import Here, here
from screens.guarding import guard, part, screen, tell
from screens.parts.pieces import body, empty_note, frame, heading, icon_deed, named, scrolled, small, waiting
from screens.parts.times import said_time
from screens.use_query import use_asked


@dataclass(frozen=True)
class Form:
    """An unfinished form: where it is filled in (None where this app does not know it), and about whom."""

    key: str
    kept_ms: int
    address: str | None
    words: str
    about: str = ""


@screen
def DraftsScreen() -> ft.View:
    h = here()
    return frame(
        h.say("drafts.title"),
        [ft.Container(scrolled([DraftList()], spacing=0), expand=True)],
        route=ft.use_view_path(),
    )


@part
def DraftList() -> ft.Control:
    h = here()
    page = ft.context.page
    answer = use_asked(forms_of, frozenset({"drafts", "Shg", "Member"}), "drafts")
    doubted, set_doubted = ft.use_state("")

    async def drop(key: str) -> None:
        set_doubted("")
        await asyncio.to_thread(h.workspace.drop_draft, key)
        tell(page, h.say("drafts.dropped"))

    ft.use_dialog(_question(h, guard(drop, doubted), guard(set_doubted, "")) if doubted else None)
    if not answer.loaded:
        return waiting("drafts-waiting")
    if not answer.rows:
        return empty_note(h.say("drafts.none"), "drafts-none", ft.Icons.EDIT_NOTE)
    rows = [_row(h, form, guard(set_doubted, form.key)) for form in answer.rows]
    return ft.Column(rows, spacing=0, tight=True)


def _row(h: Here, form: Form, ask: Callable[[Any], Any]) -> ft.Control:
    page = ft.context.page
    title = _said(h, form)
    return named(
        f"draft-{form.key}",
        ft.ListTile(
            key=f"draft-{form.key}",
            leading=ft.Icon(ft.Icons.EDIT_NOTE, color=ft.Colors.PRIMARY),
            title=body(title),
            subtitle=small(h.say("drafts.kept", time=said_time(h.words, form.kept_ms))),
            trailing=icon_deed(ft.Icons.DELETE_OUTLINE, h.say("draft.drop"), f"drop-{form.key}", ask),
            on_click=guard(page.navigate, form.address) if form.address else None,
        ),
    )


def _said(h: Here, form: Form) -> str:
    about = form.about or h.say("value.no_name")
    return {
        "new_group": lambda: f"{h.say('drafts.new_group')}: {form.about}" if form.about else h.say("drafts.new_group"),
        "group": lambda: h.say("drafts.group", group=about),
        "new_member": lambda: h.say("drafts.new_member", group=about),
        "member": lambda: h.say("drafts.member", name=about),
        "step": lambda: h.say("drafts.step", group=about),
        "account": lambda: h.say("drafts.account", group=about),
    }.get(form.words, lambda: h.say("drafts.other"))()


def forms_of(workspace: Workspace) -> list[Form]:
    """The unfinished forms, the newest first."""
    return [form_of(workspace, draft) for draft in workspace.drafts()]


def form_of(workspace: Workspace, draft: Draft) -> Form:
    """Where a draft's form stands. A key names the kind, and whom it is about (`RecordForm.draft_key`)."""
    kind, _, rest = draft.key.partition("/")
    if draft.key == "Shg/new":
        name = draft.values.get("name")
        return Form(draft.key, draft.kept_ms, "/new", "new_group", name if isinstance(name, str) else "")
    if kind == "Member" and rest.startswith("new/"):
        shg_id = rest.removeprefix("new/")
        about = _group(workspace, shg_id)
        return Form(draft.key, draft.kept_ms, f"/group/{shg_id}/member/new", "new_member", about)
    if kind == "Member":
        member = next(iter(workspace.ask(questions.find_member, id=rest)), None)
        address = f"/group/{member.shg_id}/member/{rest}" if member else None
        return Form(draft.key, draft.kept_ms, address, "member", member.name if member else "")
    if kind == "AccountStep" and rest.startswith("signatories/"):
        shg_id = rest.removeprefix("signatories/")
        about = _group(workspace, shg_id)
        return Form(draft.key, draft.kept_ms, f"/group/{shg_id}/signatories", "step", about)
    where = {"Shg": ("edit", "group"), "AccountStep": ("step", "step"), "SavingsAccount": ("account", "account")}
    if kind not in where:
        return Form(draft.key, draft.kept_ms, None, "other")
    path, words = where[kind]
    return Form(draft.key, draft.kept_ms, f"/group/{rest}/{path}", words, _group(workspace, rest))


def _group(workspace: Workspace, shg_id: str) -> str:
    shg = next(iter(workspace.ask(questions.find_shg, id=shg_id)), None)
    return shg.name if shg else ""


def _question(h: Here, yes: Callable[[Any], Any], no: Callable[[Any], Any]) -> ft.AlertDialog:
    return ft.AlertDialog(
        modal=True,
        title=heading(h.say("drafts.drop_question")),
        actions=[
            ft.TextButton(h.say("do.back"), key="drop-no", on_click=no),
            ft.TextButton(h.say("draft.drop"), key="drop-yes", on_click=yes),
        ],
        on_dismiss=no,
    )

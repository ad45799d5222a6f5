"""A group or a member as the portal asks for them: field by field in the portal's own order, each copied by one tap.

One tap more says that the record stands there now."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flet as ft

from records.access import editable
from records.commands.portal import SayEntered, TakeBackEntered
from records.kinds import KINDS
from records.member import Member
from records.portal import CODED, is_to_enter
from records.portal_sheet import (
    ACCOUNT_SHEET,
    BEARERS_SHEET,
    GROUP_SHEET,
    MEMBER_SHEET,
    SheetLine,
    applying,
    is_empty,
    still_missing,
)
from records.problems import Refused
from records.record import fields_of
from records.shg import OFFICES, Shg
from records.workspace import Workspace
from records.written import show_hundredths
from screens import questions, theme
from screens.context import Here, here
from screens.guarding import guard, guard_event, part, screen, tell
from screens.parts.fields import said_value
from screens.parts.pieces import (
    body,
    empty_note,
    frame,
    heading,
    named,
    note,
    padded,
    quiet_deed,
    scrolled,
    second_deed,
    small,
    stack,
    waiting,
)
from screens.parts.typed import typed_text
from screens.use_query import use_asked, use_query

READS = frozenset({"Shg", "Member", "SavingsAccount", "Place", "BankBranch"})


@dataclass(frozen=True)
class Named:
    """What a reference is called in both scripts."""

    name: str
    name_hi: str | None = None


@dataclass(frozen=True)
class GroupSheet:
    """All that a group's sheet shows. `names`: id of a village or member -> what it is called."""

    shg: Shg
    account: Any
    panchayat: Named | None
    names: Mapping[str, Named]
    members: Sequence[Any]


@screen
def GroupSheetScreen() -> ft.View:
    h = here()
    route = ft.use_view_path()
    shg_id = ft.use_route_params().get("shg_id", "")
    answer = use_asked(lambda workspace: group_sheet(workspace, shg_id), READS, "portal", shg_id)
    sheet: GroupSheet | None = answer.value
    if not editable(h.roles, "Shg", "portal_code", new=False):
        return frame(h.say("portal.title"), [padded(note(h.say("portal.not_yours"), "portal-not-yours"))], route=route)
    if sheet is None:
        missing = empty_note(h.say("group.not_found"), "group-not-found") if answer.loaded else waiting()
        return frame(h.say("portal.title"), [missing], route=route)
    shg, values = sheet.shg, dict(sheet.shg)
    account = account_values(h, sheet.account)
    lines = [
        small(h.say("portal.sheet_explain")),
        _missing(h, [*still_missing([*GROUP_SHEET, *BEARERS_SHEET], values), *still_missing(ACCOUNT_SHEET, account)]),
        EnteredPart(kind="Shg", id=shg.id, code=shg.portal_code, status=shg.portal_status),
        heading(h.say("portal.profile")),
        stack(_group_lines(h, sheet, values), spacing=0),
        heading(h.say("portal.bank")),
        stack(_account_lines(h, account), spacing=0),
        *_account_entered(sheet),
        heading(h.say("portal.bearers")),
        stack([_line(h, line, _said(h, sheet.names, Shg, line, values)) for line in BEARERS_SHEET], spacing=0),
        heading(h.say("group.members_tab")),
        *([] if sheet.members else [small(h.say("members.none"))]),
        stack([_member(h, shg.id, row) for row in sheet.members], spacing=0),
    ]
    return frame(shg.name, [ft.Container(scrolled([padded(*lines, top=12)]), expand=True)], route=route)


@screen
def MemberSheetScreen() -> ft.View:
    h = here()
    route = ft.use_view_path()
    member_id = ft.use_route_params().get("member_id", "")
    answer = use_query(questions.find_member, id=member_id)
    member: Member | None = answer.first
    if member is None or not editable(h.roles, "Member", "portal_code", new=False):
        missing = empty_note(h.say("portal.not_yours"), "portal-not-yours") if answer.loaded else waiting()
        return frame(h.say("portal.title"), [missing], route=route)
    values = dict(member)
    lines = [
        small(h.say("portal.sheet_explain")),
        _missing(h, still_missing(MEMBER_SHEET, values)),
        EnteredPart(kind="Member", id=member.id, code=member.portal_code, status=member.portal_status),
        stack(
            [_line(h, line, _said(h, {}, Member, line, values)) for line in applying(MEMBER_SHEET, values)], spacing=0
        ),
    ]
    return frame(member.name, [ft.Container(scrolled([padded(*lines, top=12)]), expand=True)], route=route)


def group_sheet(workspace: Workspace, shg_id: str) -> GroupSheet | None:
    """A group with all that its sheet names, asked together so that the sheet is one state."""
    shg: Shg | None = next(iter(workspace.ask(questions.find_shg, id=shg_id)), None)
    if shg is None or shg.deleted_on:
        return None
    village = next(iter(workspace.ask(questions.find_place, id=shg.village_id)), None)
    names = {village.id: Named(village.name, village.name_hi)} if village else {}
    panchayat = None
    if village and village.gram_panchayat_name:
        panchayat = Named(village.gram_panchayat_name, village.gram_panchayat_name_hi)
    for id in {getattr(shg, f"{office}_id") for office in OFFICES} | {shg.mobile_of_id}:
        for woman in workspace.ask(questions.find_member, id=id) if id else ():
            names[woman.id] = Named(woman.name)
    account = next(iter(workspace.ask(questions.find_account, shg_id=shg_id)), None)
    members = workspace.ask(questions.list_members_beside_portal, shg_id=shg_id)
    return GroupSheet(shg, account, panchayat, names, members)


def account_values(h: Here, account: Any) -> dict[str, Any]:
    """What the portal asks about an account; of a branch that nobody has linked, as it was typed."""
    if account is None:
        return {}
    branch = h.name_of(account.branch_name, account.branch_name_hi) if account.branch_id else account.typed_branch
    return {
        "name_in_passbook": account.name_in_passbook,
        "ifsc": account.ifsc or account.typed_ifsc,
        "bank": account.bank_name or account.typed_bank,
        "branch": branch,
        # Copied whole: the portal asks for it twice. Who may not see it has no such column.
        "account_number": account.account_number,
        "opened_on": account.opened_on,
    }


def _group_lines(h: Here, sheet: GroupSheet, values: Mapping[str, Any]) -> list[ft.Control]:
    drawn: list[ft.Control] = []
    for line in applying(GROUP_SHEET, values):
        if line.field == "village_id":
            # The portal asks for the panchayat first, and offers its villages then.
            panchayat = h.name_of(sheet.panchayat.name, sheet.panchayat.name_hi) if sheet.panchayat else ""
            drawn.append(_row(h, "002", "gram-panchayat", h.say("level.gram_panchayat"), panchayat))
        drawn.append(_line(h, line, _said(h, sheet.names, Shg, line, values)))
    return drawn


def _account_lines(h: Here, values: Mapping[str, Any]) -> list[ft.Control]:
    drawn = []
    for line in ACCOUNT_SHEET:
        value = values.get(line.field)
        if line.field in ("ifsc", "bank", "branch"):
            label = h.words.field("SavingsAccount", f"typed_{line.field}")
            drawn.append(_row(h, line.number, line.field, label, value or ""))
        else:
            drawn.append(_line(h, line, "" if is_empty(value) else _plain(h, line, value)))
    return drawn


def _said(h: Here, names: Mapping[str, Named], cls: type, line: SheetLine, values: Mapping[str, Any]) -> str:
    """What is copied of a field, as it is typed into the portal; "" for what is empty or cannot be told."""
    value = values.get(line.field)
    if is_empty(value):
        return ""
    if fields_of(cls)[line.field].refers:
        found = names.get(str(value))
        return h.name_of(found.name, found.name_hi) if found else ""
    return _plain(h, line, value)


def _plain(h: Here, line: SheetLine, value: Any) -> str:
    cls = KINDS[line.kind].cls
    entry = fields_of(cls)[line.field].value_type.entry
    if entry in ("rupees", "percent"):
        return show_hundredths(int(value))
    return str(value) if line.field == "account_number" else said_value(h, cls, line.field, value)


def _line(h: Here, line: SheetLine, said: str) -> ft.Control:
    return _row(h, line.number, line.field, h.words.field(line.kind, line.field), said, needed=line.needed)


def _row(h: Here, number: str, ident: str, label: str, said: str, *, needed: bool = True) -> ft.Control:
    """A field: its number on the portal, what it is called here, and its value, copied by a tap anywhere on it."""
    page = ft.context.page

    async def copy() -> None:
        await h.services.copy_text(said)
        tell(page, h.say("portal.copied", field=label, value=said))

    if said:
        shown: ft.Control = body(said)
        icon = ft.Icon(ft.Icons.CONTENT_COPY, size=22, color=ft.Colors.PRIMARY, semantics_label=h.say("do.copy"))
    else:
        words = h.say("portal.still_missing" if needed else "portal.may_be_empty")
        shown = small(words, color=ft.Colors.ERROR if needed else None)
        icon = ft.Icon(ft.Icons.RADIO_BUTTON_UNCHECKED, size=22, color=ft.Colors.OUTLINE)
    return named(
        f"copy-{ident}",
        ft.Container(
            key=f"copy-{ident}",
            ink=bool(said),
            on_click=guard(copy) if said else None,
            padding=ft.Padding.symmetric(vertical=6),
            border=ft.Border.only(bottom=ft.BorderSide(1, ft.Colors.OUTLINE_VARIANT)),
            content=ft.Row(
                [
                    *([ft.Container(small(number), width=theme.scaled(44))] if number.strip() else []),
                    ft.Container(stack([small(label), shown], spacing=0), expand=True),
                    ft.Container(icon, width=theme.TOUCH, height=theme.TOUCH, alignment=ft.Alignment.CENTER),
                ],
                spacing=8,
            ),
        ),
        button=bool(said),
    )


def _missing(h: Here, lines: Sequence[SheetLine]) -> ft.Control:
    if not lines:
        return note(h.say("portal.complete"), "portal-complete")
    return note(h.say("portal.missing", count=len(lines)), "portal-missing", warning=True)


def _member(h: Here, shg_id: str, row: Any) -> ft.Control:
    page = ft.context.page
    entered = not is_to_enter(row.portal_status)
    status = h.words.choice(Member, "portal_status", row.portal_status)
    return named(
        f"sheet-{row.id}",
        ft.ListTile(
            key=f"sheet-{row.id}",
            leading=ft.Icon(ft.Icons.CHECK_CIRCLE if entered else ft.Icons.RADIO_BUTTON_UNCHECKED),
            title=body(row.name),
            subtitle=small(" · ".join(filter(None, (row.portal_code, status)))),
            trailing=ft.Icon(ft.Icons.CHEVRON_RIGHT, color=ft.Colors.OUTLINE),
            on_click=guard(page.navigate, f"/portal/group/{shg_id}/member/{row.id}"),
            content_padding=ft.Padding.all(0),
        ),
    )


def _account_entered(sheet: GroupSheet) -> list[ft.Control]:
    if sheet.account is None:
        return []
    return [EnteredPart(kind="SavingsAccount", id=sheet.account.id, code=None, status=sheet.account.portal_status)]


@part
def EnteredPart(*, kind: str, id: str, code: str | None, status: str) -> ft.Control:
    """How the record stands on the portal, and the one tap that says it has been entered, with its code."""
    h = here()
    page = ft.context.page
    typed = ft.use_ref("")
    problem, set_problem = ft.use_state("")

    async def enter() -> None:
        set_problem("")
        try:
            await asyncio.to_thread(h.workspace.do, SayEntered(kind, id, typed.current or code))
        except Refused as refused:
            set_problem(refused.refusals[0].code)
            return
        tell(page, h.say("portal.entered_now"))

    async def take_back() -> None:
        await asyncio.to_thread(h.workspace.do, TakeBackEntered(kind, id))
        typed.current = ""

    def write(event: ft.Event[ft.TextField]) -> None:
        typed.current = typed_text(event)

    if not is_to_enter(status):
        said = h.words.choice(KINDS[kind].cls, "portal_status", status)
        words = h.say("portal.line", code=code, status=said) if code else said
        undo: list[ft.Control] = []
        if status == "entered":
            undo = [ft.Row([quiet_deed(h.say("portal.take_back"), f"not-entered-{kind}", guard(take_back))])]
        return note(words, f"entered-{kind}", more=undo)
    lines: list[ft.Control] = []
    if kind in CODED:
        lines.append(_code_field(h, kind, code, problem, guard_event(write), guard(enter)))
    words = h.say("portal.say_entered" if kind in CODED else "portal.say_account_entered")
    lines.append(second_deed(words, f"enter-{kind}", guard(enter), icon=ft.Icons.CHECK))
    return stack(lines, spacing=8)


def _code_field(
    h: Here, kind: str, code: str | None, problem: str, write: Callable[[Any], Any], enter: Callable[[Any], Any]
) -> ft.Control:
    return ft.TextField(
        key=f"code-{kind}",
        label=h.words.field(kind, "portal_code"),
        value=code or "",
        text_size=theme.scaled(theme.BODY),
        on_change=write,
        on_submit=enter,
        error=h.words.problem(problem) if problem else None,
    )

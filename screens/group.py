"""One group: how is it? Its members, its account with every step, and who changed what."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import flet as ft

from records.access import editable
from records.commands.groups import DeleteGroup
from records.commands.members import DeleteMember
from records.figures import age_days, is_pending, members_of
from records.ids import short_number
from records.shg import OFFICES, Shg
from records.workspace import Workspace
from screens import questions, theme
from screens.context import Here, HereContext, here
from screens.group_account import AccountTab
from screens.group_checked import Checked
from screens.group_history import BELOW, HistoryTab
from screens.group_joined import JoinedHere, JoinedNote, only_reading, was_joined
from screens.group_marks import mark_note, may_edit
from screens.group_portal import PortalNote, ProposalCards
from screens.group_returned import ReturnedNote
from screens.guarding import guard, part, screen, tell
from screens.parts.badge import MENDING, RECEIVED, WAITING, badge, mark_of
from screens.parts.doubles import looked_at
from screens.parts.norms import use_norms
from screens.parts.picker import use_option
from screens.parts.pieces import (
    body,
    deed,
    empty_note,
    frame,
    heading,
    icon_deed,
    named,
    note,
    number,
    padded,
    quiet_deed,
    scrolled,
    second_deed,
    small,
    stack,
    title,
    waiting,
)
from screens.parts.times import today
from screens.use_query import PAGE, use_asked, use_pages, use_query

TABS = (("members", "group.members_tab"), ("account", "group.account_tab"), ("history", "group.history_tab"))


@screen
def GroupScreen() -> ft.View:
    h = here()
    page = ft.context.page
    route = ft.use_view_path()
    params = ft.use_route_params()
    # Looked at from a form that may be about the same.
    same_id = params.get("same_id")
    shg_id = same_id or params.get("shg_id", "")
    tab, set_tab = ft.use_state("members")
    answer = use_query(questions.find_shg, id=shg_id)
    shg: Shg | None = answer.first
    village = use_query(questions.find_place, id=shg.village_id if shg else "").first
    if shg is None:
        content = empty_note(h.say("group.not_found"), "group-not-found") if answer.loaded else waiting("group-waiting")
        return frame(h.say("app.title"), [content], route=route)

    if shg.deleted_on:
        return _deleted(h, page, shg, route)

    asked = [padded(looked_at(h))] if same_id else []
    if village and h.is_elsewhere(village.gram_panchayat_id):
        explain = note(h.say("group.elsewhere"), "group-elsewhere", more=[small(h.say("group.elsewhere_explain"))])
        joined = [padded(JoinedNote(shg=shg))] if was_joined(shg) else []
        lines = [*asked, *joined, Profile(shg=shg), padded(explain)]
        return frame(shg.name, [ft.Container(scrolled(lines, spacing=4), expand=True)], route=route)

    return frame(
        shg.name,
        [ft.Container(scrolled([*asked, *_whole(h, shg, tab, set_tab)], spacing=4), expand=True)],
        route=route,
        actions=_edit(h, page, shg),
        foot=_next_deed(h, page, shg, tab),
    )


@part
def GroupPane(*, shg_id: str) -> ft.Control:
    """The group beside the list, on a wide screen: the same, with its name above it."""
    h = here()
    page = ft.context.page
    tab, set_tab = ft.use_state("members")
    answer = use_query(questions.find_shg, id=shg_id)
    shg: Shg | None = answer.first
    if shg is None or shg.deleted_on:
        return empty_note(h.say("group.not_found"), "group-not-found") if answer.loaded else waiting("group-waiting")
    foot = _next_deed(h, page, shg, tab)
    name = ft.Row([ft.Container(title(shg.name, key="pane-title"), expand=True), *_edit(h, page, shg)])
    above = ft.Container(name, padding=ft.Padding.only(left=16, right=16, top=8))
    below = [ft.Container(foot, padding=ft.Padding.only(left=16, right=16, top=8, bottom=12))] if foot else []
    return ft.Column(
        [above, ft.Container(scrolled(_whole(h, shg, tab, set_tab), spacing=4), expand=True), *below],
        expand=True,
        spacing=0,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


def _whole(h: Here, shg: Shg, tab: str, set_tab: Callable[[str], None]) -> list[ft.Control]:
    contents: Mapping[str, Callable[[], ft.Control]] = {
        "members": lambda: MembersTab(shg_id=shg.id),
        "account": lambda: AccountTab(shg_id=shg.id),
        "history": lambda: HistoryTab(shg_id=shg.id),
    }

    def whole() -> list[ft.Control]:
        return [Profile(shg=shg, show=set_tab), _tab_row(h, tab, set_tab), contents[tab]()]

    if not was_joined(shg):
        return whole()
    read = HereContext(only_reading(h), lambda: stack(whole(), spacing=4))
    return [padded(JoinedNote(shg=shg)), read]


def _edit(h: Here, page: ft.Page, shg: Shg) -> list[ft.Control]:
    if was_joined(shg) or not may_edit(h):
        return []
    edit = guard(page.navigate, f"/group/{shg.id}/edit")
    return [icon_deed(ft.Icons.EDIT_OUTLINED, h.say("group.edit"), "edit-group", edit)]


def _deleted(h: Here, page: ft.Page, shg: Shg, route: str) -> ft.View:
    """A deleted group: said as such, and restored by whoever may delete."""

    async def restore() -> None:
        await asyncio.to_thread(h.workspace.do, DeleteGroup(shg.id, restore=True))
        tell(page, h.say("group.restored"))

    words = h.say("group.deleted", day=shg.deleted_on)
    back = deed(h.say("do.restore"), "restore-group", guard(restore), icon=ft.Icons.RESTORE_FROM_TRASH_OUTLINED)
    may = editable(h.roles, "Shg", "deleted_on", new=False)
    lines: list[ft.Control] = [note(words, "group-deleted", more=[small(h.say("group.deleted_explain"))])]
    return frame(shg.name, [ft.Container(padded(*lines), expand=True)], route=route, foot=back if may else None)


def _next_deed(h: Here, page: ft.Page, shg: Shg, tab: str) -> ft.Control | None:
    """The deed that belongs to what is looked at, for whoever may do it."""
    if was_joined(shg):
        return None
    if tab == "members" and editable(h.roles, "Member", "name", new=True):
        go = guard(page.navigate, f"/group/{shg.id}/member/new")
        return deed(h.say("do.add_member"), "add-member", go, icon=ft.Icons.PERSON_ADD_ALT)
    if tab == "account" and editable(h.roles, "AccountStep", "kind", new=True):
        go = guard(page.navigate, f"/group/{shg.id}/step")
        return deed(h.say("do.record_step"), "record-step", go, icon=ft.Icons.ADD_TASK)
    return None


def _tab_row(h: Here, tab: str, set_tab: Callable[[str], None]) -> ft.Control:
    def one(name: str, key: str) -> ft.Control:
        chosen = name == tab
        return named(
            f"tab-{name}",
            ft.Container(
                key=f"tab-{name}",
                ink=True,
                on_click=guard(set_tab, name),
                height=theme.TOUCH,
                alignment=ft.Alignment.CENTER,
                padding=ft.Padding.symmetric(horizontal=12),
                border=ft.Border.only(bottom=ft.BorderSide(3, ft.Colors.PRIMARY if chosen else ft.Colors.TRANSPARENT)),
                content=ft.Text(
                    h.words.say(key),
                    style=theme.bold(theme.SMALL, ft.Colors.PRIMARY if chosen else ft.Colors.ON_SURFACE_VARIANT),
                ),
            ),
            button=True,
            selected=chosen,
        )

    return ft.Container(
        ft.Row([one(name, key) for name, key in TABS], spacing=0, scroll=ft.ScrollMode.HIDDEN),
        border=ft.Border.only(bottom=ft.BorderSide(1, ft.Colors.OUTLINE_VARIANT)),
        padding=ft.Padding.symmetric(horizontal=4),
    )


@part
def Profile(*, shg: Shg, show: Callable[[str], None] | None = None) -> ft.Control:
    """What the group is, in numbers that carry their meaning, and what somebody should mend.

    `show` turns to a tab of the group; None where there are none.
    """
    h = here()
    village = use_query(questions.find_place, id=shg.village_id).first
    norm = use_norms()
    unsent = use_asked(lambda workspace: unsent_of(workspace, shg.id), BELOW, shg.id).value
    village_name = h.name_of(village.name, village.name_hi) if village else h.say("value.no_name")
    lines: list[ft.Control] = [
        small(h.say("group.village_and_day", village=village_name, day=shg.formed_on), key="group-village"),
        small(h.say("group.number", number=short_number(shg.id)), key="group-number"),
    ]
    if unsent is not None:
        lines.append(badge(h, unsent, key="group-unsent"))
    lines += [_members(h, shg, norm), *([AccountLine(shg=shg)] if show else []), Bearers(shg=shg)]
    if not shg.active:
        lines.insert(0, heading(h.say("group.inactive")))
    lines += [ReturnedNote(shg=shg), Checked(shg=shg), PortalNote(record=shg), ProposalCards(shg=shg)]
    lines += [JoinedHere(shg=shg), *([ToMend(shg=shg, show=show)] if show else [])]
    # What does not fit in a joined group is nobody's to mend: it is not counted.
    lines += [] if was_joined(shg) else [mark_note(h, shg, code, show) for code in shg.marks or ()]
    return padded(*lines, spacing=6)


@part
def AccountLine(*, shg: Shg) -> ft.Control:
    """The account in one line; the tab has the rest."""
    h = here()
    account = use_query(questions.find_account, shg_id=shg.id).first
    state = (account.state if account else "not_started") if shg.account_needed else "not_needed"
    words = h.say("group.account_line", state=h.words.say_if_known(f"state.{state}", "value.newer"))
    counts = shg.active and not was_joined(shg)
    if is_pending(active=counts, account_needed=shg.account_needed, state=state):
        age = age_days(formed_on=shg.formed_on, restarted_on=shg.restarted_on, today=today())
        words += f" · {h.say('figure.pending_days', count=max(age, 0))}"
    return body(words, key="group-account")


@part
def ToMend(*, shg: Shg, show: Callable[[str], None]) -> ft.Control:
    """Work on this group that the server did not take, and values that differ: each one tap from being mended."""
    h = here()
    page = ft.context.page
    refused = use_asked(
        lambda workspace: [one for one in workspace.mending() if one.shg_id == shg.id], BELOW, "refused", shg.id
    ).rows
    conflicts = use_query(questions.list_conflicts, shg_id=shg.id).rows
    lines: list[ft.Control] = []
    if refused:
        mend = quiet_deed(h.say("do.mend"), "see-refused", guard(page.navigate, "/sync"), icon=ft.Icons.BUILD_OUTLINED)
        words = h.say("group.refused", count=len(refused))
        lines.append(note(words, "group-refused", warning=True, more=[ft.Row([mend])]))
    if conflicts:
        see = quiet_deed(h.say("group.mend_history"), "see-conflicts", guard(show, "history"))
        lines.append(note(h.say("group.conflicts", count=len(conflicts)), "group-conflicts", more=[ft.Row([see])]))
    return stack(lines, spacing=6)


def _members(h: Here, shg: Shg, norm: Callable[[str], int] | None) -> ft.Control:
    """The count with its meaning: the norm of 10 to 20 is for a group; the one of 15 is an average of places only."""
    words = _count_words(h, shg, norm)
    figure, _, rest = words.partition(" ")
    lines: list[ft.Control] = [
        named(
            "group-members",
            ft.Row(
                key="group-members",
                controls=[number(figure), ft.Container(body(rest), expand=True, padding=ft.Padding.only(bottom=5))],
                spacing=8,
                vertical_alignment=ft.CrossAxisAlignment.END,
            ),
            label=words,
            exclude_semantics=True,
        )
    ]
    if shg.roster_count and shg.declared_members is not None and shg.declared_members != shg.roster_count:
        both = h.say("figure.roster_and_declared", roster=shg.roster_count, declared=shg.declared_members)
        lines.append(small(both, key="group-both-counts"))
    return stack(lines, spacing=0)


def _count_words(h: Here, shg: Shg, norm: Callable[[str], int] | None) -> str:
    count = members_of(shg.roster_count, shg.declared_members)
    if not count or norm is None:
        return h.say("figure.members", count=count)
    least = norm("least_members_special" if shg.group_type == "special" else "least_members")
    most = norm("most_members")
    if count < least:
        return h.say("figure.members_too_few", count=count, least=least)
    if count > most:
        return h.say("figure.members_too_many", count=count, most=most)
    return h.say("figure.members_in_range", count=count, least=least, most=most)


@part
def Bearers(*, shg: Shg) -> ft.Control:
    """The three offices and who signs."""
    h = here()
    chosen = [(office, getattr(shg, f"{office}_id", None)) for office in OFFICES]
    names = [(office, id, use_option("Member", id)) for office, id in chosen]
    filled = [(office, option) for office, id, option in names if id]
    if not filled:
        return small(h.say("group.no_bearers"), key="group-bearers")
    lines = []
    for office, option in filled:
        signs = getattr(shg, f"{office}_signs", None)
        said = f"{h.words.field('Shg', f'{office}_id')}: {option.name if option else h.say('value.no_name')}"
        sign = [ft.Icon(ft.Icons.DRAW_OUTLINED, size=18, semantics_label=h.words.field("Shg", f"{office}_signs"))]
        lines.append(ft.Row([ft.Container(body(said), expand=True), *(sign if signs else [])], spacing=6))
    return ft.Column(lines, key="group-bearers", spacing=2, tight=True)


@part
def MembersTab(*, shg_id: str) -> ft.Control:
    h = here()
    page = ft.context.page
    pages, set_pages = ft.use_state(1)
    answer = use_pages(questions.list_members, pages=pages, after=lambda row: (row.search_key, row.id), shg_id=shg_id)
    if not answer.loaded:
        return waiting("members-waiting")
    deleted = DeletedMembers(shg_id=shg_id)
    if not answer.rows:
        adds = editable(h.roles, "Member", "name", new=True)
        words = h.say("members.none") if adds else h.say("members.none_to_see")
        none = empty_note(words, "members-none", ft.Icons.PERSON_OUTLINE)
        return stack([none, deleted], spacing=0)
    present = [row for row in answer.rows if row.left_on is None]
    former = [row for row in answer.rows if row.left_on is not None]
    lines = [_member_row(h, page, row) for row in present]
    if former:
        lines += [padded(small(h.say("members.former"))), *(_member_row(h, page, row) for row in former)]
    if len(answer.rows) == pages * PAGE:
        more = guard(set_pages, pages + 1)
        lines.append(padded(second_deed(h.say("do.load_more"), "members-more", more)))
    return ft.Column([*lines, deleted], spacing=0, tight=True)


@part
def DeletedMembers(*, shg_id: str) -> ft.Control:
    """Below the members, for whoever may restore them: those deleted by mistake, too."""
    h = here()
    page = ft.context.page
    rows = use_query(questions.list_members, shg_id=shg_id, deleted=True).rows

    async def restore(row: Any) -> None:
        await asyncio.to_thread(h.workspace.do, DeleteMember(row.id, restore=True))
        tell(page, h.say("members.restored", name=row.name))

    if not rows or not editable(h.roles, "Member", "deleted_on", new=False):
        return ft.Container()
    lines = [
        ft.Row(
            [
                ft.Container(body(row.name), expand=True, padding=ft.Padding.only(left=theme.GAP)),
                quiet_deed(h.say("do.restore"), f"restore-{row.id}", guard(restore, row)),
            ]
        )
        for row in rows
    ]
    return ft.Column(
        [padded(small(h.say("members.deleted_ones"))), *lines], key="members-deleted", spacing=0, tight=True
    )


def _member_row(h: Here, page: ft.Page, row: Any) -> ft.Control:
    about = [row.guardian_name, h.say("figure.years", count=row.age) if row.age else None, row.mobile]
    if row.left_on:
        about = [h.say("members.left", day=row.left_on)]
    words = " · ".join(filter(None, about))
    return named(
        f"member-{row.id}",
        ft.ListTile(
            key=f"member-{row.id}",
            title=body(row.name),
            subtitle=small(words, max_lines=1, overflow=ft.TextOverflow.ELLIPSIS) if words else None,
            trailing=mark_of(h, row.unsent),
            on_click=guard(page.navigate, f"/group/{row.shg_id}/member/{row.id}"),
            content_padding=ft.Padding.symmetric(horizontal=theme.GAP),
        ),
    )


def unsent_of(workspace: Workspace, shg_id: str) -> int:
    """How far the group's own record has come: the worst of its fields tells."""
    if any(one.record_id == shg_id for one in workspace.mending()):
        return MENDING
    return WAITING if any(past.state == "waiting" for past in workspace.history(shg_id)) else RECEIVED

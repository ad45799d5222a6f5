"""Accounts: the board of a day at the branch. Who has business here, since when, and what is still needed?"""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any

import flet as ft

from records.access import editable
from records.account_work import BLOCKERS, PENDING_BLOCKERS, blocker_of, needs_of
from records.written import show_count, show_day
from screens import questions, theme
from screens.account_form import allowed_steps
from screens.accounts_many import MANY, ManySteps
from screens.context import Here, here
from screens.guarding import guard, part, screen
from screens.navigation import tabs
from screens.parts.badge import WAITING, mark_of
from screens.parts.branches import BranchTile, branch_question, branch_words, has_branches, use_branch
from screens.parts.pieces import (
    body,
    chip,
    deed,
    empty_note,
    frame,
    icon_deed,
    named,
    padded,
    second_deed,
    small,
    stack,
    waiting,
)
from screens.parts.sliced import SlicedList
from screens.parts.sync_strip import SyncStrip
from screens.parts.times import today
from screens.use_query import PAGE, use_pages, use_query

MOST_SHARED = 200
"""Lines of a shared list; what a person reads on a phone."""


@screen
def AccountsScreen(*, narrowed: str = "") -> ft.View:
    """`narrowed`: what the board is opened for, one of BLOCKERS."""
    h = here()
    blocker, set_blocker = ft.use_state(narrowed if narrowed in BLOCKERS.values() else "")
    pages, set_pages = ft.use_state(1)
    picked, set_picked = ft.use_state(frozenset())
    picking, set_picking = ft.use_state(False)
    asking, set_asking = ft.use_state(False)
    again, set_again = ft.use_state(0)
    chosen = use_branch(again)
    question = branch_question(h, chosen)

    def narrow(code: str) -> None:
        set_pages(1)
        set_blocker(code)
        set_picked(frozenset())

    def change_branch(_: str | None) -> None:
        narrow("")
        set_again(again + 1)

    def pick(id: str) -> None:
        set_picked(picked - {id} if id in picked else picked | {id})

    def stop_picking() -> None:
        set_picking(False)
        set_asking(False)
        set_picked(frozenset())

    async def share() -> None:
        rows = await asyncio.to_thread(
            h.workspace.ask, questions.list_board, **question, blocker=blocker, limit=MOST_SHARED
        )
        await h.services.share_text(shared_text(h, branch_words(h, chosen.one), rows, today()))

    many = [kind for kind in allowed_steps(h.roles) if kind in MANY]
    ft.use_dialog(
        sheet(ManySteps(ids=tuple(sorted(picked)), kinds=tuple(many), branch_id=_real(chosen.id), done=stop_picking))
        if asking
        else None
    )
    above: list[ft.Control] = [BranchTile(chosen=chosen, on_pick=change_branch)] if has_branches(h) else []
    return frame(
        h.say("board.title"),
        [
            SyncStrip(),
            padded(*above, Blockers(question=question, blocker=blocker, narrow=narrow), top=12, spacing=8),
            ft.Container(
                Board(
                    question=question,
                    blocker=blocker,
                    pages=pages,
                    more=lambda: set_pages(pages + 1),
                    picked=picked if picking else None,
                    pick=pick,
                )
                if chosen.loaded
                else waiting("board-waiting"),
                expand=True,
            ),
        ],
        route="/",
        navigation=tabs(h, "/accounts"),
        foot=_foot(h, picking, picked, guard(set_asking, True), guard(stop_picking), guard(set_picking, True), share)
        if many
        else second_deed(h.say("do.share_list"), "share-list", guard(share), icon=ft.Icons.SHARE_OUTLINED),
    )


def _real(branch_id: str | None) -> str | None:
    return None if branch_id == questions.NO_BRANCH else branch_id


def _foot(
    h: Here,
    picking: bool,
    picked: frozenset[str],
    ask: Callable[[Any], Any],
    stop: Callable[[Any], Any],
    begin: Callable[[Any], Any],
    share: Callable[[], Any],
) -> ft.Control:
    if picking:
        buttons: list[ft.Control] = [second_deed(h.say("do.cancel_selecting"), "stop-picking", stop)]
        if picked:
            words = h.say("do.record_for", count=len(picked))
            buttons.insert(0, deed(words, "record-many", ask, icon=ft.Icons.ADD_TASK))
        return stack(buttons, spacing=8)
    select = second_deed(h.say("do.select_many"), "pick-many", begin, icon=ft.Icons.CHECKLIST)
    if theme.scaled(1) > 1:
        # Large letters leave no room for the words of both.
        icon = icon_deed(ft.Icons.SHARE_OUTLINED, h.say("do.share_list"), "share-list", guard(share))
        return ft.Row([ft.Container(select, expand=True), icon], spacing=8)
    give = second_deed(h.say("do.share"), "share-list", guard(share), icon=ft.Icons.SHARE_OUTLINED)
    return ft.Row([ft.Container(select, expand=True), ft.Container(give, expand=True)], spacing=8)


def sheet(content: ft.Control) -> ft.BottomSheet:
    """Over the whole screen; the way back closes it."""
    return ft.BottomSheet(
        fullscreen=True,
        use_safe_area=True,
        bgcolor=ft.Colors.SURFACE,
        shape=ft.RoundedRectangleBorder(radius=0),
        dismissible=False,
        content=content,
    )


@part
def Blockers(*, question: dict[str, Any], blocker: str, narrow: Callable[[str], None]) -> ft.Control:
    """What blocks the accounts, each with how many; a tap shows those only."""
    h = here()
    rows = use_query(questions.count_board, meanwhile=True, **question).rows
    counts = {code: 0 for code in BLOCKERS.values()}
    for row in rows:
        if code := blocker_of(row.state):
            counts[code] += row.count
    everything = sum(counts[code] for code in PENDING_BLOCKERS)
    # What is chosen comes first, or it would stand beyond the edge: the whole and it are always in sight.
    kinds = sorted(
        (code for code, count in counts.items() if count or code == blocker), key=lambda code: code != blocker
    )
    chips = [_chip(h, "all", "", everything, blocker, narrow)]
    chips += [_chip(h, code, code, counts[code], blocker, narrow) for code in kinds]
    return ft.Row(chips, spacing=8, scroll=ft.ScrollMode.HIDDEN, key="blockers")


def _chip(h: Here, name: str, code: str, count: int, chosen: str, narrow: Callable[[str], None]) -> ft.Control:
    words = f"{h.say(f'blocker.{name}')} {show_count(count)}"
    return chip(words, f"blocker-{name}", guard(narrow, "" if code == chosen else code), chosen=code == chosen)


@part
def Board(
    *,
    question: dict[str, Any],
    blocker: str,
    pages: int,
    more: Callable[[], None],
    picked: frozenset[str] | None,
    pick: Callable[[str], None],
) -> ft.Control:
    """The groups, the oldest first. `picked` None: each opens; else each is chosen or let go by a tap."""
    h = here()
    answer = use_pages(
        questions.list_board, pages=pages, after=lambda row: (row.begun_on, row.id), blocker=blocker, **question
    )
    if not answer.loaded:
        return waiting("board-waiting")
    if not answer.rows:
        none = empty_note(h.say("board.none"), "board-none", ft.Icons.CHECK_CIRCLE_OUTLINE)
        return ft.Column([none], scroll=ft.ScrollMode.AUTO)
    below: list[ft.Control] = []
    if len(answer.rows) == pages * PAGE:
        below = [padded(second_deed(h.say("do.load_more"), "load-more", guard(more)))]
    return SlicedList(
        rows=answer.rows,
        draw=lambda row: _card(h, row, picked, pick),
        mark=lambda row: picked is not None and row.id in picked,
        depends=(h, picked is None),
        below=below,
    )


def _card(h: Here, row: Any, picked: frozenset[str] | None, pick: Callable[[str], None]) -> ft.Control:
    """A group: its age, where its account stands and why, what is needed, and the next step."""
    page = ft.context.page
    lines: list[ft.Control] = [
        ft.Row(
            [
                ft.Container(body(row.name, style=theme.bold(theme.BODY)), expand=True),
                *([mark_of(h, row.unsent)] if row.unsent >= WAITING else []),
            ]
        ),
        small(
            f"{h.name_of(row.village_name, row.village_name_hi)} · {h.say('figure.pending_days', count=_age(row))}"
            if blocker_of(row.state) != "passbook_missing"
            else h.name_of(row.village_name, row.village_name_hi)
        ),
        _state(h, row),
    ]
    if needed := needed_words(h, row):
        lines.append(body(h.say("board.needs", what=needed), key=f"needs-{row.id}"))
    if picked is None:
        if editable(h.roles, "AccountStep", "kind", new=True):
            go = guard(page.navigate, f"/accounts/step/{row.id}")
            lines.append(second_deed(h.say("do.record_step"), f"step-{row.id}", go, icon=ft.Icons.ADD_TASK))
        tap = guard(page.navigate, f"/group/{row.id}")
        content: ft.Control = stack(lines, spacing=4)
    else:
        tap = guard(pick, row.id)
        shape = ft.Icons.CHECK_BOX if row.id in picked else ft.Icons.CHECK_BOX_OUTLINE_BLANK
        content = ft.Row(
            [ft.Icon(shape, size=28, color=ft.Colors.PRIMARY), ft.Container(stack(lines, spacing=4), expand=True)],
            spacing=12,
        )
    return named(
        f"board-{row.id}",
        ft.Container(
            content,
            key=f"board-{row.id}",
            ink=True,
            on_click=tap,
            padding=ft.Padding.symmetric(horizontal=theme.GAP, vertical=12),
            border=ft.Border.only(bottom=ft.BorderSide(1, ft.Colors.OUTLINE_VARIANT)),
        ),
        button=True,
        selected=picked is not None and row.id in picked,
    )


def _state(h: Here, row: Any) -> ft.Control:
    returned = row.state == "returned"
    color = ft.Colors.ERROR if returned else ft.Colors.ON_SURFACE_VARIANT
    return ft.Row(
        [
            ft.Icon(ft.Icons.FLAG if returned else ft.Icons.SCHEDULE, size=20, color=color),
            ft.Container(body(state_words(h, row), key=f"state-{row.id}"), expand=True),
        ],
        spacing=8,
        vertical_alignment=ft.CrossAxisAlignment.START,
    )


def state_words(h: Here, row: Any) -> str:
    """Where the account stands, why, and since when."""
    words = h.words.say_if_known(f"state.{row.state}", "value.newer")
    if row.reason:
        words = h.say("accounts.returned_because", reason=h.words.reason(row.reason))
    since = row.submitted_on if row.state == "submitted" else row.step_on
    if since is None:
        return words
    return f"{words} · {h.say('figure.days', count=max((today() - since).days, 0))}"


def needed_words(h: Here, row: Any) -> str:
    """What has to be there for the next step, in the words of the glossary."""
    has_branch = bool(row.branch_id or row.typed_branch)
    needs = needs_of(row.state, row.reason, bearers=row.bearers, signatories=row.signatories, has_branch=has_branch)
    return ", ".join(h.say(f"need.{need}") for need in needs)


def _age(row: Any, day: date | None = None) -> int:
    return max(((day or today()) - row.begun_on).days, 0)


def shared_text(h: Here, branch: str, rows: list[Any], day: date) -> str:
    """The board as text to send to somebody: groups, days, states and what is needed.

    No member's name, no telephone and no account number can be in it: the rows of the board have none.
    """
    lines = [h.say("board.share_title", branch=branch, day=show_day(day))]
    for number, row in enumerate(rows, 1):
        village = h.name_of(row.village_name, row.village_name_hi)
        words = {"number": f"{number}", "group": row.name, "village": village, "days": f"{_age(row, day)}"}
        lines.append(h.say("board.share_line", state=state_words(h, row), **words))
        if needed := needed_words(h, row):
            lines.append(f"   {h.say('board.needs', what=needed)}")
    return "\n".join(lines)

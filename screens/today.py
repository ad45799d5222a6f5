"""Today: what shall I do now? What waits, the most urgent first, each one tap from the deed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flet as ft

from records.access import editable
from records.account_work import blocker_of
from records.figures import Yardstick
from records.kinds import KINDS
from records.workspace import Mending, SyncStatus
from screens import questions, theme
from screens.context import Here, here
from screens.guarding import guard, part, screen
from screens.navigation import tab_named, tabs
from screens.parts.branches import branch_question, branch_words, use_branch
from screens.parts.norms import use_measure
from screens.parts.pieces import body, deed, empty_note, frame, heading, named, number, padded, scrolled, small, waiting
from screens.parts.sync_strip import SYNC, SyncStrip, use_sync_status
from screens.sync_screen import said_by_office
from screens.use_query import use_asked, use_query

AT_BRANCH = ("returned", "to_submit", "waiting", "form_missing", "kyc_missing", "not_begun")
"""What a bank sakhi's day begins with, in this order."""
EVERYTHING = frozenset({"Shg", "Member", "SavingsAccount", "AccountStep", "Place", "Conflict", "sync"})

SENT_BACK = SYNC | {"Verdict"}


@dataclass(frozen=True)
class Line:
    """One thing that waits: how much of it, in words, and the list that holds just that."""

    key: str
    count: int
    words: str
    address: str
    about: str = ""
    icon: ft.IconData = ft.Icons.CHEVRON_RIGHT
    urgent: bool = False
    shows_count: bool = False
    """The words do not say how much: the number stands beside them."""


@screen
def TodayScreen() -> ft.View:
    h = here()
    page = ft.context.page
    name = h.name_of(h.identity.name, h.identity.name_hi) if h.identity else ""
    may_register = editable(h.roles, "Shg", "name", new=True)
    register = deed(h.say("do.register_group"), "register-group", guard(page.navigate, "/new"), icon=ft.Icons.ADD)
    return frame(
        h.say("nav.today"),
        [
            SyncStrip(),
            ft.Container(scrolled([Greeting(name=name), WaitingList()], spacing=0), expand=True),
        ],
        route="/",
        navigation=tabs(h, tab_named(h, "nav.today")),
        foot=register if may_register else None,
    )


@part
def Greeting(*, name: str) -> ft.Control:
    return padded(small(here().say("today.greeting", name=name), key="greeting"), top=12, bottom=0)


@part
def WaitingList() -> ft.Control:
    """The lines, or that there are none."""
    h = here()
    measure = use_measure()
    answers = editable(h.roles, "Check", "mended", new=False)
    refused = use_refused()
    drafts = use_asked(lambda workspace: len(workspace.drafts()), frozenset({"drafts"}), "drafts")
    status = use_sync_status().value or SyncStatus()
    counts = use_asked(
        lambda workspace: _counts(workspace, measure, h.mine, refused.value or ()),
        EVERYTHING,
        "today",
        measure,
        h.mine,
        refused.value,
        meanwhile=True,
    )
    returned = use_asked(lambda workspace: [one for one in workspace.mending() if one.reason], SENT_BACK, "returned")
    checked = use_asked(
        lambda workspace: workspace.ask(questions.list_returned, panchayats=h.mine) if answers else [],
        questions.list_returned.kinds,
        "checked",
        h.mine,
        answers,
    )
    branch = use_branch()
    board = use_query(questions.count_board, meanwhile=True, **branch_question(h, branch))
    if (
        counts.value is None
        or measure is None
        or not (refused.loaded and drafts.loaded and board.loaded and returned.loaded)
    ):
        return waiting("today-waiting")
    refusals, faults = _to_mend(h, status, counts.value)
    unfinished = _unfinished(h, drafts.value or 0, status)
    at_branch = "bank_sakhi" in h.roles
    if at_branch:
        # Her day is the branch's: its accounts come first.
        lines = [refusals, *_at_branch(h, board.rows), *unfinished, faults]
    else:
        overdue, *later = _of_groups(h, counts.value, measure)
        lines = [refusals, faults, overdue, *unfinished, *later]
    there = [line for line in lines if line.count]
    shown: list[ft.Control] = [_row(h, line) for line in there] or [_nothing(h, counts.value)]
    shown = [*(_returned(h, one) for one in returned.rows), *(_unchecked(h, row) for row in checked.rows), *shown]
    if at_branch and branch.one:
        shown.insert(0, padded(heading(branch_words(h, branch.one), key="today-branch"), top=8, bottom=4))
    if counts.value.formed and not at_branch:
        shown.append(_formed(h, counts.value.formed))
    return ft.Column(shown, spacing=0, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)


def _returned(h: Here, one: Mending) -> ft.Control:
    """Work that the office sent back heads the day: what, and what the office says to it."""
    title = h.words.kind(one.kind) if one.kind in KINDS else h.say("value.newer")
    lines = [body(f"{title}: {one.title}" if one.title else title, style=theme.bold()), *said_by_office(h, one)]
    return _sent_back(f"returned-{one.record_id}", lines, "/sync")


def _sent_back(key: str, lines: list[ft.Control], address: str) -> ft.Control:
    line = ft.Row(
        [
            ft.Icon(ft.Icons.REPLY, size=26, color=ft.Colors.ERROR),
            ft.Container(ft.Column(lines, spacing=0, tight=True), expand=True),
            ft.Icon(ft.Icons.CHEVRON_RIGHT, color=ft.Colors.OUTLINE),
        ],
        spacing=12,
    )
    return tappable(key, line, guard(ft.context.page.navigate, address))


def _unchecked(h: Here, row: Any) -> ft.Control:
    """A group that a supervisor has returned: why, and the way to it."""
    person = h.name_of(row.checker_name, row.checker_name_hi) or h.say("history.elsewhere")
    said = h.say("mending.returned", person=person, reason=row.reason or h.say("value.none"))
    lines: list[ft.Control] = [body(row.shg_name or h.say("value.no_name"), style=theme.bold()), body(said)]
    return _sent_back(f"returned-{row.shg_id}", lines, f"/group/{row.shg_id}")


def use_refused() -> Any:
    """The ids of groups on which, or below which, there is work that the centre did not take."""
    return use_asked(
        lambda workspace: tuple(sorted({one.shg_id for one in workspace.mending() if one.shg_id})), SYNC, "refused"
    )


def _counts(workspace: Any, measure: Yardstick | None, mine: tuple[str, ...] | None, refused: tuple[str, ...]) -> Any:
    if measure is None:
        return None
    return workspace.ask(questions.count_today, measure=measure, panchayats=mine, besides=refused)[0]


def _to_mend(h: Here, status: SyncStatus, counts: Any) -> list[Line]:
    refused, groups = status.needs_mending, counts.mending
    return [
        Line("refused", refused, h.say("today.refused", count=refused), "/sync", icon=ft.Icons.FLAG, urgent=True),
        Line(
            "mending",
            groups,
            h.say("today.mending", count=groups),
            "/groups/mending",
            h.say("today.mending_about"),
            icon=ft.Icons.FLAG_OUTLINED,
            urgent=True,
        ),
    ]


def _of_groups(h: Here, counts: Any, measure: Yardstick) -> list[Line]:
    """Accounts over the norm, groups that are too small, and all pending accounts if there are others."""
    account = ft.Icons.ACCOUNT_BALANCE_OUTLINED
    late = h.say("today.overdue", count=counts.overdue, days=measure.pending_days)
    few = h.say("today.too_few", count=counts.too_few, least=measure.least)
    special = h.say("today.too_few_special", least=measure.least_special)
    pending = counts.pending if counts.pending != counts.overdue else 0
    return [
        Line("overdue", counts.overdue, late, "/groups/overdue", icon=account, urgent=True),
        Line("too_few", counts.too_few, few, "/groups/too_few", special, icon=ft.Icons.GROUP_ADD_OUTLINED),
        Line("pending", pending, h.say("today.pending", count=counts.pending), "/groups/pending", icon=account),
    ]


def _at_branch(h: Here, rows: list[Any]) -> list[Line]:
    """Her accounts, by what blocks them; the board opens with just these."""
    counts: dict[str, int] = {}
    for row in rows:
        blocker = blocker_of(row.state)
        if blocker:
            counts[blocker] = counts.get(blocker, 0) + row.count
    return [
        Line(
            f"blocker-{blocker}",
            counts.get(blocker, 0),
            h.say(f"blocker.{blocker}"),
            f"/accounts/{blocker}",
            icon=ft.Icons.FLAG_OUTLINED if blocker == "returned" else ft.Icons.ACCOUNT_BALANCE_OUTLINED,
            urgent=blocker == "returned",
            shows_count=True,
        )
        for blocker in AT_BRANCH
    ]


def _unfinished(h: Here, drafts: int, status: SyncStatus) -> list[Line]:
    return [
        Line("drafts", drafts, h.say("today.drafts", count=drafts), "/drafts", icon=ft.Icons.EDIT_NOTE),
        Line(
            "unsent",
            status.waiting,
            h.say("today.unsent", count=status.waiting),
            "/sync",
            icon=ft.Icons.PHONE_ANDROID_OUTLINED,
        ),
    ]


def _row(h: Here, line: Line) -> ft.Control:
    page = ft.context.page
    return tappable(
        f"today-{line.key}",
        ft.Row(
            [
                ft.Icon(line.icon, size=26, color=ft.Colors.ERROR if line.urgent else ft.Colors.PRIMARY),
                ft.Container(
                    ft.Column(
                        [
                            body(line.words, key=f"words-{line.key}", style=theme.bold() if line.urgent else None),
                            *([small(line.about)] if line.about else []),
                        ],
                        spacing=0,
                        tight=True,
                    ),
                    expand=True,
                ),
                *([body(f"{line.count}", key=f"count-{line.key}", style=theme.bold())] if line.shows_count else []),
                ft.Icon(ft.Icons.CHEVRON_RIGHT, color=ft.Colors.OUTLINE),
            ],
            spacing=12,
        ),
        guard(page.navigate, line.address),
    )


def tappable(key: str, content: ft.Control, on_click: Callable[[Any], Any]) -> ft.Control:
    """A line over the whole width that can be tapped."""
    return named(
        key,
        ft.Container(
            content,
            key=key,
            ink=True,
            on_click=on_click,
            padding=ft.Padding.symmetric(horizontal=theme.GAP, vertical=12),
            border=ft.Border.only(bottom=ft.BorderSide(1, ft.Colors.OUTLINE_VARIANT)),
        ),
        button=True,
    )


def _nothing(h: Here, counts: Any) -> ft.Control:
    if counts.groups:
        return empty_note(h.say("today.nothing"), "today-nothing", ft.Icons.WB_SUNNY_OUTLINED)
    may_register = editable(h.roles, "Shg", "name", new=True)
    words = h.say("today.first_group" if may_register else "today.waiting_for_groups")
    return empty_note(words, "today-no-groups")


def _formed(h: Here, count: int) -> ft.Control:
    """What was done this month: the number that cheers, and the list behind it."""
    words = h.say("today.formed", count=count)
    page = ft.context.page
    return tappable(
        "today-formed",
        ft.Row(
            [number(f"{count}"), ft.Container(heading(words, key="words-formed"), expand=True)],
            spacing=12,
            vertical_alignment=ft.CrossAxisAlignment.CENTER,
        ),
        guard(page.navigate, "/groups/formed"),
    )

"""To decide: two values of one field, two groups that may be one, work that was set aside. And what was decided."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import flet as ft

from records.commands.proposals import ProposeDoubles
from records.errands import ListSetAside
from records.resemblance import Compared, pairs_among
from screens import questions
from screens.console.check_cards import CheckCard
from screens.console.decide_cards import DecidedConflict, DecidedProposal, TwoGroups, TwoValues
from screens.console.sample import Sample
from screens.console.set_aside import DecidedCard, SetAsideCard
from screens.context import here
from screens.guarding import guard, part, screen, tell
from screens.navigation import tabs
from screens.parts.norms import use_measure
from screens.parts.pieces import chip, empty_note, frame, heading, note, padded, scrolled, second_deed, small, waiting
from screens.parts.times import today
from screens.use_query import Answer, use_asked, use_query

ASIDE = frozenset({"office", "Shg", "Member", "SavingsAccount", "AccountStep"})
MOST_PAIRS = 200
MOST = 50
"""Cards that are shown at once; there are more behind them once these are decided."""

CHECKED = timedelta(days=92)
"""Groups formed in so many days are shown to be approved: a register that was taken in as a whole is not."""


@screen
def DecideScreen() -> ft.View:
    h = here()
    return frame(
        h.say("decide.title"),
        [ft.Container(scrolled([DecideLists()], spacing=0), expand=True)],
        route="/",
        navigation=tabs(h, "/decide"),
    )


@part
def DecideLists() -> ft.Control:
    """What there is of each, and the list that was chosen."""
    h = here()
    chosen, choose = ft.use_state("")
    conflicts = use_query(questions.list_conflicts, limit=MOST)
    doubles = use_query(questions.list_proposals, limit=MOST)
    aside = use_set_aside(decided=False)
    me = h.identity.person_id if h.identity else ""
    unchecked = use_query(questions.list_unchecked, since=today() - CHECKED, but=me, limit=MOST)
    if not (conflicts.loaded and doubles.loaded and aside.loaded and unchecked.loaded):
        return waiting("decide-waiting")
    lists: dict[str, tuple[list[Any], Callable[[Any], ft.Control]]] = {
        "conflicts": (conflicts.rows, lambda row: TwoValues(row=row, key=row.id)),
        "doubles": (doubles.rows, lambda row: TwoGroups(row=row, key=row.id)),
        "checks": (unchecked.rows, lambda row: CheckCard(row=row, key=row.id)),
        "aside": (aside.rows, lambda row: SetAsideCard(row=row, key=f"{row.device}-{row.number}-{row.row}")),
    }
    filled = [name for name, (rows, _) in lists.items() if rows]
    shown = chosen or (filled[0] if filled else "conflicts")
    chips = [
        chip(_counted(h, name, rows), f"decide-{name}", guard(choose, name), chosen=name == shown)
        for name, (rows, _) in lists.items()
    ]
    chips.append(chip(h.say("sample.title"), "decide-sample", guard(choose, "sample"), chosen=shown == "sample"))
    chips.append(chip(h.say("decide.decided"), "decide-decided", guard(choose, "decided"), chosen=shown == "decided"))
    lines: list[ft.Control] = [ft.Row(chips, wrap=True, spacing=8, run_spacing=8)]
    if shown == "sample":
        return padded(*lines, Sample(), spacing=16)
    if shown == "decided":
        return padded(*lines, Decided(), MarksWaiting(), spacing=16)
    rows, card = lists[shown]
    lines.append(small(h.say(f"decide.{shown}.explain")))
    if shown == "doubles":
        lines.append(LookForDoubles())
    lines += [card(row) for row in rows] or [empty_note(h.say("decide.none"), f"none-{shown}", ft.Icons.DONE_ALL)]
    return padded(*lines, MarksWaiting(), spacing=16)


def _counted(h: Any, name: str, rows: list[Any]) -> str:
    number = f"{len(rows)}+" if len(rows) == MOST else f"{len(rows)}"
    return f"{h.say(f'decide.{name}')} ({number})"


@part
def LookForDoubles() -> ft.Control:
    """Compares all groups of the area with each other. It only asks; nothing is joined by itself."""
    h = here()
    page = ft.context.page

    def look() -> int:
        rows = h.workspace.ask(questions.list_to_compare)
        compared = [Compared(r.id, r.village_id, r.search_key or "", r.mobile, r.account_number) for r in rows]
        return len(h.workspace.do(ProposeDoubles(tuple(pairs_among(compared)[:MOST_PAIRS]))).changes)

    async def go() -> None:
        found = await asyncio.to_thread(look)
        tell(page, h.say("decide.found", count=found))

    return second_deed(h.say("decide.look"), "look-for-doubles", guard(go), icon=ft.Icons.SEARCH)


def use_set_aside(*, decided: bool) -> Answer[list[Any]]:
    """What the centre did not take from people here; asked again after each deed."""
    return use_asked(
        lambda workspace: workspace.perform(ListSetAside(decided=decided, limit=MOST)), ASIDE, "aside", decided
    )


@part
def Decided() -> ft.Control:
    """What has been decided, the last first, each with the way to take it back."""
    h = here()
    conflicts = use_query(questions.list_conflicts, decided=True, limit=MOST)
    doubles = use_query(questions.list_proposals, decided=True, limit=MOST)
    aside = use_set_aside(decided=True)
    if not (conflicts.loaded and doubles.loaded and aside.loaded):
        return waiting("decided-waiting")
    lines: list[ft.Control] = []
    for name, cards in (
        ("conflicts", [DecidedConflict(row=row, key=row.id) for row in conflicts.rows]),
        ("doubles", [DecidedProposal(row=row, key=row.id) for row in doubles.rows]),
        ("aside", [DecidedCard(row=row, key=f"{row.device}-{row.number}-{row.row}") for row in aside.rows]),
    ):
        if cards:
            lines += [heading(h.say(f"decide.{name}")), *cards]
    return padded(*lines or [empty_note(h.say("decide.none"), "none-decided", ft.Icons.DONE_ALL)], top=0)


@part
def MarksWaiting() -> ft.Control:
    """Groups in which something does not fit: their list is one tap away."""
    h = here()
    page = ft.context.page
    measure = use_measure()
    counted = use_asked(
        lambda workspace: (
            workspace.ask(questions.count_groups, needs="mending", measure=measure)[0].count if measure else None
        ),
        questions.count_groups.kinds,
        "marks",
        measure,
    )
    if not counted.value:
        return ft.Container()
    see = second_deed(h.say("decide.see_marks"), "see-marks", guard(page.navigate, "/groups/mending"))
    return note(h.say("decide.marks", count=counted.value), "marks-waiting", more=[see])

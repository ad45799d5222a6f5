"""To decide: two values of one field, two groups that may be one, work that was set aside. And what was decided.

What is looked at stands in the address: `/decide/<list>`, and on a wide screen `/decide/<list>/<one of it>`, which is
shown beside the list. On a phone the things to decide stand one after the other.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import flet as ft

from records.commands.proposals import ProposeDoubles
from records.resemblance import Compared, pairs_among
from screens import questions
from screens.console.decide_cards import DecidedConflict, DecidedProposal
from screens.console.decide_lists import MOST, ToDecide, line, use_lists, use_set_aside
from screens.console.sample import Sample
from screens.console.set_aside import DecidedCard
from screens.context import Here, here
from screens.group import GroupPane
from screens.guarding import guard, part, screen, tell
from screens.navigation import tabs
from screens.parts.norms import use_measure
from screens.parts.pieces import (
    chip,
    empty_note,
    frame,
    heading,
    note,
    padded,
    scrolled,
    second_deed,
    small,
    stack,
    waiting,
)
from screens.use_query import use_asked, use_query

MOST_PAIRS = 200


@screen
def DecideScreen(*, what: str = "", id: str = "") -> ft.View:
    """`what`: the list that is looked at, "" for the first in which something waits; `id`: which of it, as its
    `ToDecide.key` says."""
    h = here()
    lists = use_lists()
    inside: list[ft.Control] = [waiting("decide-waiting")]
    beside: ft.Control | None = empty_note("", "decide-beside") if h.wide else None
    if lists is not None:
        shown = what if what in (*lists, "sample", "decided", "marks") else _first_filled(lists)
        chips = ft.Row(_chips(h, lists, shown), wrap=True, spacing=8, run_spacing=8)
        if h.wide:
            inside = [padded(chips, spacing=16), *_lines(h, lists, shown, id)]
            beside = _beside(h, lists, shown, id)
        else:
            inside = [padded(chips, *_one_after_the_other(h, lists, shown, id), MarksWaiting(), spacing=16)]
    return frame(
        h.say("decide.title"),
        [ft.Container(scrolled(inside, spacing=0), expand=True)],
        route="/",
        navigation=tabs(h, "/decide"),
        beside=beside,
    )


LOOKED_FOR = "doubles"
"""The list that is not filled by itself: of what phones register, doubles stand in it when somebody has looked."""


def _first_filled(lists: Mapping[str, ToDecide]) -> str:
    return next((name for name, one in lists.items() if one.rows), "conflicts")


def _chips(h: Here, lists: Mapping[str, ToDecide], shown: str) -> list[ft.Control]:
    """The lists by name, with how much there is of each."""
    page = ft.context.page
    named = {name: _counted(h, name, one.rows) for name, one in lists.items()}
    named |= {"sample": h.say("sample.title"), "decided": h.say("decide.decided")}
    if h.wide:
        named["marks"] = h.say("groups.needs.mending")
    return [
        chip(words, f"decide-{name}", guard(page.navigate, f"/decide/{name}"), chosen=name == shown)
        for name, words in named.items()
    ]


def _counted(h: Here, name: str, rows: list[Any]) -> str:
    if not rows and name == LOOKED_FOR:
        return h.say(f"decide.{name}")  # a nought would claim that somebody has looked
    number = f"{len(rows)}+" if len(rows) == MOST else f"{len(rows)}"
    return f"{h.say(f'decide.{name}')} ({number})"


def _above(h: Here, name: str) -> list[ft.Control]:
    """What a list is about, and what can be done for all of it."""
    looks = [LookForDoubles()] if name == LOOKED_FOR else []
    return [small(h.say(f"decide.{name}.explain")), *looks]


def _none(h: Here, name: str) -> ft.Control:
    words = h.say("decide.none_found" if name == LOOKED_FOR else "decide.none")
    return empty_note(words, f"none-{name}", ft.Icons.DONE_ALL)


# --- on a phone


def _one_after_the_other(h: Here, lists: Mapping[str, ToDecide], shown: str, id: str) -> list[ft.Control]:
    """Everything of a list as cards; what the address names comes first."""
    if shown == "sample":
        return [Sample()]
    if shown in ("decided", "marks"):
        return [Decided()] if shown == "decided" else []
    one = lists[shown]
    rows = sorted(one.rows, key=lambda row: one.key(row) != id)
    return [*_above(h, shown), *([one.card(row) for row in rows] or [_none(h, shown)])]


# --- in two panes


def _lines(h: Here, lists: Mapping[str, ToDecide], shown: str, id: str) -> list[ft.Control]:
    """The list at the left, a line for each thing to decide."""
    if shown == "marks":
        return [MarkedGroups(chosen=id)]
    if shown not in lists:
        return [MarksWaiting()]
    one, page = lists[shown], ft.context.page
    lines = [
        line(
            one.key(row),
            *one.words(h, row),
            guard(page.navigate, f"/decide/{shown}/{one.key(row)}"),
            one.key(row) == id,
        )
        for row in one.rows
    ]
    return [padded(*_above(h, shown), top=0), *(lines or [_none(h, shown)]), MarksWaiting()]


def _beside(h: Here, lists: Mapping[str, ToDecide], shown: str, id: str) -> ft.Control:
    """What was chosen from the list, at the right."""
    if shown in ("sample", "decided"):
        return scrolled([padded(Sample() if shown == "sample" else Decided(), top=12)], spacing=0)
    if not id:
        return empty_note(h.say("decide.choose_one"), "decide-choose-one", ft.Icons.RULE)
    if shown == "marks":
        return GroupPane(shg_id=id, key=f"pane-{id}")
    one = lists[shown]
    found = [row for row in one.rows if one.key(row) == id]
    if not found:
        return scrolled([Gone(one=one, shown=shown, id=id, key=f"gone-{id}")], spacing=0)
    return scrolled([padded(one.card(found[0]), top=16)], spacing=0)


@part
def Gone(*, one: ToDecide, shown: str, id: str) -> ft.Control:
    """It has been decided, here or by somebody else: how, where that can be said. The next one is a tap away and never
    comes by itself, where a second tap on the same spot would decide it."""
    h = here()
    conflict = use_query(questions.list_conflicts, decided=True, id=id if shown == "conflicts" else "", limit=1)
    double = use_query(questions.list_proposals, decided=True, id=id if shown == "doubles" else "", limit=1)
    if not (conflict.loaded and double.loaded):
        return waiting("gone-waiting")
    decided: list[ft.Control] = [
        *(DecidedConflict(row=row, key=row.id) for row in conflict.rows),
        *(DecidedProposal(row=row, key=row.id) for row in double.rows),
    ]
    on = []
    if one.rows:
        go = guard(ft.context.page.navigate, f"/decide/{shown}/{one.key(one.rows[0])}")
        on.append(second_deed(h.say("decide.next"), "decide-next", go, icon=ft.Icons.ARROW_FORWARD))
    words = h.say("decide.done") if decided else h.say("decide.gone")
    return padded(note(words, "decide-gone", more=on), *decided, top=16)


# --- pieces of both


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
    return stack(lines or [_none(h, "decided")])


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
    go = guard(page.navigate, "/decide/marks" if h.wide else "/groups/mending")
    see = second_deed(h.say("decide.see_marks"), "see-marks", go)
    waits = note(h.say("decide.marks", count=counted.value), "marks-waiting", more=[see])
    return padded(waits) if h.wide else waits


@part
def MarkedGroups(*, chosen: str) -> ft.Control:
    """The groups in which something does not fit, and what it is."""
    h = here()
    page = ft.context.page
    measure = use_measure()
    answer = use_asked(
        lambda workspace: (
            workspace.ask(questions.list_groups, needs="mending", measure=measure, limit=MOST) if measure else None
        ),
        questions.list_groups.kinds,
        "marked",
        measure,
    )
    if answer.value is None:
        return waiting("marked-waiting")
    lines = []
    for row in answer.rows:
        about = " · ".join([h.name_of(row.village_name, row.village_name_hi), *map(h.words.mark, row.marks)])
        go = guard(page.navigate, f"/decide/marks/{row.id}")
        lines.append(line(row.id, row.name, about, go, row.id == chosen))
    all_of_them = [padded(second_deed(h.say("do.show_all"), "all-marked", guard(page.navigate, "/groups/mending")))]
    return stack([*(lines or [_none(h, "marks")]), *(all_of_them if len(lines) == MOST else [])], spacing=0)

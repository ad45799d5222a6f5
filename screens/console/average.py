"""The norm of 15 is an average of a place: how far each place is from it, and where women can still be asked to join.

Never a number of women that one group must find, no group is asked to grow beyond the most that is allowed, special
groups are left alone, and nobody who is in a group already is asked.
"""

import asyncio
from typing import Any

import flet as ft

from records.figures import Yardstick
from screens import questions, theme
from screens.console.breakdown import units_below
from screens.console.overview import listed_at, use_name
from screens.console.table import NAME_WIDTH, OrderedTable, TableColumn, chip_line
from screens.console.words import said_average, unit_words
from screens.context import Here, here
from screens.guarding import guard, guard_event, part, screen
from screens.parts.norms import use_measure
from screens.parts.picker import TYPING_PAUSE
from screens.parts.pieces import (
    body,
    chip,
    empty_note,
    frame,
    heading,
    note,
    padded,
    scrolled,
    second_deed,
    small,
    waiting,
)
from screens.parts.times import today
from screens.parts.typed import typed_text
from screens.use_query import use_query
from storage.queries.overview import whole_of

PLACES = ("block", "cluster", "village")
"""What is looked at: a norm of groups' average has a meaning where there are several groups."""


@screen
def AverageScreen() -> ft.View:
    h = here()
    page = ft.context.page
    route = ft.use_view_path()
    given = ft.use_route_params()
    level, id = given.get("level") or "", given.get("id") or ""
    within = (level, id) if id else None
    units = [unit for unit in units_below(level, h.roles) if unit in PLACES] or ["village"]
    by, set_by = ft.use_state("village")
    measure = use_measure()
    where = use_name(within)
    answer = use_query(questions.tally, measure=measure or Yardstick(today()), by=by, within=within)
    title = " · ".join(filter(None, [h.say("average.title"), where]))
    if measure is None or not answer.loaded:
        return frame(title, [waiting("average-waiting")], route=route, whole=True)
    rows = [row for row in answer.rows if row.averaged_groups]
    if not rows:
        return frame(title, [empty_note(h.say("overview.nothing"), "average-nothing")], route=route, whole=True)
    whole = whole_of(rows)
    chips = [
        chip(h.say(f"overview.by.{unit}"), f"by-{unit}", guard(set_by, unit), chosen=unit == by, one_line=True)
        for unit in units
    ]
    far = whole.missing(measure.average)
    said = [
        body(h.say("figure.average", average=said_average(h, whole.average), norm=measure.average), key="average-said"),
        *([] if far is None else [body(_how_far(h, far, measure), key="average-missing")]),
        body(h.say("average.room", count=whole.with_room, most=measure.most), key="average-room"),
    ]  # fmt: skip
    lines = [
        padded(*said, spacing=4),
        padded(note(h.say("average.rule", most=measure.most), "average-rule")),
        padded(second_deed(h.say("average.list"), "average-list", guard(page.navigate, listed_at("room", within)))),
        *([WomanThere()] if {"supervisor", "abm"} & set(h.roles) else []),
        padded(heading(h.say("average.places")), chip_line(h, chips), spacing=8),
        OrderedTable(
            rows=rows,
            columns=_columns(h, by, measure),
            first="missing",
            key_of=lambda row: f"unit-{row.unit_id or 'none'}",
            open_row=lambda row: page.navigate(listed_at("room", (by, row.unit_id))) if row.unit_id else None,
            card=lambda row: _card(h, row, measure),
            at_once=100 if h.wide else 20,
            key=f"average-{by}",
        ),
    ]
    return frame(title, [ft.Container(scrolled(lines, spacing=4), expand=True)], route=route, whole=True)


def _columns(h: Here, by: str, measure: Yardstick) -> tuple[TableColumn, ...]:
    norm = measure.average
    return (
        TableColumn("name", h.say(f"overview.unit.{by}"), lambda row: unit_words(h, row, by).casefold(),
                    lambda row: unit_words(h, row, by), falls=False, width=NAME_WIDTH, ways=False),
        TableColumn("groups", h.say("overview.groups"), lambda row: row.averaged_groups,
                    lambda row: f"{row.averaged_groups}"),
        TableColumn("average", h.say("overview.average_short"), lambda row: row.average,
                    lambda row: said_average(h, row.average), falls=False),
        TableColumn("missing", h.say("average.place_lacks"), lambda row: row.missing(norm),
                    lambda row: _lacks(row, norm), width=130),
        TableColumn("with_room", h.say("average.groups_with_room"), lambda row: row.with_room,
                    lambda row: f"{row.with_room}", width=150),
    )  # fmt: skip


def _how_far(h: Here, far: int, measure: Yardstick) -> str:
    return h.say("overview.missing", count=far, norm=measure.average) if far else h.say("average.reached")


def _lacks(row: Any, norm: int) -> str:
    lacks = row.missing(norm)
    return "–" if lacks is None else f"{lacks}"


def _card(h: Here, row: Any, measure: Yardstick) -> str:
    said = [
        h.say("figure.average", average=said_average(h, row.average), norm=measure.average),
        h.say("average.room", count=row.with_room, most=measure.most),
    ]
    return " · ".join(said)


@part
def WomanThere() -> ft.Control:
    """Is she in a group already? Asked before anybody asks her."""
    h = here()
    search, set_search = ft.use_state("")
    typing = ft.use_ref("")

    async def search_soon(event: ft.Event[ft.TextField]) -> None:
        text = typed_text(event)
        typing.current = text
        await asyncio.sleep(TYPING_PAUSE)
        if typing.current == text:
            set_search(text.strip())

    found = use_query(questions.search_members, search=search or "\u0000", limit=8, meanwhile=True)
    lines: list[ft.Control] = [
        small(h.say("average.is_she_in")),
        ft.TextField(
            key="woman-there",
            label=h.say("average.her_name"),
            value=typing.current,
            prefix_icon=ft.Icons.PERSON_SEARCH_OUTLINED,
            text_size=theme.scaled(theme.BODY),
            on_change=guard_event(search_soon),
        ),
    ]
    if search and found.loaded:
        for row in found.rows if search else []:
            village = h.name_of(row.village_name, row.village_name_hi)
            about = h.say("groups.of_group", group=row.shg_name, village=village)
            lines.append(small(f"{row.name} · {about}", key=f"there-{row.id}"))
        if not found.rows:
            lines.append(small(h.say("average.in_none"), key="there-none"))
    return padded(*lines, spacing=4)

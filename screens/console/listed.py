"""The groups behind a number of the overview: exactly these, in a table; beside it the group that was chosen."""

from typing import Any

import flet as ft

from records.figures import Yardstick, age_days
from screens import questions, theme
from screens.console.overview import use_name
from screens.console.table import chip_line
from screens.context import Here, here
from screens.group import GroupPane
from screens.guarding import guard, screen
from screens.parts.norms import use_measure
from screens.parts.pieces import body, chip, empty_note, frame, named, padded, second_deed, small, waiting
from screens.parts.sliced import SlicedList
from screens.parts.times import today
from screens.use_query import PAGE, use_pages
from storage.queries.listed import LISTED, ORDERS, STATE


@screen
def ListedScreen() -> ft.View:
    h = here()
    page = ft.context.page
    route = ft.use_view_path()
    given = ft.use_route_params()
    what, level, id = given.get("what") or "groups", given.get("level") or "", given.get("id") or ""
    within = (level, id) if id else None
    order, set_order = ft.use_state("age" if what in ("pending", "overdue") else "name")
    pages, set_pages = ft.use_state(1)
    chosen, set_chosen = ft.use_state("")
    measure = use_measure()
    where = use_name(within)
    answer = use_pages(
        questions.list_tallied,
        pages=pages,
        after=lambda row: row.place(order),
        measure=measure or Yardstick(today()),
        what=what,
        within=within,
        order=order,
    )

    def open_group(shg_id: str) -> None:
        if h.wide:
            set_chosen(shg_id)
        else:
            page.navigate(f"/group/{shg_id}")

    chips = [
        chip(h.say(f"listed.order.{one}"), f"order-{one}", guard(set_order, one), chosen=one == order, one_line=True)
        for one in ORDERS
    ]
    above = padded(
        small(" · ".join(filter(None, [where, _meaning(h, what, measure)])), key="listed-what"),
        chip_line(h, chips),
        spacing=8,
    )
    if measure is None or not answer.loaded:
        rows: ft.Control = waiting("listed-waiting")
    elif not answer.rows:
        rows = empty_note(h.say("listed.none"), "listed-none")
    else:
        more = padded(second_deed(h.say("do.load_more"), "load-more", guard(set_pages, pages + 1)))
        rows = SlicedList(
            rows=answer.rows,
            draw=lambda row: _row(h, row, row.id == chosen, guard(open_group, row.id)),
            mark=lambda row: row.id == chosen,
            depends=(h,),
            below=[more] if len(answer.rows) >= pages * PAGE else [],
        )
    beside = None
    if h.wide:
        beside = GroupPane(shg_id=chosen, key=f"pane-{chosen}") if chosen else empty_note(
            h.say("groups.choose_one"), "groups-choose-one"
        )  # fmt: skip
    return frame(h.say("listed.title"), [above, ft.Container(rows, expand=True)], route=route, beside=beside)


def _meaning(h: Here, what: str, measure: Yardstick | None) -> str:
    """What the listed groups have in common."""
    if what in LISTED:
        days, most = (measure.pending_days, measure.most) if measure else (0, 0)
        return h.say(f"listed.what.{what}", days=days, most=most)
    return h.words.say_if_known(f"state.{what.removeprefix(STATE)}", "value.newer")


def _row(h: Here, row: Any, chosen: bool, on_click: Any) -> ft.Control:
    women = h.say("figure.members", count=row.members) if row.members else h.say("listed.members_unknown")
    where = h.name_of(row.village_name, row.village_name_hi)
    state = h.words.say_if_known(f"state.{row.state}", "value.newer")
    if row.pending:
        age = age_days(formed_on=row.begun_on, restarted_on=None, today=today())
        state = f"{state} · {h.say('figure.pending_days', count=age)}"
    return named(
        f"group-{row.id}",
        ft.ListTile(
            key=f"group-{row.id}",
            on_click=on_click,
            bgcolor=ft.Colors.SECONDARY_CONTAINER if chosen else None,
            content_padding=ft.Padding.symmetric(horizontal=theme.GAP, vertical=2),
            title=body(row.name, max_lines=2, overflow=ft.TextOverflow.ELLIPSIS, style=theme.bold(theme.BODY)),
            subtitle=ft.Column([small(f"{where} · {women}"), small(state)], spacing=0, tight=True),
        ),
    )

"""The overview: where must I push? The figures of an area, what they are broken down by, and the way to each group."""

from collections.abc import Callable
from datetime import date
from typing import Any

import flet as ft

from records.access import REVIEWERS
from records.days import months_until
from records.figures import AGES, Yardstick
from records.savings_account import STATES
from records.written import show_count
from screens import questions, theme
from screens.console.breakdown import Breakdown, begins_with, units_below
from screens.console.charts import Bar, bar_chart
from screens.console.coverage import Coverage
from screens.console.found import Looked, beside_formed, beside_whole, by_unit
from screens.console.set_back import SetBackAlarm
from screens.console.since_review import SinceReview
from screens.console.words import month_code, place_words, said_average
from screens.context import Here, here
from screens.guarding import guard, part, screen
from screens.navigation import tabs
from screens.parts.norms import use_measure
from screens.parts.pieces import (
    body,
    empty_note,
    frame,
    heading,
    named,
    number,
    padded,
    quiet_deed,
    scrolled,
    small,
    stack,
    waiting,
)
from screens.parts.sync_strip import SyncStrip
from screens.parts.times import today
from screens.use_query import use_query
from storage.queries.listed import STATE
from storage.queries.overview import whole_of
from storage.queries.samples import found_in_all

MONTHS = 12
Within = tuple[str, str] | None


@screen
def OverviewScreen(*, level: str, id: str) -> ft.View:
    """`level` and `id` of the place, or person, that is looked at; both "" for all of one's area."""
    h = here()
    within = (level, id) if id else None
    measure = use_measure()
    units = units_below(level, h.roles)
    by, set_by = ft.use_state(begins_with(level, h.roles))
    named_as = use_name(within)
    rows = use_query(questions.tally, measure=measure or Yardstick(today()), by=by or "whole", within=within)
    checked = use_query(questions.tally_checked, measure=measure or Yardstick(today()), by=by or "whole", within=within)
    looked = by_unit(checked.rows) if checked.loaded else None
    title = named_as or h.say("overview.title")
    if measure is None or not rows.loaded:
        return frame(title, [SyncStrip(), waiting("overview-waiting")], route="/", navigation=tabs(h, "/"))
    if not rows.rows:
        nothing = empty_note(h.say("overview.nothing"), "overview-nothing")
        return frame(title, [SyncStrip(), SetBackAlarm(), nothing], route="/", navigation=tabs(h, "/"))
    whole = whole_of(rows.rows)
    numbers: list[ft.Control] = [
        *([_upwards(h)] if within else [SetBackAlarm()]),
        Tiles(whole=whole, looked=looked, measure=measure, within=within),
        *_found_otherwise(h, looked, within),
    ]
    rest: list[ft.Control] = [
        SinceReview(measure=measure, within=within),
        Charts(measure=measure, within=within, rows=rows.rows, by=by),
        Coverage(measure=measure, within=within),
        *([] if within else [_onwards(h), *_to_the_review(h)]),
    ]
    broken_down = (
        Breakdown(rows=rows.rows, looked=looked, by=by, units=units, set_by=set_by, measure=measure) if units else None
    )
    if h.wide:
        return frame(
            title,
            [SyncStrip(), ft.Container(scrolled([*numbers, *rest], spacing=8), expand=True)],
            route="/",
            navigation=tabs(h, "/"),
            beside=ft.Container(scrolled([broken_down], spacing=0), expand=True) if broken_down else None,
        )
    # On a phone the places come right after the numbers: charts are for who has time.
    lines = [*numbers, *([broken_down] if broken_down else []), *rest]
    return frame(
        title,
        [SyncStrip(), ft.Container(scrolled(lines, spacing=8), expand=True)],
        route="/",
        navigation=tabs(h, "/"),
    )


def use_name(within: Within) -> str:
    """The name of the place or person that is looked at; "" for all of one's area."""
    h = here()
    level, id = within or ("", "")
    person = use_query(questions.find_person, id=id if level == "person" else "").first
    place = use_query(questions.find_place, id="" if level == "person" else id).first
    if person is not None:
        return h.name_of(person.name, person.name_hi)
    return place_words(h, place) if place is not None else ""


def listed_at(what: str, within: Within) -> str:
    """The address of the groups behind a number."""
    return f"/listed/{what}/{within[0]}/{within[1]}" if within else f"/listed/{what}"


def _upwards(h: Here) -> ft.Control:
    page = ft.context.page
    words = h.say("overview.whole")
    return padded(quiet_deed(words, "overview-whole", guard(page.navigate, "/"), icon=ft.Icons.ARROW_UPWARD), bottom=0)


def _found_otherwise(h: Here, looked: Looked, within: Within) -> list[ft.Control]:
    """The way to the groups that a sample found otherwise than entered, where there are any."""
    found = [found_in_all((looked or {}).values(), figure) for figure in ("groups", "opened")]
    if not any(one.checked > one.as_told for one in found):
        return []
    go = guard(ft.context.page.navigate, listed_at("differs", within))
    return [line_to("open-differs", ft.Icons.RULE, h.say("listed.what.differs"), go)]


def _onwards(h: Here) -> ft.Control:
    """Where else to look: at the phones, and on a narrow screen at today's work, which has no tab there."""
    page = ft.context.page
    phones, today_ = ft.Icons.PHONE_ANDROID_OUTLINED, ft.Icons.TODAY_OUTLINED
    lines = [line_to("open-devices", phones, h.say("devices.title"), guard(page.navigate, "/devices"))]
    if not h.wide:
        lines.append(line_to("open-today", today_, h.say("overview.today"), guard(page.navigate, "/today")))
    return stack(lines, spacing=0)


def _to_the_review(h: Here) -> list[ft.Control]:
    """What is made ready before a review: the pages of the blocks, and what the portal still lacks."""
    page = ft.context.page
    ways = [
        line_to("open-portal", ft.Icons.FACT_CHECK_OUTLINED, h.say("portal.title"), guard(page.navigate, "/portal"))
    ]
    if set(h.roles) & set(REVIEWERS):
        go = guard(page.navigate, "/pack")
        ways.insert(0, line_to("open-pack", ft.Icons.PRINT_OUTLINED, h.say("pack.heading"), go))
    return ways


def line_to(key: str, icon: ft.IconData, words: str, on_click: Callable[[Any], Any]) -> ft.Control:
    """A line over the whole width that leads on."""
    row = ft.Row(
        [
            ft.Icon(icon, size=26, color=ft.Colors.PRIMARY),
            ft.Container(body(words), expand=True),
            ft.Icon(ft.Icons.CHEVRON_RIGHT, color=ft.Colors.OUTLINE),
        ],
        spacing=12,
    )
    inside = ft.Container(
        row, key=key, ink=True, on_click=on_click, padding=ft.Padding.symmetric(horizontal=theme.GAP, vertical=12)
    )
    return named(key, inside, button=True)


@part
def Tiles(*, whole: Any, looked: Looked, measure: Yardstick, within: Within) -> ft.Control:
    """The numbers that matter, each with its meaning, what the samples found of it, and the list behind it."""
    h = here()
    page = ft.context.page

    def to(what: str) -> Callable[[Any], Any]:
        return guard(page.navigate, listed_at(what, within))

    missing = whole.missing(measure.average)
    about_average = [h.say("overview.norm", norm=measure.average)]
    if missing:
        about_average.append(h.say("overview.missing", count=missing, norm=measure.average))
    asked = f"/average/{within[0]}/{within[1]}" if within else "/average"
    formed = beside_formed(h, looked, h.say("overview.formed", count=whole.formed))
    about_groups = [*beside_whole(h, looked, "groups", whole), formed]
    about_opened = [*beside_whole(h, looked, "opened", whole), h.say("overview.of_groups", count=whole.groups)]
    about_pending = [h.say("overview.overdue", count=whole.overdue, days=measure.pending_days)]
    tiles = [
        _tile("groups", h.say("overview.groups"), show_count(whole.groups), about_groups, to("groups")),
        _tile("average", h.say("overview.average"), said_average(h, whole.average), about_average,
              guard(page.navigate, asked)),
        _tile("pending", h.say("overview.pending"), show_count(whole.pending), about_pending, to("overdue")),
        _tile("opened", h.say("overview.opened"), show_count(whole.opened), about_opened, to("opened")),
    ]  # fmt: skip
    # Two beside each other, in the left pane of a wide screen as on a phone.
    pairs = [ft.Row(tiles[at : at + 2], spacing=8, vertical_alignment=ft.CrossAxisAlignment.START) for at in (0, 2)]
    return padded(*pairs, spacing=8)


def _tile(key: str, label: str, value: str, about: list[str], on_click: Callable[[Any], Any]) -> ft.Control:
    inside = ft.Container(
        stack([small(label), number(value), *(small(one) for one in about)], spacing=2),
        key=f"tile-{key}",
        ink=True,
        on_click=on_click,
        padding=12,
        border_radius=12,
        border=ft.Border.all(1, ft.Colors.OUTLINE_VARIANT),
    )
    return ft.Container(named(f"tile-{key}", inside, button=True), expand=True)


@part
def Charts(*, measure: Yardstick, within: Within, rows: list[Any], by: str) -> ft.Control:
    h = here()
    months = months_until(measure.today, MONTHS)
    formed = use_query(questions.tally_months, months=months, within=within)
    accounts = use_query(questions.tally_accounts, measure=measure, within=within)
    if not (formed.loaded and accounts.loaded):
        return waiting("charts-waiting")
    drawn = [_months(h, {row.month: row.groups for row in formed.rows}, months)]
    drawn += _ages(h, accounts.rows, measure)
    drawn.append(States(rows=accounts.rows, within=within))
    if len(rows) > 1:
        drawn.append(_averages(h, rows, measure, by))
    return padded(*drawn, spacing=20)


def _months(h: Here, counts: dict[date, int], months: tuple[date, ...]) -> ft.Control:
    begun = months[:-1]
    most = max(begun, key=lambda month: counts.get(month, 0))
    sum_of_all = sum(counts.values())
    said = h.say("chart.months_none", months=MONTHS)
    if sum_of_all:
        where = h.say("time.month", month=h.say(f"month.{month_code(most)}"), year=str(most.year))
        said = h.say("chart.months_said", count=sum_of_all, months=MONTHS, most=counts[most], month=where)
    bars = [Bar(h.say(f"month.short.{month_code(month)}"), counts.get(month, 0)) for month in begun]
    return bar_chart("chart-months", h.say("chart.months"), said, bars)


def _ages(h: Here, rows: list[Any], measure: Yardstick) -> list[ft.Control]:
    counts = {age: sum(getattr(row, age) for row in rows) for age in AGES}
    pending = sum(counts.values())
    if not pending:
        return []
    days = measure.pending_days
    labels = (f"0–{days}", f"{days + 1}–30", "31–90", "90+")
    late = pending - counts["within"]
    said = h.say("chart.ages_said", count=pending, late=late, days=days)
    bars = [Bar(label, counts[age]) for label, age in zip(labels, AGES, strict=True)]
    return [bar_chart("chart-ages", h.say("chart.ages"), said, bars, warns=(1, 2, 3))]


def _averages(h: Here, rows: list[Any], measure: Yardstick, by: str) -> ft.Control:
    """How many places stand how far from the norm; the places themselves stand in the table."""
    known = [row for row in rows if row.average is not None]
    below = [row for row in known if row.average < measure.average]
    steps = (measure.average - 5, measure.average - 2, measure.average)
    labels = (f"<{steps[0]}", f"{steps[0]}–{steps[1]}", f"{steps[1]}–{steps[2]}", f"≥{steps[2]}")
    counts = [0, 0, 0, 0]
    for row in known:
        counts[sum(row.average >= step for step in steps)] += 1
    lowest = min(known, key=lambda row: row.average, default=None)
    name = (h.name_of(lowest.name, lowest.name_hi) or h.say("overview.not_known")) if lowest else ""
    said = h.say(
        "chart.averages_said", count=len(known), below=len(below), norm=measure.average, name=name,
        average=said_average(h, lowest.average) if lowest else "",
    )  # fmt: skip
    bars = [Bar(label, count) for label, count in zip(labels, counts, strict=True)]
    return bar_chart("chart-averages", h.say("chart.averages"), said, bars, warns=(0, 1, 2))


@part
def States(*, rows: list[Any], within: Within) -> ft.Control:
    """Every state of the accounts in words, with how many there are, and the groups behind it."""
    h = here()
    page = ft.context.page
    lines: list[ft.Control] = [heading(h.say("overview.states"))]
    for state in (*STATES, "unknown"):
        row = next((one for one in rows if one.state == state), None)
        if row is None:
            continue
        late = [small(h.say("overview.late_at_bank", count=row.late_at_bank))] if row.late_at_bank else []
        words = stack([body(h.words.say_if_known(f"state.{state}", "value.newer")), *late], spacing=0)
        line = ft.Row([ft.Container(words, expand=True), body(show_count(row.groups), style=theme.bold())], spacing=12)
        inside = ft.Container(
            line,
            key=f"state-{state}",
            ink=True,
            on_click=guard(page.navigate, listed_at(STATE + state, within)),
            padding=ft.Padding.symmetric(vertical=12, horizontal=4),
            border=ft.Border.only(bottom=ft.BorderSide(1, ft.Colors.OUTLINE_VARIANT)),
        )
        lines.append(named(f"state-{state}", inside, button=True))
    return stack(lines, spacing=0)

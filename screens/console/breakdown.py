"""The figures of an area, place by place or person by person: a table in any order, and the way into each."""

from collections.abc import Callable
from typing import Any

import flet as ft

from records.figures import SAMPLED, Yardstick
from screens.console.found import Looked, below_count, on_card
from screens.console.table import NAME_WIDTH, OrderedTable, TableColumn, chip_line
from screens.console.words import said_average, unit_words
from screens.context import Here, here
from screens.guarding import guard, part
from screens.parts.pieces import chip, heading, padded, small

LEVELS = ("district", "block", "cluster", "gram_panchayat", "village")


def units_below(level: str, roles: tuple[str, ...]) -> tuple[str, ...]:
    """What the figures of a place may be broken down by: the levels below it, and people. Of a person or village: none.

    `level` "": all of one's area, whose own level comes first.
    """
    if level in ("village", "person"):
        return ()
    if not level:
        return (*LEVELS[0 if {"district", "admin"} & set(roles) else 1 :], "person")
    return (*LEVELS[LEVELS.index(level) + 1 :], "person")


def begins_with(level: str, roles: tuple[str, ...]) -> str:
    """What they are broken down by at first; "" where there is nothing below."""
    at_first = {
        "district": "block",
        "block": "gram_panchayat",
        "cluster": "gram_panchayat",
        "gram_panchayat": "village",
    }
    if not level:
        return "block" if {"district", "admin"} & set(roles) else "gram_panchayat"
    return at_first.get(level, "")


@part
def Breakdown(
    *,
    rows: list[Any],
    looked: Looked,
    by: str,
    units: tuple[str, ...],
    set_by: Callable[[str], None],
    measure: Yardstick,
) -> ft.Control:
    h = here()
    page = ft.context.page
    chips = [
        chip(h.say(f"overview.by.{unit}"), f"by-{unit}", guard(set_by, unit), chosen=unit == by, one_line=True)
        # On a phone what is chosen is to be seen without pushing the line.
        for unit in (units if h.wide else sorted(units, key=lambda unit: unit != by))
    ]

    def open_unit(row: Any) -> None:
        if row.unit_id is not None:
            page.navigate(f"/place/{by}/{row.unit_id}")

    return ft.Column(
        [
            padded(
                heading(h.say("overview.breakdown")),
                chip_line(h, chips),
                *([small(h.say("found.explain"))] if looked and h.wide else []),
                spacing=8,
                top=12,
            ),
            OrderedTable(
                rows=rows,
                columns=_columns(h, by, measure, looked),
                first="name" if by == "person" else "overdue",
                open_row=open_unit,
                key_of=lambda row: f"unit-{row.unit_id or 'none'}",
                card=lambda row: _card(h, row, measure, looked),
                at_once=100 if h.wide else 10,
                key=f"units-{by}",
            ),
        ],
        spacing=0,
        tight=True,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


def _columns(h: Here, by: str, measure: Yardstick, looked: Looked) -> tuple[TableColumn, ...]:
    def of(key: str, label: str) -> TableColumn:
        below = (lambda row: below_count(h, looked, key, row)) if key in SAMPLED else None
        return TableColumn(key, label, lambda row: getattr(row, key), lambda row: f"{getattr(row, key)}", below=below)

    return (
        TableColumn("name", h.say(f"overview.unit.{by}"), lambda row: unit_words(h, row, by).casefold(),
                    lambda row: unit_words(h, row, by), falls=False, width=NAME_WIDTH, ways=False),
        of("groups", h.say("overview.groups")),
        of("members", h.say("overview.members")),
        TableColumn("average", h.say("overview.average_short"), lambda row: row.average,
                    lambda row: said_average(h, row.average), falls=False),
        of("opened", h.say("overview.opened")),
        of("pending", h.say("overview.pending")),
        of("overdue", h.say("overview.over_days", days=measure.pending_days)),
        of("formed", h.say("overview.formed_short")),
    )  # fmt: skip


def _card(h: Here, row: Any, measure: Yardstick, looked: Looked) -> str:
    said = [
        h.say("figure.groups", count=row.groups),
        h.say("figure.average", average=said_average(h, row.average), norm=measure.average),
        h.say("overview.card_pending", count=row.pending, late=row.overdue, days=measure.pending_days),
    ]
    return "\n".join([" · ".join(said), *on_card(h, looked, row)])

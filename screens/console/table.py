"""A table that is put in order by any of its columns, by mouse or keyboard; on a narrow screen the same as cards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import flet as ft

from screens import theme
from screens.context import Here, here
from screens.guarding import guard, part
from screens.parts.pieces import body, chip, named, padded, second_deed, small

NAME_WIDTH, NUMBER_WIDTH = 188, 78
AT_ONCE = 100
"""Rows drawn before more are asked for."""


@dataclass(frozen=True)
class TableColumn:
    """One column: `value` of a row is what it is ordered by, `said` what stands there. `falls`: the largest first."""

    key: str
    label: str
    value: Callable[[Any], Any]
    said: Callable[[Any], str]
    falls: bool = True
    width: int = NUMBER_WIDTH
    below: Callable[[Any], str] | None = None
    """What stands below a number, in small letters."""
    ways: bool = True
    """Whether it is said that the largest or the smallest come first: of names and ranks neither has a meaning."""


@part
def OrderedTable(
    *,
    rows: Sequence[Any],
    columns: Sequence[TableColumn],
    first: str,
    open_row: Callable[[Any], Any] | None = None,
    key_of: Callable[[Any], str],
    card: Callable[[Any], str] | None = None,
    at_once: int = AT_ONCE,
) -> ft.Control:
    """`first`: the column it is in order by at first; the first of `columns` is the name of a row.

    `card`: on a narrow screen what stands below the name, instead of all columns.
    """
    h = here()
    order, set_order = ft.use_state((first, next(one for one in columns if one.key == first).falls))
    shown, set_shown = ft.use_state(at_once)
    by = next((one for one in columns if one.key == order[0]), columns[0])
    some = in_order(rows, by, order[1])[:shown]

    def turn(column: TableColumn) -> None:
        set_order((column.key, not order[1] if column.key == order[0] else column.falls))

    drawn: list[ft.Control]
    if h.wide or card is None:
        lines: list[ft.Control] = [_heads(h, columns, order, turn)]
        lines += [_line(h, row, columns, key_of(row), open_row) for row in some]
        wide = ft.Column(lines, spacing=0, tight=True)
        drawn = [ft.Row([wide], scroll=ft.ScrollMode.AUTO)]
    else:
        chips = [
            chip(_way(h, one, order), f"order-{one.key}", guard(turn, one), chosen=one.key == order[0], one_line=True)
            for one in sorted(columns, key=lambda one: one.key != order[0])
        ]
        drawn = [
            padded(small(h.say("table.order")), chip_line(h, chips), spacing=4),
            *(_card(row, columns[0], card, key_of(row), open_row) for row in some),
        ]
    if len(rows) > shown:
        more = h.say("table.show_all", count=len(rows))
        drawn.append(padded(second_deed(more, "table-more", guard(set_shown, shown + max(at_once, AT_ONCE)))))
    return ft.Column(drawn, spacing=0, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)


def chip_line(h: Here, chips: Sequence[ft.Control]) -> ft.Control:
    """Choices side by side: pushed sideways by a finger, in several lines where there is a mouse."""
    if h.wide:
        return ft.Row(list(chips), spacing=8, run_spacing=8, wrap=True)
    return ft.Row(list(chips), spacing=8, scroll=ft.ScrollMode.HIDDEN)


def in_order(rows: Sequence[Any], by: TableColumn, falls: bool) -> list[Any]:
    """Rows by one column, those without a value last whichever way; what is alike stays in the order it came in."""
    known = [row for row in rows if by.value(row) is not None]
    return [
        *sorted(known, key=by.value, reverse=falls),
        *(row for row in rows if by.value(row) is None),
    ]


def _way(h: Here, column: TableColumn, order: tuple[str, bool]) -> str:
    """The label of a column, with the way in which the rows rise or fall: by words, an arrow would need a colour."""
    if column.key != order[0] or not column.ways:
        return column.label
    return f"{column.label} · {h.say('table.falls' if order[1] else 'table.rises')}"


def _heads(
    h: Here, columns: Sequence[TableColumn], order: tuple[str, bool], turn: Callable[[TableColumn], None]
) -> ft.Control:
    heads = []
    for place, column in enumerate(columns):
        chosen = column.key == order[0]
        aligned = ft.TextAlign.RIGHT if place else ft.TextAlign.LEFT
        icon = (ft.Icons.ARROW_DOWNWARD if order[1] else ft.Icons.ARROW_UPWARD) if chosen else ft.Icons.UNFOLD_MORE
        # The sign stands below: beside the words it would break them on a narrow column.
        words = ft.Column(
            [
                ft.Text(column.label, theme_style=ft.TextThemeStyle.BODY_SMALL, max_lines=3, text_align=aligned),
                ft.Icon(icon, size=16, semantics_label=h.say("table.order_by", column=_way(h, column, order))),
            ],
            spacing=2,
            tight=True,
            horizontal_alignment=ft.CrossAxisAlignment.END if place else ft.CrossAxisAlignment.START,
        )
        heads.append(
            named(
                f"order-{column.key}",
                ft.TextButton(
                    content=ft.Container(words, width=column.width - 8),
                    key=f"order-{column.key}",
                    on_click=guard(turn, column),
                    width=column.width,
                    height=theme.scaled(96),
                    style=ft.ButtonStyle(
                        padding=ft.Padding.symmetric(horizontal=4, vertical=4),
                        shape=ft.RoundedRectangleBorder(radius=4),
                        color=ft.Colors.ON_SURFACE,
                    ),
                ),
                selected=chosen,
            )
        )
    row = ft.Row(heads, spacing=0, vertical_alignment=ft.CrossAxisAlignment.CENTER)
    return ft.Container(row, bgcolor=ft.Colors.SURFACE_CONTAINER)


def _line(
    h: Here,
    row: Any,
    columns: Sequence[TableColumn],
    key: str,
    open_row: Callable[[Any], Any] | None,
) -> ft.Control:
    cells = []
    for place, column in enumerate(columns):
        words = column.said(row)
        said = body(words, style=theme.bold(theme.BODY)) if place == 0 else body(words, text_align=ft.TextAlign.RIGHT)
        if column.below is not None and (told := column.below(row)):
            said = ft.Column(
                [said, small(told, text_align=ft.TextAlign.RIGHT)],
                spacing=0,
                tight=True,
                horizontal_alignment=ft.CrossAxisAlignment.END,
            )
        cells.append(ft.Container(said, width=column.width, padding=ft.Padding.symmetric(horizontal=8)))
    return _tapped(key, ft.Row(cells, spacing=0), open_row and guard(open_row, row), 10)


def _card(
    row: Any,
    name: TableColumn,
    card: Callable[[Any], str],
    key: str,
    open_row: Callable[[Any], Any] | None,
) -> ft.Control:
    lines = ft.Column([body(name.said(row), style=theme.bold(theme.BODY)), small(card(row))], spacing=2, tight=True)
    content: ft.Control = lines
    if open_row is not None:
        content = ft.Row(
            [ft.Container(lines, expand=True), ft.Icon(ft.Icons.CHEVRON_RIGHT, color=ft.Colors.OUTLINE)], spacing=8
        )
    return _tapped(key, content, open_row and guard(open_row, row), theme.GAP)


def _tapped(key: str, content: ft.Control, on_click: Callable[[Any], Any] | None, across: float) -> ft.Control:
    line = ft.Container(
        content,
        key=key,
        ink=on_click is not None,
        on_click=on_click,
        padding=ft.Padding.symmetric(horizontal=across if across > 10 else 0, vertical=12),
        border=ft.Border.only(bottom=ft.BorderSide(1, ft.Colors.OUTLINE_VARIANT)),
    )
    return named(key, line, button=on_click is not None)

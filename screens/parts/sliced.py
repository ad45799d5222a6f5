"""A long list drawn a few rows at a time, so that no drawing keeps the app from answering a finger.

Flet builds, compares and packs what is drawn on the loop that also hears of taps; fifty rows at once are a fifth of a
second on a slow phone. Each slice is a component of its own that is drawn again only when its rows differ.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import flet as ft

from screens.guarding import part

SLICE = 6
"""Rows in one drawing: about a screenful on a phone."""
BETWEEN = 0.01
"""Seconds between two drawings, in which taps are heard."""


@part
def SlicedList(
    *,
    rows: Sequence[Any],
    draw: Callable[[Any], ft.Control],
    mark: Callable[[Any], Any] = lambda row: None,
    depends: tuple[Any, ...] = (),
    above: Sequence[ft.Control] = (),
    below: Sequence[ft.Control] = (),
) -> ft.Control:
    """A list of `rows`, each drawn by `draw(row)`.

    `mark(row)`: what else the drawing of this row looks at, as whether it is chosen; `depends`: what that of all does.
    Other rows take the place of those shown slice by slice.
    """
    wanted = tuple(tuple(rows[at : at + SLICE]) for at in range(0, len(rows), SLICE))
    shown, set_shown = ft.use_state(wanted[:1])
    held = ft.use_ref(lambda: draw)
    held.current = draw

    async def go_on() -> None:
        await asyncio.sleep(BETWEEN)
        if shown != wanted:
            set_shown(_one_step(shown, wanted))

    ft.use_effect(go_on, dependencies=[shown, wanted])
    slices: list[ft.Control] = [
        Remembered(rows=some, draw=held, marks=tuple(map(mark, some)), depends=depends, key=f"slice-{number}")
        for number, some in enumerate(shown)
    ]
    ends = below if len(shown) == len(wanted) else ()
    return ft.ListView([*above, *slices, *ends], expand=True, spacing=0, padding=ft.Padding.only(bottom=8))


Slices = tuple[tuple[Any, ...], ...]


def _one_step(shown: Slices, wanted: Slices) -> Slices:
    """The slices with the first that differs put right, or the last one too many taken away."""
    for at, some in enumerate(wanted):
        if at >= len(shown):
            return (*shown, some)
        if shown[at] != some:
            return (*shown[:at], some, *shown[at + 1 :])
    return shown[:-1]


@part
def _Slice(*, rows: tuple[Any, ...], draw: Any, marks: tuple[Any, ...], depends: tuple[Any, ...]) -> ft.Control:
    return ft.Column([draw.current(row) for row in rows], spacing=0, tight=True, horizontal_alignment=STRETCH)


STRETCH = ft.CrossAxisAlignment.STRETCH
Remembered = ft.memo(_Slice)

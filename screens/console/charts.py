"""Charts of the console. Each says in a sentence what it shows, and its numbers stand at its bars: no colour is needed
to read one, and no eye to hear it."""

from collections.abc import Sequence
from dataclasses import dataclass

import flet as ft
import flet_charts as fc

from screens.parts.pieces import heading, named, small, stack

HEIGHT = 200


@dataclass(frozen=True)
class Bar:
    """One bar: what stands below it, and how high it is."""

    label: str
    value: float
    said: str = ""


def bar_chart(key: str, title: str, sentence: str, bars: Sequence[Bar], *, warns: Sequence[int] = ()) -> ft.Control:
    """Bars side by side. `warns`: numbers of the bars in the colour of warning; what each is stands below it."""
    highest = max([bar.value for bar in bars] + [1])
    chart = fc.BarChart(
        groups=[
            fc.BarChartGroup(
                x=number,
                rods=[
                    fc.BarChartRod(
                        to_y=bar.value,
                        width=18 if len(bars) > 6 else 32,
                        color=ft.Colors.ERROR if number in warns else ft.Colors.PRIMARY,
                        border_radius=2,
                        tooltip=fc.BarChartRodTooltip(text=bar.said or f"{bar.label}: {bar.value:g}"),
                    )
                ],
            )
            for number, bar in enumerate(bars)
        ],
        max_y=highest * 1.05,
        interactive=False,
        left_axis=fc.ChartAxis(show_labels=False, label_size=0),
        right_axis=fc.ChartAxis(show_labels=False, label_size=0),
        top_axis=_axis([f"{bar.value:g}" for bar in bars], 26),
        bottom_axis=_axis([bar.label for bar in bars], 48),
        horizontal_grid_lines=fc.ChartGridLines(color=ft.Colors.OUTLINE_VARIANT, width=1),
        expand=True,
    )
    # A screen reader is told the sentence: the bars are nothing to it.
    drawn = ft.Semantics(content=ft.Container(chart, height=HEIGHT), exclude_semantics=True)
    return named(
        key, ft.Container(stack([heading(title), small(sentence, key=f"{key}-said"), drawn], spacing=6), key=key)
    )


def _axis(labels: Sequence[str], size: int) -> fc.ChartAxis:
    return fc.ChartAxis(
        label_size=size,
        show_min=True,
        show_max=True,
        labels=[
            fc.ChartAxisLabel(
                value=number,
                label=ft.Container(
                    ft.Text(label, theme_style=ft.TextThemeStyle.BODY_SMALL, text_align=ft.TextAlign.CENTER),
                    padding=ft.Padding.only(top=4),
                ),
            )
            for number, label in enumerate(labels)
        ],
    )

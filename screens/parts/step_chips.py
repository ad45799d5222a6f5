"""The row of a form's steps."""

from collections.abc import Callable, Sequence
from typing import Any

import flet as ft

from screens.context import Here
from screens.guarding import guard
from screens.parts.pieces import chip
from screens.steps import FormStep


def step_chips(h: Here, steps: Sequence[FormStep], at: int, go_to: Callable[[int], Any], ref: ft.Ref) -> ft.Control:
    """The steps by name, the one that is shown marked; any of them is one tap away."""
    return ft.Container(
        ft.Row(
            [
                ft.Container(
                    chip(
                        h.say(f"form.step.{step.key}"),
                        f"step-{step.key}",
                        guard(go_to, number),
                        chosen=number == at,
                        one_line=True,
                    ),
                    key=ft.ScrollKey(f"chip-{step.key}"),
                )
                for number, step in enumerate(steps)
            ],
            ref=ref,
            scroll=ft.ScrollMode.AUTO,
            spacing=8,
        ),
        key="steps",
        padding=ft.Padding.symmetric(horizontal=16, vertical=8),
    )

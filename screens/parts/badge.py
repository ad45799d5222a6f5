"""How far a record has come: said by shape and words first, by colour second."""

import flet as ft

from screens.context import Here
from screens.parts.pieces import small

RECEIVED, WAITING, MENDING = 0, 1, 2
"""Values of the column `unsent` in query rows."""

_SHAPES = {
    RECEIVED: (ft.Icons.CHECK_CIRCLE, ft.Colors.PRIMARY, "saved.server"),
    WAITING: (ft.Icons.PHONE_ANDROID_OUTLINED, ft.Colors.ON_SURFACE_VARIANT, "saved.phone"),
    MENDING: (ft.Icons.FLAG, ft.Colors.ERROR, "saved.mending"),
}


def badge(here: Here, unsent: int, key: str = "badge") -> ft.Control:
    """Shape and words."""
    icon, color, words = _SHAPES.get(unsent, _SHAPES[WAITING])
    return ft.Row(
        [ft.Icon(icon, color=color, size=20), ft.Container(small(here.say(words), key=key), expand=True)],
        spacing=8,
    )


def mark_of(here: Here, unsent: int) -> ft.Control:
    """The shape alone, where a row has no room for words; a screen reader says them."""
    icon, color, words = _SHAPES.get(unsent, _SHAPES[WAITING])
    return ft.Icon(icon, color=color, size=22, semantics_label=here.say(words))

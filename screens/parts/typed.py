"""What somebody has typed into a field, as the event says it."""

from typing import Any

import flet as ft


def typed_text(event: ft.Event[Any]) -> str:
    """The text of a change. The event carries it: the field itself may have been drawn anew meanwhile, and be empty."""
    return event.data if isinstance(event.data, str) else event.control.value or ""

"""Asking an officer for a reason, before something goes back to its author."""

from collections.abc import Awaitable, Callable

import flet as ft

from screens.context import Here
from screens.guarding import guard, guard_event, tell
from screens.parts.pieces import deed, named, small


def reason_form(h: Here, key: str, typed: dict[str, str], send: Callable[[str], Awaitable[None]]) -> list[ft.Control]:
    """A field for the reason and the deed that sends it; nothing is sent without one. `typed` keeps what stands in the
    field while the card is drawn again."""
    page = ft.context.page

    def keep(event: ft.Event) -> None:
        typed["reason"] = event.control.value or ""

    async def go() -> None:
        reason = typed.get("reason", "")
        if reason.strip():
            await send(reason)
        else:
            tell(page, h.words.problem("required"))

    field = ft.TextField(
        key=f"reason-{key}", label=h.say("aside.reason"), multiline=True, max_length=1000,
        on_change=guard_event(keep),
    )  # fmt: skip
    # A text of its own: as the helper of the field it is cut off after one line, and with more lines the field takes
    # no text in Chromium.
    about = named(f"reason-about-{key}", small(h.say("aside.reason_about")), container=True)
    return [field, about, deed(h.say("aside.send_back"), f"send-{key}", guard(go), icon=ft.Icons.REPLY)]

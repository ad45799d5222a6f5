"""What the phone has to say about its own file before anything else, until it has been read."""

from collections.abc import Callable

import flet as ft

from records.workspace import Notice
from screens.context import here
from screens.guarding import guard, screen
from screens.parts.pieces import deed, frame, note, padded, scrolled
from screens.words import Words


def said(words: Words, notice: Notice) -> str:
    """The sentence of a notice; of a code that this app does not know the careful one."""
    counts = {"changes": 0, "drafts": 0, **notice.counts}
    if notice.code == "rescued":
        return words.say("notice.rescued", **counts)
    if notice.code == "rescued_in_part":
        return words.say("notice.rescued_in_part", **counts)
    return words.say("notice.damage_found")


@screen
def NoticeScreen(*, notice: Notice, read: Callable[[], None]) -> ft.View:
    """The sentence, and the deed that goes on; `read` is called when she says that she has read it."""
    h = here()
    told = said(h.words, notice)
    return frame(
        h.say("notice.title"),
        [ft.Container(scrolled([padded(note(told, f"notice-{notice.code}", warning=True))]), expand=True)],
        route="/notice",
        foot=deed(h.say("notice.read"), "notice-read", guard(read)),
    )

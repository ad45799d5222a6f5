"""A file of a phone that gets no network: taken in at the office, and the answer to bring back to that phone."""

import asyncio

import flet as ft

from records.bundles import MIME_TYPE
from records.errands import BundleTaken, TakeInBundle
from screens.context import Here, here
from screens.guarding import guard, part, tell
from screens.parts.pieces import heading, note, padded, second_deed, small


@part
def Brought() -> ft.Control:
    h = here()
    page = ft.context.page
    taken, set_taken = ft.use_state(None)

    async def take_in() -> None:
        chosen = await h.services.file()
        if chosen is not None:
            set_taken(None)
            set_taken(await asyncio.to_thread(h.workspace.perform, TakeInBundle(chosen.content)))

    async def save() -> None:
        if not await h.services.share_file(taken.reply_name, taken.reply, MIME_TYPE):
            tell(page, h.say("carry.not_given"))

    lines: list[ft.Control] = [heading(h.say("carry.office")), small(h.say("carry.office_what"))]
    if taken is not None:
        answer = second_deed(h.say("carry.save_answer"), "save-answer", guard(save), icon=ft.Icons.DOWNLOAD)
        lines.append(note(said_brought(h, taken), "brought", more=[answer]))
    lines.append(second_deed(h.say("carry.take_in"), "take-in", guard(take_in), icon=ft.Icons.FILE_OPEN_OUTLINED))
    return padded(*lines, spacing=10)


def said_brought(h: Here, taken: BundleTaken) -> str:
    """Whose work it was, and what became of it."""
    person = h.name_of(taken.person_name, taken.person_name_hi) or taken.device
    if taken.state == "received":
        return h.say("carry.received", person=person, count=taken.records)
    if taken.state == "repeated":
        return h.say("carry.repeated", person=person)
    if taken.state == "waiting_for":
        return h.say("carry.waiting_for", person=person)
    return h.say("carry.set_aside", person=person)

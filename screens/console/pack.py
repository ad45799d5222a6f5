"""The review pack: its language, then one button for each form. The file goes where the browser keeps downloads."""

import asyncio

import flet as ft

from records.access import REVIEWERS
from records.errands import MakeReviewPack
from screens.context import here
from screens.guarding import guard, screen
from screens.parts.pieces import body, chip, deed, frame, heading, note, padded, scrolled, second_deed, small, stack
from screens.words import languages, words_of


@screen
def PackScreen() -> ft.View:
    h = here()
    language, set_language = ft.use_state(h.words.language)
    making, set_making = ft.use_state("")
    made, set_made = ft.use_state(None)

    async def make(form: str) -> None:
        if making:
            return
        set_making(form)
        set_made(None)
        try:
            pack = await asyncio.to_thread(h.workspace.perform, MakeReviewPack(form, language))
            if await h.services.share_file(pack.name, pack.content, pack.mime_type):
                set_made(pack)
        finally:
            set_making("")

    chips = [
        chip(words_of(one).say("language.name"), f"pack-{one}", guard(set_language, one), chosen=one == language)
        for one in languages()
    ]
    lines: list[ft.Control] = [body(h.say("pack.explain"))]
    if not set(h.roles) & set(REVIEWERS):
        return frame(h.say("pack.heading"), [padded(note(h.say("pack.not_yours"), "pack-not-yours"))], route="/pack")
    lines += [heading(h.say("language.label")), ft.Row(chips, wrap=True, spacing=8, run_spacing=8)]
    lines.append(small(h.say("pack.masked")))
    if making:
        lines.append(stack([ft.ProgressBar(), small(h.say("pack.making"))], spacing=8))
    if made is not None:
        lines.append(note(h.say("pack.ready", count=made.blocks, name=made.name), "pack-ready"))
    lines += [
        deed(h.say("pack.pdf"), "pack-pdf", guard(make, "pdf"), icon=ft.Icons.PICTURE_AS_PDF_OUTLINED),
        second_deed(h.say("pack.xlsx"), "pack-xlsx", guard(make, "xlsx"), icon=ft.Icons.TABLE_VIEW_OUTLINED),
    ]
    return frame(h.say("pack.heading"), [ft.Container(scrolled([padded(*lines, top=16)]), expand=True)], route="/pack")

"""That a group was returned by a supervisor, why, and the word that it has been corrected."""

import asyncio

import flet as ft

from records.access import editable
from records.commands.checks import AnswerCheck
from records.shg import Shg
from screens import questions
from screens.context import here
from screens.group_checked import changed_line
from screens.guarding import guard, part, tell
from screens.parts.pieces import note, quiet_deed
from screens.use_query import use_query


@part
def ReturnedNote(*, shg: Shg) -> ft.Control:
    h, shg_id = here(), shg.id
    page = ft.context.page
    row = use_query(questions.list_returned, shg_id=shg_id).first
    if row is None:
        return ft.Container()

    async def answer() -> None:
        await asyncio.to_thread(h.workspace.do, AnswerCheck(row.id))
        tell(page, h.say("check.said_mended"))

    person = h.name_of(row.checker_name, row.checker_name_hi) or h.say("history.elsewhere")
    words = h.say("mending.returned", person=person, reason=row.reason or h.say("value.none"))
    ways: list[ft.Control] = []
    if editable(h.roles, "Check", "mended", new=False):
        done = quiet_deed(h.say("check.mend"), f"answer-{row.id}", guard(answer), icon=ft.Icons.CHECK)
        ways.append(ft.Row([done]))
    return note(words, f"returned-note-{shg_id}", warning=True, more=[*changed_line(h, row, shg), *ways])

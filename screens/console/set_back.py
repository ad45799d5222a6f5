"""The centre has gone back to an earlier state: told to every official at her first screen until she says that she has
seen it, for what her office had entered stands on no phone."""

import asyncio

import flet as ft

from records.kinds import KINDS
from screens import questions
from screens.context import here
from screens.guarding import guard, part
from screens.parts.pieces import body, note, padded, quiet_deed, second_deed
from screens.parts.times import said_time
from screens.use_query import use_asked, use_query

SEEN = "set_back_seen"
"""The setting under which the console keeps, for each person, the epoch of which she has seen the alarm."""
KEPT = frozenset({"identity", *KINDS})


@part
def SetBackAlarm() -> ft.Control:
    h = here()
    page = ft.context.page
    just_seen, set_just_seen = ft.use_state("")
    alarm = use_query(questions.find_set_back)
    seen = use_asked(lambda workspace: workspace.setting(SEEN), KEPT, SEEN)
    row = alarm.first if alarm.loaded and seen.loaded else None
    if row is None or row.epoch in (seen.value, just_seen):
        return ft.Container()

    async def keep() -> None:
        await asyncio.to_thread(h.workspace.keep_setting, SEEN, row.epoch)
        set_just_seen(row.epoch)

    phones = h.say("set_back.silent", count=row.silent, phones=row.phones) if row.silent else h.say("set_back.all_here")
    more = [
        body(h.say("set_back.said", time=said_time(h.words, row.at_ms))),
        body(phones, key="set-back-phones"),
        second_deed(h.say("set_back.seen"), "set-back-seen", guard(keep), icon=ft.Icons.CHECK),
        quiet_deed(h.say("set_back.phones"), "set-back-devices", guard(page.navigate, "/devices")),
    ]
    return padded(note(h.say("set_back.title"), "set-back", warning=True, more=more))

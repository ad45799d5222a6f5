"""A group that waits for a second person, as a card: approve it, or return it with a reason."""

import asyncio
from typing import Any

import flet as ft

from records.commands.checks import CheckGroup
from records.figures import members_of
from records.written import show_day
from screens import questions
from screens.console.decide_cards import card, open_group, where
from screens.context import here
from screens.group_checked import changed_line
from screens.guarding import guard, part, tell
from screens.parts.pieces import body, heading, quiet_deed, small
from screens.parts.reasons import reason_form
from screens.use_query import use_query


@part
def CheckCard(*, row: Any) -> ft.Control:
    h = here()
    page = ft.context.page
    returning, set_returning = ft.use_state(False)
    typed = ft.use_ref(dict)

    async def check(result: str, reason: str | None = None) -> None:
        await asyncio.to_thread(h.workspace.do, CheckGroup(row.id, result, reason=reason))
        tell(page, h.say("check.said_approved") if result == "approved" else h.say("aside.returned"))

    async def send_back(reason: str) -> None:
        await check("returned", reason)

    count = members_of(row.roster_count, row.declared_members) or 0
    formed = f"{h.words.field('Shg', 'formed_on')}: {show_day(row.formed_on)}"
    author = h.name_of(row.formed_by_name, row.formed_by_name_hi)
    shg = use_query(questions.find_shg, id=row.id if row.reason else "").first
    lines: list[ft.Control] = [
        heading(where(h, row.name, row.village_name, row.village_name_hi)),
        small(f"{formed} · {author}" if author else formed),
        small(h.say("figure.members", count=count)),
        *(small(h.words.mark(code)) for code in row.marks or ()),
    ]
    if row.reason:
        lines.append(body(h.say("check.answered", reason=row.reason)))
        lines += changed_line(h, row, shg, or_nothing=True)
    ways: list[ft.Control] = [
        quiet_deed(h.say("aside.accept"), f"approve-{row.id}", guard(check, "approved"), icon=ft.Icons.CHECK)
    ]
    if not returning:
        back = guard(set_returning, True)
        ways.append(quiet_deed(h.say("aside.send_back"), f"return-{row.id}", back, icon=ft.Icons.REPLY))
    lines.append(ft.Row(ways, wrap=True))
    if returning:
        lines += reason_form(h, row.id, typed.current, send_back)
    return card(f"check-{row.id}", [*lines, *open_group(h, row.id)])

"""A change that the centre did not take, as a card: what, whose, why; accept it, or send it back with a reason."""

import asyncio
from typing import Any

import flet as ft

from records.errands import AcceptChange, SendBack, SetAside
from records.kinds import KINDS
from records.record import fields_of
from screens.console.decide_cards import card, open_group
from screens.context import Here, here
from screens.guarding import guard, part, tell
from screens.parts.fields import said_value
from screens.parts.picker import KINDS_ASKED, use_option
from screens.parts.pieces import body, heading, quiet_deed, small, stack
from screens.parts.reasons import reason_form
from screens.parts.times import said_time


@part
def SetAsideCard(*, row: SetAside) -> ft.Control:
    h = here()
    page = ft.context.page
    returning, set_returning = ft.use_state(False)
    typed = ft.use_ref(dict)

    async def accept() -> None:
        await asyncio.to_thread(h.workspace.perform, AcceptChange(row.device, row.number, row.row, row.state))
        tell(page, h.say("aside.accepted"))

    async def send_back(reason: str) -> None:
        await asyncio.to_thread(h.workspace.perform, SendBack(row.device, row.number, row.row, row.state, reason))
        tell(page, h.say("aside.returned"))

    key = f"{row.device}-{row.number}-{row.row}"
    lines = _what(h, row)
    ways: list[ft.Control] = []
    if row.acceptable:
        ways.append(quiet_deed(h.say("aside.accept"), f"accept-{key}", guard(accept), icon=ft.Icons.CHECK))
    if not returning:
        back = quiet_deed(h.say("aside.send_back"), f"return-{key}", guard(set_returning, True), icon=ft.Icons.REPLY)
        ways.append(back)
    lines.append(ft.Row(ways, wrap=True))
    if returning:
        lines += reason_form(h, key, typed.current, send_back)
    return card(f"aside-{key}", [*lines, *open_group(h, row.shg_id if row.standing else None)])


@part
def DecidedCard(*, row: SetAside) -> ft.Control:
    """What became of it, by whom, with what reason."""
    h = here()
    decider = h.name_of(row.decider_name, row.decider_name_hi)
    state = h.words.choice(KINDS["Verdict"].cls, "state", row.state)
    lines = _what(h, row)
    lines.append(small(f"{state} · {decider}" if decider else state))
    if row.reason:
        lines.append(body(h.say("mending.why", reason=row.reason)))
    return card(f"decided-{row.device}-{row.number}-{row.row}", lines)


def _what(h: Here, row: SetAside) -> list[ft.Control]:
    kind = h.words.kind(row.kind) if row.kind in KINDS else h.say("value.newer")
    person = h.name_of(row.person_name, row.person_name_hi) or h.say("history.elsewhere")
    lines: list[ft.Control] = [
        heading(f"{kind}: {row.title}" if row.title else kind),
        small(h.say("history.by", person=person, time=said_time(h.words, row.at_ms))),
        body(h.say("mending.why", reason=h.words.problem(row.code))),
    ]
    if row.state == "refused":
        lines.append(small(h.say("aside.with_author")))
    if row.kind in KINDS:
        specs = fields_of(KINDS[row.kind].cls)
        shown = [name for name in row.values if name in specs]
        lines.append(stack([Typed(row=row, field=name, key=name) for name in shown], spacing=0))
    return lines


@part
def Typed(*, row: SetAside, field: str) -> ft.Control:
    """One field: what was typed, and what stands there."""
    h = here()
    words = h.words.field(row.kind, field)
    typed, standing = row.values.get(field), row.standing.get(field)
    said, stands = use_said(h, row.kind, field, typed), use_said(h, row.kind, field, standing)
    line = f"{words}: {said}"
    if row.standing and standing != typed:
        line += f" ({h.say('aside.now', value=stands)})"
    return small(line)


def use_said(h: Here, kind: str, field: str, value: Any) -> str:
    """A value in words; of a reference the name it leads to. A value that is none of the field's is shown as it is."""
    spec = fields_of(KINDS[kind].cls)[field]
    refers = spec.refers if spec.refers in KINDS_ASKED else None
    chosen = use_option(refers or "", value if refers and isinstance(value, str) else None)
    if value in (None, ""):
        return h.say("value.none")
    if chosen:
        return h.name_of(chosen.name, chosen.name_hi)
    if spec.refers:
        return h.say("value.no_name")
    return said_value(h, KINDS[kind].cls, field, value)

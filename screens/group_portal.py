"""What the portal's list says of a group, and which other group it may be: both shown, both decided by one tap."""

import asyncio
from typing import Any

import flet as ft

from records.access import editable
from records.commands.conflicts import RestoreValue
from records.commands.proposals import DecideProposal
from records.portal import read_differs
from records.proposal import Proposal
from records.record import Record, fields_of, from_wire
from records.shg import Shg
from screens import questions
from screens.context import Here, here
from screens.group_history import use_value
from screens.group_joined import facts, if_joined, left_behind, sides_of, stands_for_both
from screens.guarding import guard, part, tell
from screens.parts.pieces import body, named, note, quiet_deed, small, stack
from screens.use_query import use_query


@part
def PortalNote(*, record: Record) -> ft.Control:
    """The code on the portal and how it stands; below it, each value in which the portal differs."""
    h = here()
    said = read_differs(getattr(record, "portal_differs", None))
    differs = {name: value for name, value in said.items() if name in fields_of(type(record))}
    lines: list[ft.Control] = []
    code = getattr(record, "portal_code", None)
    if code:
        status = h.words.choice(type(record), "portal_status", getattr(record, "portal_status", "not_entered"))
        lines.append(small(h.say("portal.line", code=code, status=status), key="portal-code"))
    kind = type(record).__name__
    if h.workspace.at_centre and kind == "Shg" and editable(h.roles, kind, "portal_code", new=False):
        go = guard(ft.context.page.navigate, f"/portal/group/{record.id}")
        lines.append(ft.Row([quiet_deed(h.say("portal.title"), "open-sheet", go, icon=ft.Icons.FACT_CHECK_OUTLINED)]))
    if differs:
        cards = [DifferenceCard(record=record, field=name, value=value) for name, value in sorted(differs.items())]
        title = h.words.choice(type(record), "portal_status", "differs")
        lines.append(note(title, f"portal-differs-{record.id}", more=[small(h.say("portal.explain")), *cards]))
    return stack(lines, spacing=4)


@part
def DifferenceCard(*, record: Record, field: str, value: Any) -> ft.Control:
    """One field: the portal's value and the one that stands here, and the way to keep the portal's."""
    h = here()
    page = ft.context.page
    kind = type(record).__name__
    mine = getattr(record, field, None)
    theirs_said, mine_said = use_value(h, kind, field, value), use_value(h, kind, field, mine)

    async def take() -> None:
        wanted = from_wire(fields_of(type(record))[field], value)
        await asyncio.to_thread(h.workspace.do, RestoreValue(kind, record.id, field, wanted))
        tell(page, h.say("portal.taken"))

    label = h.words.field(kind, field)
    lines: list[ft.Control] = [body(_says(h, label, value, theirs_said))]
    if mine not in (None, ""):
        lines.append(small(h.say("portal.here", field=label, value=mine_said)))
    if (
        editable(h.roles, kind, field, new=False)
        and value is not None
        and mine != from_wire(fields_of(type(record))[field], value)
    ):
        lines.append(quiet_deed(h.say("portal.take"), f"take-portal-{field}", guard(take)))
    return named(f"portal-{field}", stack(lines, spacing=0))


def _says(h: Here, label: str, value: Any, said: str | None) -> str:
    if value in (None, ""):
        return h.say("portal.says_nothing", field=label)
    return h.say("portal.says", field=label, value=said)


@part
def ProposalCards(*, shg: Shg) -> ft.Control:
    """Is this the same group as that one? For whoever may say so; nothing is joined by itself."""
    h = here()
    rows = use_query(questions.list_proposals, shg_id=shg.id).rows
    return stack([_proposal(h, row) for row in rows], spacing=6)


def _proposal(h: Here, row: Any) -> ft.Control:
    page = ft.context.page
    one, other = sides_of(h, row)
    stands = stands_for_both(one, other)

    async def answer(the_same: bool) -> None:
        await asyncio.to_thread(h.workspace.do, DecideProposal(row.id, row.shg_id, the_same))
        tell(page, h.say("proposals.joined") if the_same else h.say("proposals.kept_apart"))

    lines: list[ft.Control] = [*(small(h.say(f"proposals.{why}")) for why in row.because), *facts(h, other)]
    if editable(h.roles, "Proposal", "state", new=False):
        lines += [if_joined(h, other, stands), *left_behind(h, one, other)]
        lines.append(
            ft.Row(
                [
                    quiet_deed(h.say("proposals.same"), f"same-{row.id}", guard(answer, True)),
                    quiet_deed(h.say("proposals.different"), f"different-{row.id}", guard(answer, False)),
                ],
                wrap=True,
            )
        )
    return note(h.words.choice(Proposal, "what", "join"), f"proposal-{row.id}", more=lines)

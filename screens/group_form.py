"""Registering a group, and changing what is known of it."""

import asyncio
import json
from typing import Any

import flet as ft

from records.commands.deciding import Done
from records.commands.groups import ChangeGroup, RegisterGroup
from records.record import fields_of, from_wire, to_wire
from records.shg import OFFICES, Shg
from records.transliteration import in_other_script
from records.workspace import Workspace
from screens import questions
from screens.context import here
from screens.guarding import screen, tell
from screens.parts.doubles import beside, beside_group
from screens.parts.pieces import empty_note, frame, waiting
from screens.parts.times import today
from screens.record_form import RecordForm
from screens.steps import GROUP_STEPS, fields_in_steps
from screens.use_query import use_asked, use_query

# Two groups are called the same by a deed of its own, not by filling in a field.
NOT_TYPED = ("same_as",)
# A group that is being registered has no members yet to choose office bearers from, and is active.
NOT_AT_FIRST = (
    *(f"{office}_{part}" for office in OFFICES for part in ("id", "from", "signs")),
    "tenure_months",
    "mobile_of_id",
    "active",
    "inactive_reason",
)
REMEMBERED = ("village_id", "formed_on", "meeting_rhythm", "saving_rhythm", "saving_amount", "promoted_by")
"""Fields whose last value is offered again: the next group of the day is of the same village, formed at the same visit,
more often than not."""
REMEMBERED_FOR_A_DAY = ("formed_on",)
OTHER_SCRIPT = {"name_other": ("name", in_other_script)}


@screen
def NewGroupScreen() -> ft.View:
    h = here()
    page = ft.context.page
    route = ft.use_view_path()
    reach = h.panchayats
    # A form that is open stays open when her reach changes: what she has typed stands.
    last = use_asked(lambda workspace: last_values(workspace, reach), frozenset(), "last", reach, meanwhile=True)

    async def saved(done: Done | None) -> None:
        tell(page, h.say("saved.now"))
        page.navigate(f"/group/{done.id}" if done and done.id else "/")
        await asyncio.to_thread(remember, h.workspace, done)

    me = h.identity.person_id if h.identity else None
    return frame(
        h.say("group.new"),
        [
            RecordForm(
                fields=fields_in_steps(Shg, GROUP_STEPS, leave_out=NOT_TYPED + NOT_AT_FIRST),
                draft_key="Shg/new",
                command=RegisterGroup,
                saved=saved,
                given={**(last.value or {}), "formed_by_id": me},
                about=within(reach),
                steps=GROUP_STEPS,
                proposals=OTHER_SCRIPT,
                below=lambda one, filling, choose: beside(one, "name", beside_group, filling.typed),
            )
            if last.loaded
            else waiting()
        ],
        route=route,
    )


@screen
def EditGroupScreen() -> ft.View:
    h = here()
    page = ft.context.page
    route = ft.use_view_path()
    params = ft.use_route_params()
    shg_id = params.get("shg_id", "")
    answer = use_query(questions.find_shg, id=shg_id)
    shg = answer.first

    def saved(done: Done | None) -> None:
        tell(page, h.say("saved.now" if done else "form.unchanged"))
        page.navigate(f"/group/{shg_id}")

    if shg is None:
        content = empty_note(h.say("group.not_found"), "group-not-found") if answer.loaded else waiting()
    else:
        content = RecordForm(
            fields=fields_in_steps(Shg, GROUP_STEPS, leave_out=NOT_TYPED),
            draft_key=f"Shg/{shg_id}",
            command=lambda values, _: ChangeGroup(shg_id, values) if values else None,
            saved=saved,
            known=shg,
            about={"shg_id": shg_id, **within(h.panchayats)},
            steps=GROUP_STEPS,
            proposals=OTHER_SCRIPT,
            start_at=params.get("field"),
        )
    return frame(h.say("group.edit"), [content], route=route)


def within(reach: tuple[str, ...] | None) -> dict[str, Any]:
    """What narrows the choice of a village: a group is registered in, or moved to, one of her own panchayats."""
    return {} if reach is None else {"panchayats": reach}


def last_values(workspace: Workspace, reach: tuple[str, ...] | None) -> dict[str, Any]:
    """What the last form was filled in with; no village that is not hers any more, no day but today's."""
    last: dict[str, Any] = {name: _remembered(workspace, name) for name in REMEMBERED}
    if last["village_id"] and reach is not None:
        village = next(iter(workspace.ask(questions.find_place, id=last["village_id"])), None)
        if village is None or village.gram_panchayat_id not in reach:
            last["village_id"] = None
    if last["formed_on"] is None:
        # Most groups are entered on the day they are formed.
        last["formed_on"] = today()
    return last


def remember(workspace: Workspace, done: Done | None) -> None:
    for change in done.changes if done else ():
        for name in REMEMBERED:
            if change.values.get(name) not in (None, ""):
                kept = json.dumps([to_wire(change.values[name]), today().isoformat()])
                workspace.keep_setting(f"last.{name}", kept)


def _remembered(workspace: Workspace, name: str) -> Any:
    kept = workspace.setting(f"last.{name}")
    try:
        value, day = json.loads(kept or "[null, null]")
    except (ValueError, TypeError):
        return None
    if name in REMEMBERED_FOR_A_DAY and day != today().isoformat():
        return None
    return from_wire(fields_of(Shg)[name], value)

"""Who changed what in a group and its account, and where two people have written different things."""

import asyncio
import json
from typing import Any

import flet as ft

from records.access import editable
from records.commands.conflicts import DecideConflict, RestoreValue
from records.ids import first_account_id
from records.kinds import KINDS
from records.record import fields_of, from_wire
from records.stamps import parts
from records.workspace import Past, Workspace
from screens import questions
from screens.context import Here, here
from screens.guarding import guard, part, tell
from screens.parts.fields import said_value
from screens.parts.picker import KINDS_ASKED, use_option
from screens.parts.pieces import body, empty_note, heading, named, padded, quiet_deed, small, stack, waiting
from screens.parts.times import said_time
from screens.use_query import use_asked, use_query

BELOW = frozenset({"Shg", "Member", "SavingsAccount", "AccountStep", "sync"})


@part
def HistoryTab(*, shg_id: str) -> ft.Control:
    """What is undecided first, then every change, newest first: of the group and of its account."""
    h = here()
    answer = use_asked(lambda workspace: history_of(workspace, shg_id), BELOW, shg_id)
    conflicts = use_query(questions.list_conflicts, shg_id=shg_id)
    if not answer.loaded:
        return waiting("history-waiting")
    if not answer.rows and not conflicts.rows:
        return empty_note(h.say("history.none"), "history-none", ft.Icons.HISTORY)
    kept = [ConflictCard(row=row) for row in conflicts.rows]
    above = [heading(h.say("conflicts.title")), small(h.say("conflicts.explain"))] if kept else []
    return padded(*above, *kept, *[PastLine(past=past) for past in answer.rows], spacing=12)


@part
def PastLine(*, past: Past) -> ft.Control:
    h = here()
    words = _changed(h, past.kind, past.field, past.value, use_value(h, past.kind, past.field, past.value))
    person = h.name_of(past.person_name, past.person_name_hi) or h.say("history.elsewhere")
    by = h.say("history.by", person=person, time=said_time(h.words, past.at_ms))
    return stack([body(words), small(f"{by} · {h.say(f'history.state.{past.state}')}")], spacing=0)


@part
def ConflictCard(*, row: Any) -> ft.Control:
    """A value that was typed and does not stand: whose it is, and the way to put it back."""
    h = here()
    page = ft.context.page
    value = json.loads(row.value) if row.value is not None else None
    said = use_value(h, row.record_kind, row.field, value)
    person = h.name_of(row.losing_person_name or h.say("history.elsewhere"), row.losing_person_name_hi)

    decides = editable(h.roles, "Conflict", "decided", new=False)

    async def decide(restore: bool) -> None:
        command: Any = DecideConflict(row.id, row.record_kind, row.record_id, restore=restore, seen=row.winning_stamp)
        if not decides:
            # Whoever may write the field may put her value back, and has no say in what is settled.
            command = RestoreValue(row.record_kind, row.record_id, row.field, _typed(row.record_kind, row.field, value))
        await asyncio.to_thread(h.workspace.do, command)
        tell(page, h.say("conflicts.restored"))

    known = row.record_kind in KINDS and row.field in fields_of(KINDS[row.record_kind].cls)
    if row.field == "deleted_on":
        words = h.say("conflicts.work_on_deleted")
    elif row.value is None:
        words = h.say("value.none")
    else:
        words = _changed(h, row.record_kind, row.field, value, said)
    by = h.say("history.by", person=person, time=said_time(h.words, parts(row.losing_stamp).ms))
    lines: list[ft.Control] = [body(words), small(by)]
    if known and row.value is not None and editable(h.roles, row.record_kind, row.field, new=False):
        label = h.say("do.restore") if row.field == "deleted_on" else h.say("conflicts.keep", person=person)
        lines.append(quiet_deed(label, f"keep-{row.id}", guard(decide, True), icon=ft.Icons.RESTORE))
    if decides:
        other = h.name_of(row.winning_person_name or h.say("history.elsewhere"), row.winning_person_name_hi)
        label = h.say("decide.leave_deleted") if row.field == "deleted_on" else h.say("conflicts.keep", person=other)
        lines.append(quiet_deed(label, f"stands-{row.id}", guard(decide, False), icon=ft.Icons.CHECK))
    return named(f"conflict-{row.id}", stack(lines, spacing=0))


def use_value(h: Here, kind: str, field: str, value: Any) -> str | None:
    """A value in words; of a reference the name it leads to. None for a kind or field this app does not know."""
    spec = fields_of(KINDS[kind].cls).get(field) if kind in KINDS else None
    refers = spec.refers if spec and spec.refers in KINDS_ASKED else None
    chosen = use_option(refers or "", value if refers else None)
    if spec is None:
        return None
    return h.name_of(chosen.name, chosen.name_hi) if chosen else said_value(h, KINDS[kind].cls, field, value)


def _changed(h: Here, kind: str, field: str, value: Any, said: str | None) -> str:
    if said is None:
        return h.say("value.newer")
    if value in (None, ""):
        return h.say("history.cleared", field=h.words.field(kind, field))
    return h.say("history.changed", field=h.words.field(kind, field), value=said)


def _typed(kind: str, field: str, value: Any) -> Any:
    return from_wire(fields_of(KINDS[kind].cls)[field], value)


def history_of(workspace: Workspace, shg_id: str) -> list[Past]:
    """What this copy knows of the group's and the account's changes. References below the group are not of interest."""
    found = [*workspace.history(shg_id), *workspace.history(first_account_id(shg_id))]
    return sorted((past for past in found if past.field != "shg_id"), key=lambda past: past.at_ms, reverse=True)

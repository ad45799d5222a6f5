"""One thing to decide, as a card: both sides with whose they are and since when, and a way to choose each."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import flet as ft

from records.commands.conflicts import DecideConflict, ReopenConflict
from records.commands.proposals import DecideProposal, ReopenProposal
from records.stamps import parts
from screens.context import Here, here
from screens.group_history import use_value
from screens.group_joined import facts, if_joined, left_behind, sides_of, stands_for_both
from screens.guarding import guard, part, tell
from screens.parts.pieces import body, heading, named, quiet_deed, small, stack
from screens.parts.times import said_time


def card(key: str, lines: list[ft.Control]) -> ft.Control:
    """A frame round one thing to decide."""
    return named(
        key,
        ft.Container(
            key=key,
            border=ft.Border.all(1, ft.Colors.OUTLINE_VARIANT),
            border_radius=12,
            padding=12,
            content=stack(lines, spacing=8),
        ),
    )


def side(words: str, about: str, key: str, choose: ft.Control | None) -> ft.Control:
    """One of two: what it says, whose it is, and the button for it."""
    lines: list[ft.Control] = [body(words, key=key), small(about)]
    if choose:
        lines.append(ft.Row([choose], wrap=True))
    return ft.Container(stack(lines, spacing=2), padding=ft.Padding.only(left=12))


def where(h: Here, name: str | None, village: str | None, village_hi: str | None) -> str:
    """A group and its village."""
    place = h.name_of(village, village_hi)
    shown = name or h.say("value.no_name")
    return h.say("proposals.like", name=shown, village=place) if place else shown


def open_group(h: Here, shg_id: str | None) -> list[ft.Control]:
    """The way to the group itself."""
    if not shg_id:
        return []
    go = guard(ft.context.page.navigate, f"/group/{shg_id}")
    return [ft.Row([quiet_deed(h.say("decide.open_group"), f"open-{shg_id}", go, icon=ft.Icons.CHEVRON_RIGHT)])]


# --- two values


@part
def TwoValues(*, row: Any) -> ft.Control:
    """A conflict: the value that stands and the one that was kept, each with its way to be the one that stays."""
    h = here()
    page = ft.context.page
    standing, kept = _value(row.winning_value), _value(row.value)
    said = [use_value(h, row.record_kind, row.field, one) for one in (standing, kept)]
    winner = h.name_of(row.winning_person_name, row.winning_person_name_hi) or h.say("history.elsewhere")
    loser = h.name_of(row.losing_person_name, row.losing_person_name_hi) or h.say("history.elsewhere")

    async def decide(restore: bool) -> None:
        command = DecideConflict(row.id, row.record_kind, row.record_id, restore=restore, seen=row.winning_stamp)
        await asyncio.to_thread(h.workspace.do, command)
        tell(page, h.say("conflicts.restored"))

    lines: list[ft.Control] = [heading(where(h, row.shg_name, row.village_name, row.village_name_hi))]
    if row.field == "deleted_on":
        restore = quiet_deed(h.say("do.restore"), f"restore-{row.id}", guard(decide, True))
        leave = quiet_deed(h.say("decide.leave_deleted"), f"leave-{row.id}", guard(decide, False))
        lines += [body(h.say("conflicts.work_on_deleted")), ft.Row([restore, leave], wrap=True)]
        return card(f"conflict-{row.id}", lines)
    lines.append(small(h.words.field(row.record_kind, row.field)))
    for value, words, person, stamp, restore_it in (
        (row.winning_value, said[0], winner, row.winning_stamp, False),
        (row.value, said[1], loser, row.losing_stamp, True),
    ):
        shown = words if value is not None and words else h.say("value.none")
        about = h.say("history.by", person=person, time=said_time(h.words, parts(stamp).ms))
        if not restore_it:
            about = f"{about} · {h.say('decide.stands')}"
        key = f"{'kept' if restore_it else 'standing'}-{row.id}"
        label = h.say("conflicts.keep", person=person)
        choose = quiet_deed(label, f"choose-{key}", guard(decide, restore_it), icon=ft.Icons.CHECK)
        may = value is not None or not restore_it
        lines.append(side(shown, about, key, choose if may else None))
    return card(f"conflict-{row.id}", [*lines, *open_group(h, row.shg_id)])


@part
def DecidedConflict(*, row: Any) -> ft.Control:
    """What was decided: which value was kept and which was not, each with whose it was; by whom, and the way back."""
    h = here()
    stood, put_back = (
        (use_value(h, row.record_kind, row.field, _value(value)) or h.say("value.none"),
         h.name_of(name, name_hi) or h.say("history.elsewhere"))
        for value, name, name_hi in (
            (row.winning_value, row.winning_person_name, row.winning_person_name_hi),
            (row.value, row.losing_person_name, row.losing_person_name_hi),
        )
    )  # fmt: skip
    stands = row.decided == row.losing_stamp
    kept, other = (stood, put_back) if stands else (put_back, stood)
    lines: list[ft.Control] = [body(where(h, row.shg_name, row.village_name, row.village_name_hi))]
    if row.field == "deleted_on":
        words = h.say("decide.left_deleted") if stands else h.say("group.restored")
        lines += [small(h.say("conflicts.work_on_deleted")), body(words, key=f"kept-{row.id}")]
    else:
        lines += [
            small(h.words.field(row.record_kind, row.field)),
            body(h.say("decide.kept", value=kept[0], person=kept[1]), key=f"kept-{row.id}"),
            small(h.say("decide.not_kept", value=other[0], person=other[1]), key=f"not-kept-{row.id}"),
        ]
    decider = h.name_of(row.decider_name, row.decider_name_hi) or h.say("history.elsewhere")
    time = said_time(h.words, parts(row.decided_stamp).ms)
    lines.append(small(h.say("decide.by", person=decider, time=time), key=f"decided-by-{row.id}"))
    if row.decided:
        undo = ReopenConflict(row.id, row.record_kind, row.record_id)
        lines.append(_undo(h, f"undo-{row.id}", undo))
    return card(f"decided-{row.id}", lines)


def _value(text: str | None) -> Any:
    return json.loads(text) if text is not None else None


def _undo(h: Here, key: str, command: Any) -> ft.Control:
    page = ft.context.page

    async def undo() -> None:
        await asyncio.to_thread(h.workspace.do, command)
        tell(page, h.say("decide.undone"))

    return ft.Row([quiet_deed(h.say("decide.undo"), key, guard(undo), icon=ft.Icons.UNDO)])


# --- two groups


@part
def TwoGroups(*, row: Any) -> ft.Control:
    """Two groups that may be one: why they look alike, both with what tells them apart, what would become of each, and
    the two answers."""
    h = here()
    page = ft.context.page

    async def answer(the_same: bool) -> None:
        command = DecideProposal(row.id, row.shg_id, the_same, seen=row.state)
        await asyncio.to_thread(h.workspace.do, command)
        tell(page, h.say("proposals.joined") if the_same else h.say("proposals.kept_apart"))

    def button(words: str, key: str, do: Callable[[Any], Any], icon: ft.IconData) -> ft.Control:
        return quiet_deed(words, key, do, icon=icon)

    one, other = sides_of(h, row)
    stands = stands_for_both(one, other)
    lines: list[ft.Control] = [
        *(small(h.say(f"proposals.{why}")) for why in row.because),
        _beside([[*facts(h, side), if_joined(h, side, stands)] for side in (one, other)]),
        *left_behind(h, one, other),
        ft.Row(
            [
                button(h.say("proposals.same"), f"same-{row.id}", guard(answer, True), ft.Icons.LINK),
                button(h.say("proposals.different"), f"different-{row.id}", guard(answer, False), ft.Icons.LINK_OFF),
            ],
            wrap=True,
        ),
    ]
    return card(f"proposal-{row.id}", lines)


def _beside(sides: list[list[ft.Control]]) -> ft.Control:
    """Two groups beside each other, on a phone one below the other."""
    columns = [ft.Container(stack(lines, spacing=6), col={"xs": 12, "md": 6}) for lines in sides]
    return ft.ResponsiveRow(columns, spacing=16, run_spacing=20)


@part
def DecidedProposal(*, row: Any) -> ft.Control:
    """How the question was answered, and the way to take that back."""
    h = here()
    answer = h.say("proposals.joined") if row.state == "the_same" else h.say("proposals.kept_apart")
    lines: list[ft.Control] = [heading(answer)]
    both = []
    for side in sides_of(h, row):
        joined = [small(h.say("group.was_joined"), key=f"was-joined-{side.id}")] if side.counted_as != side.id else []
        both.append([*facts(h, side), *joined])
    lines.append(_beside(both))
    lines.append(_undo(h, f"undo-{row.id}", ReopenProposal(row.id, row.shg_id)))
    return card(f"decided-{row.id}", lines)

"""A correct form from a record class: its controls, checks, access and words all follow from the fields.

What is typed is kept as a draft within a third of a second, so that neither the way back nor a killed process loses it.
"""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import flet as ft

from records.commands.deciding import Command, Done
from records.ids import new_id
from records.problems import Refusal, Refused
from records.record import Record
from screens.context import here
from screens.draft_keeper import DraftKeeper
from screens.filling import Filling, FormField, Proposals, is_editable
from screens.guarding import Busy, guard, part
from screens.parts.fields import Doings, Drawn, day_picker, field_control
from screens.parts.pieces import deed, note, padded, quiet_deed, scrolled, second_deed, waiting
from screens.parts.step_chips import step_chips
from screens.parts.times import said_time
from screens.steps import FormStep, asked_for, options_now, step_of
from screens.use_query import use_asked

log = logging.getLogger("samooh.screens")

DRAWING = 0.05
"""Seconds in which a redraw that was just asked for has reached the client."""
CLIENT_SECONDS = 2
PROMISED = "_id"
"""In a draft: the id that the new record will get, so that a form sent twice makes one record."""


Below = Callable[[FormField | None, Filling, Callable[[str, Any], None]], Iterable[ft.Control]]
"""`(field, filling, choose)` -> what a special screen adds below a field, None: above all. `choose(name, typed)`
puts a value in and draws the form anew."""


@part
def RecordForm(
    *,
    fields: Sequence[FormField],
    draft_key: str,
    command: Callable[[dict[str, Any], str], Command | None],
    saved: Callable[[Done | None], Any],
    known: Record | None = None,
    given: Mapping[str, Any] | None = None,
    about: Mapping[str, Any] | None = None,
    show_when: Callable[[FormField, Mapping[str, Any]], bool] = lambda one, typed: True,
    below: Below = lambda one, filling, chosen: (),
    save_words: str | None = None,
    saved_next: Callable[[Done | None], Any] | None = None,
    next_words: str | None = None,
    steps: Sequence[FormStep] = (),
    proposals: Proposals | None = None,
    start_at: str | None = None,
) -> ft.Control:
    """The form of `fields`, over `known` or for a new record; with `steps` a part of them at a time.

    `known` None: a new record of every kind among the fields. `command(values, id)` says what to do with what was
    filled in, None when there is nothing to do. `saved` is called after the commit. With `saved_next` there is a
    second button that saves, empties the form and stays.
    """
    h = here()
    draft = use_asked(lambda workspace: workspace.draft(draft_key), frozenset(), draft_key)
    if not draft.loaded:
        return waiting()
    return FilledForm(
        fields=fields,
        draft_key=draft_key,
        draft=dict(draft.value.values) if draft.value else None,
        draft_ms=draft.value.kept_ms if draft.value else None,
        command=command,
        saved=saved,
        known=known,
        given=given or {},
        about=about or {},
        show_when=show_when,
        below=below,
        save_words=save_words or h.say("do.save"),
        saved_next=saved_next,
        next_words=next_words,
        steps=[step for step in steps if any(one.name in step.names for one in fields)],
        proposals=proposals or {},
        start_at=start_at,
    )


@part
def FilledForm(
    *,
    fields: Sequence[FormField],
    draft_key: str,
    draft: dict[str, Any] | None,
    draft_ms: int | None,
    command: Callable[[dict[str, Any], str], Command | None],
    saved: Callable[[Done | None], Any],
    known: Record | None,
    given: Mapping[str, Any],
    about: Mapping[str, Any],
    show_when: Callable[[FormField, Mapping[str, Any]], bool],
    below: Below,
    save_words: str,
    saved_next: Callable[[Done | None], Any] | None,
    next_words: str | None,
    steps: Sequence[FormStep],
    proposals: Proposals,
    start_at: str | None,
) -> ft.Control:
    """The form once its draft is known. What is typed stands in `filling`, not in state: no redraw per letter."""
    h = here()
    _, redraw = ft.use_state(0)
    day_of, set_day_of = ft.use_state("")
    restored, set_restored = ft.use_state(bool(draft))
    held = ft.use_ref(lambda: Filling.opened(list(fields), known, given, draft))
    promised = ft.use_ref(lambda: (draft or {}).get(PROMISED) or fresh_id())
    saving: Busy = ft.use_ref(Busy).current
    refs = ft.use_ref(dict)
    column = ft.use_ref(ft.Ref)
    chips = ft.use_ref(ft.Ref)
    filling: Filling = held.current
    at, set_at = ft.use_state(lambda: _first_step(filling, steps, h.roles, known, start_at))

    def draw() -> None:
        redraw(lambda drawn: drawn + 1)

    def refused(refusals: list[Refusal]) -> None:
        filling.refuse(refusals, shown)
        draw()

    keeper = ft.use_ref(lambda: DraftKeeper(h.workspace, draft_key, refused)).current
    ft.use_effect(lambda: None, dependencies=[], cleanup=keeper.now)

    def asked(one: FormField) -> bool:
        return asked_for(one, filling.typed)

    def shown(one: FormField) -> bool:
        # A number is asked for again only once it has been changed.
        again_idle = one.again and not filling.differs(one.spec.name)
        return asked(one) and show_when(one, filling.typed) and not again_idle

    def in_step(one: FormField) -> bool:
        return not steps or step_of(one.name, steps) == at

    def editable(one: FormField) -> bool:
        return _editable(one, filling, h.roles, known)

    def keep() -> None:
        keeper.soon({**filling.draft(), PROMISED: promised.current} if filling.changed else {})

    def typed(name: str, value: Any) -> None:
        before = [one for one in filling.fields if shown(one)], name in filling.errors
        filling.put(name, value)
        keep()
        if before != ([one for one in filling.fields if shown(one)], False):
            draw()

    def chosen(name: str, value: Any) -> None:
        filling.put(name, value)
        keep()
        draw()

    async def left(name: str) -> None:
        if filling.propose(proposals, name):
            draw()
        await keeper.now()

    async def entered(name: str) -> None:
        """Enter goes to the next field to type in, past what was filled in by itself; after the last one it saves."""
        if filling.propose(proposals, name):
            draw()
        names = [
            one.name
            for one in filling.fields
            if one.name in refs.current and in_step(one) and shown(one) and editable(one)
        ]
        later = names[names.index(name) + 1 :] if name in names else []
        later = [one for one in later if one not in proposals or not filling.typed.get(one)]
        if later:
            await focus(later[0])
        else:
            await save(saved_next or saved, stay=saved_next is not None)

    async def save(then: Callable[[Done | None], Any], *, stay: bool) -> None:
        # The other: tapped before the form that was emptied for the next record had been drawn.
        if saving.now or filling is not held.current:
            return
        filling.propose(proposals)
        values = filling.values(lambda one: shown(one) and editable(one), asked)
        if filling.errors:
            draw()
            await show_first_error()
            return
        with saving:
            try:
                wanted = command(values, promised.current)
                done = await asyncio.to_thread(h.workspace.do, wanted) if wanted else None
            except Refused as refusal:
                filling.refuse(refusal.refusals, shown)
                draw()
                await show_first_error()
                return
            await keeper.drop(closed=not stay)
        if stay:
            await start_again()
        else:
            # It is on its way out: what is tapped until it has gone saves nothing more.
            saving.now = True
        result = then(done)
        if asyncio.iscoroutine(result):
            await result

    async def focus(name: str) -> None:
        # What is to be focused has to be drawn first.
        await asyncio.sleep(DRAWING)
        await _asked_of_client(refs.current[name].current.focus())

    async def scroll(**where: Any) -> None:
        await asyncio.sleep(DRAWING)
        if column.current.current:
            await _asked_of_client(column.current.current.scroll_to(**where))

    async def start_again() -> None:
        held.current = Filling.opened(list(fields), known, given, None)
        promised.current = fresh_id()
        set_restored(False)
        set_at(0)
        draw()
        # Without leaving the keyboard, on to the next name.
        await scroll(offset=0)
        first = next((one.name for one in fields if one.name in refs.current), None)
        if first:
            await focus(first)

    async def show_first_error() -> None:
        name = next((one.name for one in filling.fields if one.name in filling.errors), None)
        if name and steps:
            set_at(step_of(name, steps))
        if filling.about:
            await scroll(offset=0, duration=200)
        elif name:
            if name in refs.current:
                await focus(name)
            # The focus brings the field into sight, and leaves what is said below it behind the buttons.
            await scroll(scroll_key=f"at-{name}", duration=200)

    async def show_start() -> None:
        if start_at:
            await scroll(scroll_key=f"at-{start_at}", duration=200)

    ft.use_effect(show_start, dependencies=[])

    async def go_to(step: int) -> None:
        set_at(step)
        await scroll(offset=0)

    async def show_step() -> None:
        """The row of steps is wider than a phone: the one that is shown is brought into sight."""
        await asyncio.sleep(DRAWING)
        if len(steps) > 1 and chips.current.current:
            await _asked_of_client(chips.current.current.scroll_to(scroll_key=f"chip-{steps[at].key}", duration=200))

    ft.use_effect(show_step, dependencies=[at])

    async def discard() -> None:
        await keeper.drop(closed=False)
        held.current = Filling.opened(list(fields), known, given, None)
        set_restored(False)
        draw()

    def picked(day: str) -> None:
        # Closed before the form is drawn again: a redraw of an open picker would open it a second time.
        set_day_of("")
        chosen(day_of, day)

    ft.use_dialog(day_picker(h, filling.typed.get(day_of), picked, lambda: set_day_of("")) if day_of else None)

    doings = Doings(typed, chosen, left, entered, set_day_of)
    lines: list[ft.Control] = []
    if restored:
        lines.append(
            note(
                h.say("draft.found", time=said_time(h.words, draft_ms)),
                "draft-restored",
                more=[ft.Row([quiet_deed(h.say("draft.drop"), "draft-discard", guard(discard))])],
            )
        )
    lines += [note(h.words.problem(code), f"refused-{code}", warning=True) for code in filling.about]
    if filling.errors:
        lines.append(note(h.say("form.check_fields", count=len(filling.errors)), "form-errors", warning=True))
    lines += below(None, filling, chosen)
    for one in filling.fields:
        if not (in_step(one) and shown(one)):
            continue
        if one.entry not in ("choice", "yes_no", "reference") and editable(one):
            refs.current.setdefault(one.name, ft.Ref())
        drawn = Drawn(
            one,
            filling.typed.get(one.name),
            filling.errors.get(one.name),
            editable(one),
            tuple(sorted({**about, **_narrowing(filling)}.items())),
            options_now(one, filling.typed),
        )
        control = field_control(h, drawn, doings, refs.current)
        lines.append(ft.Container(control, key=ft.ScrollKey(f"at-{one.name}")))
        lines += below(one, filling, chosen)

    buttons = [deed(save_words, "save", guard(save, saved, stay=False))]
    if saved_next and next_words:
        buttons = [
            deed(next_words, "save-next", guard(save, saved_next, stay=True), icon=ft.Icons.PERSON_ADD_ALT),
            second_deed(save_words, "save", guard(save, saved, stay=False)),
        ]
    elif steps and at + 1 < len(steps):
        following = h.say(f"form.step.{steps[at + 1].key}")
        on = guard(go_to, at + 1)
        buttons.append(second_deed(h.say("form.next_step", step=following), "next-step", on))
    return ft.Column(
        expand=True,
        spacing=0,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        controls=[
            *([step_chips(h, steps, at, go_to, chips.current)] if len(steps) > 1 else []),
            ft.Container(
                scrolled([padded(*lines, bottom=24)], ref=column.current),
                expand=True,
            ),
            ft.Divider(height=1),
            padded(*buttons, spacing=8),
        ],
    )


def _editable(one: FormField, filling: Filling, roles: tuple[str, ...], known: Record | None) -> bool:
    new = known is None or not isinstance(known, one.cls)
    return is_editable(one, roles, new=new, typed=filling.start.get(one.name))


def _first_step(
    filling: Filling, steps: Sequence[FormStep], roles: tuple[str, ...], known: Record | None, start_at: str | None
) -> int:
    """The step of the field to mend, else the first with something to fill in: a bank sakhi begins at signatories."""
    if steps and start_at and any(one.name == start_at for one in filling.fields):
        return step_of(start_at, steps)
    at = (step_of(one.name, steps) for one in filling.fields if _editable(one, filling, roles, known))
    return min(at, default=0) if steps else 0


async def _asked_of_client(call: Awaitable[Any]) -> None:
    """Focus and scrolling are a courtesy: a control that has gone meanwhile never answers, and nobody waits for it."""
    try:
        await asyncio.wait_for(call, CLIENT_SECONDS)
    except (TimeoutError, RuntimeError) as error:
        log.info("the client did not do it: %s", error)


def _narrowing(filling: Filling) -> dict[str, Any]:
    """What already stands in the form and narrows a choice: the branch list begins with those of the village."""
    village = filling.typed.get("village_id")
    return {"village_id": village} if village else {}


def fresh_id() -> str:
    """The id that a new record of a form will get."""
    return new_id(int(time.time() * 1000), os.urandom)

"""While something is typed: what is here already and may be the same. It asks, it never stands in the way.

A form shows `beside_group(...)` and its sisters under the field they are about and hands them what stands in it, a
mapping that changes as she types. Nothing in the form need know when: a glance every third of a second sees it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import flet as ft

from records.problems import Problem
from records.resemblance import may_be_her, may_be_registered
from records.search_key import search_key
from records.written import read_day, western_digits
from screens import questions
from screens.context import Here, here
from screens.guarding import guard, part
from screens.navigation import SAME, back_from
from screens.parts.pieces import chip, note, quiet_deed, second_deed, small, stack

log = logging.getLogger("samooh.screens")

GLANCE_SECONDS = 0.35
"""How long a pause in typing may be before what is typed is looked up."""

MOST = 3
"""Doubles that are shown at once: more would be a list to read and not a question."""

Typed = Mapping[str, Any]


@dataclass(frozen=True)
class Double:
    """One that is here already: its group, and the words that tell it."""

    shg_id: str
    told: str


def beside_group(typed: Typed) -> ft.Control:
    """Under the name of a new group: groups of the village, next door, or with this telephone number."""
    return _Doubles(typed=typed, watched=("name", "village_id", "formed_on", "mobile"), ask=groups_like, about="group")


def beside_member(shg_id: str, typed: Typed, but: str | None = None) -> ft.Control:
    """Under the name of a woman: one of this group, or one elsewhere with her number. `but`: who is being changed."""

    def ask(h: Here, values: Typed) -> list[Double]:
        return women_like(h, shg_id, but, values)

    return _Doubles(typed=typed, watched=("name", "mobile"), ask=ask, about="member")


def beside_account(shg_id: str, typed: Typed) -> ft.Control:
    """Under the number of an account: another group that has it."""

    def ask(h: Here, values: Typed) -> list[Double]:
        return same_number(h, shg_id, values)

    return _Doubles(typed=typed, watched=("account_number",), ask=ask, about="account")


def beside(field: Any, name: str, show: Callable[..., ft.Control], *about: Any) -> list[ft.Control]:
    """What a form's `below` gives: `show(*about)` under the field of this name, nothing under any other."""
    return [show(*about)] if field is not None and field.name == name else []


# --- what is alike


def groups_like(h: Here, typed: Typed) -> list[Double]:
    """Groups that the one in the form may be, the likeliest of the same village first."""
    key, village, mobile = search_key(_text(typed, "name")), typed.get("village_id"), _number(typed, "mobile")
    if not mobile and not (key and village):
        return []
    day = _day(typed)
    found = []
    for row in h.workspace.ask(questions.list_groups_near, village_id=village or None, mobile=mobile or None):
        apart = abs((row.formed_on - day).days) if day and isinstance(row.formed_on, date) else None
        here_too = row.village_id == village
        same_number = bool(mobile) and row.mobile == mobile
        if same_number or (key and may_be_registered(key, row.search_key, same_village=here_too, days_apart=apart)):
            place = h.name_of(row.village_name, row.village_name_hi)
            words = h.say("doubles.group", name=row.name, village=place, day=row.formed_on)
            found.append((not here_too, not same_number, Double(row.id, words)))
    return [double for _near, _number, double in sorted(found, key=lambda one: one[:2])]


def women_like(h: Here, shg_id: str, but: str | None, typed: Typed) -> list[Double]:
    """Women who are here already and may be the one in the form."""
    key, mobile = search_key(_text(typed, "name")), _number(typed, "mobile")
    if not key:
        return []
    found = []
    for row in h.workspace.ask(questions.list_women_like, shg_id=shg_id, mobile=mobile or None, but=but):
        same_group = row.shg_id == shg_id
        if may_be_her(key, row.search_key, same_group=same_group, same_mobile=bool(mobile) and row.mobile == mobile):
            guardian = row.guardian_name or "–"
            words = h.say("doubles.member_here", name=row.name, guardian=guardian)
            if not same_group:
                words = h.say("doubles.member_elsewhere", name=row.name, guardian=guardian, group=row.group_name)
            found.append((not same_group, Double(row.shg_id, words)))
    return [double for _elsewhere, double in sorted(found, key=lambda one: one[0])]


def same_number(h: Here, shg_id: str, typed: Typed) -> list[Double]:
    """Other groups that have the account number in the form."""
    number = _number(typed, "account_number")
    if len(number) < 9:
        return []
    rows = h.workspace.ask(questions.list_same_number, account_number=number, shg_id=shg_id)
    return [Double(row.shg_id, h.say("doubles.account", group=row.group_name)) for row in rows]


def _text(typed: Typed, name: str) -> str:
    value = typed.get(name)
    return value if isinstance(value, str) else ""


def _number(typed: Typed, name: str) -> str:
    return "".join(sign for sign in western_digits(_text(typed, name)) if sign.isdecimal())


def _day(typed: Typed) -> date | None:
    digits = western_digits(_text(typed, "formed_on")).strip()
    if digits.isdecimal() and len(digits) == 8:
        digits = f"{digits[:2]}-{digits[2:4]}-{digits[4:]}"
    try:
        return read_day(digits)
    except ValueError:
        return None  # still being typed


# --- the question


@part
def _Doubles(
    *, typed: Typed, watched: Sequence[str], ask: Callable[[Here, Typed], list[Double]], about: str
) -> ft.Control:
    h = here()
    page = ft.context.page
    form = ft.use_view_path()
    found, set_found = ft.use_state(())
    silenced, set_silenced = ft.use_state(False)
    # The form begins anew with another mapping when the next one is typed without leaving it.
    looking = ft.use_ref(dict)
    looking.current["typed"] = typed

    async def look() -> None:
        seen: tuple[Any, ...] | None = None
        while True:
            values = dict(looking.current["typed"])
            now = tuple(values.get(name) for name in watched)
            if now != seen:
                seen = now
                set_found(tuple(await _asked(h, ask, values))[:MOST])
            await asyncio.sleep(GLANCE_SECONDS)

    def begin() -> None:
        looking.current["task"] = asyncio.get_running_loop().create_task(look())

    def end() -> None:
        looking.current["task"].cancel()

    ft.use_effect(begin, dependencies=[], cleanup=end)
    if silenced or not found:
        return ft.Container(key=f"doubles-{about}-none", visible=False)
    # Name, village and day together are longer than a button of one line.
    looks = [
        chip(h.say("doubles.look", what=double.told), f"doubles-look-{number}",
             guard(page.navigate, f"{form}/{SAME}/{double.shg_id}"), chosen=False)
        for number, double in enumerate(found)
    ]  # fmt: skip
    other = quiet_deed(h.say("doubles.other"), "doubles-other", guard(set_silenced, True))
    return note(
        h.say("doubles.ask"), f"doubles-{about}", warning=True, more=[stack([*looks, ft.Row([other])], spacing=8)]
    )


def looked_at(h: Here) -> ft.Control:
    """Above the group that was opened from the question: what to do if it is the same, and the way back to the form."""
    page = ft.context.page
    back = second_deed(h.say("doubles.back"), "doubles-back", guard(lambda: page.navigate(back_from(page))),
                       icon=ft.Icons.ARROW_BACK)  # fmt: skip
    return note(h.say("doubles.is_it"), "doubles-looked-at", more=[small(h.say("doubles.is_it_explain")), back])


async def _asked(h: Here, ask: Callable[[Here, Typed], list[Double]], values: Typed) -> list[Double]:
    try:
        return await asyncio.to_thread(ask, h, values)
    except Problem as problem:
        # What this is for is a hint; the form itself will say what is wrong when it is saved.
        log.info("doubles could not be looked for: %s", problem.code)
        return []


__all__ = ["Double", "beside", "beside_account", "beside_group", "beside_member", "looked_at"]

"""A new person, or further work for a known one: role, place, first and last day, in charge or not."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any

import flet as ft

from records.problems import Problem
from records.search_key import search_key
from records.staffing import STAFF, AddPerson, Assign
from records.written import read_day
from screens.console.people import place_at, use_staff
from screens.context import here
from screens.guarding import guard, guard_event, part, screen, tell
from screens.parts.pieces import body, chip, deed, frame, padded, scrolled, small, waiting

SHOWN = 12
"""Places that are shown at once: a block has about sixty panchayats, found by a few letters."""


@screen
def NewPersonScreen() -> ft.View:
    h = here()
    return _framed(h.say("people.add"), "/people/new", PersonForm(person_id=""))


@screen
def AssignScreen() -> ft.View:
    h = here()
    id = ft.use_route_params().get("person_id", "")
    return _framed(h.say("people.assign"), f"/people/assign/{id}", PersonForm(person_id=id))


def _framed(title: str, route: str, form: ft.Control) -> ft.View:
    return frame(title, [ft.Container(scrolled([form], spacing=0), expand=True)], route=route)


@part
def PersonForm(*, person_id: str) -> ft.Control:
    """`person_id` "": a new person, whose name is asked for too."""
    h = here()
    page = ft.context.page
    role, set_role = ft.use_state(STAFF[0])
    where, set_where = ft.use_state("")
    in_charge, set_in_charge = ft.use_state(False)
    search, set_search = ft.use_state("")
    typed = ft.use_ref(dict)
    staff = use_staff()
    if not staff.loaded or staff.value is None:
        return waiting("person-waiting")

    def day(name: str) -> date | None:
        try:
            return read_day(typed.current[name]) if typed.current.get(name) else None
        except ValueError as error:
            raise Problem("not_a_day") from error

    async def save() -> None:
        work = {"role": role, "where_id": where, "in_charge": in_charge}
        days = {"from_on": day("from_on"), "to_on": day("to_on")}
        name = (typed.current.get("name") or "").strip()
        if not where or not (person_id or name):
            raise Problem("required")
        errand: Any = Assign(person_id, **work, **days)
        if not person_id:
            errand = AddPerson(name, **work, **days, name_hi=typed.current.get("name_hi") or None)
        await asyncio.to_thread(h.workspace.perform, errand)
        tell(page, h.say("saved.now"))
        page.navigate("/people")

    def keep(name: str) -> Callable[[Any], Any]:
        def kept(event: ft.Event) -> None:
            typed.current[name] = event.control.value or ""

        return guard_event(kept)

    def field(kind: str, name: str, **about: Any) -> ft.Control:
        return ft.TextField(key=f"field-{name}", label=h.words.field(kind, name), on_change=keep(name), **about)

    def choose_role(chosen: str) -> None:
        set_role(chosen)
        set_where("")

    def searched(event: ft.Event) -> None:
        set_search(event.control.value or "")

    key = search_key(search)
    places = [one for one in staff.value.workplaces if one.role == role]
    found = [one for one in places if key in search_key(f"{one.name} {one.name_hi or ''}") or one.id == where]
    lines: list[ft.Control] = [field("Person", "name"), field("Person", "name_hi")] if not person_id else []
    roles = [chip(h.say(f"role.{one}"), f"role-{one}", guard(choose_role, one), chosen=one == role) for one in STAFF]
    label = h.say("people.which_panchayat") if role == "abm" else h.say("people.which_branch")
    chips = [
        chip(place_at(h, one.level, one.name, one.name_hi), f"where-{one.id}", guard(set_where, one.id),
             chosen=one.id == where)
        for one in found[:SHOWN]
    ]  # fmt: skip
    charge = h.words.field("Assignment", "in_charge")
    lines += [
        body(h.words.field("Assignment", "role")),
        ft.Row(roles, wrap=True, spacing=8, run_spacing=8),
        body(label),
        *([ft.TextField(key="search", label=h.say("people.search"), on_change=guard_event(searched))]
          if len(places) > SHOWN else []),
        ft.Row(chips, wrap=True, spacing=8, run_spacing=8),
        field("Assignment", "from_on", hint_text="dd-mm-yyyy"),
        field("Assignment", "to_on", hint_text="dd-mm-yyyy"),
        small(h.say("people.days_about")),
        chip(charge, "in-charge", guard(set_in_charge, not in_charge), chosen=in_charge),
        deed(h.say("do.save"), "save", guard(save)),
    ]  # fmt: skip
    return padded(*lines, spacing=12)

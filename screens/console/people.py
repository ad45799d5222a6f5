"""People and devices: who works here, how her phone stands, a code for her, a lost phone shut out, work handed over."""

import asyncio
from typing import Any

import flet as ft

from records.staffing import (
    STAFF,
    HandedOver,
    HandOver,
    IssueCode,
    ListStaff,
    PersonLine,
    PrintCodes,
    RevokeDevice,
    Staff,
)
from records.staffing import DeviceLine as Device
from records.written import show_day
from screens.console.decide_cards import card
from screens.context import Here, here
from screens.guarding import guard, part, screen, tell
from screens.navigation import tabs
from screens.parts.pieces import (
    body,
    chip,
    deed,
    empty_note,
    frame,
    heading,
    note,
    number,
    padded,
    quiet_deed,
    scrolled,
    second_deed,
    small,
    stack,
    waiting,
)
from screens.parts.times import said_time, today
from screens.use_query import Answer, use_asked

STAFF_KINDS = frozenset({"office", "Person", "Assignment", "Place", "BankBranch"})
PDF = "application/pdf"


@screen
def PeopleScreen() -> ft.View:
    h = here()
    return frame(
        h.say("people.title"),
        [ft.Container(scrolled([PeopleList()], spacing=0), expand=True)],
        route="/people",
        navigation=tabs(h, "/settings"),
    )


def use_staff() -> Answer[Staff]:
    """The people of the area; asked again after each deed."""
    return use_asked(lambda workspace: workspace.perform(ListStaff()), STAFF_KINDS, "staff")


@part
def PeopleList() -> ft.Control:
    h = here()
    page = ft.context.page
    chosen, set_chosen = ft.use_state(())
    answer = use_staff()

    def toggle(id: str) -> None:
        set_chosen(tuple(one for one in chosen if one != id) if id in chosen else (*chosen, id))

    async def print_codes() -> None:
        errand = PrintCodes(chosen, h.words.language)
        made = await asyncio.to_thread(h.workspace.perform, errand)
        set_chosen(())
        if not await h.services.share_file("samooh-codes.pdf", made, PDF):
            tell(page, h.words.problem("something_broke"))
        else:
            tell(page, h.say("people.printed"))

    if not answer.loaded or answer.value is None:
        return waiting("people-waiting")
    staff: Staff = answer.value
    add = second_deed(
        h.say("people.add"), "add-person", guard(page.navigate, "/people/new"), icon=ft.Icons.PERSON_ADD_ALT
    )
    lines: list[ft.Control] = [small(h.say("people.explain"))]
    if staff.workplaces:
        lines.append(add)
    if chosen:
        words = h.say("people.print", count=len(chosen))
        lines.append(deed(words, "print-codes", guard(print_codes), icon=ft.Icons.PRINT_OUTLINED))
    lines += [
        PersonCard(person=one, staff=staff, chosen=one.id in chosen, toggle=toggle, key=one.id) for one in staff.people
    ]
    if not staff.people:
        lines.append(empty_note(h.say("people.none"), "people-none", ft.Icons.PERSON_OUTLINE))
    return padded(*lines, spacing=16)


@part
def PersonCard(*, person: PersonLine, staff: Staff, chosen: bool, toggle: Any) -> ft.Control:
    """One person: her work, what waits, her devices, and what this office may do for her."""
    h = here()
    page = ft.context.page
    code, set_code = ft.use_state("")
    handing, set_handing = ft.use_state(False)

    async def issue() -> None:
        set_code(await asyncio.to_thread(h.workspace.perform, IssueCode(person.id)))

    lines: list[ft.Control] = [heading(h.name_of(person.name, person.name_hi))]
    lines += [small(words) for words in _works(h, person)]
    if person.set_aside:
        lines.append(small(h.say("people.set_aside", count=person.set_aside)))
    if person.returned:
        lines.append(small(h.say("people.returned", count=person.returned)))
    lines += [DeviceRow(device=one, tended=person.tended, key=one.number) for one in person.devices]
    if not person.devices:
        lines.append(small(h.say("people.no_device")))
    if not person.tended and not _holds_in_charge(h, person):
        return card(f"person-{person.id}", lines)
    ways: list[ft.Control] = [] if not person.tended else [
        quiet_deed(h.say("people.code"), f"code-{person.id}", guard(issue), icon=ft.Icons.PIN_OUTLINED),
        quiet_deed(
            h.say("people.assign"), f"assign-{person.id}", guard(page.navigate, f"/people/assign/{person.id}"),
            icon=ft.Icons.ADD_LOCATION_ALT_OUTLINED,
        ),
    ]  # fmt: skip
    if not handing and _goes_on(person):
        hand = guard(set_handing, True)
        ways.append(quiet_deed(h.say("people.hand_over"), f"hand-{person.id}", hand, icon=ft.Icons.SWAP_HORIZ))
    on_sheet = chip(h.say("people.on_sheet"), f"sheet-{person.id}", guard(toggle, person.id), chosen=chosen)
    lines.append(ft.Row([*ways, on_sheet] if person.tended else ways, wrap=True))
    if code:
        about = [number(code), small(h.say("people.code_about"))]
        lines.append(note(h.say("people.code_for"), f"shown-code-{person.id}", more=about))
    if handing:
        lines.append(Handing(person=person, staff=staff, close=lambda: set_handing(False)))
    return card(f"person-{person.id}", lines)


def _holds_in_charge(h: Here, person: PersonLine) -> bool:
    """Whether this is who is signed in, holding work of an ABM or bank sakhi until somebody comes for it."""
    return (
        h.identity is not None and h.identity.person_id == person.id and any(one.role in STAFF for one in person.work)
    )


def _goes_on(person: PersonLine) -> bool:
    return any(one.to_on is None or one.to_on >= today() for one in person.work)


def place_at(h: Here, level: str | None, name: str | None, name_hi: str | None) -> str:
    """The name of a workplace. A cluster often bears that of its largest panchayat, so it says that it is one."""
    said = h.name_of(name, name_hi)
    return f"{said} ({h.say('level.cluster')})" if level == "cluster" else said


def _works(h: Here, person: PersonLine) -> list[str]:
    """Her work in words; places that she has in one role for the same time stand in one line."""
    alike: dict[tuple[Any, ...], list[str]] = {}
    for one in person.work:
        place = place_at(h, one.level, one.place_name, one.place_name_hi)
        alike.setdefault((one.role, one.from_on, one.to_on, one.in_charge), []).append(place)
    found = []
    for (role, from_on, to_on, in_charge), places in alike.items():
        said = [h.words.say_if_known(f"role.{role}", "value.newer"), ", ".join(one for one in places if one)]
        said.append(f"{show_day(from_on)} – {show_day(to_on)}" if to_on else h.say("people.from_day", day=from_on))
        said += [h.words.field("Assignment", "in_charge")] if in_charge else []
        found.append(" · ".join(one for one in said if one))
    return found


@part
def DeviceRow(*, device: Device, tended: bool) -> ft.Control:
    """A device as it last spoke; shut out only when that is asked for twice."""
    h = here()
    page = ft.context.page
    sure, set_sure = ft.use_state(False)

    async def revoke() -> None:
        await asyncio.to_thread(h.workspace.perform, RevokeDevice(device.number))
        tell(page, h.say("people.revoked"))

    seen = said_time(h.words, device.last_contact_ms)
    said = h.say("people.device", number=device.number, time=seen, version=device.app or "–")
    lines: list[ft.Control] = [small(said)]
    if device.revoked:
        lines.append(small(h.say("people.device_revoked")))
        return stack(lines, spacing=0)
    lines.append(small(_reported(h, device.unsent or 0, device.drafts or 0), key=f"reported-{device.number}"))
    if tended and not sure:
        ask = guard(set_sure, True)
        lines.append(ft.Row([quiet_deed(h.say("people.revoke"), f"revoke-{device.number}", ask, icon=ft.Icons.BLOCK)]))
    if tended and sure:
        lines.append(small(h.say("people.revoke_about")))
        keys = f"revoke-sure-{device.number}", f"revoke-not-{device.number}"
        yes = quiet_deed(h.say("people.revoke_sure"), keys[0], guard(revoke), icon=ft.Icons.BLOCK)
        lines.append(ft.Row([yes, quiet_deed(h.say("do.cancel"), keys[1], guard(set_sure, False))], wrap=True))
    return stack(lines, spacing=0)


def _reported(h: Here, unsent: int, drafts: int) -> str:
    return f"{h.say('people.unsent', count=unsent)} · {h.say('people.drafts', count=drafts)}"


@part
def Handing(*, person: PersonLine, staff: Staff, close: Any) -> ft.Control:
    """To whom, and whether in charge; what stays on the phone is said before."""
    h = here()
    page = ft.context.page
    to_id, set_to = ft.use_state("")
    in_charge, set_in_charge = ft.use_state(False)
    me = h.identity.person_id if h.identity else ""
    others = [one for one in staff.people if one.id != person.id and (one.tended or one.id == me)]
    devices = [one for one in person.devices if not one.revoked]
    unsent, drafts = sum(one.unsent or 0 for one in devices), sum(one.drafts or 0 for one in devices)

    async def hand_over() -> None:
        errand = HandOver(person.id, to_id, in_charge or to_id == me)
        done: HandedOver = await asyncio.to_thread(h.workspace.perform, errand)
        moved = done.set_aside + done.returned
        tell(page, h.say("people.handed", work=done.work, moved=moved, conflicts=done.conflicts))
        close()

    chips = [
        chip(h.name_of(one.name, one.name_hi), f"to-{one.id}", guard(set_to, one.id), chosen=one.id == to_id)
        for one in others
    ]
    charge = h.words.field("Assignment", "in_charge")
    lines: list[ft.Control] = [
        body(h.say("people.hand_to")),
        ft.Row(chips, wrap=True, spacing=8, run_spacing=8),
        chip(charge, "in-charge", guard(set_in_charge, not in_charge), chosen=in_charge),
        small(f"{h.say('people.stays')} {_reported(h, unsent, drafts)}", key=f"stays-{person.id}"),
    ]
    if to_id:
        lines.append(deed(h.say("people.hand_over"), f"hand-sure-{person.id}", guard(hand_over)))
    lines.append(ft.Row([quiet_deed(h.say("do.cancel"), f"hand-not-{person.id}", guard(close))]))
    return stack(lines, spacing=8)

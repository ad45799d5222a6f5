"""The demo's troubles: two answers to one question, one group registered twice, and work that the centre did not take.

Each is shown where it is seen, and mended at the block office: in the console, which works on the central store in the
reach of who is signed in. Nothing is printed because it ought to be so: after each deed the stores are asked.
"""

import json
import time
from collections.abc import Mapping
from typing import Any

from operations.demo_desk import Desk
from operations.demo_phones import Phone
from operations.demo_reading import HINDI, both, figures_of, strip
from operations.demo_setup import AREA
from operations.demo_telling import StoryBroke, Told, synced, village_of
from records.commands.conflicts import DecideConflict
from records.commands.groups import ChangeGroup, RegisterGroup, SayTheSame
from records.errands import AcceptChange, ListSetAside
from records.resemblance import may_be_registered
from records.search_key import search_key
from screens.words import words_of
from storage.queries.conflicts import list_conflicts
from storage.queries.doubles import list_groups_near
from storage.queries.groups import find_shg
from storage.queries.places import list_villages

AS_TOLD = 12
COUNTED_BY_ABM, COUNTED_BY_SUPERVISOR = 13, 14
IN_LATIN = "Narmada Samuh"
BEYOND = "सरस्वती समूह"
"""A group that the ABM registers in a panchayat that is not hers."""


def mend(told: Told, desk: Desk, second: str) -> None:
    """The three troubles, at the supervisor's desk. `second`: the group that was registered with a number only."""
    _registered_twice(told, desk, second)
    _two_answers(told, desk, second)
    _not_taken(told, desk)
    # Whoever has not heard of it yet.
    synced(told.phones["sakhi"])


# --- one group, registered twice


def _registered_twice(told: Told, desk: Desk, second: str) -> None:
    supervisor, abm = told.phones["supervisor"], told.phones["abm"]
    told.act("From the paper on her desk, cut off, the supervisor has registered the second group once more")
    supervisor.online = False
    village = village_of(supervisor, "भजिया")
    formed = supervisor.today().replace(day=1)
    values = {"name": IN_LATIN, "village_id": village, "formed_on": formed, "declared_members": AS_TOLD}
    again = supervisor.workspace.do(RegisterGroup(values)).id
    supervisor.online = True
    synced(supervisor)
    told.of(supervisor, f"registered {IN_LATIN}; since the sync her phone knows of {_like(supervisor, again, village)}")
    told.of(supervisor, f"counted twice: {figures_of(supervisor)}")
    desk.workspace.do(SayTheSame(again, second))
    told.line(f"In the console she says that both are the same: {_same_as(desk, again)}")
    for phone in (supervisor, abm):
        synced(phone)
    told.of(supervisor, f"counted once:  {figures_of(supervisor)}")


def _like(phone: Phone, group: str, village: str) -> str:
    """The groups of this village whose names resemble this one's, as the app asks while a name is typed."""
    like = [
        row.name
        for row in phone.workspace.ask(list_groups_near, village_id=village)
        if row.id != group
        and row.village_id == village
        and may_be_registered(search_key(IN_LATIN), row.search_key, same_village=True, days_apart=None)
    ]
    if not like:
        raise StoryBroke("The same group, registered twice, should have been recognised.")
    return ", ".join(like)


def _same_as(desk: Desk, group: str) -> str:
    [shg] = desk.workspace.ask(find_shg, id=group)
    [other] = desk.workspace.ask(find_shg, id=shg.same_as)
    return f"{shg.name} = {other.name}"


# --- two answers to one question


APART = 2.0
"""Seconds."""


def _two_answers(told: Told, desk: Desk, group: str) -> None:
    abm, supervisor = told.phones["abm"], told.phones["supervisor"]
    told.act("Two people, both cut off, correct the same number of members")
    for phone, count in ((abm, COUNTED_BY_ABM), (supervisor, COUNTED_BY_SUPERVISOR)):
        if phone is supervisor:
            # Phones learn the time from replies; on a busy machine that may be a second out, and she is the later one.
            time.sleep(APART)
        phone.online = False
        phone.workspace.do(ChangeGroup(group, {"declared_members": count}))
        told.of(phone, f"{_count_on(phone, group)} members")
    for phone in (abm, supervisor, abm):
        phone.online = True
        synced(phone)
    told.of(abm, f"{_count_on(abm, group)} members; kept beside it: {_kept(abm, group)}")
    [conflict] = [row for row in desk.workspace.ask(list_conflicts, shg_id=group) if row.field == "declared_members"]
    counted_by_abm = json.dumps(COUNTED_BY_ABM)
    desk.workspace.do(
        DecideConflict(
            conflict.id,
            conflict.record_kind,
            conflict.record_id,
            restore=conflict.value == counted_by_abm,
            seen=conflict.winning_stamp,
        )
    )
    told.line("The ABM had counted the women herself. In the console the supervisor decides for her number.")
    for phone in (abm, supervisor):
        synced(phone)
        told.of(phone, f"{_count_on(phone, group)} members; open conflicts: {_open_conflicts(phone, group)}")
        if _count_on(phone, group) != COUNTED_BY_ABM or _open_conflicts(phone, group):
            raise StoryBroke(f"{phone.someone.called}: what was decided should stand.")


def _count_on(phone: Phone, group: str) -> int:
    [shg] = phone.workspace.ask(find_shg, id=group)
    return int(shg.declared_members)


def _open_conflicts(phone: Phone, group: str) -> int:
    return len(phone.workspace.ask(list_conflicts, shg_id=group))


def _kept(phone: Phone, group: str) -> str:
    [conflict] = phone.workspace.ask(list_conflicts, shg_id=group)
    return f"{conflict.value}, by {conflict.losing_person_name_hi}"


# --- work that the centre does not take


def _not_taken(told: Told, desk: Desk) -> None:
    abm, supervisor = told.phones["abm"], told.phones["supervisor"]
    told.act("The ABM registers a group in a panchayat that is not hers")
    values = {"name": BEYOND, "village_id": _village_beyond(abm), "formed_on": abm.today(), "declared_members": 11}
    group = abm.workspace.do(RegisterGroup(values)).id
    abm.sync()
    [mending] = [one for one in abm.workspace.mending() if one.shg_id == group]
    told.of(abm, f"{both('saved.mending')}: {words_of(HINDI).problem(mending.code)}")
    [aside] = [row for row in desk.workspace.perform(ListSetAside()) if row.shg_id == group]
    told.line(
        f"Console: set aside, {aside.title} by {aside.person_name_hi}: {_values(aside.values)}. "
        f"The supervisor accepts it."
    )
    desk.workspace.perform(AcceptChange(aside.device, aside.number, aside.row, aside.state))
    for phone in (abm, supervisor):
        synced(phone)
    told.groups(supervisor, [group])
    told.of(abm, strip(abm))
    if abm.workspace.mending() or not supervisor.workspace.ask(find_shg, id=group):
        raise StoryBroke("What was accepted at the office should have gone out to the phones.")


def _village_beyond(phone: Phone) -> str:
    """A village of the block in none of her panchayats."""
    hers = {panchayat.id for panchayat in AREA}
    rows = phone.workspace.ask(list_villages, limit=500)
    return next(row.id for row in rows if row.gram_panchayat_id and row.gram_panchayat_id not in hers)


def _values(values: Mapping[str, Any]) -> str:
    hindi = words_of(HINDI)
    return f"{hindi.field('Shg', 'declared_members')} {values['declared_members']}"

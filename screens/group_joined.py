"""Groups that were said to be one: which of them stands for the others, and where what is known of these is found."""

from dataclasses import replace

import flet as ft

from records.access import editable
from records.figures import is_joined, members_of
from records.shg import Shg
from screens import questions
from screens.context import Here, here
from screens.guarding import guard, part
from screens.parts.pieces import note, quiet_deed, second_deed, small, stack
from screens.use_query import use_query


def was_joined(shg: Shg) -> bool:
    """Whether another group stands for this one."""
    return is_joined(id=shg.id, canonical_id=shg.canonical_id)


def only_reading(h: Here) -> Here:
    """What a joined group is shown with: nobody acts on it in any role, what is new belongs to the one that stands."""
    return replace(h, identity=replace(h.identity, roles=())) if h.identity else h


@part
def JoinedNote(*, shg: Shg) -> ft.Control:
    """On a joined group: which one stands for it, and the way there."""
    h = here()
    found = use_query(questions.find_shg, id=shg.canonical_id)
    if not found.loaded:
        return ft.Container()
    stands: Shg | None = found.first
    if stands is None:
        more: list[ft.Control] = [small(h.say("group.joined_explain"))]
        return note(h.say("group.joined_elsewhere"), "group-joined", warning=True, more=more)
    more = [small(h.say("group.joined_explain"))]
    if editable(h.roles, "Member", "shg_id", new=False):
        more.append(small(h.say("group.joined_move")))
    go = guard(ft.context.page.navigate, f"/group/{stands.id}")
    more.append(second_deed(h.say("group.joined_open", name=stands.name), "open-joined", go, icon=ft.Icons.GROUPS))
    return note(h.say("group.joined", name=stands.name), "group-joined", warning=True, more=more)


@part
def JoinedHere(*, shg: Shg) -> ft.Control:
    """On the group that stands: those that were joined to it, each a tap away."""
    h = here()
    page = ft.context.page
    rows = use_query(questions.list_joined, shg_id=shg.id).rows
    if not rows:
        return ft.Container()
    ways = []
    for row in rows:
        count = members_of(row.roster_count, row.declared_members)
        words = f"{row.name} · {h.say('figure.members', count=count)}"
        ways.append(quiet_deed(words, f"joined-{row.id}", guard(page.navigate, f"/group/{row.id}")))
    return stack([small(h.say("group.joined_here")), *(ft.Row([way], wrap=True) for way in ways)], spacing=0)

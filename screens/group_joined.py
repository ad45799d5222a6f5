"""Groups that are or may be one: which of them stands for the others, and where what is known of these is found."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import flet as ft

from records.access import editable
from records.figures import is_joined, members_of
from records.shg import Shg
from records.written import show_day
from screens import questions
from screens.context import Here, here
from screens.guarding import guard, part
from screens.parts.pieces import body, heading, note, quiet_deed, second_deed, small, stack
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


# --- before they are joined


@dataclass(frozen=True)
class Side:
    """One of two groups that may be one, as a question shows it."""

    id: str
    name: str | None
    village: str
    formed_on: date | None
    members: int
    account: str
    """Its state, as `account_state` of a list; "" where the group is not here."""
    formed_by: str
    counted_as: str
    """The id of the group that stands for it today: its own, as a rule."""


def sides_of(h: Here, row: Any) -> tuple[Side, Side]:
    """Both groups of a question."""

    def side(name: str, village: str) -> Side:
        def of(field: str) -> Any:
            return getattr(row, f"{name}_{field}")

        state = of("account_state") or "not_started"
        return Side(
            id=of("id"),
            name=of("name"),
            village=h.name_of(getattr(row, f"{village}_name"), getattr(row, f"{village}_name_hi")),
            formed_on=of("formed_on"),
            members=members_of(of("roster_count"), of("declared_members")),
            account="" if of("name") is None else state if of("account_needed") else "not_needed",
            formed_by=h.name_of(of("formed_by_name"), of("formed_by_name_hi")),
            counted_as=of("canonical_id") or of("id"),
        )

    return side("shg", "village"), side("other", "other_village")


def stands_for_both(one: Side, other: Side) -> str:
    """The id of the group that would be counted, were these joined: the smallest of all that are then connected."""
    return min(one.counted_as, other.counted_as)


def facts(h: Here, side: Side) -> list[ft.Control]:
    """What tells one of two groups from the other, a line for each, and the way to it."""
    shown = side.name or h.say("value.no_name")
    called = h.say("proposals.like", name=shown, village=side.village) if side.village else shown
    lines: list[ft.Control] = [heading(called)]
    if side.formed_on:
        lines.append(small(f"{h.words.field('Shg', 'formed_on')}: {show_day(side.formed_on)}"))
    if side.formed_by:
        lines.append(small(f"{h.words.field('Shg', 'formed_by_id')}: {side.formed_by}"))
    if side.account:
        lines.append(body(h.say("figure.members", count=side.members), key=f"members-{side.id}"))
        state = h.words.say_if_known(f"state.{side.account}", "value.newer")
        lines.append(body(h.say("group.account_line", state=state), key=f"account-{side.id}"))
    go = guard(ft.context.page.navigate, f"/group/{side.id}")
    way = quiet_deed(h.say("decide.open_group"), f"open-{side.id}", go, icon=ft.Icons.CHEVRON_RIGHT)
    return [*lines, ft.Row([way])]


def if_joined(h: Here, side: Side, stands: str) -> ft.Control:
    """Whether this one would stay if both were joined. Said by a shape and by words."""
    stays = side.id == stands
    icon = ft.Icons.CHECK_CIRCLE_OUTLINE if stays else ft.Icons.REMOVE_CIRCLE_OUTLINE
    words = h.say("proposals.stays") if stays else h.say("proposals.goes")
    return ft.Row(
        [ft.Icon(icon, size=20), ft.Container(body(words, key=f"if-joined-{side.id}"), expand=True)],
        spacing=6,
        vertical_alignment=ft.CrossAxisAlignment.START,
    )


def left_behind(h: Here, one: Side, other: Side) -> list[ft.Control]:
    """What is in the group that would not stay, and what is to be done with it."""
    stands = stands_for_both(one, other)
    goes = [side for side in (one, other) if side.id != stands]
    lines = []
    if len(goes) == 2:
        lines.append(small(h.say("proposals.third"), key="joined-third"))
    women = sum(side.members for side in goes)
    if women:
        lines.append(small(h.say("proposals.members_behind", count=women), key="members-behind"))
    if any(map(_has_account, goes)):
        # Where the one that stays has an account of its own, nobody is told to record another there.
        recorded = any(_has_account(side) for side in (one, other) if side.id == stands)
        words = h.say("proposals.account_behind") if recorded else h.say("proposals.account_to_record")
        lines.append(small(words, key="account-behind"))
    return lines


def _has_account(side: Side) -> bool:
    """Whether something of an account is recorded there."""
    return side.account not in ("", "not_started", "not_needed")

"""What does not fit in a group: each mark as a note, with what to do and the way to the place where it is mended."""

from collections.abc import Callable
from typing import Any

import flet as ft

from records.access import editable
from records.record import fields_of
from records.shg import Shg
from screens.context import Here
from screens.guarding import guard
from screens.parts.pieces import note, quiet_deed, small


def may_edit(h: Here) -> bool:
    """Whether some field of a group may be changed by whoever looks at it."""
    return any(editable(h.roles, "Shg", name, new=False) for name in fields_of(Shg))


def mark_note(h: Here, shg: Shg, code: str, show: Callable[[str], None] | None) -> ft.Control:
    """What does not fit, what to do about it, and the way there for whoever may."""
    more: list[ft.Control] = [
        small(h.say("group.told_too_many") if _is_told_only(shg, code) else h.words.mark_remedy(code))
    ]
    if show is not None and (way := _way_to_mend(h, ft.context.page, shg, code, show)):
        more.append(ft.Row([way]))
    return note(h.words.mark(code), f"mark-{code}", warning=True, more=more)


IN_FORM = {
    "two_offices": "president_id",
    "bearer_left": "president_id",
    "bearer_elsewhere": "president_id",
    "few_signatories": "president_signs",
    "declared_differs": "declared_members",
    "day_in_future": "formed_on",
    "rule_broken": "",
    "outside_reach": "village_id",
}
"""Mark -> the field of the group's form at which it is mended; the offices stand one below the other."""
IN_ROSTER = ("too_many_members", "woman_in_two_groups")


def _is_told_only(shg: Shg, code: str) -> bool:
    """Too many by the number as told, while no member has been entered: there is no list in which to look."""
    return code == "too_many_members" and not shg.roster_count


def _way_to_mend(h: Here, page: ft.Page, shg: Shg, code: str, show: Callable[[str], None]) -> ft.Control | None:
    def way(words: str, go: Callable[[Any], Any]) -> ft.Control:
        return quiet_deed(words, f"mend-{code}", go, icon=ft.Icons.BUILD_OUTLINED)

    field = "declared_members" if _is_told_only(shg, code) else IN_FORM.get(code)
    if field is not None and may_edit(h):
        return way(h.say("do.mend"), guard(page.navigate, f"/group/{shg.id}/edit/{field}".rstrip("/")))
    if code == "too_few_members" and editable(h.roles, "Member", "name", new=True):
        return way(h.say("do.add_member"), guard(page.navigate, f"/group/{shg.id}/member/new"))
    if code in IN_ROSTER:
        return way(h.say("group.mend_members"), guard(show, "members"))
    if code == "steps_disputed":
        return way(h.say("group.mend_account"), guard(show, "account"))
    if code == "same_account_twice" and editable(h.roles, "SavingsAccount", "account_number", new=False):
        return way(h.say("do.mend"), guard(page.navigate, f"/group/{shg.id}/account"))
    return None

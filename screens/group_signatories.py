"""Changing who signs for a group's account: a way to the bank of its own, once the account is open."""

from collections.abc import Sequence
from typing import Any

import flet as ft

from records.access import editable
from records.account_state import state_of
from screens.account_form import as_step, said_step
from screens.context import Here
from screens.guarding import guard
from screens.parts.pieces import heading, second_deed, small

PROCESS = "signatories"


def signatories_part(h: Here, page: ft.Page, shg_id: str, account: Any, steps: Sequence[Any]) -> list[ft.Control]:
    """Where the change stands, and the way to its next step. Nothing before the account is open."""
    if account is None or account.state not in ("opened", "passbook_received"):
        return []
    state = state_of([as_step(row) for row in steps], PROCESS).state
    lines: list[ft.Control] = [heading(h.say("accounts.signatories"))]
    words = h.say("accounts.signatories_none") if state == "not_started" else said_step(h, state, PROCESS)
    lines.append(small(words, key="signatories-state"))
    if editable(h.roles, "AccountStep", "kind", new=True):
        go = guard(page.navigate, f"/group/{shg_id}/signatories")
        lines.append(second_deed(h.say("do.change_signatories"), "change-signatories", go, icon=ft.Icons.DRAW_OUTLINED))
    return lines

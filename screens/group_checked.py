"""Who looked at a group, what was found of it, and what has been changed since."""

from collections.abc import Sequence
from typing import Any

import flet as ft

from records.check import Check
from records.seen import changed_since
from records.shg import Shg
from screens import questions
from screens.context import Here, here
from screens.guarding import part
from screens.parts.pieces import small, stack
from screens.use_query import use_query


@part
def Checked(*, shg: Shg) -> ft.Control:
    """The last look of each sort; a return that nobody has answered has a note of its own (`ReturnedNote`)."""
    h = here()
    account = use_query(questions.find_account, shg_id=shg.id).first
    rows = use_query(questions.list_last_checks, shg_id=shg.id).rows
    lines: list[ft.Control] = []
    for row in rows:
        if row.result == "returned" and not row.mended:
            continue
        person = h.name_of(row.checker_name, row.checker_name_hi) or h.say("history.elsewhere")
        what, result = h.words.choice(Check, "what", row.what), h.words.choice(Check, "result", row.result)
        lines.append(
            small(
                h.say("check.line", what=what, result=result, person=person, day=row.on_day), key=f"checked-{row.what}"
            )
        )
        lines += changed_line(h, row, account if row.what == "account" else shg)
    return stack(lines, spacing=2)


def changed_line(h: Here, row: Any, record: Any, *, or_nothing: bool = False) -> Sequence[ft.Control]:
    """What is not as it was when she looked; `or_nothing`: also that nothing is."""
    what = getattr(row, "what", "approval")
    kind = "SavingsAccount" if what == "account" else "Shg"
    changed = None if record is None else changed_since(row.seen, kind, record)
    if changed is None or not (changed or or_nothing):
        return []
    fields = ", ".join(h.words.field(kind, name) for name in changed)
    words = h.say("check.changed", fields=fields) if changed else h.say("check.unchanged")
    icon = ft.Icon(ft.Icons.EDIT_NOTE if changed else ft.Icons.REMOVE, size=20, color=ft.Colors.ON_SURFACE_VARIANT)
    said = ft.Container(small(words, key=f"changed-{what}"), expand=True)
    return [ft.Row([icon, said], spacing=6, vertical_alignment=ft.CrossAxisAlignment.START)]

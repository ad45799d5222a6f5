"""The lists of what waits for a decision: the rows of each, and one of them as a line and as a card."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import flet as ft

from records.errands import ListSetAside
from records.kinds import KINDS
from records.written import show_day
from screens import questions, theme
from screens.console.check_cards import CheckCard
from screens.console.decide_cards import TwoGroups, TwoValues, where
from screens.console.set_aside import SetAsideCard
from screens.context import Here, here
from screens.parts.pieces import body, named, small
from screens.parts.times import said_time, today
from screens.use_query import Answer, use_asked, use_query

ASIDE = frozenset({"office", "Shg", "Member", "SavingsAccount", "AccountStep"})
MOST = 50
"""Things that are shown at once; there are more behind them once these are decided."""

CHECKED = timedelta(days=92)
"""Groups formed in so many days are shown to be approved: a register that was taken in as a whole is not."""


@dataclass(frozen=True)
class ToDecide:
    """One list. `key` names a row in addresses; `words` is its line: what it is about, and whose or why."""

    rows: list[Any]
    key: Callable[[Any], str]
    words: Callable[[Here, Any], tuple[str, str]]
    card: Callable[[Any], ft.Control]


def use_lists() -> dict[str, ToDecide] | None:
    """All lists by name, in the order of their chips; None until all are known."""
    h = here()
    conflicts = use_query(questions.list_conflicts, limit=MOST)
    doubles = use_query(questions.list_proposals, limit=MOST)
    aside = use_set_aside(decided=False)
    me = h.identity.person_id if h.identity else ""
    unchecked = use_query(questions.list_unchecked, since=today() - CHECKED, but=me, limit=MOST)
    if not (conflicts.loaded and doubles.loaded and aside.loaded and unchecked.loaded):
        return None
    return {
        "conflicts": ToDecide(conflicts.rows, _id, _conflict, lambda row: TwoValues(row=row, key=row.id)),
        "doubles": ToDecide(doubles.rows, _id, _double, lambda row: TwoGroups(row=row, key=row.id)),
        "checks": ToDecide(unchecked.rows, _id, _check, lambda row: CheckCard(row=row, key=row.id)),
        "aside": ToDecide(aside.rows, place_of, _aside, lambda row: SetAsideCard(row=row, key=place_of(row))),
    }


def use_set_aside(*, decided: bool) -> Answer[list[Any]]:
    """What the centre did not take from people here; asked again after each deed."""
    return use_asked(
        lambda workspace: workspace.perform(ListSetAside(decided=decided, limit=MOST)), ASIDE, "aside", decided
    )


def place_of(row: Any) -> str:
    """A set-aside change by its place in its batch."""
    return f"{row.device}-{row.number}-{row.row}"


def line(key: str, words: str, about: str, on_click: Callable[[Any], Any], chosen: bool) -> ft.Control:
    """One thing to decide as a line of the list at the left."""
    tile = ft.ListTile(
        key=f"line-{key}",
        on_click=on_click,
        bgcolor=ft.Colors.SECONDARY_CONTAINER if chosen else None,
        content_padding=ft.Padding.symmetric(horizontal=theme.GAP, vertical=2),
        title=body(words, max_lines=2, overflow=ft.TextOverflow.ELLIPSIS, style=theme.bold(theme.BODY)),
        subtitle=small(about, max_lines=2, overflow=ft.TextOverflow.ELLIPSIS),
        trailing=ft.Icon(ft.Icons.CHEVRON_RIGHT, color=ft.Colors.OUTLINE),
    )
    return named(f"line-{key}", tile, selected=chosen)


def _id(row: Any) -> str:
    return str(row.id)


def _conflict(h: Here, row: Any) -> tuple[str, str]:
    about = [
        h.words.field(row.record_kind, row.field) if row.field != "deleted_on" else h.say("conflicts.work_on_deleted"),
        h.name_of(row.winning_person_name, row.winning_person_name_hi),
        h.name_of(row.losing_person_name, row.losing_person_name_hi),
    ]
    return where(h, row.shg_name, row.village_name, row.village_name_hi), " · ".join(filter(None, about))


def _double(h: Here, row: Any) -> tuple[str, str]:
    one = where(h, row.shg_name, row.village_name, row.village_name_hi)
    return one, where(h, row.other_name, row.other_village_name, row.other_village_name_hi)


def _check(h: Here, row: Any) -> tuple[str, str]:
    author = h.name_of(row.formed_by_name, row.formed_by_name_hi)
    about = " · ".join(filter(None, [show_day(row.formed_on), author]))
    return where(h, row.name, row.village_name, row.village_name_hi), about


def _aside(h: Here, row: Any) -> tuple[str, str]:
    kind = h.words.kind(row.kind) if row.kind in KINDS else h.say("value.newer")
    person = h.name_of(row.person_name, row.person_name_hi) or h.say("history.elsewhere")
    about = h.say("history.by", person=person, time=said_time(h.words, row.at_ms))
    return (f"{kind}: {row.title}" if row.title else kind), f"{about} · {h.words.problem(row.code)}"

"""The branch whose board is looked at: chosen once, remembered, and changed by a tap."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flet as ft

from records.workspace import Workspace
from screens import questions
from screens.context import Here, here
from screens.guarding import guard, part
from screens.parts.picker import tile
from screens.parts.pieces import body, heading, icon_deed, named, small
from screens.use_query import use_asked

REMEMBERED = "board.branch"
ALL = "all"
KINDS = frozenset({"Shg", "SavingsAccount", "BankBranch", "ServiceArea", "Place", REMEMBERED, "sync"})


@dataclass(frozen=True)
class BranchChoice:
    """One board to look at: a branch, those without one, or all."""

    id: str | None
    name: str
    name_hi: str | None
    pending: int | None = None


@dataclass(frozen=True)
class Chosen:
    """What is chosen, and what else there is; `id` None for all."""

    id: str | None = None
    choices: tuple[BranchChoice, ...] = ()
    loaded: bool = False

    @property
    def one(self) -> BranchChoice | None:
        return next((choice for choice in self.choices if choice.id == self.id), None)


def has_branches(h: Here) -> bool:
    """Whether she works by branches: an ABM's accounts are those of her groups, wherever they are."""
    return bool({"bank_sakhi", "supervisor"} & set(h.roles))


def use_branch(again: int = 0) -> Chosen:
    """The board that was chosen last; a bank sakhi begins with the branch of hers at which most waits.

    `again`: another number after something else was chosen.
    """
    h = here()
    own = h.identity.branches if h.identity else ()
    by_branch = has_branches(h)
    found = use_asked(
        lambda workspace: chosen_of(workspace, own, by_branch), KINDS, "branch", own, by_branch, again, meanwhile=True
    )
    return found.value or Chosen()


def chosen_of(workspace: Workspace, own: tuple[str, ...], by_branch: bool) -> Chosen:
    if not by_branch:
        return Chosen(loaded=True)
    rows = workspace.ask(questions.list_board_branches, among=own or None)
    choices = tuple(
        BranchChoice(row.id, f"{row.bank_name}, {row.name}", f"{row.bank_name}, {row.name_hi or row.name}", row.pending)
        for row in rows
    )
    choices += (BranchChoice(questions.NO_BRANCH, "", None), BranchChoice(None, "", None))
    kept = workspace.setting(REMEMBERED)
    ids = {choice.id for choice in choices}
    if kept == ALL or (kept and kept in ids):
        return Chosen(None if kept == ALL else kept, choices, True)
    return Chosen(choices[0].id if own and rows else None, choices, True)


def branch_question(h: Here, chosen: Chosen) -> dict[str, Any]:
    """What the board's queries are asked about."""
    return {"branch_id": chosen.id, "panchayats": h.mine}


def branch_words(h: Here, choice: BranchChoice | None) -> str:
    if choice is None or choice.id is None:
        return h.say("board.all_branches")
    return h.say("board.no_branch") if choice.id == questions.NO_BRANCH else h.name_of(choice.name, choice.name_hi)


@part
def BranchTile(*, chosen: Chosen, on_pick: Callable[[str | None], None]) -> ft.Control:
    """Which branch's board this is, and the list of others behind it."""
    h = here()
    opened, set_opened = ft.use_state(False)

    async def pick(id: str | None) -> None:
        set_opened(False)
        await asyncio.to_thread(h.workspace.keep_setting, REMEMBERED, id or ALL)
        on_pick(id)

    ft.use_dialog(_sheet(h, chosen, pick, lambda: set_opened(False)) if opened else None)
    return tile(
        "branch", h.say("board.branch"), branch_words(h, chosen.one), None, guard(set_opened, True), filled=True
    )


def _sheet(h: Here, chosen: Chosen, pick: Callable[..., Any], close: Callable[[], None]) -> ft.BottomSheet:
    return ft.BottomSheet(
        fullscreen=True,
        use_safe_area=True,
        bgcolor=ft.Colors.SURFACE,
        shape=ft.RoundedRectangleBorder(radius=0),
        on_dismiss=guard(close),
        content=ft.Column(
            [
                ft.Row(
                    [
                        icon_deed(ft.Icons.ARROW_BACK, h.say("do.back"), "branch-close", guard(close)),
                        ft.Container(heading(h.say("board.branch")), expand=True),
                    ]
                ),
                ft.ListView([_line(h, one, one.id == chosen.id, pick) for one in chosen.choices], expand=True),
            ],
            expand=True,
        ),
    )


def _line(h: Here, choice: BranchChoice, chosen: bool, pick: Callable[..., Any]) -> ft.Control:
    key = f"branch-{choice.id or ALL}"
    about = None if choice.pending is None else small(h.say("board.pending", count=choice.pending))
    return named(
        key,
        ft.ListTile(
            key=key,
            title=body(branch_words(h, choice)),
            subtitle=about,
            leading=ft.Icon(ft.Icons.RADIO_BUTTON_CHECKED if chosen else ft.Icons.RADIO_BUTTON_UNCHECKED),
            on_click=guard(pick, choice.id),
        ),
    )

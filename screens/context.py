"""What every screen can reach: the workspace, the device's services, who works here, and the words of her language."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flet as ft

from records.access import editable
from records.ports import Services
from records.workspace import Identity, Workspace
from screens.words import Words

Tab = tuple[str, str, ft.IconData, ft.IconData]
"""(address, key of its words, icon, icon when chosen)"""


@dataclass(frozen=True)
class House:
    """Where the screens are shown: which there are, the tabs at the foot, and whose words are said.

    `at`: "" on a phone, "console" at the office; see `screens.words.Words`.
    """

    routes: list[ft.Route]
    tabs: tuple[Tab, ...]
    at: str = ""


@dataclass(frozen=True)
class Here:
    """Handed down once from the top. A change of language or person makes a new one, and all is drawn again."""

    workspace: Workspace
    services: Services
    words: Words
    set_language: Callable[[str], None]
    identity: Identity | None = None
    tabs: tuple[Tab, ...] = ()
    look: str = "light"
    text_size: str = "normal"
    set_look: Callable[[str, str], Any] = lambda look, text_size: None
    wide: bool = False
    """Whether there is room for a rail and for two things side by side."""

    @property
    def say(self) -> Callable[..., str]:
        return self.words.say

    @property
    def roles(self) -> tuple[str, ...]:
        return self.identity.roles if self.identity else ()

    @property
    def panchayats(self) -> tuple[str, ...] | None:
        """The gram panchayats to which her choice of a village is limited; None for whoever registers no groups."""
        registers = editable(self.roles, "Shg", "village_id", new=True)
        return self.identity.panchayats if self.identity and registers else None

    @property
    def mine(self) -> tuple[str, ...] | None:
        """The gram panchayats whose work is hers, where this phone holds others too; None for all here."""
        return self.panchayats if set(self.roles) == {"abm"} else None

    def is_elsewhere(self, gram_panchayat_id: str | None) -> bool:
        """Whether a group there is held only to recognise doubles, as an ABM holds those of her block's other
        panchayats: its members and its account are not on this phone, and she may not change it."""
        if self.panchayats is None or set(self.roles) != {"abm"} or gram_panchayat_id is None:
            return False
        return gram_panchayat_id not in self.panchayats

    def name_of(self, latin: str | None, hindi: str | None) -> str:
        """A place's, branch's or person's name as the reader's language has it."""
        return (hindi or latin or "") if self.words.language == "hi" else (latin or hindi or "")


HereContext = ft.create_context(None)


def here() -> Here:
    """What this screen can reach. To be called in a component, at the same place in every render."""
    return ft.use_context(HereContext)

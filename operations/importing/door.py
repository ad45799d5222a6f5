"""The centre's door for lists, as the importers need it: `server.importing.Importing`, or a test's own."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from server.importing import Listed, NamedGroup, Taken, Uncoded

__all__ = ["Door", "Listed", "NamedGroup", "Taken", "Uncoded"]


class Door(Protocol):
    """Takes in listed records, parents before children, and knows who bears a portal code."""

    def take(self, listed: Sequence[Listed]) -> list[Taken]: ...
    def group_of_code(self, codes: Iterable[str]) -> dict[str, str]: ...
    def member_of_code(self, codes: Iterable[str]) -> dict[str, str]: ...
    def groups_without_code(self) -> dict[NamedGroup, str]: ...
    def members_without_code(self, groups: Iterable[str]) -> list[Uncoded]: ...

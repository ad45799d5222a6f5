"""The centre's door for lists, as the importers need it: `server.importing.Importing`, or a test's own."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from server.importing import Listed, Taken

__all__ = ["Door", "Listed", "Taken"]


class Door(Protocol):
    """Takes in listed records, parents before children, and knows who bears a portal code."""

    def take(self, listed: Sequence[Listed]) -> list[Taken]: ...
    def group_of_code(self, codes: Iterable[str]) -> dict[str, str]: ...
    def member_of_code(self, codes: Iterable[str]) -> dict[str, str]: ...

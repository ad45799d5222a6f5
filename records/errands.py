"""Deeds of the centre that a person asks for at the console; on a phone they are refused with `only_at_office`.

An errand is a frozen class that says what is wanted; how it is done stands at the centre (`server/errands.py`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class SignOut:
    """End this session at the console. Drafts stay for the next one."""


@dataclass(frozen=True)
class MakeReviewPack:
    """The pages for a fortnightly review: of one block, or of every block that the person reviews.

    `form` is one of PACK_FORMS, `language` that of the words. Its receipt is a PackMade.
    """

    form: str = "pdf"
    language: str = "hi"
    block_id: str | None = None


PACK_FORMS = ("pdf", "xlsx")


@dataclass(frozen=True)
class PackMade:
    """A review pack as a file: its name, what is in it, and of how many blocks."""

    name: str
    content: bytes
    mime_type: str
    blocks: int

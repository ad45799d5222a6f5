"""Deeds of the centre that a person asks for at the console; on a phone they are refused with `only_at_office`.

An errand is a frozen class that says what is wanted; how it is done stands at the centre (`server/errands.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class Reading:
    """An errand that only asks: nothing changes by it. After any other one the page hears of `office`."""


@dataclass(frozen=True)
class SignOut:
    """End this session at the console. Drafts stay for the next one."""


# --- work that was set aside


@dataclass(frozen=True)
class ListSetAside(Reading):
    """What the centre did not take from people of one's area, the latest first: [SetAside]. `decided`: what has been
    decided or mended since, instead of what waits."""

    decided: bool = False
    limit: int = 50


@dataclass(frozen=True)
class SetAside:
    """One change that was not taken: what, whose, why. `values`: field -> what was typed, on the wire; `standing`: what
    stands there now, of a known record. `state`: open, refused (its author mends it), accepted, returned, mended.

    `acceptable`: whether an office may apply it as it is.
    """

    device: str
    number: int
    row: int
    kind: str
    record_id: str
    shg_id: str | None
    title: str
    code: str
    field: str | None
    state: str
    at_ms: int
    person_id: str
    person_name: str
    person_name_hi: str | None
    values: Mapping[str, Any]
    standing: Mapping[str, Any]
    acceptable: bool
    reason: str | None = None
    decider_name: str | None = None
    decider_name_hi: str | None = None


@dataclass(frozen=True)
class AcceptChange:
    """Apply a change that was set aside, under its author's name. `seen`: the state it was shown in.

    Raises Refused: changed_meanwhile, or why it cannot be applied; nothing is changed then.
    """

    device: str
    number: int
    row: int
    seen: str


@dataclass(frozen=True)
class SendBack:
    """Give a change back to its author, or to who took over from her, with what is to be done about it."""

    device: str
    number: int
    row: int
    seen: str
    reason: str


# --- work that somebody brings by hand


@dataclass(frozen=True)
class TakeInBundle:
    """A file of a phone that has no network. Its receipt is a BundleTaken. Raises Problem: BUNDLE_CODES; nothing of
    the file is applied then, but what had been before."""

    content: bytes = field(repr=False)


@dataclass(frozen=True)
class BundleTaken:
    """What became of it: `state` as in BundleReply, whose work it is, of how many records, and the answer to bring back
    to her phone."""

    state: str
    device: str
    records: int
    person_name: str
    person_name_hi: str | None
    reply_name: str
    reply: bytes = field(repr=False)


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


@dataclass(frozen=True)
class HoldReview:
    """Keep the figures of a block as they stand today, for the next review to be compared with. Once more on the same
    day: the later ones stand. The supervisor of the block alone; the centre counts, nobody types a figure."""

    block_id: str

"""A photo of a paper that belongs to a group's account. The record says which; its bytes travel apart from records."""

from typing import Annotated

from records.fields import Choice, Count, Day, Parent, PhotoSize, Refers, Sha256, Unlisted
from records.record import Record

PHOTO_KINDS = ("resolution", "passbook")
"""The only papers that are photographed: the resolution to open the account, and the first page of the passbook."""


class Attachment(Record):
    """What is known of a photo. Written once, as it is taken; later it can only be removed and restored.

    `sha256` and `size` (bytes) are those of the JPEG, so that every copy can tell whether it has the whole of it.
    """

    account_id: Annotated[str, Refers("SavingsAccount"), Parent, Unlisted]
    kind: Annotated[str, Choice(*PHOTO_KINDS)]
    sha256: Annotated[Sha256, Unlisted]
    size: Annotated[PhotoSize, Unlisted]
    width: Annotated[Count | None, Unlisted] = None
    height: Annotated[Count | None, Unlisted] = None
    taken_on: Day

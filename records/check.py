"""What a second person found of a group or its account: approved, returned, or seen on a visit (maker-checker)."""

from typing import Annotated

from records.fields import Choice, Day, Parent, Personal, Refers, Remark, Text, Unlisted, YesNo
from records.record import Record

WHATS = ("approval", "group", "account")
"""An approval of what was entered; a sample of new groups, or of opened accounts, verified by visit or call."""

RESULTS = ("approved", "returned", "confirmed", "differs", "not_reached")
"""The first two of an approval, the others of a sample."""


class Check(Record):
    """One look of a second person; never changed by her, a later one stands in its place.

    `by_id` is who looked, and the centre holds it against the device that sends it. `mended`: the author has answered
    what was returned, and it is to be looked at again. `seen`: how the group, or its account, stood when she looked
    (`records/seen.py`); checks of before have none.
    """

    shg_id: Annotated[str, Refers("Shg"), Parent, Unlisted]
    what: Annotated[str, Choice(*WHATS), Unlisted] = "approval"
    result: Annotated[str, Choice(*RESULTS), Unlisted]
    how: Annotated[str | None, Choice("visit", "call"), Unlisted] = None
    reason: Annotated[Remark | None, Personal, Unlisted] = None
    on_day: Annotated[Day, Unlisted]
    by_id: Annotated[str, Refers("Person"), Unlisted]
    mended: Annotated[YesNo, Unlisted] = False
    seen: Annotated[Text | None, Unlisted] = None

"""A question to the office that a copy cannot decide by itself: is this the same group as that one?"""

from typing import Annotated

from records.fields import Choice, Codes, Parent, Refers, Remark, Unlisted
from records.ids import official_id
from records.record import Record

PROPOSALS = ("join",)
STANDS = ("open", "the_same", "not_the_same")
"""`the_same` is remembered beside `Shg.same_as`, which does the joining; `not_the_same` is not proposed again."""

RESEMBLANCES = ("name_and_village", "account_number", "mobile")
"""Why two groups look alike, the strongest evidence last."""


class Proposal(Record):
    """That a group may be the same as another one. Its id follows from the pair, so that it is asked once."""

    shg_id: Annotated[str, Refers("Shg"), Parent, Unlisted]
    other_id: Annotated[str, Refers("Shg"), Unlisted]
    what: Annotated[str, Choice(*PROPOSALS), Unlisted] = "join"
    because: Annotated[Codes, Unlisted] = ()
    state: Annotated[str, Choice(*STANDS), Unlisted] = "open"
    remark: Remark | None = None


def join_id(shg_id: str, other_id: str) -> str:
    """The id of the question whether two groups are one, whichever is asked about."""
    return official_id("samooh/join", "/".join(sorted((shg_id, other_id))))

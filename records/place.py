"""Where people live and work: state, district, block, cluster, gram panchayat, village."""

from typing import Annotated

from records.fields import Choice, Code, Derived, Name, Refers, Text
from records.record import Record

LEVELS = ("state", "district", "block", "cluster", "gram_panchayat", "village")

Level = Annotated[str, Choice(*LEVELS)]
PlaceId = Annotated[str, Refers("Place")]


class Place(Record):
    """A place with its two official codes side by side (field notes 2.7: NRLM and LGD codes differ).

    `local_code` is a code of our own for places without an official one; practice data carry DEMO- there.
    The ancestry columns are derived, so that no query needs to climb.
    """

    level: Level
    parent_id: PlaceId | None = None
    name: Name
    name_hi: Name | None = None
    lgd_code: Code | None = None
    nrlm_code: Code | None = None
    local_code: Code | None = None
    aliases: Text | None = None
    gram_panchayat_id: Annotated[PlaceId | None, Derived] = None
    block_id: Annotated[PlaceId | None, Derived] = None
    district_id: Annotated[PlaceId | None, Derived] = None

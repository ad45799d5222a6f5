"""Numbers that the mission sets and may change: dated, never constants."""

from typing import Annotated

from records.fields import Choice, Count, Day
from records.record import Record

NORM_DEFAULTS = {
    "average_members": 15,
    "least_members": 10,
    "least_members_special": 5,
    "most_members": 20,
    "pending_days": 7,
    "groups_per_bank_sakhi": 100,
    "special_in_average": 1,
    "device_records": 60_000,
    "device_megabytes": 120,
}
"""What holds until the state sets it (field notes 1.1 A6, A7, A9; 2.3). `special_in_average`: 1 where special groups
count in the average of a place, 0 where they do not. `device_...`: what one phone may hold."""


class Norm(Record):
    """The value of one norm from a day on."""

    code: Annotated[str, Choice(*NORM_DEFAULTS)]
    value: Count
    from_on: Day

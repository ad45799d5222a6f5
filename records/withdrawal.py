"""An author takes back a change of hers that the centre has not taken: told to the office, where it waits no longer."""

from typing import Annotated

from records.fields import Code, Refers, Text, Unlisted
from records.ids import official_id
from records.record import Record


class Withdrawal(Record):
    """One change of one record, taken back on its author's phone; never changed afterwards.

    `person_id` is its author, and the centre holds that against the device that sends it. `typed_stamp`: the latest
    stamp of the change, by which it is known again.
    """

    person_id: Annotated[str, Refers("Person"), Unlisted]
    record_kind: Annotated[Text, Unlisted]
    record_id: Annotated[Text, Unlisted]
    typed_stamp: Annotated[Code, Unlisted]


def withdrawal_id(record_id: str, typed_stamp: str) -> str:
    """The id of the withdrawal of a change: two copies of a phone take it back as one."""
    return official_id("samooh/withdrawal", f"{record_id}/{typed_stamp}")

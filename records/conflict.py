"""A value that lost against another and is kept, so that nothing typed is silently overwritten (law 3)."""

from typing import Annotated

from records.fields import Choice, Code, Derived, Personal, Refers, Text, Unlisted
from records.record import Record

VALUES = ("value", "winning_value")
"""The fields that show a value of the record: seen by whoever sees that column of it."""


class Conflict(Record):
    """The losing change of one field. Its id is a hash of record, field and losing stamp; derived on the server.

    `value` and `winning_value` are JSON text; a reader whose columns of the record lack the field gets them as None.
    `winning_value` is what stood beside it while it was open. `decided` is the one thing a person writes here: the
    stamp of the value that need not stand. Putting the losing one back is a change of the record beside it.
    """

    record_kind: Annotated[Text, Derived, Unlisted]
    record_id: Annotated[Text, Derived, Unlisted]
    shg_id: Annotated[str | None, Refers("Shg"), Derived, Unlisted] = None
    field: Annotated[Text, Derived, Unlisted]
    value: Annotated[Text | None, Personal, Derived, Unlisted] = None
    losing_stamp: Annotated[Code, Derived, Unlisted]
    losing_person_id: Annotated[str | None, Refers("Person"), Derived, Unlisted] = None
    winning_stamp: Annotated[Code, Derived, Unlisted]
    winning_person_id: Annotated[str | None, Refers("Person"), Derived, Unlisted] = None
    state: Annotated[str, Choice("open", "own", "closed"), Derived, Unlisted] = "open"
    winning_value: Annotated[Text | None, Personal, Derived, Unlisted] = None
    decided: Annotated[Code | None, Unlisted] = None
    decided_stamp: Annotated[Code | None, Derived, Unlisted] = None
    decider_id: Annotated[str | None, Refers("Person"), Derived, Unlisted] = None

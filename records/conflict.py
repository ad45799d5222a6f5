"""A value that lost against another and is kept, so that nothing typed is silently overwritten (law 3)."""

from typing import Annotated

from records.fields import Choice, Code, Derived, Personal, Refers, Text, Unlisted
from records.record import Record


class Conflict(Record):
    """The losing change of one field. Its id is a hash of record, field and losing stamp; derived on the server.

    `value` is JSON text; a reader whose columns of the record lack the field gets it as None.
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

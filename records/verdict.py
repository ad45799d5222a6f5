"""What an office said about a change that was set aside: told to who typed it, or to who took over from her."""

from typing import Annotated

from records.fields import Choice, Code, Derived, Long, Personal, Refers, Remark, Text, Unlisted, YesNo
from records.record import Record

VERDICTS = ("accepted", "returned", "mended", "withdrawn", "set_aside")
"""`accepted`: applied under its author's name; `returned`: to be mended; `mended`: its author has changed it since;
`withdrawn`: its author has taken it back. `set_aside`: it was held for its parent, and could not be applied when that
came; nobody has decided yet."""


class Verdict(Record):
    """A decision of the office about one change of one record. Its id follows from the change's place in its batch.

    `person_id` is whom it is for; `author_id` who typed the change; `shg_id` its group, as far as it is known.
    `values` is JSON text of what was typed: whoever takes over has it nowhere else. `typed_stamp`: the change's latest.
    `done` is written by whom it is for: nothing of it waits any more.
    """

    person_id: Annotated[str, Refers("Person"), Derived, Unlisted]
    author_id: Annotated[str | None, Refers("Person"), Derived, Unlisted] = None
    record_kind: Annotated[Text, Derived, Unlisted]
    record_id: Annotated[Text, Derived, Unlisted]
    shg_id: Annotated[str | None, Refers("Shg"), Derived, Unlisted] = None
    title: Annotated[Text | None, Personal, Derived, Unlisted] = None
    values: Annotated[Long | None, Personal, Derived, Unlisted] = None
    code: Annotated[Code, Derived, Unlisted]
    field: Annotated[Code | None, Derived, Unlisted] = None
    state: Annotated[str, Choice(*VERDICTS), Derived, Unlisted] = "returned"
    reason: Annotated[Remark | None, Personal, Derived, Unlisted] = None
    typed_stamp: Annotated[Code | None, Derived, Unlisted] = None
    decider_id: Annotated[str | None, Refers("Person"), Derived, Unlisted] = None
    decided_stamp: Annotated[Code | None, Derived, Unlisted] = None
    done: Annotated[YesNo, Unlisted] = False

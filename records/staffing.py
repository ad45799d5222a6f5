"""Deeds of the centre about the people of an area, their work and their devices (see `records/errands.py`).

A supervisor does them within her own blocks, for people who are ABM or bank sakhi there and nothing elsewhere; the
centre judges each one (docs/adr/0019). Refused: out_of_reach for everybody and everything else.
"""

from dataclasses import dataclass
from datetime import date

from records.errands import Reading

STAFF = ("abm", "bank_sakhi")
"""The roles that a block office gives by itself."""


@dataclass(frozen=True)
class Workplace:
    """A gram panchayat, a cluster of them, or a bank branch at which somebody may work. `level`: of a place."""

    id: str
    role: str
    name: str
    name_hi: str | None
    level: str | None = None


@dataclass(frozen=True)
class Work:
    """One assignment: who works where, from when to when. `level`: of the place, None at a branch."""

    id: str
    role: str
    place_name: str | None
    place_name_hi: str | None
    from_on: date
    to_on: date | None
    in_charge: bool
    level: str | None = None


@dataclass(frozen=True)
class DeviceLine:
    """A device as it last spoke: when, with which app, how much it had not sent, since when, and how many drafts."""

    number: str
    name: str
    enrolled_ms: int
    last_contact_ms: int | None
    app: str | None
    unsent: int | None
    oldest_unsent_ms: int | None
    drafts: int | None
    revoked: bool


@dataclass(frozen=True)
class PersonLine:
    """A person of the area. `tended`: the office of this block may give her codes, shut out her devices, hand over.

    `set_aside`: her changes that wait for the office; `returned`: those that were sent back and wait for her.
    """

    id: str
    name: str
    name_hi: str | None
    work: tuple[Work, ...]
    devices: tuple[DeviceLine, ...]
    tended: bool
    set_aside: int = 0
    returned: int = 0


@dataclass(frozen=True)
class Staff:
    """The people of one's area by name, and where somebody may be put to work there."""

    people: tuple[PersonLine, ...]
    workplaces: tuple[Workplace, ...]


@dataclass(frozen=True)
class ListStaff(Reading):
    """Who works in one's blocks, with their devices: Staff."""


@dataclass(frozen=True)
class AddPerson:
    """A new person and her first work: her id. `where_id`: a panchayat or a cluster for an ABM, a branch for a
    bank sakhi."""

    name: str
    role: str
    where_id: str
    name_hi: str | None = None
    from_on: date | None = None
    to_on: date | None = None
    in_charge: bool = False


@dataclass(frozen=True)
class Assign:
    """Further work for a known person. `from_on` None: from today."""

    person_id: str
    role: str
    where_id: str
    from_on: date | None = None
    to_on: date | None = None
    in_charge: bool = False


@dataclass(frozen=True)
class IssueCode:
    """A one-time code for a person's phone: its digits, good for 72 hours and told here once."""

    person_id: str


@dataclass(frozen=True)
class PrintCodes:
    """A sheet with a code for each of these people, as a PDF; in Hindi or English."""

    person_ids: tuple[str, ...]
    language: str = "hi"


@dataclass(frozen=True)
class RevokeDevice:
    """Shut out a device for good. What it has sent stays; what it has not sent stays on it."""

    number: str


@dataclass(frozen=True)
class HandOver:
    """All of a person's work here goes to another from today on, in one step: HandedOver.

    `to_id`: another person of the area, or whoever asks for this herself, in charge of the post. What is on the
    leaving person's phone stays on it and is still delivered under her name.
    """

    person_id: str
    to_id: str
    in_charge: bool = False


@dataclass(frozen=True)
class HandedOver:
    """What a handover moved: assignments, set-aside and returned work, and open conflicts that the next one now sees.

    `unsent` and `drafts` are what her devices last reported: they stay there.
    """

    work: int
    set_aside: int
    returned: int
    conflicts: int
    unsent: int
    drafts: int

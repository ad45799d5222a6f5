"""The people of the mission and where they work."""

from typing import Annotated

from records.fields import Choice, Day, Derived, Name, Refers, YesNo
from records.place import PlaceId
from records.record import Record

ROLES = ("abm", "bank_sakhi", "supervisor", "nodal", "district", "admin")
Role = Annotated[str, Choice(*ROLES)]


class Person(Record):
    """Someone who works for the mission, known to colleagues by name."""

    name: Name
    name_hi: Name | None = None
    home_id: PlaceId
    district_id: Annotated[PlaceId | None, Derived] = None


class Assignment(Record):
    """Who works where, in which role, from when to when. A cluster or gram panchayat, block, district, or a branch."""

    person_id: Annotated[str, Refers("Person")]
    role: Role
    place_id: PlaceId | None = None
    branch_id: Annotated[str, Refers("BankBranch")] | None = None
    from_on: Day
    to_on: Day | None = None
    in_charge: YesNo = False
    district_id: Annotated[PlaceId | None, Derived] = None

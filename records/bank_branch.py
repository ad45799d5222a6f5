"""Bank branches and the villages they serve."""

from typing import Annotated

from records.fields import Code, Derived, Ifsc, Name, Refers
from records.place import PlaceId
from records.record import Record


class BankBranch(Record):
    """A branch that is chosen by name. Branches may share an IFSC: Gramin Bank branches use their sponsor's."""

    bank_name: Name
    name: Name
    name_hi: Name | None = None
    ifsc: Ifsc
    block_id: PlaceId
    local_code: Code | None = None
    district_id: Annotated[PlaceId | None, Derived] = None


class ServiceArea(Record):
    """A village that a branch serves."""

    branch_id: Annotated[str, Refers("BankBranch")]
    village_id: PlaceId
    local_code: Code | None = None
    district_id: Annotated[PlaceId | None, Derived] = None

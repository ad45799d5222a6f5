"""The self-help group: the record that everything in the field hangs on."""

from typing import Annotated

from records.fields import (
    Choice,
    Codes,
    Count,
    Day,
    DayOfMonth,
    Derived,
    Mobile,
    Months,
    Name,
    Percent,
    Personal,
    PinCode,
    Refers,
    Remark,
    Rupees,
    Text,
    YesNo,
)
from records.livelihoods import Livelihood
from records.place import PlaceId
from records.portal import PortalCode, PortalDiffers, PortalStatus
from records.record import Record

MemberId = Annotated[str, Refers("Member")]
Rhythm = Annotated[str, Choice("weekly", "fortnightly", "monthly")]

PROMOTERS = ("nrlm", "state_project", "sgsy", "ngo", "other")
NAMED_PROMOTERS = ("ngo", "other")
"""Promoters of which there are many, so that the name is asked for (field notes 2.1, field 205)."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKS_OF_RHYTHM = {
    "fortnightly": ("first", "second", "on_date"),
    "monthly": ("first", "second", "third", "fourth", "last", "on_date"),
}
"""Which weeks of the month a rhythm knows; `first` of a fortnightly group is the first and third week, `second` the
second and fourth. A weekly group has none (field notes 2.1, fields 107 to 707)."""


class Shg(Record):
    """A self-help group, its fields in the order of the paper register and of the portal's screens.

    Its declared member count and its roster are two facts; both are shown (design 3). `name_other` is the name in the
    other script than `name`. Office bearers are fields, two of whom sign for the account. `formed_by_id` is who formed
    it in the field, who need not be who typed it. `restarted_on` is the day of revival or of co-option.
    """

    village_id: PlaceId
    name: Name
    name_other: Name | None = None
    formed_on: Day
    formed_by_id: Annotated[str, Refers("Person")] | None = None
    declared_members: Count | None = None
    promoted_by: Annotated[str, Choice(*PROMOTERS)] | None = None
    promoter_name: Name | None = None
    origin: Annotated[str, Choice("new", "revived", "co_opted")] = "new"
    restarted_on: Day | None = None
    group_type: Annotated[str, Choice("women", "special")] = "women"
    special_kind: Annotated[str, Choice("pvtg", "disabled", "elderly", "other")] | None = None
    special_note: Name | None = None
    meeting_rhythm: Rhythm | None = None
    meeting_week: Annotated[str, Choice(*WEEKS_OF_RHYTHM["monthly"])] | None = None
    meeting_weekday: Annotated[str, Choice(*WEEKDAYS)] | None = None
    meeting_date: DayOfMonth | None = None
    saving_rhythm: Rhythm | None = None
    saving_amount: Rupees | None = None
    saving_interest: Percent | None = None
    voluntary_saving: YesNo | None = None
    voluntary_interest: Percent | None = None
    bookkeeper: Annotated[str, Choice("internal", "external", "none")] | None = None
    bookkeeper_name: Annotated[Name | None, Personal] = None
    bookkeeper_mobile: Annotated[Mobile | None, Personal] = None
    livelihood: Livelihood | None = None
    livelihood_second: Livelihood | None = None
    livelihood_third: Livelihood | None = None
    tenure_months: Months | None = None
    president_id: MemberId | None = None
    president_from: Day | None = None
    president_signs: YesNo | None = None
    secretary_id: MemberId | None = None
    secretary_from: Day | None = None
    secretary_signs: YesNo | None = None
    treasurer_id: MemberId | None = None
    treasurer_from: Day | None = None
    treasurer_signs: YesNo | None = None
    mobile: Annotated[Mobile | None, Personal] = None
    mobile_of_id: MemberId | None = None
    address: Annotated[Text | None, Personal] = None
    pin_code: Annotated[PinCode | None, Personal] = None
    active: YesNo = True
    inactive_reason: (
        Annotated[str, Choice("not_meeting", "members_left", "joined_another", "dispute", "other")] | None
    ) = None
    account_needed: YesNo = True
    remarks: Annotated[Remark | None, Personal] = None
    same_as: Annotated[str, Refers("Shg")] | None = None
    portal_code: PortalCode = None
    portal_status: PortalStatus = "not_entered"
    portal_differs: PortalDiffers = None
    roster_count: Annotated[Count | None, Derived] = None
    marks: Annotated[Codes, Derived] = ()
    canonical_id: Annotated[str | None, Refers("Shg"), Derived] = None


OFFICES = ("president", "secretary", "treasurer")
"""Offices of a group; each is three fields: `<office>_id`, since when `<office>_from`, and `<office>_signs`."""

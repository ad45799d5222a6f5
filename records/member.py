"""A woman in a self-help group."""

from typing import Annotated

from records.fields import Age, Choice, Day, Mobile, Name, Parent, Personal, Refers, Unlisted, YesNo
from records.livelihoods import Livelihood
from records.portal import PortalCode, PortalDiffers, PortalStatus
from records.record import Record


class Member(Record):
    """A member of one group, her fields in the order of the portal's screens (field notes 2.2).

    Leaving is `left_on`, with its reason, not deletion. Either her birth date is known or her age, as it was on
    `age_on`. `name_other` is the name in the other script than `name`. No Aadhaar number is ever kept (design 3).
    """

    shg_id: Annotated[str, Refers("Shg"), Parent]
    name: Annotated[Name, Personal]
    name_other: Annotated[Name | None, Personal] = None
    guardian_name: Annotated[Name | None, Personal] = None
    guardian_of: Annotated[str, Choice("husband", "father", "mother", "other")] | None = None
    age: Annotated[Age | None, Personal] = None
    age_on: Annotated[Day | None, Personal, Unlisted] = None
    born_on: Annotated[Day | None, Personal] = None
    mobile: Annotated[Mobile | None, Personal] = None
    may_be_called: YesNo | None = None
    joined_on: Day | None = None
    social_category: Annotated[str | None, Choice("sc", "st", "obc", "general", "minority"), Personal] = None
    marital_status: Annotated[
        str | None, Choice("married", "unmarried", "widowed", "divorced", "separated"), Personal
    ] = None
    head_of_family: Annotated[YesNo | None, Personal] = None
    education: (
        Annotated[
            str,
            Choice(
                "none", "can_sign", "primary", "middle", "secondary", "higher_secondary", "graduate", "post_graduate"
            ),
        ]
        | None
    ) = None
    disability: Annotated[str | None, Choice("none", "self", "family"), Personal] = None
    disability_kind: Annotated[
        str | None,
        Choice("movement", "sight", "hearing", "speech", "intellectual", "mental_illness", "several", "other"),
        Personal,
    ] = None
    insured: YesNo | None = None
    insurance: Annotated[str, Choice("pmjjby", "pmsby", "both", "life", "health", "other")] | None = None
    insured_until: Day | None = None
    livelihood: Livelihood | None = None
    livelihood_second: Livelihood | None = None
    livelihood_third: Livelihood | None = None
    consented: YesNo | None = None
    left_on: Day | None = None
    left_reason: (
        Annotated[
            str, Choice("moved_away", "married_away", "other_group", "own_wish", "asked_to_leave", "died", "other")
        ]
        | None
    ) = None
    portal_code: PortalCode = None
    portal_status: PortalStatus = "not_entered"
    portal_differs: PortalDiffers = None

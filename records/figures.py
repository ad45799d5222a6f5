"""What the figures mean, once: every list and report uses these (design 3).

`storage/queries/figures.py` says the same in SQL; a test holds both against each other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from records.norm import NORM_DEFAULTS, Norm

NOT_PENDING = ("opened", "passbook_received", "closed", "not_needed", "unknown")
"""States of an account that nobody needs to chase; `unknown` says "update the app" and is not counted."""


OPENED = ("opened", "passbook_received")
"""States of an account that is there."""


def members_of(roster_count: int | None, declared: int | None) -> int:
    """Members of a group: the present roster if there is any, else the declared number, else 0."""
    return roster_count or declared or 0


def is_counted(*, deleted: bool, active: bool, id: str, canonical_id: str | None) -> bool:
    """Whether a group counts as one: present, active, and not the same as one that counts already."""
    return not deleted and active and not is_joined(id=id, canonical_id=canonical_id)


def is_joined(*, id: str, canonical_id: str | None) -> bool:
    """Whether a group was said to be the same as another one, which stands for both."""
    return canonical_id not in (None, id)


def is_pending(*, active: bool, account_needed: bool, state: str) -> bool:
    """Whether a group waits for its account: active, needing one, the state before `opened`."""
    return active and account_needed and state not in NOT_PENDING


def begun_on(formed_on: date, restarted_on: date | None) -> date:
    """The day from which a group exists for the mission: of revival or co-option, else of formation."""
    return restarted_on or formed_on


def age_days(*, formed_on: date, restarted_on: date | None, today: date) -> int:
    """Days a group has existed for the mission."""
    return (today - begun_on(formed_on, restarted_on)).days


def is_begun_this_month(begun: date, today: date) -> bool:
    """Whether a group counts among those formed in the month of today; a day that is yet to come does not count."""
    return month_begins(today) <= begun <= today


def month_begins(today: date) -> date:
    return today.replace(day=1)


REVIEW_DAYS = 15
"""Days from one review of a block to the next (field notes 1.1 A16)."""


def review_days(today: date) -> tuple[date, date]:
    """The first and the last day that a review looks back on; both count."""
    return today - timedelta(days=REVIEW_DAYS - 1), today


def is_too_few(members: int, least: int) -> bool:
    """Whether a group has fewer members than the norm. Of a group whose number nobody has told this is not known."""
    return 0 < members < least


def is_overdue(age: int, norm_days: int) -> bool:
    """Whether a pending account is older than the norm."""
    return age > norm_days


AGES = ("within", "to_30", "to_90", "over_90")
"""How long an account has been pending: within the norm, then up to so many days."""
AGE_ENDS = (30, 90)


def age_band(age: int, norm_days: int) -> str:
    """One of AGES. A norm of more than 30 days leaves the band after it narrower or empty."""
    for band, end in zip(AGES, (norm_days, *AGE_ENDS), strict=False):
        if age <= end:
            return band
    return AGES[-1]


def sakhis_needed(groups: int, per_sakhi: int) -> int:
    """Bank sakhis that so many groups at one branch need; those of a place are the sum over its branches."""
    return -(-groups // per_sakhi) if per_sakhi else 0


def is_averaged(group_type: str | None, special_counts: bool) -> bool:
    """Whether a group that counts also counts in the average of its place: special ones by a dated norm."""
    return special_counts or group_type != "special"


def missing_to_norm(members: int, groups: int, norm: int) -> int | None:
    """How many more women would bring the average of a whole place to the norm.

    None where there is one group only: the norm is about places, and is never a number that one group must find.
    """
    return max(0, norm * groups - members) if groups > 1 else None


def room_in(members: int, group_type: str | None, most: int) -> int:
    """How many women a group could still take in. None for special groups, nor where the number is not known."""
    return max(0, most - members) if members and group_type != "special" else 0


@dataclass(frozen=True)
class Found:
    """What the sample found of the entries that a count counts, by the last look at each. `checked`: a second person
    found out, `as_told` of these it was as entered; `not_reached`: she tried, and found out nothing."""

    checked: int
    as_told: int
    not_reached: int


SAMPLED = {"groups": "group", "formed": "group", "opened": "account"}
"""Counts that stand beside what a sample found -> what is looked at for it, one of the sample's `WHATS`."""


def found_of(results: Iterable[str]) -> Found:
    """`results`: of each entry that was looked at, what the last look came to."""
    every = list(results)
    as_told, differs = every.count("confirmed"), every.count("differs")
    return Found(as_told + differs, as_told, every.count("not_reached"))


def average(members: int, groups: int) -> float | None:
    """Members per active group of a unit, one decimal; None for a unit without groups. The norm is about this."""
    return round(members / groups, 1) if groups else None


def norm_on(norms: Iterable[Norm], code: str, day: date) -> int:
    """The value of a norm on a day: the latest that has begun, else the default."""
    begun = [norm for norm in norms if norm.code == code and norm.from_on <= day and not norm.deleted_on]
    return max(begun, key=lambda norm: (norm.from_on, norm.id)).value if begun else NORM_DEFAULTS[code]


@dataclass(frozen=True)
class Yardstick:
    """What groups are measured by today: the day, and the norms that hold on it."""

    today: date
    pending_days: int = NORM_DEFAULTS["pending_days"]
    least: int = NORM_DEFAULTS["least_members"]
    least_special: int = NORM_DEFAULTS["least_members_special"]
    average: int = NORM_DEFAULTS["average_members"]
    most: int = NORM_DEFAULTS["most_members"]
    per_sakhi: int = NORM_DEFAULTS["groups_per_bank_sakhi"]
    special_counts: bool = bool(NORM_DEFAULTS["special_in_average"])


def yardstick_on(norms: Iterable[Norm], day: date) -> Yardstick:
    """The norms that hold on a day."""
    known = list(norms)
    return Yardstick(
        day,
        norm_on(known, "pending_days", day),
        norm_on(known, "least_members", day),
        norm_on(known, "least_members_special", day),
        norm_on(known, "average_members", day),
        norm_on(known, "most_members", day),
        norm_on(known, "groups_per_bank_sakhi", day),
        norm_on(known, "special_in_average", day) != 0,
    )

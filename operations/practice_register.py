"""A register of practice: groups, their members and accounts, as a block or a whole state has them, of nobody real.

Group number n follows from the seed, the villages and n alone, so that a register of forty groups is the beginning of
one of five hundred thousand, and groups are made one at a time, whatever the size. Names are common ones combined at
random (`operations/practice_names.py`). All mobile numbers stand in one narrow range kept for practice; no number
looks like an Aadhaar number.

How it is spread: a mean near 12.4 members and a tenth of the groups without an account, as in Madhya Pradesh (field
notes 1.3); more groups of late than of old; ages with most women about 35.
"""

import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import TypeVar

from operations.practice_names import GROUP_FORMS, GROUPS, MEN, MIDDLE, SURNAMES, WOMEN, Written
from operations.practice_places import GROUPS_PER_BLOCK, Branch, Village
from records.aadhaar import verhoeff_check_digit, verhoeff_holds
from records.ids import first_account_id, official_id
from records.savings_account import RETURN_REASONS
from records.shg import OFFICES

AS_ON = date(2026, 11, 1)
"""The day a register stands at, where none is named."""
FIRST_FORMED = date(2012, 4, 1)

MOBILES_OF_PRACTICE = "65555"
"""With these five digits begins every mobile number of the register."""

SIZES = range(10, 21)
SHARES_OF_SIZES = (23, 18, 17, 12, 8, 10, 4, 2, 3, 1, 2)
"""How many groups of a hundred have so many members: ten is the least that the rules want."""
SPECIAL_SIZES = range(5, 10)

NEVER_BEGUN = 0.35
"""Of the groups without an account, those for which nobody has begun anything."""
WAYS = {
    ("resolution_passed",): 15,
    ("resolution_passed", "kyc_collected"): 12,
    ("resolution_passed", "kyc_collected", "form_filled"): 13,
    ("resolution_passed", "kyc_collected", "form_filled", "submitted"): 30,
    ("resolution_passed", "kyc_collected", "form_filled", "submitted", "returned"): 30,
}
"""How far the others of them have come, in shares of a hundred."""

# How many digits the account numbers of a bank have, by the first letters of the IFSC.
DIGITS = {"SBIN": (11,), "CBIN": (10,), "IDIB": (9, 10), "BKID": (16, 15), "DEMO": (14, 12, 18, 9, 13, 17)}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PracticeMember:
    """A woman of the register. `age` is that of the day the register stands at."""

    code: str
    name: Written
    guardian: Written
    age: int
    born_on: date
    mobile: str | None
    joined_on: date
    left_on: date | None
    office: str | None

    @property
    def id(self) -> str:
        return official_id("nrlm/member", self.code)


@dataclass(frozen=True, slots=True)
class PracticeStep:
    kind: str
    on_day: date
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class PracticeAccount:
    """A savings account, opened or on the way there; the number, its name and day are known once it is opened."""

    branch: Branch
    number: str | None
    name_in_passbook: str | None
    opened_on: date | None
    steps: tuple[PracticeStep, ...]


@dataclass(frozen=True, slots=True)
class PracticeGroup:
    """A group of the register. Women who have left stand last among its members; `signs`: office -> signatory."""

    number: int
    code: str
    name: Written
    village: Village
    formed_on: date
    origin: str
    restarted_on: date | None
    group_type: str
    meeting_rhythm: str
    declared_members: int
    members: tuple[PracticeMember, ...]
    signs: tuple[tuple[str, bool], ...]
    account: PracticeAccount | None

    @property
    def id(self) -> str:
        return official_id("nrlm/shg", self.code)

    @property
    def account_id(self) -> str:
        return first_account_id(self.id)

    @property
    def present(self) -> tuple[PracticeMember, ...]:
        return tuple(member for member in self.members if member.left_on is None)


def practice_register(
    seed: int, villages: Sequence[Village], groups: int, *, today: date = AS_ON
) -> Iterator[PracticeGroup]:
    """The groups of a register one after another, a whole block of `GROUPS_PER_BLOCK` before the next one begins.

    `villages`: those of one or several blocks, block after block. Where there are more groups than the blocks hold,
    all blocks are gone through again.
    """
    blocks = [tuple(some) for _, some in groupby(villages, key=lambda village: village.block.id)]
    if not blocks:
        raise ValueError("a register needs villages")
    for first in range(0, groups, GROUPS_PER_BLOCK):
        turn, at = divmod(first // GROUPS_PER_BLOCK, len(blocks))
        slots = _slots(seed, blocks[at], turn)
        for number in range(first, min(groups, first + GROUPS_PER_BLOCK)):
            village, ordinal = slots[number - first]
            yield _Drawing(seed, number, today).group(village, ordinal)


def _slots(seed: int, villages: Sequence[Village], turn: int) -> list[tuple[Village, int]]:
    """(village, the how-manieth group there) for each group of a block, in an order of the seed's own."""
    whole = sum(village.weight for village in villages)
    slots: list[tuple[Village, int]] = []
    reached = 0.0
    for village in villages:
        begin, reached = reached, reached + village.weight * GROUPS_PER_BLOCK / whole
        quota = round(reached) - round(begin)
        slots += [(village, turn * quota + ordinal) for ordinal in range(quota)]
    random.Random(f"{seed}/{villages[0].block.id}/{turn}").shuffle(slots)
    return slots


class _Drawing:
    """Draws one group. Whatever is drawn depends on the day only through how long ago things were."""

    def __init__(self, seed: int, number: int, today: date) -> None:
        self.seed, self.number, self.today = seed, number, today
        self.chance = random.Random(f"{seed}/{number}")
        self.draw = self.chance.random
        self.code = f"DEMO-{number + 1:06}"

    def group(self, village: Village, ordinal: int) -> PracticeGroup:
        # The root makes late days likelier than early ones.
        lateness = self.draw() ** 0.5
        formed_on = FIRST_FORMED + timedelta(int(lateness * max(0, (self.today - FIRST_FORMED).days)))
        origin = self._one_of(("new", "revived", "co_opted"), (80, 12, 8))
        special = self.draw() < 0.03
        size = self._pick(SPECIAL_SIZES) if special else self._one_of(SIZES, SHARES_OF_SIZES)
        name = self._group_name(village, ordinal)
        # Of some groups only the number of women has been written down so far.
        members = () if self.draw() < 0.02 else tuple(self._members(size, formed_on))
        differs = self._pick((-2, -1, 1, 2)) if self.draw() < 0.05 else 0
        return PracticeGroup(
            number=self.number,
            code=self.code,
            name=name,
            village=village,
            formed_on=formed_on,
            origin=origin,
            restarted_on=None if origin == "new" else self._between(formed_on, self.today),
            group_type="special" if special else "women",
            meeting_rhythm=self._one_of(("weekly", "fortnightly", "monthly"), (78, 15, 7)),
            declared_members=size + differs,
            members=members,
            signs=self._signs() if members else (),
            account=self._account(name, village, formed_on, lateness),
        )

    def _group_name(self, village: Village, ordinal: int) -> Written:
        """Groups of one village have different names, until there are more than names."""
        again, at = divmod(ordinal, len(GROUPS))
        # 27 and the number of names have no divisor in common: each comes once before one comes again.
        first = zlib.crc32(f"{self.seed}/{village.code}".encode())
        name = GROUPS[(first + 27 * at) % len(GROUPS)] + self._one_of(GROUP_FORMS, (30, 25, 30, 5, 10))
        return name + Written(str(again + 1), str(again + 1)) if again else name

    # --- members

    def _members(self, size: int, formed_on: date) -> Iterator[PracticeMember]:
        left = self._pick((1, 1, 2)) if self.draw() < 0.12 else 0
        for number in range(size + left):
            joined_on = formed_on if self.draw() < 0.8 else self._between(formed_on, self.today)
            left_on = self._between(joined_on, self.today) if number >= size else None
            office = OFFICES[number] if number < len(OFFICES) else None
            yield self._member(number, joined_on, left_on, office)

    def _member(self, number: int, joined_on: date, left_on: date | None, office: str | None) -> PracticeMember:
        surname, middle = self._pick(SURNAMES), self._pick(MIDDLE)
        age = 18 + int(52 * self.chance.betavariate(2.3, 3.7))
        return PracticeMember(
            code=f"{self.code}-{number + 1:02}",
            name=self._pick(WOMEN) + middle + surname,
            guardian=self._pick(MEN) + surname,
            age=age,
            born_on=self.today - timedelta(age * 1461 // 4 + 2 + int(self.draw() * 360)),
            mobile=f"{MOBILES_OF_PRACTICE}{int(self.draw() * 100_000):05}" if self.draw() < 0.6 else None,
            joined_on=joined_on,
            left_on=left_on,
            office=office,
        )

    def _signs(self) -> tuple[tuple[str, bool], ...]:
        president, secretary, treasurer = self._one_of(
            ((True, False, True), (True, True, False), (True, True, True), (True, False, False)), (45, 26, 25, 4)
        )
        return tuple(zip(OFFICES, (president, secretary, treasurer), strict=True))

    # --- the account

    def _account(self, name: Written, village: Village, formed_on: date, lateness: float) -> PracticeAccount | None:
        # An account in five is at another branch than the one that serves the village.
        branch = village.branch if self.draw() < 0.8 else self._pick(village.block.branches)
        # Nobody opens an account in a group's first days.
        if self.draw() < 0.904 and lateness < 0.998:
            return self._opened(name, branch, formed_on)
        if self.draw() < NEVER_BEGUN:
            return None
        kinds = self._one_of(tuple(WAYS), tuple(WAYS.values()))
        return PracticeAccount(branch, None, None, None, self._steps(kinds, formed_on))

    def _opened(self, name: Written, branch: Branch, formed_on: date) -> PracticeAccount:
        opened_on = self._between(formed_on, min(self.today, formed_on + timedelta(240)))
        steps = [PracticeStep("opened", opened_on)]
        if self.draw() < 0.25:
            steps.append(PracticeStep("passbook_received", self._between(opened_on, self.today)))
        passbook = name.latin.upper() if self.draw() < 0.8 else name.hindi
        return PracticeAccount(branch, self._account_number(branch), passbook, opened_on, tuple(steps))

    def _account_number(self, branch: Branch) -> str:
        length = self._pick(DIGITS[branch.ifsc[:4]])
        zeros = self._pick((1, 2, 3)) if self.draw() < 0.12 else 0
        number = "0" * zeros + str(1 + int(self.draw() * 9)) + f"{int(self.draw() * 10**17):017}"
        number = number[:length]
        if length == 12 and verhoeff_holds(number):
            # The next digit is no longer the check digit that Aadhaar numbers end in.
            number = number[:11] + str((int(verhoeff_check_digit(number[:11])) + 1) % 10)
        return number

    def _steps(self, kinds: Sequence[str], formed_on: date) -> tuple[PracticeStep, ...]:
        """Steps of the last months, one after the other, none before the group was formed."""
        days = [self.today - timedelta(int(self.draw() * 60))]
        for _ in kinds[1:]:
            days.insert(0, days[0] - timedelta(1 + int(self.draw() * 14)))
        return tuple(
            PracticeStep(kind, max(day, formed_on), self._pick(RETURN_REASONS) if kind == "returned" else None)
            for kind, day in zip(kinds, days, strict=True)
        )

    # --- drawing

    def _pick(self, some: Sequence[T]) -> T:
        return some[int(self.draw() * len(some))]

    def _one_of(self, some: Sequence[T], shares: Sequence[int]) -> T:
        at = self.draw() * sum(shares)
        for one, share in zip(some, shares, strict=True):
            at -= share
            if at < 0:
                return one
        return some[-1]

    def _between(self, first: date, last: date) -> date:
        return first + timedelta(int(self.draw() * ((last - first).days + 1)))

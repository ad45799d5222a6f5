"""Setting up the demo's centre: a block with its branches, its people and its register, through the push of a phone.

The centre begins a fortnight ago, with the register as it stood then and a review held on it; the rest came since.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from operations.demo_places import BADWARA, STATE_CODE, Row, branch_id, district_id, practice_id
from operations.practice_earlier import register_on
from operations.practice_filling import Filled, fill, fill_places
from operations.practice_places import branch_rows, contents, place_rows, practice_blocks, villages_of
from operations.practice_register import PracticeGroup, practice_register
from records.days import day_of
from records.errands import HoldReview
from records.written import show_count, show_day
from server.central_store import CentralStore
from server.console_sessions import ConsoleSessions
from server.reviews import hold_review
from server.serving import now_ms, open_centre

SEED = 3885
"""Of the demo's register: each demo has the same groups."""

BLOCKS = practice_blocks(1)
"""Badwara; the other ten real blocks are known to the centre, and empty."""

AREA = contents(BLOCKS[0]).panchayats[:16]
"""The gram panchayats of the ABM: a quarter of the block, which has four like her."""

SINCE = date(2025, 4, 1)
"""From when the demo's people work where they do: the beginning of a financial year, as in a transfer order."""


@dataclass(frozen=True)
class Someone:
    """One of the demo's people. The names are invented, and marked so: अभ्यास means practice.

    `key` names her phone and its file, `called` is what the story calls her; `works` is (place or None, branch or
    None) of each assignment.
    """

    key: str
    called: str
    role: str
    name: str
    name_hi: str
    works: tuple[tuple[str | None, str | None], ...]

    @property
    def id(self) -> str:
        return practice_id("PERSON", self.key)


ABM = Someone(
    key="abm",
    called="ABM",
    role="abm",
    name="Practice: Sunita Patel",
    name_hi="अभ्यास: सुनीता पटेल",
    works=tuple((panchayat.id, None) for panchayat in AREA),
)
SAKHI = Someone(
    key="sakhi",
    called="Bank sakhi",
    role="bank_sakhi",
    name="Practice: Rekha Kol",
    name_hi="अभ्यास: रेखा कोल",
    works=((None, branch_id("BKID0MG1227")),),
)
SUPERVISOR = Someone(
    key="supervisor",
    called="Supervisor",
    role="supervisor",
    name="Practice: Anjali Tiwari",
    name_hi="अभ्यास: अंजलि तिवारी",
    works=((BADWARA, None),),
)
REVIEWER = Someone(
    key="reviewer",
    called="District reviewer",
    role="district",
    name="Practice: Vivek Singh",
    name_hi="अभ्यास: विवेक सिंह",
    works=((district_id(413), None),),
)
PEOPLE = (ABM, SAKHI, SUPERVISOR, REVIEWER)


GROUPS_PER_SECOND = 80
"""For saying beforehand how long it takes; seen on a laptop."""

FORTNIGHT = timedelta(days=14)
"""So long ago the last review was held."""


def set_up(folder: Path, groups: int = 0, say: Callable[[str], None] = lambda line: None) -> dict[str, str]:
    """Put the demo's records into the centre of a folder, where they are missing, and issue a code for each phone.

    Returns person's key -> one-time code. Done before the server starts, as at an office on its first day. `groups`:
    how many the register of the block has; with none no review has been held either.
    """
    today = day_of(now_ms())
    register = list(practice_register(SEED, villages_of(BLOCKS), groups, today=today))
    if groups:
        long = f" It takes about {groups // GROUPS_PER_SECOND} seconds." if groups > 2 * GROUPS_PER_SECOND else ""
        say(f"The register of Badwara block is being put in: {show_count(groups)} groups.{long}")
        _before(folder, register, today - FORTNIGHT, say)
    centre = open_centre(folder, STATE_CODE)
    try:
        begun = time.monotonic()
        _places(centre)
        if groups:
            then = {group.number: group for group in register_on(register, today - FORTNIGHT)}
            fill(centre, (group for group in register if then.get(group.number) != group))
            whole = Filled.of(register)
            say(
                f"{show_count(whole.groups)} groups and {show_count(whole.members)} members, "
                f"{show_count(whole.records)} records in all with what came since, "
                f"in {time.monotonic() - begun:.1f} seconds."
            )
        return {someone.key: centre.enrolments.code_for(someone.id) for someone in PEOPLE}
    finally:
        centre.close()


def _before(folder: Path, register: Sequence[PracticeGroup], day: date, say: Callable[[str], None]) -> None:
    """The centre as it stood on an earlier day, with the review that the supervisor held on it."""
    earlier = FORTNIGHT // timedelta(milliseconds=1)
    centre = open_centre(folder, STATE_CODE, clock=lambda: now_ms() - earlier)
    try:
        begun = time.monotonic()
        _places(centre)
        filled = fill(centre, register_on(register, day))
        sessions = ConsoleSessions(centre)
        token = sessions.begin(centre.enrolments.console_code_for(SUPERVISOR.id))
        hold_review(sessions, token, HoldReview(BADWARA))
        sessions.end(token)
        say(
            f"As it stood on {show_day(day)}, when the last review was held: {show_count(filled.groups)} groups, "
            f"in {time.monotonic() - begun:.1f} seconds."
        )
    finally:
        centre.close()


def _places(centre: CentralStore) -> None:
    fill_places(centre, [*place_rows(BLOCKS), *branch_rows(BLOCKS), *people_rows()])


def people_rows() -> Iterator[Row]:
    """The people, then what each is assigned to."""
    for someone in PEOPLE:
        yield "Person", someone.id, {"name": someone.name, "name_hi": someone.name_hi, "home_id": BADWARA}
    for someone in PEOPLE:
        for number, (place, branch) in enumerate(someone.works, 1):
            works = {"place_id": place} if place else {"branch_id": branch}
            yield "Assignment", practice_id("ASSIGNMENT", f"{someone.key} {number}"), {
                "person_id": someone.id,
                "role": someone.role,
                "from_on": SINCE.isoformat(),
                **works,
            }  # fmt: skip

"""Setting up the demo's centre: a block with its branches, its people and its register, through the push of a phone."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from operations.demo_places import BADWARA, STATE_CODE, Row, branch_id, district_id, practice_id
from operations.practice_filling import fill, fill_places
from operations.practice_places import branch_rows, contents, place_rows, practice_blocks, villages_of
from operations.practice_register import practice_register
from records.days import day_of
from records.written import show_count
from server.serving import open_centre

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


def set_up(folder: Path, groups: int = 0, say: Callable[[str], None] = lambda line: None) -> dict[str, str]:
    """Put the demo's records into the centre of a folder, where they are missing, and issue a code for each phone.

    Returns person's key -> one-time code. Done before the server starts, as at an office on its first day. `groups`:
    how many the register of the block has.
    """
    centre = open_centre(folder, STATE_CODE)
    try:
        fill_places(centre, [*place_rows(BLOCKS), *branch_rows(BLOCKS), *people_rows()])
        if groups:
            long = f" It takes about {groups // GROUPS_PER_SECOND} seconds." if groups > 2 * GROUPS_PER_SECOND else ""
            say(f"The register of Badwara block is being put in: {show_count(groups)} groups.{long}")
            begun = time.monotonic()
            register = practice_register(SEED, villages_of(BLOCKS), groups, today=day_of(centre.clock()))
            filled = fill(centre, register)
            say(
                f"{show_count(filled.groups)} groups and {show_count(filled.members)} members, "
                f"{show_count(filled.records)} records in all, in {time.monotonic() - begun:.1f} seconds."
            )
        return {someone.key: centre.enrolments.code_for(someone.id) for someone in PEOPLE}
    finally:
        centre.close()


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

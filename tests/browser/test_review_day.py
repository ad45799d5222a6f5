"""The supervisor's review day in a real browser, in Hindi: a conflict decided, a double joined, a group returned."""

import os
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from operations.demo_setup import SUPERVISOR
from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.reference import PutRecord
from records.ids import official_id
from screens.words import words_of
from server.announcing import Watch
from server.central_workspace import CentralWorkspace
from storage.queries import find_shg, list_conflicts, list_returned, list_villages
from tests.browser.test_console import Office, desk, office, sign_in  # noqa: F401  (fixtures)

HINDI = words_of("hi", at="console")
PICTURES = os.environ.get("SAMOOH_PICTURES")
REASON = "सदस्यों की सही संख्या लिखें"


class Day:
    """What waits on the morning of the review: all made by the ABM's phone and at the office."""

    def __init__(self, office: Office) -> None:  # noqa: F811
        office.sync()
        self.office, phone = office, office.phone
        village = phone.ask(list_villages, limit=1, panchayats=phone.identity().panchayats)[0]

        def register(name: str) -> str:
            values = {"village_id": village.id, "name": name, "formed_on": date.today() - timedelta(days=9)}
            return phone.do(RegisterGroup(values)).id

        self.disputed, self.one, self.other = register("सरस्वती"), register("नवदुर्गा समूह"), register("नव दुर्गा")
        office.sync()
        centre = CentralWorkspace(office.centre, Watch(office.centre, seconds=1e9))
        centre.enrol(office.centre.enrolments.console_code_for(SUPERVISOR.id))
        phone.do(ChangeGroup(self.disputed, {"name": "सरस्वती समूह"}))
        centre.do(ChangeGroup(self.disputed, {"name": "माँ सरस्वती"}))
        self.pair = official_id("samooh/join", "/".join(sorted((self.one, self.other))))
        asked = {"shg_id": self.other, "other_id": self.one, "because": ("name_and_village",)}
        phone.do(PutRecord("Proposal", self.pair, asked))
        far = next(
            row for row in phone.ask(list_villages, limit=200) if row.gram_panchayat_id != village.gram_panchayat_id
        )
        phone.do(RegisterGroup({"village_id": far.id, "name": "दूर का समूह", "formed_on": date.today()}))
        office.sync()
        self.conflict = phone.ask(list_conflicts)[0].id


@pytest.fixture(scope="module")
def day(office: Office) -> Day:  # noqa: F811
    return Day(office)


def keep(screen, name: str) -> None:
    if PICTURES:
        screen.picture(Path(PICTURES) / f"{name}.png")


def test_the_review_day(office, desk, day):  # noqa: F811
    screen = desk()
    sign_in(office, screen)
    screen.tap_tab(HINDI.say("nav.decide"))
    screen.sees(HINDI.say("decide.conflicts.explain"))
    screen.tap(f"line-{day.conflict}")
    expect(screen.one(f"conflict-{day.conflict}")).to_be_attached(timeout=30_000)
    keep(screen, "conflicts-1200-hi")
    assert screen.page.url.endswith(f"decide/conflicts/{day.conflict}")
    screen.page.go_back()
    expect(screen.one(f"conflict-{day.conflict}")).to_have_count(0, timeout=30_000)
    screen.page.go_forward()
    screen.open(screen.page.url)
    screen.tap(f"choose-kept-{day.conflict}")
    expect(screen.one(f"conflict-{day.conflict}")).to_have_count(0, timeout=30_000)
    screen.tap("decide-doubles")
    screen.tap(f"line-{day.pair}")
    screen.tap(f"same-{day.pair}")
    expect(screen.one(f"proposal-{day.pair}")).to_have_count(0, timeout=30_000)
    screen.tap("decide-checks")
    screen.tap(f"line-{day.disputed}")
    screen.tap(f"return-{day.disputed}")
    screen.fill(HINDI.say("aside.reason"), REASON)
    keep(screen, "checks-1200-hi")
    screen.tap(f"send-{day.disputed}")
    expect(screen.one(f"check-{day.disputed}")).to_have_count(0, timeout=30_000)

    office.sync()
    phone = office.phone
    assert phone.ask(find_shg, id=day.disputed)[0].name == "सरस्वती समूह" and not phone.ask(list_conflicts)
    assert phone.ask(find_shg, id=day.other)[0].same_as == day.one
    assert [(row.shg_id, row.reason) for row in phone.ask(list_returned)] == [(day.disputed, REASON)]
    assert not screen.asked_outside


@pytest.mark.parametrize(("width", "height"), [(360, 740), (1280, 800)])
def test_everything_of_the_decisions_and_the_people_stands_within_the_window(office, desk, day, width, height):  # noqa: F811
    screen = desk(width, height)
    sign_in(office, screen)
    screen.page.goto(office.address + "decide")
    screen.open(office.address + "decide")
    for name in ("conflicts", "doubles", "checks", "aside", "decided"):
        screen.tap(f"decide-{name}")
        screen.page.wait_for_timeout(300)
        keep(screen, f"{name}-{width}")
        _stands(screen, width)
    for path in ("people", "people/new"):
        screen.open(office.address + path)
        screen.page.wait_for_timeout(600)
        keep(screen, f"{path.replace('/', '-')}-{width}")
        _stands(screen, width)


def _stands(screen, width: int) -> None:
    """Nothing to tap is cut off at the side or smaller than a thumb needs."""
    buttons = screen.page.locator("flt-semantics-host [role=button]").all()
    assert len(buttons) > 3
    for one in buttons:
        box, words = one.bounding_box(), one.get_attribute("aria-label") or one.inner_text()
        assert words.strip()
        if box is None or re.search("back|वापस", words, re.I):
            continue
        assert box["x"] >= 0 and box["x"] + box["width"] <= width + 1, words

"""The supervisor at the block office, in a real browser in Hindi: a code, the groups, a name corrected, and a phone."""

import http.client
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from operations.demo_places import STATE_CODE
from operations.demo_setup import ABM, REVIEWER, SUPERVISOR, set_up
from records.commands.groups import RegisterGroup
from screens.words import words_of
from server.serving import open_centre
from storage.queries import find_shg, list_villages
from storage.store import LocalStore
from storage.workspace import PhoneWorkspace
from sync.enrolling import enrol
from sync.synchronise import synchronise
from tests.browser.phone_screen import PhoneScreen
from tests.browser.running import ROOT, START_SECONDS, free_port

HINDI = words_of("hi", at="console")
SERVE = "import sys; from pathlib import Path; from server.console.serving import serve_console; "


class Office:
    """A centre with the console in a process of its own on it, and an ABM's phone."""

    def __init__(self, folder: Path) -> None:
        codes = set_up(folder)
        self.centre = open_centre(folder, STATE_CODE)
        self.port = free_port()
        self.phone = PhoneWorkspace(LocalStore.open(folder / "phone.sqlite"))
        enrol(self.phone.store, self.centre, codes[ABM.key], app="0.1.0")
        call = f"serve_console(folder=Path({str(folder)!r}), state={STATE_CODE}, port={self.port})"
        self.process = subprocess.Popen([sys.executable, "-c", SERVE + call], cwd=ROOT)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/app/"

    def wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert self.process.poll() is None and time.monotonic() < deadline, "the console did not start"
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            try:
                connection.request("GET", "/app/")
                connection.getresponse()
                return
            except OSError:
                time.sleep(0.2)
            finally:
                connection.close()

    def sync(self) -> None:
        with self.phone.store.reading() as t:
            token = t.meta.get("token")
        synchronise(self.phone.store, self.centre.for_device(token), app="0.1.0", timer=time.monotonic)

    def group_from_the_phone(self, name: str) -> str:
        self.sync()
        identity = self.phone.identity()
        village = self.phone.ask(list_villages, limit=1, panchayats=identity.panchayats)[0]
        group = self.phone.do(RegisterGroup({"village_id": village.id, "name": name, "formed_on": "2026-03-01"})).id
        self.sync()
        return group

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.phone.store.close()
        self.centre.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Iterator[Office]:
    made = Office(tmp_path_factory.mktemp("office"))
    try:
        made.wait_until_it_answers()
        yield made
    finally:
        made.end()


@pytest.fixture
def desk(browser: Browser, office: Office) -> Iterator:
    """`desk(width)`: a fresh browser at the console's address that asks nobody outside this machine."""
    contexts = []

    def open_desk(width: int = 1200, height: int = 800) -> PhoneScreen:
        contexts.append(browser.new_context(viewport={"width": width, "height": height}))
        page = contexts[-1].new_page()
        answered_outside: list[str] = []
        page.on("response", lambda one: answered_outside.append(one.url) if "//127.0.0.1" not in one.url else None)
        screen = PhoneScreen(page, answered_outside)
        screen.open(office.address + "groups")
        return screen

    yield open_desk
    for context in contexts:
        context.close()


def sign_in(office: Office, screen: PhoneScreen, person: str = SUPERVISOR.id) -> None:
    code = office.centre.enrolments.console_code_for(person)
    inside = screen.one("filter-village")
    empty = screen.page.get_by_text(HINDI.problem("required")).first
    for _ in range(5):
        # The field has the focus from the beginning, before Flutter listens to it: what comes too early is lost there,
        # and a field that lost it may stay deaf. The page is opened anew then, as a person would do it.
        try:
            screen.fill(HINDI.say("enrol.code"), code)
        except AssertionError:
            screen.open(office.address + "groups")
            continue
        screen.tap("enrol-go")
        expect(inside.or_(empty).first).to_be_attached(timeout=30_000)
        if inside.count():
            return
    raise AssertionError("the code form took no code")


def test_a_supervisor_signs_in_corrects_a_name_and_the_phone_receives_it(office, desk):
    before, after = "जय अमबे समूह", "जय अम्बे समूह"
    group = office.group_from_the_phone(before)
    screen = desk()
    screen.sees(HINDI.say("enrol.title"))
    assert screen.page.get_by_role("button", name=re.compile(before)).count() == 0
    sign_in(office, screen)

    screen.tap_words(before)
    screen.sees(HINDI.say("group.members_tab"))
    screen.tap("edit-group")
    screen.fill(HINDI.field("Shg", "name"), after)
    screen.tap("save")
    screen.title_is(after)
    screen.sees(HINDI.say("saved.server"))

    office.sync()
    assert office.phone.ask(find_shg, id=group)[0].name == after
    assert not screen.asked_outside, "nothing came from outside of this machine"


def test_the_list_shows_by_itself_what_a_phone_has_sent(office, desk):
    screen = desk(360, 740)
    sign_in(office, screen)
    name = f"उजाला {random.Random(1).randrange(100)}"
    office.group_from_the_phone(name)
    screen.sees_button(re.compile(name))


def test_a_browser_that_is_opened_again_is_still_signed_in_until_it_signs_out(office, desk):
    screen = desk()
    sign_in(office, screen)
    screen.page.goto("about:blank")
    screen.open(office.address)
    screen.title_is(HINDI.say("overview.title"))
    screen.tap_tab(HINDI.say("nav.more"))
    screen.tap("sign-out")
    screen.sees(HINDI.say("enrol.title"))
    screen.page.goto("about:blank")
    screen.open(office.address)
    screen.sees(HINDI.say("enrol.title"))


def test_the_district_sees_how_it_stands_and_comes_from_a_number_to_the_group(office, desk):
    name = "कावेरी महिला समूह"
    office.group_from_the_phone(name)
    screen = desk(1280)
    sign_in(office, screen, REVIEWER.id)
    screen.tap_tab(HINDI.say("nav.overview"))
    chart = screen.one("chart-months")
    expect(chart).to_be_attached(timeout=30_000)
    told = chart.evaluate("element => element.getAttribute('aria-label') || element.textContent")
    assert HINDI.say("chart.months") in told and "12" in told, "a chart is read out as a sentence"
    screen.tap("order-average")
    screen.tap_words("बड़वारा")
    screen.title_is(re.compile("बड़वारा"))
    screen.tap("tile-groups")
    screen.tap_words(re.compile(name))
    screen.sees(HINDI.say("group.members_tab"))
    assert screen.page.get_by_role("button", name=HINDI.say("do.add_member")).count() == 0, "she only reads"
    assert not screen.asked_outside


@pytest.mark.parametrize("width", [360, 1200])
def test_everything_stands_within_the_window_and_has_a_name(office, desk, width):
    office.group_from_the_phone("बहुत लंबे नाम वाला महिला स्व-सहायता समूह बड़वारा खुर्द")
    screen = desk(width)
    sign_in(office, screen)
    expect(screen.page.get_by_role("button", name=re.compile("बहुत लंबे")).first).to_be_attached(timeout=30_000)
    buttons = screen.page.locator("flt-semantics-host [role=button]").all()
    assert len(buttons) > 3
    for one in buttons:
        assert (one.get_attribute("aria-label") or one.inner_text()).strip()
        if one.evaluate("element => !!element.closest('[flt-semantics-identifier^=filter-]')"):
            continue  # the chips stand in a line that is pushed to the side
        box = one.bounding_box()
        assert box is None or (box["x"] >= 0 and box["x"] + box["width"] <= width + 1), one.inner_text()

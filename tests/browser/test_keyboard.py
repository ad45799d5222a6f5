"""The console by keys alone, in a real browser: signing in, deciding, putting a table in order, leaving a dialog."""

import pytest
from playwright.sync_api import Page, expect

from operations.demo_setup import SUPERVISOR
from screens.words import words_of
from storage.queries import list_returned
from tests.browser.phone_screen import PhoneScreen
from tests.browser.test_console import Office, desk, office  # noqa: F401  (fixtures)
from tests.browser.test_review_day import REASON, Day, day  # noqa: F401  (fixtures)

HINDI = words_of("hi", at="console")
FOCUSED = """() => {
    let one = document.activeElement
    while (one && one.shadowRoot) one = one.shadowRoot.activeElement
    return one && one.closest('[flt-semantics-identifier]')?.getAttribute('flt-semantics-identifier') || ''
}"""


@pytest.fixture
def page_at(browser, office: Office):  # noqa: F811
    """`page_at(path)`: signed in by typing the code at the very first moment, without a mouse."""
    contexts = []

    def open_page(path: str, width: int = 1280, height: int = 800) -> PhoneScreen:
        contexts.append(browser.new_context(viewport={"width": width, "height": height}))
        page = contexts[-1].new_page()
        page.goto(office.address + path)
        # The field has the focus from the beginning: what is typed as soon as it is there must arrive.
        field = page.locator("flt-text-editing-host input")
        field.wait_for(state="attached", timeout=60_000)
        page.keyboard.type(office.centre.enrolments.console_code_for(SUPERVISOR.id))
        page.keyboard.press("Enter")
        field.wait_for(state="detached", timeout=30_000)
        page.locator("flt-semantics-placeholder").evaluate("element => element.click()")
        page.locator("flt-semantics-host [role]").first.wait_for(state="attached", timeout=30_000)
        return PhoneScreen(page, [])

    yield open_page
    for context in contexts:
        context.close()


def press_until(page: Page, identifier: str, key: str = "Tab", most: int = 60) -> list[str]:
    """Press a key until this has the focus; returns what had it on the way."""
    way: list[str] = []
    for _ in range(most):
        page.keyboard.press(key)
        page.wait_for_timeout(120)
        way.append(page.evaluate(FOCUSED))
        if way[-1] == identifier:
            return way
    raise AssertionError(f"{identifier} never had the focus: {way}")


def test_a_conflict_is_decided_by_keys_alone(page_at, day):  # noqa: F811
    screen = page_at("decide")
    screen.sees(HINDI.say("decide.conflicts.explain"))
    line = f"line-{day.conflict}"
    way = press_until(screen.page, line)
    chips = [f"decide-{name}" for name in ("conflicts", "doubles", "checks", "aside", "sample", "decided", "marks")]
    assert [one for one in way if one in chips] == chips, "in the order of reading, each once"
    back = press_until(screen.page, chips[0], "Shift+Tab")
    assert [one for one in back if one in chips] == chips[::-1]
    press_until(screen.page, line)
    screen.page.keyboard.press("Enter")
    expect(screen.one(f"conflict-{day.conflict}")).to_be_attached(timeout=30_000)
    press_until(screen.page, f"choose-kept-{day.conflict}")
    screen.page.keyboard.press("Enter")
    expect(screen.one("decide-gone")).to_be_attached(timeout=30_000)


def test_a_table_is_put_in_order_by_keys_and_the_focus_stays(page_at, day):  # noqa: F811
    screen = page_at("")
    screen.title_is(HINDI.say("overview.title"))
    press_until(screen.page, "order-opened")
    said = []
    for _ in range(2):
        screen.page.keyboard.press("Enter")
        screen.page.wait_for_timeout(600)
        assert screen.page.evaluate(FOCUSED) == "order-opened"
        said.append(screen.one("order-opened").evaluate("one => one.getAttribute('aria-label') || one.textContent"))
    assert HINDI.say("table.falls") in said[0] and HINDI.say("table.rises") in said[1]


def test_escape_leaves_a_dialog_and_comes_back_to_where_it_was_opened(page_at, day):  # noqa: F811
    screen = page_at("groups")
    press_until(screen.page, "filter-village")
    screen.page.keyboard.press("Enter")
    expect(screen.one("choose-close")).to_be_attached(timeout=30_000)
    screen.page.wait_for_timeout(500)
    press_until(screen.page, "choose-close", most=30)
    screen.page.keyboard.press("Escape")
    expect(screen.one("choose-close")).to_have_count(0, timeout=30_000)
    screen.page.wait_for_timeout(500)
    assert screen.page.evaluate(FOCUSED) == "filter-village"


def test_a_reason_is_typed_on_a_phone_and_its_hint_is_whole(page_at, day, office):  # noqa: F811
    screen = page_at("decide/checks", 360, 740)
    screen.tap(f"return-{day.one}")
    screen.tap_at_rest(screen.page.get_by_role("textbox", name=HINDI.say("aside.reason")).first)
    screen.page.wait_for_timeout(800)
    screen.page.keyboard.type(REASON)
    screen.page.wait_for_timeout(1000)
    hint = screen.one(f"reason-about-{day.one}")
    expect(hint).to_be_attached(timeout=30_000)
    box = hint.bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= 360, "not cut off at the side"
    screen.tap(f"send-{day.one}")
    expect(screen.one(f"check-{day.one}")).to_have_count(0, timeout=30_000)
    office.sync()
    assert (day.one, REASON) in [(row.shg_id, row.reason) for row in office.phone.ask(list_returned)]

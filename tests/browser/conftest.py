"""A real server, two phones and a real browser: what `make demo` serves, looked at by Chromium.

A second pytest command (`pytest tests/browser`): a synchronous Playwright keeps an event loop running in its thread,
beside which tests with an event loop of their own cannot run.
"""

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.phone_screen import PhoneScreen
from tests.browser.running import ARGUMENTS, CHROMIUM, MISSING, Demo, running_demo


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def demo(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for all journeys; each makes groups of its own."""
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def screen_of(browser: Browser, demo: Demo, request: pytest.FixtureRequest) -> Iterator:
    """`screen_of("abm")`: a fresh page of a phone, with its network on, that asks nobody outside this machine."""
    contexts = []

    def open_screen(phone: str, path: str = "/groups", width: int = 360, height: int = 740) -> PhoneScreen:
        demo.switch(phone, "on")
        context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=2)
        contexts.append(context)
        page = context.new_page()
        asked_outside: list[str] = []
        page.route(
            re.compile(r"^https?://(?!127\.0\.0\.1)"),
            lambda route: (asked_outside.append(route.request.url), route.abort()),
        )
        screen = PhoneScreen(page, asked_outside)
        screen.open(demo.address(phone) + path)
        return screen

    yield open_screen
    for context in contexts:
        context.close()
    for phone in ("abm", "sakhi"):
        demo.switch(phone, "on")

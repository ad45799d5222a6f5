"""A phone's screen in Chromium, worked by what a screen reader would see.

Flutter draws on a canvas; beside it, once asked, stands a tree of semantics in the DOM. Things are found there by their
identifier, which is the same in every language, and read by their words.
"""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

SECONDS = 30_000


class PhoneScreen:
    """One page of the app."""

    def __init__(self, page: Page, asked_outside: list[str]) -> None:
        self.page, self.asked_outside = page, asked_outside

    def open(self, address: str) -> None:
        self.page.goto(address)
        asked = self.page.locator("flt-semantics-placeholder")
        asked.wait_for(state="attached", timeout=60_000)
        # It lies outside of the viewport, where a real click cannot go.
        asked.evaluate("element => element.click()")
        self.page.locator("flt-semantics-host [role]").first.wait_for(state="attached", timeout=SECONDS)

    def one(self, identifier: str) -> Locator:
        return self.page.locator(f"[flt-semantics-identifier='{identifier}']").first

    def tap(self, identifier: str) -> None:
        self.tap_at_rest(self.one(identifier))

    def tap_at_rest(self, target: Locator) -> None:
        """Tap once the target has stood still for a third of a second.

        The tree of semantics and what is drawn do not move together: while a list is laid out anew, as after a
        change of language or a sync, a tap lands on its neighbour.
        """
        target.wait_for(state="attached", timeout=SECONDS)
        resting, place = 0, None
        for _ in range(100):
            found = target.bounding_box(timeout=SECONDS)
            resting = resting + 1 if found and found == place else 0
            place = found
            if resting >= 3:
                break
            self.page.wait_for_timeout(100)
        target.click(timeout=SECONDS)

    def tap_words(self, words: str | re.Pattern[str]) -> None:
        self.tap_at_rest(self.page.get_by_role("button", name=words).first)

    def tap_tab(self, words: str) -> None:
        # At the foot of a phone a tab is one; in the rail of a wide window it is a button.
        tab = self.page.get_by_role("tab", name=words)
        self.tap_at_rest(tab.or_(self.page.get_by_role("button", name=words)).first)

    def sees(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.locator("flt-semantics-host").get_by_text(words).first).to_be_attached(timeout=SECONDS)

    def sees_button(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_role("button", name=words).first).to_be_attached(timeout=SECONDS)

    def title_is(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_role("heading", name=words).first).to_be_attached(timeout=SECONDS)

    def back(self) -> None:
        self.tap_at_rest(self.page.get_by_role("button", name=re.compile("वापस|Back")).first)

    def fill(self, label: str, text: str) -> None:
        """Type into a field. It is ready some time after the click; what comes earlier is lost, so it is seen to.

        A field that already has the browser's focus tells Flutter nothing when it is clicked: it is left first.
        """
        box = self.page.get_by_role("textbox", name=label).first
        for trial in range(8):
            if trial:
                # A person would tap it again, or go on to the next field and come back.
                self.page.keyboard.press("Tab") if trial % 2 else box.evaluate("element => element.blur()")
                self.page.wait_for_timeout(250 * trial)
            box.click(timeout=SECONDS)
            try:
                expect(box).to_be_focused(timeout=5000)
                self.page.wait_for_timeout(100 * trial)
                box.fill(text)
                self.page.wait_for_timeout(150)
                expect(box).to_have_value(text, timeout=2000)
                return
            except AssertionError:
                continue
        raise AssertionError(f"{label} took no text")

    def holds(self, label: str, text: str) -> None:
        """A field holds this text. The tree of semantics knows a text only while its field has the focus."""
        box = self.page.get_by_role("textbox", name=label).first
        box.click(timeout=SECONDS)
        expect(box).to_have_value(text, timeout=SECONDS)

    def picture(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.mouse.move(1, 1)
        # The canvas lags behind the tree of semantics.
        self.page.wait_for_timeout(1200)
        self.page.screenshot(path=str(path))

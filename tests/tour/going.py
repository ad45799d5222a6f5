"""Going round: the app of a demo in Chromium, in one language, one look and one size of text after the other."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, StorageState, ViewportSize

from operations.demo_setup import AREA, PEOPLE, SAKHI
from records.ids import first_account_id
from screens.words import words_of
from tests.browser.phone_screen import PhoneScreen
from tests.browser.running import Demo
from tests.tour.looking import still
from tests.tour.stops import AT_CONSOLE, Stop

PHONE, DESK = (360, 740), (1280, 800)


@dataclass(frozen=True)
class Look:
    """How the app is looked at: language, colours, size of text."""

    language: str = "hi"
    colours: str = "light"
    text: str = "normal"


class Tourist:
    """Opens stops on the phones of a demo. `names`: ids of records that the addresses name."""

    def __init__(self, browser: Browser, demo: Demo, folder: Path) -> None:
        self.browser, self.demo = browser, demo
        self.names = _records(folder)
        self._looks: dict[str, Look] = {}
        self._signed_in: dict[str, StorageState] = {}

    @contextmanager
    def at(self, stop: Stop, look: Look, size: tuple[int, int] = PHONE) -> Iterator[PhoneScreen]:
        """The screen of a stop, drawn and still."""
        self._dress(stop.who, look)
        with self._screen(stop.who, stop.path.format(**self.names), size) as screen:
            for identifier in stop.reach:
                screen.tap(identifier.format(**self.names))
                screen.page.wait_for_timeout(500)
            if stop.name_typed:
                screen.fill(words_of(look.language).field("Shg", "name"), stop.name_typed.format(**self.names))
                # The question comes when the keyboard leaves the field.
                screen.page.keyboard.press("Tab")
                screen.page.wait_for_timeout(1500)
            screen.page.mouse.move(1, 1)
            still(screen.page)
            yield screen

    def _dress(self, who: str, look: Look) -> None:
        """Choose language, colours and size on a phone's settings, as a person does; they stay chosen."""
        if self._looks.get(who) == look:
            return
        with self._screen(who, "/settings", PHONE) as screen:
            # The largest text pushes choices out of the window: it is chosen last, and given up first.
            for choice in (
                "text-size-normal",
                f"language-{look.language}",
                f"look-{look.colours}",
                f"text-size-{look.text}",
            ):
                screen.tap(choice)
                screen.page.wait_for_timeout(400)
        self._looks[who] = look

    @contextmanager
    def _screen(self, who: str, path: str, size: tuple[int, int]) -> Iterator[PhoneScreen]:
        window: ViewportSize = {"width": size[0], "height": size[1]}
        context = self.browser.new_context(viewport=window, storage_state=self._signed_in.get(who))
        try:
            page = context.new_page()
            page.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.abort())
            screen = PhoneScreen(page, [])
            if who not in AT_CONSOLE:
                screen.open(self.demo.address(who) + path)
            else:
                screen.open(self.demo.console.rstrip("/") + path)
                if who not in self._signed_in:
                    self._sign_in(screen, who)
                    self._signed_in[who] = context.storage_state()
                    screen.open(self.demo.console.rstrip("/") + path)
            yield screen
        finally:
            context.close()

    def _sign_in(self, screen: PhoneScreen, who: str) -> None:
        """With the one-time code from the terminal; the browser keeps what it is given for it."""
        called = next(someone.called for someone in PEOPLE if someone.key == who)
        code = words_of("hi", at="console").say("enrol.code")
        try:
            screen.fill(code, self.demo.console_code(called))
        except AssertionError:
            # What came before the page listened has left the field deaf.
            screen.open(self.demo.console)
            screen.fill(code, self.demo.console_code(called))
        screen.tap("enrol-go")
        screen.one("enrol-go").wait_for(state="detached", timeout=30_000)
        screen.page.wait_for_timeout(1500)


def resized(screen: PhoneScreen, size: tuple[int, int]) -> None:
    screen.page.set_viewport_size({"width": size[0], "height": size[1]})
    still(screen.page)


def _records(folder: Path) -> dict[str, str]:
    """A group with members on the ABM's phone, one of its members, and a group of the sakhi's whose account is open."""
    with _reading(folder, "abm") as db:
        group, member = db.execute(
            "SELECT s.id, min(m.id) FROM shg s JOIN member m ON m.shg_id = s.id"
            " JOIN savings_account a ON a.shg_id = s.id"
            " WHERE s.deleted_on IS NULL AND m.deleted_on IS NULL AND s.president_id IS NOT NULL"
            " GROUP BY s.id HAVING count(*) BETWEEN 10 AND 14 ORDER BY s.search_key LIMIT 1"
        ).fetchone()
        hers = ",".join(f"'{panchayat.id}'" for panchayat in AREA)
        village, village_group = db.execute(
            "SELECT p.id, s.name FROM place p JOIN shg s ON s.village_id = p.id"
            f" WHERE s.deleted_on IS NULL AND p.gram_panchayat_id IN ({hers})"
            " ORDER BY p.search_key, s.search_key LIMIT 1"
        ).fetchone()
    with _reading(folder, "sakhi") as db:
        opened = db.execute(
            "SELECT s.id FROM shg s JOIN savings_account a ON a.shg_id = s.id"
            " WHERE a.state IN ('opened', 'passbook_received') AND s.deleted_on IS NULL ORDER BY s.search_key, a.id"
        )
        account_group = next(id for (id,) in opened if first_account_id(id))
    office = {"panchayat": AREA[0].id, "person": SAKHI.id}
    doubled = {"village": village, "village_group": village_group}
    return {"group": group, "member": member, "account_group": account_group, **doubled, **office}


@contextmanager
def _reading(folder: Path, who: str) -> Iterator[sqlite3.Connection]:
    path = next(
        path for path in sorted(folder.rglob(f"{who}*")) if path.suffix in (".db", ".sqlite", ".sqlite3", ".samooh")
    )
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        yield db
    finally:
        db.close()

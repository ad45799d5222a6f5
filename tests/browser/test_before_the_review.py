"""The supervisor before the review, in a real browser in Hindi: a group is entered on the portal, the pack is made."""

import re
from pathlib import Path

import pytest

from records.commands.members import AddMember
from screens.words import words_of
from storage.queries import find_shg
from tests.browser.test_console import desk, office, sign_in

HINDI = words_of("hi", at="console")
__all__ = ["desk", "office"]


def test_a_sheet_is_copied_and_ticked_and_the_phone_hears_of_it(office, desk):
    name = "उज्ज्वला समूह"
    group = office.group_from_the_phone(name)
    office.phone.do(AddMember(group, {"name": "सीता बाई", "age": 34}))
    office.sync()
    screen = desk(360, 740)
    sign_in(office, screen)
    screen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    screen.tap_tab(HINDI.say("nav.more"))
    screen.tap("open-portal")
    screen.sees_button(HINDI.say("portal.stands.differs"))
    screen.page.locator("[flt-semantics-identifier^='person-']").first.click()
    screen.tap(f"beside-{group}")

    screen.sees(HINDI.say("portal.sheet_explain"))
    screen.tap("copy-name")
    screen.sees(HINDI.say("portal.copied", field=HINDI.field("Shg", "name"), value=name))
    assert screen.page.evaluate("navigator.clipboard.readText()") == name
    screen.fill(HINDI.field("Shg", "portal_code"), "0042")
    screen.tap("enter-Shg")
    screen.sees(HINDI.say("portal.entered_now"))

    office.sync()
    [shg] = office.phone.ask(find_shg, id=group)
    assert (shg.portal_status, shg.portal_code) == ("entered", "0042")
    assert not screen.asked_outside


def test_the_review_pack_is_made_and_downloaded(office, desk, tmp_path):
    office.group_from_the_phone("जय माँ शारदा")
    screen = desk()
    sign_in(office, screen)
    screen.tap_tab(HINDI.say("nav.more"))
    screen.tap("open-pack")
    screen.sees(HINDI.say("pack.masked"))
    for form, begins in (("pdf", b"%PDF-"), ("xlsx", b"PK")):
        with screen.page.expect_download(timeout=60_000) as waited:
            screen.tap(f"pack-{form}")
        path = Path(tmp_path) / waited.value.suggested_filename
        waited.value.save_as(path)
        assert path.suffix == f".{form}" and path.read_bytes().startswith(begins)
        screen.sees(HINDI.say("pack.ready", count=1, name=path.name))
    assert not screen.asked_outside


@pytest.mark.parametrize("width", [320, 1200])
def test_everything_stands_within_the_window_and_has_a_name(office, desk, width):
    group = office.group_from_the_phone("बहुत लंबे नाम वाला महिला स्व-सहायता समूह बड़वारा खुर्द")
    screen = desk(width)
    sign_in(office, screen)
    for address, words in (
        ("pack", HINDI.say("pack.masked")),
        ("portal", HINDI.say("portal.stands.to_enter.explain")),
        (f"portal/group/{group}", HINDI.say("portal.sheet_explain")),
    ):
        screen.open(office.address + address)
        screen.sees(words)
        buttons = screen.page.locator("flt-semantics-host [role=button]").all()
        assert len(buttons) >= 3
        for one in buttons:
            assert (one.get_attribute("aria-label") or one.inner_text()).strip()
            box = one.bounding_box()
            assert box is None or (box["x"] >= 0 and box["x"] + box["width"] <= width + 1), one.inner_text()
            # The way back is Flutter's own; what is pushed out of the window below is only partly there.
            if box and not re.search("वापस|Back", one.inner_text()) and box["y"] + box["height"] < 790:
                assert box["height"] >= 47, one.inner_text()

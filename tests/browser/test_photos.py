"""A photo of the resolution, taken without a network, seen at the bank's counter on another phone."""

import re

from screens.words import words_of
from tests.browser.test_journeys import register_group, search_group
from tests.pictures import from_camera

HINDI = words_of("hi")
PHOTO = "[flt-semantics-identifier^='photo-']"


def test_a_photo_is_added_without_a_network_and_seen_on_the_other_phone(screen_of, demo, tmp_path):
    name, taken = "प्रस्ताव फोटो समूह", tmp_path / "IMG_2026.jpg"
    taken.write_bytes(from_camera(width=2000, height=1500))
    abm = screen_of("abm")
    register_group(abm, name)
    abm.title_is(name)
    demo.wait_until_sent("abm")
    demo.switch("abm", "off")
    abm.tap("tab-account")
    with abm.page.expect_file_chooser(timeout=30_000) as chooser:
        abm.tap("add-photo-resolution")
    chooser.value.set_files(taken)
    abm.sees(HINDI.say("photos.kept"))
    abm.sees(HINDI.say("photos.state.waiting"))

    demo.switch("abm", "on")
    abm.page.get_by_role("button", name=re.compile(HINDI.say("photos.state.received"))).first.wait_for(timeout=30_000)

    sakhi = screen_of("sakhi")
    search_group(sakhi, name)
    sakhi.tap_words(name)
    sakhi.tap("tab-account")
    sakhi.sees_button(re.compile(HINDI.say("photos.state.away")))
    sakhi.page.locator(PHOTO).first.click()
    sakhi.sees_button(re.compile(HINDI.say("photos.state.here")))
    sakhi.page.locator(PHOTO).first.click()
    sakhi.sees(re.compile(HINDI.say("attachment.kind.resolution")))
    sakhi.tap("photo-close")
    assert not [url for url in abm.asked_outside if "rive" not in url], "no request leaves the machine"

"""A day's work without a network: handed over in a file, carried on a colleague's phone, received under its author."""

import re

from records.bundles import read_bundle
from screens.words import words_of
from tests.browser.test_journeys import register_group, search_group

HINDI = words_of("hi")


def test_work_is_carried_on_a_colleagues_phone_and_received(screen_of, demo, tmp_path):
    name, file = "हाथों हाथ समूह", tmp_path / "work.samooh"
    # High enough for all of the page: what is scrolled out of sight cannot be tapped.
    abm = screen_of("abm", height=1400)
    demo.wait_until_sent("abm")
    demo.switch("abm", "off")
    register_group(abm, name)
    abm.title_is(name)
    abm.open(demo.address("abm") + "/sync")
    with abm.page.expect_download(timeout=30_000) as download:
        abm.tap("hand-over")
    download.value.save_as(file)
    assert read_bundle(file.read_bytes()).records >= 1 and name.encode() not in file.read_bytes()

    sakhi = screen_of("sakhi", "/sync", height=1400)
    with sakhi.page.expect_file_chooser(timeout=30_000) as chooser:
        sakhi.tap("take-in")
    chooser.value.set_files(file)
    sakhi.page.get_by_role("group", name=re.compile("सर्वर पर दर्ज: ")).first.wait_for(timeout=30_000)
    found = screen_of("sakhi")
    search_group(found, name)
    found.sees(re.compile(name))

    demo.switch("abm", "on")
    demo.wait_until_sent("abm")
    assert not [url for url in abm.asked_outside if "rive" not in url], "no request leaves the machine"

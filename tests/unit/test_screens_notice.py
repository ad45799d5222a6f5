"""What the phone says about its own file: before anything else, in words, once."""

import pytest

from records.problems import Problem
from records.workspace import Notice
from screens.app import app as the_app
from screens.app import why_not
from screens.words import words_of
from storage.notices import put_notice
from storage.store import suspicion_of
from tests.harness import RunningApp, StillServices, a_phone, running


def told(phone, notice):
    with phone.store.writing() as t:
        put_notice(t, notice)


async def test_a_rescue_is_told_first_and_once(tmp_path):
    phone = a_phone(tmp_path)
    told(phone, Notice("rescued", {"changes": 12, "drafts": 1}))
    async with running(phone) as app:
        await app.see("notice-rescued")
        await app.see_text(words_of("hi").say("notice.rescued", changes=12, drafts=1))
        assert not app.has("tabs")
        await app.click("notice-read")
        await app.see("tabs")
        await app.until(lambda: phone.notice() is None)
    async with running(phone) as app:
        await app.see("tabs")


async def test_who_has_lost_her_login_is_told_why_before_she_is_asked_for_a_code(tmp_path):
    phone = a_phone(tmp_path, None)
    told(phone, Notice("rescued_in_part", {"changes": 0, "drafts": 0}))
    async with running(phone) as app:
        await app.see("notice-rescued_in_part")
        await app.click("notice-read")
        await app.see("code")


async def test_damage_that_shows_while_the_app_is_open_is_told_at_once(tmp_path):
    phone = a_phone(tmp_path)
    async with running(phone) as app:
        await app.see("tabs")
        suspicion_of(phone.store.path).touch()
        phone.store.announce({"notice"})
        await app.see("notice-damage_found")
        await app.click("notice-read")
        await app.see("tabs")


@pytest.mark.parametrize("language", ["hi", "en"])
async def test_a_newer_apps_file_is_told_with_what_waits_in_it(language):
    words = words_of(language, strict=True)
    problem = Problem("store_newer", waiting=3, sent=1)
    assert "3" in why_not(words, problem) and words.say("newer.sent", count=1) in why_not(words, problem)

    async def open_workspace():
        raise problem

    app = await RunningApp.start(lambda page: the_app(page, open_workspace, StillServices()))
    await app.see_text(words_of("hi").say("newer.waiting", count=3))
    await app.stop()

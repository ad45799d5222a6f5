"""Mistakes of ours stop at an edge: a card in place of what broke, a line at the foot, and the app goes on."""

import logging

import flet as ft

from records.problems import Problem
from screens.guarding import guard, guard_event, part, screen, tell
from tests.harness import RunningApp, a_phone, running, showing


async def test_a_part_that_cannot_be_drawn_is_a_card_and_the_rest_goes_on(tmp_path, caplog):
    broken = {"is": True}

    @part
    def Fragile():
        if broken["is"]:
            raise LookupError("no such thing")
        return ft.Text("mended", key="mended")

    @part
    def Counter():
        count, set_count = ft.use_state(0)
        return ft.Column(
            [ft.Button(str(count), key="count", on_click=guard(set_count, count + 1)), Fragile()],
        )

    async with showing(a_phone(tmp_path), Counter) as app:
        await app.see("broken-Fragile")
        assert any(record.exc_info for record in caplog.records), "it is logged"
        await app.click("count")
        assert app.one("count").content == "1"
        broken["is"] = False
        await app.click("broken-again")
        await app.see("mended")


async def test_a_part_that_breaks_later_becomes_a_card_and_recovers(tmp_path):
    @part
    def Counter():
        count, set_count = ft.use_state(0)
        if count == 1:
            raise ValueError("one is unlucky")
        return ft.Button(str(count), key="count", on_click=guard(set_count, count + 1))

    @part
    def Two():
        return ft.Column([Counter(key="left"), ft.Text("still here", key="other")])

    async with showing(a_phone(tmp_path), Two) as app:
        await app.click("count")
        await app.see("broken-Counter")
        assert app.has("other")


async def test_a_screen_that_cannot_be_drawn_leaves_the_way_back_open(tmp_path, monkeypatch):
    @screen
    def Broken():
        raise RuntimeError("not today")

    from screens import app as screens_app

    group = next(one for one in screens_app.ROUTES[-1].children if one.path == "group/:shg_id")
    monkeypatch.setattr(group, "component", Broken)
    async with running(a_phone(tmp_path), route="/group/abc") as app:
        await app.see("broken-Broken")
        await app.go("/")
        await app.see("register-group")


async def test_a_handler_that_fails_says_so_and_the_app_goes_on(tmp_path, caplog):
    def fail():
        raise ZeroDivisionError

    async def fail_later(event):
        raise ZeroDivisionError

    @part
    def Buttons():
        count, set_count = ft.use_state(0)
        return ft.Column(
            [
                ft.Button("a", key="plain", on_click=guard(fail)),
                ft.Button("b", key="later", on_click=guard_event(fail_later)),
                ft.Button(str(count), key="count", on_click=guard(set_count, count + 1)),
            ]
        )

    async with showing(a_phone(tmp_path), Buttons) as app:
        for key in ("plain", "later"):
            with caplog.at_level(logging.CRITICAL, "samooh.screens"):
                await app.click(key)
            assert app.all("told")
        await app.click("count")
        assert app.one("count").content == "1"
        assert not app.connection.crashes


async def test_a_problem_in_a_handler_is_told_in_its_own_words(tmp_path):
    def refuse():
        raise Problem("disk_full")

    @part
    def One():
        return ft.Button("a", key="plain", on_click=guard(refuse))

    async with showing(a_phone(tmp_path), One, language="en") as app:
        await app.click("plain")
        from screens.words import words_of

        assert app.one("told").value == words_of("en").problem("disk_full")


async def test_updates_that_died_come_back_with_the_next_touch(tmp_path):
    """A control that Flet itself refuses ends its task of updates; no boundary of ours stands around that."""

    class Refused(ft.Text):
        def before_update(self):
            raise ValueError("refused by the framework")

    @part
    def Screen():
        count, set_count = ft.use_state(0)
        bad = [Refused("x")] if count == 1 else []
        return ft.Column([ft.Button(str(count), key="count", on_click=guard(set_count, lambda n: n + 1)), *bad])

    async with showing(a_phone(tmp_path), Screen) as app:
        await app.click("count")
        await app.click("count")
        await app.until(lambda: app.one("count").content == "2", "a redraw after updates had died")


async def test_a_line_at_the_foot_is_shown(tmp_path):
    @part
    def One():
        page = ft.context.page
        return ft.Button("a", key="plain", on_click=guard(tell, page, "done"))

    async with showing(a_phone(tmp_path), One) as app:
        await app.click("plain")
        assert app.one("told").value == "done"
        assert isinstance(app, RunningApp)

"""Settings: sizes, colours, help and the support code; the runs of sync; the rail of a wide screen."""

import flet as ft

from records.commands.groups import RegisterGroup
from records.workspace import Run, SyncStatus
from screens import theme
from screens.support import code_of
from screens.words import words_of
from sync.safekeeping import Safekeeping
from tests.factories import NOW_MS, an_shg
from tests.harness import TREE, StillServices, a_phone, running

HINDI = words_of("hi")


async def test_size_and_colours_change_at_once_and_stay(tmp_path):
    phone = a_phone(tmp_path)
    async with running(phone, "/settings") as app:
        before = app.page.theme.text_theme.body_large.size
        await app.click("text-size-largest")
        await app.until(lambda: app.page.theme.text_theme.body_large.size == theme.BODY * 1.6 > before)
        await app.click("look-outdoor")
        await app.until(lambda: app.page.theme.color_scheme.on_surface == "#000000")
        await app.until(lambda: phone.setting("look") == "outdoor" and phone.setting("text_size") == "largest")
    async with running(phone, "/settings") as app:
        await app.see("text-size-largest")
        assert app.page.theme.color_scheme.on_surface == "#000000"
        assert app.page.theme.text_theme.body_large.size == theme.BODY * 1.6


async def test_a_look_that_a_newer_app_wrote_is_the_usual_one(tmp_path):
    phone = a_phone(tmp_path)
    phone.keep_setting("look", "sepia")
    async with running(phone) as app:
        await app.see("tabs")
        assert app.page.theme.color_scheme.primary == theme.LOOKS["light"].accent


def test_every_look_has_letters_that_stand_out():
    for name, look in theme.LOOKS.items():
        pairs = [
            (look.ink, look.ground),
            (look.soft_ink, look.ground),
            (look.on_accent, look.accent),
            (look.on_warning_pale, look.warning_pale),
            (look.on_accent_pale, look.accent_pale),
            *((look.ink, pale) for pale in look.pale),
        ]
        least = min(contrast(*pair) for pair in pairs)
        assert least >= (7 if name == "outdoor" else 4.5), (name, least)


def contrast(one: str, other: str) -> float:
    """Of two colours, as WCAG 2 counts it."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


async def test_help_is_there_without_a_network(tmp_path):
    async with running(a_phone(tmp_path), "/settings") as app:
        await app.click("open-help")
        for page in ("saved", "offline", "correct", "lost"):
            assert app.one(f"help-{page}").value == HINDI.say(f"help.{page}")
        await app.click("help-support")
        await app.see("support-code")


async def test_the_support_code_is_copied_and_shared_and_names_nobody(tmp_path):
    phone = a_phone(tmp_path, "abm", an_shg(name="जय अम्बे", village_id=TREE.village.id))
    phone.do(RegisterGroup({"village_id": TREE.village.id, "name": "दुर्गा", "formed_on": "2026-10-01"}))
    run = Run(NOW_MS, problem="offline", times=3)
    phone.store.tell_sync(SyncStatus(state="waiting", problem="offline", runs=(run,)))
    services = StillServices()
    async with running(phone, "/support", services) as app:
        await app.click("support-copy")
        await app.until(lambda: services.copied)
        await app.click("support-share")
        await app.until(lambda: services.shared == services.copied)
    (code,) = services.copied
    for part in ("SAMOOH", "0000c0de", "free", "clock", "waiting 1", "Shg 2", "offline 0/0 x3"):
        assert part in code, (part, code)
    identity = phone.identity()
    for secret in ("अम्बे", "दुर्गा", identity.name, TREE.village.name):
        assert secret not in code
    assert code_of(phone, "x").startswith("SAMOOH")


async def test_where_the_key_to_the_server_lies_is_told(tmp_path):
    phone = a_phone(tmp_path, "abm")
    async with running(phone, "/settings") as app:
        await app.see_text(HINDI.say("settings.login_file"))
        assert "login file" in code_of(phone, "x")
        await Safekeeping(StillServices(), "phone").lock_away(phone.store)
        await app.see_text(HINDI.say("settings.login_safe"))
        assert "login safe" in code_of(phone, "x")


async def test_sync_tells_what_waits_what_was_answered_and_the_last_runs(tmp_path):
    phone = a_phone(tmp_path)
    group = phone.do(RegisterGroup({"village_id": TREE.village.id, "name": "जय अम्बे", "formed_on": "2026-10-01"})).id
    runs = (Run(NOW_MS, 0, 0, "offline", 4), Run(NOW_MS - 1, 3, 12))
    phone.store.tell_sync(SyncStatus(state="waiting", problem="offline", runs=runs))
    async with running(phone, "/sync") as app:
        await app.see(f"outgoing-waiting-{group}")
        await app.see("run-0")
        said = app.texts()
        assert HINDI.problem("offline") in said
        assert HINDI.say("sync.run_moved", sent=3, received=12) in said
        await app.click(f"outgoing-waiting-{group}")
        await app.until(lambda: app.one("title").value == "जय अम्बे")


async def test_a_wide_screen_has_a_rail_and_shows_the_group_beside_the_list(tmp_path):
    shg = an_shg(name="जय अम्बे", village_id=TREE.village.id)
    async with running(a_phone(tmp_path, "abm", shg), "/groups") as app:
        await app.until(lambda: app.all("tabs", cls=ft.NavigationBar))
        app.session.apply_page_patch({"width": 1280, "height": 800})
        await app.session.dispatch_event(app.page._i, "resize", {"width": 1280, "height": 800})
        await app.until(lambda: app.all("tabs", cls=ft.NavigationRail))
        await app.see("groups-choose-one")
        await app.click(f"group-{shg.id}")
        await app.see("pane-title")
        assert app.has("search"), "the list is still there"
        await app.click("tab-account")
        await app.see("account-state")
        await app.session.dispatch_event(app.page._i, "resize", {"width": 360, "height": 740})
        await app.until(lambda: app.all("tabs", cls=ft.NavigationBar))

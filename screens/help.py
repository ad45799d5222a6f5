"""Help: a few short pages in plain words, there without any network."""

import flet as ft

from screens.context import here
from screens.guarding import guard, screen
from screens.parts.pieces import body, frame, heading, padded, scrolled, second_deed

PAGES = ("saved", "offline", "correct", "lost", "who")


@screen
def HelpScreen() -> ft.View:
    h = here()
    page = ft.context.page
    lines = [
        padded(heading(h.say(f"help.{one}.title")), body(h.say(f"help.{one}"), key=f"help-{one}"), spacing=4)
        for one in PAGES
    ]
    go = guard(page.navigate, "/support")
    code = second_deed(h.say("settings.support"), "help-support", go, icon=ft.Icons.SUPPORT_AGENT)
    return frame(
        h.say("settings.help"),
        [ft.Container(scrolled(lines, spacing=8), expand=True)],
        route=ft.use_view_path(),
        foot=None if h.workspace.at_centre else code,
    )

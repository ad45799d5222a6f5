"""The first screen: a phone joins with a code from the block office. No e-mail, OTP or Aadhaar is asked for."""

import asyncio

import flet as ft

from records.problems import Problem
from records.written import western_digits
from screens import theme
from screens.context import Here, here
from screens.guarding import Busy, guard, guard_event, screen
from screens.parts.pieces import body, deed, frame, note, padded, quiet_deed, scrolled, small, title
from screens.parts.typed import typed_text
from screens.words import languages, words_of


@screen
def EnrolScreen() -> ft.View:
    h = here()
    busy, set_busy = ft.use_state(False)
    joining: Busy = ft.use_ref(Busy).current
    problem, set_problem = ft.use_state("")
    code = ft.use_ref("")
    page = ft.context.page

    def typed(event: ft.Event[ft.TextField]) -> None:
        code.current = typed_text(event)
        if problem:
            set_problem("")

    async def join() -> None:
        if joining.now:
            return
        digits = "".join(western_digits(code.current).split()).replace("-", "")
        if not digits:
            set_problem("required")
            return
        set_busy(True)
        set_problem("")
        try:
            with joining:
                await asyncio.to_thread(h.workspace.enrol, digits)
            # Whoever was asked for a code in the middle of something goes on with it.
            if (page.route or "").startswith("/enrol"):
                page.navigate("/")
        except Problem as found:
            set_problem(found.code)
        finally:
            set_busy(False)

    others = [
        quiet_deed(words_of(one).say("language.name"), f"language-{one}", guard(h.set_language, one))
        for one in languages()
        if one != h.words.language
    ]
    lines: list[ft.Control] = [
        title(h.say("enrol.title")),
        body(h.say("enrol.explain")),
        ft.TextField(
            key="code",
            label=h.say("enrol.code"),
            value=code.current,
            keyboard_type=ft.KeyboardType.NUMBER,
            text_size=theme.NUMBER,
            text_style=ft.TextStyle(letter_spacing=4, font_family=theme.BOLD),
            on_change=guard_event(typed),
            on_submit=guard(join),
            error=_why(h, problem) if problem else None,
            error_max_lines=4,
            autofocus=True,
        ),
        body(h.say("enrol.network")),
        small(h.say("enrol.nothing_else")),
        note(h.say("sync.what"), "what-sync-means"),
    ]
    if busy:
        lines.insert(3, ft.ProgressBar())
    return frame(
        h.say("app.title"),
        [ft.Container(scrolled([padded(*lines)]), expand=True)],
        route="/enrol",
        actions=others,
        foot=deed(h.say("enrol.joining" if busy else "enrol.go"), "enrol-go", guard(join)),
    )


def _why(h: Here, problem: str) -> str:
    """Nothing is sent by itself here, and the code is not lost with the network."""
    return h.say("enrol.offline") if problem == "offline" else h.words.problem(problem)

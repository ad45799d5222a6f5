"""Edges at which a mistake of ours stops: round each screen and part, and round each handler.

Without them Flet dies in two ways. An exception while a component renders ends the session's task of updates, and the
screen looks alive but never changes again; an exception in a handler replaces the whole app by an error card. Here the
first becomes a card in place of what broke, the second a line at the foot of the screen; both are logged.
"""

import functools
import inspect
import logging
from collections.abc import Callable
from typing import Any, ParamSpec

import flet as ft

from records.problems import Problem
from screens.words import Words, languages, words_of

log = logging.getLogger("samooh.screens")

P = ParamSpec("P")
WORDS = "words"


def screen(fn: Callable[P, ft.View]) -> Callable[P, Any]:
    """A component that is a whole screen; when it breaks, a card stands in its place and the way back is open."""
    return _bounded(fn, _broken_screen)


def part(fn: Callable[P, ft.Control]) -> Callable[P, Any]:
    """A component within a screen; when it breaks, a card stands in its place and the rest goes on."""
    return _bounded(fn, _broken_card)


def guard(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
    """A handler that calls `fn(*args, **kwargs)`, plain or coroutine, and lets nothing escape. The event is not passed:
    Flet would give it to a lambda's default argument as well."""
    return _guarded(fn, lambda event: fn(*args, **kwargs))


def guard_event(fn: Callable[..., Any], *args: Any) -> Callable[[Any], Any]:
    """As `guard`, for a handler that needs the event: `fn(*args, event)`."""
    return _guarded(fn, lambda event: fn(*args, event))


class Busy:
    """Whether a deed is under way that shall not be done twice: `if busy.now: return`, and the deed `with busy:`.

    It stands in a ref, not in state: Flet starts a task for each event, and a second tap is often there before the
    first has been drawn, with what the handler then knew.
    """

    now = False

    def __enter__(self) -> None:
        self.now = True

    def __exit__(self, *broken: object) -> None:
        self.now = False


def tell(page: ft.Page, words: str) -> None:
    """One line at the foot of the screen, for a few seconds."""
    page.show_dialog(snack_bar(words))


def snack_bar(words: str, **about: Any) -> ft.SnackBar:
    """A line that floats above the next deed instead of covering it."""
    return ft.SnackBar(
        ft.Text(words, key="told"),
        behavior=ft.SnackBarBehavior.FLOATING,
        margin=ft.Margin.only(left=16, right=16, bottom=92),
        duration=ft.Duration(seconds=5),
        **about,
    )


def tell_problem(page: ft.Page, code: str) -> None:
    tell(page, words_here(page).problem(code))


def remember_language(page: ft.Page, language: str, at: str = "") -> None:
    """Handlers stand outside the tree that hands words down, so the session remembers them: the language and where."""
    page.session.store.set(WORDS, (language, at))


def words_here(page: ft.Page) -> Words:
    language, at = page.session.store.get(WORDS) or (languages()[0], "")
    return words_of(language, at=at)


def _bounded(fn: Callable[P, Any], broken: Callable[..., Any]) -> Callable[P, Any]:
    @ft.component
    @functools.wraps(fn)
    def bounded(*args: P.args, **kwargs: P.kwargs) -> Any:
        _, set_tries = ft.use_state(0)
        try:
            return fn(*args, **kwargs)
        except Exception:
            log.exception("%s could not be drawn", fn.__name__)
            return broken(fn.__name__, guard(set_tries, lambda tries: tries + 1))

    return bounded


def _guarded(fn: Callable[..., Any], call: Callable[[Any], Any]) -> Callable[[Any], Any]:
    async def handler(event: Any) -> None:
        page = ft.context.page
        # A render that failed outside a component's body (in Flet's own comparison) has ended the task of updates;
        # starting it anew is free when it runs, and makes the app go on when it does not.
        page.session.start_updates_scheduler()
        try:
            result = call(event)
            if inspect.isawaitable(result):
                await result
        except Problem as problem:
            log.info("%s: %s", getattr(fn, "__name__", fn), problem.code)
            tell_problem(page, problem.code)
        except Exception:
            log.exception("%s failed", getattr(fn, "__name__", fn))
            tell_problem(page, "something_broke")

    return handler


def _broken_screen(name: str, again: Callable[[Any], Any]) -> ft.View:
    return ft.View(
        # No hook here: the render broke off at an unknown one, and hooks are counted by position.
        route=ft.context.page.route or "/",
        appbar=ft.AppBar(),
        padding=16,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        controls=[ft.SafeArea(content=_broken_card(name, again))],
    )


def _broken_card(name: str, again: Callable[[Any], Any]) -> ft.Control:
    say = words_here(ft.context.page).say
    return ft.Container(
        key=f"broken-{name}",
        padding=16,
        bgcolor=ft.Colors.ERROR_CONTAINER,
        border_radius=12,
        content=ft.Column(
            tight=True,
            horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
            controls=[
                ft.Text(say("error.title"), theme_style=ft.TextThemeStyle.TITLE_LARGE),
                ft.Text(say("error.safe"), theme_style=ft.TextThemeStyle.BODY_LARGE),
                ft.FilledButton(say("do.try_again"), key="broken-again", on_click=again),
            ],
        ),
    )

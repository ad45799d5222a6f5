"""The app: opens the workspace, hands it down, and shows the screen that the address names."""

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import cache

import flet as ft

from records.ports import Services
from records.problems import Problem
from records.workspace import Workspace
from screens import theme
from screens.account_form import AccountScreen, SignatoriesStepScreen, StepScreen
from screens.context import Here, HereContext, House, here
from screens.drafts import DraftsScreen
from screens.enrol import EnrolScreen
from screens.group import GroupScreen
from screens.group_form import EditGroupScreen, NewGroupScreen
from screens.guarding import guard, guard_event, remember_language, screen
from screens.help import HelpScreen
from screens.home import Home
from screens.member_form import EditMemberScreen, NewMemberScreen
from screens.navigation import PHONE_TABS, SAME, WIDE, back_from
from screens.notice import NoticeScreen
from screens.parts.pieces import frame, note, padded, second_deed
from screens.support import SupportScreen
from screens.use_query import stop_asking, use_asked
from screens.words import Words, languages, words_of

log = logging.getLogger("samooh.screens")

# A group that is looked at from a form lies over the form, which stays as it was left.
LOOKED_AT = ft.Route(path=f"{SAME}/:same_id", component=GroupScreen)

ROUTES = [
    # A phone whose login has ended joins again, with its work.
    ft.Route(path="/enrol", component=EnrolScreen),
    # Everything lies over the tab that was looked at last, so that the way back leads there.
    ft.Route(
        path="/",
        component=Home,
        children=[
            # Tabs, some with what their list is narrowed to; they are shown by Home itself.
            ft.Route(path="groups/:narrowed?"),
            ft.Route(path="accounts/step/:shg_id", component=StepScreen),
            ft.Route(path="accounts/:narrowed?"),
            ft.Route(path="sync"),
            ft.Route(path="settings"),
            ft.Route(path="help", component=HelpScreen),
            ft.Route(path="support", component=SupportScreen),
            ft.Route(path="drafts", component=DraftsScreen),
            ft.Route(path="new", component=NewGroupScreen, children=[LOOKED_AT]),
            ft.Route(
                path="group/:shg_id",
                component=GroupScreen,
                children=[
                    ft.Route(path="edit/:field?", component=EditGroupScreen),
                    ft.Route(path="member/new", component=NewMemberScreen, children=[LOOKED_AT]),
                    ft.Route(path="member/:member_id", component=EditMemberScreen),
                    ft.Route(path="step", component=StepScreen),
                    ft.Route(path="signatories", component=SignatoriesStepScreen),
                    ft.Route(path="account", component=AccountScreen, children=[LOOKED_AT]),
                ],
            ),
        ],
    ),
]

PHONE = House(ROUTES, PHONE_TABS)

OpenWorkspace = Callable[[], Awaitable[Workspace]]


def app(page: ft.Page, open_workspace: OpenWorkspace, services: Services, house: House = PHONE) -> None:
    """Show the app on a page. `open_workspace` is awaited once; it may take its time and may raise a Problem."""
    spare_the_collector()
    theme.dress(page)
    page.title = words_of(languages()[0], at=house.at).say("app.title")
    page.locale_configuration = ft.LocaleConfiguration(
        supported_locales=[ft.Locale("hi", "IN"), ft.Locale("en", "IN")], current_locale=ft.Locale("hi", "IN")
    )
    remember_language(page, languages()[0], house.at)
    page.on_close = guard(stop_asking, page)
    # Flet's own way back would lead to the first tab, whichever somebody came from.
    page.on_view_pop = lambda event: page.navigate(back_from(page))
    page.render_views(Opening, open_workspace=open_workspace, services=services, house=house)


@cache
def spare_the_collector() -> None:
    """What was imported stays for ever; the collector of garbage need not walk over it again and again.

    Walking over all of it took 100 ms in which no tap was heard, whenever enough had been drawn. Once a process.
    """
    gc.freeze()


@dataclass(frozen=True)
class Look:
    """How a person wants to see the app."""

    colours: str = "light"
    text_size: str = "normal"


def _settings_of(workspace: Workspace) -> tuple[str | None, Look]:
    """The language that was chosen, and the look; what a newer app wrote there is nothing."""
    colours, size = workspace.setting("look"), workspace.setting("text_size")
    look = Look(
        colours if colours in theme.LOOKS else "light",
        size if size in theme.SCALES else "normal",
    )
    return workspace.setting("language"), look


@screen
def Opening(*, open_workspace: OpenWorkspace, services: Services, house: House) -> ft.View:
    """The moment before the store is open; where it cannot be opened, why."""
    page = ft.context.page
    workspace, set_workspace = ft.use_state(None)
    language, set_language = ft.use_state(languages()[0])
    look, set_look = ft.use_state(Look())
    problem, set_problem = ft.use_state(None)

    async def open_it() -> None:
        try:
            opened = await open_workspace()
            chosen, kept = await asyncio.to_thread(_settings_of, opened)
        except Problem as found:
            set_problem(found)
            return
        except Exception:
            log.exception("the store could not be opened")
            set_problem(Problem("something_broke"))
            return
        if chosen in languages():
            remember_language(page, chosen, house.at)
            set_language(chosen)
        theme.dress(page, kept.colours, kept.text_size)
        set_look(kept)
        set_workspace(opened)

    ft.use_effect(open_it, dependencies=[])
    if workspace is not None:
        return Opened(workspace=workspace, services=services, language=language, look=look, house=house)
    words = words_of(language, at=house.at)
    why = padded(note(why_not(words, problem), "not-opened", warning=True)) if problem else None
    return splash(words.say("app.title"), why)


@screen
def Opened(*, workspace: Workspace, services: Services, language: str, look: Look, house: House) -> ft.View:
    """The app over an opened store, in the language and the look that were last chosen."""
    page = ft.context.page
    spoken, set_spoken = ft.use_state(language)
    worn, set_worn = ft.use_state(look)
    wide, set_wide = ft.use_state((page.width or 0) >= WIDE)
    _, redraw = ft.use_state(0)
    stops = ft.use_ref(list)

    async def speak(chosen: str) -> None:
        remember_language(page, chosen, house.at)
        set_spoken(chosen)
        await asyncio.to_thread(workspace.keep_setting, "language", chosen)

    async def wear(colours: str, text_size: str) -> None:
        theme.dress(page, colours, text_size)
        set_worn(Look(colours, text_size))
        page.update()
        await asyncio.to_thread(workspace.keep_setting, "look", colours)
        await asyncio.to_thread(workspace.keep_setting, "text_size", text_size)

    def resized(event: ft.PageResizeEvent) -> None:
        set_wide((event.width or 0) >= WIDE)

    def listen() -> None:
        page.on_resize = guard_event(resized)

        def sync() -> None:
            # A hint from the device that a try may succeed now; whether there is anything to do, sync knows.
            asyncio.get_running_loop().run_in_executor(None, workspace.request_sync)

        # What changed while a browser was away was not drawn: Flet keeps no patches for an absent client.
        page.on_connect = guard(redraw, lambda drawn: drawn + 1)
        stops.current = [services.on_connectivity(sync), services.on_resume(sync)]
        sync()

    def unlisten() -> None:
        for stop in stops.current:
            stop()

    ft.use_effect(listen, dependencies=[], cleanup=unlisten)
    words = words_of(spoken, at=house.at)
    given = Here(
        workspace,
        services,
        words,
        speak,
        tabs=house.tabs,
        look=worn.colours,
        text_size=worn.text_size,
        set_look=wear,
        wide=wide,
    )
    return HereContext(given, lambda: Entered(routes=house.routes))


@screen
def Entered(*, routes: list[ft.Route]) -> ft.View:
    """The first screen until somebody is enrolled on this phone, or signed in at the console; then all of them."""
    h = here()
    tries, set_tries = ft.use_state(0)
    identity = use_asked(lambda workspace: workspace.identity(), frozenset({"identity"}), "identity", tries)
    notice = use_asked(lambda workspace: workspace.notice(), frozenset({"notice"}), "notice")
    read, set_read = ft.use_state("")

    async def has_read() -> None:
        set_read(notice.value.code)
        await asyncio.to_thread(h.workspace.drop_notice)

    if not identity.loaded:
        return splash(h.say("app.title"))
    if identity.problem:
        # Not known is not nobody: a database that is starting anew must not ask people for another code.
        again = second_deed(h.say("do.try_again"), "try-again", guard(set_tries, tries + 1))
        why = note(h.words.problem(identity.problem), "not-opened", warning=True, more=[again])
        return splash(h.say("app.title"), padded(why))
    if notice.value is not None and notice.value.code != read:
        return NoticeScreen(notice=notice.value, read=has_read)
    if identity.value is None:
        return EnrolScreen()
    return HereContext(replace(h, identity=identity.value), lambda: ft.Router(routes, manage_views=True))


def why_not(words: Words, problem: Problem) -> str:
    """Why the store could not be opened; of a newer app's file also what waits in it, and what could be sent."""
    said = [words.problem(problem.code)]
    if waiting := problem.context.get("waiting"):
        said.append(words.say("newer.waiting", count=waiting))
    if sent := problem.context.get("sent"):
        said.append(words.say("newer.sent", count=sent))
    return " ".join(said)


def splash(title: str, content: ft.Control | None = None) -> ft.View:
    ring = ft.Container(ft.ProgressRing(), alignment=ft.Alignment.CENTER, expand=True, key="opening")
    return frame(title, [content or ring], route="/opening")

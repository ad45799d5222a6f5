"""What lies under every other screen of the console: the tab, or the place in the overview, looked at last."""

from collections.abc import Callable
from typing import Any

import flet as ft

from screens.console.decide import DecideScreen
from screens.console.overview import OverviewScreen
from screens.context import here
from screens.guarding import screen
from screens.home import SHOWN
from screens.navigation import keep_tab
from screens.today import TodayScreen

REVIEWING = frozenset({"supervisor", "nodal", "district", "admin"})
"""Roles whose first screen is the overview; who works in a few panchayats or at a branch begins with today's work."""

AT_CONSOLE: dict[str, Callable[[list[str]], Any]] = {
    "": lambda rest: OverviewScreen(level="", id="", key="overview"),
    "today": lambda rest: TodayScreen(),
    "decide": lambda rest: DecideScreen(**dict(zip(("what", "id"), rest, strict=False)), key="decide"),
    "place": lambda rest: OverviewScreen(level=rest[0], id=rest[1], key=f"overview-{rest[0]}-{rest[1]}"),
}

DEEPER = {"place": (2,), "decide": (0, 1, 2)}
"""How many words may follow the name of a tab, where that is more than one."""


@screen
def ConsoleHome() -> ft.View:
    """While something lies over a tab, it stays as it is: search, filter, order, place in the list."""
    h, page = here(), ft.context.page
    location = ft.use_route_location() or "/"
    last = ft.use_ref("/")
    name, *rest = location.strip("/").split("/")
    if name in {*SHOWN, *AT_CONSOLE} and len(rest) in DEEPER.get(name, (0, 1)):
        last.current = location
        keep_tab(page, location)
    name, *rest = last.current.strip("/").split("/")
    if name == "" and not REVIEWING & set(h.roles):
        return TodayScreen()
    if name in AT_CONSOLE:
        return AT_CONSOLE[name](rest)
    return SHOWN[name](rest[0] if rest else "")

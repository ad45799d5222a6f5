"""The console's house: which screens there are at the office, the tabs at their foot, and its own words."""

from dataclasses import replace

import flet as ft

from screens.app import ROUTES
from screens.console.average import AverageScreen
from screens.console.devices import DevicesScreen
from screens.console.home import ConsoleHome
from screens.console.listed import ListedScreen
from screens.console.pack import PackScreen
from screens.console.people import PeopleScreen
from screens.console.person_form import AssignScreen, NewPersonScreen
from screens.console.portal import PortalScreen
from screens.console.portal_sheet import GroupSheetScreen, MemberSheetScreen
from screens.context import House, Tab
from screens.navigation import PHONE_TABS

TODAY, *OTHERS = PHONE_TABS
OWN_TABS: tuple[Tab, ...] = (("/decide", "nav.decide", ft.Icons.RULE_OUTLINED, ft.Icons.RULE),)

TABS: tuple[Tab, ...] = (
    ("/", "nav.overview", ft.Icons.INSERT_CHART_OUTLINED, ft.Icons.INSERT_CHART),
    ("/today", *TODAY[1:]),
    *(tab for tab in OTHERS if tab[0] not in ("/sync", "/settings")),
    *OWN_TABS,
    *(tab for tab in OTHERS if tab[0] == "/settings"),
)
"""Nothing is sent from here: how it stands is told by the line above the list."""

OWN_ROUTES: list[ft.Route] = [
    # Shown by the console's home itself: two tabs, and a place of the overview.
    ft.Route(path="today"),
    ft.Route(path="decide/:what?/:id?"),
    ft.Route(path="place/:level/:id"),
    ft.Route(path="devices", component=DevicesScreen),
    ft.Route(path="average/:level?/:id?", component=AverageScreen),
    ft.Route(path="listed/:what/:level?/:id?", component=ListedScreen),
    ft.Route(path="people", component=PeopleScreen),
    ft.Route(path="people/new", component=NewPersonScreen),
    ft.Route(path="people/assign/:person_id", component=AssignScreen),
    ft.Route(path="pack", component=PackScreen),
    ft.Route(
        path="portal/group/:shg_id",
        component=GroupSheetScreen,
        children=[ft.Route(path="member/:member_id", component=MemberSheetScreen)],
    ),
    ft.Route(path="portal/:stands?", component=PortalScreen),
]
"""Screens of the console alone. They lie over the tab that was looked at last, as those of the phone do."""


def _with_own(route: ft.Route) -> ft.Route:
    """The screens of the phone with those of the office beside them, and the office's own first screen below."""
    if route.path != "/":
        return route
    return replace(route, component=ConsoleHome, children=[*(route.children or []), *OWN_ROUTES])


# A page whose session has ended shows the code form by itself; nobody joins anew while signed in.
CONSOLE_ROUTES: list[ft.Route] = [_with_own(route) for route in ROUTES if route.path != "/enrol"]

CONSOLE = House(CONSOLE_ROUTES, TABS, at="console")

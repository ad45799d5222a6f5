"""The console's house: which screens there are at the office, the tabs at their foot, and its own words."""

from dataclasses import replace

import flet as ft

from screens.app import ROUTES
from screens.console.average import AverageScreen
from screens.console.devices import DevicesScreen
from screens.console.home import ConsoleHome
from screens.console.listed import ListedScreen
from screens.console.pack import PackScreen
from screens.console.portal import PortalScreen
from screens.console.portal_sheet import GroupSheetScreen, MemberSheetScreen
from screens.context import House, Tab
from screens.navigation import PHONE_TABS

TODAY, *OTHERS = PHONE_TABS

TABS: tuple[Tab, ...] = (
    ("/", "nav.overview", ft.Icons.INSERT_CHART_OUTLINED, ft.Icons.INSERT_CHART),
    ("/today", *TODAY[1:]),
    # Nothing is sent from here: how it stands is told by the line above the list.
    *(tab for tab in OTHERS if tab[0] != "/sync"),
)

LYING_OVER = [
    ft.Route(path="devices", component=DevicesScreen),
    ft.Route(path="average/:level?/:id?", component=AverageScreen),
    ft.Route(path="listed/:what/:level?/:id?", component=ListedScreen),
    ft.Route(path="pack", component=PackScreen),
    ft.Route(
        path="portal/group/:shg_id",
        component=GroupSheetScreen,
        children=[ft.Route(path="member/:member_id", component=MemberSheetScreen)],
    ),
    ft.Route(path="portal/:stands?", component=PortalScreen),
]
"""Screens of the console that lie over its tabs."""

SHOWN_BY_HOME = [ft.Route(path="today"), ft.Route(path="place/:level/:id")]

# A page whose session has ended shows the code form by itself; nobody joins anew while signed in.
CONSOLE_ROUTES: list[ft.Route] = [
    replace(route, component=ConsoleHome, children=[*SHOWN_BY_HOME, *LYING_OVER, *route.children])
    for route in ROUTES
    if route.path != "/enrol"
]

CONSOLE = House(CONSOLE_ROUTES, TABS, at="console")

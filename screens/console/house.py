"""The console's house: which screens there are at the office, the tabs at their foot, and its own words."""

import flet as ft

from screens.app import ROUTES
from screens.console.pack import PackScreen
from screens.console.portal import PortalScreen
from screens.console.portal_sheet import GroupSheetScreen, MemberSheetScreen
from screens.context import House, Tab
from screens.navigation import PHONE_TABS

TABS: tuple[Tab, ...] = tuple(tab for tab in PHONE_TABS if tab[0] != "/sync")
"""Nothing is sent from here: how it stands is told by the line above the list."""

OVER_THE_TABS: list[ft.Route] = [
    ft.Route(path="pack", component=PackScreen),
    ft.Route(
        path="portal/group/:shg_id",
        component=GroupSheetScreen,
        children=[ft.Route(path="member/:member_id", component=MemberSheetScreen)],
    ),
    ft.Route(path="portal/:stands?", component=PortalScreen),
]
"""Screens of the console alone. They lie over the tab that was looked at last, as those of the phone do."""


def _with_ours(route: ft.Route) -> ft.Route:
    if route.path != "/":
        return route
    return ft.Route(path="/", component=route.component, children=[*(route.children or []), *OVER_THE_TABS])


# A page whose session has ended shows the code form by itself; nobody joins anew while signed in.
CONSOLE_ROUTES: list[ft.Route] = [_with_ours(route) for route in ROUTES if route.path != "/enrol"]

CONSOLE = House(CONSOLE_ROUTES, TABS, at="console")

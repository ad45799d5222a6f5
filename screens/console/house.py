"""The console's house: which screens there are at the office, the tabs at their foot, and its own words."""

import flet as ft

from screens.app import ROUTES
from screens.context import House, Tab
from screens.navigation import PHONE_TABS

TABS: tuple[Tab, ...] = tuple(tab for tab in PHONE_TABS if tab[0] != "/sync")
"""Nothing is sent from here: how it stands is told by the line above the list."""

# A page whose session has ended shows the code form by itself; nobody joins anew while signed in.
CONSOLE_ROUTES: list[ft.Route] = [route for route in ROUTES if route.path != "/enrol"]

CONSOLE = House(CONSOLE_ROUTES, TABS, at="console")

"""What lies under every other screen: the tab that was looked at last, as it was left."""

from collections.abc import Callable
from typing import Any

import flet as ft

from screens.accounts import AccountsScreen
from screens.groups import GroupsScreen
from screens.guarding import screen
from screens.navigation import is_tab, keep_tab
from screens.settings import SettingsScreen
from screens.sync_screen import SyncScreen
from screens.today import TodayScreen

SHOWN: dict[str, Callable[[str], Any]] = {
    "": lambda narrowed: TodayScreen(),
    "groups": lambda narrowed: GroupsScreen(narrowed=narrowed, key=f"groups-{narrowed}"),
    "accounts": lambda narrowed: AccountsScreen(narrowed=narrowed, key=f"accounts-{narrowed}"),
    "sync": lambda narrowed: SyncScreen(),
    "settings": lambda narrowed: SettingsScreen(),
}


@screen
def Home() -> ft.View:
    """The tab at this address. While something lies over it, it stays as it is: search, filter, place in the list."""
    page = ft.context.page
    location = ft.use_route_location() or "/"
    last = ft.use_ref("/")
    if is_tab(location):
        last.current = location
        keep_tab(page, location)
    name, _, narrowed = last.current.strip("/").partition("/")
    return SHOWN[name](narrowed)

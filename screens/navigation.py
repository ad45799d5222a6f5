"""The ways through the app: the tabs, at the foot of a phone and beside a wide screen, and the addresses of screens."""

import flet as ft

from screens import theme
from screens.context import Here, Tab
from screens.guarding import guard_event

PHONE_TABS: tuple[Tab, ...] = (
    ("/", "nav.today", ft.Icons.TODAY_OUTLINED, ft.Icons.TODAY),
    ("/groups", "nav.groups", ft.Icons.GROUPS_OUTLINED, ft.Icons.GROUPS),
    ("/accounts", "nav.accounts", ft.Icons.ACCOUNT_BALANCE_OUTLINED, ft.Icons.ACCOUNT_BALANCE),
    ("/sync", "nav.sync", ft.Icons.SYNC_OUTLINED, ft.Icons.SYNC),
    ("/settings", "nav.more", ft.Icons.MENU_OUTLINED, ft.Icons.MENU),
)

WIDE = 840
"""From this width on, in dp, there is room for a rail, and for a list beside what was chosen from it."""
LAST = "last_tab"
MOST_TABS = 5
SAME = "same"
"""In an address, after that of a form: the group that follows is looked at, and the way back is to the form."""


def tabs(h: Here, selected: str) -> ft.NavigationBar | ft.NavigationRail:
    """The bar at the foot, or the rail; `selected` is the address of the tab that is shown."""
    page = ft.context.page
    there = h.tabs or PHONE_TABS
    if not h.wide and len(there) > MOST_TABS:
        # The words of six do not fit beside each other on a phone; the overview leads to today's work as well.
        there = tuple(tab for tab in there if tab[1] != "nav.today")
    addresses = [address for address, *_ in there]
    index = addresses.index(selected) if selected in addresses else 0

    def change(event: ft.Event) -> None:
        page.navigate(addresses[int(event.control.selected_index)])

    if h.wide:
        return ft.NavigationRail(
            key="tabs",
            selected_index=index,
            bgcolor=ft.Colors.SURFACE_CONTAINER,
            label_type=ft.NavigationRailLabelType.ALL,
            min_width=theme.scaled_title(96),
            destinations=[
                ft.NavigationRailDestination(label=h.words.say(key), icon=icon, selected_icon=chosen)
                for _, key, icon, chosen in there
            ],
            on_change=guard_event(change),
        )
    return ft.NavigationBar(
        key="tabs",
        selected_index=index,
        bgcolor=ft.Colors.SURFACE_CONTAINER,
        destinations=[
            ft.NavigationBarDestination(label=h.words.say(key), icon=icon, selected_icon=chosen)
            for _, key, icon, chosen in there
        ],
        on_change=guard_event(change),
    )


def tab_named(h: Here, words: str, otherwise: str = "/") -> str:
    """The address of the tab with these words: the console has Today at another than a phone."""
    return next((address for address, key, *_ in h.tabs if key == words), otherwise)


def is_tab(address: str) -> bool:
    """Whether a tab is shown at this address, with or without a filter behind it."""
    first, *rest = address.strip("/").split("/")
    return len(rest) < 2 and (f"/{first}" in {tab[0] for tab in PHONE_TABS})


def keep_tab(page: ft.Page, address: str) -> None:
    """Remembers from which tab somebody goes on, so that the way back leads there."""
    page.session.store.set(LAST, address)


def last_tab(page: ft.Page) -> str:
    return page.session.store.get(LAST) or "/"


def back_from(page: ft.Page) -> str:
    """Where the way back leads: from a group that is looked at to the form, from what is about a group to the group,
    from a sheet for the portal to the list, from everything else to the tab of before."""
    parts = (page.route or "/").strip("/").split("/")
    if SAME in parts[-2:-1]:
        return f"/{'/'.join(parts[:-2])}"
    if parts[0] == "portal" and len(parts) > 2:
        return f"/portal/group/{parts[2]}" if len(parts) > 3 else "/portal"
    return f"/group/{parts[1]}" if parts[0] == "group" and len(parts) > 2 else last_tab(page)

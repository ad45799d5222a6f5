"""Small pieces, plain functions: buttons with a verb, notes, named things, a page's frame."""

from collections.abc import Callable, Sequence
from typing import Any

import flet as ft

from screens import theme

READING_WIDTH, LIST_WIDTH = 720, 440
_TOP = ft.Alignment.TOP_CENTER


def named(identifier: str, content: ft.Control, *, label: str | None = None, **about: Any) -> ft.Semantics:
    """A control with a name for screen readers and an identifier that does not change with the language."""
    return ft.Semantics(identifier=identifier, label=label, content=content, **about)


def deed(words: str, key: str, on_click: Callable[[Any], Any], *, icon: ft.IconData | None = None) -> ft.Control:
    """The next deed: a full-width button with a verb, at the thumb."""
    button = ft.FilledButton(words, key=key, icon=icon, on_click=on_click, height=56)
    return named(key, ft.Row([ft.Container(button, expand=True)]))


def second_deed(words: str, key: str, on_click: Callable[[Any], Any], *, icon: ft.IconData | None = None) -> ft.Control:
    button = ft.OutlinedButton(words, key=key, icon=icon, on_click=on_click, height=theme.TOUCH + 4)
    return named(key, ft.Row([ft.Container(button, expand=True)]))


def quiet_deed(words: str, key: str, on_click: Callable[[Any], Any], *, icon: ft.IconData | None = None) -> ft.Control:
    return named(key, ft.TextButton(words, key=key, icon=icon, on_click=on_click, height=theme.TOUCH))


def icon_deed(icon: ft.IconData, words: str, key: str, on_click: Callable[[Any], Any]) -> ft.Control:
    """An icon to tap. Not an IconButton: Flet gives that one no name for a screen reader."""
    button = ft.Container(
        ft.Icon(icon, semantics_label=words, color=ft.Colors.ON_SURFACE_VARIANT),
        key=key,
        width=theme.TOUCH,
        height=theme.TOUCH,
        alignment=ft.Alignment.CENTER,
        border_radius=theme.TOUCH / 2,
        ink=True,
        on_click=on_click,
    )
    return named(key, button, button=True)


def chip(words: str, key: str, on_click: Callable[[Any], Any], *, chosen: bool, one_line: bool = False) -> ft.Control:
    """One choice as a button. Chosen is said by a tick, then by colour. `one_line`: in a row that scrolls sideways."""
    # As narrow as its words, and breaking them where the screen ends.
    said = body(words) if one_line else ft.Container(body(words), expand=True, expand_loose=True)
    return named(
        key,
        ft.Container(
            key=key,
            ink=True,
            on_click=on_click,
            border_radius=24,
            border=ft.Border.all(1, ft.Colors.PRIMARY if chosen else ft.Colors.OUTLINE),
            bgcolor=ft.Colors.PRIMARY_CONTAINER if chosen else None,
            padding=ft.Padding.symmetric(horizontal=16, vertical=12),
            content=ft.Row(
                [
                    *([ft.Icon(ft.Icons.CHECK, size=20)] if chosen else []),
                    said,
                ],
                spacing=6,
                tight=True,
            ),
        ),
        button=True,
        selected=chosen,
    )


def body(words: str, **about: Any) -> ft.Text:
    return ft.Text(words, theme_style=ft.TextThemeStyle.BODY_LARGE, **about)


def small(words: str, **about: Any) -> ft.Text:
    about.setdefault("color", ft.Colors.ON_SURFACE_VARIANT)
    return ft.Text(words, theme_style=ft.TextThemeStyle.BODY_MEDIUM, **about)


def heading(words: str, **about: Any) -> ft.Text:
    return ft.Text(words, theme_style=ft.TextThemeStyle.TITLE_MEDIUM, **about)


def title(words: str, **about: Any) -> ft.Text:
    return ft.Text(words, theme_style=ft.TextThemeStyle.TITLE_LARGE, **about)


def number(words: str) -> ft.Text:
    return ft.Text(words, theme_style=ft.TextThemeStyle.DISPLAY_SMALL)


def note(words: str, key: str, *, warning: bool = False, more: Sequence[ft.Control] = ()) -> ft.Control:
    """A sentence that wants to be seen, in a box of its own. Shape first: a warning has a flag, colour comes second."""
    icon = ft.Icons.FLAG_OUTLINED if warning else ft.Icons.INFO_OUTLINE
    line = ft.Row(
        [ft.Icon(icon, size=24), ft.Container(body(words), expand=True)],
        vertical_alignment=ft.CrossAxisAlignment.START,
        spacing=12,
    )
    return named(
        key,
        ft.Container(
            key=key,
            padding=12,
            border_radius=12,
            bgcolor=ft.Colors.ERROR_CONTAINER if warning else ft.Colors.SURFACE_CONTAINER,
            content=stack([line, *more], spacing=8),
        ),
    )


def empty_note(words: str, key: str, icon: ft.IconData = ft.Icons.GROUPS_OUTLINED) -> ft.Control:
    """Nothing is here yet: say so, and what to do."""
    return ft.Container(
        key=key,
        padding=ft.Padding.symmetric(horizontal=24, vertical=40),
        content=ft.Column(
            horizontal_alignment=ft.CrossAxisAlignment.CENTER,
            controls=[
                ft.Icon(icon, size=56, color=ft.Colors.OUTLINE),
                body(words, text_align=ft.TextAlign.CENTER),
            ],
        ),
    )


def waiting(key: str = "waiting") -> ft.Control:
    return ft.Container(ft.ProgressBar(), key=key, padding=ft.Padding.symmetric(vertical=8))


def stack(controls: Sequence[ft.Control], *, spacing: float = theme.GAP, **about: Any) -> ft.Column:
    """Things under each other, each as wide as the screen."""
    return ft.Column(
        list(controls), spacing=spacing, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH, **about
    )


def scrolled(controls: Sequence[ft.Control], *, spacing: float = theme.GAP, **about: Any) -> ft.Column:
    return ft.Column(
        list(controls),
        spacing=spacing,
        expand=True,
        scroll=ft.ScrollMode.AUTO,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        **about,
    )


def padded(*controls: ft.Control, spacing: float = theme.GAP, top: float = 8, bottom: float = 8) -> ft.Container:
    padding = ft.Padding.only(left=theme.GAP, right=theme.GAP, top=top, bottom=bottom)
    return ft.Container(stack(controls, spacing=spacing), padding=padding)


def frame(
    title_words: str,
    controls: Sequence[ft.Control],
    *,
    route: str,
    foot: ft.Control | None = None,
    actions: Sequence[ft.Control] = (),
    navigation: ft.NavigationBar | ft.NavigationRail | None = None,
    beside: ft.Control | None = None,
    whole: bool = False,
) -> ft.View:
    """A screen: title, what it shows, and at the foot what to do next. No wider than is good to read.

    Where there is room `navigation` is a rail, and `beside` shows what was chosen next to the list. `whole`: as wide as
    there is room, for tables.
    """
    inner: list[ft.Control] = [*controls]
    if foot is not None:
        inner.append(ft.Container(foot, padding=ft.Padding.only(left=16, right=16, top=8, bottom=12)))
    page = ft.Column(inner, expand=True, spacing=0, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
    size = theme.scaled_title(theme.TITLE)
    # Two lines where one may not hold the title.
    tall = len(title_words) * size > 24 * theme.TITLE
    shown: ft.Control = ft.Container(page, width=None if whole else READING_WIDTH, expand=True)
    if beside is not None:
        shown = ft.Row(
            [
                ft.Container(page, width=LIST_WIDTH),
                ft.VerticalDivider(width=1),
                ft.Container(beside, expand=True),
            ],
            expand=True,
            spacing=0,
            vertical_alignment=ft.CrossAxisAlignment.STRETCH,
        )
    if isinstance(navigation, ft.NavigationRail):
        shown = ft.Row(
            [navigation, ft.VerticalDivider(width=1), ft.Container(shown, expand=True, alignment=_TOP)],
            expand=True,
            spacing=0,
            vertical_alignment=ft.CrossAxisAlignment.STRETCH,
        )
    return ft.View(
        route=route,
        padding=0,
        spacing=0,
        horizontal_alignment=ft.CrossAxisAlignment.CENTER,
        appbar=ft.AppBar(
            title=ft.Text(title_words, max_lines=2, overflow=ft.TextOverflow.ELLIPSIS, key="title"),
            title_text_style=ft.TextStyle(
                font_family=theme.BOLD,
                weight=ft.FontWeight.W_700,
                size=size,
                color=ft.Colors.ON_SURFACE,
                height=1.4,
            ),
            toolbar_height=(88 if tall else 64) * size / theme.TITLE,
            # Else the bar turns bluish as soon as something has scrolled below it.
            force_material_transparency=True,
            actions=list(actions),
            actions_padding=ft.Padding.only(right=4),
        ),
        navigation_bar=navigation if isinstance(navigation, ft.NavigationBar) else None,
        controls=[ft.SafeArea(expand=True, content=shown)],
    )

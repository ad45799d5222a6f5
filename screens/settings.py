"""Settings: the language, sizes and colours, whose phone or session this is, help."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import flet as ft

from records.access import REVIEWERS
from records.errands import SignOut
from screens import theme, version
from screens.context import Here, here
from screens.guarding import guard, part, screen
from screens.navigation import tabs
from screens.parts.pieces import body, chip, frame, heading, named, padded, scrolled, second_deed, small, stack
from screens.parts.room import RoomHeld
from screens.use_query import use_asked
from screens.words import languages, words_of


@screen
def SettingsScreen() -> ft.View:
    h = here()
    page = ft.context.page

    async def sign_out() -> None:
        await asyncio.to_thread(h.workspace.perform, SignOut())

    sizes = [(size, h.say(f"settings.text_size.{size}")) for size in theme.SCALES]
    looks = [(look, h.say(f"settings.look.{look}")) for look in theme.LOOKS]
    ways: list[ft.Control] = [
        _way(h.say("settings.help"), "open-help", ft.Icons.HELP_OUTLINE, guard(page.navigate, "/help"))
    ]
    if not h.workspace.at_centre:
        go = guard(page.navigate, "/support")
        ways.append(_way(h.say("settings.support"), "open-support", ft.Icons.SUPPORT_AGENT, go))
    elif "supervisor" in h.roles:
        go = guard(page.navigate, "/people")
        ways.append(_way(h.say("people.title"), "open-people", ft.Icons.BADGE_OUTLINED, go))
    if h.workspace.at_centre:
        pack, portal = guard(page.navigate, "/pack"), guard(page.navigate, "/portal")
        if set(h.roles) & set(REVIEWERS):
            ways.append(_way(h.say("pack.heading"), "open-pack", ft.Icons.PRINT_OUTLINED, pack))
        ways.append(_way(h.say("portal.title"), "open-portal", ft.Icons.FACT_CHECK_OUTLINED, portal))
    out: list[ft.Control] = []
    if h.workspace.at_centre:
        out = [second_deed(h.say("do.sign_out"), "sign-out", guard(sign_out), icon=ft.Icons.LOGOUT)]
    lines = [
        padded(heading(h.say("language.label")), bottom=0),
        ft.Column([_language(h, language) for language in languages()], spacing=0, tight=True),
        ft.Divider(height=1),
        _choices(h.say("settings.text_size"), "text-size", sizes, h.text_size, lambda size: h.set_look(h.look, size)),
        _choices(h.say("settings.look"), "look", looks, h.look, lambda look: h.set_look(look, h.text_size)),
        ft.Divider(height=1),
        ft.Column(ways, spacing=0, tight=True),
        ft.Divider(height=1),
        padded(*_whose(h), LoginKept(), RoomHeld(), *out, spacing=8),
    ]
    return frame(
        h.say("settings.title"),
        [ft.Container(scrolled(lines, spacing=8), expand=True)],
        route="/",
        navigation=tabs(h, "/settings"),
    )


def _language(h: Here, language: str) -> ft.Control:
    chosen = language == h.words.language
    return named(
        f"language-{language}",
        ft.ListTile(
            key=f"language-{language}",
            title=body(words_of(language).say("language.name")),
            leading=ft.Icon(
                ft.Icons.RADIO_BUTTON_CHECKED if chosen else ft.Icons.RADIO_BUTTON_UNCHECKED, color=ft.Colors.PRIMARY
            ),
            on_click=guard(h.set_language, language),
        ),
        selected=chosen,
    )


def _choices(
    label: str, ident: str, options: Iterable[tuple[str, str]], chosen: str, choose: Callable[[str], Any]
) -> ft.Control:
    chips = [chip(words, f"{ident}-{one}", guard(choose, one), chosen=one == chosen) for one, words in options]
    return padded(heading(label), ft.Row(chips, wrap=True, spacing=8, run_spacing=8), spacing=8)


def _way(words: str, key: str, icon: ft.IconData, go: Callable[[Any], Any]) -> ft.Control:
    return named(
        key,
        ft.ListTile(
            key=key,
            leading=ft.Icon(icon, color=ft.Colors.PRIMARY),
            title=body(words),
            trailing=ft.Icon(ft.Icons.CHEVRON_RIGHT, color=ft.Colors.OUTLINE),
            on_click=go,
        ),
    )


@part
def LoginKept() -> ft.Control:
    """Whether the secrets of the login lie in the device's safe. Where it has none she is told."""
    h = here()
    kept = use_asked(lambda workspace: workspace.support().login_in_safe, frozenset({"identity"}), "login").value
    if kept is None:
        return ft.Container()
    return small(h.say("settings.login_safe" if kept else "settings.login_file"), key="settings-login")


def _whose(h: Here) -> list[ft.Control]:
    lines: list[ft.Control] = []
    if h.identity:
        if not h.workspace.at_centre:
            lines.append(heading(h.say("settings.whose")))
        name = h.name_of(h.identity.name, h.identity.name_hi)
        roles = ", ".join(h.words.say_if_known(f"role.{role}", "value.newer") for role in h.identity.roles)
        lines += [
            body(h.say("settings.person", name=name), key="settings-person"),
            small(roles, key="settings-roles"),
            small(h.say("settings.device", number=h.identity.device), key="settings-device"),
        ]
    lines.append(small(h.say("settings.version", version=version.VERSION), key="settings-version"))
    return [stack(lines, spacing=4)]

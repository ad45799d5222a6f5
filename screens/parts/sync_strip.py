"""Sync in one line under the title: what is sent, what waits, and why. Tapping it tells the whole story."""

import flet as ft

from records.kinds import KINDS
from records.workspace import SyncStatus
from screens import theme
from screens.context import here
from screens.guarding import guard, part
from screens.parts.pieces import named, small
from screens.parts.times import said_time
from screens.use_query import Answer, use_asked
from screens.words import Words

SYNC = frozenset({"sync", *KINDS})
"""A save changes how much waits, as sync itself does."""
UNANSWERED = ("server_problem", "busy", "captive_portal")


def use_sync_status() -> Answer[SyncStatus]:
    return use_asked(lambda workspace: workspace.sync_status(), SYNC, "sync_status")


@part
def SyncStrip() -> ft.Control:
    h = here()
    status = use_sync_status().value or SyncStatus()
    page = ft.context.page
    icon, color = shape_of(status)
    return named(
        "sync-strip",
        ft.Container(
            key="sync-strip",
            height=theme.TOUCH,
            padding=ft.Padding.symmetric(horizontal=theme.GAP),
            bgcolor=ft.Colors.ERROR_CONTAINER if status.needs_mending else ft.Colors.SURFACE_CONTAINER,
            ink=True,
            on_click=guard(page.navigate, "/sync"),
            content=ft.Row(
                [
                    ft.Icon(icon, color=color, size=20),
                    ft.Container(
                        small(
                            strip_words(h.words, status),
                            key="sync-words",
                            max_lines=1,
                            overflow=ft.TextOverflow.ELLIPSIS,
                            color=ft.Colors.ON_SURFACE,
                        ),
                        expand=True,
                    ),
                    ft.Icon(ft.Icons.CHEVRON_RIGHT, color=ft.Colors.OUTLINE, size=20),
                ],
                spacing=10,
            ),
        ),
        button=True,
    )


def strip_words(words: Words, status: SyncStatus) -> str:
    """The line: what runs, else what needs mending, else what waits and why, else when all was sent."""
    if status.state == "running":
        return _running_words(words, status)
    if status.state == "direct":
        return words.say("sync.direct")
    if status.needs_mending:
        return words.say("sync.needs_mending", count=status.needs_mending)
    if status.waiting:
        if status.problem == "offline":
            return words.say("sync.waiting_offline", count=status.waiting)
        if status.problem in UNANSWERED:
            return words.say("sync.waiting_for_server", count=status.waiting)
        return words.say("sync.waiting", count=status.waiting)
    if status.photos_waiting:
        return words.say("sync.photos_waiting", count=status.photos_waiting)
    if status.last_success_ms is None:
        return words.say("sync.never")
    return words.say("sync.all_sent", time=said_time(words, status.last_success_ms))


def _running_words(words: Words, status: SyncStatus) -> str:
    if status.to_send > status.sent:
        return words.say("sync.sending", done=status.sent, total=status.to_send)
    if status.at_photos:
        return words.say("sync.photos")
    if status.to_receive:
        return words.say("sync.receiving", done=status.received, total=status.to_receive)
    if status.received:
        return words.say("sync.receiving_some", count=status.received)
    return words.say("sync.contacting")


def shape_of(status: SyncStatus) -> tuple[ft.IconData, ft.ColorValue]:
    if status.state == "running":
        return ft.Icons.SYNC, ft.Colors.PRIMARY
    if status.state == "direct":
        return ft.Icons.CHECK_CIRCLE, ft.Colors.PRIMARY
    if status.needs_mending:
        return ft.Icons.FLAG, ft.Colors.ERROR
    if status.waiting or status.photos_waiting:
        return ft.Icons.PHONE_ANDROID_OUTLINED, ft.Colors.ON_SURFACE_VARIANT
    if status.last_success_ms is None:
        return ft.Icons.CLOUD_OFF_OUTLINED, ft.Colors.ON_SURFACE_VARIANT
    return ft.Icons.CHECK_CIRCLE, ft.Colors.PRIMARY

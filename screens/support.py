"""The support code: how this device stands, for somebody who helps from afar. Numbers and codes, nothing of anybody."""

from datetime import datetime

import flet as ft

from records.days import INDIA
from records.workspace import Support, SyncStatus, Workspace
from screens import version
from screens.context import here
from screens.guarding import guard, part, screen, tell
from screens.parts.pieces import body, deed, frame, padded, scrolled, second_deed, small, stack, waiting
from screens.parts.sync_strip import SYNC
from screens.use_query import use_asked

MEGABYTE = 1_000_000


@screen
def SupportScreen() -> ft.View:
    h = here()
    return frame(
        h.say("settings.support"),
        [ft.Container(SupportCode(), expand=True)],
        route=ft.use_view_path(),
    )


@part
def SupportCode() -> ft.Control:
    h = here()
    page = ft.context.page
    device = h.identity.device if h.identity else ""
    answer = use_asked(lambda workspace: code_of(workspace, device), SYNC | {"drafts"}, "support", device)
    if not answer.loaded:
        return waiting("support-waiting")
    code = answer.value or ""

    async def share() -> None:
        await h.services.share_text(code)

    async def copy() -> None:
        await h.services.copy_text(code)
        tell(page, h.say("support.copied"))

    shown = ft.Container(
        body(code, key="support-code", selectable=True),
        padding=12,
        border_radius=12,
        bgcolor=ft.Colors.SURFACE_CONTAINER,
    )
    return ft.Column(
        [
            ft.Container(scrolled([padded(small(h.say("support.explain")), shown)]), expand=True),
            padded(
                stack(
                    [
                        deed(h.say("do.share"), "support-share", guard(share), icon=ft.Icons.SHARE_OUTLINED),
                        second_deed(h.say("do.copy"), "support-copy", guard(copy), icon=ft.Icons.CONTENT_COPY),
                    ],
                    spacing=8,
                ),
                bottom=12,
            ),
        ],
        expand=True,
        spacing=0,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


def code_of(workspace: Workspace, device: str) -> str:
    """The code, the same in every language: whoever reads it may speak another one."""
    return "\n".join(_lines(workspace.support(), workspace.sync_status(), device, len(workspace.drafts())))


def _lines(support: Support, status: SyncStatus, device: str, drafts: int) -> list[str]:
    offset = support.clock_offset_ms
    lines = [
        f"SAMOOH {version.VERSION} · {device}",
        f"free {_megabytes(support.free_bytes)} · store {_megabytes(support.store_bytes)}",
        "clock " + ("?" if offset is None else f"{offset / 1000:+.0f} s"),
        f"waiting {status.waiting} · mend {status.needs_mending} · drafts {drafts} · photos {status.photos_waiting}",
        " · ".join(f"{kind} {count}" for kind, count in support.records.items()),
        f"{status.state} {status.problem or 'ok'}",
        "" if support.login_in_safe is None else f"login {'safe' if support.login_in_safe else 'file'}",
    ]
    return [line for line in lines if line] + [
        f"{_time(run.at_ms)} {run.problem or 'ok'} {run.sent}/{run.received}"
        + (f" x{run.times}" if run.times > 1 else "")
        for run in status.runs[:8]
    ]


def _megabytes(size: int | None) -> str:
    return "?" if size is None else f"{size / MEGABYTE:.0f} MB"


def _time(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, INDIA):%d-%m %H:%M}"

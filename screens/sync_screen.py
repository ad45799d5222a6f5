"""The story of sync: how it stands, what waits, and what needs mending, why, and what to do about it."""

import asyncio
from collections.abc import Callable

import flet as ft

from records.commands.verdicts import TickVerdict
from records.kinds import KINDS, Kind
from records.record import fields_of
from records.workspace import Mending, Outgoing, Run, SyncStatus
from screens.carrying import Carrying, ParcelList
from screens.context import Here, here
from screens.guarding import guard, part, screen, tell
from screens.navigation import tabs
from screens.parts.fields import said_value
from screens.parts.pieces import (
    body,
    deed,
    frame,
    heading,
    named,
    note,
    padded,
    quiet_deed,
    scrolled,
    second_deed,
    small,
    stack,
    waiting,
)
from screens.parts.room import RoomLeft
from screens.parts.sync_strip import SYNC, shape_of, strip_words, use_sync_status
from screens.parts.times import said_time
from screens.use_query import use_asked

LOGIN_ENDED = ("sign_in", "revoked", "device_cloned", "safe_closed")
"""Problems that only a new code from the block office mends."""


@screen
def SyncScreen() -> ft.View:
    h = here()

    async def sync_now() -> None:
        await asyncio.to_thread(h.workspace.request_sync)

    parts = [SyncStory(), RoomLeft(), MendingList(), Carrying(), ParcelList(), OutgoingList(), RunList()]
    return frame(
        h.say("sync.title"),
        [ft.Container(scrolled(parts, spacing=0), expand=True)],
        route="/",
        navigation=tabs(h, "/sync"),
        foot=None
        if h.workspace.at_centre
        else deed(h.say("do.sync_now"), "sync-now", guard(sync_now), icon=ft.Icons.SYNC),
    )


@part
def SyncStory() -> ft.Control:
    """How it stands now."""
    h = here()
    page = ft.context.page
    answer = use_sync_status()
    if not answer.loaded:
        # Not known yet is not "never".
        return waiting("sync-waiting")
    status = answer.value or SyncStatus()
    icon, color = shape_of(status)
    lines: list[ft.Control] = [
        ft.Row(
            [
                ft.Icon(icon, size=36, color=color),
                ft.Container(heading(strip_words(h.words, status), key="sync-story"), expand=True),
            ],
            spacing=12,
        )
    ]
    if status.state == "direct":
        return padded(*lines, small(h.say("sync.what")), spacing=10)
    if status.state == "running":
        lines.append(ft.ProgressBar(value=_part_done(status), semantics_label=h.say("sync.state.running")))
    elif status.state in ("waiting", "stopped"):
        lines.append(small(h.say("sync.state.stopped" if status.state == "stopped" else "sync.state.waiting")))
    if status.photos_waiting:
        # The line above tells of entries first; that photos wait as well must not be a surprise.
        words = h.say("sync.photos_waiting", count=status.photos_waiting)
        lines.append(small(f"{words} · {h.say('sync.photos_last')}", key="sync-photos"))
    if status.problem:
        lines.append(note(_why(h, status.problem), "sync-problem", warning=status.state == "stopped"))
    if status.problem in LOGIN_ENDED:
        # Work goes on without a login and is kept; with a new code it is sent.
        lines.append(second_deed(h.say("enrol.go"), "join-again", guard(page.navigate, "/enrol")))
    lines.append(small(h.say("sync.last", time=said_time(h.words, status.last_success_ms)), key="sync-last"))
    if status.last_try_ms and status.last_try_ms != status.last_success_ms:
        lines.append(small(h.say("sync.last_try", time=said_time(h.words, status.last_try_ms))))
    if status.next_try_ms:
        lines.append(small(h.say("sync.next_try", time=said_time(h.words, status.next_try_ms)), key="sync-next"))
    lines += [small(h.say("sync.what")), small(h.say("sync.when"))]
    return padded(*lines, spacing=10)


def _part_done(status: SyncStatus) -> float | None:
    total = status.to_send + status.to_receive
    return min(1.0, (status.sent + status.received) / total) if total else None


@part
def MendingList() -> ft.Control:
    """What the server did not take."""
    h = here()
    page = ft.context.page
    refused = use_asked(lambda workspace: list(workspace.mending()), SYNC, "mending")

    async def withdraw(one: Mending) -> None:
        if one.state != "passed":
            await asyncio.to_thread(h.workspace.withdraw, one.kind, one.record_id)
        if one.verdict_id:
            await asyncio.to_thread(h.workspace.do, TickVerdict(one.verdict_id))
        tell(page, h.say("mending.withdrawn"))

    if not refused.rows:
        return ft.Container()
    cards = [_card(h, one, page, guard(withdraw, one)) for one in refused.rows]
    return padded(heading(h.say("mending.title")), small(h.say("mending.explain")), *cards)


def _card(h: Here, one: Mending, page: ft.Page, withdraw: Callable) -> ft.Control:
    """One piece of refused work: what, why, the values as typed, and the two ways on."""
    lines: list[ft.Control] = [
        heading(f"{h.words.kind(one.kind)}: {one.title}"),
        *said_by_office(h, one),
        body(h.say("mending.why", reason=h.words.problem(one.code))),
    ]
    kind = KINDS.get(one.kind)
    for name, value in one.values.items():
        if kind and name in kind.cls.model_fields and not name.endswith("_id") and not _is_inner(kind, name):
            lines.append(small(f"{h.words.field(one.kind, name)}: {said_value(h, kind.cls, name, value)}"))
    passed = one.state == "passed"
    take_off = h.say("mending.done") if passed else h.say("do.withdraw")
    ways: list[ft.Control] = [quiet_deed(take_off, f"withdraw-{one.record_id}", withdraw)]
    if passed:
        lines.append(small(h.say("mending.passed")))
    address = None if passed else address_of(one)
    if address:
        ways.insert(0, quiet_deed(h.say("do.mend"), f"mend-{one.record_id}", guard(page.navigate, address)))
    return named(
        f"mending-{one.record_id}",
        ft.Container(
            key=f"mending-{one.record_id}",
            border=ft.Border.all(1, ft.Colors.ERROR),
            border_radius=12,
            padding=12,
            content=stack([*lines, ft.Row(ways, wrap=True)], spacing=6),
        ),
    )


def said_by_office(h: Here, one: Mending) -> list[ft.Control]:
    """What an office wrote when it sent the work back, and who did."""
    if one.reason is None:
        return []
    person = h.name_of(one.decider_name, one.decider_name_hi) or h.say("history.elsewhere")
    return [body(h.say("mending.returned", person=person, reason=one.reason), key=f"reason-{one.record_id}")]


def _is_inner(kind: Kind, name: str) -> bool:
    """A value that says nothing to a person: the numbers by which a photo is known."""
    return kind.name == "Attachment" and fields_of(kind.cls)[name].unlisted


@part
def OutgoingList() -> ft.Control:
    """What waits to be sent, and what the server answered to what was sent last."""
    h = here()
    answer = use_asked(lambda workspace: list(workspace.outgoing(SHOWN)), SYNC, "outgoing", meanwhile=True)
    if not answer.loaded or h.workspace.at_centre:
        return ft.Container()
    unsent = [one for one in answer.rows if one.state == "waiting"]
    answered = [one for one in answer.rows if one.state != "waiting"]
    lines: list[ft.Control] = [ft.Divider(height=1), heading(h.say("sync.outgoing"))]
    lines.append(small(h.say("sync.explain_phone" if unsent else "sync.nothing_out"), key="outgoing-about"))
    lines += [_outgoing(h, one) for one in unsent]
    lines += [ft.Divider(height=1), heading(h.say("sync.receipts"))]
    lines.append(small(h.say("sync.explain_server" if answered else "sync.no_receipts")))
    lines += [_outgoing(h, one) for one in answered[:RECEIPTS]]
    return padded(*lines, spacing=8)


SHOWN, RECEIPTS = 50, 20


def _outgoing(h: Here, one: Outgoing) -> ft.Control:
    page = ft.context.page
    icon, color = {
        "waiting": (ft.Icons.PHONE_ANDROID_OUTLINED, ft.Colors.ON_SURFACE_VARIANT),
        "received": (ft.Icons.CHECK_CIRCLE, ft.Colors.PRIMARY),
    }.get(one.state, (ft.Icons.FLAG, ft.Colors.ERROR))
    words = h.words.kind(one.kind) if one.kind in KINDS else h.say("value.newer")
    line = ft.Row(
        [
            ft.Icon(icon, size=20, color=color),
            ft.Container(
                stack(
                    [
                        body(f"{words}: {one.title}" if one.title else words),
                        small(f"{h.say('sync.saved_at', time=said_time(h.words, one.at_ms))} · {_state(h, one.state)}"),
                    ],
                    spacing=0,
                ),
                expand=True,
            ),
        ],
        spacing=10,
        vertical_alignment=ft.CrossAxisAlignment.START,
    )
    key = f"outgoing-{one.state}-{one.record_id}"
    go = guard(page.navigate, f"/group/{one.shg_id}") if one.shg_id else None
    return named(key, ft.Container(line, key=key, ink=bool(go), on_click=go, padding=4), button=bool(go))


def _state(h: Here, state: str) -> str:
    return h.say(f"history.state.{state}")


@part
def RunList() -> ft.Control:
    """When it was tried, what was sent and received, why it failed."""
    h = here()
    status = use_sync_status().value or SyncStatus()
    if not status.runs:
        return ft.Container()
    lines: list[ft.Control] = [ft.Divider(height=1), heading(h.say("sync.runs"))]
    lines += [_run(h, run, number) for number, run in enumerate(status.runs)]
    return padded(*lines, spacing=8)


def _run(h: Here, run: Run, number: int) -> ft.Control:
    if run.problem:
        what = _why(h, run.problem)
    elif run.sent or run.received:
        what = h.say("sync.run_moved", sent=run.sent, received=run.received)
    else:
        what = h.say("sync.run_nothing")
    when = said_time(h.words, run.at_ms)
    if run.times > 1:
        when += f" · {h.say('sync.run_times', count=run.times)}"
    icon = ft.Icons.FLAG_OUTLINED if run.problem else ft.Icons.CHECK
    color = ft.Colors.ERROR if run.problem else ft.Colors.PRIMARY
    return ft.Row(
        [
            ft.Icon(icon, size=20, color=color),
            ft.Container(stack([small(when), body(what)], spacing=0), expand=True, key=f"run-{number}"),
        ],
        spacing=10,
        vertical_alignment=ft.CrossAxisAlignment.START,
    )


def _why(h: Here, problem: str) -> str:
    """Why a run failed. Of a full phone it is not said that something is not saved, as where somebody saves."""
    return h.say("sync.disk_full") if problem == "disk_full" else h.words.problem(problem)


def address_of(one: Mending) -> str | None:
    """Where it can be mended."""
    if one.kind == "Shg":
        return f"/group/{one.record_id}/edit"
    if one.shg_id is None:
        return None
    if one.kind == "Member":
        return f"/group/{one.shg_id}/member/{one.record_id}"
    return f"/group/{one.shg_id}/account" if one.kind == "SavingsAccount" else f"/group/{one.shg_id}"

"""Without a network: handing over one's own work in a file, and carrying the files of colleagues."""

import asyncio

import flet as ft

from records.bundles import MIME_TYPE, file_name, read_bundle
from records.workspace import Parcel, SyncStatus, TakenIn
from screens.context import Here, here
from screens.guarding import Busy, guard, part, tell
from screens.parts.pieces import body, heading, named, padded, quiet_deed, second_deed, small, stack
from screens.parts.sync_strip import SYNC, use_sync_status
from screens.parts.times import said_time
from screens.use_query import use_asked


@part
def Carrying() -> ft.Control:
    h = here()
    page = ft.context.page
    status = use_sync_status().value or SyncStatus()
    giving: Busy = ft.use_ref(Busy).current

    async def hand_over() -> None:
        if giving.now:
            return
        with giving:
            content = await asyncio.to_thread(h.workspace.hand_over)
            given = await h.services.share_file(file_name(content), content, MIME_TYPE)
        tell(page, h.say("carry.given", count=read_bundle(content).records) if given else h.say("carry.not_given"))

    async def take_in() -> None:
        chosen = await h.services.file()
        if chosen is not None:
            tell(page, said_taken(h, await asyncio.to_thread(h.workspace.take_in, chosen.content)))

    if h.workspace.at_centre:
        return ft.Container()
    lines: list[ft.Control] = [ft.Divider(height=1), heading(h.say("carry.title")), small(h.say("carry.what"))]
    if status.waiting:
        lines.append(body(h.say("carry.going", count=status.waiting), key="carry-going"))
        if status.photos_waiting:
            lines.append(small(h.say("carry.photos_stay"), key="carry-photos"))
        lines.append(
            second_deed(h.say("carry.hand_over"), "hand-over", guard(hand_over), icon=ft.Icons.OUTBOX_OUTLINED)
        )
    else:
        lines.append(small(h.say("carry.nothing"), key="carry-nothing"))
    lines.append(second_deed(h.say("carry.take_in"), "take-in", guard(take_in), icon=ft.Icons.FILE_OPEN_OUTLINED))
    return padded(*lines, spacing=10)


def said_taken(h: Here, taken: TakenIn) -> str:
    """What a file that was taken in came to."""
    if taken.what == "delivered":
        return h.say("carry.delivered")
    if taken.what == "answered" and not taken.records:
        return h.say("carry.answered_before")
    if taken.what == "answered":
        return h.say("carry.answered", count=taken.records)
    return h.say("carry.carried", count=taken.records)


@part
def ParcelList() -> ft.Control:
    """What is carried for colleagues, and what became of it."""
    h = here()
    page = ft.context.page
    found = use_asked(lambda workspace: list(workspace.parcels()), SYNC, "parcels", meanwhile=True)

    async def give(id: str) -> None:
        content = await asyncio.to_thread(h.workspace.parcel, id)
        if not await h.services.share_file(file_name(content), content, MIME_TYPE):
            tell(page, h.say("carry.not_given"))

    if not found.rows:
        return ft.Container()
    lines: list[ft.Control] = [ft.Divider(height=1), heading(h.say("carry.parcels"))]
    lines += [_parcel(h, one, guard(give, one.id)) for one in found.rows]
    return padded(*lines, spacing=8)


SHAPES = {
    "waiting": (ft.Icons.OUTBOX_OUTLINED, ft.Colors.ON_SURFACE_VARIANT),
    "delivered": (ft.Icons.CHECK_CIRCLE, ft.Colors.PRIMARY),
    "refused": (ft.Icons.FLAG, ft.Colors.ERROR),
}


def _parcel(h: Here, one: Parcel, give: object) -> ft.Control:
    icon, color = SHAPES[one.state]
    words = h.say("carry.give_answer" if one.state == "delivered" else "carry.give_on")
    told = [
        body(h.say("carry.parcel", count=one.records, device=one.device)),
        small(_state(h, one), key=f"parcel-state-{one.id}"),
        ft.Row([quiet_deed(words, f"give-{one.id}", give, icon=ft.Icons.SHARE_OUTLINED)], wrap=True),
    ]
    line = ft.Row(
        [ft.Icon(icon, size=20, color=color), ft.Container(stack(told, spacing=0), expand=True)],
        spacing=10,
        vertical_alignment=ft.CrossAxisAlignment.START,
    )
    return named(f"parcel-{one.id}", ft.Container(line, key=f"parcel-{one.id}", padding=4))


def _state(h: Here, one: Parcel) -> str:
    if one.state == "refused":
        return h.words.problem(one.code or "bundle_changed")
    if one.state == "delivered":
        return h.say("carry.state.delivered", time=said_time(h.words, one.done_ms))
    return h.say("carry.state.waiting")

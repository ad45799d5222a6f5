"""How full this phone is, and what will happen when it is too full."""

import flet as ft

from records.workspace import Room, Workspace
from screens.context import Here, here
from screens.guarding import part
from screens.parts.pieces import note, padded, small
from screens.parts.sync_strip import SYNC
from screens.use_query import use_asked

MEGABYTE = 1_000_000


def room_of(workspace: Workspace) -> Room | None:
    return workspace.support().room


@part
def RoomLeft() -> ft.Control:
    """Nothing while there is room; from 80 of 100 on what is held, and what will go and what will not."""
    h = here()
    room = use_asked(room_of, SYNC, "room").value
    return padded(full_note(h, room)) if room and room.is_nearly_full else ft.Container()


@part
def RoomHeld() -> ft.Control:
    """How full this phone is, in a line; the whole note when it is nearly full."""
    h = here()
    room = use_asked(room_of, SYNC, "room").value
    if room is None:
        return ft.Container()
    if room.is_nearly_full:
        return full_note(h, room)
    return small(h.say("room.holds", percent=_percent(room)), key="room-holds")


def full_note(h: Here, room: Room) -> ft.Control:
    held = h.say(
        "room.held",
        records=room.records,
        most=room.most_records,
        size=round(room.bytes / MEGABYTE),
        limit=round(room.most_bytes / MEGABYTE),
    )
    said = h.say("room.full" if room.is_full else "room.nearly", percent=_percent(room))
    will = h.say("room.nothing_more" if room.is_full else "room.will")
    return note(said, "room-note", warning=room.is_full, more=[small(held, key="room-held"), small(will)])


def _percent(room: Room) -> int:
    return int(room.share * 100)

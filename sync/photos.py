"""Photos, last of all: those taken here go piece by piece, then those that were asked for come.

The centre says how many bytes it holds, and the phone goes on from there; so a cut costs no more than one piece.
"""

from collections.abc import Iterator

from records.messages import PIECE, CentralServer, PhotoCall
from records.problems import Problem
from storage.photos import (
    Bytes,
    add_piece,
    is_whole,
    next_to_send,
    next_wanted,
    note_not_there,
    note_received,
    note_refused,
    note_unknown,
)
from storage.store import LocalStore


def exchange_photos(store: LocalStore, server: CentralServer) -> Iterator[None]:
    """Sends what waits and fetches what is wanted; stops after each call, so that work saved meanwhile goes first.

    Raises the problems of CentralServer that are not about one photo.
    """
    passed: set[str] = set()
    while photo := next_to_send(store, passed):
        passed.add(photo.id)
        yield from _send(store, server, photo)
    passed = set()
    while photo := next_wanted(store, passed):
        passed.add(photo.id)
        yield from _fetch(store, server, photo)


def _send(store: LocalStore, server: CentralServer, photo: Bytes) -> Iterator[None]:
    if not is_whole(photo):
        # It was damaged on this phone; whoever took it is told.
        note_refused(store, photo.id, "photo_damaged")
        return
    try:
        held = server.photo(PhotoCall(photo.id, photo.sha256)).held
        while held < photo.size:
            piece = photo.content[held : held + PIECE]
            reply = server.photo(PhotoCall(photo.id, photo.sha256, held, piece))
            if reply.held <= held:
                # Somebody else's bytes were there and have gone, or the centre makes no sense: the next run asks again.
                return
            held = reply.held
            yield
    except Problem as problem:
        if problem.code == "photo_unknown":
            note_unknown(store, photo.id)
        elif problem.code == "photo_not_taken":
            note_refused(store, photo.id, problem.code)
        elif problem.code != "photo_damaged":
            raise
        return
    note_received(store, photo.id)


def _fetch(store: LocalStore, server: CentralServer, photo: Bytes) -> Iterator[None]:
    try:
        while len(photo.content) < photo.size:
            call = PhotoCall(photo.id, photo.sha256, len(photo.content), wanted=PIECE)
            content = server.photo(call).content
            if not content:
                note_not_there(store, photo.id)
                return
            photo = add_piece(store, photo, content)
            yield
    except Problem as problem:
        if problem.code == "photo_unknown":
            note_not_there(store, photo.id)
        elif problem.code != "photo_damaged":
            raise

"""Sends what is ready in the file of a newer app, which this older one can neither show nor write."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from records.messages import SyncRequest
from records.problems import Problem
from records.wire import thawed
from storage.newer import read_ready
from storage.opened import opened, path_of
from storage.store import LocalStore
from sync.enrolling import Centre
from sync.safekeeping import Safekeeping

log = logging.getLogger("samooh.sync")


def opened_or_handed_over(
    folder: Path, store_id: str, centre: Centre, *, app: str, safe: Safekeeping | None = None
) -> LocalStore:
    """The opened store. Raises Problem: those of `opened`; store_newer tells how many records wait and were sent now.

    The answer cannot be written down, so the newer app sends the same batch again and is told the same.
    """
    try:
        store = opened(folder, store_id)
        if safe:
            safe.give_to(store)
        return store
    except Problem as problem:
        if problem.code != "store_newer":
            raise
        path = path_of(folder, store_id)
        unlocked = safe.unlocked if safe else {}
        waiting, sent = read_ready(path).waiting, send_ready(path, centre, app=app, unlocked=unlocked)
        raise Problem("store_newer", waiting=waiting, sent=sent) from problem


def send_ready(path: Path, centre: Centre, *, app: str, unlocked: Mapping[str, str] = MappingProxyType({})) -> int:
    """Sends the batches that are frozen and not answered; returns how many records the centre has taken in hand."""
    ready = read_ready(path, unlocked=unlocked)
    sent = 0
    if ready.token is None:
        return sent
    server = centre.for_device(ready.token)
    asked = SyncRequest(
        app=app, cursor=ready.cursor, answered=ready.answered, unsent=ready.waiting or len(ready.batches), room=1
    )
    for batch in ready.batches:
        try:
            reply = server.sync(replace(asked, batch=batch))
        except Problem as problem:
            # It waits on the phone as before; the next start tries again.
            log.info("what is ready could not be sent: %s", problem.code)
            break
        if reply.answer is None or reply.answer.state != "applied":
            break
        sent += sum(len(section.ids) for section in thawed(batch.blob).sections)
    return sent

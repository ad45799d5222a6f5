"""Phones of a world: real stores that synchronise with the real centre, through faults, in one process."""

import json
import random
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from records.commands.deciding import Command, Done
from records.messages import BundleReply, CentralServer, PhotoCall, PhotoReply, SyncReply, SyncRequest
from records.problems import Problem
from records.record import to_wire
from records.wire import read_reply, read_request, reply_bytes, request_bytes
from records.wire_files import (
    bundle_call_bytes,
    bundle_reply_bytes,
    photo_call_bytes,
    photo_reply_bytes,
    read_bundle_call,
    read_bundle_reply,
    read_photo_call,
    read_photo_reply,
)
from storage.rows import raw_rows
from storage.store import LocalStore
from storage.workspace import PhoneWorkspace
from sync.bundles import hand_over, take_in
from sync.central_over_http import CentralOverHttp
from sync.enrolling import Centre, come_back, enrol
from sync.exchange import SyncReport
from sync.schedule import Pace
from sync.synchronise import synchronise
from tests.world import World, ref

FAULTS = ("lost_request", "lost_reply", "twice", "late_twin")


class FaultyLine:
    """A centre behind a bad line. `faults` are used up one a call; every message goes through bytes and back.

    `late_twin`: an old request arrives once more after this one, its reply lost.
    """

    def __init__(self, server: CentralServer, faults: Iterable[str] = ()) -> None:
        self.server, self.faults, self.cut = server, list(faults), False
        self.sent: list[SyncRequest] = []
        self.photo_calls: list[PhotoCall] = []
        self.photo_faults: list[str] = []
        self.bundle_faults: list[str] = []

    def sync(self, request: SyncRequest) -> SyncReply:
        if self.cut:
            raise Problem("offline")
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "lost_request":
            raise Problem("offline")
        arrived = read_request(request_bytes(request))
        self.sent.append(arrived)
        reply = self.server.sync(arrived)
        if fault == "twice":
            reply = self.server.sync(arrived)
        if fault == "late_twin":
            self.server.sync(self.sent[0])
        if fault == "lost_reply":
            raise Problem("offline")
        return read_reply(reply_bytes(reply, request.cursor), request.cursor)

    def photo(self, call: PhotoCall) -> PhotoReply:
        """A call about a photo; `photo_faults` are used up by these alone."""
        if self.cut:
            raise Problem("offline")
        fault = self.photo_faults.pop(0) if self.photo_faults else ""
        if fault == "lost_request":
            raise Problem("offline")
        arrived = read_photo_call(photo_call_bytes(call))
        self.photo_calls.append(arrived)
        reply = self.server.photo(arrived)
        if fault == "twice":
            reply = self.server.photo(arrived)
        if fault == "lost_reply":
            raise Problem("offline")
        return read_photo_reply(photo_reply_bytes(reply))

    def bundle(self, content: bytes) -> BundleReply:
        """A file carried for another; `bundle_faults` are used up by these alone."""
        if self.cut:
            raise Problem("offline")
        fault = self.bundle_faults.pop(0) if self.bundle_faults else ""
        if fault == "lost_request":
            raise Problem("offline")
        reply = self.server.bundle(read_bundle_call(bundle_call_bytes(content)))
        if fault == "lost_reply":
            raise Problem("offline")
        return read_bundle_reply(bundle_reply_bytes(reply))


@dataclass
class Phone:
    """One phone of a person. `skew_ms` is how far its clock is off. A killed phone is opened again from its file."""

    world: World
    person: str
    folder: Path
    name: str
    skew_ms: int = 0
    written: list[tuple[str, str, str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.name)
        self.open()
        self.line: FaultyLine
        code = self.world.centre.enrolments.code_for(ref(self.person))
        enrol(self.store, self.centre(), code, app="0.1.0")
        self.connect()

    def open(self) -> None:
        self.store = LocalStore.open(
            self.folder / f"{self.name}.sqlite", registry=self.world.registry, clock=self.clock,
            randomness=self.random.randbytes,
        )  # fmt: skip
        self.workspace = PhoneWorkspace(self.store, hand_over_with=hand_over, take_in_with=take_in)

    def connect(self) -> None:
        with self.store.reading() as t:
            token = t.meta.get("token")
        self.line = FaultyLine(self.centre().for_device(token))

    def come_back(self) -> None:
        """Shows its certificate to a centre that does not know its login any more, as its runner does."""
        come_back(self.store, self.centre(), app="0.1.0")
        self.connect()

    def centre(self) -> Centre:
        """The way to the centre: over HTTP where it is served, else in process."""
        return CentralOverHttp(self.world.address) if self.world.address else self.world.centre

    def clock(self) -> int:
        return self.world.clock() + self.skew_ms

    def kill(self) -> None:
        """The process dies: nothing but the file is left."""
        self.store.close()
        self.open()

    def do(self, command: Command) -> Done:
        self.world.clock.forward(ms=7)
        done = self.workspace.do(command)
        for change in done.changes:
            self.written += [(change.kind, change.id, name, to_wire(value)) for name, value in change.values.items()]
        return done

    def sync(self, *faults: str, compares: bool = False) -> SyncReport | None:
        """One run; None when the line failed it. Without comparing, so that nothing is mended that tests look for."""
        self.world.clock.forward(ms=11)
        self.line.faults = list(faults)
        try:
            return synchronise(self.store, self.line, app="0.1.0", timer=lambda: 0.0, compares=compares)
        except Problem as problem:
            if problem.code != "offline":
                raise
            return None

    def sync_cut_short(self) -> None:
        """A run that sends record by record, and gets no further than one of them."""
        self.world.clock.forward(ms=11)
        self.line.faults = ["lost_reply"]
        with suppress(Problem):
            synchronise(self.store, self.line, app="0.1.0", pace=Pace(rows=1), timer=lambda: 0.0)

    def contents(self) -> dict[str, dict[str, Any]]:
        return contents(self.store)


def contents(store: LocalStore) -> dict[str, dict[str, Any]]:
    """Everything a store holds as the centre may compare it: kind -> id -> (wire values, stamps, streams, unknown)."""
    found: dict[str, dict[str, Any]] = {}
    with store.reading() as t:
        streams = dict(t.driver.execute("SELECT number, name FROM stream"))
        for kind, table in t.tables.items():
            ids = [id for (id,) in t.driver.execute(f'SELECT id FROM "{table.name}"')]
            for raw in raw_rows(t.connection, t.tables, kind, ids).values():
                held = sorted(streams[int(n)] for n in raw.held.split(",") if n)
                found.setdefault(kind, {})[raw.id] = (raw.values, raw.stamps, held, raw.extra)
    return found


def fresh_contents(world: World, person: str, folder: Path) -> dict[str, dict[str, Any]]:
    """What a new phone of this person would hold after its first sync."""
    fresh = Phone(world, person, folder, f"fresh-{world.id()}")
    assert fresh.sync() is not None
    try:
        return fresh.contents()
    finally:
        fresh.store.close()


def quiet(phones: Iterable[Phone], rounds: int = 12) -> None:
    """Good lines for everybody until nobody has anything left to say."""
    some = list(phones)
    for _ in range(rounds):
        reports = [phone.sync() for phone in some]
        assert None not in reports, "a good line must not fail"
        if not any(report.sent or report.received for report in reports):
            return
    raise AssertionError("the network does not come to rest")


def differences(one: dict[str, dict[str, Any]], two: dict[str, dict[str, Any]]) -> list[str]:
    """Where two copies differ, in words for a failing test."""
    found = []
    for kind in sorted({*one, *two}):
        mine, theirs = one.get(kind, {}), two.get(kind, {})
        for id in sorted({*mine, *theirs}):
            if mine.get(id) != theirs.get(id):
                found.append(f"{kind} {id}:\n   {_line(mine.get(id))}\n   {_line(theirs.get(id))}")
    return found


def _line(row: Any) -> str:
    return "nothing" if row is None else json.dumps(row, ensure_ascii=False, default=str, sort_keys=True)

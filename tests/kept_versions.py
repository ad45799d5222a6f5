"""What each released version said and left behind, of nobody real: `tests/fixtures/versions/<version>/`.

`python -m tests.kept_versions` writes the folder of this version, once: every message of a story with what it meant,
and at its end a phone's file and the centre's with work between them. Folders of earlier versions are never written
again: that a later version understands them, and goes on with them, is what they are kept for.
"""

import gzip
import json
import sqlite3
import tempfile
from contextlib import closing, suppress
from dataclasses import asdict
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from records.commands.accounts import RecordStep
from records.commands.groups import ChangeGroup, DeleteGroup, RegisterGroup
from records.commands.members import AddMember, MoveMember
from records.commands.photos import AddPhoto
from records.messages import CentralServer, EnrolReply, EnrolRequest, PhotoCall, PhotoReply, SyncReply, SyncRequest
from records.problems import Problem
from records.wire import read_reply, read_request, reply_bytes, request_bytes, thawed
from records.wire_enrolment import enrol_bytes, enrolled_bytes, read_enrol, read_enrolled
from records.wire_files import photo_call_bytes, photo_reply_bytes, read_photo_call, read_photo_reply
from records.wire_values import problem_bytes, read_problem
from screens.shrinking import small_photo
from screens.version import VERSION
from storage.freezing import next_batch
from tests.fleet import FaultyLine, Phone, quiet
from tests.pictures import a_scene, from_camera
from tests.world import World, ref

KEPT = Path(__file__).parent / "fixtures" / "versions"
READERS = {
    "request": read_request,
    "enrol": read_enrol,
    "enrolled": read_enrolled,
    "photo_call": read_photo_call,
    "photo_reply": read_photo_reply,
    "problem": read_problem,
    "batch": thawed,
}


def meaning(value: Any) -> Any:
    """A message as JSON can hold it: bytes as hex, sets as sorted lists."""
    if isinstance(value, Problem):
        return {"code": value.code}
    told = json.dumps(asdict(value), default=lambda one: one.hex() if isinstance(one, bytes) else sorted(one))
    return json.loads(told)


def read(kept: dict[str, Any]) -> Any:
    """A kept message as today's code reads it."""
    body = bytes.fromhex(kept["bytes"])
    reader = partial(read_reply, presented=kept["presented"]) if kept["what"] == "reply" else READERS[kept["what"]]
    return reader(body)


class Told(FaultyLine):
    """A good line that writes down what passes. `messages`: the list that is kept."""

    def __init__(self, server: CentralServer, messages: list[dict[str, Any]]) -> None:
        super().__init__(server)
        self.messages = messages

    def keep(self, what: str, body: bytes, value: Any, **more: Any) -> None:
        self.messages.append({"what": what, "bytes": body.hex(), "means": meaning(value), **more})

    def sync(self, request: SyncRequest) -> SyncReply:
        self.keep("request", request_bytes(request), request)
        if request.batch:
            self.keep("batch", request.batch.blob, thawed(request.batch.blob))
        try:
            reply = super().sync(request)
        except Problem as problem:
            self.keep("problem", problem_bytes(problem), problem)
            raise
        self.keep("reply", reply_bytes(reply, request.cursor), reply, presented=request.cursor)
        return reply

    def photo(self, call: PhotoCall) -> PhotoReply:
        reply = super().photo(call)
        self.keep("photo_call", photo_call_bytes(call), call)
        self.keep("photo_reply", photo_reply_bytes(reply), reply)
        return reply


def tell(folder: Path, messages: list[dict[str, Any]]) -> tuple[World, Phone]:
    """A world after a day of three people; the ABM's phone has work under way and work not yet given.

    In the messages: all kinds of records, a conflict, stamps ahead of time, a refusal, a photo, streams granted and
    withdrawn, records that left, an unknown cursor, a batch before its turn, a renumbered copy, a revoked device.
    """
    world = World(url=f"sqlite:///{folder / 'centre.sqlite'}")
    abm, sakhi, supervisor = (_phone(world, folder, name, messages) for name in ("abm", "sakhi", "supervisor"))
    request = EnrolRequest("0.1.0", world.centre.enrolments.code_for(ref("abm2")), b"s" * 32, b"x" * 32, "her phone")
    supervisor.line.keep("enrol", enrol_bytes(request), request)
    enrolled = world.centre.enrol(request)
    supervisor.line.keep("enrolled", enrolled_bytes(enrolled), enrolled)
    abm.skew_ms = 86_400_000
    group, other = (_group(abm, name) for name in ("जय अम्बे समूह", "Sharda"))
    women = [abm.do(AddMember(group, {"name": name, "mobile": "6555500001"})).id for name in ("सीता बाई", "Rekha")]
    abm.do(RecordStep(group, "resolution_passed", date(2026, 3, 2)))
    abm.do(AddPhoto(group, "resolution", small_photo(from_camera(a_scene(240, 160)))))
    quiet([abm, sakhi, supervisor])
    abm.skew_ms = 0
    for phone, remark in ((abm, "under the tree"), (supervisor, "at the office")):
        phone.do(ChangeGroup(group, {"remarks": remark}))
    assert supervisor.sync(), "the earlier change comes later: it loses and is kept"
    abm.do(MoveMember(women[1], other))
    abm.do(DeleteGroup(_group(abm, "By mistake")))
    sakhi.do(RecordStep(group, "submitted", date(2026, 3, 9)))
    quiet([abm, sakhi, supervisor])
    _hard_cases(world, [abm, sakhi, supervisor], enrolled, group)
    _group(abm, "Under way")
    assert next_batch(abm.store)
    abm.do(ChangeGroup(group, {"declared_members": 12}))
    supervisor.do(ChangeGroup(other, {"name": "Sharda of the hill"}))
    assert supervisor.sync()
    return world, abm


def _hard_cases(world: World, phones: list[Phone], her: EnrolReply, group: str) -> None:
    """What a good day does not bring, on the device of a fourth person."""
    line = Told(world.centre.for_device(her.token), phones[0].line.messages)
    known = [("Shg", world.id(), {"name": "Hers", "village_id": ref("V2")}), ("Shg", group, {"name": "Not hers"})]
    first, second, third = (world.batch(her.device, number, known[at:]) for number, at in ((1, 0), (2, 1), (1, 1)))
    orphan = [("Member", world.id(), {"shg_id": world.id(), "name": "Before her group"})]
    for batch in (second, first, third, second, world.batch(her.device, 3, orphan)):
        line.sync(SyncRequest("0.1.0", None, batch))
    line.sync(SyncRequest("0.1.0", "of another centre", reached={"block/x/groups": 3}))
    for panchayat in ("G2", "G1"):
        world.overwrite("Place", "V1", parent_id=ref(panchayat))
        quiet(phones)
    world.overwrite("Assignment", "abm/1", place_id=ref("G2"))
    quiet(phones)
    world.overwrite("Assignment", "abm/1", place_id=ref("G1"))
    world.centre.new_epoch()
    quiet(phones)
    world.centre.enrolments.revoke(her.device)
    with suppress(Problem):
        line.sync(SyncRequest("0.1.0"))


def _phone(world: World, folder: Path, name: str, messages: list[dict[str, Any]]) -> Phone:
    phone = Phone(world, name, folder, name)
    with phone.store.reading() as t:
        token = t.meta.get("token")
    phone.line = Told(world.centre.for_device(token), messages)
    return phone


def _group(phone: Phone, name: str) -> str:
    return phone.do(RegisterGroup({"village_id": ref("V1"), "name": name, "formed_on": date(2026, 3, 1)})).id


# --- as files


def write(folder: Path) -> None:
    """The folder of this version."""
    messages: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        world, abm = tell(Path(scratch), messages)
        abm.store.close()
        world.centre.close()
        folder.mkdir(parents=True)
        about = {"now_ms": world.clock.ms, "messages": messages}
        (folder / "messages.json.gz").write_bytes(gzip.compress(json.dumps(about).encode(), 9, mtime=0))
        for name in ("abm", "centre"):
            path = Path(scratch) / f"{name}.sqlite"
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA journal_mode=DELETE")
                connection.execute("VACUUM")
            (folder / f"{name}.sqlite.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def kept_versions() -> list[Path]:
    return sorted(KEPT.iterdir())


def story_of(kept: Path) -> tuple[int, list[dict[str, Any]]]:
    """(the time at the end of the story, its messages)."""
    about = json.loads(gzip.decompress((kept / "messages.json.gz").read_bytes()))
    return about["now_ms"], about["messages"]


def unpacked(kept: Path, folder: Path) -> None:
    """`abm.sqlite` and `centre.sqlite` as they lay there."""
    for path in kept.glob("*.sqlite.gz"):
        (folder / path.name.removesuffix(".gz")).write_bytes(gzip.decompress(path.read_bytes()))


if __name__ == "__main__":
    wanted = KEPT / VERSION
    if wanted.exists():
        raise SystemExit(f"{VERSION} is kept already and never written again: give the app its next version first.")
    write(wanted)
    size = sum(path.stat().st_size for path in wanted.iterdir())
    print(f"{wanted} written: {size} bytes. Add it to the commit that releases {VERSION}.")

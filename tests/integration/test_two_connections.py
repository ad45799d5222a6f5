"""Two who write at the same moment lose nothing on PostgreSQL; a reader misses nothing. With controls that must fail.

On SQLite there is one writer at a time, so that these can only go wrong on PostgreSQL.
"""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from records.merge import FieldChange, resolve
from records.messages import SyncRequest
from server.chunks import chunked
from server.feeding import News, _numbers, held_by, tell
from server.streams import numbers_of
from server.upserting import insert_new
from server.working import Working
from tests.world import World, ref

RECORDS = 200


@pytest.fixture
def world():
    made = World.on_postgres()
    yield made
    made.drop()


class Writer:
    """A device that sends batches in a thread of its own."""

    def __init__(self, world: World, person: str) -> None:
        self.world, self.enrolled, self.number = world, world.enrol(person), 0

    def batch(self, rows):
        self.number += 1
        return self.world.batch(self.enrolled.device, self.number, rows)

    def push(self, batch):
        return self.world.centre._take_batch(self.enrolled.device, batch, self.world.clock())


def at_once(*deeds):
    """Do all of these at the same moment; what each returned."""
    gate = threading.Barrier(len(deeds))

    def one(deed):
        gate.wait()
        return deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return [future.result() for future in [pool.submit(one, deed) for deed in deeds]]


def group(**values):
    return {"village_id": ref("V1"), "name": "जय अम्बे", "formed_on": "2026-03-01"} | values


def test_two_devices_that_create_the_same_records_at_once_lose_nothing(world):
    """Both say each record with another name: one stands, the other is kept as a conflict, for every one of them."""
    first, second = Writer(world, "abm"), Writer(world, "supervisor")
    ids = [world.id() for _ in range(RECORDS)]
    for some in chunked(ids, 10):
        batches = [
            writer.batch([("Shg", id, group(name=f"{writer.enrolled.device} {id[-6:]}")) for id in some])
            for writer in (first, second)
        ]
        for answer in at_once(*(lambda w=w, b=b: w.push(b) for w, b in zip((first, second), batches, strict=True))):
            assert {one.state for one in answer.outcomes} <= {"applied", "lost"}
    names = {row["id"]: row["name"] for row in world.rows(world.centre.tables.records["Shg"])}
    conflicts = [c for c in world.rows(world.centre.tables.records["Conflict"]) if c["field"] == "name"]
    assert len(names) == RECORDS
    assert {one["record_id"] for one in conflicts} == set(ids), "the value that lost is kept, for every record"


def both_change(world, first: Writer, second: Writer, *, rounds: int = RECORDS) -> int:
    """Two devices change different fields of the same known records at once; how many have both changes."""
    ids = [world.id() for _ in range(rounds)]
    for some in chunked(ids, 50):
        first.push(first.batch([("Shg", id, group()) for id in some]))
    for some in chunked(ids, 10):
        batches = [
            (first, first.batch([("Shg", id, {"declared_members": 13}) for id in some])),
            (second, second.batch([("Shg", id, {"meeting_rhythm": "weekly"}) for id in some])),
        ]
        at_once(*(lambda w=w, b=b: w.push(b) for w, b in batches))
    rows = world.rows(world.centre.tables.records["Shg"])
    return sum((row["declared_members"], row["meeting_rhythm"]) == (13, "weekly") for row in rows)


def test_two_devices_that_change_the_same_known_records_at_once_lose_nothing(world):
    assert both_change(world, Writer(world, "abm"), Writer(world, "supervisor")) == RECORDS


def test_control_without_locks_changes_are_lost(world, monkeypatch):
    """The same without locks: rows are read, changed and written back over each other."""
    read = Working.load

    def unlocked(self, kind, ids, *, lock=False):
        read(self, kind, ids)
        if lock:
            time.sleep(0.005)  # what a slow disk or a busy machine does by itself

    monkeypatch.setattr(Working, "load", unlocked)
    monkeypatch.setattr(Working, "lock_reference", lambda self, *, changes: None)
    assert both_change(world, Writer(world, "abm"), Writer(world, "supervisor")) < RECORDS


def test_members_that_two_devices_add_to_one_group_at_once_are_all_counted(world):
    first, second = Writer(world, "abm"), Writer(world, "supervisor")
    shg = world.id()
    first.push(first.batch([("Shg", shg, group())]))
    for _ in range(20):
        batches = [
            (writer, writer.batch([("Member", world.id(), {"shg_id": shg, "name": "सुनीता"})]))
            for writer in (first, second)
        ]
        at_once(*(lambda w=w, b=b: w.push(b) for w, b in batches))
        row = world.row("Shg", shg)
        assert row["roster_count"] == len(world.rows(world.centre.tables.records["Member"]))


def test_a_group_registered_while_its_village_moves_stands_where_the_village_went(world):
    abm, supervisor = Writer(world, "abm"), world.enrol("supervisor2")
    for round in range(10):
        target = ("G3", "G1")[round % 2]
        id = world.id()
        batch = abm.batch([("Shg", id, group())])
        at_once(lambda b=batch: abm.push(b), lambda t=target: world.overwrite("Place", "V1", parent_id=t))
        rows = {row["id"]: row for row in world.rows(world.centre.tables.standing)}
        village = world.row("Place", ref("V1"))
        for row in rows.values():
            assert row["gram_panchayat_id"] == village["gram_panchayat_id"]
    assert supervisor.token


def test_a_record_held_while_its_parent_comes_is_applied(world):
    """Whichever of the two commits last sees the other."""
    first, second = Writer(world, "abm"), Writer(world, "supervisor")
    for _ in range(20):
        shg, member = world.id(), world.id()
        batches = [
            (first, first.batch([("Shg", shg, group())])),
            (second, second.batch([("Member", member, {"shg_id": shg, "name": "सुनीता"})])),
        ]
        at_once(*(lambda w=w, b=b: w.push(b) for w, b in batches))
        assert not world.rows(world.centre.tables.held)
        assert world.row("Member", member)["shg_id"] == shg


# --- the numbers of a stream


class Reader:
    """A reader that keeps a number and asks for what lies beyond it, as a phone's cursor does."""

    def __init__(self, world: World, stream: str) -> None:
        self.world, self.stream, self.upto, self.seen = world, stream, 0, set()

    def read(self) -> None:
        """As `Paging`: the counter first, then the rows up to it."""
        tables = self.world.centre.tables
        with self.world.centre.database.reading() as db:
            last = db.scalar(text("SELECT seq FROM stream WHERE name = :name"), {"name": self.stream}) or 0
            feed = tables.feed
            number = numbers_of(db, tables, 23, [self.stream]).get(self.stream)
            query = feed.select().where(feed.c.stream == number, feed.c.seq > self.upto, feed.c.seq <= last)
            rows = db.execute(query.order_by(feed.c.seq)).all()
        self.seen |= {row.id for row in rows}
        self.upto = max(self.upto, last)


@contextmanager
def reading(reader: Reader):
    stop = threading.Event()

    def work():
        while not stop.is_set():
            reader.read()
            time.sleep(0.002)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()
    reader.read()


def write_concurrently(world: World, number, stream: str, *, writers: int = 8, rounds: int = 25) -> set[str]:
    """`writers` at once, each with a random pause before its commit; the ids that were committed."""
    tables, committed = world.centre.tables, set()
    seeds = [random.Random(seed) for seed in range(writers)]

    def one(which: int):
        rng = seeds[which]
        for _ in range(rounds):
            ids = [f"{rng.getrandbits(128):032x}" for _ in range(3)]
            with world.centre.database.writing() as db:
                in_feed, last = number(db, len(ids))
                insert_new(db, tables.feed, [
                    {"state_id": 23, "stream": in_feed, "id": id, "kind": "Shg", "left": False, "by_device": "",
                     "others_seq": 0, "seq": last - len(ids) + 1 + place}
                    for place, id in enumerate(ids)
                ])  # fmt: skip
                time.sleep(rng.random() * 0.02)
            committed.update(ids)

    at_once(*(lambda which=which: one(which) for which in range(writers)))
    return committed


def test_a_reader_misses_nothing_while_eight_write(world):
    reader = Reader(world, "block/x/groups")
    with reading(reader):
        committed = write_concurrently(
            world,
            lambda db, count: _numbers(db, world.centre.tables, 23, {reader.stream: (count, count)})[reader.stream],
            reader.stream,
        )
    assert committed and committed <= reader.seen


def test_two_that_begin_a_stream_at_once_get_two_numbers(world):
    """Whoever is second begins again, and finds the number taken."""

    def begin(which: int):
        def work(db):
            tell(db, world.centre.tables, 23, [News("Shg", [f"{which:032x}"], frozenset({f"gp/{which}/members"}))], "")
            time.sleep(0.01)

        world.centre.database.write(work)

    at_once(*(lambda which=which: begin(which) for which in range(12)))
    names = {f"gp/{which}/members" for which in range(12)}
    with world.centre.database.reading() as db:
        numbers = numbers_of(db, world.centre.tables, 23, names)
        assert held_by(db, world.centre.tables, 23, [f"{3:032x}"]) == {f"{3:032x}": {"gp/3/members"}}
    assert numbers.keys() == names and len(set(numbers.values())) == 12


def test_control_a_plain_sequence_loses_rows(world):
    """Numbers given when a row is written, not when it is committed: a reader goes past what commits later."""
    with world.centre.database.writing() as db:
        db.exec_driver_sql("CREATE SEQUENCE numbers INCREMENT 3 START 3")
    reader = Reader(world, "block/x/groups")

    def number(db, count):
        assert count == 3
        return 7, db.scalar(text("SELECT nextval('numbers')"))

    def read():
        with world.centre.database.reading() as db:
            feed = world.centre.tables.feed
            rows = db.execute(feed.select().where(feed.c.stream == 7, feed.c.seq > reader.upto)).all()
        reader.seen |= {row.id for row in rows}
        reader.upto = max([reader.upto, *(row.seq for row in rows)])

    reader.read = read
    with reading(reader):
        committed = write_concurrently(world, number, reader.stream)
    assert committed - reader.seen, "the control must lose rows, or the test above proves nothing"


def test_a_phone_that_pulls_while_others_push_holds_everything_in_the_end(world):
    """The same through the real call: pages while four devices push."""
    writers = [Writer(world, person) for person in ("abm", "abm2", "supervisor", "supervisor")]
    villages = {"abm": "V1", "abm2": "V2", "supervisor": "V1"}
    batches = [
        (writer, [writer.batch([("Shg", world.id(), group(village_id=ref(villages[person])))]) for _ in range(25)])
        for writer, person in zip(writers, ("abm", "abm2", "supervisor", "supervisor"), strict=True)
    ]
    reader, cursor, seen = world.enrol("supervisor"), None, set()
    done = threading.Event()

    def pull():
        nonlocal cursor
        server = world.centre.for_device(reader.token)
        last_round = False
        while True:
            page = server.sync(SyncRequest("0.1.0", cursor, room=40)).page
            cursor = page.cursor
            for part in page.parts:
                seen.update(id for section in part.rows if section.kind == "Shg" for id in section.ids)
            if last_round and not page.more and not page.parts:
                return
            last_round = done.is_set()

    def write():
        at_once(*(lambda w=w, some=some: [w.push(batch) for batch in some] for w, some in batches))
        done.set()

    at_once(pull, write)
    assert {row["id"] for row in world.rows(world.centre.tables.records["Shg"])} == seen


def test_what_two_values_become_does_not_depend_on_who_was_first():
    """The pure merge below all of the above, once in plain sight."""
    one, two = FieldChange("0" * 15 + "1" + "0" * 8, "", "a"), FieldChange("0" * 15 + "2" + "0" * 8, "", "b")
    assert resolve([one, two]) == resolve([two, one])

"""The central store: access, limits, audit and sync are inside it; endpoints only decode, call and encode."""

import hmac
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import count
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from records.audience import streams_read
from records.days import day_of
from records.kinds import KINDS, Registry
from records.messages import (
    BatchAnswer,
    BundleReply,
    Capacity,
    EnrolReply,
    EnrolRequest,
    FrozenBatch,
    Page,
    Part,
    PhotoCall,
    PhotoReply,
    SyncReply,
    SyncRequest,
    capacity_hash,
)
from records.personal import PLAIN, Codec
from records.stamps import CAP_MS
from records.wire import capacity_text
from server.agreeing import Agreeing, Found
from server.batches import Batches, Key
from server.carried import Carried, Carrier
from server.cursors import NOWHERE, Cursor, Cursors, Reached, Vector
from server.database import Database
from server.enrolment import Enrolments, KnownDevice
from server.glance import LATEST
from server.paging import Paging
from server.photos import Photos
from server.reaching import capacity_of, capacity_under
from server.revocations import Revocations
from server.schema import check, prepare
from server.set_back import SetBack, note_set_back
from server.stamping import latest_known, note_latest
from server.tables import REACH, central_tables
from server.upserting import insert_missing, put

log = logging.getLogger("samooh.server")

Clock = Callable[[], int]
OVERLAP_MS = 60_000
"""How long a call in another process may take to commit its cursor; on SQLite only one writes at a time."""


class CentralStore:
    """The central copy of one state. `secret` is a key that stands outside the database; `clock` gives Unix ms.
    `prepares`: bring the database up to date, as the parent process does; a worker only looks. Raises SchemaProblem.
    `revocations` is the second store of what was revoked; without one the database alone knows.

    `for_device(token)` is the centre as one device sees it; the same object serves in process and behind HTTP.
    """

    def __init__(
        self,
        url: str,
        *,
        state_id: int,
        secret: bytes,
        clock: Clock,
        randomness: Callable[[int], bytes] = secrets.token_bytes,
        registry: Registry = KINDS,
        codec: Codec = PLAIN,
        prepares: bool = True,
        revocations: Revocations | None = None,
    ) -> None:
        self.database, self.registry, self.state_id, self.clock = Database(url), registry, state_id, clock
        self.tables = central_tables(registry, codec)
        meta = self.tables.meta
        past = self.tables.reach_past
        hers = (past.c.state_id == state_id, past.c.person_id == bindparam("person"))
        self._asks_last_reach = select(past.c.capacity).where(*hers).order_by(past.c.from_ms.desc()).limit(1)
        device = self.tables.device
        this = (device.c.state_id == state_id, device.c.device == bindparam("of_device"))
        self._notes_contact = update(device).where(*this).returning(device.c.cursor_number)
        self._asks_epoch = select(meta.c.value).where(meta.c.state_id == state_id, meta.c.name == "epoch")
        named = meta.c.name.in_(("epoch", REACH))
        self._asks_moment = select(meta.c.name, meta.c.value).where(meta.c.state_id == state_id, named)
        if registry is KINDS:
            prepare(self.database, self.tables.metadata) if prepares else check(self.database)
        else:
            # Another register than the product's has no steps: that of a test, or of a benchmark.
            self.tables.metadata.create_all(self.database.engine)
        self.cursors = Cursors(self.tables, state_id, secret)
        self.enrolments = Enrolments(self.database, self.tables, state_id, clock, randomness, secret, revocations)
        self.revocations = revocations
        self.photos = Photos(self)
        self.carried = Carried(self)
        self._agreeing = Agreeing(self.tables, registry, state_id)
        self._randomness = self.randomness = randomness
        with self.database.writing() as db:
            self._found(db)
            self.cursors.begin(db, clock(), overlap_ms=0 if self.database.is_sqlite else OVERLAP_MS)
        if revocations:
            # Before the first request: what was revoked stays revoked, whatever backup this database comes from.
            revocations.replay(self.database, self.tables, state_id)

    def _found(self, db: Connection) -> None:
        """What a new database begins with: its epoch, the row that is locked for places (`Working`), the time up to
        which stamps have come (`stamping`), and the first mark under which reaches are worked out (`reaching`)."""
        rows = [("epoch", self._randomness(4).hex()), ("reference", ""), (LATEST, ""), (REACH, secrets.token_hex(8))]
        begun = [{"state_id": self.state_id, "name": name, "value": value} for name, value in rows]
        insert_missing(db, self.tables.meta, begun)

    def epoch(self, db: Connection) -> str:
        return str(db.scalar(self._asks_epoch))

    def new_epoch(self) -> str:
        """Say that this database has gone back: at their next contact all phones give again what they have sent."""
        with self.database.writing() as db:
            return self._begin_epoch(db, "restored")

    def _begin_epoch(self, db: Connection, how: str) -> str:
        meta, epoch = self.tables.meta, self._randomness(4).hex()
        db.execute(update(meta).where(meta.c.state_id == self.state_id, meta.c.name == "epoch").values(value=epoch))
        note_set_back(db, self.tables, self.state_id, SetBack(epoch, self.clock(), how))
        log.error("this database has gone back to an earlier state (%s): phones give again what they had sent", how)
        return epoch

    def _heed(self, db: Connection, device: str, token: str | None) -> None:
        """A cursor that is given up, with its number, must not take along the only proof that we have gone back."""
        if token and self.cursors.is_from_beyond(db, device, token, self.epoch(db)):
            self._begin_epoch(db, "cursor")

    def _heed_answer(self, device: KnownDevice, request: SyncRequest) -> None:
        """A sealed answer to a batch that is not known here: we have gone back, and no cursor tells it."""

        def proves(db: Connection) -> bool:
            meant = self.cursors.answer_seal(device.number, self.epoch(db), request.answered)
            return hmac.compare_digest(meant.encode(), request.seal.encode())

        with self.database.asking() as db:
            proved = proves(db)
        if proved:
            with self.database.writing() as db:
                if proves(db):  # nobody else has begun an epoch meanwhile
                    self._begin_epoch(db, "answer")

    def _heed_time(self, device: str, token: str | None, now_ms: int) -> None:
        """A token of ours with a number later than now: our clock was ahead then, and has fallen back. What came under
        it may have been lost with a backup since; whoever saw it has stamps later than that, which are not wrong."""
        opened = self.cursors.opened(device, token) if token else None
        if opened is None or opened[1] <= now_ms:
            return
        latest_ms, meta = opened[1] + CAP_MS, self.tables.meta
        with self.database.reading() as db:
            known_ms = latest_known(db, meta, self.state_id)
        if latest_ms > known_ms:
            self.database.write(lambda db: note_latest(db, meta, self.state_id, latest_ms))

    # --- who calls

    def enrol(self, request: EnrolRequest) -> EnrolReply:
        """Exchange a code for a device. Raises Problem: code_wrong, code_used, code_expired, too_many_tries."""
        device = self.enrolments.use(request)
        self._heed_time(request.last_device, request.last_cursor, self.clock())

        def reply(db: Connection) -> EnrolReply:
            self._heed(db, request.last_device, request.last_cursor)
            capacity = self._capacity(db, device.person_id)
            self._remember_capacity(db, capacity, self.clock())
            return self.enrolments.reply(device, capacity, self.epoch(db), self.clock())

        return self.database.write(reply)

    def for_device(self, token: str) -> "DeviceView":
        """The centre as the device with this token sees it; the token is checked at each call."""
        return DeviceView(self, token)

    def office(self, name: str) -> "OfficeView":
        """A device of the office itself (set-up, import): reference records of the whole state, the same push."""
        return OfficeView(self, self.enrolments.office_device(name))

    def _capacity(self, db: Connection, person_id: str) -> Capacity:
        return capacity_of(db, self.tables, self.state_id, person_id, self._today())

    def _today(self) -> date:
        return day_of(self.clock())

    # --- the call

    def sync(self, device: KnownDevice, request: SyncRequest) -> SyncReply:
        """One call of a device. Batch and page are two transactions: what is acknowledged is committed."""
        now_ms = self.clock()
        self._heed_time(device.number, request.cursor, now_ms)
        if request.seal and request.answered > device.last_batch:
            self._heed_answer(device, request)
        answer, sent = None, dict[Key, int]()
        if request.batch:
            answer, sent, last = self._take(device.number, request.batch, now_ms)
            if answer.state == "device_cloned":
                return self._renumbered(device, request, answer, now_ms)
            device = device._replace(last_batch=last)
        elif request.answered > device.last_batch:
            # It has answers that are not here any more: it sends those batches again, if it still has them.
            answer = BatchAnswer(request.answered + 1, "waiting_for", wanted=device.last_batch + 1)
        reply = self._reply(device, request, answer, sent, now_ms)
        if answer is None or answer.state != "applied":
            return reply
        return replace(reply, seal=self.cursors.answer_seal(device.number, reply.epoch, answer.number))

    def _renumbered(self, device: KnownDevice, request: SyncRequest, answer: BatchAnswer, now_ms: int) -> SyncReply:
        """Two copies of one device: this one goes on under a number of its own."""
        with self.database.writing() as db:
            self._heed(db, device.number, request.cursor)
            epoch = self.epoch(db)
        return SyncReply(epoch, now_ms, answer, renumbered=self.enrolments.renumber(device))

    def _reply(
        self,
        device: KnownDevice,
        request: SyncRequest,
        answer: BatchAnswer | None,
        sent: Mapping[Key, int],
        now_ms: int,
    ) -> SyncReply:
        """`sent`: rows of the batch that was applied in this call. What of it is in a stream now is told by them."""
        found, quiet = None, None
        if not sent:  # else there is news: what follows from it, or at least that it is there
            with self.database.reading() as db:
                found = self._compare(db, device, request, now_ms)
                told = found is not None and self._agreeing.is_news(db, device.number, found)
                quiet = None if told else self._quiet(db, device, request, answer, now_ms)
        if quiet is None:
            quiet = self.database.write(
                lambda db: self._reply_with_news(db, device, request, answer, sent, found, now_ms)
            )
        if request.older and quiet.page:
            quiet = replace(quiet, page=replace(quiet.page, parts=[*self._older(device, request), *quiet.page.parts]))
        return replace(quiet, compared=found.compared) if found else quiet

    def _older(self, device: KnownDevice, request: SyncRequest) -> list[Part]:
        """What the device had let go of and asks for again, of what it reads and has been told of, be it under a number
        that it had before."""
        with self.database.reading() as db:
            standing = self._stand(db, device, request)
            return standing.paging.asked(request.older, standing.vector)

    def _compare(self, db: Connection, device: KnownDevice, request: SyncRequest, now_ms: int) -> Found | None:
        """What came of the device's summary of its copy, None where it gives none that can be compared."""
        if request.summary is None:
            return None
        standing = self._stand(db, device, request)
        if not standing.cursor.number:
            return None
        readable, vector, paging = standing.paging.readable, standing.vector, standing.paging
        return self._agreeing.compare(db, device.number, request.summary, readable, vector, paging, now_ms)

    def _quiet(
        self, db: Connection, device: KnownDevice, request: SyncRequest, answer: BatchAnswer | None, now_ms: int
    ) -> SyncReply | None:
        """The reply when there is nothing to tell: the same token, and no write but at most one contact a minute."""
        standing = self._stand(db, device, request)
        same = capacity_hash(standing.capacity) == request.has_capacity and not standing.granted
        fresh = now_ms - (device.last_contact_ms or 0) < 60_000 and _reported(device) == (
            request.unsent,
            request.drafts,
        )
        if standing.gone_back or standing.unknown or standing.withdrawn or not same or not fresh:
            return None
        if not request.cursor or standing.paging.news(standing.vector):
            return None
        return SyncReply(standing.epoch, now_ms, answer, Page(request.cursor, standing.cursor.number))

    def _reply_with_news(
        self,
        db: Connection,
        device: KnownDevice,
        request: SyncRequest,
        answer: BatchAnswer | None,
        sent: Mapping[Key, int],
        found: Found | None,
        now_ms: int,
    ) -> SyncReply:
        standing = self._stand(db, device, request, sent, found.heal if found else frozenset())
        newest = self._note_contact(db, device, request, now_ms)
        if standing.gone_back:
            return self._gone_back(db, device, standing, answer, now_ms)
        if standing.unknown and request.reached is None:
            return SyncReply(standing.epoch, now_ms, answer, cursor_unknown=True)
        if standing.cursor.number:
            # A phone that goes on before it has stored a page may have to ask for it again.
            stored = standing.cursor.number if request.stored is None else request.stored
            self.cursors.acknowledge(db, device.number, min(stored, standing.cursor.number))
        # Noted whatever the device claims to know: work of later is judged by it.
        self._remember_capacity(db, standing.capacity, now_ms)
        if found:
            self._agreeing.note(db, device.number, found, now_ms)
        capacity = standing.capacity if capacity_hash(standing.capacity) != request.has_capacity else None
        news = standing.paging.news(standing.vector)
        if not news and not standing.granted and not standing.withdrawn and request.cursor and standing.cursor.number:
            page = Page(request.cursor, standing.cursor.number)
        else:
            parts, reached, more = standing.paging.page(standing.vector, news, request.room)
            cursor = self.cursors.make(db, device.number, reached, newest, now_ms)
            page = self._page(device, standing, cursor, parts, standing.paging.to_come(reached, news) if more else None)
        return SyncReply(standing.epoch, now_ms, answer, page, capacity)

    def _page(
        self, device: KnownDevice, standing: "Stand", cursor: Cursor, parts: list[Part], to_come: int | None
    ) -> Page:
        return Page(
            self.cursors.token(device.number, standing.epoch, cursor.number),
            cursor.number,
            parts,
            to_come is not None,
            tuple(standing.granted),
            tuple(standing.withdrawn),
            to_come or 0,
        )

    def _stand(
        self,
        db: Connection,
        device: KnownDevice,
        request: SyncRequest,
        sent: Mapping[Key, int] = MappingProxyType({}),
        heal: frozenset[str] = frozenset(),
    ) -> "Stand":
        """Where the device stands: what it may read today, against what its cursor says it has read. `heal`: streams
        that are given anew all the same."""
        moment = {row.name: row.value for row in db.execute(self._asks_moment)}
        epoch, reach = moment["epoch"], moment.get(REACH, "")
        capacity = capacity_under(reach, db, self.tables, self.state_id, device.person_id, self._today())
        readable = streams_read(capacity.reaches, capacity.person_id)
        cursor, unknown, gone_back = NOWHERE, False, ""
        if request.cursor:
            presented = self.cursors.present(db, device.number, request.cursor, epoch, device.cursor_number)
            cursor, gone_back = presented.cursor or NOWHERE, presented.gone_back
            unknown = presented.cursor is None
        roles = {name: ",".join(sorted(some)) for name, some in readable.items()}
        before = cursor.vector
        if not any(at.heals and at.upto < at.since for at in before.values()):
            before = {name: at._replace(heals=False) for name, at in before.items()}
        granted = [name for name in readable if name not in before or before[name].roles != roles[name] or name in heal]
        withdrawn = [name for name in (before or request.reached or {}) if name not in readable]
        vector: Vector = {name: before[name] for name in readable if name not in granted}
        if request.reached and not request.cursor:
            granted = [name for name in granted if name not in request.reached]
        # An old copy of the phone's file does not have what the phone has sent since: then its own work goes whole.
        told = request.batch.number if request.batch else request.answered
        author = device.number if told >= device.last_batch else ""
        paging = Paging(db, self.tables, self.registry, self.state_id, author, readable, sent)
        if len(vector) < len(readable):
            seqs = paging.news({})
            claimed = request.reached or {}
            for name in (one for one in readable if one not in vector):
                # A claim of having reached more than there is counts for nothing; it can only cost the claimer news.
                upto = claimed.get(name, 0) if 0 <= claimed.get(name, 0) <= seqs.get(name, 0) else 0
                vector[name] = Reached(upto, seqs.get(name, 0), roles[name], heals=name in heal)
        return Stand(epoch, capacity, cursor, vector, granted, withdrawn, paging, unknown, gone_back)

    def _note_contact(self, db: Connection, device: KnownDevice, request: SyncRequest, now_ms: int) -> int:
        """The number of the newest cursor that the device was given. Its row is locked from here on."""
        told = {
            "of_device": device.number,
            "last_contact_ms": now_ms,
            "app": request.app,
            "unsent": request.unsent,
            "oldest_unsent_ms": request.oldest_unsent_ms,
            "drafts": request.drafts,
        }
        return db.execute(self._notes_contact, told).scalar_one()

    def _remember_capacity(self, db: Connection, capacity: Capacity, now_ms: int) -> None:
        """What a person reaches, from now on: work typed under it is judged by it (law 6)."""
        table = self.tables.reach_past
        last = db.scalar(self._asks_last_reach, {"person": capacity.person_id})
        text = capacity_text(capacity)
        if last != text:
            row = {"state_id": self.state_id, "person_id": capacity.person_id, "from_ms": now_ms, "capacity": text}
            put(db, table, [row])

    def _gone_back(
        self, db: Connection, device: KnownDevice, stand: "Stand", answer: BatchAnswer | None, now_ms: int
    ) -> SyncReply:
        """A valid token from beyond our own numbers: a restored backup. A new epoch, and the phones' own work again."""
        table = self.tables.device
        epoch = self._begin_epoch(db, "cursor") if stand.gone_back == "now" else stand.epoch
        db.execute(
            update(table)
            .where(table.c.state_id == self.state_id, table.c.device == device.number)
            .values(cursor_number=max(now_ms, device.cursor_number))
        )
        return SyncReply(epoch, now_ms, answer, offers=True, cursor_unknown=True)

    # --- batches

    def _take_batch(self, device: str, frozen: FrozenBatch, now_ms: int) -> BatchAnswer:
        """Apply a batch once, in its order; what is acknowledged is committed (M26)."""
        return self._take(device, frozen, now_ms).answer

    def _take(self, device: str, frozen: FrozenBatch, now_ms: int) -> "Taken":

        tries = count()

        def take(db: Connection) -> tuple[BatchAnswer, Batches]:
            first = next(tries) == 0
            mine = Batches(db, self.tables, self.registry, self.state_id, device, now_ms, by_feed=first)
            return mine.take(frozen), mine

        answer, mine = self.database.write(take)
        self.wake(device, mine.awaited, now_ms)
        return Taken(answer, mine.sent, mine.last)

    def wake(self, device: str, awaited: set[str], now_ms: int) -> None:
        """After the commit of a batch: a record and what waits for it may have been committed side by side, and whoever
        is last sees both. On SQLite nobody is beside anybody."""
        if not awaited or self.database.is_sqlite:
            return

        def batches(db: Connection) -> Batches:
            return Batches(db, self.tables, self.registry, self.state_id, device, now_ms)

        with self.database.asking() as db:
            held = batches(db).held_for(awaited)
        if held:
            self.database.write(lambda db: batches(db).wake(held))

    def close(self) -> None:
        self.database.close()


class Taken(NamedTuple):
    """What came of a batch: its answer, record -> row of it if it was applied now, and the number of the last one of
    its device that has been applied."""

    answer: BatchAnswer
    sent: dict[Key, int]
    last: int


@dataclass(frozen=True)
class Stand:
    """Where a device stands at a contact. `vector` covers what it may read today, granted streams from 0."""

    epoch: str
    capacity: Capacity
    cursor: Cursor
    vector: Vector
    granted: list[str]
    withdrawn: list[str]
    paging: Paging
    unknown: bool
    gone_back: str


def _reported(device: KnownDevice) -> tuple[int | None, int]:
    """How much a device said at its last contact that it had not sent, and how many drafts it had."""
    return device.unsent, device.drafts or 0


class DeviceView:
    """`records.messages.CentralServer` for one device."""

    def __init__(self, centre: CentralStore, token: str) -> None:
        self._centre, self._token = centre, token

    def sync(self, request: SyncRequest) -> SyncReply:
        return self._centre.sync(self._centre.enrolments.device_of(self._token), request)

    def photo(self, call: PhotoCall) -> PhotoReply:
        return self._centre.photos.call(self._token, call)

    def bundle(self, content: bytes) -> BundleReply:
        carrier = self._centre.enrolments.device_of(self._token)
        return self._centre.carried.take(content, Carrier(carrier.person_id, carrier.number))


class OfficeView:
    """The office's own way in: batches by the same push, numbered like a phone's."""

    def __init__(self, centre: CentralStore, device: str) -> None:
        self._centre, self.device = centre, device

    def next_number(self) -> int:
        with self._centre.database.reading() as db:
            table = self._centre.tables.device
            query = select(table.c.last_batch).where(
                table.c.state_id == self._centre.state_id, table.c.device == self.device
            )
            return int(db.execute(query).scalar_one()) + 1

    def push(self, frozen: FrozenBatch) -> BatchAnswer:
        return self._centre._take_batch(self.device, frozen, self._centre.clock())

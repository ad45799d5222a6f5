"""The central store: access, limits, audit and sync are inside it; endpoints only decode, call and encode."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from records.kinds import KINDS, Registry
from records.messages import (
    BatchAnswer,
    BundleReply,
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
from server.agreeing import Agreeing, Found
from server.batches import Batches, Key
from server.carried import Carried, Carrier
from server.contacts import Contacts, Stand
from server.cursors import Cursor, Cursors
from server.database import Database
from server.enrolment import Enrolments, KnownDevice
from server.epochs import Epochs
from server.glance import LATEST
from server.photos import Photos
from server.revocations import Revocations
from server.schema import check, prepare
from server.tables import REACH, central_tables
from server.upserting import insert_missing

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
        if registry is KINDS:
            prepare(self.database, self.tables.metadata) if prepares else check(self.database)
        else:
            # Another register than the product's has no steps: that of a test, or of a benchmark.
            self.tables.metadata.create_all(self.database.engine)
        self.cursors = Cursors(self.tables, state_id, secret)
        self.contacts = Contacts(self.tables, registry, state_id, self.cursors, clock)
        self.epochs = Epochs(self.database, self.tables, state_id, self.cursors, clock, randomness)
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
        return self.epochs.now(db)

    def new_epoch(self) -> str:
        """Say that this database has gone back: at their next contact all phones give again what they have sent."""
        with self.database.writing() as db:
            return self.epochs.begin(db, "restored")

    # --- who calls

    def enrol(self, request: EnrolRequest) -> EnrolReply:
        """Exchange a code for a device. Raises Problem: code_wrong, code_used, code_expired, too_many_tries."""
        device = self.enrolments.use(request)
        self.epochs.heed_time(request.last_device, request.last_cursor, self.clock())

        def reply(db: Connection) -> EnrolReply:
            self.epochs.heed_cursor(db, request.last_device, request.last_cursor)
            capacity = self.contacts.capacity(db, device.person_id)
            self.contacts.remember(db, capacity, self.clock())
            return self.enrolments.reply(device, capacity, self.epoch(db), self.clock())

        return self.database.write(reply)

    def for_device(self, token: str) -> "DeviceView":
        """The centre as the device with this token sees it; the token is checked at each call."""
        return DeviceView(self, token)

    def office(self, name: str) -> "OfficeView":
        """A device of the office itself (set-up, import): reference records of the whole state, the same push."""
        return OfficeView(self, self.enrolments.office_device(name))

    # --- the call

    def sync(self, device: KnownDevice, request: SyncRequest) -> SyncReply:
        """One call of a device. Batch and page are two transactions: what is acknowledged is committed."""
        now_ms = self.clock()
        self.epochs.heed_time(device.number, request.cursor, now_ms)
        if request.seal and request.answered > device.last_batch:
            self.epochs.heed_answer(device, request)
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
            self.epochs.heed_cursor(db, device.number, request.cursor)
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
        # With rows of a batch there is news: what follows from them, or at least that they are there.
        noted = not sent and _is_noted(device, request, now_ms)
        if noted or (request.summary is not None and not sent):
            with self.database.reading() as db:
                found = self._compare(db, device, request, now_ms)
                told = found is not None and self._agreeing.is_news(db, device.number, found)
                quiet = self._quiet(db, device, request, answer, now_ms) if noted and not told else None
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
            standing = self.contacts.stand(db, device, request)
            return standing.paging.asked(request.older, standing.vector)

    def _compare(self, db: Connection, device: KnownDevice, request: SyncRequest, now_ms: int) -> Found | None:
        """What came of the device's summary of its copy, None where it gives none that can be compared."""
        if request.summary is None:
            return None
        standing = self.contacts.stand(db, device, request)
        if not standing.cursor.number:
            return None
        readable, vector, paging = standing.paging.readable, standing.vector, standing.paging
        return self._agreeing.compare(db, device.number, request.summary, readable, vector, paging, now_ms)

    def _quiet(
        self, db: Connection, device: KnownDevice, request: SyncRequest, answer: BatchAnswer | None, now_ms: int
    ) -> SyncReply | None:
        """The reply when there is nothing to tell, to a call that need not be noted: the same token, and no write."""
        standing = self.contacts.stand(db, device, request)
        same = capacity_hash(standing.capacity) == request.has_capacity and not standing.granted
        if standing.gone_back or standing.unknown or standing.withdrawn or not same:
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
        standing = self.contacts.stand(db, device, request, sent, found.heal if found else frozenset())
        newest = self.contacts.note(db, device, request, now_ms)
        if standing.gone_back:
            return self._gone_back(db, device, standing, answer, now_ms)
        if standing.unknown and request.reached is None:
            return SyncReply(standing.epoch, now_ms, answer, cursor_unknown=True)
        if standing.cursor.number:
            # A phone that goes on before it has stored a page may have to ask for it again.
            stored = standing.cursor.number if request.stored is None else request.stored
            self.cursors.acknowledge(db, device.number, min(stored, standing.cursor.number))
        # Noted whatever the device claims to know: work of later is judged by it.
        self.contacts.remember(db, standing.capacity, now_ms)
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
        self, device: KnownDevice, standing: Stand, cursor: Cursor, parts: list[Part], to_come: int | None
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

    def _gone_back(
        self, db: Connection, device: KnownDevice, stand: Stand, answer: BatchAnswer | None, now_ms: int
    ) -> SyncReply:
        """A valid token from beyond our own numbers: a restored backup. A new epoch, and the phones' own work again."""
        table = self.tables.device
        epoch = self.epochs.begin(db, "cursor") if stand.gone_back == "now" else stand.epoch
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
        # The first try takes for new what no stream was told of; where that is not so the next one looks (`Working`).
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


def _is_noted(device: KnownDevice, request: SyncRequest, now_ms: int) -> bool:
    """Whether a contact was noted less than a minute ago, at which the device said the same of itself."""
    recent = now_ms - (device.last_contact_ms or 0) < 60_000
    return recent and (device.unsent, device.drafts or 0) == (request.unsent, request.drafts)


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

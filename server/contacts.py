"""Where a device stands when it calls: who works with it today, what she may read, and how far she has read it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import Connection, bindparam, select, update

from records.audience import streams_read
from records.days import day_of
from records.kinds import Registry
from records.messages import Capacity, SyncRequest
from records.wire import capacity_text
from server.batches import Key
from server.cursors import NOWHERE, Cursor, Cursors, Reached, Vector
from server.enrolment import KnownDevice
from server.paging import Paging
from server.reaching import capacity_of, capacity_under
from server.tables import REACH, CentralTables
from server.upserting import put


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


class Contacts:
    """The contacts of one state's devices. `clock` gives Unix ms."""

    def __init__(
        self, tables: CentralTables, registry: Registry, state_id: int, cursors: Cursors, clock: Callable[[], int]
    ) -> None:
        self._tables, self._registry, self._state_id = tables, registry, state_id
        self._cursors, self._clock = cursors, clock
        past, device, meta = tables.reach_past, tables.device, tables.meta
        hers = (past.c.state_id == state_id, past.c.person_id == bindparam("person"))
        self._asks_last_reach = select(past.c.capacity).where(*hers).order_by(past.c.from_ms.desc()).limit(1)
        this = (device.c.state_id == state_id, device.c.device == bindparam("of_device"))
        self._notes = update(device).where(*this).returning(device.c.cursor_number)
        named = meta.c.name.in_(("epoch", REACH))
        self._asks_moment = select(meta.c.name, meta.c.value).where(meta.c.state_id == state_id, named)

    def capacity(self, db: Connection, person_id: str) -> Capacity:
        """Who this person is and how far she reaches today."""
        return capacity_of(db, self._tables, self._state_id, person_id, day_of(self._clock()))

    def moment(self, db: Connection) -> tuple[str, str]:
        """The epoch, and the mark under which reaches are worked out."""
        said = {row.name: row.value for row in db.execute(self._asks_moment)}
        return said["epoch"], said.get(REACH, "")

    def stand(
        self,
        db: Connection,
        device: KnownDevice,
        request: SyncRequest,
        sent: Mapping[Key, int] = MappingProxyType({}),
        heal: frozenset[str] = frozenset(),
    ) -> Stand:
        """What the device may read today, against what its cursor says it has read. `sent`: rows of the batch that was
        applied in this call; `heal`: streams that are given anew all the same."""
        epoch, reach = self.moment(db)
        today = day_of(self._clock())
        capacity = capacity_under(reach, db, self._tables, self._state_id, device.person_id, today)
        readable = streams_read(capacity.reaches, capacity.person_id)
        cursor, unknown, gone_back = NOWHERE, False, ""
        if request.cursor:
            presented = self._cursors.present(db, device.number, request.cursor, epoch, device.cursor_number)
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
        paging = Paging(db, self._tables, self._registry, self._state_id, author, readable, sent)
        if len(vector) < len(readable):
            _begin_missing(vector, paging, request.reached or {}, roles, heal)
        return Stand(epoch, capacity, cursor, vector, granted, withdrawn, paging, unknown, gone_back)

    def note(self, db: Connection, device: KnownDevice, request: SyncRequest, now_ms: int) -> int:
        """Writes the contact down. The number of the newest cursor that the device was given; its row is locked from
        here on."""
        told = {
            "of_device": device.number,
            "last_contact_ms": now_ms,
            "app": request.app,
            "unsent": request.unsent,
            "oldest_unsent_ms": request.oldest_unsent_ms,
            "drafts": request.drafts,
        }
        return db.execute(self._notes, told).scalar_one()

    def remember(self, db: Connection, capacity: Capacity, now_ms: int) -> None:
        """What a person reaches, from now on: work typed under it is judged by it (law 6)."""
        last = db.scalar(self._asks_last_reach, {"person": capacity.person_id})
        text = capacity_text(capacity)
        if last != text:
            row = {"state_id": self._state_id, "person_id": capacity.person_id, "from_ms": now_ms, "capacity": text}
            put(db, self._tables.reach_past, [row])


def _begin_missing(
    vector: Vector, paging: Paging, claimed: Mapping[str, int], roles: Mapping[str, str], heal: frozenset[str]
) -> None:
    """Streams that the vector does not name begin where the device claims to have read them to, else from 0. A claim of
    having reached more than there is counts for nothing; it can only cost the claimer news."""
    seqs = paging.news({})
    for name in (one for one in paging.readable if one not in vector):
        upto = claimed.get(name, 0) if 0 <= claimed.get(name, 0) <= seqs.get(name, 0) else 0
        vector[name] = Reached(upto, seqs.get(name, 0), roles[name], heals=name in heal)

"""Which phones a supervisor or reviewer sees at the console: those of people who work in her area, and no others.

A phone is no record, so no stream says who sees it: its person's assignments do. Someone whose work there ended is
shown for as long as her late work is still taken (law 6): her phone may hold what the next one waits for.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, false, func, or_, select

from records.access import Reach
from server.chunks import among
from server.past_reach import WITHDRAWN_DAYS
from server.tables import AT_OFFICE, CentralTables

LOOKING = ("supervisor", "nodal", "district", "admin")
"""Roles that see how others' phones are."""


class DevicesSeen:
    """The sub-selects `Device` and `Receipt` of one person on one day."""

    def __init__(
        self, db: Connection, tables: CentralTables, state_id: int, reaches: Iterable[Reach], today: date
    ) -> None:
        self._db, self._tables, self._state_id, self._today = db, tables, state_id, today
        self._reaches = [reach for reach in reaches if reach.role in LOOKING]

    @property
    def looks(self) -> bool:
        """Whether she looks after others' phones at all."""
        return bool(self._reaches)

    def devices(self) -> Subquery:
        device, aside = self._tables.device, self._tables.quarantine
        to_mend = (
            select(func.count())
            .where(aside.c.state_id == self._state_id, aside.c.device == device.c.device, aside.c.state.in_(AT_OFFICE))
            .scalar_subquery()
        )
        apart = self._tables.difference
        differences = (apart.c.state_id == self._state_id, apart.c.device == device.c.device)
        differs = select(func.count()).where(*differences, apart.c.healed_ms.is_(None)).scalar_subquery()
        differed_ms = select(func.max(apart.c.found_ms)).where(*differences).scalar_subquery()
        names = ("person_id", "enrolled_ms", "last_contact_ms", "app", "unsent", "oldest_unsent_ms")
        return (
            select(device.c.device, device.c.name.label("device_name"), *(device.c[name] for name in names))
            .add_columns(to_mend.label("to_mend"), differs.label("differs"), differed_ms.label("differed_ms"))
            .where(self._phones())
            .subquery("seen_device")
        )

    def receipts(self) -> Subquery:
        batch, device = self._tables.batch, self._tables.device
        joined = batch.join(device, and_(device.c.state_id == batch.c.state_id, device.c.device == batch.c.device))
        return (
            select(*(batch.c[name] for name in ("device", "number", "received_ms", "sha256")), device.c.person_id)
            .select_from(joined)
            .where(batch.c.state_id == self._state_id, self._phones())
            .subquery("seen_receipt")
        )

    def _phones(self) -> ColumnElement[bool]:
        """Phones in use, of people of the area. A session at the console has no token, an office's device says so."""
        device = self._tables.device
        return and_(
            device.c.state_id == self._state_id,
            device.c.token_hash.is_not(None),
            device.c.revoked_ms.is_(None),
            device.c.office.is_(False),
            device.c.person_id.in_(self._people()),
        )

    def _people(self) -> Select[Any]:
        works, place, branch = (self._tables.records[kind] for kind in ("Assignment", "Place", "BankBranch"))
        blocks = sorted({id for reach in self._reaches for id in reach.blocks})
        # Those of the whole district, as its other reviewers, are seen by who looks at the whole of it.
        districts = sorted({id for one in self._reaches if one.role in ("district", "admin") for id in one.districts})
        inside: list[ColumnElement[bool]] = [false()]
        if blocks:
            inside += [among(self._db, place.c.block_id, blocks), among(self._db, branch.c.block_id, blocks)]
        if districts:
            inside.append(among(self._db, works.c.district_id, districts))
        joined = works.outerjoin(place, and_(place.c.state_id == works.c.state_id, place.c.id == works.c.place_id))
        joined = joined.outerjoin(branch, and_(branch.c.state_id == works.c.state_id, branch.c.id == works.c.branch_id))
        return (
            select(works.c.person_id)
            .select_from(joined)
            .where(
                works.c.state_id == self._state_id,
                works.c.deleted_on.is_(None),
                works.c.from_on <= self._today,
                or_(works.c.to_on.is_(None), works.c.to_on >= self._today - timedelta(days=WITHDRAWN_DAYS)),
                or_(*inside),
            )
        )

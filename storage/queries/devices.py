"""Questions about phones, what the centre has received from them, and whether it went back. Only the centre's console
can ask them: `Device`, `Receipt` and `SetBack` are no records, and no phone has them."""

from typing import Any

from sqlalchemy import Select, case, func, select

from storage.queries.asking import Row, Tables, column, query


class DeviceRow(Row):
    """A phone of somebody who works here, as it last spoke to the centre. Times are Unix milliseconds.

    `unsent` and `oldest_unsent_ms` are what the phone said itself, None where it has never said it; `to_mend` counts
    its changes that the centre has set aside and nobody has decided; `differs` how many of its streams were found not
    to hold what the centre holds, and have not come right since; `differed_ms` when that was last found of any.
    """

    device: str
    device_name: str
    person_id: str
    person_name: str | None
    person_name_hi: str | None
    enrolled_ms: int
    last_contact_ms: int | None
    app: str | None
    unsent: int | None
    oldest_unsent_ms: int | None
    to_mend: int
    differs: int
    differed_ms: int | None


class SetBackRow(Row):
    """The centre has gone back to an earlier state: when it noticed (Unix milliseconds), in which epoch that ended. Of
    the phones that were in use here then, `silent` have not been in contact since."""

    epoch: str
    at_ms: int
    phones: int
    silent: int


class ReceiptRow(Row):
    """A batch of changes that the centre has received and holds on its disk."""

    device: str
    person_name: str | None
    number: int
    received_ms: int
    sha256: str


@query(DeviceRow, kinds=("Person", "Assignment", "Shg", "SavingsAccount", "AccountStep", "Member"))
def list_devices(tables: Tables) -> Select[Any]:
    """The phones in use of people who work here, by name; which is the most urgent `urgency` says."""
    devices, people = tables["Device"], tables["Person"]
    return (
        select(
            devices.c.device,
            devices.c.device_name,
            devices.c.person_id,
            column(people, "name", "person_name"),
            column(people, "name_hi", "person_name_hi"),
            *(devices.c[name] for name in ("enrolled_ms", "last_contact_ms", "app", "unsent", "oldest_unsent_ms")),
            *(devices.c[name] for name in ("to_mend", "differs", "differed_ms")),
        )
        .select_from(devices.outerjoin(people, people.c.id == devices.c.person_id))
        .order_by(people.c.search_key, devices.c.device)
    )


@query(ReceiptRow, kinds=("Person", "Assignment"))
def list_receipts(tables: Tables, *, limit: int = 5000) -> Select[Any]:
    """What was received from these phones, the latest first."""
    receipts, people = tables["Receipt"], tables["Person"]
    return (
        select(
            receipts.c.device,
            column(people, "name", "person_name"),
            *(receipts.c[name] for name in ("number", "received_ms", "sha256")),
        )
        .select_from(receipts.outerjoin(people, people.c.id == receipts.c.person_id))
        .order_by(receipts.c.received_ms.desc(), receipts.c.device, receipts.c.number.desc())
        .limit(limit)
    )


@query(SetBackRow, kinds=("Person", "Assignment", "Shg", "SavingsAccount", "AccountStep", "Member"))
def find_set_back(tables: Tables) -> Select[Any]:
    """The last time that the centre went back; no row where it never did."""
    one, devices = tables["SetBack"], tables["Device"]
    heard = func.coalesce(devices.c.last_contact_ms, devices.c.enrolled_ms)
    silent = case((heard < one.c.at_ms, 1), else_=0)
    return (
        select(
            one.c.epoch,
            one.c.at_ms,
            func.count(devices.c.device).label("phones"),
            func.coalesce(func.sum(silent), 0).label("silent"),
        )
        .select_from(one.outerjoin(devices, heard >= one.c.in_use_ms))
        .group_by(one.c.epoch, one.c.at_ms)
    )


def urgency(row: DeviceRow) -> tuple[Any, ...]:
    """The most urgent first: changes set aside, then a copy that differs, then the oldest work that waits, then who has
    been silent longest."""
    waits = row.oldest_unsent_ms if row.unsent else None
    silent = row.last_contact_ms if row.last_contact_ms is not None else row.enrolled_ms
    return (not row.to_mend, not row.differs, waits is None, waits or 0, silent, row.device)

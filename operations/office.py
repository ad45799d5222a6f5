"""The office's own way in: opens the central store of the settings, and pushes reference records as a phone would."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select

from operations.speaking import CannotDo
from records.cells import read_stamps
from records.messages import Batch, Section
from records.record import to_wire
from records.stamps import stamp_of
from records.wire import frozen
from server.central_store import CentralStore, OfficeView
from server.serving import centre_of
from server.settings import read_settings

Row = tuple[str, str, Mapping[str, Any]]
"""(kind, id, values) of a reference record."""


@contextmanager
def the_centre() -> Iterator[CentralStore]:
    """The central store of this server's settings, while the block lasts. The server may run beside it.

    None is founded by mistyping the name of its folder: that is for `samooh serve`.
    """
    centre = centre_of(read_settings(), founds=False)
    try:
        yield centre
    finally:
        centre.close()


def push(centre: CentralStore, name: str, rows: Iterable[Row]) -> None:
    """Put records into the centre as the office's device of this name. CannotDo when one of them is not taken."""
    office = centre.office(name)
    sections = list(_sections(centre, office, rows))
    answer = office.push(frozen(office.next_number(), Batch(tuple(sections))))
    for one in answer.outcomes:
        if one.state != "applied":
            kind = sections[one.first].kind
            raise CannotDo(
                f"The centre did not take the {kind}: {one.code or one.state} ({one.field or 'as a whole'})."
            )


def _sections(centre: CentralStore, office: OfficeView, rows: Iterable[Row]) -> Iterator[Section]:
    """A section per record, in order, each record under a stamp of its own; what stands there has been seen."""
    now_ms = centre.clock()
    for counter, (kind, id, values) in enumerate(rows):
        stamp, seen = stamp_of(now_ms, counter, office.device), _stamps(centre, kind, id)
        columns = [[to_wire(value)] for value in values.values()]
        yield Section(kind, [id], list(values), columns, [[stamp] for _ in values], [[seen.get(n, "")] for n in values])


def _stamps(centre: CentralStore, kind: str, id: str) -> dict[str, str]:
    table = centre.tables.records[kind]
    with centre.database.reading() as db:
        text = db.scalar(select(table.c.stamps).where(table.c.state_id == centre.state_id, table.c.id == id))
    return read_stamps(text) if text else {}

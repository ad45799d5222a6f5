"""`samooh status`: how the server and its phones are doing, in one look. Counts and times, no group and no member."""

from typing import Annotated, Any

import typer
from sqlalchemy import func, select

from operations.office import the_centre
from operations.speaking import counted, say, table
from server.backed_up import last_backup_ms
from server.central_store import CentralStore
from server.clock import SET_BACK_MS, clock_behind
from server.health import Health
from server.schema import head, version_of
from server.set_back import SetBack, last_set_back, phones_since
from server.tables import AT_OFFICE

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000


def status(
    all_devices: Annotated[bool, typer.Option("--all", help="Also devices that are revoked.")] = False,
) -> None:
    """Show devices, work set aside, streams, size and version."""
    with the_centre() as centre:
        missing = Health(centre).missing()
        say("ready" if not missing else f"NOT READY: {', '.join(missing)}")
        if behind := clock_behind(centre):
            say(f"CLOCK: {behind}")
        say(f"database: {centre.database.engine.dialect.name}, {_size(centre)}")
        with centre.database.reading() as db:
            say(f"tables: at step {version_of(db)}, newest {head()}")
            say(f"epoch: {centre.epoch(db)}")
            _say_backup(centre.clock(), last_backup_ms(db, centre.tables, centre.state_id))
            went_back = last_set_back(db, centre.tables, centre.state_id)
            if went_back:
                _say_set_back(went_back, centre.clock(), *phones_since(db, centre.tables, centre.state_id, went_back))
        _say_streams(centre)
        _say_aside(centre)
        _say_devices(centre, all_devices)


BACKUP_DUE_MS = 2 * DAY_MS
"""One that is made each night is never older."""


def _say_backup(now_ms: int, last_ms: int | None) -> None:
    if last_ms is None:
        say("NO BACKUP yet: samooh backup, each night.")
    elif now_ms - last_ms > BACKUP_DUE_MS:
        say(f"LAST BACKUP {ago(now_ms, last_ms)}: look at what the nightly samooh backup says.")
    else:
        say(f"last backup: {ago(now_ms, last_ms)}")


NOTICED = {"restored": "by samooh restore", "cursor": "by what a phone had read", "answer": "by what it had answered"}


def _say_set_back(went_back: SetBack, now_ms: int, phones: int, silent: int) -> None:
    """An alarm until every phone that was in use has been in contact since."""
    how, since = NOTICED.get(went_back.how, went_back.how), ago(now_ms, went_back.at_ms)
    if silent:
        say(f"WENT BACK to an earlier state, noticed {since} {how}: {silent} of {phones} phones not heard of since.")
    else:
        say(f"went back to an earlier state, noticed {since} {how}; all phones in use have been heard of since.")


def ago(now_ms: int, then_ms: int | None) -> str:
    """`3 hours ago`, in the largest unit that fits."""
    if then_ms is None:
        return "never"
    if then_ms > now_ms + SET_BACK_MS:
        return "in the future"
    passed = max(0, now_ms - then_ms)
    for size, unit in ((DAY_MS, "day"), (HOUR_MS, "hour"), (MINUTE_MS, "minute")):
        if passed >= size:
            return f"{counted(passed // size, unit)} ago"
    return "just now"


def _size(centre: CentralStore) -> str:
    query = "SELECT pg_database_size(current_database())"
    if centre.database.is_sqlite:
        query = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    with centre.database.reading() as db:
        return f"{(db.exec_driver_sql(query).scalar() or 0) / 1_000_000:.1f} MB"


def _say_streams(centre: CentralStore) -> None:
    stream = centre.tables.stream
    with centre.database.reading() as db:
        ours = stream.c.state_id == centre.state_id
        streams, live = db.execute(select(func.count(), func.sum(stream.c.live)).where(ours)).one()
    say(f"streams: {streams}, with {counted(live or 0, 'place of a record', 'places of records')}")


def _say_aside(centre: CentralStore) -> None:
    aside, held = centre.tables.quarantine, centre.tables.held
    with centre.database.reading() as db:
        mine = (aside.c.state_id == centre.state_id, aside.c.state.in_(AT_OFFICE))
        codes = db.execute(select(aside.c.code, func.count()).where(*mine).group_by(aside.c.code)).all()
        waiting = db.scalar(select(func.count()).select_from(held).where(held.c.state_id == centre.state_id))
    told = ", ".join(f"{code} {number}" for code, number in sorted((row[0], row[1]) for row in codes))
    say(f"set aside, to be decided: {sum(row[1] for row in codes)}" + (f" ({told})" if told else ""))
    say(f"held until their parent comes: {waiting}")


def _say_devices(centre: CentralStore, everyone: bool) -> None:
    device, person = centre.tables.device, centre.tables.records["Person"]
    ours = [device.c.state_id == centre.state_id, device.c.office.is_(False)]
    if not everyone:
        ours.append(device.c.revoked_ms.is_(None))
    joined = device.outerjoin(person, (person.c.state_id == device.c.state_id) & (person.c.id == device.c.person_id))
    query = select(device, person.c.name.label("who")).select_from(joined).where(*ours)
    with centre.database.reading() as db:
        rows = db.execute(query.order_by(device.c.last_contact_ms.is_(None).desc(), device.c.last_contact_ms)).all()
    say(f"devices: {len(rows)}")
    if rows:
        heads = ("device", "person", "last contact", "unsent", "oldest unsent", "app", "")
        table(heads, [_line(centre.clock(), row) for row in rows])


def _line(now_ms: int, row: Any) -> tuple[str, ...]:
    oldest = ago(now_ms, row.oldest_unsent_ms) if row.unsent and row.oldest_unsent_ms else "-"
    ended = "revoked" if row.revoked_ms is not None else ""
    heard = ago(now_ms, row.last_contact_ms)
    return row.device, row.who or row.person_id, heard, str(row.unsent or 0), oldest, row.app or "-", ended

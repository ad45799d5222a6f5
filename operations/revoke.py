"""`samooh revoke`: shut out a lost phone, or all devices of a person. It cannot be undone; a new code lets her in."""

import re
from typing import Annotated, Any

import typer
from sqlalchemy import select

from operations import finding
from operations.office import the_centre
from operations.speaking import CannotDo, counted, say
from operations.status import ago
from server.central_store import CentralStore
from server.revocations import Revocations
from server.serving import store_without_revocations
from server.settings import read_settings


def revoke(
    device: Annotated[str | None, typer.Argument(help="The device number, 8 signs, as samooh status shows it.")] = None,
    person: Annotated[str | None, typer.Option(help="All devices of this person: id or name.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    store_lost: Annotated[
        bool, typer.Option("--store-lost", help="Write the store of revocations again; only when it is lost for good.")
    ] = False,
    forgotten: Annotated[
        bool,
        typer.Option("--forgotten", help="A number that is not known here: of a phone enrolled after the backup."),
    ] = False,
) -> None:
    """Shut out a device, or all devices of a person, from now on. What they have sent stays."""
    if store_lost:
        if device is not None or person is not None or forgotten:
            raise CannotDo("--store-lost stands alone: it shuts nobody out. Revoke the device afterwards.")
        _write_again()
        return
    if (device is None) == (person is None):
        raise CannotDo("Name either a device number or --person.")
    if forgotten and device is None:
        raise CannotDo("--forgotten goes with a device number: nothing is known here of the phone, nor whose it is.")
    with the_centre() as centre:
        if forgotten and device:
            _shut_out_forgotten(centre, device)
            return
        meant = _devices(centre, device, person)
        for one in meant:
            say(_last_word(centre, one))
        if not yes and not _said_yes():
            raise CannotDo("Nothing was revoked.")
        for one in meant:
            centre.enrolments.revoke(one.device)
    say(
        f"{counted(len(meant), 'device')} revoked. Work that was not sent stays on the phone, and goes when its owner "
        "is enrolled on it again: samooh enrol."
    )


def _said_yes() -> bool:
    try:
        return typer.confirm("Revoke for good?")
    except typer.Abort as nobody:
        say()
        raise CannotDo("Nobody answered, so that nothing was revoked: add --yes where nobody can be asked.") from nobody


def _devices(centre: CentralStore, device: str | None, person: str | None) -> list[Any]:
    table = centre.tables.device
    whose = table.c.device == device if device else table.c.person_id == finding.person(centre, person or "").id
    ours = (table.c.state_id == centre.state_id, table.c.office.is_(False), whose)
    with centre.database.reading() as db:
        rows = list(db.execute(select(table).where(*ours).order_by(table.c.device)).all())
    meant = [row for row in rows if row.revoked_ms is None]
    if not meant:
        known = "is revoked already" if rows else "is not known: samooh status lists the devices, or add --forgotten"
        raise CannotDo(f"The device {device} {known}." if device else "This person has no device that is let in.")
    return meant


def _shut_out_forgotten(centre: CentralStore, device: str) -> None:
    """A phone that this database does not know any more must not come back by its certificate."""
    if not re.fullmatch("[0-9a-f]{8}", device):
        raise CannotDo(f"{device} is no device number: 8 signs, 0 to 9 and a to f.")
    centre.enrolments.revoke(device)
    say(f"{device} revoked: should a phone come back under this number, it is not let in.")


def _last_word(centre: CentralStore, row: Any) -> str:
    if row.last_contact_ms is None:
        return f"{row.device}: enrolled {ago(centre.clock(), row.enrolled_ms)}, never heard of since."
    unsent = f"then had {counted(row.unsent or 0, 'change')} not sent"
    oldest = f", the oldest {ago(centre.clock(), row.oldest_unsent_ms)}" if row.unsent and row.oldest_unsent_ms else ""
    return f"{row.device}: last heard of {ago(centre.clock(), row.last_contact_ms)}; {unsent}{oldest}."


def _write_again() -> None:
    settings = read_settings()
    centre = store_without_revocations(settings)
    try:
        store = Revocations(settings.revocations_path)
        try:
            lines = store.begin_anew(centre.database, centre.tables, centre.state_id, centre.clock())
        except FileExistsError as error:
            raise CannotDo(f"{settings.revocations_path} is there: move it aside first, and keep it.") from error
    finally:
        centre.close()
    say(f"{settings.revocations_path} written with {counted(lines, 'revocation')} that this database knows of.")

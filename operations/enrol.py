"""`samooh enrol`: a one-time code by which a person's phone, or her console, comes in."""

from typing import Annotated

import typer
from sqlalchemy import select

from operations import finding
from operations.office import the_centre
from operations.speaking import CannotDo, say
from records.days import day_of
from server.central_store import CentralStore
from server.enrolment import VALID_MS


def enrol(
    person: Annotated[str, typer.Argument(help="The person's id, or a name that only one person has.")],
    console: Annotated[bool, typer.Option("--console", help="A code for the console instead of a phone.")] = False,
) -> None:
    """Issue a one-time code for a person. Tell it to her and nobody else."""
    with the_centre() as centre:
        found = finding.person(centre, person)
        issue = getattr(centre.enrolments, "console_code_for" if console else "code_for", None)
        if issue is None:
            raise CannotDo("This server has no console yet, so that there are no codes for it.")
        code, warning = issue(found.id), _warning(centre, found.id)
    say(code)
    if not console:
        say(f"for {found.name}, for one phone, within {VALID_MS // 3_600_000} hours.")
    else:
        say(f"for {found.name}, to be entered once in the console.")
    if warning:
        say(f"{found.name} {warning}")
        raise typer.Exit(1)


def _warning(centre: CentralStore, person: str) -> str:
    """What whoever gives the code should know; "" when she works today. The code is given all the same: her phone may
    hold work of hers that was not sent yet."""
    work, today = centre.tables.records["Assignment"], day_of(centre.clock())
    hers = (work.c.state_id == centre.state_id, work.c.person_id == person, work.c.deleted_on.is_(None))
    with centre.database.reading() as db:
        rows = db.execute(select(work.c.from_on, work.c.to_on).where(*hers)).all()
    if any(row.from_on <= today and (row.to_on is None or row.to_on >= today) for row in rows):
        return ""
    coming = [row.from_on for row in rows if row.from_on > today]
    if coming:
        return f"begins work on {min(coming)} only: until then nothing of it is to be seen with this code."
    if rows:
        return f"has no work since {max(row.to_on for row in rows)}: the code only lets in what was typed before."
    return "has no work yet, so that nothing is to be seen with this code: samooh people assign."

"""`samooh enrol`: a one-time code by which a person's phone, or her console, comes in."""

from typing import Annotated

import typer

from operations import finding
from operations.office import the_centre
from operations.speaking import CannotDo, say
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
        code = issue(found.id)
    say(code)
    if not console:
        say(f"for {found.name}, for one phone, within {VALID_MS // 3_600_000} hours.")
    else:
        say(f"for {found.name}, to be entered once in the console.")

"""`samooh norm`: the numbers that the mission sets, each from a day on."""

from datetime import datetime
from typing import Annotated

import typer

from operations.office import push, the_centre
from operations.people import DAYS
from operations.speaking import CannotDo, say
from records.ids import official_id
from records.norm import NORM_DEFAULTS

norm = typer.Typer(help="Numbers that the mission sets.", no_args_is_help=True)


@norm.command("set")
def set_norm(
    code: Annotated[str, typer.Argument(help=f"One of {', '.join(NORM_DEFAULTS)}.")],
    value: Annotated[int, typer.Argument(min=0)],
    from_: Annotated[datetime, typer.Option("--from", formats=DAYS, help="The day from which it holds.")],
) -> None:
    """Set a norm from a day on. The same day again corrects it; earlier days keep what held then."""
    if code not in NORM_DEFAULTS:
        raise CannotDo(f"{code!r} is no norm: write one of {', '.join(NORM_DEFAULTS)}.")
    day = from_.date()
    with the_centre() as centre:
        push(centre, "norms", [("Norm", official_id("norm", f"{code}/{day}"), _values(code, value, day))])
    say(f"{code} is {value} from {day} on.")


def _values(code: str, value: int, day: object) -> dict[str, object]:
    return {"code": code, "value": value, "from_on": day}

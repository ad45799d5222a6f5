"""How figures and places are said at the console."""

from datetime import date
from typing import Any

from screens.context import Here


def said_average(h: Here, average: float | None) -> str:
    """Members per group with one decimal; where no number is known there is none."""
    return "–" if not average else f"{average:.1f}"


def month_code(day: date) -> str:
    """The end of the key of a month's name."""
    return f"m{day.month}"


def place_words(h: Here, place: Any) -> str:
    """A place with what it is, so that a block and a village of one name are told apart."""
    return h.say("overview.place", level=h.say(f"level.{place.level}"), name=h.name_of(place.name, place.name_hi))


def unit_words(h: Here, row: Any, by: str) -> str:
    """The name of a unit of a breakdown; what nobody has recorded is said so."""
    if row.unit_id is None:
        return h.say(f"overview.no_unit.{'person' if by == 'person' else 'place'}")
    return h.name_of(row.name, row.name_hi) or h.say("overview.not_known")

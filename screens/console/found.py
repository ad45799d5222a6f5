"""What the samples found, in words that stand beside the counts that they are of."""

from collections.abc import Iterable, Mapping
from typing import Any

from records.figures import Found
from screens.context import Here
from storage.queries.samples import found_in_all

Looked = Mapping[str | None, Any] | None
"""Rows of `tally_checked` by their unit; None while they are being asked for."""


def by_unit(rows: Iterable[Any]) -> Mapping[str | None, Any]:
    return {row.unit_id: row for row in rows}


def beside_whole(h: Here, looked: Looked, figure: str, whole: Any) -> list[str]:
    """A line below the number of a whole area; none while it is being asked for, and of nothing."""
    if looked is None or not getattr(whole, figure):
        return []
    found = found_in_all(looked.values(), figure)
    said = [h.say("found.said", count=found.checked, as_told=found.as_told)] if found.checked else []
    if found.not_reached:
        said.append(h.say("found.not_reached", count=found.not_reached))
    return [" · ".join(said) or h.say("found.none")]


def beside_formed(h: Here, looked: Looked, formed: str) -> str:
    """What is said of the groups of this month, `formed`, with what was found of these, where there is anything."""
    found = found_in_all(looked.values(), "formed") if looked else Found(0, 0, 0)
    said = [h.say("found.formed", count=found.checked, as_told=found.as_told)] if found.checked else []
    return " · ".join([formed, *said])


def below_count(h: Here, looked: Looked, figure: str, row: Any) -> str:
    """What stands below one count of a table; "" while nothing at all has been looked at."""
    if not looked:
        return ""
    checked = looked.get(row.unit_id)
    found = checked.found(figure) if checked else Found(0, 0, 0)
    if not found.checked:
        return "–" if getattr(row, figure) else ""
    return h.say("found.short", count=found.checked, as_told=found.as_told)


def on_card(h: Here, looked: Looked, row: Any) -> list[str]:
    """What stands on the card of a unit."""
    checked = (looked or {}).get(row.unit_id)
    said = []
    for figure in ("groups", "opened") if checked else ():
        found = checked.found(figure)
        if found.checked:
            said.append(h.say(f"found.card.{figure}", count=found.checked, as_told=found.as_told))
    return said

"""Before the next review: a few entries of the last fortnight are verified on the spot. What was found of them stands
beside the figures, and these are compared with what was kept at the last review.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from operations.demo_desk import Desk
from operations.demo_places import BADWARA
from operations.demo_telling import StoryBroke, Told, synced
from records.check import Check
from records.commands.checks import CheckGroup
from records.days import day_of
from records.figures import Yardstick, yardstick_on
from records.sampling import fortnight_before, sampled
from records.written import show_change, show_day
from screens.words import words_of
from storage.queries.figures import list_norms
from storage.queries.overview import tally
from storage.queries.reviews_held import list_reviews_held
from storage.queries.samples import list_new_accounts, list_new_groups, tally_checked

FOUND = {"group": ("confirmed", "differs"), "account": ("confirmed",)}
"""What the visits find, one after the other; whatever else was chosen waits for who opens the console."""
CONSOLE = words_of("hi", at="console")


def verify(told: Told, desk: Desk) -> None:
    """A sample of the last fortnight, verified by visits, the results noted at the console."""
    first, last = fortnight_before(_today(told))
    told.act(f"Of the entries of {show_day(first)} to {show_day(last)} a few are chosen by lot and verified by a visit")
    for what, found in FOUND.items():
        chosen = list(_chosen(desk, what, first, last))
        label = CONSOLE.say(f"sample.{what}")
        told.line(f"{label}: {len(chosen)} chosen" if chosen else f"{label}: none in that fortnight")
        for row, result in zip(chosen, found, strict=False):
            desk.workspace.do(CheckGroup(row.shg_id, result, what=what, how="visit"))
            told.line(f"{row.name}, {row.village_name_hi}: {CONSOLE.choice(Check, 'result', result)}")
    [looked] = desk.workspace.ask(tally_checked, measure=_measure(told, desk))
    for figure, label in (("groups", "overview.groups"), ("opened", "overview.opened")):
        found_of = looked.found(figure)
        said = CONSOLE.say("found.said", count=found_of.checked, as_told=found_of.as_told)
        told.line(
            f"The overview beside {CONSOLE.say(label)}: {said if found_of.checked else CONSOLE.say('found.none')}"
        )
    for key in ("supervisor", "abm"):
        synced(told.phones[key])


def since_the_review(told: Told, desk: Desk) -> None:
    """The overview's comparison with what the centre kept a fortnight ago; nothing where no register was put in."""
    today = _today(told)
    held = desk.workspace.ask(list_reviews_held, before=today, within=("block", BADWARA))
    if not held:
        return
    [then], [now] = held, desk.workspace.ask(tally, measure=_measure(told, desk), within=("block", BADWARA))
    changes = [
        CONSOLE.say("review.line", what=CONSOLE.say(f"review.figure.{name}"), now=getattr(now, name),
                    change=show_change(getattr(now, name) - getattr(then, name)))
        for name in ("groups", "opened", "pending")
    ]  # fmt: skip
    if now.groups <= then.groups:
        raise StoryBroke("Since the last review there should be more groups.")
    told.line(f"{CONSOLE.say('review.on', day=then.on_day)}: {' · '.join(changes)}")


def _chosen(desk: Desk, what: str, first: date, last: date) -> Iterator[Any]:
    """The entries that the lot has chosen, as the screen of the sample shows them, but for her own."""
    query = list_new_groups if what == "group" else list_new_accounts
    rows = [row for row in desk.workspace.ask(query, first=first, last=last) if row.person_id != desk.someone.id]
    entries: dict[str, list[str]] = {}
    for row in rows:
        entries.setdefault(row.person_id or "", []).append(row.shg_id)
    chosen = sampled(entries, f"{first}/{what}")
    seen: set[str] = set()
    for row in rows:
        if row.shg_id in chosen and row.shg_id not in seen:
            seen.add(row.shg_id)
            yield row


def _measure(told: Told, desk: Desk) -> Yardstick:
    return yardstick_on(desk.workspace.ask(list_norms), _today(told))


def _today(told: Told) -> date:
    return day_of(told.centre.clock())

"""The sample of a fortnight: a few new groups and opened accounts, verified by a visit or a call; and what is worth a
look. People stand by name and nobody is ranked; each count has beside it what the sample found."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import flet as ft

from records.check import Check
from records.commands.checks import CheckGroup
from records.sampling import clustered_at_month_end, fortnight_before, sampled
from records.written import show_day
from screens import questions
from screens.console.decide_cards import card, open_group, where
from screens.context import Here, here
from screens.guarding import guard, part, tell
from screens.parts.pieces import body, chip, empty_note, heading, note, padded, quiet_deed, small, stack, waiting
from screens.parts.times import today
from screens.use_query import use_query

RESULTS = ("confirmed", "differs", "not_reached")


@part
def Sample() -> ft.Control:
    """What she entered herself is not hers to verify (`own_work`)."""
    h = here()
    me = h.identity.person_id if h.identity else ""
    first, last = fortnight_before(today())
    groups = use_query(questions.list_new_groups, first=first, last=last)
    accounts = use_query(questions.list_new_accounts, first=first, last=last)
    if not (groups.loaded and accounts.loaded):
        return waiting("sample-waiting")
    lines: list[ft.Control] = [small(h.say("sample.fortnight", first=show_day(first), last=show_day(last)))]
    for what, every in (("group", groups.rows), ("account", accounts.rows)):
        rows = [row for row in every if row.person_id != me]
        chosen = _chosen(rows, f"{first}/{what}")
        if not rows:
            continue
        lines += [heading(h.say(f"sample.{what}")), stack(_by_person(h, rows, chosen), spacing=4)]
        waits = {row.shg_id: row for row in rows if row.shg_id in chosen and row.result is None}
        lines += [SampleCard(row=row, what=what, key=f"{what}-{id}") for id, row in waits.items()]
    if len(lines) == 1:
        lines.append(empty_note(h.say("decide.none"), "none-sample", ft.Icons.DONE_ALL))
    return padded(*lines, Looks(), top=0, spacing=12)


def _chosen(rows: Iterable[Any], seed: str) -> frozenset[str]:
    entries: dict[str, list[str]] = {}
    for row in rows:
        entries.setdefault(row.person_id or "", []).append(row.shg_id)
    return sampled(entries, seed)


def _by_person(h: Here, rows: Iterable[Any], chosen: frozenset[str]) -> list[ft.Control]:
    """Each person's count with what the sample found, in the order of names."""
    people: dict[str, dict[str, Any]] = {}
    names: dict[str, str] = {}
    for row in rows:
        people.setdefault(row.person_id or "", {})[row.shg_id] = row
        names[row.person_id or ""] = h.name_of(row.person_name, row.person_name_hi) or h.say("history.elsewhere")
    lines = []
    for id in sorted(people, key=lambda id: (names[id], id)):
        found: Mapping[str, Any] = people[id]
        picked = [row for shg_id, row in found.items() if shg_id in chosen]
        counts = {result: sum(row.result == result for row in picked) for result in RESULTS}
        words = h.say("sample.person", person=names[id], number=len(found), picked=len(picked))
        said = [f"{h.words.choice(Check, 'result', name)}: {number}" for name, number in counts.items() if number]
        lines.append(body(" · ".join([words, *said]), key=f"sample-of-{id}"))
    return list(lines)


@part
def SampleCard(*, row: Any, what: str) -> ft.Control:
    """One to verify: by visit or call, and what was found."""
    h = here()
    page = ft.context.page
    how, set_how = ft.use_state("visit")

    async def found(result: str) -> None:
        await asyncio.to_thread(h.workspace.do, CheckGroup(row.shg_id, result, what=what, how=how))
        tell(page, h.say("saved.now"))

    ways = [
        chip(h.words.choice(Check, "how", one), f"{one}-{what}-{row.shg_id}", guard(set_how, one), chosen=one == how)
        for one in ("visit", "call")
    ]
    results = [
        quiet_deed(h.words.choice(Check, "result", one), f"{one}-{what}-{row.shg_id}", guard(found, one))
        for one in RESULTS
    ]
    lines: list[ft.Control] = [
        heading(where(h, row.name, row.village_name, row.village_name_hi)),
        *([small(f"{h.words.field('Shg', 'mobile')}: {row.mobile}")] if row.mobile else []),
        ft.Row(ways, wrap=True, spacing=8, run_spacing=8),
        ft.Row(results, wrap=True),
        *open_group(h, row.shg_id),
    ]
    return card(f"sample-{what}-{row.shg_id}", lines)


@part
def Looks() -> ft.Control:
    """What is worth a look. It may all have good reasons, and the words say so."""
    h = here()
    numbers = use_query(questions.list_shared_numbers)
    opened = use_query(questions.list_opened_without_number)
    first, last = today().replace(day=1).replace(month=1), today()
    formed = use_query(questions.list_new_groups, first=first, last=last)
    late = _late(h, formed.rows)
    if not (numbers.rows or opened.rows or late):
        return ft.Container()
    lines: list[ft.Control] = [small(h.say("look.explain"))]
    for key, rows in (("look.numbers", numbers.rows), ("look.opened", opened.rows)):
        if rows:
            lines.append(body(h.say(key)))
            lines += [row for one in rows for row in _group_line(h, one, shows=key == "look.numbers")]
    lines += [body(h.say("look.month_end", person=name)) for name in late]
    return note(h.say("look.title"), "looks", more=lines)


def _late(h: Here, rows: Iterable[Any]) -> list[str]:
    """Names, in their order, of those most of whose groups of this year were formed on the last days of a month."""
    days: dict[str, list[Any]] = {}
    for row in rows:
        days.setdefault(h.name_of(row.person_name, row.person_name_hi), []).append(row.on_day)
    return sorted(name for name, some in days.items() if name and clustered_at_month_end(some))


def _group_line(h: Here, row: Any, *, shows: bool) -> list[ft.Control]:
    name = where(h, row.name, row.village_name, row.village_name_hi)
    words = f"{name} · {row.about}" if shows and row.about else name
    go = guard(ft.context.page.navigate, f"/group/{row.shg_id}")
    return [ft.Row([quiet_deed(words, f"look-{row.shg_id}", go, icon=ft.Icons.CHEVRON_RIGHT)], wrap=True)]

"""What has changed since the last review: against the figures that the centre kept that day. Those of a block or a
district block by block; those of a smaller place, or of one person, from what was kept of villages and people."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import flet as ft

from records.errands import HoldReview
from records.figures import Yardstick
from records.written import show_change
from screens import questions
from screens.console.words import said_average
from screens.context import Here, here
from screens.guarding import guard, part, tell
from screens.parts.pieces import body, heading, padded, second_deed, small
from screens.use_query import use_query
from storage.queries.overview import whole_of
from storage.queries.reviews_held import NOTHING, KeptFigures

Within = tuple[str, str] | None
KEPT = ("groups", "members", "opened", "pending", "overdue")


@part
def SinceReview(*, measure: Yardstick, within: Within) -> ft.Control:
    if within is None or within[0] in ("district", "block"):
        return OfBlocks(measure=measure, within=within)
    return OfLess(measure=measure, within=within)


@part
def OfBlocks(*, measure: Yardstick, within: Within) -> ft.Control:
    """Also the way to keep today's figures, for who looks after the one block that is looked at."""
    h = here()
    page = ft.context.page
    asked, set_asked = ft.use_state(0)
    held = use_query(questions.list_reviews_held, before=measure.today, within=within)
    now = use_query(questions.tally, measure=measure, by="block", within=within)
    if not (held.loaded and now.loaded):
        return ft.Container()
    blocks = [row for row in now.rows if row.unit_id]
    mine = blocks[0].unit_id if len(blocks) == 1 and "supervisor" in h.roles else None

    async def hold() -> None:
        await asyncio.to_thread(h.workspace.perform, HoldReview(mine or ""))
        set_asked(asked + 1)
        tell(page, h.say("review.held"))

    keep = [second_deed(h.say("review.hold"), "hold-review", guard(hold), icon=ft.Icons.EVENT_AVAILABLE)]
    said = _said(h, {row.block_id: row for row in held.rows}, _days(held.rows, blocks), blocks)
    return padded(heading(h.say("review.since")), *said, *(keep if mine else []), spacing=4)


@part
def OfLess(*, measure: Yardstick, within: Within) -> ft.Control:
    """Of a cluster, gram panchayat or village, and of a person, who may have formed groups in several blocks."""
    h = here()
    held = use_query(questions.list_reviews_held, before=measure.today)
    parts = use_query(questions.list_parts_held, before=measure.today, within=within)
    now = use_query(questions.tally, measure=measure, by="block", within=within)
    if not (held.loaded and parts.loaded and now.loaded):
        return ft.Container()
    blocks = [row for row in now.rows if row.unit_id]
    if not blocks:
        return ft.Container()
    reviewed = {row.unit_id for row in blocks} & {row.block_id for row in held.rows}
    had = {row.unit_id: row for row in parts.rows}
    kept = [row for row in held.rows if row.parts_kept]
    then = {row.block_id: had.get(row.block_id, NOTHING) for row in kept}
    if reviewed and not reviewed & then.keys():
        said: list[ft.Control] = [body(h.say("review.not_kept"), key="review-none")]
    else:
        said = _said(h, then, _days(kept, blocks), blocks)
    return padded(heading(h.say("review.since")), *said, spacing=4)


def _days(held: Iterable[Any], blocks: Iterable[Any]) -> list[date]:
    """The days of the reviews of these blocks, rising."""
    ids = {row.unit_id for row in blocks}
    return sorted({row.on_day for row in held if row.block_id in ids})


def _said(h: Here, before: Mapping[str, KeptFigures], days: list[date], blocks: list[Any]) -> list[ft.Control]:
    both = [row for row in blocks if row.unit_id in before]
    if not both:
        return [body(h.say("review.none"), key="review-none")]
    now, then = whole_of(both), [before[row.unit_id] for row in both]
    when = h.say("review.on", day=days[-1]) if len(days) == 1 else h.say("review.between", first=days[0], last=days[-1])
    lines = [small(when, key="review-when")]
    if len(both) < len(blocks):
        lines.append(small(h.say("review.some", count=len(both), blocks=len(blocks))))
    for name in KEPT:
        change = getattr(now, name) - sum(getattr(row, name) for row in then)
        words = h.say(
            "review.line", what=h.say(f"review.figure.{name}"), now=getattr(now, name), change=show_change(change)
        )
        lines.append(body(words, key=f"review-{name}"))
    groups, members = (sum(getattr(row, f"averaged_{name}") for row in then) for name in ("groups", "members"))
    was = members / groups if groups else None
    averages = h.say("review.average", then=said_average(h, was), now=said_average(h, now.average))
    return [*lines, body(averages, key="review-average")]

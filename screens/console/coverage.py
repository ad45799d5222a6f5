"""Bank sakhis: one per so many groups, counted branch by branch, then put together."""

from typing import Any

import flet as ft

from records.figures import Yardstick
from records.written import show_count
from screens import questions
from screens.console.table import NAME_WIDTH, OrderedTable, TableColumn
from screens.context import Here, here
from screens.guarding import guard, part
from screens.parts.pieces import body, heading, padded, second_deed, small, waiting
from screens.use_query import use_query

Within = tuple[str, str] | None
TOO_SMALL = ("gram_panchayat", "village", "person", "cluster")
"""What has no branch of its own: there the groups at a branch say nothing about how many sakhis it needs."""


@part
def Coverage(*, measure: Yardstick, within: Within) -> ft.Control:
    h = here()
    rows = use_query(questions.tally_coverage, today=measure.today, within=within)
    opened, set_opened = ft.use_state(False)
    if within and within[0] in TOO_SMALL:
        return ft.Container()
    if not rows.loaded:
        return waiting("coverage-waiting")
    per = measure.per_sakhi
    there = [row for row in rows.rows if row.branch_id]
    needed, sakhis = sum(row.needed(per) for row in there), sum(row.sakhis for row in there)
    missing = sum(row.missing(per) for row in there)
    without = sum(row.groups for row in rows.rows if not row.branch_id)
    lines = [
        heading(h.say("coverage.title")),
        body(h.say("coverage.said", sakhis=sakhis, needed=needed, per=per), key="coverage-said"),
        small(h.say("coverage.missing", count=missing) if missing else h.say("coverage.none_missing")),
        *([small(h.say("coverage.without", count=without))] if without else []),
    ]
    words = h.say("coverage.hide") if opened else h.say("coverage.by_branch")
    table = OrderedTable(
        rows=there,
        columns=_columns(h, per),
        first="missing",
        key_of=lambda row: f"branch-{row.branch_id}",
        card=lambda row: h.say("coverage.card", groups=row.groups, sakhis=row.sakhis, needed=row.needed(per)),
        at_once=20,
    )
    return ft.Column(
        [
            padded(*lines, second_deed(words, "coverage-more", guard(set_opened, not opened)), spacing=4),
            *([table] if opened else []),
        ],
        spacing=0,
        tight=True,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


def _columns(h: Here, per: int) -> tuple[TableColumn, ...]:
    def named(row: Any) -> str:
        return f"{row.bank_name or ''}, {h.name_of(row.name, row.name_hi)}"

    return (
        TableColumn("name", h.say("coverage.branch"), lambda row: named(row).casefold(), named, falls=False,
                    width=NAME_WIDTH, ways=False),
        TableColumn("groups", h.say("overview.groups"), lambda row: row.groups, lambda row: show_count(row.groups)),
        TableColumn("sakhis", h.say("coverage.sakhis"), lambda row: row.sakhis, lambda row: show_count(row.sakhis)),
        TableColumn("needed", h.say("coverage.needed"), lambda row: row.needed(per),
                    lambda row: show_count(row.needed(per))),
        TableColumn("missing", h.say("coverage.vacant"), lambda row: row.missing(per),
                    lambda row: show_count(row.missing(per))),
    )  # fmt: skip

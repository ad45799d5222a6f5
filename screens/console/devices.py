"""Who has not sent: the phones of one's area, the most urgent first, and what was received from them as a file."""

import asyncio
from typing import Any

import flet as ft

from records.receipts import FILE_NAME, receipts_csv
from screens import questions
from screens.console.brought import Brought
from screens.console.table import NAME_WIDTH, OrderedTable, TableColumn
from screens.context import Here, here
from screens.guarding import guard, screen, tell
from screens.parts.pieces import READING_WIDTH, body, deed, empty_note, frame, padded, scrolled, small, waiting
from screens.parts.times import said_time
from screens.use_query import use_query
from storage.queries.devices import urgency


@screen
def DevicesScreen() -> ft.View:
    h = here()
    page = ft.context.page
    route = ft.use_view_path()
    answer = use_query(questions.list_devices)

    async def save_receipts() -> None:
        rows = await asyncio.to_thread(h.workspace.ask, questions.list_receipts)
        if not await h.services.share_file(FILE_NAME, receipts_csv(rows), "text/csv"):
            tell(page, h.say("devices.not_saved"))

    if not answer.loaded:
        return frame(h.say("devices.title"), [waiting("devices-waiting")], route=route, whole=True)
    if not answer.rows:
        none = empty_note(h.say("devices.none"), "devices-none", ft.Icons.PHONE_ANDROID_OUTLINED)
        return frame(h.say("devices.title"), [none, Brought()], route=route, whole=True)
    rows = sorted(answer.rows, key=urgency)
    waits = [row for row in rows if row.unsent]
    said = h.say("devices.said", count=len(waits), changes=sum(row.unsent for row in waits)) if waits else h.say(
        "devices.all_sent", count=len(rows)
    )  # fmt: skip
    lines = [
        padded(body(said, key="devices-said"), small(h.say("devices.as_reported")), spacing=4),
        OrderedTable(
            rows=rows,
            columns=_columns(h, {row.device: at for at, row in enumerate(rows)}),
            first="urgency",
            key_of=lambda row: f"device-{row.device}",
            card=lambda row: _card(h, row),
        ),
        ft.Divider(height=1),
        ft.Container(Brought(), width=READING_WIDTH),
    ]
    return frame(
        h.say("devices.title"),
        [ft.Container(scrolled(lines, spacing=0), expand=True)],
        route=route,
        whole=True,
        foot=deed(h.say("devices.receipts"), "receipts", guard(save_receipts), icon=ft.Icons.DOWNLOAD),
    )


def _columns(h: Here, order: dict[str, int]) -> tuple[TableColumn, ...]:
    return (
        TableColumn("name", h.say("devices.person"), lambda row: _name(h, row).casefold(), lambda row: _name(h, row),
                    falls=False, width=NAME_WIDTH, ways=False),
        TableColumn("urgency", h.say("devices.urgency"), lambda row: order[row.device],
                    lambda row: f"{order[row.device] + 1}", falls=False, width=120, ways=False),
        TableColumn("contact", h.say("devices.contact"), lambda row: row.last_contact_ms,
                    lambda row: said_time(h.words, row.last_contact_ms), falls=False, width=170),
        TableColumn("unsent", h.say("devices.unsent"), lambda row: row.unsent,
                    lambda row: "–" if row.unsent is None else f"{row.unsent}", width=110),
        TableColumn("oldest", h.say("devices.oldest"), lambda row: _oldest(row),
                    lambda row: said_time(h.words, _oldest(row)), falls=False, width=170),
        TableColumn("to_mend", h.say("devices.to_mend"), lambda row: row.to_mend, lambda row: f"{row.to_mend}",
                    width=130),
        TableColumn("differs", h.say("devices.differs"), lambda row: row.differed_ms, lambda row: _differs(h, row),
                    width=170),
        TableColumn("app", h.say("devices.app"), lambda row: row.app, lambda row: row.app or "–", falls=False,
                    width=100),
    )  # fmt: skip


def _name(h: Here, row: Any) -> str:
    return h.name_of(row.person_name, row.person_name_hi) or row.person_id[:8]


def _oldest(row: Any) -> int | None:
    return row.oldest_unsent_ms if row.unsent else None


def _differs(h: Here, row: Any) -> str:
    """Whether the phone was ever found to hold something else than the centre, and whether that has mended itself."""
    if row.differed_ms is None:
        return "–"
    how = h.say("devices.differs_still" if row.differs else "devices.differs_healed")
    return f"{how} · {said_time(h.words, row.differed_ms)}"


def _card(h: Here, row: Any) -> str:
    said = [f"{h.say('devices.contact')}: {said_time(h.words, row.last_contact_ms)}"]
    if row.unsent:
        said.append(h.say("devices.card_unsent", count=row.unsent, since=said_time(h.words, _oldest(row))))
    if row.to_mend:
        said.append(f"{h.say('devices.to_mend')}: {row.to_mend}")
    if row.differed_ms is not None:
        said.append(f"{h.say('devices.differs')}: {_differs(h, row)}")
    return " · ".join([*said, f"{h.say('devices.app')} {row.app or '–'}"])

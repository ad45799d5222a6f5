"""Long lists are drawn a few rows at a time, and nothing that is asked keeps the loop from hearing a finger."""

import asyncio
import threading

import flet as ft

from screens.parts.sliced import SLICE, SlicedList, _one_step
from tests.factories import an_shg
from tests.full_block import fill, group_rows, reference_rows
from tests.harness import TREE, a_phone, running, showing


def test_one_step_leads_from_any_list_to_any_other():
    def slices(*rows):
        return tuple((row,) for row in rows)

    for shown, wanted in ((slices(), slices(1, 2, 3)), (slices(1, 2, 3), slices(4)), (slices(1, 2), slices(1, 3, 4))):
        steps = 0
        while shown != wanted:
            before, shown = shown, _one_step(shown, wanted)
            differing = sum(one != other for one, other in zip(before, shown, strict=False))
            assert differing + abs(len(before) - len(shown)) == 1, "one slice at a time"
            steps += 1
        assert steps <= 5


async def test_rows_are_drawn_once_and_again_only_where_they_differ(tmp_path):
    drawn = []
    change = []

    def draw(row):
        drawn.append(row)
        return ft.Text(row, key=f"row-{row}")

    @ft.component
    def Names():
        rows, set_rows = ft.use_state(tuple(f"{n:02}" for n in range(3 * SLICE)))
        change.append(set_rows)
        return SlicedList(rows=rows, draw=draw, below=[ft.Text("end", key="end")])

    async with showing(a_phone(tmp_path), Names) as app:
        await app.see("end")
        assert sorted(drawn) == sorted(f"{n:02}" for n in range(3 * SLICE)), "each row once"
        drawn.clear()
        change[-1](tuple("last" if n == 3 * SLICE - 1 else f"{n:02}" for n in range(3 * SLICE)))
        await app.see("row-last")
        assert len(drawn) == SLICE, "only the slice in which a row differs"
        change[-1](("only",))
        await app.gone("row-last")
        await app.see("row-only")


MOST_AT_ONCE = 16_000
"""Bytes of one drawing. A page of fifty groups in one go is more than twice as much, and a fifth of a second of a slow
phone in which no tap is heard; counted in bytes, since a clock in a test would be wrong on a busy machine."""


async def test_nothing_large_is_drawn_at_once_on_a_full_phone(tmp_path):
    phone = a_phone(tmp_path)
    fill(phone.store, [*reference_rows(), *group_rows(300)])
    async with running(phone) as app:
        await app.see("tabs")
        app.connection.sizes.clear()
        for route, last in (("/groups", "load-more"), ("/accounts", "blocker-all"), ("/groups", "load-more")):
            await app.go(route)
            await app.see(last)
        await app.click("load-more")
        await app.until(lambda: len(app.all(cls=ft.ListTile)) == 100)
        await app.fill("search", "सीता")
        await app.until(lambda: 0 < len(app.all(cls=ft.ListTile)) < 50)
        assert max(app.connection.sizes) < MOST_AT_ONCE


async def test_no_screen_asks_the_store_on_the_loop(tmp_path, monkeypatch):
    phone = a_phone(tmp_path, "abm", an_shg(village_id=TREE.village.id))
    own, asked_on_it = threading.get_ident(), []
    for name in ("ask", "drafts", "mending", "sync_status", "outgoing", "support", "setting", "identity", "history"):
        real = getattr(phone, name)

        def noting(*args, real=real, name=name, **kwargs):
            if threading.get_ident() == own:
                asked_on_it.append(name)
            return real(*args, **kwargs)

        monkeypatch.setattr(phone, name, noting)
    async with running(phone) as app:
        for route in ("/", "/groups", "/groups/mending", "/accounts", "/sync", "/settings", "/support", "/drafts"):
            await app.go(route)
            await asyncio.sleep(0.1)
    assert not asked_on_it


async def test_the_first_screen_stands_before_any_sync(tmp_path):
    phone = a_phone(tmp_path, "abm", an_shg(village_id=TREE.village.id))
    forever = threading.Event()
    ended = []
    phone._sync_wanted = lambda: ended.append(forever.wait(30))
    try:
        async with running(phone) as app:
            await app.see("today-overdue")
            assert not ended, "the sync is still waiting for its network"
    finally:
        forever.set()

"""`python -m tests.loop`: how long each screen keeps the event loop to itself on a phone with a full block.

Counted in processor time of the loop's thread, so that what else the machine does is not in it. The longest single
turn while a screen is opened: for so long no tap is heard. Flet's client is the harness's; what it draws is not in it.
"""

import asyncio
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import flet as ft

from screens import questions
from tests.full_block import fill, group_rows, reference_rows
from tests.harness import RunningApp, a_phone, running

GOAL = 50
SETTLED = 1.0
"""Seconds after which a screen has drawn all it will."""


class Turns:
    """The longest turn of the loop, by what was under way; those of the task that plays the person do not count."""

    def __init__(self) -> None:
        self.longest: dict[str, float] = defaultdict(float)
        self.doing = ""
        self._person = asyncio.current_task()
        self._real = asyncio.Handle._run

    def __enter__(self) -> "Turns":
        turns, real = self, self._real

        def run(handle: Any) -> None:
            begun = time.thread_time()
            try:
                real(handle)
            finally:
                if turns.doing and getattr(handle._callback, "__self__", None) is not turns._person:
                    took = (time.thread_time() - begun) * 1000
                    turns.longest[turns.doing] = max(turns.longest[turns.doing], took)

        asyncio.Handle._run = run  # type: ignore[method-assign]
        return self

    def __exit__(self, *why: object) -> None:
        asyncio.Handle._run = self._real  # type: ignore[method-assign]

    async def during(self, doing: str, app: RunningApp, step: Any, until: Any = None) -> None:
        self.doing = doing
        await step
        if until:
            await app.until(until)
        await app.settle(SETTLED)
        self.doing = ""


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        phone = a_phone(Path(folder), "supervisor")
        fill(phone.store, [*reference_rows(), *group_rows()])
        group = phone.ask(questions.list_groups)[0].id
        with Turns() as turns:
            async with running(phone, "/help") as app:
                await app.see_text("सहायता")
                await turns.during("Today", app, app.go("/"), lambda: app.has("words-overdue"))
                await turns.during("Groups", app, app.go("/groups"), lambda: app.has("load-more"))
                more = app.click("load-more")
                await turns.during("Groups, 50 more", app, more, lambda: len(app.all(cls=ft.ListTile)) == 100)
                await turns.during("a search", app, app.fill("search", "सीता"))
                await turns.during("a group", app, app.go(f"/group/{group}"), lambda: app.has("group-members"))
                await turns.during("its form", app, app.go(f"/group/{group}/edit"), lambda: app.has("save"))
                await turns.during("a new group", app, app.go("/new"), lambda: app.has("save"))
                await turns.during("Accounts", app, app.go("/accounts"), lambda: app.has("blocker-all"))
                for name in ("sync", "settings", "support", "drafts"):
                    await turns.during(name, app, app.go(f"/{name}"))
    for doing, took in turns.longest.items():
        print(f"{doing:16} {took:6.1f} ms{'' if took <= GOAL else f'  over the {GOAL} ms aimed at'}")


if __name__ == "__main__":
    asyncio.run(main())

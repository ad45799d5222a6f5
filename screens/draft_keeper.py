"""What is half typed is written down while it is typed."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from records.problems import Problem, Refusal, Refused
from records.workspace import Workspace

log = logging.getLogger("samooh.screens")

DRAFT_PAUSE = 0.3
"""Seconds after the last key before what was typed is written to the draft."""


class DraftKeeper:
    """Writes one form's draft, off the event loop, never two at a time and never after the form was saved."""

    def __init__(self, workspace: Workspace, key: str, refused: Callable[[list[Refusal]], None]) -> None:
        self._workspace = workspace
        self._key = key
        self._refused = refused
        self._values: dict[str, Any] | None = None
        self._writing = asyncio.Lock()
        self._pause: asyncio.Task[None] | None = None
        self._closed = False

    def soon(self, values: dict[str, Any]) -> None:
        """Write these values after a pause in typing; nothing typed, no draft."""
        self._values = values
        if self._pause:
            self._pause.cancel()
        self._pause = asyncio.get_running_loop().create_task(self._after_pause())

    async def now(self) -> None:
        async with self._writing:
            values, self._values = self._values, None
            if values is None or self._closed:
                return
            try:
                if values:
                    await asyncio.to_thread(self._workspace.keep_draft, self._key, values)
                else:
                    await asyncio.to_thread(self._workspace.drop_draft, self._key)
            except Refused as refused:
                self._refused(refused.refusals)
            except Problem as problem:
                log.warning("a draft could not be kept: %s", problem.code)

    async def drop(self, *, closed: bool) -> None:
        """Forget the draft; after `closed` nothing is written any more."""
        async with self._writing:
            self._values = None
            self._closed = closed
            await asyncio.to_thread(self._workspace.drop_draft, self._key)

    async def _after_pause(self) -> None:
        await asyncio.sleep(DRAFT_PAUSE)
        # Only the waiting may be cancelled by the next key, not a write under way.
        await asyncio.shield(asyncio.ensure_future(self.now()))

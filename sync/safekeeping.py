"""The secrets of a login in the device's own safe: unlocked as the store is opened, locked away when they change.

Where a device has no safe, or it fails, they stay in the store, and the settings say so.
"""

import asyncio
import json
import logging

from records.ports import Services
from records.problems import Problem
from storage.secrets import give_unlocked, note_locked, to_lock_away
from storage.store import LocalStore

log = logging.getLogger("samooh.sync")


class Safekeeping:
    """The safe of one device, for the login of one store."""

    def __init__(self, services: Services, store_id: str) -> None:
        self._services, self._name = services, f"login.{store_id}"
        self.unlocked: dict[str, str] = {}
        self._certain = False
        self._moving = asyncio.Lock()

    async def unlock(self) -> "Safekeeping":
        """Asks the safe, before the store is opened. One that does not answer is no reason not to open the store."""
        if self._services.secrets_are_safe:
            try:
                text = await self._services.unlock(self._name)
                self.unlocked, self._certain = _read(text), True
            except Problem as problem:
                log.warning("the login stays locked: %s", problem.code)
        return self

    def give_to(self, store: LocalStore) -> None:
        """Gives the store what the safe held. Without it nothing can be sent today; the runner says so."""
        give_unlocked(store, self.unlocked, certain=self._certain)

    async def lock_away(self, store: LocalStore) -> None:
        """Moves into the safe what still stands in the store. To be called whenever who works here may have changed."""
        async with self._moving:
            values = await asyncio.to_thread(to_lock_away, store) if self._services.secrets_are_safe else {}
            if values and await self._services.lock_away(self._name, json.dumps(values)):
                await asyncio.to_thread(note_locked, store, values)


def _read(text: str | None) -> dict[str, str]:
    """What an app has locked away. What is no login of ours is none."""
    try:
        values = json.loads(text) if text else {}
    except ValueError:
        return {}
    return {name: value for name, value in values.items() if isinstance(value, str)} if isinstance(values, dict) else {}

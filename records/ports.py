"""What screens need of the device. Adapters stand in `screens/services.py`; tests and browsers use simple ones."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Spot:
    """Where the device is, in degrees, and how exactly it knows that."""

    latitude: float
    longitude: float
    accuracy_m: float


@dataclass(frozen=True)
class Picture:
    """A photo as the device gave it: not yet made small, and with all that a camera writes into it."""

    name: str
    content: bytes


@dataclass(frozen=True)
class GivenFile:
    """A file that somebody chose on this device."""

    name: str
    content: bytes


class Services(Protocol):
    """Device services. Each call is a coroutine: the device may take its time, the screen does not wait for it."""

    async def online(self) -> bool | None:
        """Whether the device says it has a network; None where it cannot tell. A hint only, never an obstacle."""

    def on_connectivity(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Calls `listener` when connectivity returns; returns the way to stop."""

    def on_resume(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Calls `listener` when the app comes back to the front; returns the way to stop."""

    def on_pause(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Calls `listener` when the app goes to the back, from where it may never come; returns the way to stop."""

    @property
    def secrets_are_safe(self) -> bool:
        """Whether this device has a safe of its own for secrets, and it has not failed so far. A browser has none: what
        locks a secret away there lies beside it."""

    async def lock_away(self, name: str, value: str) -> bool:
        """Keeps a secret in the device's own safe and reads it back. False where that cannot be done: then it is kept
        nowhere."""

    async def unlock(self, name: str) -> str | None:
        """A secret from the device's own safe, None where it holds none of this name. Raises Problem safe_closed where
        it does not answer."""

    async def keep_secret(self, name: str, value: str) -> None:
        """Keeps a secret in the safe, or where that cannot be done among the app's own preferences."""

    async def secret(self, name: str) -> str | None: ...
    async def share_text(self, text: str) -> None: ...
    async def copy_text(self, text: str) -> None: ...

    async def share_file(self, name: str, content: bytes, mime_type: str) -> bool:
        """Hands a file to another app, in a browser to its downloads; False where nobody took it."""

    async def spot(self) -> Spot | None:
        """Where the device is; None where it cannot tell, or nobody allows it. Never waited for by a save."""

    async def photo(self) -> Picture | None:
        """A photo, from the gallery or the camera as the device offers it; None when she thinks better of it."""

    async def file(self) -> GivenFile | None:
        """A file of this device, as it was given by somebody; None when she thinks better of it."""

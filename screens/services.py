"""Flet's device services behind the port `records.ports.Services`.

The device's safe and its place come by flet-secure-storage and flet-geolocator, all else by Flet itself. A view of
the camera would be one more package: photos come through the device's own picker, taken before by the camera's app.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable

import flet as ft
from flet_geolocator import (
    Geolocator,
    GeolocatorConfiguration,
    GeolocatorPermissionStatus,
    GeolocatorPositionAccuracy,
)
from flet_secure_storage import AndroidOptions, SecureStorage

from records.ports import GivenFile, Picture, Spot
from records.problems import Problem

log = logging.getLogger("samooh.screens")

REFUSED = (GeolocatorPermissionStatus.DENIED, GeolocatorPermissionStatus.DENIED_FOREVER)
SPOT_SECONDS = 20
"""How long a person is willing to hold still for her place."""


class FletServices:
    """The services of the device that this page runs on. What the platform lacks is never constructed: Flet raises
    for an unsupported service where no `try` of ours could catch it."""

    def __init__(self, page: ft.Page) -> None:
        self._page = page
        self._resumed: list[Callable[[], None]] = []
        self._paused: list[Callable[[], None]] = []
        self._connected: list[Callable[[], None]] = []
        self._connectivity: ft.Connectivity | None = None
        self._safe: SecureStorage | None = None
        self._safe_failed = False
        page.on_app_lifecycle_state_change = self._lifecycle_changed

    async def online(self) -> bool | None:
        """Whether the device says it has a network. A phone on a captive network says yes: a hint only."""
        try:
            kinds = await self._watched().get_connectivity()
        except Exception:
            log.info("this device does not tell about its network")
            return None
        return any(kind != ft.ConnectivityType.NONE for kind in kinds) if kinds else None

    def on_connectivity(self, listener: Callable[[], None]) -> Callable[[], None]:
        self._watched()
        return _listed(self._connected, listener)

    def on_resume(self, listener: Callable[[], None]) -> Callable[[], None]:
        return _listed(self._resumed, listener)

    def on_pause(self, listener: Callable[[], None]) -> Callable[[], None]:
        return _listed(self._paused, listener)

    @property
    def secrets_are_safe(self) -> bool:
        return not self._page.web and not self._safe_failed

    async def lock_away(self, name: str, value: str) -> bool:
        try:
            await self._opened_safe().set(_key(name), value)
            if await self._opened_safe().get(_key(name)) == value:
                return True
            raise ValueError("the safe gives back something else")
        except Exception as error:
            # A plain page without encryption, a desktop without a keyring, a phone whose keystore is broken: whoever
            # asked keeps it elsewhere, and the settings say so.
            self._note_failure(error)
            return False

    async def unlock(self, name: str) -> str | None:
        try:
            value = await self._opened_safe().get(_key(name))
        except Exception as error:
            self._note_failure(error)
            raise Problem("safe_closed") from error
        return value if isinstance(value, str) else None

    async def keep_secret(self, name: str, value: str) -> None:
        if await self.lock_away(name, value):
            # What an app without a safe had left open is no secret any more.
            await ft.SharedPreferences().remove(_key(name))
        else:
            await ft.SharedPreferences().set(_key(name), value)

    async def secret(self, name: str) -> str | None:
        try:
            locked = await self.unlock(name)
        except Problem:
            locked = None
        if locked is not None:
            return locked
        value = await ft.SharedPreferences().get(_key(name))
        return value if isinstance(value, str) else None

    def _opened_safe(self) -> SecureStorage:
        if self._safe is None:
            # On an error Android's safe would empty itself, and with it go the login of a phone without a network.
            self._safe = SecureStorage(android_options=AndroidOptions(reset_on_error=False))
        return self._safe

    def _note_failure(self, error: Exception) -> None:
        self._safe_failed = True
        log.warning("the device's safe does not work: %s", type(error).__name__)

    async def share_text(self, text: str) -> None:
        await ft.Share().share_text(text)

    async def copy_text(self, text: str) -> None:
        await ft.Clipboard().set(text)

    async def share_file(self, name: str, content: bytes, mime_type: str) -> bool:
        if self._page.web:
            # Chromium on a desk has no Web Share: Flet's own fallback never comes to it, the picker's download does.
            await ft.FilePicker().save_file(file_name=name, src_bytes=content)
            return True
        result = await ft.Share().share_files([ft.ShareFile.from_bytes(content, mime_type=mime_type, name=name)])
        # Where the system does not say what became of it, it was handed over.
        return result.status != ft.ShareResultStatus.DISMISSED

    async def spot(self) -> Spot | None:
        locator = Geolocator()
        try:
            if await locator.request_permission() in REFUSED:
                return None
            seconds = ft.Duration(seconds=SPOT_SECONDS)
            found = await asyncio.wait_for(
                locator.get_current_position(
                    GeolocatorConfiguration(accuracy=GeolocatorPositionAccuracy.HIGH, time_limit=seconds)
                ),
                SPOT_SECONDS + 5,
            )
        except Exception as error:
            # No satellites under a roof, or the place switched off: the form has room for words as well.
            log.info("this device does not tell where it is: %s", type(error).__name__)
            return None
        if found.latitude is None or found.longitude is None:
            return None
        return Spot(float(found.latitude), float(found.longitude), float(found.accuracy or 0))

    async def photo(self) -> Picture | None:
        picked = await ft.FilePicker().pick_files(file_type=ft.FilePickerFileType.IMAGE, with_data=True)
        first = picked[0] if picked else None
        return Picture(first.name, first.bytes) if first is not None and first.bytes else None

    async def file(self) -> GivenFile | None:
        picked = await ft.FilePicker().pick_files(with_data=True)
        first = picked[0] if picked else None
        return GivenFile(first.name, first.bytes or b"") if first is not None else None

    def _watched(self) -> ft.Connectivity:
        if self._connectivity is None:
            self._connectivity = ft.Connectivity(on_change=self._connectivity_changed)
        return self._connectivity

    def _connectivity_changed(self, event: ft.ConnectivityChangeEvent) -> None:
        if any(kind != ft.ConnectivityType.NONE for kind in event.connectivity):
            _call_all(self._connected)

    def _lifecycle_changed(self, event: ft.AppLifecycleStateChangeEvent) -> None:
        if event.state in (ft.AppLifecycleState.RESUME, ft.AppLifecycleState.SHOW):
            _call_all(self._resumed)
        elif event.state in (ft.AppLifecycleState.HIDE, ft.AppLifecycleState.PAUSE):
            _call_all(self._paused)


def _key(name: str) -> str:
    return f"samooh.{name}"


def _listed(listeners: list[Callable[[], None]], listener: Callable[[], None]) -> Callable[[], None]:
    listeners.append(listener)

    def stop() -> None:
        with contextlib.suppress(ValueError):
            listeners.remove(listener)

    return stop


def _call_all(listeners: list[Callable[[], None]]) -> None:
    for listener in list(listeners):
        try:
            listener()
        except Exception:
            log.exception("a listener to the device failed")

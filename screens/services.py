"""Flet's device services behind the port `records.ports.Services`.

Only what Flet itself brings. The device's safe, GPS and a camera view are packages of their own (flet-secure-storage,
flet-geolocator, flet-camera) that this app does not have yet: secrets lie among the preferences, the spot is not known,
and photos come through the device's own picker, which on a phone offers the gallery and the camera.
"""

import contextlib
import logging
from collections.abc import Callable

import flet as ft

from records.ports import Picture, Spot

log = logging.getLogger("samooh.screens")


class FletServices:
    """The services of the device that this page runs on. What the platform lacks is never constructed: Flet raises
    for an unsupported service where no `try` of ours could catch it."""

    def __init__(self, page: ft.Page) -> None:
        self._page = page
        self._resumed: list[Callable[[], None]] = []
        self._paused: list[Callable[[], None]] = []
        self._connected: list[Callable[[], None]] = []
        self._connectivity: ft.Connectivity | None = None
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
        return False

    async def keep_secret(self, name: str, value: str) -> None:
        await ft.SharedPreferences().set(f"samooh.{name}", value)

    async def secret(self, name: str) -> str | None:
        value = await ft.SharedPreferences().get(f"samooh.{name}")
        return value if isinstance(value, str) else None

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
        return None

    async def photo(self) -> Picture | None:
        picked = await ft.FilePicker().pick_files(file_type=ft.FilePickerFileType.IMAGE, with_data=True)
        first = picked[0] if picked else None
        return Picture(first.name, first.bytes) if first is not None and first.bytes else None

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

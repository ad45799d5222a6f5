"""The app: joins the phone's store, sync and screens. `python main.py` opens it; `flet build` takes it as it is."""

import asyncio
import importlib.util
import os
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import flet as ft

from records.ids import is_id
from records.ports import Services
from records.workspace import Workspace
from screens.app import app
from screens.browser import serve
from screens.services import FletServices
from screens.version import VERSION
from sync.central_over_http import CentralOverHttp
from sync.enrolling import Centre
from sync.handing_over import opened_or_handed_over
from sync.joining import joined
from sync.runner import SyncRunner

Join = Callable[..., tuple[Workspace, SyncRunner]]
SERVER = os.environ.get("SAMOOH_SERVER", "http://127.0.0.1:8600")
"""Address of the central server. A state that builds its own app writes its address here."""


def stores() -> Path:
    """Where stores lie. On a phone Flet names the app's private, backed up folder."""
    return Path(os.environ.get("FLET_APP_STORAGE_DATA") or Path.home() / ".samooh")


def build(
    transport: Centre | None = None, folder: Path | None = None, store_id: str | None = None, join: Join = joined
) -> Callable[[ft.Page], Awaitable[None]]:
    """The main function. `transport`: the way to the centre; `store_id`: one store for every page; `join`: joined."""
    centre = transport or CentralOverHttp(SERVER)
    at_work: dict[str, tuple[Workspace, SyncRunner]] = {}
    one_at_a_time = threading.Lock()

    def open_store(name: str) -> Workspace:
        with one_at_a_time:
            if name not in at_work:
                store = opened_or_handed_over(folder or stores(), name, centre, app=VERSION)
                at_work[name] = join(store, centre, app=VERSION)
                at_work[name][1].start()
            return at_work[name][0]

    async def main(page: ft.Page) -> None:
        services = FletServices(page)

        async def open_workspace() -> Workspace:
            name = store_id or (await browser_store(services) if page.web else "phone")
            return await asyncio.to_thread(open_store, name)

        app(page, open_workspace, services)

    return main


async def browser_store(services: Services) -> str:
    """In a browser the store lies with this process, under a random id that only this browser knows."""
    kept = await services.secret("store")
    if kept and is_id(kept):
        return kept
    fresh = os.urandom(16).hex()
    await services.keep_secret("store", fresh)
    return fresh


if __name__ == "__main__":
    has_window = importlib.util.find_spec("flet_desktop") is not None
    if not has_window and importlib.util.find_spec("flet_web") is not None:
        print(f"The server is {SERVER}.", flush=True)
        serve(build(), port=int(os.environ.get("FLET_SERVER_PORT", "8550")))
    else:
        ft.run(build(), name="", no_cdn=True)

"""The app: joins the phone's store, sync and screens. `python main.py` opens it; `flet build` takes it as it is."""

import asyncio
import gc
import importlib.util
import os
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import flet as ft

from records.workspace import Workspace
from screens.app import app
from screens.browser import browser_store, serve
from screens.services import FletServices
from screens.version import VERSION
from storage.workspace import PhoneWorkspace
from sync.central_over_http import CentralOverHttp
from sync.enrolling import Centre
from sync.handing_over import opened_or_handed_over
from sync.joining import joined
from sync.runner import SyncRunner
from sync.safekeeping import Safekeeping

Join = Callable[..., tuple[PhoneWorkspace, SyncRunner]]
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
    at_work: dict[str, tuple[PhoneWorkspace, SyncRunner]] = {}
    one_at_a_time = threading.Lock()

    def open_store(name: str, safe: Safekeeping) -> PhoneWorkspace:
        with one_at_a_time:
            if name not in at_work:
                store = opened_or_handed_over(folder or stores(), name, centre, app=VERSION, safe=safe)
                at_work[name] = join(store, centre, app=VERSION)
                at_work[name][1].start()
            return at_work[name][0]

    async def main(page: ft.Page) -> None:
        services = FletServices(page)

        async def open_workspace() -> Workspace:
            name = store_id or (await browser_store(services) if page.web else "phone")
            safe = await Safekeeping(services, name).unlock()
            workspace = await asyncio.to_thread(open_store, name, safe)
            if services.secrets_are_safe:
                # A new login, or a new number for a copied phone, is locked away as soon as it is there.
                store = workspace.store
                await safe.lock_away(store)
                store.on_change(lambda kinds: "identity" in kinds and page.run_task(safe.lock_away, store))
            return workspace

        app(page, open_workspace, services)

    return main


if __name__ == "__main__":
    # What was imported stays; to look through it again and again would make the screen stand still.
    gc.collect()
    gc.freeze()
    has_window = importlib.util.find_spec("flet_desktop") is not None
    if not has_window and importlib.util.find_spec("flet_web") is not None:
        print(f"The server is {SERVER}.", flush=True)
        serve(build(), port=int(os.environ.get("FLET_SERVER_PORT", "8550")))
    else:
        ft.run(build(), name="", no_cdn=True)

"""Serving the console: one process beside the API, on a port of its own, on the same database.

The pages lie under `/app`, so that a proxy can join API and console at one address without rewriting anything; what is
asked for at the root is led there. Flet keeps its sessions in memory: one process serves them all.
"""

import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import cast

import flet as ft
import flet_web.fastapi as flet_fastapi  # type: ignore[import-untyped]
import uvicorn
from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from records.workspace import Workspace
from screens.app import app
from screens.browser import policy_for, with_policy
from screens.console.house import CONSOLE
from screens.services import FletServices
from server.announcing import Watch
from server.callers import known_callers
from server.central_store import CentralStore
from server.central_workspace import CentralWorkspace
from server.console.deeds import console_deeds
from server.serving import centre_of
from server.settings import Settings
from server.tries import Tries

log = logging.getLogger("samooh.server")

ASSETS = Path(__file__).resolve().parents[2] / "assets"
PATH = "/app"
TOKEN = "console"
"""The name under which a browser keeps the token of its session, in the storage of this origin."""


def serve_console(
    settings: Settings | None = None,
    *,
    folder: Path | None = None,
    state: int = 23,
    host: str = "127.0.0.1",
    port: int | None = None,
    database_url: str | None = None,
) -> None:
    """Serve the console until the process is told to end.

    `settings` are those of the server, whose parent process has brought the database up to date. Or each is given by
    itself, for a centre of a folder alone; then `port` is the console's own.
    """
    if settings is not None:
        centre, host, port = centre_of(settings, prepares=False), settings.host, settings.console_port
    elif folder is not None and port is not None:
        url = SecretStr(database_url) if database_url else None
        centre = centre_of(Settings(folder=folder, state=state, database_url=url, secret_file=None, revocations=None))
    else:
        raise ValueError("the console needs the folder of the centre and a port")
    watch = Watch(centre)
    try:
        # A page left open keeps its connection, and must not keep the console from ending.
        uvicorn.run(
            console_application(centre, watch, behind_proxy=settings is not None and settings.behind_proxy), host=host,
            port=port, log_config=None, access_log=False, proxy_headers=False,
            server_header=False, timeout_graceful_shutdown=1,
        )  # fmt: skip
    finally:
        watch.close()
        centre.close()


def console_application(centre: CentralStore, watch: Watch, path: str = PATH, *, behind_proxy: bool = False) -> ASGIApp:
    """The console as an application, under a path. Every answer forbids the browser to ask anybody else."""

    @contextlib.asynccontextmanager
    async def lifespan(application: FastAPI) -> AsyncIterator[None]:
        await flet_fastapi.app_manager.start()
        yield
        await flet_fastapi.app_manager.shutdown()

    whole = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)

    @whole.get("/")
    @whole.get(path)
    def lead_there() -> RedirectResponse:
        return RedirectResponse(f"{path}/")

    whole.mount(path, _pages(page_of(centre, watch)))

    called = known_callers(whole, behind_proxy=behind_proxy)

    async def only_here(scope: Scope, receive: Receive, send: Send) -> None:
        await called(scope, receive, with_policy(send, policy_for(_host(scope))) if scope["type"] == "http" else send)

    return only_here


def _pages(main: Callable[[ft.Page], Awaitable[None]]) -> ASGIApp:
    return flet_fastapi.app(main, assets_dir=str(ASSETS), no_cdn=True, app_name="Samooh")


def page_of(centre: CentralStore, watch: Watch) -> Callable[[ft.Page], Awaitable[None]]:
    """The main function of a page: the app over a workspace of its own, with the token that its browser has kept."""
    deeds, tries = console_deeds(centre), Tries()

    async def main(page: ft.Page) -> None:
        services = FletServices(page)

        def workspace_of(token: str, address: str) -> CentralWorkspace:
            return CentralWorkspace(
                centre, watch, token, keep_token=keep_token, deeds=deeds, tries=tries, address=address
            )

        def keep_token(token: str) -> None:
            # From whichever thread found it out. A page that has gone keeps what it had: an ended token opens nothing.
            try:
                page.run_task(services.keep_secret, TOKEN, token)
            except RuntimeError as error:
                log.info("a page that has gone keeps its token: %s", type(error).__name__)

        async def open_workspace() -> Workspace:
            token = await services.secret(TOKEN) or ""
            # Screens speak of queries as records do, and the engines as storage.queries does.
            return cast(Workspace, workspace_of(token, page.client_ip or ""))

        app(page, open_workspace, services, CONSOLE)

    return main


def _host(scope: Scope) -> str:
    """The address that the browser called, as it says itself."""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")

"""The demo in the browser: the app on a port for each phone, and a page with both and the switches of their network.

Each phone has a port, and so an origin, of its own: what a browser keeps for one page it never shows to the other. All
are served by one process on this machine only, and every answer forbids the browser to ask anybody else for anything.
"""

import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import flet as ft
import flet_web.fastapi as flet_fastapi
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from screens.browser import HOST, policy, with_policy

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "assets"
PAGE = Path(__file__).with_name("demo_page.html")

App = Callable[[ft.Page], Any]


class PortTaken(Exception):
    """Somebody else listens on a port that the demo needs."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.port = port


class Switchboard(Protocol):
    """What the page shows and switches."""

    def state(self) -> Mapping[str, Any]:
        """`phones` and `centre`, ready to be shown."""

    def switch(self, key: str, *, online: bool) -> None:
        """Cut or restore the network of a phone. KeyError for a phone that does not exist."""


def reserved(first: int, count: int) -> list[socket.socket]:
    """Sockets listening on as many ports from `first` on; 0 takes any free ones. Raises PortTaken.

    Taken before anything else is begun, so that nobody waits for a story whose end cannot be shown.
    """
    with contextlib.ExitStack() as undo:
        sockets = []
        for port in [first + number if first else 0 for number in range(count)]:
            one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            undo.callback(one.close)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind((HOST, port))
                # Only a listening socket keeps others away for certain; whoever calls early waits for the page.
                one.listen()
            except OSError as error:
                raise PortTaken(port) from error
            sockets.append(one)
        undo.pop_all()
        return sockets


def port_of(one: socket.socket) -> int:
    return int(one.getsockname()[1])


def address_of(one: socket.socket) -> str:
    return f"http://{HOST}:{port_of(one)}/"


def serve(sockets: Sequence[socket.socket], switchboard: Switchboard, apps: Sequence[App]) -> None:
    """Serve the page on the first socket and an app on each of the others. Ctrl-C ends it with KeyboardInterrupt."""
    page = _page_app(switchboard)
    served: dict[int, ASGIApp] = {port_of(sockets[0]): page}
    for one, app in zip(sockets[1:], apps, strict=True):
        served[port_of(one)] = flet_fastapi.app(app, assets_dir=str(ASSETS), no_cdn=True, app_name="Samooh")
    # A page left open in a browser keeps its connection, and must not keep the demo from ending.
    config = uvicorn.Config(ByPort(served, page), log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=list(sockets))


class ByPort:
    """Several applications in one server: the port that was called says which. `first` hears of start and end."""

    def __init__(self, served: Mapping[int, ASGIApp], first: ASGIApp) -> None:
        self._served, self._first = served, first
        self._policy = policy(served)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._first(scope, receive, send)
            return

        await self._served[scope["server"][1]](scope, receive, with_policy(send, self._policy))


def _page_app(switchboard: Switchboard) -> FastAPI:
    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await flet_fastapi.app_manager.start()
        yield
        await flet_fastapi.app_manager.shutdown()

    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/")
    def page() -> FileResponse:
        return FileResponse(PAGE)

    @app.get("/font.ttf")
    def font() -> FileResponse:
        return FileResponse(ASSETS / "fonts" / "NotoSansDevanagari-Regular.ttf")

    @app.get("/font-bold.ttf")
    def bold_font() -> FileResponse:
        return FileResponse(ASSETS / "fonts" / "NotoSansDevanagari-Bold.ttf")

    @app.get("/state")
    def state() -> Mapping[str, Any]:
        return switchboard.state()

    @app.post("/network/{key}/{word}")
    def network(request: Request, key: str, word: str) -> Any:
        # A page from elsewhere cannot send this header without asking first, and nobody answers it.
        if "x-samooh-demo" not in request.headers or word not in ("on", "off"):
            return Response(status_code=400)
        try:
            switchboard.switch(key, online=word == "on")
        except KeyError:
            return Response(status_code=404)
        return switchboard.state()

    return app

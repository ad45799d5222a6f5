"""The app in a browser on this machine, which may then ask nobody else for anything.

Flet's compiled client carries a request of its own to a public address. A policy sent with every answer forbids the
browser that one and any other that a library may bring. On a phone the app is native and none of this is there.
"""

import os
import re
import sys
import threading
import webbrowser
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import flet as ft

from records.ids import is_id
from records.ports import Services

HOST = "127.0.0.1"
"""Whoever else is on this network has no business with the stores that this process serves."""

HOST_NAME = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?|\[[0-9A-Fa-f:]+\](:[0-9]+)?")

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Any, Send], Awaitable[None]]


def policy(ports: Iterable[int]) -> str:
    """The browser may ask these ports of this machine and nobody else, whatever a library has compiled in."""
    hosts = [f"{host}:{port}" for port in ports for host in (HOST, "localhost")]
    own = " ".join(f"http://{host} ws://{host}" for host in hosts)
    return f"default-src 'self' {own} data: blob: 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval'"


def policy_for(host: str) -> str:
    """The policy of a server called by any one address: the browser may ask it and nobody else, nor show it framed.

    `host` is what the browser said that it called; anything but a name and a port is left out.
    """
    own = f" ws://{host} wss://{host}" if HOST_NAME.fullmatch(host) else ""
    return (
        f"default-src 'self'{own} data: blob: 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval'; frame-ancestors 'none'"
    )


def with_policy(send: Send, said: str) -> Send:
    """A way to send whose answers carry the policy."""

    async def send_with_policy(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"content-security-policy", said.encode())]
        await send(message)

    return send_with_policy


def serve(main: Callable[[ft.Page], Any], *, port: int) -> None:
    """Serves the app on a port of this machine until Ctrl-C, and opens it where there is a screen to open it on.

    Needs what the extra `server` brings; a phone never comes here.
    """
    import uvicorn

    application: Any = ft.run(main, name="", no_cdn=True, export_asgi_app=True)
    said = policy([port])

    async def only_here(scope: Message, receive: Any, send: Send) -> None:
        await application(scope, receive, with_policy(send, said) if scope["type"] == "http" else send)

    print(f"Samooh: http://{HOST}:{port}/", flush=True)
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        threading.Timer(1.0, webbrowser.open, [f"http://{HOST}:{port}/"]).start()
    # A page left open keeps its connection, and must not keep the app from ending.
    uvicorn.run(only_here, host=HOST, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=1)


async def browser_store(services: Services) -> str:
    """In a browser the store lies with this process, under a random id that only this browser knows."""
    kept = await services.secret("store")
    if kept and is_id(kept):
        return kept
    fresh = os.urandom(16).hex()
    await services.keep_secret("store", fresh)
    return fresh

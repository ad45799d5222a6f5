"""Who calls: the address at the other end, or the one that our own proxy names.

`X-Forwarded-For` is believed of the proxy alone: from this machine, or from anybody where only the proxy can call
(`SAMOOH_BEHIND_PROXY`). Of several addresses the last one counts, for that is the one the proxy itself has seen.
"""

import ipaddress

from starlette.types import ASGIApp, Receive, Scope, Send


def known_callers(application: ASGIApp, *, behind_proxy: bool) -> ASGIApp:
    """The application, told the caller's own address as `client` of each call."""

    async def called(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and scope.get("client"):
            host, port = scope["client"]
            scope = {**scope, "client": (caller_of(scope, host, behind_proxy=behind_proxy), port)}
        await application(scope, receive, send)

    return called


def caller_of(scope: Scope, host: str, *, behind_proxy: bool) -> str:
    """The caller's address; `host` is who has connected."""
    if not behind_proxy and not _is_here(host):
        return host
    named = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    last = named[-1].split(",")[-1].strip() if named else ""
    try:
        return str(ipaddress.ip_address(last))
    except ValueError:
        return host


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

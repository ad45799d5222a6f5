"""`samooh serve`: API processes on one port, the console on the next, metrics on the one after; all end together."""

import http.client
import importlib.util
import logging
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from operations.alone import is_mine
from operations.children import Children
from operations.speaking import CannotDo, NotNow, counted, say
from server.central_store import CentralStore
from server.clock import clock_behind
from server.logs import log_as
from server.metrics import SHARED_FOLDER
from server.serving import centre_of, listening, shown_address
from server.serving import serve as serve_api
from server.settings import Settings, read_settings
from server.watching import create_watch

log = logging.getLogger("samooh.server")

CONSOLE = "server.console.serving"
START_SECONDS = 60.0


def serve(
    host: Annotated[str | None, typer.Option(help="Instead of SAMOOH_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Instead of SAMOOH_PORT.")] = None,
    workers: Annotated[int | None, typer.Option(help="Instead of SAMOOH_WORKERS.")] = None,
) -> None:
    """Serve phones, and the console where it is installed, until Ctrl-C or SIGTERM."""
    settings = read_settings(host=host, port=port, workers=workers)
    log_as(settings.log)
    api = listening(settings.host, settings.port)
    watch = listening("127.0.0.1", settings.metrics_port)
    has_console = _has_console()
    if has_console:
        listening(settings.host, settings.console_port).close()
    with _alone(settings.database_file):
        status = _serve(settings, api, watch, has_console)
    say("ended.")
    raise typer.Exit(status)


@contextmanager
def _alone(database: Path | None) -> Iterator[None]:
    """An SQLite database is served by one server at a time. The lock lies beside it, for its own are SQLite's."""
    if database is None:
        yield
        return
    database.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(database.with_name(f".{database.name}.served"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if _is_served(handle):
            raise CannotDo(f"Another server serves {database} already: end that one, or name another SAMOOH_FOLDER.")
        yield
    finally:
        os.close(handle)


def _is_served(handle: int) -> bool:
    try:
        return not is_mine(handle)
    except OSError:
        # A disk without locks: nobody can tell.
        return False


def _serve(settings: Settings, api: socket.socket, watch: socket.socket, has_console: bool) -> int:
    # Opened here before any child, which only looks: tables, key and revocations are in order before the first request.
    centre = centre_of(settings)
    if behind := clock_behind(centre):
        log.error(behind)
    children = Children()
    children.end_when_asked()
    try:
        with tempfile.TemporaryDirectory(prefix="samooh-counts-") as counts, _watched(centre, watch, Path(counts)):
            return _run(settings, children, api, has_console)
    finally:
        centre.close()


def _run(settings: Settings, children: Children, api: socket.socket, has_console: bool) -> int:
    try:
        for number in range(1, settings.workers + 1):
            children.start(f"API process {number}", api_process, settings, api)
        if has_console:
            children.start("console process", console_process, settings)
        _until_it_answers(settings, children)
        _say_where(settings, has_console)
        return children.tend()
    finally:
        children.end()


def _say_where(settings: Settings, has_console: bool) -> None:
    processes = counted(settings.workers, "process", "processes")
    say(f"serving on {shown_address(settings.host, settings.port)} with {processes}, database {settings.shown_url}")
    if has_console:
        say(f"console on {shown_address(settings.host, settings.console_port)}")
    else:
        say("no console: this version does not bring it.")
    say(f"metrics on http://127.0.0.1:{settings.metrics_port}/metrics")


def _has_console() -> bool:
    try:
        return importlib.util.find_spec(CONSOLE) is not None
    except ModuleNotFoundError:
        return False


def _until_it_answers(settings: Settings, children: Children) -> None:
    """Wait for the first answer, so that the line that says "serving" is true."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    until = time.monotonic() + START_SECONDS
    while not children.asked:
        connection = http.client.HTTPConnection(host, settings.port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            return
        except OSError as error:
            if time.monotonic() > until or not children.alive():
                raise NotNow("The server did not start; its log above says why.") from error
            time.sleep(0.1)
        finally:
            connection.close()


@contextmanager
def _watched(centre: CentralStore, listener: socket.socket, counts: Path) -> Iterator[None]:
    """Serve the watcher's pages from this process, and have children keep their counts where it adds them up."""
    os.environ[SHARED_FOLDER] = str(counts)
    config = uvicorn.Config(create_watch(centre, counts), log_config=None, access_log=False, server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)
        del os.environ[SHARED_FOLDER]


# --- what runs in the children


def api_process(settings: Settings, listener: socket.socket) -> None:
    log_as(settings.log)
    centre = centre_of(settings, prepares=False)
    try:
        serve_api(centre, listener, behind_proxy=settings.behind_proxy)
    finally:
        centre.close()


def console_process(settings: Settings) -> None:
    log_as(settings.log)
    import_module(CONSOLE).serve_console(settings)

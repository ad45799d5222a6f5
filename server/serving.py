"""Opening the central store of a server's settings, and serving the API on it: SQLite by default, nothing to set up.

`python -m server.serving --folder ...` serves one folder by one process, as the demo does. A real server is started by
`python -m operations.samooh serve`, which puts several processes on one port and tends them.
"""

import argparse
import errno
import gc
import socket
import sys
import time
from pathlib import Path

import uvicorn

from server.api import create_api
from server.callers import known_callers
from server.central_store import CentralStore, Clock
from server.database import Database
from server.keys import WrongKey, remember_key, secret_at, secret_for
from server.logs import log_as
from server.restoring import RestoreUnfinished, need_finished
from server.revocations import Revocations, RevocationsMissing
from server.schema import SchemaProblem, is_founded, need_state, need_utf8
from server.settings import Settings

BACKLOG = 2048
"""Connections that may wait to be taken up while all processes are busy."""


def now_ms() -> int:
    """Unix ms by the clock of this machine."""
    return time.time_ns() // 1_000_000


class PortTaken(Exception):
    """The server cannot listen there, for the port is taken or the address is not this machine's; the text says what to
    do."""


def secret_of(folder: Path) -> bytes:
    """The key outside the database of a folder, made when the folder is first used (see `server.keys`)."""
    return secret_at(folder / "secret.key")


def open_centre(folder: Path, state_id: int, *, clock: Clock = now_ms) -> CentralStore:
    """The central store of a folder, with everything where it is by default. `clock`: another one, for practice."""
    settings = Settings(folder=folder, state=state_id, database_url=None, secret_file=None, revocations=None)
    return centre_of(settings, clock=clock)


def centre_of(settings: Settings, *, prepares: bool = True, founds: bool = True, clock: Clock = now_ms) -> CentralStore:
    """The central store that the settings name; `prepares`: with its tables brought up to date first; `founds`: made
    where there is none yet.

    Raises WrongKey, RevocationsMissing, SchemaProblem and RestoreUnfinished, which say what to do.
    """
    store = Revocations(settings.revocations_path)
    return _opened(settings, store, prepares=prepares, founds=founds, clock=clock)


def centre_being_restored(settings: Settings) -> CentralStore:
    """The central store of a restore that is under way: never to be served before that has ended."""
    return _opened(settings, Revocations(settings.revocations_path), restoring=True)


def store_without_revocations(settings: Settings) -> CentralStore:
    """The central store for mending a lost store of revocations: never to be served."""
    return _opened(settings, None)


def _opened(
    settings: Settings,
    revocations: Revocations | None,
    *,
    prepares: bool = True,
    founds: bool = False,
    restoring: bool = False,
    clock: Clock = now_ms,
) -> CentralStore:
    if settings.database_file is not None:
        if not founds and not settings.database_file.is_file():
            raise SchemaProblem(_no_centre(settings))
        settings.database_file.parent.mkdir(parents=True, exist_ok=True)
    database = Database(settings.url)
    try:
        need_utf8(database)
        if not restoring:
            need_finished(database)
        if not founds and not is_founded(database):
            raise SchemaProblem(_no_centre(settings))
        need_state(database, settings.state)
        secret = secret_for(database, settings.state, settings.secret_path)
    finally:
        database.close()
    centre = CentralStore(
        settings.url,
        state_id=settings.state,
        secret=secret,
        clock=clock,
        prepares=prepares,
        revocations=revocations,
    )
    remember_key(centre, secret)
    return centre


def _no_centre(settings: Settings) -> str:
    if settings.database_url is None:
        where, name = str(settings.folder), "its folder in SAMOOH_FOLDER"
    else:
        where, name = settings.shown_url, "its database in SAMOOH_DATABASE_URL"
    return f"There is no centre in {where} yet: start it once with samooh serve, or name {name}."


def listening(host: str, port: int) -> socket.socket:
    """A socket that takes connections at this address; port 0 takes any free one. PortTaken when that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        # Where the address itself cannot be had, no port of it can.
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise PortTaken(
                f"{host} is no address of this machine ({error.strerror}): write 127.0.0.1, or one that `ip address` "
                "shows, in SAMOOH_HOST or --host."
            ) from error
        raise PortTaken(
            f"Port {port} on {host} cannot be used ({error.strerror}): stop what uses it, or choose another one with "
            "SAMOOH_PORT or --port."
        ) from error
    return listener


def shown_address(host: str, port: int) -> str:
    """The address for a browser; one of IPv6 stands in brackets, or its end would be taken for a port."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(centre: CentralStore, listener: socket.socket, *, behind_proxy: bool = False) -> None:
    """Serve the API on a socket until this process is asked to end; calls that are under way are answered first."""
    # No date or server header: every byte of a reply is paid for on a 2G link.
    config = uvicorn.Config(
        known_callers(create_api(centre), behind_proxy=behind_proxy),
        log_config=None,
        proxy_headers=False,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=20,
    )
    # All that was imported stays; looked through again and again, it would make a call now and then take 75 ms longer.
    gc.collect()
    gc.freeze()
    uvicorn.Server(config).run(sockets=[listener])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m server.serving", description="Serve the sync API of a folder.")
    parser.add_argument("--folder", type=Path, required=True, help="where the database and its key are kept")
    parser.add_argument("--state", type=int, default=23, help="LGD code of the state (Madhya Pradesh: 23)")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8600, help="0 takes any free port and prints it")
    chosen = parser.parse_args(arguments)
    log_as("json", sys.stderr)
    try:
        listener = listening(chosen.host, chosen.port)
        centre = open_centre(chosen.folder, chosen.state)
    except (PortTaken, WrongKey, RevocationsMissing, SchemaProblem, RestoreUnfinished) as reason:
        print(reason, file=sys.stderr)
        return 2
    print(f"serving on {shown_address(chosen.host, listener.getsockname()[1])}", flush=True)
    try:
        serve(centre, listener)
    finally:
        centre.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

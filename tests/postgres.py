"""A PostgreSQL server of the tests' own, started once in a run, with a new empty database whenever one is asked for.

Needs the server's binaries (Debian: `apt install postgresql`). As root it drops to an unprivileged user, because initdb
refuses root. On a user's machine without the binaries the tests that need it are skipped and say so; with CI set they
fail.
"""

import atexit
import contextlib
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

MISSING = "PostgreSQL's server is not installed on this machine (Debian: apt install postgresql)"
START_SECONDS = 60
_numbers = itertools.count(1)
_running: list["Server"] = []


class Server:
    """One running server in a folder of its own. `durable` False: nothing waits for the disk, for speed."""

    def __init__(self, *, durable: bool = False, settings: dict[str, str] | None = None) -> None:
        self.binaries = binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="samooh-pg-"))
        self.user = _unprivileged()
        if self.user:
            os.chown(self.folder, *self.user)
            os.chmod(self.folder, 0o700)
        self.port = _free_port()
        options = ["-A", "trust", "-U", "samooh", "-E", "UTF8", "--no-sync", "--no-locale"]
        self._run("initdb", "-D", str(self.folder / "data"), *options)
        chosen = {
            "listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": str(self.folder),
            "shared_buffers": "64MB", "max_connections": "200",
        }  # fmt: skip
        if not durable:
            chosen |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        chosen |= settings or {}
        arguments = [piece for name, value in chosen.items() for piece in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen(
            [self.binaries / "postgres", "-D", self.folder / "data", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "log").open("w"),
            cwd=self.folder,
            **self._as_user(),
        )
        self._wait()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://samooh@127.0.0.1:{self.port}/{database}"

    def new_database(self, like: str = "template1") -> str:
        """The address of a new database: an empty one, or a copy of another to which nobody is connected."""
        name = f"samooh_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like.rpartition("/")[2]}"')
        return self.url(name)

    def drop(self, url: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{url.rpartition("/")[2]}" WITH (FORCE)')

    def kill_all(self) -> None:
        """kill -9 of the server and of all its processes at once, as when its machine goes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self.process.kill()
        for child in map(int, children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self.process.wait(20)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
                return
            except psycopg.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    said = (self.folder / "log").read_text()[-2000:]
                    raise RuntimeError(f"PostgreSQL did not start: {said}") from error
                time.sleep(0.05)

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.binaries / name, *arguments], capture_output=True, text=True, cwd=self.folder, **self._as_user()
        )
        if done.returncode:
            raise RuntimeError(f"{name} failed: {done.stderr}")

    def _as_user(self) -> dict:
        return {"user": self.user[0], "group": self.user[1], "extra_groups": []} if self.user else {}


def binaries() -> Path | None:
    """Where the server's binaries are, or None."""
    config = shutil.which("pg_config")
    places = [Path("/usr/lib/postgresql")] if Path("/usr/lib/postgresql").is_dir() else []
    found = [child / "bin" for place in places for child in sorted(place.iterdir(), reverse=True)]
    if config:
        told = subprocess.run([config, "--bindir"], capture_output=True, text=True).stdout.strip()
        found.insert(0, Path(told))
    return next((one for one in found if (one / "initdb").exists() and (one / "postgres").exists()), None)


def server() -> Server:
    """The server of this run; skips the test that asks where there is none, fails it with CI set."""
    if not _running:
        if binaries() is None:
            pytest.fail(MISSING) if os.environ.get("CI") else pytest.skip(MISSING)
        _running.append(Server())
        atexit.register(_running[0].stop)
    return _running[0]


def _unprivileged() -> tuple[int, int] | None:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return found.pw_uid, found.pw_gid
    return None


def _free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])

"""A PostgreSQL server of the benchmark's own, in a folder that goes with it; root has an unprivileged user run it."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from bench.processes import free_port

START_SECONDS = 30.0


def missing() -> str:
    """Why there can be no PostgreSQL here; empty when there can."""
    if _binaries() is None:
        return "PostgreSQL is not installed: neither pg_config nor initdb was found"
    if os.geteuid() == 0 and _unprivileged() is None:
        return "initdb refuses root, and there is neither a user postgres nor a user nobody"
    return ""


def _binaries() -> Path | None:
    for command in ("pg_config", "initdb"):
        found = shutil.which(command)
        if found and command == "initdb":
            return Path(found).parent
        if found:
            told = subprocess.run([found, "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
            if (Path(told) / "initdb").is_file():
                return Path(told)
    return None


def _unprivileged() -> str | None:
    names = {one.pw_name for one in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


class Postgres:
    """To be used in a `with`: `url(name)` makes a database. Commits wait for the disk, as installed."""

    def __init__(self) -> None:
        found = _binaries()
        assert found, missing()
        self._bin = found
        self._user = _unprivileged() if os.geteuid() == 0 else None
        # Not below the scratch folder: that user must be able to reach it.
        self.folder = Path(tempfile.mkdtemp(prefix="samooh-bench-pg-"))
        self.port = free_port()
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Postgres":
        try:
            if self._user:
                shutil.chown(self.folder, self._user)
            cluster = ["-D", str(self.folder / "data"), "-A", "trust", "-E", "UTF8", "--locale=C", "-U", "bench"]
            self._run("initdb", *cluster)
            where = ["-D", str(self.folder / "data"), "-p", str(self.port), "-h", "127.0.0.1", "-k", str(self.folder)]
            more = ["-c", "max_connections=200", "-c", "shared_buffers=512MB", "-c", "max_wal_size=4GB"]
            with (self.folder / "log").open("wb") as log:
                self._server = subprocess.Popen(
                    [str(self._bin / "postgres"), *where, *more], stdout=log, stderr=log, user=self._user, cwd="/"
                )
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *why: object) -> None:
        if self._server:
            self._server.terminate()
            try:
                self._server.wait(20)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str) -> str:
        """A new database, as SQLAlchemy is told of it."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "bench", name)
        return f"postgresql+psycopg://bench@127.0.0.1:{self.port}/{name}"

    def drop(self, name: str) -> None:
        self._run("dropdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "bench", "--force", name)

    def version(self) -> str:
        told = subprocess.run([str(self._bin / "postgres"), "--version"], capture_output=True, text=True, check=True)
        return told.stdout.strip()

    def _run(self, command: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._bin / command), *arguments], capture_output=True, text=True, user=self._user, cwd="/"
        )
        if done.returncode:
            raise RuntimeError(f"{command} failed: {done.stderr.strip()[-500:]}")

    def _wait(self) -> None:
        ready = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        deadline = time.monotonic() + START_SECONDS
        while subprocess.run(ready, check=False).returncode:
            if time.monotonic() > deadline or (self._server and self._server.poll() is not None):
                log = (self.folder / "log").read_text("utf-8", errors="replace")[-800:]
                raise RuntimeError(f"PostgreSQL did not start: {log}")
            time.sleep(0.1)

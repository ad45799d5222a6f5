"""`bench.serving` as a process that is started, waited for and ended."""

import socket
import subprocess
import sys
import time
from pathlib import Path

from bench.peer import ROOT
from bench.processes import free_port

START_SECONDS = 60.0


class Service:
    """To be used in a `with`. `port`: where it answers; `pid`: what one process costs can be read there."""

    def __init__(self, folder: Path, url: str | None = None, workers: int = 1) -> None:
        self.port, self._log = free_port(), folder / "service.log"
        where = ["--dir", str(folder), "--port", str(self.port), *(["--url", url] if url else [])]
        where += ["--workers", str(workers)] if workers > 1 else []
        with self._log.open("wb") as log:
            command = [sys.executable, "-m", "bench.serving", *where]
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)

    def __enter__(self) -> "Service":
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.05)
        self.__exit__()
        raise RuntimeError(f"the server did not start: {self._log.read_text('utf-8', errors='replace')[-800:]}")

    @property
    def pid(self) -> int:
        return self._process.pid

    def __exit__(self, *why: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

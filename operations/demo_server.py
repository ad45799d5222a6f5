"""The demo's server: a process of its own, started, watched and ended."""

import http.client
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import Empty, Queue

from operations.demo_places import STATE_CODE

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0
END_SECONDS = 10.0


class ServerFailed(Exception):
    """The server did not start or has ended; the text says what it said."""


class ServerProcess:
    """The real server over one folder, on a free port of this machine. To be used in a `with`."""

    module, called = "operations.tended", "server"

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder, self.port = folder, port
        self.log = folder / f"{self.called}.log"
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "ServerProcess":
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", self.module, "--folder", str(self.folder.resolve())]
        with self.log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [*command, "--state", str(STATE_CODE), "--port", str(self.port)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                # A session of its own, so that Ctrl-C reaches the demo only, which then ends the server last.
                start_new_session=True,
            )
        try:
            self.url = self._address()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *why: object) -> None:
        self.end()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def check(self) -> None:
        """Raises ServerFailed when the process is gone."""
        if self._process is None or self._process.poll() is not None:
            raise ServerFailed(f"The {self.called} has ended.\n{self._last_words()}")

    def end(self) -> None:
        """End the process: first as one asks, then as one insists."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def _address(self) -> str:
        """The address in the line that the server prints once it has its port."""
        assert self._process is not None and self._process.stdout is not None
        first: Queue[str] = Queue()
        stdout = self._process.stdout
        threading.Thread(target=lambda: first.put(stdout.readline()), daemon=True).start()
        try:
            line = first.get(timeout=START_SECONDS)
        except Empty:
            line = ""
        before, _, url = line.strip().partition("serving on ")
        if before or not url:
            raise ServerFailed(f"The {self.called} did not start.\n{self._last_words()}")
        return url

    def _last_words(self) -> str:
        said = self.log.read_text("utf-8", errors="replace").strip() if self.log.exists() else ""
        return "\n".join(said.splitlines()[-12:]) or f"It said nothing; its log is {self.log}."


class ConsoleProcess(ServerProcess):
    """The console over the same folder: a process and a port of its own, as at an office."""

    module, called = "operations.tended_console", "console"

    def _address(self) -> str:
        """The address, once somebody answers there."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            self.check()
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
            try:
                connection.request("GET", "/")
                connection.getresponse().read()
                return f"http://127.0.0.1:{self.port}/app/"
            except OSError:
                # Not yet: it is still being imported.
                time.sleep(0.2)
            finally:
                connection.close()
        raise ServerFailed(f"The console did not start.\n{self._last_words()}")

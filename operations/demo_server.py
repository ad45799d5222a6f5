"""The demo's server: a process of its own, started, watched and ended."""

import subprocess
import sys
import threading
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

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "server.log"
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "ServerProcess":
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "operations.tended", "--folder", str(self.folder.resolve())]
        with self.log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [*command, "--state", str(STATE_CODE), "--port", "0"],
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
            raise ServerFailed(f"The server has ended.\n{self._last_words()}")

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
            raise ServerFailed(f"The server did not start.\n{self._last_words()}")
        return url

    def _last_words(self) -> str:
        said = self.log.read_text("utf-8", errors="replace").strip() if self.log.exists() else ""
        return "\n".join(said.splitlines()[-12:]) or f"It said nothing; its log is {self.log}."

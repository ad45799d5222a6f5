"""Real servers for tests: `samooh serve` as a process of its own over a folder, on free ports of this machine."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECONDS = 90.0
"""How long a server may take to start or end. Plenty: a slow machine is no mistake."""


class Server:
    """A running server. `said` is all it wrote so far; `status` its exit status once it has ended."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder, self.port = folder, three_free_ports()
        self.url, self.watch = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.port + 2}"
        self.lines: list[str] = []
        named = {f"SAMOOH_{name.upper()}": value for name, value in settings.items()}
        bare = {name: value for name, value in os.environ.items() if not name.startswith("SAMOOH_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "operations.samooh", "serve"],
            cwd=ROOT,
            env=bare | {"SAMOOH_FOLDER": str(folder), "SAMOOH_PORT": str(self.port), **named},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)

    @property
    def said(self) -> str:
        return "".join(self.lines)

    def until_it_says(self, words: str) -> None:
        until = time.monotonic() + SECONDS
        while words not in self.said:
            assert time.monotonic() < until and self.process.poll() is None, self.said
            time.sleep(0.02)

    def children(self) -> list[int]:
        """The processes that this one has started."""
        # A process is listed below the thread that started it.
        lists = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(child) for one in lists for child in one.read_text().split()]

    def workers(self) -> list[int]:
        """Those of its children that do its work, not Python's own one that clears up after them."""
        return [child for child in self.children() if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]

    def end(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.ended()

    def ended(self) -> int:
        status = self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        return status


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Server]:
    """A server that answers, while the block lasts."""
    server = Server(folder, **settings)
    try:
        server.until_it_says("metrics on")
        yield server
    finally:
        if server.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                server.process.terminate()
            server.ended()


def three_free_ports() -> int:
    """A port that is free, with two free ones behind it."""
    while True:
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError, OverflowError):
            first = stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
            for port in (first + 1, first + 2):
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
            return int(first)

"""What a browser is shown: the demo with its server and phones, in a process of its own, and the browser itself."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from screens.words import words_of

ROOT = Path(__file__).parents[2]
PORTS = 4
"""Of the demo: its page, two phones, the console."""
START_SECONDS = 300
"""A demo begins with a full block."""
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    # Chromium refuses its own sandbox to root, which is who runs tests in a container.
    *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


MISSING = "Chromium is not installed on this machine (Debian: apt install chromium)"


@dataclass(frozen=True)
class Demo:
    """The running demo: pages by port, the switches of the phones' networks, and the codes for the console."""

    first_port: int
    said: Path
    """What it has printed, as a file."""

    def console_code(self, called: str) -> str:
        """The one-time code that it has printed for who is called so; good for one browser."""
        found = re.search(rf"{called}: one-time code ([\d ]+)", self.said.read_text("utf-8"))
        assert found, self.said.read_text("utf-8")
        return found[1].strip()

    @property
    def console(self) -> str:
        return str(self.state()["console"])

    def address(self, phone: str) -> str:
        return f"http://127.0.0.1:{self.first_port + {'abm': 1, 'sakhi': 2}[phone]}"

    def switch(self, phone: str, word: str) -> None:
        """The network of a phone: `on` or `off`."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.first_port}/network/{phone}/{word}", method="POST", headers={"x-samooh-demo": "1"}
        )
        with urllib.request.urlopen(request, timeout=10):
            pass

    def wait_until_sent(self, phone: str) -> None:
        """Until the phone's line says that nothing is left to send."""
        sent = words_of("en").say("sync.all_sent", time="").strip()
        deadline = time.monotonic() + 60
        while not any(one["key"] == phone and one["line_en"].startswith(sent) for one in self.state()["phones"]):
            assert time.monotonic() < deadline, self.state()
            time.sleep(0.2)

    def state(self) -> dict:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.first_port}/state", timeout=10) as answer:
            return json.load(answer)


@contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """A demo whose stores lie in `folder`, until the end of the block. RuntimeError when it does not come up."""
    folder.mkdir(parents=True, exist_ok=True)
    running = Demo(_free_ports(), folder / "said")
    with running.said.open("w+") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "operations.demo", "--port", str(running.first_port), "--folder", folder / "stores"],
            cwd=ROOT,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _answers(running):
                ended = process.poll() is not None
                if ended or time.monotonic() > deadline:
                    said.seek(0)
                    what = "ended" if ended else "never answered"
                    raise RuntimeError(f"the demo {what}:\n{said.read()[-3000:]}")
                time.sleep(0.2)
            yield running
        finally:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()


def _answers(running: Demo) -> bool:
    try:
        return bool(running.state()["console"])
    except OSError:
        return False


def _free_ports() -> int:
    """The first of so many ports in a row that nobody listens on."""
    for _ in range(50):
        with socket.socket() as chosen:
            chosen.bind(("127.0.0.1", 0))
            first = chosen.getsockname()[1]
        if first < 65000 and all(_is_free(first + more) for more in range(PORTS)):
            return first
    raise RuntimeError("no free ports in a row")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

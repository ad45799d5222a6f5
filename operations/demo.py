"""`make demo`: a real server, four phones, a story in the terminal, then the app and the console in the browser.

Only the standard library is imported before the story begins, so that whatever is missing can be said in a sentence.
"""

import argparse
import contextlib
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".demo"
MARK = "samooh-demo.lock"
"""The file by which a folder is known as a demo's own, which the demo may empty; and the lock on it."""

FIRST_PORT, LAST_PORT = 8550, 65532
MOST_GROUPS = 4000
"""More than any block has, and about as many as the phone of a supervisor may hold with all members."""
INTERRUPTED = 130


class CannotStart(Exception):
    """The demo cannot begin; the text says what to do about it."""


def main(arguments: list[str] | None = None) -> int:
    """0: all went well and all copies agree. 1: something did not. 2: it could not begin."""
    chosen = _arguments(arguments)
    for stream in (sys.stdout, sys.stderr):
        # A terminal without Devanagari must not end the story, and a pipe must not hold it back.
        stream.reconfigure(errors="replace", line_buffering=True)  # type: ignore[union-attr]
    try:
        return _run(chosen)
    except CannotStart as reason:
        print(reason, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nEnded.")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read along (`| head`) has gone; Python would complain once more when it empties its buffers.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m operations.demo", description="Tell Samooh's story with a real server and four phones."
    )
    parser.add_argument("--once", action="store_true", help="stop after the story; exit status 0 if all copies agree")
    parser.add_argument("--keep", action="store_true", help="go on with the demo of last time, without the story")
    parser.add_argument(
        "--groups", type=int, help=f"how many groups the register of the block has, 0 to {MOST_GROUPS}; a full block"
    )
    parser.add_argument("--port", type=int, default=FIRST_PORT, help="first of four ports on this machine, 0 for any")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the demo keeps its stores")
    chosen = parser.parse_args(arguments)
    if not 0 <= chosen.port <= LAST_PORT:
        parser.error(f"--port is a number up to {LAST_PORT}, or 0 for any free ones")
    if chosen.groups is not None and not 0 <= chosen.groups <= MOST_GROUPS:
        parser.error(f"--groups is a number from 0 to {MOST_GROUPS}; without it the block is full")
    return chosen


def _run(chosen: argparse.Namespace) -> int:
    """What can be refused comes first, what takes time last."""
    play = _tools()
    folder = chosen.folder.resolve()
    with contextlib.ExitStack() as stack:
        sockets = []
        if not chosen.once:
            try:
                sockets = play.reserved(chosen.port, play.PORTS)
            except play.PortTaken as taken:
                raise CannotStart(_port_taken(taken.port, chosen.port)) from taken
            for one in sockets:
                stack.callback(one.close)
        stack.enter_context(own(folder))
        kept = chosen.keep and (folder / play.PHONES).is_dir()
        if not kept:
            for part in (play.CENTRE, play.PHONES):
                shutil.rmtree(folder / part, ignore_errors=True)
        try:
            return int(play.play(folder, sockets, kept=kept, groups=chosen.groups))
        except play.NotJoined as error:
            raise CannotStart("The last demo broke off before all phones had joined: start without --keep.") from error


def _tools() -> Any:
    """The rest of the demo, which needs what `make` installs."""
    try:
        from operations import demo_play
        from screens.words import words_of

        words_of("hi")
    except ModuleNotFoundError as missing:
        raise CannotStart(
            f"{missing.name} is missing from this Python. `make demo` installs all that is needed and starts the demo."
        ) from missing
    except FileNotFoundError as missing:
        raise CannotStart("The app's words are not compiled yet. `make demo` does it and starts the demo.") from missing
    return demo_play


def _port_taken(port: int, first: int) -> str:
    return (
        f"Port {port} is taken, perhaps by a demo in another terminal. End that one, or choose four free ports: "
        f"{sys.executable} -m operations.demo --port {first + 100 if first + 100 <= LAST_PORT else FIRST_PORT}"
    )


@contextlib.contextmanager
def own(folder: Path) -> Iterator[None]:
    """Holds a demo's folder: makes it where there is none, refuses one that is somebody else's or in use.

    The lock is a transaction in the marking file: the operating system releases it with the process.
    """
    mark = folder / MARK
    try:
        if folder.exists() and not mark.exists() and any(folder.iterdir()):
            raise CannotStart(f"{folder} holds something that the demo has not made. Name a new folder with --folder.")
        folder.mkdir(parents=True, exist_ok=True)
        lock = sqlite3.connect(mark, timeout=0, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise CannotStart(f"The demo cannot write to {folder} ({error}). Name another folder with --folder.") from error
    with contextlib.closing(lock):
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            raise CannotStart(
                f"Another demo is using {folder}. End it with Ctrl-C, or name another folder with --folder."
            ) from error
        yield


def _end_when_asked() -> None:
    """A closed terminal and a polite kill end the demo as Ctrl-C does, with the server and the stores closed."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: sys.exit(INTERRUPTED))


if __name__ == "__main__":
    _end_when_asked()
    sys.exit(main())

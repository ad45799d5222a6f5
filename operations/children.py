"""The processes of a server: started, started again when one breaks, and all ended together."""

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

log = logging.getLogger("samooh.operations")

END_SECONDS = 25.0
"""How long children have to answer what is under way."""
DEATHS, WITHIN_S = 5, 60.0
"""More deaths within so many seconds than this, and the whole server ends: what tends it from outside takes over."""

spawned = multiprocessing.get_context("spawn")


class Children:
    """Child processes by name. `tend()` returns when this process is asked to end, or when starting again is no use."""

    def __init__(self) -> None:
        self._how: dict[str, tuple[Callable[..., None], tuple[Any, ...]]] = {}
        self._running: dict[str, BaseProcess] = {}
        self._deaths: list[float] = []
        self._asked = threading.Event()

    def start(self, name: str, work: Callable[..., None], *arguments: Any) -> None:
        self._how[name] = work, arguments
        process = spawned.Process(target=begin, args=(work, *arguments), name=name)
        process.start()
        self._running[name] = process

    def end_when_asked(self) -> None:
        """Ctrl-C, a polite kill and a closed terminal end the children first."""
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda *_: self._asked.set())

    @property
    def asked(self) -> bool:
        return self._asked.is_set()

    def alive(self) -> bool:
        return all(process.is_alive() for process in self._running.values())

    def tend(self) -> int:
        """0 when asked to end, 1 when the children do not stay alive."""
        while not self.asked:
            wait([process.sentinel for process in self._running.values()], timeout=0.3)
            for name, process in list(self._running.items()):
                if not process.is_alive() and not self.asked and not self._again(name, process):
                    return 1
        return 0

    def _again(self, name: str, process: BaseProcess) -> bool:
        now = time.monotonic()
        self._deaths = [when for when in self._deaths if now - when < WITHIN_S] + [now]
        log.error("%s has ended by itself", name, extra={"status": process.exitcode, "pid": process.pid})
        if len(self._deaths) > DEATHS:
            log.error("it does not stay alive: ending")
            return False
        # What breaks at once would otherwise break without end.
        self._asked.wait(min(len(self._deaths), 5))
        if not self.asked:
            work, arguments = self._how[name]
            self.start(name, work, *arguments)
        return True

    def end(self) -> None:
        """End all: first as one asks, then as one insists."""
        for process in self._running.values():
            process.terminate()
        until = time.monotonic() + END_SECONDS
        for process in self._running.values():
            process.join(max(0.1, until - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()


def begin(work: Callable[..., None], *arguments: Any) -> None:
    """Runs in the child: its work, until it is asked to end or whoever started it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent as well, which ends its children
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Thread(target=_end_with_parent, name="ends with its parent", daemon=True).start()
    work(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

"""One thread that synchronises one store: woken by plain calls, patient by itself, and honest about how it stands."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from records.problems import Problem
from records.workspace import Run, SyncStatus, with_run
from storage.contact import keep_run, runs_of, times_of, token_of, why_no_token
from storage.identity import ENDED_LOGINS, end_login
from storage.store import LocalStore
from sync.beside import Beside, in_a_thread
from sync.enrolling import Centre, come_back
from sync.exchange import SyncReport
from sync.schedule import NEEDS_A_PERSON, Pace, wait_after
from sync.synchronise import synchronise

log = logging.getLogger("samooh.sync")

SAVED_PAUSE = 1.5
"""Seconds between a save and the run it causes, so that a row of saves goes together."""


class SyncRunner:
    """Synchronises a store with a centre. `timer` gives seconds that never jump, `chance` a number from 0 to 1.
    `compares`: see whether the copies agree, where something has moved."""

    def __init__(
        self,
        store: LocalStore,
        centre: Centre,
        *,
        app: str,
        timer: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        compares: bool = True,
        beside: Beside = in_a_thread,
        pace: Pace | None = None,
    ) -> None:
        self._store, self._centre, self._app, self._compares = store, centre, app, compares
        self._timer, self._chance = timer, chance
        self._beside = beside
        self._pace, self._failures, self._not_before = pace or Pace(), 0, 0.0
        self._one_run = threading.Lock()
        self._woken = threading.Condition()
        self._due: float | None = None
        self._saved_meanwhile = False
        self._stopping = False
        self._thread: threading.Thread | None = None
        last_success_ms, last_try_ms = times_of(store)
        store.tell_sync(SyncStatus(last_success_ms=last_success_ms, last_try_ms=last_try_ms, runs=runs_of(store)))

    # --- calls that wake it; none of them waits

    def start(self) -> None:
        """Begins with a run at once."""
        if self._thread is None or not self._thread.is_alive():
            self._stopping = False
            self._thread = threading.Thread(target=self._work, name="samooh-sync", daemon=True)
            self._thread.start()
        self.request_sync()

    def stop(self) -> None:
        """Ends after the run that is under way. What is unsent stays in the store."""
        with self._woken:
            self._stopping = True
            self._woken.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=5)
        self._thread = None

    def request_sync(self) -> None:
        """The button, the app coming to the front, the network coming back: a run as soon as the centre allows."""
        self._wake(0.0)

    connectivity_returned = request_sync
    resumed = request_sync

    def work_saved(self) -> None:
        """Something has been saved: it goes soon, unless the last try failed and the next is planned already. What is
        saved while a run is under way may come too late for it, and goes soon after."""
        with self._woken:
            self._saved_meanwhile = True
            if self._store.sync_line.state == "idle":
                self._wake(SAVED_PAUSE)

    def _wake(self, after: float) -> None:
        with self._woken:
            due = max(self._timer() + after, self._not_before)
            self._due = due if self._due is None else min(due, self._due)
            self._woken.notify_all()

    # --- the thread

    def _work(self) -> None:
        while self._wait_until_due():
            self.run()

    def _wait_until_due(self) -> bool:
        with self._woken:
            while not self._stopping:
                left = None if self._due is None else self._due - self._timer()
                if left is not None and left <= 0:
                    self._due = None
                    return True
                self._woken.wait(left)
        return False

    # --- one run

    @contextmanager
    def between_runs(self) -> Iterator[None]:
        """Nothing synchronises meanwhile: news for the login of before must not reach the store of the next."""
        with self._one_run:
            yield

    def run(self) -> SyncStatus:
        """One run now, in this thread; returns how things stand after it. Whatever breaks is told and tried again: the
        thread goes on."""
        with self._one_run:
            if problem := _ended(self._run):
                self._plan(problem)
            return self._store.sync_line

    def _run(self) -> None:
        token = token_of(self._store)
        if token is None:
            if code := why_no_token(self._store):
                self._tell(state="stopped", problem=code)
            return
        self._saved_meanwhile = False
        self._tell(
            state="running", last_try_ms=self._store.clock(), next_try_ms=None, sent=0, received=0, at_photos=False
        )
        problem = self._try(token)
        if problem and problem.code == "device_cloned":
            renewed = token_of(self._store)
            if renewed and renewed != token:
                problem = self._try(renewed)
        if problem and problem.code == "sign_in":
            problem = self._come_back()
        self._plan(problem)

    def _come_back(self) -> Problem | None:
        """The centre does not know this login. Has it gone back to before the enrolment, the certificate lets us in."""
        problem = self._alone(lambda: come_back(self._store, self._centre, app=self._app))
        token = token_of(self._store)
        return problem or (self._try(token) if token else Problem("sign_in"))

    def _try(self, token: str) -> Problem | None:
        return self._alone(
            lambda: synchronise(
                self._store,
                self._centre.for_device(token),
                app=self._app,
                timer=self._timer,
                pace=self._pace,
                tell=self._tell_progress,
                compares=self._compares,
                beside=self._beside,
            )
        )

    def _alone(self, work: Callable[[], object]) -> Problem | None:
        """Part of a run, while nobody else works with this store; the problem that it ended with."""

        def alone() -> None:
            with self._store.syncing():
                work()

        return _ended(alone)

    def _tell_progress(self, report: SyncReport) -> None:
        self._tell(
            sent=report.sent,
            to_send=report.to_send,
            received=report.received,
            to_receive=report.to_receive,
            at_photos=report.at_photos,
        )

    def _plan(self, problem: Problem | None) -> None:
        """Writes down how the run ended, decides when to try next, and says so."""
        now_ms = self._store.clock()
        went_well: dict[str, object] = {} if problem else {"last_success_ms": now_ms}
        unwritten = self._write_down(now_ms, problem.code if problem else None)
        problem = problem or unwritten
        code = problem.code if problem else None
        self._failures = self._failures + 1 if problem else 0
        if code in ("offline", "captive_portal", "too_large_message"):
            self._pace.broke_off()
        wait = wait_after(code, self._failures, problem.retry_after if problem else None, self._chance())
        with self._woken:
            self._not_before = self._timer() + (wait or 0) if problem and problem.retry_after else 0.0
        if wait is not None:
            self._wake(wait)
        self._tell(
            state="stopped" if code in NEEDS_A_PERSON else "waiting" if problem else "idle",
            problem=code,
            next_try_ms=None if wait is None else now_ms + int(wait * 1000),
            **went_well,
        )
        with self._woken:
            # Only now: whatever is saved from here on finds the runner idle, and wakes it itself.
            if self._saved_meanwhile and problem is None:
                self._wake(SAVED_PAUSE)

    def _write_down(self, now_ms: int, code: str | None) -> Problem | None:
        """Keeps how the run ended; why that could not be, as on a full disk: then only this process knows it."""
        line = self._store.sync_line
        run = Run(now_ms, line.sent, line.received, code)

        def write() -> None:
            if code in ENDED_LOGINS:
                end_login(self._store, code)
            self._tell(runs=keep_run(self._store, run))

        unwritten = _ended(write)
        if unwritten:
            log.warning("how a run ended could not be kept: %s", unwritten.code)
            self._tell(runs=with_run(line.runs, replace(run, problem=code or unwritten.code)))
        return unwritten

    def _tell(self, **changes: object) -> None:
        self._store.tell_sync(replace(self._store.sync_line, **changes))  # type: ignore[arg-type]


def _ended(work: Callable[[], object]) -> Problem | None:
    """The problem that a part of a run ended with, None where it went well."""
    try:
        work()
        return None
    except Problem as problem:
        return problem
    except Exception:
        # The edge of a run: nothing above could do more than this. Work is in the store, the next run finds it.
        log.exception("a synchronisation broke")
        return Problem("something_broke")

"""The phones of a run: real stores and runners that are killed, filled up, cloned and set to wrong times."""

import contextlib
import logging
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from records.audience import streams_read
from records.commands.deciding import Command
from records.kinds import Registry
from records.problems import Problem, Refused
from records.stamps import device_of
from records.workspace import SyncStatus
from storage import meta as named
from storage.identity import capacity_of, login_is_good
from storage.marks import numbers_in
from storage.outbox import of_batch
from storage.secrets import secret_of
from storage.store import LocalStore
from storage.tables import NOT_FROZEN
from storage.workspace import PhoneWorkspace
from sync.beside import at_once
from sync.enrolling import enrol
from sync.runner import SyncRunner
from sync.schedule import Pace
from tests.property.simulation.crashing import Death, Files, Killed, at_opening, at_statement, disk_is_full, log_mark
from tests.property.simulation.ledger import Broken
from tests.property.simulation.network import Network
from tests.property.simulation.quickly import begin_empty
from tests.world import ref

APP = "0.1.0"


@contextmanager
def afterwards(work: Callable[[], None]) -> Iterator[None]:
    """What is done beside a call is done when that has ended: the most that can be outstanding."""
    try:
        yield
    except Problem:
        work()
        raise
    work()


class SyncedStore(LocalStore):
    """A store that remembers how far its log was when a commit last waited for the disk."""

    synced: tuple[bytes, int] = (b"", 0)

    def writing(self, *, durable: bool = True) -> Any:
        return _Noting(self, super().writing(durable=durable), durable)


class _Noting:
    def __init__(self, store: SyncedStore, writing: Any, durable: bool) -> None:
        self._store, self._writing, self._durable = store, writing, durable

    def __enter__(self) -> Any:
        return self._writing.__enter__()

    def __exit__(self, *what: Any) -> Any:
        done = self._writing.__exit__(*what)
        if self._durable and what[0] is None:
            self._store.synced = log_mark(self._store.path)
        return done


@dataclass
class Handset:
    """One phone. `skew_ms`: how far its clock is off.

    `rotten`: records that have changed in its file by themselves, and by which streams they were held."""

    network: Network
    person: str
    name: str
    path: Path
    registry: Registry
    skew_ms: int = 0

    def __post_init__(self) -> None:
        self.town = self.network.town
        self.random = random.Random(f"{self.town.seed}/{self.name}")
        self.deaths = 0
        self.rotten: dict[tuple[str, str], set[str]] = {}
        self.centre = self.network.centre(self.name)
        self.store: SyncedStore
        self.open()

    def open(self) -> None:
        begin_empty(self.path, self.registry)
        store = SyncedStore.open(
            self.path, registry=self.registry, clock=self.clock, randomness=self.random.randbytes
        )  # fmt: skip
        assert isinstance(store, SyncedStore)
        store.synced = log_mark(self.path)
        self.store, self.workspace = store, PhoneWorkspace(store)
        # Without comparing: what a run leaves different is to be found by the laws, not mended before they look. In
        # turns, and often in small batches, so that one is made ready while another is on its way.
        self.runner = SyncRunner(
            store, self.centre, app=APP, timer=lambda: 0.0, chance=lambda: 0.5, compares=False,
            pace=Pace(rows=self.random.choice((1, 4, 20))), beside=self.random.choice((at_once, afterwards)),
        )  # fmt: skip

    def clock(self) -> int:
        return max(0, self.town.clock() + self.skew_ms)

    def do(self, command: Command) -> str:
        """Saves something; the ledger hears of it only when the phone has said that it is saved."""
        done = self.workspace.do(command)
        self.town.ledger.saved(self.name, done.changes)
        return done.id

    def sync(self, *, compares: bool = False) -> SyncStatus:
        """One run. Raises Broken for what a phone must never say."""
        self.runner._compares = compares
        with _hearing() as broken:
            line = self.runner.run()
        if broken:
            raise Broken(f"{self.name}: a run broke: {broken[0]!r}") from broken[0]
        return line

    def enrol(self, person: str | None = None) -> bool:
        """With a new code from the office. False where the phone or the network does not allow it now."""
        code = self.town.centre.enrolments.code_for(ref(person or self.person))
        try:
            enrol(self.store, self.centre, code, app=APP)
        except Problem as problem:
            if problem.code not in (
                "unsent_work",
                "disk_full",
                "offline",
                "captive_portal",
                "busy",
                "server_problem",
                "bad_message",
            ):
                raise Broken(f"{self.name} could not be enrolled: {problem.code}") from problem
            return False
        return True

    @property
    def has_login(self) -> bool:
        with self.store.reading() as t:
            return login_is_good(t)

    def news(self) -> tuple[Any, ...]:
        """What there is at the centre in the streams that this phone reads; if it reads others from now on, that is
        told in those of places and assignments."""
        with self.store.reading() as t:
            capacity = capacity_of(t.meta)
        return self.town.centre.news(streams_read(capacity.reaches, capacity.person_id) if capacity else ())

    # --- what strikes it

    def dying_at(self, number: int, deed: Any, *, power: bool) -> bool:
        """Does something, and the process dies at that statement of it, or when it has just ended. False if refused.

        `power`: the battery falls out as well, so that what no commit has waited for is torn off anywhere.
        """
        death, refused, before = Death(self.path), False, self._waiting()
        try:
            with at_statement(self.store, number, death):
                try:
                    deed()
                except (Refused, Problem):
                    refused = True
        except Killed:
            pass
        files = death.files or Files.of(self.path)
        if power:
            files = files.after_power_loss(self.store.synced, self.random)
        self.store.close()
        files.put_back(self.path)
        self.path.with_name(self.path.name + "-suspect").unlink(missing_ok=True)
        self.deaths += 1
        self.open()
        self._note_what_was_saved_unheard(before)
        return not refused

    def full_at(self, number: int, deed: Any) -> str | None:
        """Does something while its disk is full from that statement on; the problem that it names."""
        try:
            with at_statement(self.store, number, disk_is_full):
                deed()
        except Refused:
            return None
        except Problem as problem:
            return problem.code
        return None

    def update(self, registry: Registry, *, dies_at: int | None = None) -> None:
        """A newer app is put on it; `dies_at`: and is killed at that statement of its first start."""
        self.close()
        self.registry = registry
        if dies_at:
            death = Death(self.path)
            with contextlib.suppress(Killed), at_opening(dies_at, death):
                self.open()
                return
            assert death.files
            death.files.put_back(self.path)
        self.open()

    def clone(self, name: str) -> "Handset":
        """Another phone with a copy of this one's file."""
        path = self.path.with_name(f"{name}.sqlite")
        Files.of(self.path).put_back(path)
        self.town.ledger.typed[name] = {}
        twin = Handset(self.network, self.person, name, path, self.registry, self.skew_ms)
        twin.rotten = {key: set(streams) for key, streams in self.rotten.items()}
        return twin

    def close(self) -> None:
        self.store.close()

    # --- what is in it

    def device(self) -> str:
        with self.store.reading() as t:
            return str(t.meta.get(named.DEVICE))

    def token(self) -> str:
        with self.store.reading() as t:
            return secret_of(t, named.TOKEN) or ""

    def let_go(self) -> dict[str, tuple[str, list[str]]]:
        """Steps that went for want of room -> their account, and the streams that hold them."""
        with self.store.reading() as t:
            rows = t.driver.execute("SELECT id, parent, held FROM let_go ORDER BY id").fetchall()
            names = dict(t.driver.execute("SELECT number, name FROM stream")) if rows else {}
        return {id: (parent, sorted(names[one] for one in numbers_in(held))) for id, parent, held in rows}

    @property
    def hangs(self) -> bool:
        """Whether it was told that work of its own is held at the centre: what comes of that it may not hear."""
        with self.store.reading() as t:
            return t.driver.execute("SELECT 1 FROM own_change WHERE state='held' LIMIT 1").fetchone() is not None

    def devices(self, t: Any) -> set[str]:
        """The numbers under which the work was made that this phone has had answered, and its own."""
        made = {
            device_of(cell[1])
            for row in t.connection.execute(select(t.tables.own_change))
            for cell in row.changes.values()
        }
        return made | {t.meta.get("device")}

    def _waiting(self) -> dict[tuple[str, str], Any]:
        with self.store.reading() as t:
            return {(entry.kind, entry.id): entry.changes for _row, entry in of_batch(t, NOT_FROZEN)}

    def _note_what_was_saved_unheard(self, before: dict[tuple[str, str], Any]) -> None:
        """A save that was committed when the process died before saying so: it counts, and it must be whole."""
        for (kind, id), changes in self._waiting().items():
            old = before.get((kind, id), {})
            fresh = {name: cell for name, cell in changes.items() if old.get(name, [None, ""])[1] < cell[1]}
            mine = self.town.ledger.typed.setdefault(self.name, {})
            values = {name: cell[0] for name, cell in fresh.items() if mine.get((kind, id, name)) != cell[0]}
            if values:
                self.town.ledger.saved_values(self.name, kind, id, values)


class _hearing:
    """What the runner caught at its edge, which a person would never see."""

    def __enter__(self) -> list[BaseException]:
        self._found: list[BaseException] = []
        self._handler = _Handler(self._found)
        logging.getLogger("samooh.sync").addHandler(self._handler)
        return self._found

    def __exit__(self, *what: Any) -> None:
        logging.getLogger("samooh.sync").removeHandler(self._handler)


class _Handler(logging.Handler):
    def __init__(self, found: list[BaseException]) -> None:
        super().__init__(logging.ERROR)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info and record.exc_info[1]
        if error:
            self._found.append(error)

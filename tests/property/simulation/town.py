"""The centre of a run: copied from a file made once, killed, restored, and watched by the ledger."""

import atexit
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Annotated, Any

from operations.restore import begin_anew
from records.commands.accounts import ChangeAccount, RecordStep
from records.commands.groups import RegisterGroup
from records.commands.members import AddMember
from records.fields import Choice, Count
from records.kinds import KINDS
from records.messages import FrozenBatch
from records.shg import PROMOTERS, Shg
from server.central_store import CentralStore, OfficeView
from server.revocations import Revocations
from storage.store import LocalStore
from tests.fleet import Phone, quiet
from tests.property.simulation.crashing import Death, Files, Killed, at_statement, disk_is_full
from tests.property.simulation.ledger import Broken, Ledger
from tests.world import START_MS, Clock, World, ref

SECRET = b"a secret outside the database..!"
SHM = Path("/dev/shm")


class NewerShg(Shg):
    """The group of a later app: a field more, and a word more in a closed list."""

    savings_day: Count | None = None
    promoted_by: Annotated[str, Choice(*PROMOTERS, "cooperative")] | None = None


NEWER_TABLE = "shg"
NEWER = KINDS.replaced(replace(KINDS["Shg"], cls=NewerShg))
REGISTRIES = {"this": KINDS, "newer": NEWER}


def _place(name: str, level: str, parent: str) -> tuple[str, str, dict[str, Any]]:
    return ("Place", name, {"level": level, "name": f"Place {name}", "parent_id": parent})


FURTHER = (
    _place("D2", "district", "S"), _place("B3", "block", "D2"), _place("G4", "gram_panchayat", "B3"),
    _place("V4", "village", "G4"), _place("V5", "village", "G1"),
    ("BankBranch", "R4", {"bank_name": "State Bank", "name": "R4", "ifsc": "SBIN0001227", "block_id": "B3"}),
    ("ServiceArea", "R3/V3", {"branch_id": "R3", "village_id": "V3"}),
    ("Person", "abm4", {"name": "abm4", "home_id": "D2"}),
    ("Assignment", "abm4/1", {"person_id": "abm4", "role": "abm", "from_on": "2020-01-01", "place_id": "G4"}),
)  # fmt: skip
"""What the world of tests lacks: another district, a village more, a branch that serves another block."""

CREW = (
    "abm", "sakhi", "supervisor", "abm2", "abm", "district", "abm3", "supervisor2", "sakhi2", "abm4",
)  # fmt: skip
"""Whose phones there are, those that meet most first. The first and the fifth are two phones of one person."""

OPENED_LONG_AGO = ("resolution_passed", "kyc_collected", "form_filled", "submitted", "opened", "passbook_received")
VILLAGES = ("V1", "V2", "V3", "V4", "V5")


class Watched(CentralStore):
    """The central store with somebody beside it who writes down what it answers."""

    ledger: Ledger | None = None

    def _take(self, device: str, frozen: FrozenBatch, now_ms: int) -> Any:
        ledger = self.ledger
        known = ledger is not None and (device, frozen.number) in ledger.batches
        before = self.pulse() if known else None
        taken = super()._take(device, frozen, now_ms)
        if ledger is not None:
            ledger.answered(device, frozen, taken.answer)
        if known and self.pulse() != before:
            raise Broken(f"law 2: batch {frozen.number} of {device} was applied a second time")
        return taken

    def pulse(self) -> tuple[Any, ...]:
        """What must not change when nothing new is said."""
        with self.database.reading() as db:
            return tuple(db.exec_driver_sql(PULSE).one())

    def news(self, streams: Iterable[str]) -> tuple[Any, ...]:
        """What must have changed when there is something new in these streams."""
        with self.database.reading() as db:
            asked = db.exec_driver_sql(
                "SELECT name, seq, (SELECT value FROM meta WHERE name='epoch') FROM stream "
                "WHERE name IN (SELECT value FROM json_each(?)) ORDER BY name",
                (json.dumps(list(streams)),),
            )
            return tuple(map(tuple, asked))


PULSE = "SELECT (SELECT value FROM meta WHERE name='epoch'), (SELECT sum(seq) FROM stream)" + "".join(
    f", (SELECT count(*) FROM {table})" for table in ("history", "quarantine", "held", "early_batch")
)


class Town(World):
    """The centre of one run. `skew_ms`: how far its own clock is off; `began_as`: the register before an update."""

    skew_ms = 0

    def __init__(self, folder: Path, seed: int, registry: str, ms: int) -> None:
        self._of_template = registry
        self.url, self.registry, self.seed = f"sqlite:///{folder / 'central.db'}", REGISTRIES[registry], seed
        self.clock, self.address, self.folder, self.began_as = Clock(ms), None, folder, self.registry
        self.random = Random(f"{seed}/centre")
        self.ledger = Ledger()
        self.centre = self.open_centre()
        self._join_office()
        self.backup: tuple[Files, Ledger, int] | None = None
        self.went_back = False

    @property
    def file(self) -> Path:
        return self.folder / "central.db"

    def centre_clock(self) -> int:
        return self.clock() + self.skew_ms

    def open_centre(self) -> Watched:
        if self.registry is not self.began_as:
            migrate(self.file)
        # A test's registry has no steps of migration; the product's database is there already.
        centre = Watched(
            self.url, state_id=23, secret=SECRET, clock=self.centre_clock, randomness=self.random.randbytes,
            registry=self.registry, prepares=not self.file.exists(),
            revocations=Revocations(self.folder / "revocations.jsonl"),
        )  # fmt: skip
        centre.ledger = self.ledger
        return centre

    def _join_office(self) -> None:
        self._office = OfficeView(self.centre, self.centre.enrolments.office_device("set-up"))

    def copy_phone(self, path: Path) -> None:
        """The phone of the template that goes by this name."""
        made, _ms = template(self._of_template)
        shutil.copyfile(made / path.name, path)

    def restart(self, files: Files | None = None) -> None:
        """The server's process ends, and another begins with these files; without any, with those that are there."""
        self.centre.close()
        if files:
            files.put_back(self.file)
        self.centre = self.open_centre()
        self._join_office()

    def dying_at(self, number: int, deed: Callable[[], Any]) -> Any:
        """Does something, and the server dies at that statement of it. Raises Killed; the server is up again then."""
        death = Death(self.file)
        try:
            with at_statement(self.centre.database.engine, number, death):
                result = deed()
        except Killed:
            assert death.files
            self.restart(death.files)
            raise
        self.restart(Files.of(self.file))
        return result

    def full_at(self, number: int, deed: Callable[[], Any]) -> Any:
        """Does something while the disk of the server is full from that statement on."""
        with at_statement(self.centre.database.engine, number, disk_is_full):
            return deed()

    def back_up(self) -> None:
        self.backup = (Files.of(self.file), self.ledger.as_of_now(), self.clock())

    def restore(self, *, by_command: bool) -> None:
        """The server goes on from the backup: as `samooh restore` does it, or as somebody puts files back by hand."""
        assert self.backup
        files, kept, _ms = self.backup
        self.ledger.forget_after(kept, {self._office.device})
        self.restart(files)
        self.went_back = True
        if by_command:
            begin_anew(self.centre)


def migrate(file: Path) -> None:
    """As a migration of the product does it: the columns that a newer centre knows are added, empty."""
    database = sqlite3.connect(file)
    there = {row[1] for row in database.execute(f'PRAGMA table_info("{NEWER_TABLE}")')}
    for name in NewerShg.model_fields.keys() - there:
        database.execute(f'ALTER TABLE "{NEWER_TABLE}" ADD COLUMN "{name}" INTEGER')
    database.commit()
    database.close()


@contextmanager
def a_folder() -> Iterator[Path]:
    """A folder in memory where there is one."""
    folder = Path(tempfile.mkdtemp(prefix="samooh-sim-", dir=SHM if SHM.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def template(registry: str) -> tuple[Path, int]:
    """(folder, time) of a town in which everybody has enrolled and knows two groups. Made once in a process."""
    folder = Path(tempfile.mkdtemp(prefix="samooh-sim-", dir=SHM if SHM.is_dir() else None))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    town = Town.__new__(Town)
    town.url, town.registry, town.seed = f"sqlite:///{folder / 'central.db'}", REGISTRIES[registry], 0
    town.clock, town.address, town.folder, town.ledger = Clock(START_MS), None, folder, Ledger()
    town.began_as = town.registry
    World.__post_init__(town)
    town.office(*FURTHER)
    phones = [Phone(town, person, folder, f"{number}-{person}") for number, person in enumerate(CREW)]
    for phone in phones:
        phone.sync()
    _begin(phones)
    for phone in phones:
        phone.store.close()
    town.centre.close()
    return folder, town.clock()


def _begin(phones: list[Phone]) -> None:
    """Two groups with members, offices and accounts that everybody knows, so that people meet on the same records. The
    account of one was opened years ago."""
    for phone, village, formed in ((phones[0], "V1", "2026-03-01"), (phones[3], "V2", "2024-01-01")):
        group = phone.do(RegisterGroup({"village_id": ref(village), "name": "आरंभ", "formed_on": formed})).id
        for name in ("राधा", "सीता", "गीता"):
            phone.do(AddMember(group, {"name": name}))
        phone.do(ChangeAccount(group, {"branch_id": ref("R1")}))
    quiet(phones)
    for number, kind in enumerate(OPENED_LONG_AGO, 1):
        (phones[3] if number < 5 else phones[1]).do(RecordStep(group, kind, f"2024-02-{number:02}"))
        quiet([phones[3], phones[1]])
    quiet(phones)


@cache
def upgraded(registry: str, name: str) -> Files:
    """The file of a phone of the template as a newer app leaves it when it has opened it. Made once in a process."""
    made, ms = template(registry)
    path = made / "newer" / f"{name}.sqlite"
    path.parent.mkdir(exist_ok=True)
    Files.of(made / path.name).put_back(path)
    LocalStore.open(path, registry=NEWER, clock=lambda: ms).close()
    return Files.of(path)


def copied(registry: str, folder: Path, seed: int) -> Town:
    """A town of its own, as the template has it; its phones are still to be copied, those that there will be."""
    made, ms = template(registry)
    for file in made.glob("[!0-9]*"):
        if file.is_file():
            shutil.copyfile(file, folder / file.name)
    return Town(folder, seed, registry, ms)

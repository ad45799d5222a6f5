"""The second, append-only store of what was revoked: it outlives a database that is restored from a backup (design 4).

A file of JSON lines. A line is on the disk before the revocation it records is answered; all lines are applied to the
database again before the first request is served. So a phone that was reported stolen after the backup was taken stays
out. Best on another disk than the database, and never restored to an older state. A store that was lost and begun anew
says so in its first line, for what had been shut out since the last backup is not in it.
"""

import json
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, update

from server.database import Database
from server.tables import CentralTables
from server.upserting import insert_into

log = logging.getLogger("samooh.server")

TORN = "#torn"
"""Ends a line whose writing was cut off by a crash: nobody was told that it stands."""

REVOKE, BEGIN = "revoke", "begin"
"""What a line says: devices were shut out; or the store before this one was lost."""


class RevocationsMissing(Exception):
    """The store that this database knows of is not there, or cannot be read; the text says what to do."""


@dataclass(frozen=True)
class Revoked:
    """One revocation: the devices it shut out, and the person and key by which copies of them are known; both "" where
    the database did not know the number."""

    at_ms: int
    state: int
    devices: tuple[str, ...]
    person: str
    key: str

    def stands_in(self, other: "Revoked") -> bool:
        """Whether another line shuts out the devices of this one."""
        copies = self.person == other.person or set(self.devices) <= set(other.devices)
        return copies and self.key == other.key


class Revocations:
    """The store in one file. Several processes may append to it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, *lines: Revoked) -> None:
        """Add lines; they are on the disk when this returns. OSError when they cannot be."""
        if not lines:
            return
        with self._locked() as file:
            # A line that was being written when the machine went down is closed, never joined with the next one.
            start = b"" if self._ends_whole(file) else f" {TORN}\n".encode()
            text = "".join(json.dumps({"deed": REVOKE, **asdict(line)}) + "\n" for line in lines)
            self._write(file, start + text.encode())

    def read(self) -> list[Revoked]:
        """All revocations. RevocationsMissing for a file that is not there or that holds something else."""
        return [line for line in self._lines() if isinstance(line, Revoked)]

    def begun_ms(self) -> int:
        """When the store was begun anew because the one before it was lost; 0 if never."""
        return max((line for line in self._lines() if isinstance(line, int)), default=0)

    def _lines(self) -> list[Revoked | int]:
        try:
            text = self.path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RevocationsMissing(self._missing()) from error
        *whole, rest = text.split("\n")
        if rest:
            log.warning("the last line of the revocations is torn and was never answered; it does not count")
        return [one for number, line in enumerate(whole, 1) if (one := self._read_line(number, line))]

    def shuts_out(self, state_id: int, device: str, person_id: str, key: str) -> bool:
        """Whether a phone of this person and key was shut out, also under a number that the database has forgotten."""
        meant = Revoked(0, state_id, (device,), person_id, key)
        return any(
            line.state == state_id and (meant.stands_in(line) or (not line.key and device in line.devices))
            for line in self.read()
        )

    def is_there(self) -> bool:
        """Whether the store can be read and appended to at this moment."""
        return self.path.is_file() and os.access(self.path, os.R_OK | os.W_OK)

    def replay(self, database: Database, tables: CentralTables, state_id: int) -> int:
        """Apply every line to the database, before it is served; how many devices that shut out now.

        The store is made where this database has never had one. RevocationsMissing where it had one that is gone.
        """
        with database.writing() as db:
            if not self.path.exists():
                if _knows_a_store(db, tables, state_id):
                    raise RevocationsMissing(self._missing())
                self._begin([])
            _remember_store(db, tables, state_id)
            lines = [line for line in self.read() if line.state == state_id]
            # What the database knows and the store does not: of a time before the store, or of an older copy of it.
            self.append(*(one for one in revoked_in(db, tables, state_id) if not any(map(one.stands_in, lines))))
            return sum(_apply(db, tables, line) for line in lines)

    def begin_anew(self, database: Database, tables: CentralTables, state_id: int, now_ms: int) -> int:
        """Write a lost store again from what the database knows; how many lines. FileExistsError if it is there."""
        with database.reading() as db:
            lines = revoked_in(db, tables, state_id)
        self.begin_after_loss(now_ms, lines)
        return len(lines)

    def begin_after_loss(self, now_ms: int, lines: Iterable[Revoked] = ()) -> None:
        """A new store in the place of a lost one. FileExistsError if it is there."""
        self._begin(lines, begun_ms=now_ms)

    # --- the file

    def _begin(self, lines: Iterable[Revoked], *, begun_ms: int = 0) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        if begun_ms:
            with self._locked() as file:
                self._write(file, (json.dumps({"deed": BEGIN, "at_ms": begun_ms}) + "\n").encode())
        self.append(*lines)
        _sync_folder(self.path.parent)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The open file, for one writer at a time. Never made here: a store that is gone must be noticed."""
        file = os.open(self.path, os.O_RDWR | os.O_APPEND)
        try:
            if os.name == "posix":
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)

    def _ends_whole(self, file: int) -> bool:
        size = os.lseek(file, 0, os.SEEK_END)
        if size == 0:
            return True
        os.lseek(file, size - 1, os.SEEK_SET)
        return os.read(file, 1) == b"\n"

    def _write(self, file: int, text: bytes) -> None:
        while text:
            text = text[os.write(file, text) :]
        os.fsync(file)

    def _read_line(self, number: int, line: str) -> Revoked | int | None:
        if line.endswith(TORN):
            return None
        try:
            known: dict[str, Any] = json.loads(line)
            deed = known.pop("deed")
            if deed == BEGIN:
                return int(known["at_ms"])
            if deed != REVOKE:
                raise ValueError
            return Revoked(**known | {"devices": tuple(known["devices"])})
        except (ValueError, KeyError, TypeError) as error:
            raise RevocationsMissing(
                f"Line {number} of the revocations in {self.path} cannot be read: put the file back from a copy of it. "
                "Without it a stolen phone might be let in again, so the server does not start."
            ) from error

    def _missing(self) -> str:
        return (
            f"The revocations in {self.path} are missing or cannot be read, though this database has had them: put the "
            "file back, or name it in SAMOOH_REVOCATIONS. If it is lost for good: samooh revoke --store-lost writes it "
            "again from the database; a device that was revoked after the last backup must then be revoked again."
        )


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


# --- the database


def revoked_in(db: Connection, tables: CentralTables, state_id: int) -> list[Revoked]:
    """What a database itself knows to be revoked."""
    table = tables.device
    rows = db.execute(select(table).where(table.c.state_id == state_id, table.c.revoked_ms.is_not(None))).all()
    return [Revoked(row.revoked_ms, state_id, (row.device,), row.person_id, row.signing_key or "") for row in rows]


def _apply(db: Connection, tables: CentralTables, line: Revoked) -> int:
    """Shut out the devices of a line. By their key as well as by number: a restored database may give a number anew."""
    table = tables.device
    mine = table.c.device.in_(line.devices) | (table.c.person_id == line.person)
    statement = update(table).where(
        table.c.state_id == line.state, mine, table.c.signing_key == line.key, table.c.revoked_ms.is_(None)
    )
    return int(db.execute(statement.values(revoked_ms=line.at_ms)).rowcount)


def _knows_a_store(db: Connection, tables: CentralTables, state_id: int) -> bool:
    meta = tables.meta
    return db.scalar(select(meta.c.value).where(meta.c.state_id == state_id, meta.c.name == "revocations")) is not None


def _remember_store(db: Connection, tables: CentralTables, state_id: int) -> None:
    statement = insert_into(db, tables.meta).values(state_id=state_id, name="revocations", value="kept")
    db.execute(statement.on_conflict_do_nothing())

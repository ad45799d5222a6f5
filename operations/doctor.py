"""`samooh doctor`: holds a phone's file against the centre and names every field in which they differ.

For a phone that shows something else than the office. The file is a copy taken from the phone (settings, "hand over the
file", or by cable); it is opened as a copy of that copy, so that nothing in it changes. What is personal is named and
never shown.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import select

from operations.agreement import Columns, Comparison, compare
from operations.office import the_centre
from operations.speaking import CannotDo, counted, say
from records.kinds import Registry
from records.problems import Problem
from records.record import fields_of
from server.central_store import CentralStore
from server.set_back import last_set_back
from storage import meta as named
from storage.store import LocalStore

NOTHING: Columns = {}


@dataclass(frozen=True)
class Difference:
    """One field of one record that is not the same on both sides; `field` "" for a record that one side lacks."""

    kind: str
    id: str
    field: str
    phone: str
    centre: str


def doctor(phone_file: Annotated[Path, typer.Argument(help="The SQLite file of a phone, or a copy of it.")]) -> None:
    """Compare a phone's file with the centre. Exit status 0: equal. 1: something differs."""
    if not phone_file.is_file():
        raise CannotDo(f"{phone_file} is not there.")
    with the_centre() as centre, tempfile.TemporaryDirectory(prefix="samooh-doctor-") as folder:
        store = _opened(phone_file, Path(folder))
        try:
            equal = _examine(store, centre)
        finally:
            store.close()
    raise typer.Exit(0 if equal else 1)


def _examine(store: LocalStore, centre: CentralStore) -> bool:
    device = _device(store, centre)
    _say_set_back(store, centre)
    compared = compare(store, centre)
    differences = list(differences_of(compared, centre.registry))
    for one in differences:
        where = f"{one.kind} {one.id}" + (f" {one.field}" if one.field else "")
        say(f"{where}: phone {one.phone}, centre {one.centre}")
    held = counted(len({key for copy in compared.there.values() for key in copy}), "record")
    say(f"{held} of the centre held against this phone, {counted(len(differences), 'difference')}.")
    if compared.unsent:
        say(
            f"{counted(compared.unsent, 'change')} on the phone are not sent yet, so that the centre cannot have them: "
            "synchronise it."
        )
    if not compared.reach_agrees:
        say("The phone and the centre say different things about where this person works: synchronise the phone.")
    if device.revoked_ms is not None:
        say("This device is revoked: samooh enrol gives its owner a new code, and her work goes with it.")
    return not differences and not compared.unsent and compared.reach_agrees


def _opened(phone_file: Path, folder: Path) -> LocalStore:
    """A copy of the file, with what is still in its log, opened as the app opens it."""
    raw, copy = folder / "raw.sqlite", folder / "phone.sqlite"
    for ending in ("", "-wal"):
        if phone_file.with_name(phone_file.name + ending).exists():
            shutil.copyfile(phone_file.with_name(phone_file.name + ending), raw.with_name(raw.name + ending))
    try:
        with closing(sqlite3.connect(raw)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
            if not target.execute("SELECT 1 FROM sqlite_schema WHERE name = 'own_change'").fetchone():
                raise CannotDo(f"{phone_file} is not the file of a phone.")
        return LocalStore.open(copy)
    except sqlite3.DatabaseError as error:
        raise CannotDo(f"{phone_file} cannot be read ({error}): it is damaged, or no file of a phone.") from error
    except Problem as problem:
        raise CannotDo(f"{phone_file} cannot be opened: {problem.code}.") from problem


def _device(store: LocalStore, centre: CentralStore) -> Any:
    """The centre's row for the device of this phone, which says for whom it was enrolled."""
    with store.reading() as t:
        number = t.meta.get(named.DEVICE)
    if not number:
        raise CannotDo("Nobody is enrolled on this phone: there is nothing to compare.")
    table = centre.tables.device
    with centre.database.reading() as db:
        row = db.execute(
            select(table).where(table.c.state_id == centre.state_id, table.c.device == number)
        ).one_or_none()
    if row is None:
        raise CannotDo(f"The device {number} is not known here: it is enrolled at another server, or after a backup.")
    say(f"device {number}, of the person {row.person_id}")
    return row


def _say_set_back(store: LocalStore, centre: CentralStore) -> None:
    with store.reading() as t:
        known = t.meta.get(named.EPOCH)
    with centre.database.reading() as db:
        went_back = last_set_back(db, centre.tables, centre.state_id)
        if went_back and known != centre.epoch(db):
            say(
                "The centre has gone back to an earlier state since this phone was last in contact: synchronise it, "
                "and what it had sent comes again."
            )


def differences_of(compared: Comparison, registry: Registry) -> Iterator[Difference]:
    """Every difference once, whichever streams hold the record."""
    keys = sorted({key for stream in compared.streams for key in stream.differing})
    for kind, id in keys:
        here, there = _in_any(compared.here, kind, id), _in_any(compared.there, kind, id)
        if here is None or there is None:
            yield Difference(
                kind, id, "", "lacks it" if here is None else "has it", "lacks it" if there is None else "has it"
            )
            continue
        streams = [one.stream for one in compared.streams if (kind, id) in one.differing]
        before = len(streams)
        for name in sorted(here.keys() | there.keys()):
            if here.get(name) != there.get(name):
                before = 0
                yield Difference(
                    kind, id, name, _shown(registry, kind, name, here), _shown(registry, kind, name, there)
                )
        if before:
            yield Difference(kind, id, "", "holds it by other streams", ", ".join(streams))


def _in_any(copies: Mapping[str, Mapping[tuple[str, str], Columns]], kind: str, id: str) -> Columns | None:
    return next((copy[kind, id] for copy in copies.values() if (kind, id) in copy), None)


def _shown(registry: Registry, kind: str, name: str, columns: Columns) -> str:
    if name not in columns:
        return "(no such column)"
    value, stamp = columns[name]
    spec = fields_of(registry[kind].cls).get(name) if kind in registry else None
    # The values kept in a conflict are those of the record it is about.
    personal = spec is None or spec.personal or kind == "Conflict"
    return f"{'(personal)' if personal and value is not None else repr(value)} of {stamp or 'nobody'}"

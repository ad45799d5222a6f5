"""`samooh restore`: a backup becomes a server again, in a new folder or an empty database, never over another one.

The restored server has a new epoch: every phone sees at its next contact that the server has gone back, and gives it
again what it acknowledged after the backup. What was revoked meanwhile stays revoked, by the second store. Until the
new epoch has begun the database bears a mark (`server.restoring`), by which no command but this one opens it.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import inspect, update

from operations.backup import check_sqlite, postgres
from operations.speaking import CannotDo, say
from server.central_store import CentralStore
from server.database import Database
from server.keys import MARK, right_secret
from server.restoring import UNFINISHED, begin_restore, end_restore, restored_from
from server.revocations import Revocations
from server.schema import need_utf8
from server.serving import centre_being_restored, now_ms
from server.settings import Settings, read_settings
from server.upserting import put

ASIDE = ".unfinished"


def restore(
    backup: Annotated[Path, typer.Argument(help="The backup: a file that samooh backup has written.")],
    into: Annotated[
        Path | None,
        typer.Option(help="SQLite: the new folder. PostgreSQL: left out; SAMOOH_DATABASE_URL names an empty one."),
    ] = None,
    without_revocations: Annotated[
        bool, typer.Option("--without-revocations", help="The store of revocations is lost; see the operations page.")
    ] = False,
) -> None:
    """Bring a backup back. Needs the key and the newest revocations of the server it comes from.

    Stopped half-way, it goes on when it is given again.
    """
    if not backup.is_file():
        raise CannotDo(f"{backup} is not there.")
    settings = read_settings()
    _need_revocations(settings, without_revocations)
    restored = _load_postgres(settings, backup) if backup.suffix == ".dump" else _put_file(settings, backup, into)
    _begin_revocations(restored.revocations_path, without_revocations)
    centre = centre_being_restored(restored)
    try:
        epoch = begin_anew(centre)
    finally:
        centre.close()
    say(f"restored, in a new epoch {epoch}. Phones give again what they had acknowledged after the backup.")
    if without_revocations:
        say("Phones that were enrolled after the backup need a new code each: samooh enrol.")
    else:
        say("Phones that were enrolled after the backup are let in again by themselves; those revoked stay out.")
    if into is not None:
        say(f"Now set SAMOOH_FOLDER={into.resolve()} and start the server.")


def begin_anew(centre: CentralStore) -> str:
    """A new epoch, by which phones see that the server has gone back; and codes of the old time are void.

    A code that was used after the backup would be good again in the restored database.
    """
    meta, code = centre.tables.meta, centre.tables.enrolment
    with centre.database.writing() as db:
        epoch = centre.epochs.begin(db, "restored")
        mine = (code.c.state_id == centre.state_id, code.c.used_ms.is_(None))
        db.execute(update(code).where(*mine).values(expires_ms=0))
        put(db, meta, [{"state_id": centre.state_id, "name": "restored", "value": str(centre.clock())}])
        end_restore(db)
    return epoch


def _need_revocations(settings: Settings, without: bool) -> None:
    if without or settings.revocations_path.exists():
        return
    raise CannotDo(
        f"The revocations are not in {settings.revocations_path}: name their file in SAMOOH_REVOCATIONS, so that lost "
        "phones stay shut out. If they are lost for good, add --without-revocations and revoke those phones again."
    )


def _begin_revocations(path: Path, without: bool) -> None:
    """Nobody can say any more who was shut out since the backup: then no phone comes back by its certificate either."""
    if without and not path.exists():
        Revocations(path).begin_after_loss(now_ms())


def _goes_on(begun: str | None, backup: Path, where: str) -> bool:
    """Whether a restore of this very backup was begun there already; another one is not mixed with it."""
    if begun in (None, backup.name):
        return begun is not None
    raise CannotDo(
        f"The restore of {begun} into {where} was begun and not finished: give it again with that backup, or take "
        "a new place for this one."
    )


# --- SQLite


def _put_file(settings: Settings, backup: Path, into: Path | None) -> Settings:
    if into is None:
        raise CannotDo("Name the new folder with --into.")
    if settings.database_url is not None:
        raise CannotDo("SAMOOH_DATABASE_URL names another database: leave it out, and set SAMOOH_FOLDER afterwards.")
    folder = into.expanduser().resolve()
    file = folder / "central.db"
    goes_on = _goes_on(_asked(file, f"SELECT backup FROM {UNFINISHED.name}"), backup, str(folder))
    if not goes_on and any(not path.name.startswith(file.name + ASIDE) for path in folder.glob("central.db*")):
        raise CannotDo(f"{folder} holds a database already: name a new folder. Nothing is ever restored over another.")
    check_sqlite(backup)
    _need_key_of(backup, settings)
    along = _what_goes_along(settings, folder)
    if not goes_on:
        for _, new in along:
            if new.exists():
                raise CannotDo(f"{new} is there already: name a new folder.")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _copy_marked(backup, file)
    for old, new in along:
        with _replacing(new) as aside:
            shutil.copy2(old, aside)
    return settings.model_copy(update={"folder": folder})


def _what_goes_along(settings: Settings, folder: Path) -> list[tuple[Path, Path]]:
    """From where to where: what stands in the old folder by default. What has a place of its own stays there."""
    places = (
        (settings.secret_file, settings.secret_path, folder / "secret.key"),
        (settings.revocations, settings.revocations_path, folder / "revocations.jsonl"),
    )
    return [(old, new) for named, old, new in places if named is None and old.exists() and old != new]


def _need_key_of(backup: Path, settings: Settings) -> None:
    """Looked at before anything is made: with another key the restored database would be of no use."""
    if _asked(backup, "SELECT 1 FROM meta") is None:
        raise CannotDo(f"{backup} is no backup of a Samooh server: name a file that samooh backup has written.")
    mark = _asked(backup, f"SELECT value FROM meta WHERE name = '{MARK}' AND state_id = {settings.state}")
    right_secret(settings.secret_path, mark or "")


def _copy_marked(backup: Path, file: Path) -> None:
    """The database stands under its name only with the mark in it."""
    with _replacing(file) as aside:
        shutil.copyfile(backup, aside)
        aside.chmod(0o600)
        database = Database(f"sqlite:///{aside}")
        try:
            with database.writing() as db:
                begin_restore(db, backup.name)
        finally:
            database.close()


@contextmanager
def _replacing(file: Path) -> Iterator[Path]:
    """A name to write to; what is written there takes the file's place when the block ends."""
    aside = file.with_name(file.name + ASIDE)
    for path in aside.parent.glob(aside.name + "*"):
        path.unlink()
    yield aside
    os.replace(aside, file)


def _asked(file: Path, question: str) -> str | None:
    """The first value of an answer; None where the file or the table is not there."""
    if not file.exists():
        return None
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as db:
        try:
            row = db.execute(question).fetchone()
        except sqlite3.DatabaseError:
            return None
    return row and row[0]


# --- PostgreSQL


def _load_postgres(settings: Settings, backup: Path) -> Settings:
    if settings.database_file is not None:
        raise CannotDo("This backup is of a PostgreSQL database: name an empty one in SAMOOH_DATABASE_URL.")
    right_secret(settings.secret_path, "")
    database = Database(settings.url)
    try:
        need_utf8(database)
        with database.writing() as db:
            loaded = set(inspect(db).get_table_names()) - {UNFINISHED.name}
            begun = restored_from(db)
            if loaded and _goes_on(begun, backup, settings.shown_url):
                return settings
            if loaded:
                raise CannotDo(
                    f"{settings.shown_url} is not empty: make a new database. Nothing is ever restored over another."
                )
            begin_restore(db, backup.name)
    finally:
        database.close()
    # All of it or nothing: a restore that is given again finds either the mark alone or the whole backup beside it.
    postgres(
        "pg_restore", settings, "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(backup)
    )
    return settings

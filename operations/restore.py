"""`samooh restore`: a backup becomes a server again, in a new folder or an empty database, never over another one.

The restored server has a new epoch: every phone sees at its next contact that the server has gone back, and gives it
again what it acknowledged after the backup. What was revoked meanwhile stays revoked, by the second store.
"""

import shutil
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import inspect, update

from operations.backup import check_sqlite, postgres
from operations.speaking import CannotDo, say
from server.central_store import CentralStore
from server.database import Database
from server.revocations import Revocations
from server.serving import centre_of, now_ms
from server.settings import Settings, read_settings
from server.upserting import put


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
    """Bring a backup back. Needs the key and the newest revocations of the server it comes from."""
    if not backup.is_file():
        raise CannotDo(f"{backup} is not there.")
    settings = read_settings()
    if backup.suffix == ".dump":
        _need_revocations(settings, without_revocations)
        restored = _load_postgres(settings, backup)
        _begin_revocations(restored.revocations_path, without_revocations)
    else:
        restored = _put_file(settings, backup, into, without_revocations)
    centre = centre_of(restored)
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
    epoch = centre.new_epoch()
    with centre.database.writing() as db:
        mine = (code.c.state_id == centre.state_id, code.c.used_ms.is_(None))
        db.execute(update(code).where(*mine).values(expires_ms=0))
        put(db, meta, [{"state_id": centre.state_id, "name": "restored", "value": str(centre.clock())}])
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


# --- SQLite


def _put_file(settings: Settings, backup: Path, into: Path | None, without: bool) -> Settings:
    if into is None:
        raise CannotDo("Name the new folder with --into.")
    folder = into.expanduser().resolve()
    if (folder / "central.db").exists() or any(folder.glob("central.db*")):
        raise CannotDo(f"{folder} holds a database already: name a new folder. Nothing is ever restored over another.")
    if settings.database_url is not None:
        raise CannotDo("SAMOOH_DATABASE_URL names another database: leave it out, and set SAMOOH_FOLDER afterwards.")
    check_sqlite(backup)
    _need_revocations(settings, without)
    if not settings.secret_path.exists():
        raise CannotDo(
            f"The key is not in {settings.secret_path}: put it there from where you keep it, or name its file in "
            "SAMOOH_SECRET_FILE."
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # What stands in the old folder by default goes along; what has a place of its own stays there.
    _take_along(settings.secret_file, settings.secret_path, folder / "secret.key")
    _take_along(settings.revocations, settings.revocations_path, folder / "revocations.jsonl")
    _begin_revocations(settings.revocations or folder / "revocations.jsonl", without)
    shutil.copyfile(backup, folder / "central.db")
    (folder / "central.db").chmod(0o600)
    return settings.model_copy(update={"folder": folder})


def _take_along(named: Path | None, old: Path, new: Path) -> None:
    if named is None and old.exists() and old != new:
        if new.exists():
            raise CannotDo(f"{new} is there already: name a new folder.")
        shutil.copy2(old, new)


# --- PostgreSQL


def _load_postgres(settings: Settings, backup: Path) -> Settings:
    if settings.database_file is not None:
        raise CannotDo("This backup is of a PostgreSQL database: name an empty one in SAMOOH_DATABASE_URL.")
    database = Database(settings.url)
    try:
        if inspect(database.engine).get_table_names():
            raise CannotDo(
                f"{settings.shown_url} is not empty: make a new database. Nothing is ever restored over another."
            )
    finally:
        database.close()
    postgres(
        "pg_restore", settings, "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(backup)
    )
    return settings

"""`samooh backup`: a dated, checked copy of the database while the server goes on writing. The key is not in it."""

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from operations.alone import is_mine
from operations.speaking import CannotDo, progress, say
from records.kinds import KINDS
from records.personal import PLAIN
from server.backed_up import note_backup
from server.database import Database
from server.restoring import need_finished
from server.settings import Settings, read_settings
from server.tables import central_tables

DAILY, WEEKLY, MONTHLY = 7, 4, 12
PAGES = 2000
"""Pages copied between two steps of the progress bar."""
NAME = re.compile(r"samooh-(\d{8}T\d{6}Z)\.(db|dump)")
UNFINISHED = ".unfinished"
"""Ends the name of a backup that is being written, or whose writing was broken off."""


def backup(
    to: Annotated[
        Path | None, typer.Option(help="The folder for backups; `backups` in SAMOOH_FOLDER if left out.")
    ] = None,
) -> None:
    """Write a backup, check it, and clear away old ones (7 daily, 4 weekly, 12 monthly stay)."""
    settings = read_settings()
    _must_be_whole(settings)
    folder = to or settings.folder / "backups"
    # First, for it may be their room that is wanting.
    if pieces := clear_pieces(folder):
        say(f"cleared away, for they were broken off: {', '.join(pieces)}")
    moment = datetime.now(UTC)
    written = back_up(settings, folder, moment)
    gone = clear_away(folder)
    say(f"{written}  {written.stat().st_size / 1_000_000:.1f} MB, checked.")
    if gone:
        say(f"cleared away: {', '.join(gone)}")
    say(
        f"The key is not in it: keep a copy of {settings.secret_path} apart from the backups; none works without it. "
        f"Keep the newest state of the revocations as well: {settings.revocations_path}"
    )
    if not _noted(settings, moment):
        say("The backup is good, but the database did not take a note of it: samooh status tells of the one before.")
        raise typer.Exit(1)


def _must_be_whole(settings: Settings) -> None:
    """RestoreUnfinished where a restore into this database has been stopped half-way: that is no state to keep."""
    if settings.database_file is not None and not settings.database_file.is_file():
        return  # what is not there is told where it would be read
    database = Database(settings.url)
    try:
        need_finished(database)
    finally:
        database.close()


def back_up(settings: Settings, folder: Path, now: datetime) -> Path:
    """Write a backup into a folder; nothing stands under its final name before it is whole, checked and on the disk."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = settings.database_file
    ending = "db" if file else "dump"
    final = folder / f"samooh-{now:%Y%m%dT%H%M%SZ}.{ending}"
    if final.exists():
        raise CannotDo(f"{final} is there already: wait a second and try again.")
    with _unfinished(final) as unfinished:
        if file:
            _copy_sqlite(file, unfinished)
        else:
            _dump_postgres(settings, unfinished)
        _on_disk(unfinished)
        os.replace(unfinished, final)
    _on_disk(folder)
    return final


@contextmanager
def _unfinished(final: Path) -> Iterator[Path]:
    """The file that will be a backup, under another name and in our hands while it is written; gone if that fails."""
    path = final.with_name(final.name + UNFINISHED)
    # Made before anything is written into it, so that nobody else can read it at any moment.
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with suppress(OSError):
            is_mine(handle)
        yield path
    except BaseException:
        _remove_piece(path)
        raise
    finally:
        os.close(handle)


def _remove_piece(path: Path) -> None:
    """With what SQLite may have left beside it."""
    for one in path.parent.glob(path.name + "*"):
        one.unlink()


def clear_pieces(folder: Path) -> list[str]:
    """Remove what backups left that were broken off, as by a power cut; their names. One under way stays."""
    pieces = [path for path in sorted(folder.glob("*" + UNFINISHED)) if NAME.fullmatch(path.stem)]
    gone = [path for path in pieces if not _being_written(path)]
    for path in gone:
        _remove_piece(path)
    return [path.name for path in gone]


def _being_written(path: Path) -> bool:
    handle = os.open(path, os.O_RDWR)
    try:
        return not is_mine(handle)
    except OSError:
        return True
    finally:
        os.close(handle)


def _noted(settings: Settings, moment: datetime) -> bool:
    """Whether the database knows now that there is a backup of this moment."""
    database, tables = Database(settings.url), central_tables(KINDS, PLAIN)
    try:
        with database.writing() as db:
            note_backup(db, tables, settings.state, int(moment.timestamp() * 1000))
    except SQLAlchemyError:
        return False
    finally:
        database.close()
    return True


def _copy_sqlite(file: Path, target: Path) -> None:
    """The state of one moment: a view that is held open does not change, however much is written meanwhile."""
    if not file.exists():
        raise CannotDo(f"There is no database in {file}: look at SAMOOH_FOLDER.")
    with closing(sqlite3.connect(file, isolation_level=None)) as source, closing(sqlite3.connect(target)) as copy:
        source.execute("BEGIN")
        source.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
        with progress() as bar:
            copying = bar.add_task("copying", total=None)
            source.backup(
                copy, pages=PAGES, progress=lambda _, left, all: bar.update(copying, total=all, completed=all - left)
            )
        source.execute("ROLLBACK")
        # One file by itself, without a log beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
    check_sqlite(target)


def check_sqlite(file: Path) -> None:
    """CannotDo when the file is no whole database."""
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as copy:
        try:
            said = [row[0] for row in copy.execute("PRAGMA integrity_check")]
        except sqlite3.DatabaseError as error:
            said = [str(error)]
    if said != ["ok"]:
        raise CannotDo(f"{file} is not whole ({said[0]}): do not use it.")


def _on_disk(path: Path) -> None:
    if path.is_dir() and os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- PostgreSQL


def _dump_postgres(settings: Settings, target: Path) -> None:
    postgres("pg_dump", settings, "--format=custom", f"--file={target}")
    # All of it, to nowhere: its list of contents stands at the beginning and is there in a half one too.
    postgres("pg_restore", None, f"--file={os.devnull}", str(target))


def postgres(program: str, settings: Settings | None, *arguments: str) -> str:
    """Run a program of PostgreSQL; the password goes by the environment, where no list of processes shows it."""
    found = shutil.which(program) or _beside_pg_config(program)
    if not found:
        raise CannotDo(f"{program} is missing: install the client of PostgreSQL (Debian: postgresql-client).")
    environment, address = dict(os.environ), []
    if settings is not None:
        url = make_url(settings.url)
        if url.password:
            environment["PGPASSWORD"] = str(url.password)
        plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
        address = [f"--dbname={plain.render_as_string()}"]
    ran = subprocess.run([found, *address, *arguments], env=environment, capture_output=True, text=True)
    if ran.returncode:
        lines = ran.stderr.strip().splitlines()
        raise CannotDo(f"{program} failed: {lines[-1] if lines else ran.returncode}")
    return ran.stdout


def _beside_pg_config(program: str) -> str | None:
    config = shutil.which("pg_config")
    if not config:
        return None
    folder = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
    return shutil.which(program, path=folder)


# --- which ones stay


def clear_away(folder: Path) -> list[str]:
    """Remove backups that are neither among the daily, the weekly nor the monthly ones; their names."""
    times = {path: moment for path in sorted(folder.iterdir()) if (moment := moment_of(path))}
    stays = kept(times.values())
    gone = [path for path, moment in times.items() if moment not in stays]
    for path in gone:
        path.unlink()
    return [path.name for path in gone]


def moment_of(path: Path) -> datetime | None:
    """When a backup was made, by its name; None for any other file."""
    found = NAME.fullmatch(path.name)
    return datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if found else None


def kept(moments: Iterable[datetime]) -> set[datetime]:
    """The newest of each of the last 7 days, 4 weeks and 12 months that have a backup."""
    newest_first = sorted(moments, reverse=True)
    stays: set[datetime] = set()
    for number, period in ((DAILY, _day), (WEEKLY, _week), (MONTHLY, _month)):
        seen: set[object] = set()
        for moment in newest_first:
            if period(moment) not in seen and len(seen) < number:
                seen.add(period(moment))
                stays.add(moment)
    return stays


def _day(moment: datetime) -> date:
    return moment.date()


def _week(moment: datetime) -> tuple[int, int]:
    return moment.isocalendar()[:2]


def _month(moment: datetime) -> tuple[int, int]:
    return moment.year, moment.month

"""The command line `samooh`: everything that starts and tends a server. Run as `python -m operations.samooh`."""

import errno
import importlib
import importlib.util
import os
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError, OperationalError

from operations.backup import backup
from operations.cluster import cluster
from operations.doctor import doctor
from operations.enrol import enrol
from operations.norm import norm
from operations.people import people
from operations.restore import restore
from operations.revoke import revoke
from operations.serve import serve
from operations.speaking import CannotDo, NotNow
from operations.status import status
from operations.unusable import what_to_do
from server.keys import WrongKey
from server.restoring import RestoreUnfinished
from server.revocations import RevocationsMissing
from server.schema import SchemaProblem
from server.serving import PortTaken
from server.settings import FILE, BadSettings, read_settings

IMPORTS = "operations.importing.commands"
"""Where the importers' groups of commands come from, in a version that brings them."""
GROUPS = ("places", "branches", "groups", "members")

CANNOT, NOT_NOW, INTERRUPTED = 2, 75, 130
FULL = ("ENOSPC", "EDQUOT", "SQLITE_FULL")
FORBIDDEN = ("EACCES", "EPERM", "EROFS", "SQLITE_READONLY", "SQLITE_CANTOPEN")
SAID = (CannotDo, BadSettings, WrongKey, RevocationsMissing, SchemaProblem, RestoreUnfinished, PortTaken)
"""What is raised with a sentence for whoever gave the command."""

samooh = typer.Typer(
    help="Start and tend a Samooh server.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@samooh.callback()
def begin(
    settings: Annotated[Path | None, typer.Option(help=f"The file with the settings; else {FILE} names it.")] = None,
) -> None:
    """Start and tend a Samooh server."""
    if settings is not None:
        # Everything below reads the settings by itself, other processes too.
        os.environ[FILE] = str(settings.resolve())


for command in (serve, status, enrol, revoke, backup, restore, doctor):
    samooh.command()(command)
samooh.add_typer(people, name="people")
samooh.add_typer(norm, name="norm")
samooh.add_typer(cluster, name="cluster")


def _mount_imports() -> str:
    """What is wanting so that they cannot be read, such as words that are not compiled; "" for nothing."""
    try:
        there = importlib.util.find_spec(IMPORTS) is not None
    except ModuleNotFoundError:
        there = False
    if not there:
        return ""
    try:
        module = importlib.import_module(IMPORTS)
    except FileNotFoundError as reason:
        return f"The installation is not whole: {reason}."
    for name in GROUPS:
        samooh.add_typer(getattr(module, name), name=name)
    return ""


WANTING = _mount_imports()


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 done, 1 done and something is not as it should be, 2 could not be done, 75 not at this moment.

    After 75 (EX_TEMPFAIL) whatever gave the command may give it again by itself; after 2 somebody must do something.
    """
    # What is made here is people's records: for the user of the server only.
    before = os.umask(0o077)
    try:
        if WANTING:
            raise CannotDo(WANTING)
        samooh(args=list(arguments) if arguments is not None else None, prog_name="samooh")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else CANNOT
    except SAID as reason:
        print(reason, file=sys.stderr)
        return NOT_NOW if isinstance(reason, NotNow) else CANNOT
    except DBAPIError as error:
        print(_no_database(error), file=sys.stderr)
        return NOT_NOW if _is_away(error) else CANNOT
    except (OSError, sqlite3.Error) as error:
        print(_not_done(error), file=sys.stderr)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        os.umask(before)
    return CANNOT


def _is_away(error: DBAPIError) -> bool:
    """Whether a server of databases is not reached, or not ready: it may be a moment later. A file does not move."""
    return isinstance(error, OperationalError) and not isinstance(error.orig, sqlite3.Error)


def _no_database(error: DBAPIError) -> str:
    """The driver's own words, without the password that a driver might repeat."""
    settings = read_settings()
    said = str(error.orig).strip().splitlines()[0] if error.orig else ""
    secret = settings.database_url and settings.database_url.get_secret_value()
    if secret and (password := read_password(secret)):
        said = said.replace(password, "***")
    return f"The database {settings.shown_url} cannot be used ({said}): {what_to_do(settings, error)}"


def _not_done(error: OSError | sqlite3.Error) -> str:
    """The machine's own words, and what can be done about it."""
    said, name = str(error), getattr(error, "sqlite_errorname", "")
    if isinstance(error, OSError):
        name = errno.errorcode.get(error.errno or 0, "")
        if error.strerror:
            said = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    advice = ""
    if name.startswith(FULL):
        advice = ": make room on the disk and give the command again"
    elif name.startswith(FORBIDDEN):
        advice = ": give that place to the user under whom Samooh runs, or name another one"
    return f"It could not be done ({said}){advice}."


def read_password(url: str) -> str | None:
    from sqlalchemy import make_url

    return make_url(url).password


if __name__ == "__main__":
    sys.exit(main())

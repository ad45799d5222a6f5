"""The settings of a server: from the environment (SAMOOH_...) or a file, all checked before anything is started.

Whoever sets up a server meets every mistake at once, each in one sentence that says what to write instead. The address
of the database holds a password: no sentence, no `repr` and no log shows it.
"""

import os
import stat
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from server.settings_file import ENCODING, look_through

PREFIX = "SAMOOH_"
FILE = f"{PREFIX}SETTINGS"
"""The environment variable that names the file; `--settings` wins over it."""
ELSEWHERE = ("SITE", "CONSOLE_PORT", "SERVER", "KILLS", "PICTURES", "SEEDS", "SEEDS_SECONDS")
"""Names with the prefix that are no settings: the samples for a proxy, the app and the tests read them."""
LAST_PORT = 65533
SECRET_BYTES = 32
DRIVERS = ("postgresql+psycopg", "sqlite", "sqlite+pysqlite")
ON_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")

Where = Annotated[Path, AfterValidator(lambda path: path.expanduser().resolve())]


class BadSettings(Exception):
    """The settings cannot be used. `mistakes` are sentences, one for each thing that is wrong."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class Settings(BaseSettings):
    """What a server is told from outside. Frozen; may be handed to another process."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True, env_file_encoding=ENCODING
    )

    folder: Where = Field(default=Path("~/.local/share/samooh-server"), validate_default=True)
    database_url: SecretStr | None = None
    state: Annotated[int, Field(ge=1, le=99)] = 23
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=LAST_PORT)] = 8600
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    secret_file: Where | None = None
    revocations: Where | None = None
    log: Literal["json", "plain"] = "json"
    behind_proxy: bool = False

    @property
    def url(self) -> str:
        """The address of the database as SQLAlchemy takes it, password and all: for opening it, never for showing."""
        if self.database_url is None:
            return f"sqlite:///{self.folder / 'central.db'}"
        return _parsed(self.database_url.get_secret_value()).render_as_string(hide_password=False)

    @property
    def shown_url(self) -> str:
        """The same without its password."""
        return make_url(self.url).render_as_string(hide_password=True)

    @property
    def database_file(self) -> Path | None:
        """The file of an SQLite database, None for PostgreSQL."""
        url = make_url(self.url)
        return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None

    @property
    def secret_path(self) -> Path:
        """The file of the key that must never stand in the database or beside its backups."""
        return self.secret_file or self.folder / "secret.key"

    @property
    def revocations_path(self) -> Path:
        """The second store of what was revoked (`server.revocations`)."""
        return self.revocations or self.folder / "revocations.jsonl"

    @property
    def console_port(self) -> int:
        return self.port + 1

    @property
    def metrics_port(self) -> int:
        """Served on this machine only, whatever `host` says."""
        return self.port + 2


SETTINGS = tuple(Settings.model_fields)
"""The names of all settings, without the prefix."""

INSTEAD = {
    "folder": "write the path of a folder of this server's own",
    "state": "write the LGD code of the state, such as 23 for Madhya Pradesh",
    "host": "write the address at which the server listens, such as 127.0.0.1",
    "port": f"write a number from 1 to {LAST_PORT}, such as 8600; the two ports after it are taken as well, for the "
    "console and the metrics",
    "workers": "write how many processes shall answer calls, from 1 to 64",
    "secret_file": "write the path of the file that holds the key",
    "revocations": "write the path of a file, best on another disk than the database",
    "log": "write json, or plain for reading in a terminal",
    "behind_proxy": "write yes or no",
}


def read_settings(file: Path | None = None, **chosen: Any) -> Settings:
    """The settings: `chosen` first, then the environment, then the file, then what is usual.

    Without `file`, SAMOOH_SETTINGS names it. Raises BadSettings with every mistake there is.
    """
    file = file or (Path(os.environ[FILE]) if os.environ.get(FILE) else None)
    if file is not None and not file.is_file():
        raise BadSettings([f"The settings file {file} is not there: name the right one with --settings or in {FILE}."])
    in_file, broken = look_through(file) if file else ([], [])
    if file and not in_file and broken:
        raise BadSettings(broken)
    mistakes = [*broken, *_unknown_names(in_file)]
    given: dict[str, Any] = {"_env_file": file, **{name: value for name, value in chosen.items() if value is not None}}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        wrong = {str(one["loc"][0]).lower().removeprefix(PREFIX.lower()): one["input"] for one in error.errors()}
        mistakes += [_sentence(name, value) for name, value in wrong.items()]
        # What is wrong by itself is set aside, so that the rest is judged in the same breath.
        settings = Settings(**given | {name: Settings.model_fields[name].default for name in wrong})
    if not broken:  # else what those lines were to say would be judged as if it were not wanted
        mistakes += [sentence for check in CHECKS for sentence in check(settings)]
    if mistakes:
        raise BadSettings(mistakes)
    return settings


def _sentence(name: str, value: Any) -> str:
    return f"{PREFIX}{name.upper()} is {str(value)!r}: {INSTEAD[name]}."


def _unknown_names(in_file: list[str]) -> list[str]:
    """Misspelt names, which would otherwise be settings that are silently not there."""
    known = [PREFIX + name.upper() for name in SETTINGS]
    others = [FILE, *(PREFIX + name for name in ELSEWHERE)]
    around = [name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in others]
    found = []
    for name in [name for name in (*in_file, *around) if name.upper() not in known]:
        close = get_close_matches(name.upper(), known, 1, cutoff=0.6)
        instead = f"did you mean {close[0]}?" if close else f"the settings are {', '.join(known)}."
        found.append(f"{name} is no setting: {instead}")
    return found


# --- what must hold beyond the single value


def _database(settings: Settings) -> list[str]:
    if settings.database_url is None:
        return []
    example = "write postgresql+psycopg://user:password@host/name, or leave it out for an SQLite file in SAMOOH_FOLDER"
    try:
        url = _parsed(settings.database_url.get_secret_value())
        kind = url.get_backend_name()
    except (ArgumentError, ValueError):
        return [f"SAMOOH_DATABASE_URL is not the address of a database: {example}."]
    if kind not in ("postgresql", "sqlite"):
        return [f"SAMOOH_DATABASE_URL is for {kind}, which is not supported: {example}."]
    if url.drivername not in DRIVERS:
        return [f"SAMOOH_DATABASE_URL is for {url.drivername}, which is not installed: {example}."]
    if kind == "postgresql":
        return [] if url.database else [f"SAMOOH_DATABASE_URL names no database: {example}."]
    if not url.database or url.database == ":memory:":
        return [f"SAMOOH_DATABASE_URL names no file, so that everything would be lost at the end: {example}."]
    return []


def _parsed(text: str) -> URL:
    """The address; the driver is the one that is installed, however the address is written."""
    url = make_url(text)
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url


def _is_sqlite(settings: Settings) -> bool:
    return not _database(settings) and settings.database_file is not None


def _workers(settings: Settings) -> list[str]:
    if settings.workers > 1 and _is_sqlite(settings):
        return [
            f"SAMOOH_WORKERS is {settings.workers}, and an SQLite database takes one process: write 1, or set "
            "SAMOOH_DATABASE_URL to a PostgreSQL database."
        ]
    return []


def _host(settings: Settings) -> list[str]:
    if settings.host in ON_THIS_MACHINE or settings.behind_proxy:
        return []
    return [
        f"SAMOOH_HOST is {settings.host!r}, and this server speaks without encryption: write 127.0.0.1 and put a proxy "
        "with TLS in front of it, or set SAMOOH_BEHIND_PROXY=yes if only such a proxy can reach this address."
    ]


def _places(settings: Settings) -> list[str]:
    wanted = {"FOLDER": settings.folder, "REVOCATIONS": settings.revocations_path.parent}
    if settings.secret_file is not None:
        wanted["SECRET_FILE"] = settings.secret_file.parent
    if _is_sqlite(settings) and settings.database_file is not None:
        wanted["DATABASE_URL"] = settings.database_file.parent
    found, said = [], set()
    for name, folder in wanted.items():
        nearest = next(one for one in (folder, *folder.parents) if one.exists())
        # Told once: the files that stand in the folder by themselves share its trouble.
        if folder not in said and not (nearest.is_dir() and (name == "SECRET_FILE" or _writable(nearest))):
            found.append(
                f"SAMOOH_{name} needs the folder {folder}, which cannot be written: name another one, or make it and "
                "give it to the user under whom the server runs."
            )
            said.add(folder)
    return found


def _writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def _secret(settings: Settings) -> list[str]:
    path = settings.secret_path
    try:
        mode = path.stat().st_mode
        whole = len(path.read_bytes()) >= SECRET_BYTES
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        return [f"The key in {path} cannot be read ({error.strerror}): give it to the user under whom the server runs."]
    if not whole:
        return [f"The key in {path} is not whole (at least {SECRET_BYTES} bytes): put it back from where you keep it."]
    if os.name == "posix" and mode & (stat.S_IROTH | stat.S_IWOTH):
        return [f"The key in {path} can be read by everybody on this machine: chmod 600 {path}"]
    return []


CHECKS: tuple[Callable[[Settings], list[str]], ...] = (_database, _workers, _host, _places, _secret)

"""The key outside the database: made once, kept in a file of its own, and known by its mark in the database.

Tokens of places reached, one-time codes and the server's own keys are made with it. A database with another key would
look whole and trust nothing that phones hold, so it is not opened.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from sqlalchemy import select

from server.central_store import CentralStore
from server.database import Database
from server.schema import META, is_founded
from server.settings import SECRET_BYTES
from server.upserting import insert_into

MARK = "key"
"""The name in the table `meta` under which a database knows its key."""


class WrongKey(ValueError):
    """The key is missing, or it is another one than the database was made with; the text says what to do."""


def secret_at(path: Path) -> bytes:
    """The key in a file, made when it is first used; readable by its owner only.

    WrongKey when the file is there and holds no whole key: with a part of it every token could be forged.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written aside and moved into place whole, so that a crash leaves no half of a key.
        aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    secret = path.read_bytes()
    if len(secret) < SECRET_BYTES:
        raise WrongKey(f"the secret in {path} is not whole: put it back from where you keep it")
    return secret


def mark_of(secret: bytes) -> str:
    """By what a key is known without being told."""
    return hmac.new(secret, b"samooh/mark", hashlib.sha256).hexdigest()[:16]


def secret_for(database: Database, state_id: int, path: Path) -> bytes:
    """The key for a database. A new one only where the database is new; WrongKey where it is not and has another."""
    wanted = _mark_in(database, state_id)
    return secret_at(path) if wanted is None else right_secret(path, wanted)


def right_secret(path: Path, wanted: str) -> bytes:
    """The key in a file, for a database that knows it by this mark ("": by none). WrongKey if missing, or another."""
    if not path.exists():
        raise WrongKey(
            f"The key in {path} is missing, and this database was made with one: put it back from where you keep it, "
            "or name its file in SAMOOH_SECRET_FILE. It is in no backup."
        )
    secret = secret_at(path)
    if wanted not in ("", mark_of(secret)):
        raise WrongKey(
            f"The key in {path} is not the one this database was made with: put back the right one, or name its file "
            "in SAMOOH_SECRET_FILE."
        )
    return secret


def remember_key(centre: CentralStore, secret: bytes) -> None:
    """Put the mark of its key into a database that has none yet."""
    with centre.database.writing() as db:
        row = {"state_id": centre.state_id, "name": MARK, "value": mark_of(secret)}
        db.execute(insert_into(db, centre.tables.meta).values(row).on_conflict_do_nothing())


def _mark_in(database: Database, state_id: int) -> str | None:
    """None: an empty database. "": one from before the mark."""
    if not is_founded(database):
        return None
    with database.reading() as db:
        found = db.scalar(select(META.c.value).where(META.c.state_id == state_id, META.c.name == MARK))
    return str(found or "")

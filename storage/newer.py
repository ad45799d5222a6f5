"""What an older app may do with the file of a newer one: read what is ready to be sent. It never writes there.

A batch that has been frozen is the same bytes for every version of the app and the centre knows it again by its number,
so that the newer app may send it once more. What has not been frozen yet is left to the newer app, which knows what it
means.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from records.messages import FrozenBatch
from records.personal import PLAIN, Codec
from storage import meta as named
from storage.secrets import IN_SAFE
from storage.store import sqlite_problems
from storage.tables import unsealed


@dataclass(frozen=True)
class Ready:
    """The batches without an answer, who sends them, and how many records wait in all (None: cannot be told)."""

    token: str | None
    cursor: str | None
    answered: int
    batches: tuple[FrozenBatch, ...]
    waiting: int | None


def read_ready(path: Path, codec: Codec = PLAIN, unlocked: Mapping[str, str] = MappingProxyType({})) -> Ready:
    """Reads what is ready. Of `meta` and `frozen` every format keeps the shape; of the outbox it may be another."""
    with sqlite_problems(), closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        names = (named.TOKEN, named.CURSOR, named.ANSWERED)
        chosen = connection.execute(f"SELECT name, value FROM meta WHERE name IN ({','.join('?' * len(names))})", names)
        values: dict[str, Any] = {name: unsealed(codec, value) for name, value in chosen}
        rows = connection.execute("SELECT number, sha256, blob FROM frozen WHERE NOT answered ORDER BY number")
        batches = tuple(FrozenBatch(*row) for row in rows)
        try:
            waiting = connection.execute("SELECT COUNT(DISTINCT kind || id) FROM outbox").fetchone()[0]
        except sqlite3.OperationalError:
            waiting = None
    token = values.get(named.TOKEN)
    return Ready(
        unlocked.get(named.TOKEN) if token == IN_SAFE else token,
        values.get(named.CURSOR),
        int(values.get(named.ANSWERED, 0)),
        batches,
        waiting,
    )

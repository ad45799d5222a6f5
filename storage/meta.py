"""What a store knows about itself and its place with the centre: named values in one small table."""

import sqlite3
from typing import Any

from storage.tables import Tables, sealed, unsealed

CAPACITY = "capacity"  # records.wire.capacity_text of whom the device was enrolled for, with her reach of today
DEVICE = "device"  # the device number, 8 hex digits
TOKEN = "token"
SIGNING_KEY, SEALING_KEY, SERVER_KEY, CERTIFICATE = "signing_key", "sealing_key", "server_key", "certificate"  # hex
CERTIFIED = "certified"  # the device number that the certificate is for; a copy of a phone is given another
RETURNING = "returning"  # the proof shown with the certificate, hex, until a reply is taken up
ENROLLING = "enrolling"  # {code: hash of the code being tried, seed: hex}, until a reply is taken up
LOGIN = "login"  # the problem code that ended the login, absent while it is good
CURSOR, CURSOR_NUMBER, EPOCH = "cursor", "cursor_number", "epoch"
OFFERED = "offered"  # the epoch for which own changes were offered again
OFFERS_DUE = "offers_due"  # the epoch for which they are still to be offered
CLOCK_OFFSET, HEARD_MS = "clock_offset", "heard_ms"  # centre's clock minus ours; the centre's time when last heard
LAST_MADE, LAST_RECEIVED = "last_made", "last_received"  # greatest stamps
LAST_BATCH, ANSWERED = "last_batch", "answered"  # numbers: last frozen, last answer taken in
ANSWER_SEAL = "answer_seal"  # [batch, seal] of the last sealed answer, until a cursor from after it is stored
PLACE = "place"  # runs up with every save; the order of the outbox
SYNC_REPORT = "sync_report"
TO_WRITE_ANEW = "to_write_anew"  # whether the file may still hold, between its records, what the person before typed
RUNS = "runs"  # the last synchronisations, newest first
SCHEMA = "schema"  # the fields of every kind and the columns of every other table, as the last upgrade left them
FORMAT = "format"  # of the file (storage/upgrade.py), beside SQLite's own user_version


class Meta:
    """The named values, as one transaction sees them. All are read with the first and kept for that transaction."""

    def __init__(self, driver: sqlite3.Connection, tables: Tables) -> None:
        self._driver, self._codec = driver, tables.codec
        self._values: dict[str, Any] = {}
        self._texts: dict[str, str] | None = None  # what is stored and has not been asked for yet

    def get(self, name: str, default: Any = None) -> Any:
        if self._texts is None:
            # Every transaction begins with this, so it goes to SQLite itself.
            self._texts = dict(self._driver.execute("SELECT name, value FROM meta"))
        if name in self._texts:
            self._values[name] = unsealed(self._codec, self._texts.pop(name))
        return self._values.get(name, default)

    def put(self, name: str, value: Any) -> None:
        """Keeps a JSON value under a name; None forgets it."""
        if self.get(name) == value:
            return
        if value is None:
            self._driver.execute("DELETE FROM meta WHERE name=?", (name,))
            del self._values[name]
            return
        self._driver.execute(
            "INSERT INTO meta (name, value) VALUES (?,?) ON CONFLICT(name) DO UPDATE SET value=excluded.value",
            (name, sealed(self._codec, value)),
        )
        self._values[name] = value

    def next(self, name: str) -> int:
        """The next number of a count that never goes back."""
        number = int(self.get(name, 0)) + 1
        self.put(name, number)
        return number

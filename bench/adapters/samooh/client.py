"""One operation of a phone, as a process of its own: the product's store, commands and sync runner."""

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bench.flat import FLAT_KINDS, KIND, EditLine, RemoveLine, StoreLine, allow_flat, line_of
from bench.office import APP
from bench.serving import take_code
from bench.workload import read_lines, write_lines
from records.commands.deciding import Command
from storage.contact import token_of
from storage.executing import execute_within
from storage.store import LocalStore
from sync.central_over_http import CentralOverHttp
from sync.enrolling import enrol
from sync.runner import SyncRunner

MOST_SECONDS = 850.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("operation", choices=sorted(OPERATIONS))
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--client", required=True)
    parser.add_argument("--in", type=Path, dest="lines")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--barrier", action="store_true")
    chosen = parser.parse_args()
    allow_flat()
    store = LocalStore.open(chosen.dir / "phone.sqlite", registry=FLAT_KINDS)
    centre = CentralOverHttp(chosen.url)
    if token_of(store) is None:
        # Other systems have no login; ours is a phone's first day and not part of any operation.
        enrol(store, centre, take_code(Path(os.environ["PEERS_SERVER_DIR"]) / "codes"), app=APP)
    if chosen.barrier:
        print("READY", flush=True)
        sys.stdin.readline()
    # As main.py does when the app starts.
    gc.collect()
    gc.freeze()
    began = time.monotonic()
    told = OPERATIONS[chosen.operation](store, centre, chosen) or {}
    print(json.dumps({"ok": True, "sync_s": round(time.monotonic() - began, 4), **told}))


def synchronised(store: LocalStore, centre: CentralOverHttp, chosen: Any) -> None:
    """As the app does it, with its waits between tries. Ends badly when a person would have to act."""
    runner = SyncRunner(store, centre, app=APP)
    deadline = time.monotonic() + MOST_SECONDS
    while (status := runner.run()).state != "idle":
        if status.next_try_ms is None or time.monotonic() > deadline:
            raise SystemExit(f"synchronising ended with {status.problem}")
        time.sleep(max(0, status.next_try_ms - store.clock()) / 1000)


def written(store: LocalStore, commands: Iterable[Command]) -> None:
    """Each command by itself, as taps are; one commit for all, because a person's hours are not what is measured."""
    with store.writing() as t:
        for command in commands:
            execute_within(t, command)


def load(store: LocalStore, centre: CentralOverHttp, chosen: Any) -> None:
    written(store, map(StoreLine, read_lines(chosen.lines)))


def edit(store: LocalStore, centre: CentralOverHttp, chosen: Any) -> None:
    written(store, (EditLine(line["id"], line["set"]) for line in read_lines(chosen.lines)))


def remove(store: LocalStore, centre: CentralOverHttp, chosen: Any) -> None:
    written(store, (RemoveLine(line["id"]) for line in read_lines(chosen.lines)))


def dump(store: LocalStore, centre: CentralOverHttp, chosen: Any) -> None:
    with store.reading() as t:
        table = t.tables[KIND]
        rows = t.connection.execute(select(table).where(table.c.deleted_on.is_(None))).mappings()
        write_lines(chosen.out, (line_of(dict(row)) for row in rows))


def conflicts(store: LocalStore, centre: CentralOverHttp, chosen: Any) -> dict[str, Any]:
    """Own changes that lost without having been seen, as this phone was told."""
    with store.reading() as t:
        own = t.tables.own_change
        rows = t.connection.execute(select(own).where(own.c.state == "lost")).all()
        found = [{"id": row.id, "field": name, "value": cell[0]} for row in rows for name, cell in row.changes.items()]
    return {"conflicts": found}


OPERATIONS: dict[str, Callable[[LocalStore, CentralOverHttp, Any], Any]] = {
    "load": load,
    "edit": edit,
    "delete": remove,
    "push": synchronised,
    "pull": synchronised,
    "sync": synchronised,
    "dump": dump,
    "conflicts": conflicts,
}

if __name__ == "__main__":
    main()

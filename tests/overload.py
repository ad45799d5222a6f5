"""Many devices that push real batches at once and do not wait when asked to: load for a server, from other processes.

By hand, against a server that `samooh serve` has started: `python -m tests.overload FOLDER URL --seconds 30`. It prints
what was accepted, refused and lost. The suite does the same for a few seconds (`tests/integration/test_overload.py`).
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from records.ids import new_id, official_id
from records.messages import Batch, EnrolRequest, Section, SyncRequest
from records.stamps import stamp_of
from records.wire import frozen, read_reply, request_bytes
from server.serving import open_centre

ROWS = 20
"""Records of a batch: a day's work."""
PROCESSES = 3


@dataclass
class Result:
    """What came of a load. `acknowledged`: ids of records that the server said it has."""

    acknowledged: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)

    def add(self, other: dict[str, Any]) -> None:
        self.acknowledged += other["acknowledged"]
        self.seconds += other["seconds"]
        self.at += other["at"]
        self.codes.update(other["codes"])


class Device:
    """One device that pushes batch after batch; a batch that was not answered is sent again, the same bytes."""

    def __init__(self, url: str, number: str, token: str, village: str) -> None:
        self.url, self.number, self.token, self.village = url, number, token, village
        self.batch, self.cursor = 1, None
        self.session = requests.Session()

    def push_until(self, end: float, result: Result, pause: float) -> None:
        ids, blob = self._new_batch()
        while time.monotonic() < end:
            began = time.monotonic()
            try:
                reply = self.session.post(
                    f"{self.url}/v1/sync", data=blob, timeout=60, headers={"authorization": f"Bearer {self.token}"}
                )
            except requests.RequestException as error:
                result.codes[type(error).__name__] += 1
                continue
            result.codes[str(reply.status_code)] += 1
            if reply.status_code != 200:
                assert reply.status_code != 503 or int(reply.headers["retry-after"]) > 0
                time.sleep(pause)
                continue
            answer = read_reply(reply.content)
            assert answer.answer is not None and all(one.state == "applied" for one in answer.answer.outcomes)
            result.acknowledged += ids
            result.seconds.append(time.monotonic() - began)
            result.at.append(time.time())
            self.batch, self.cursor = self.batch + 1, answer.page.cursor if answer.page else self.cursor
            ids, blob = self._new_batch()

    def _new_batch(self) -> tuple[list[str], bytes]:
        from os import urandom

        now = time.time_ns() // 1_000_000
        ids = [new_id(now, urandom) for _ in range(ROWS)]
        values = {"village_id": self.village, "name": "जय अम्बे", "formed_on": "2026-03-01"}
        stamps = [[stamp_of(now, counter, self.number) for counter in range(ROWS)] for _ in values]
        columns: list[list[Any]] = [[value] * ROWS for value in values.values()]
        bases: list[list[str | None]] = [[""] * ROWS for _ in values]
        batch = frozen(self.batch, Batch((Section("Shg", ids, list(values), columns, stamps, bases),)))
        request = SyncRequest("0.1.0", self.cursor, batch, answered=self.batch - 1, room=20)
        return ids, request_bytes(request)


def enrolled(folder: Path, count: int, person: str) -> list[tuple[str, str]]:
    """(device number, token) of so many new devices of a person, enrolled at the server of a folder."""
    centre = open_centre(folder, 23)
    try:
        replies = [
            centre.enrol(EnrolRequest("0.1.0", centre.enrolments.code_for(person), n.to_bytes(32), b"x" * 32))
            for n in range(1, count + 1)
        ]
    finally:
        centre.close()
    return [(reply.device, reply.token) for reply in replies]


def loaded(
    url: str, devices: list[tuple[str, str]], village: str, seconds: float, pause: float, processes: int = PROCESSES
) -> Result:
    """Push from all devices at once, from several processes, for so long; what came of it."""
    parts = [devices[n::processes] for n in range(processes)]
    clients = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.overload", "--client"],
            cwd=Path(__file__).parents[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in parts
    ]  # fmt: skip
    for client, part in zip(clients, parts, strict=True):
        assert client.stdin is not None
        client.stdin.write(json.dumps([url, part, village, seconds, pause]))
        client.stdin.close()
    result = Result()
    for client in clients:
        assert client.stdout is not None
        result.add(json.loads(client.stdout.read()))
        assert client.wait(120) == 0
    return result


def _client() -> None:
    url, devices, village, seconds, pause = json.load(sys.stdin)
    result, end = Result(), time.monotonic() + seconds
    threads = [
        threading.Thread(target=Device(url, number, token, village).push_until, args=(end, result, pause))
        for number, token in devices
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    json.dump({**result.__dict__, "codes": dict(result.codes)}, sys.stdout)


def missing(folder: Path, ids: list[str]) -> list[str]:
    """Records that were acknowledged and are not in the database."""
    centre = open_centre(folder, 23)
    try:
        with centre.database.reading() as db:
            there = set(db.scalars(centre.tables.records["Shg"].select().with_only_columns(
                centre.tables.records["Shg"].c.id)))  # fmt: skip
    finally:
        centre.close()
    return [id for id in ids if id not in there]


def measure(folder: Path, url: str, seconds: float) -> None:
    """Print capacity, then ten times that, then what a single call costs afterwards."""
    person, village = official_id("test", "abm"), official_id("test", "V1")
    few = loaded(url, enrolled(folder, 4, person), village, seconds / 3, 0.0, processes=2)
    capacity = len(few.seconds) / (seconds / 3)
    print(f"4 devices: {capacity:.1f} batches/s of {ROWS} records, {dict(few.codes)}")
    many = loaded(url, enrolled(folder, 240, person), village, seconds, 0.3)
    waits = sorted(many.seconds)
    offered = sum(many.codes.values()) / seconds
    print(f"240 devices: offered {offered:.0f}/s = {offered / capacity:.1f} x capacity, {dict(many.codes)}")
    half, most = waits[len(waits) // 2], waits[-1 - len(waits) // 100]
    print(f"accepted {len(waits) / seconds:.1f}/s, half within {half:.2f} s, 99 of 100 within {most:.2f} s")
    after = loaded(url, enrolled(folder, 1, person), village, 2.0, 0.0, processes=1)
    print(f"afterwards, one device for 2 s: {dict(after.codes)}, the first answer after {after.seconds[0]:.2f} s")
    lost = missing(folder, [*few.acknowledged, *many.acknowledged, *after.acknowledged])
    print(f"acknowledged {len(few.acknowledged + many.acknowledged + after.acknowledged)}, lost {len(lost)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("url", nargs="?")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--client", action="store_true")
    chosen = parser.parse_args()
    if chosen.client:
        _client()
    else:
        measure(chosen.folder, chosen.url, chosen.seconds)

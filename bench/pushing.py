"""How fast a centre takes in batches, against the same rows simply written: SQLite executemany, PostgreSQL COPY.

Both sides write the same columns, under the same indexes, 500 rows a transaction, safely on the disk. The simple side
checks nothing, merges nothing, tells no stream and keeps no answer. The first batch of each is not counted. Between the
two the same is written with the rows by which a stream is told: what of the goal is left for all the rest.
"""

import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from itertools import count, islice, product
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

from sqlalchemy import create_engine

from bench import block, workload
from bench.findings import BATCH, Finding, Scale, at_least, in_turns, median, p95, seconds_of, skipped, steady
from bench.flat import FLAT_KINDS, KIND, record_of
from bench.office import APP, STATE_CODE, Row, batch_of, enrolled
from bench.postgres import Postgres, missing
from bench.service import Service
from bench.serving import PERSON, open_centre
from records.cells import one_stamp_text
from records.messages import CONTENT_TYPE, EnrolReply, FrozenBatch, SyncReply, SyncRequest
from records.search_key import search_key
from records.stamps import stamp_of
from records.wire import read_reply, request_bytes
from server.central_store import CentralStore
from server.tables import central_tables

Url = Callable[[], str]

DEVICE = "0000beef"
"""The number of the device that wrote the rows that are simply written."""


def measure(scale: Scale, scratch: Path) -> Iterator[Finding]:
    """SQLite in process and over HTTP, then the same on PostgreSQL."""
    yield from _on("SQLite", "executemany", _sqlite_urls(scratch), scale, scratch, [1])
    yield from groups_with_members(scale, scratch)
    if why := missing():
        yield skipped("push on PostgreSQL against COPY", why)
        return
    with Postgres() as postgres:
        names = count()
        yield from _on("PostgreSQL", "COPY", lambda: postgres.url(f"push{next(names)}"), scale, scratch, [1, 2])


def _sqlite_urls(scratch: Path) -> Url:
    names = count()
    return lambda: f"sqlite:///{scratch / f'push{next(names)}.db'}"


def _on(engine: str, simply: str, new_url: Url, scale: Scale, scratch: Path, processes: list[int]) -> Iterator[Finding]:
    """`processes`: by how many the centre is served; on SQLite `samooh serve` starts one."""
    lines = list(workload.records(scale.push_rows))
    measured = steady(len(lines))
    try:
        raw, told, ours = in_turns(
            scale.rounds,
            lambda: raw_seconds(new_url(), lines),
            lambda: raw_seconds(new_url(), lines, told=True),
            lambda: pushed_seconds(new_url(), lines, scratch / "in-process"),
        )
    except Exception as error:  # the edge of a part: the others are still worth measuring
        yield skipped(f"push in process on {engine} / raw {simply}", f"{type(error).__name__}: {str(error)[:160]}")
        return
    rates = (measured / median(raw), measured / median(ours))
    yield _compared(f"push in process on {engine} / raw {simply}", rates, 0.5, raw=raw, ours=ours)
    # What is left of the goal for reading, checking, merging and answering.
    what = f"the same rows and those of the feed simply written on {engine}, after a look / raw {simply}"
    figures = {"rows_per_second": measured / median(told), "raw": raw, "told": told}
    shown = f"{measured / median(told):,.0f} / {rates[0]:,.0f} rows/s"
    yield Finding(what, "", shown, median(raw) / median(told), figures=figures)
    for clients, workers in product(scale.http_clients, processes):
        if workers > clients:
            continue
        raw, waits = [], []
        spans: list[float] = []
        for _ in range(max(1, scale.rounds // 2)):
            raw.append(raw_seconds(new_url(), lines))
            span, times = http_seconds(new_url(), clients, scale.http_batches, scratch / "served", workers)
            spans.append(span)
            waits += times
        rows = clients * scale.http_batches * BATCH
        who = f"{clients} client{'s' * (clients > 1)}{', two workers' * (workers == 2)}"
        more = f", p95 {p95(waits) * 1000:.0f} ms a batch"
        rates = (measured / median(raw), rows / median(spans))
        yield _compared(f"push over HTTP on {engine}, {who} / raw {simply}", rates, 0.4, more, raw=raw, ours=spans)


def _compared(what: str, rates: tuple[float, float], goal: float, more: str = "", **seconds: Any) -> Finding:
    raw, ours = rates
    measured = f"{ours:,.0f} / {raw:,.0f} rows/s{more}"
    return at_least(what, ours / raw, goal, measured, rows_per_second=ours, raw_rows_per_second=raw, **seconds)


def batches(lines: Iterable[dict[str, Any]], device: str, first: int = 1) -> list[FrozenBatch]:
    """Lines of the workload as a phone freezes them."""
    rest, found = iter(lines), []
    now_ms = time.time_ns() // 1_000_000
    while some := list(islice(rest, BATCH)):
        rows: list[Row] = [(KIND, line["id"].replace("-", ""), {k: v for k, v in line.items() if k != "id"})
                           for line in some]  # fmt: skip
        found.append(batch_of(rows, first + len(found), device, now_ms))
    return found


def pushed_seconds(url: str, lines: list[dict[str, Any]], folder: Path) -> float:
    """One device's batches, each a transaction, in this process; of those after the first."""
    with _centre(url, folder) as centre:
        device = enrolled(centre, PERSON)
        return _taken(centre, device, batches(lines, device.device))


def _taken(centre: CentralStore, device: EnrolReply, frozen: list[FrozenBatch]) -> float:
    def push(some: list[FrozenBatch]) -> None:
        for batch in some:
            answer = centre._take_batch(device.device, batch, centre.clock())
            assert [outcome.state for outcome in answer.outcomes] == ["applied"], answer.outcomes[:3]

    return _seconds_after_the_first(push, frozen)


def _seconds_after_the_first(do: Callable[[list[Any]], None], some: list[Any]) -> float:
    """Seconds of doing all but the first, which is done before; of the only one where there is no other."""
    if some[1:]:
        do(some[:1])
    return seconds_of(partial(do, some[1:] or some))


class _centre:
    """A centre that is closed at the end of the `with`."""

    def __init__(self, url: str, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._centre = open_centre(folder, url)

    def __enter__(self) -> CentralStore:
        return self._centre

    def __exit__(self, *why: object) -> None:
        self._centre.close()


# --- the same rows simply written


def raw_seconds(url: str, lines: list[dict[str, Any]], *, told: bool = False) -> float:
    """The rows of a push into the same table, 500 a transaction; of those after the first transaction. `told`: with the
    rows of the feed, by which one stream is told of them, and a look first whether they are there."""
    return written_seconds(url, KIND, [_as_stored(line, place) for place, line in enumerate(lines)], told=told)


@dataclass
class _Simply:
    """What is simply written into one table."""

    table: str
    names: list[str]
    values: list[tuple[Any, ...]]

    @property
    def into(self) -> str:
        quoted = ",".join(f'"{name}"' for name in self.names)
        return f'"{self.table}" ({quoted})'


def written_seconds(url: str, kind: str, rows: list[dict[str, Any]], *, told: bool = False) -> float:
    engine = create_engine(url)
    tables = central_tables(FLAT_KINDS)
    tables.metadata.create_all(engine)
    table = tables.records[kind]
    names = [column.name for column in table.columns]
    turns = [column.type.dialect_impl(engine.dialect).bind_processor(engine.dialect) for column in table.columns]
    values = [tuple(turn(row.get(name)) if turn else row.get(name) for name, turn in zip(names, turns, strict=True))
              for row in rows]  # fmt: skip
    engine.dispose()
    simply = [_Simply(table.name, names, values)]
    if told:
        names = ["state_id", "stream", "id", "kind", "left", "by_device", "others_seq", "seq"]
        news = [(STATE_CODE, 1, row["id"], kind, False, DEVICE, 0, seq) for seq, row in enumerate(rows, 1)]
        simply.append(_Simply(tables.feed.name, names, news))
    if url.startswith("sqlite"):
        return _executemany(url.removeprefix("sqlite:///"), simply)
    return _copy(url.replace("+psycopg", ""), simply)


def _executemany(path: str, simply: list[_Simply]) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    ids = "SELECT value FROM json_each(?)"

    def write(firsts: list[int]) -> None:
        for first in firsts:
            connection.execute("BEGIN IMMEDIATE")
            for feed in simply[1:]:
                looked_for = json.dumps([new[2] for new in feed.values[first : first + BATCH]])
                look = f'SELECT id, kind FROM "{feed.table}" WHERE state_id=? AND id IN ({ids})'
                assert not connection.execute(look, (STATE_CODE, looked_for)).fetchall()
            for one in simply:
                marks = ",".join("?" * len(one.names))
                piece = one.values[first : first + BATCH]
                connection.executemany(f"INSERT INTO {one.into} VALUES ({marks})", piece)
            connection.execute("COMMIT")

    took = _seconds_after_the_first(write, _firsts(simply))
    connection.close()
    return took


def _copy(url: str, simply: list[_Simply]) -> float:
    import psycopg

    def write(firsts: list[int]) -> None:
        for first in firsts:
            with connection.cursor() as cursor:
                for feed in simply[1:]:
                    looked_for = [new[2] for new in feed.values[first : first + BATCH]]
                    look = f'SELECT id, kind FROM "{feed.table}" WHERE state_id=%s AND id = ANY(%s)'
                    assert not cursor.execute(look, (STATE_CODE, looked_for)).fetchall()  # type: ignore[arg-type]
                for one in simply:
                    with cursor.copy(f"COPY {one.into} FROM STDIN") as copy:
                        for value in one.values[first : first + BATCH]:
                            copy.write_row(value)
            connection.commit()

    with psycopg.connect(url) as connection:
        return _seconds_after_the_first(write, _firsts(simply))


def _firsts(simply: list[_Simply]) -> list[int]:
    """Where each transaction begins."""
    return list(range(0, len(simply[0].values), BATCH))


def _as_stored(line: dict[str, Any], place: int) -> dict[str, Any]:
    written = [name for name in line if name != "id"]
    stamp = stamp_of(1_790_000_000_000 + place, 0, DEVICE)
    return {
        **record_of(line),
        "state_id": STATE_CODE,
        "group_id": None,
        "deleted_on": None,
        "search_key": search_key(line["name"]),
        "stamps": one_stamp_text(stamp, written),
        "bases": "",
        "disputed": "",
    }


# --- over HTTP


def http_seconds(url: str, clients: int, each: int, folder: Path, workers: int = 1) -> tuple[float, list[float]]:
    """(seconds from the first to the last answer, seconds of each batch) of several devices at once. Each has sent one
    batch before."""
    shutil.rmtree(folder, ignore_errors=True)
    centre = open_centre(folder, url)
    devices = [enrolled(centre, PERSON) for _ in range(clients)]
    centre.close()
    lines = workload.records(clients * (each + 1) * BATCH)
    senders = [Sender(device.token, batches(islice(lines, (each + 1) * BATCH), device.device)) for device in devices]
    with Service(folder, url, workers) as service:
        posted(service.port, senders, 1)
        return posted(service.port, senders, each)


@dataclass
class Sender:
    """A device with the batches that it has still to send."""

    token: str
    batches: list[FrozenBatch]
    cursor: str | None = None
    answered: int = 0


def posted(port: int, senders: list[Sender], each: int) -> tuple[float, list[float]]:
    """Every device posts so many of its batches, all at once; a busy centre is asked again when it says."""
    waits: list[list[float]] = [[] for _ in senders]
    span = all_at_once([partial(_post, port, one, each, mine) for one, mine in zip(senders, waits, strict=True)])
    return span, [wait for mine in waits for wait in mine]


def asked(port: int, tokens: list[str], room: int = BATCH) -> tuple[float, list[float], list[int]]:
    """Every device asks for its first page, all at once: (seconds, seconds of each, rows given to each)."""
    waits: list[float] = []
    rows: list[int] = []
    span = all_at_once([partial(_ask, port, token, room, waits, rows) for token in tokens])
    return span, waits, rows


def all_at_once(work: list[Callable[[], None]]) -> float:
    """Seconds from the first to the last of some work, a thread each; what one raised is raised."""
    together = Barrier(len(work) + 1)
    failed: list[BaseException] = []

    def one(do: Callable[[], None]) -> None:
        try:
            together.wait()
            do()
        except BaseException as error:
            failed.append(error)

    threads = [Thread(target=one, args=(do,)) for do in work]
    for thread in threads:
        thread.start()
    together.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return time.perf_counter() - began


def _post(port: int, sender: Sender, each: int, waits: list[float]) -> None:
    with closing(HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
        for batch in sender.batches[:each]:
            # One row back is enough here: what it costs to read pages is measured by itself.
            request = SyncRequest(APP, sender.cursor, batch, answered=sender.answered, room=1)
            reply = _call(connection, sender.token, request, waits)
            assert reply.answer and reply.answer.state == "applied" and reply.page
            assert {outcome.state for outcome in reply.answer.outcomes} == {"applied"}
            sender.cursor, sender.answered = reply.page.cursor, batch.number
    del sender.batches[:each]


def _ask(port: int, token: str, room: int, waits: list[float], rows: list[int]) -> None:
    with closing(HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
        reply = _call(connection, token, SyncRequest(APP, None, room=room), waits)
        assert reply.page
        rows.append(sum(len(section.ids) for part in reply.page.parts for section in part.rows))


def _call(connection: HTTPConnection, token: str, request: SyncRequest, waits: list[float]) -> SyncReply:
    """One call until it is answered; how long that took is added to the waits."""
    headers = {"Content-Type": CONTENT_TYPE, "Authorization": f"Bearer {token}"}
    body = request_bytes(request)
    began = time.perf_counter()
    while True:
        connection.request("POST", "/v1/sync", body, headers)
        response = connection.getresponse()
        said = response.read()
        if response.status != 503:
            break
        # A server drops lines that have been silent for so long; a phone then opens a new one.
        connection.close()
        time.sleep(float(response.headers.get("retry-after", "1")))
    waits.append(time.perf_counter() - began)
    assert response.status == 200, response.status
    return read_reply(said, request.cursor)


# --- groups and members, with all that is derived from them


def groups_with_members(scale: Scale, scratch: Path) -> Iterator[Finding]:
    """The product's own kinds: standings, marks and streams are worked out with each batch."""
    groups = max(1, scale.push_rows // 14)
    rows = list(block.rows_of(groups, groups * 13))
    names = count()

    def raw() -> float:
        by_kind = {kind: [block.as_stored(row) for row in rows if row[0] == kind] for kind in ("Shg", "Member")}
        return sum(
            written_seconds(f"sqlite:///{scratch / f'raw-{kind}-{next(names)}.db'}", kind, some)
            for kind, some in by_kind.items()
        )

    def ours() -> float:
        url = f"sqlite:///{scratch / f'groups{next(names)}.db'}"
        with block.opened_centre(url, scratch / "groups") as centre:
            device = enrolled(centre, block.SUPERVISOR)
            return _taken(centre, device, block.batches_of(rows, device.device))

    raw_times, times = in_turns(scale.rounds, raw, ours)
    # By itself each kind is written in transactions of its own, the first of which is not counted.
    simply = sum(steady(sum(row[0] == kind for row in rows)) for kind in ("Shg", "Member"))
    first = next((at for at, row in enumerate(rows) if at >= BATCH and row[0] == "Shg"), 0)
    rates = simply / median(raw_times), (len(rows) - first) / median(times)
    measured = f"{rates[1]:,.0f} / {rates[0]:,.0f} rows/s"
    figures = {"rows_per_second": rates[1], "raw_rows_per_second": rates[0], "raw": raw_times, "ours": times}
    yield Finding("push of groups with members in process on SQLite / raw executemany", "", measured,
                  rates[1] / rates[0], figures=figures)  # fmt: skip

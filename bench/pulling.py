"""A pull of 500 rows from centres of different sizes: it must cost the same, however much others have told."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import block
from bench.filling import PER_PANCHAYAT, fill, settle
from bench.findings import Finding, Scale, at_most, in_turns, median, p95, seconds_of, skipped
from bench.office import APP, enrolled, person, ref, set_up
from bench.postgres import Postgres, missing
from records.messages import SyncRequest, capacity_hash

ROWS = 500
PANCHAYATS = 5
"""Panchayats of the reader, the rows in equal parts behind in each."""


def measure(scale: Scale, scratch: Path) -> Iterator[Finding]:
    """SQLite, then PostgreSQL; the sizes of one database take turns."""
    yield from _on("SQLite", [f"sqlite:///{scratch / f'pull{rows}.db'}" for rows in scale.feed_rows], scale, scratch)
    if why := missing():
        yield skipped("pull on PostgreSQL", why)
        return
    with Postgres() as postgres:
        urls = [postgres.url(f"pull{rows}") for rows in scale.feed_rows]
        yield from _on("PostgreSQL", urls, scale, scratch)


def _on(engine: str, urls: list[str], scale: Scale, scratch: Path) -> Iterator[Finding]:
    try:
        with ExitStack() as opened:
            readers = [
                opened.enter_context(Reader(url, rows, scratch / f"pull-{engine}-{rows}"))
                for url, rows in zip(urls, scale.feed_rows, strict=True)
            ]
            times = in_turns(scale.pulls, *[reader.seconds for reader in readers])
    except Exception as error:  # the edge of a part: the others are still worth measuring
        yield skipped(f"pull of {ROWS} rows on {engine}", f"{type(error).__name__}: {str(error)[:160]}")
        return
    for rows, some in zip(scale.feed_rows, times, strict=True):
        shown = f"median {median(some) * 1000:.1f} ms, p95 {p95(some) * 1000:.1f} ms"
        yield Finding(f"pull of {ROWS} rows at {rows:,} rows on {engine}", "", shown, figures={"seconds": some})
    before, last = scale.feed_rows[-2:]
    ratio = median(times[-1]) / median(times[-2])
    yield at_most(f"pull of {ROWS} rows on {engine}, at {last:,} / at {before:,} rows", ratio, 1.2, "",
                  shown=f"{ratio:.2f}")  # fmt: skip


class Reader:
    """A device that stands 500 rows behind in a centre of so many rows, and goes back there for each pull."""

    def __init__(self, url: str, rows: int, folder: Path) -> None:
        self._opened = block.opened_centre(url, folder)
        self._centre = self._opened.__enter__()
        self._rows = min(ROWS, rows)
        streams = min(PANCHAYATS, -(-rows // PER_PANCHAYAT))
        for number in range(streams):
            set_up(self._centre, _assigned(number))
        with self._centre.database.writing() as db:
            fill(db, rows)
        with self._centre.database.writing() as db:
            settle(db)
        self._server, self._request = self._behind(streams)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *why: object) -> None:
        self._centre.close()

    def seconds(self) -> float:
        """One call from the same cursor: the same rows each time."""
        replies: list[Any] = []
        took = seconds_of(lambda: replies.append(self._server.sync(self._request)))
        found = sum(len(section.ids) for part in replies[0].page.parts for section in part.rows)
        assert found == self._rows, (found, self._rows)
        return took

    def _behind(self, streams: int) -> tuple[Any, SyncRequest]:
        device = enrolled(self._centre, "reader")
        server = self._centre.for_device(device.token)
        each = self._rows // streams
        told = self._all_told(server)
        behind = {f"gp/{ref(f'gp{number}')}/members": PER_PANCHAYAT - each for number in range(streams)}
        first = min(behind)  # streams of one class are delivered by name
        # A claim that is one row short, and room for one row: the cursor given then stands where it is wanted.
        claims = {**told, **behind, first: behind[first] - 1}
        reply = server.sync(SyncRequest(APP, None, reached=claims, room=1))
        return server, SyncRequest(APP, reply.page.cursor, has_capacity=capacity_hash(device.capacity), room=self._rows)

    def _all_told(self, server: Any) -> dict[str, int]:
        """How far every stream has come that the device reads."""
        found: dict[str, int] = {}
        cursor, more = None, True
        while more:
            reply = server.sync(SyncRequest(APP, cursor, room=5000))
            found |= {part.stream: part.upto for part in reply.page.parts}
            cursor, more = reply.page.cursor, reply.page.more
        return found


def _assigned(number: int) -> list[Any]:
    rows = person("reader", "abm", place_id=ref(f"gp{number}"))
    kind, _, values = rows[1]
    return [*(rows[:1] if number == 0 else []), (kind, ref(f"reader/works/{number}"), values)]

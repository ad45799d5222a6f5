"""The end of a review meeting: everybody's phone finds the network in the same second."""

import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bench import scenarios, workload
from bench.findings import Finding, Scale, at_most, p95
from bench.flat import KIND
from bench.office import enrolled
from bench.peer import Peer
from bench.processes import cost
from bench.pushing import Sender, asked, batches, posted
from bench.service import Service
from bench.serving import PERSON, open_centre

EACH = 20
"""Records of a phone's day."""


def measure(scale: Scale, scratch: Path) -> Iterator[Finding]:
    """Everybody sends a day's work and asks for a page of news, all at once; then the phones of a block as they are."""
    few, many = max(1, scale.meeting // 10), scale.meeting
    _, small = _met(scratch / "few", few)
    findings, large = _met(scratch / "many", many)
    yield from findings
    shown = f"{large:.0f} MiB with {many} phones, {small:.0f} MiB with {few}"
    yield at_most(f"peak memory of the server, {many} phones / {few} phones at once", large / small, 1.5, "",
                  shown=shown)  # fmt: skip
    yield _of_fleet(scenarios.fleet(Peer("samooh"), *scale.fleet))


def _met(folder: Path, phones: int) -> tuple[list[Finding], float]:
    """(what was found, peak memory of the server in MiB). A busy server is asked again when it says so. All records
    must be there then, and every phone must have been given news."""
    shutil.rmtree(folder, ignore_errors=True)
    centre = open_centre(folder)
    devices = [enrolled(centre, PERSON) for _ in range(phones)]
    centre.close()
    lines = workload.records(phones * EACH)
    senders = [Sender(device.token, batches(islice(lines, EACH), device.device)) for device in devices]
    with Service(folder) as service:
        sent, waits = posted(service.port, senders, 1)
        fetched, asking, rows = asked(service.port, [device.token for device in devices])
        _, peak = cost(service.pid)
    centre = open_centre(folder)
    with centre.database.reading() as db:
        there = db.scalar(select(func.count()).select_from(centre.tables.records[KIND])) or 0
    centre.close()
    total = phones * EACH
    shown = f"p95 {p95(waits):.2f} s, all in {sent:.2f} s, {there:,} of {total:,} records there"
    sending = Finding(f"{phones} phones at once, {EACH} records each", "no error, none lost", shown,
                      reached=there == total, figures={"waits": waits, "seconds": sent})  # fmt: skip
    shown = f"p95 {p95(asking):.2f} s, all in {fetched:.2f} s, {sum(rows):,} rows fetched"
    reading = Finding(f"{phones} phones ask at once, a page of news each", "no error", shown,
                      reached=min(rows) >= min(total, PAGE), figures={"waits": asking, "seconds": fetched})  # fmt: skip
    return [sending, reading], peak


PAGE = 500
"""Rows that a phone asks for in one page."""


def _of_fleet(found: dict[str, Any]) -> Finding:
    """50 phones as processes of their own, each with the product's store and sync, through the counting proxy."""
    whole = found["ok"] == found["clients"] and found["exact"]
    middle, longest = found["client_p50_s"] or 0.0, found["client_max_s"] or 0.0
    shown = (
        f"{found['ok']} of {found['clients']} without an error, half in {middle:.1f} s, all in {longest:.1f} s, a "
        f"fresh phone gets all of it: {'yes' if found['exact'] else 'NO'}; server {found['server_rss_mib']:.0f} MiB"
    )
    return Finding(f"{found['clients']} phone processes at once, {found['each']} records each", "no error, none lost",
                   shown, reached=whole, figures=found)  # fmt: skip

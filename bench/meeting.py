"""The end of a review meeting: everybody's phone finds the network in the same second."""

import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy import func, select

from bench import workload
from bench.findings import Finding, Scale, p95
from bench.flat import KIND
from bench.office import enrolled
from bench.pushing import batches, posted
from bench.service import Service
from bench.serving import PERSON, open_centre

EACH = 20
"""Records of a phone's day."""


def measure(scale: Scale, scratch: Path) -> Iterator[Finding]:
    """Every phone posts one batch; a busy server is asked again when it says so. All records must be there then."""
    folder = scratch / "meeting"
    shutil.rmtree(folder, ignore_errors=True)
    centre = open_centre(folder)
    devices = [enrolled(centre, PERSON) for _ in range(scale.meeting)]
    centre.close()
    lines = workload.records(scale.meeting * EACH)
    work = [(device.token, batches(islice(lines, EACH), device.device)) for device in devices]
    with Service(folder) as service:
        span, waits = posted(service.port, work)
    centre = open_centre(folder)
    with centre.database.reading() as db:
        there = db.scalar(select(func.count()).select_from(centre.tables.records[KIND]))
    centre.close()
    whole = there == scale.meeting * EACH
    shown = f"p95 {p95(waits):.2f} s, all in {span:.2f} s, {there:,} of {scale.meeting * EACH:,} records there"
    yield Finding(f"{scale.meeting} phones at once, {EACH} records each", "no error, none lost", shown, reached=whole,
                  figures={"waits": waits, "seconds": span})  # fmt: skip

"""What is counted, for Prometheus: calls and how they ended, refusals by reason, waits, and devices that stay away.

Workers count for themselves, in files of one folder; whoever serves /metrics adds them up and asks the database for
the rest. No label holds a person, a place or a value: codes come from closed lists.
"""

import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from server.backed_up import last_backup_ms
from server.central_store import CentralStore
from server.database import named
from server.set_back import last_set_back, phones_since
from server.tables import AT_OFFICE

log = logging.getLogger("samooh.server")

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Set before a worker starts: where it keeps its counts, for all to be added up."""

SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
BYTES = (300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000)
UNSEEN_DAYS = (7, 14, 30)
DAY_MS = 86_400_000

CALLS = Counter("samooh_calls", "Calls by how they ended: ok, or the code of the problem.", ["call", "code"])
ROWS = Counter("samooh_rows", "Changes that phones sent, by what became of them and why.", ["state", "code"])
TOOK = Histogram("samooh_call_seconds", "From the first byte of a call to its answer.", ["call"], buckets=SECONDS)
WAITED = Histogram("samooh_wait_seconds", "How long a call waited for its turn.", buckets=SECONDS)
RECEIVED = Histogram("samooh_received_bytes", "Sizes of the bodies of calls.", buckets=BYTES)
SENT = Histogram("samooh_sent_bytes", "Sizes of the bodies of answers.", buckets=BYTES)


def exposed(centre: CentralStore, workers: Path | None) -> bytes:
    """The page that Prometheus reads. `workers`: the folder of the workers' counts."""
    registry = CollectorRegistry()
    if workers is not None:
        MultiProcessCollector(registry, path=os.fspath(workers))  # type: ignore[no-untyped-call]
    registry.register(OfDevices(centre))
    return generate_latest(registry)


class OfDevices(Collector):
    """What the database says about devices and work set aside, asked at each reading."""

    def __init__(self, centre: CentralStore) -> None:
        self._centre = centre

    def collect(self) -> Iterable[Metric]:
        """Nothing but that the database is away, where it does not answer: what was counted is told all the same."""
        try:
            told = list(self._told())
        except SQLAlchemyError as error:
            log.error("the database does not answer, so that /metrics has counts only: %s", named(error))
            told = []
        yield GaugeMetricFamily("samooh_database_up", "Whether the database answers: 1 or 0.", 1 if told else 0)
        yield from told

    def _told(self) -> Iterator[Metric]:
        centre, device, aside = self._centre, self._centre.tables.device, self._centre.tables.quarantine
        now = centre.clock()
        with centre.database.reading() as db:
            ours = (device.c.state_id == centre.state_id, device.c.office.is_(False), device.c.revoked_ms.is_(None))
            last = func.coalesce(device.c.last_contact_ms, device.c.enrolled_ms)
            count = select(func.count()).select_from(device).where(*ours)
            unseen = {days: db.scalar(count.where(last < now - days * DAY_MS)) for days in UNSEEN_DAYS}
            enrolled = db.scalar(count)
            unsent = db.scalar(select(func.sum(device.c.unsent)).where(*ours))
            waits = or_(device.c.unsent > 0, device.c.oldest_unsent_ms.is_not(None))
            oldest = db.scalar(select(func.min(device.c.oldest_unsent_ms)).where(*ours, waits))
            by_code = db.execute(
                select(aside.c.code, func.count())
                .where(aside.c.state_id == centre.state_id, aside.c.state.in_(AT_OFFICE))
                .group_by(aside.c.code)
            ).all()
            apart = centre.tables.difference
            differing = db.execute(
                select(apart.c.healed_ms.is_not(None), func.count())
                .where(apart.c.state_id == centre.state_id)
                .group_by(apart.c.healed_ms.is_not(None))
            ).all()
            backup_ms = last_backup_ms(db, centre.tables, centre.state_id)
            went_back = last_set_back(db, centre.tables, centre.state_id)
            _, silent = phones_since(db, centre.tables, centre.state_id, went_back) if went_back else (0, 0)
        yield GaugeMetricFamily(
            "samooh_backup_timestamp_seconds",
            "Of when the newest good backup is; 0 for never.",
            (backup_ms or 0) / 1000,
        )
        yield GaugeMetricFamily(
            "samooh_set_back_timestamp_seconds",
            "When this database was last noticed to have gone back to an earlier state; 0 for never.",
            went_back.at_ms / 1000 if went_back else 0,
        )
        yield GaugeMetricFamily(
            "samooh_set_back_silent", "Phones in use then that have not been in contact since.", silent
        )
        yield GaugeMetricFamily("samooh_devices", "Devices that are enrolled and not revoked.", enrolled)
        away = GaugeMetricFamily("samooh_devices_unseen", "Devices not heard of for so many days.", labels=["days"])
        for days, number in unseen.items():
            away.add_metric([str(days)], number or 0)
        yield away
        yield GaugeMetricFamily("samooh_unsent", "Changes on phones not sent yet, as they last said.", unsent or 0)
        age = max(0, now - oldest) / 1000 if oldest else 0
        yield GaugeMetricFamily("samooh_oldest_unsent_seconds", "Age of the oldest of them.", age)
        set_aside = GaugeMetricFamily("samooh_set_aside", "Work that waits for a decision, by reason.", labels=["code"])
        for code, number in by_code:
            set_aside.add_metric([code], number)
        yield set_aside
        copies = GaugeMetricFamily(
            "samooh_copies_differed",
            "Streams of devices that differed, by whether they agree again.",
            labels=["healed"],
        )
        counts = {"yes" if healed else "no": number for healed, number in differing}
        for healed in ("no", "yes"):
            copies.add_metric([healed], counts.get(healed, 0))
        yield copies

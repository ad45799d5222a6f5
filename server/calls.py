"""One call as it is logged and counted: when, which device, how it ended. Nothing that was said in it."""

import logging
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field

from structlog.contextvars import bind_contextvars

from records.messages import BatchAnswer
from server import metrics

log = logging.getLogger("samooh.calls")


@dataclass
class Call:
    """What becomes known about a call on its way. `name` is `sync`, `photo`, `bundle` or `enrol`."""

    name: str
    device: str = ""
    batch: int | None = None
    received: int = 0
    waited: float = 0.0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        # Every line that is logged on the way of this call carries its number.
        bind_contextvars(request=secrets.token_hex(6))

    def answered(self, answer: BatchAnswer | None) -> None:
        """Note what became of a batch: how many rows ended how, and why."""
        if answer is None:
            return
        self.batch = answer.number
        for one in answer.outcomes:
            self.outcomes[one.state, one.code or ""] += one.last - one.first + 1

    def ended(self, code: str, sent: int) -> None:
        """Count the call and write its line. `code` is `ok`, `cut` or that of a problem."""
        took = time.monotonic() - self.began
        metrics.CALLS.labels(self.name, code).inc()
        metrics.TOOK.labels(self.name).observe(took)
        metrics.WAITED.observe(self.waited)
        metrics.RECEIVED.observe(self.received)
        metrics.SENT.observe(sent)
        for (state, why), number in self.outcomes.items():
            metrics.ROWS.labels(state, why).inc(number)
        rows = {f"{state}/{why}" if why else state: number for (state, why), number in self.outcomes.items()}
        told = {"device": self.device, "batch": self.batch, "rows": rows}
        log.info(
            self.name,
            extra={
                "code": code,
                "ms": round(took * 1000),
                "waited_ms": round(self.waited * 1000),
                "received": self.received,
                "sent": sent,
                **{name: value for name, value in told.items() if value},
            },
        )

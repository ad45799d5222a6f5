"""The server's log: one line per event, with the call's number and the device's, never with anything that was sent.

Only the fields named here can get into a line, and of an exception its sort and place, not its words: those may quote
a name, a mobile or an account number.
"""

import logging
import sys
import traceback
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

FIELDS = frozenset(
    "call device code ms waited_ms received sent batch rows number workers port pid status seconds".split()
)
"""What may be logged beside the event itself."""


def log_as(style: str, stream: TextIO | None = None) -> None:
    """Send the log of this process to a stream, as JSON or for reading; once, at its start."""
    show: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if style == "plain":
        show = structlog.dev.ConsoleRenderer(colors=False)
    lines = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.ExtraAdder(allow=FIELDS),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _without_words, show],
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(lines)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("samooh").setLevel(logging.INFO)


def _without_words(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """An exception becomes its sort and the places it came through."""
    raised = event.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    if isinstance(raised, BaseException):
        raised = (type(raised), raised, raised.__traceback__)
    if raised and raised[0]:
        event["error"] = raised[0].__name__
        event["places"] = "".join(traceback.format_tb(raised[2]))
    return event

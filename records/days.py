"""Which day it is: the programme's day begins at midnight in India, wherever a server or a demo runs."""

from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

INDIA = timezone(timedelta(hours=5, minutes=30))

_LATEST_MS = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp() * 1000)


def day_of(ms: int) -> date:
    """The day in India of a time in Unix milliseconds."""
    return datetime.fromtimestamp(max(0, min(ms, _LATEST_MS)) / 1000, INDIA).date()


def end_of_day_ms(day: date) -> int:
    """The first moment after a day in India, in Unix milliseconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=INDIA).timestamp() * 1000) + 86_400_000


def months_until(day: date, count: int) -> tuple[date, ...]:
    """The first days of so many months, that of `day` the last, and after them the day that ends it; rising."""
    months = [day.year * 12 + day.month - 1 + at for at in range(1 - count, 2)]
    return tuple(date(month // 12, month % 12 + 1, 1) for month in months)


@lru_cache(maxsize=1 << 14)
def day_text(day: date | None) -> str | None:
    """`2026-04-01`. The days of people's records lie within a few decades, so each is written once."""
    return None if day is None else day.isoformat()

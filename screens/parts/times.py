"""Moments as people say them: the clock today and yesterday, the day before that."""

from datetime import date, datetime, timedelta

from records.days import INDIA
from screens.words import Words


def today() -> date:
    return datetime.now(INDIA).date()


def said_time(words: Words, ms: int | None) -> str:
    """A moment of this device, given in Unix milliseconds."""
    if ms is None:
        return "–"
    when = datetime.fromtimestamp(ms / 1000, INDIA)
    clock = f"{when.hour}:{when.minute:02}"
    if when.date() == today():
        return words.say("time.today", clock=clock)
    if when.date() == today() - timedelta(days=1):
        return words.say("time.yesterday", clock=clock)
    return words.say("time.day", day=when.date(), clock=clock)

"""When to try, and how much at a time. Pure: time and chance are given."""

from dataclasses import dataclass

FIRST_WAIT, LONGEST_WAIT = 4.0, 15 * 60.0
BETWEEN_RUNS = 5 * 60.0
"""Seconds between two runs while the app is open and all is well."""

NEEDS_A_PERSON = frozenset({"sign_in", "revoked", "app_too_old", "device_cloned", "unsent_work"})
"""Problems that no waiting mends."""


def wait_after(problem: str | None, failures: int, retry_after: float | None, chance: float) -> float | None:
    """Seconds until the next run; None when a person must act first.

    `failures` counts runs that failed one after another, `chance` is a random number from 0 to 1. Waits double up to a
    quarter of an hour and are spread, so that the phones of a meeting do not all come back in the same second.
    """
    if problem in NEEDS_A_PERSON:
        return None
    if problem is None:
        return BETWEEN_RUNS * (0.8 + 0.4 * chance)
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(max(0, failures - 1), 16))
    spread = wait * (0.5 + chance / 2)
    # The centre knows when it has room: never earlier, and not all at once then either.
    return max(spread, retry_after * (1 + chance / 4)) if retry_after else spread


MOST_ROWS, MOST_ROOM = 2000, 2000
"""Of a batch and of a page. More would not go sooner over a quick link: while one is stored the next is on its way."""


@dataclass
class Pace:
    """How many rows go into one call, learned from how long calls take: about three seconds each, for what a cut takes
    with it has to come again.

    `quick`: the last call took so little that the next one may well carry several times as much.
    """

    rows: int = 100
    room: int = 150
    target: float = 3.0
    quick: bool = False

    def learn(self, seconds: float, *, sent: int, received: int) -> None:
        """Lets what was used to the full and went fast grow to what would take about `target` seconds, at the most to
        twice as much, four times where it was quick; halves what went slowly."""
        self.quick = seconds < self.target / 8
        if seconds < self.target * 0.75:
            times = 4 if self.quick else min(2, self.target / seconds)
            if sent >= self.rows:
                self.rows = min(MOST_ROWS, int(self.rows * times))
            if received >= self.room:
                self.room = min(MOST_ROOM, int(self.room * times))
        elif seconds > self.target * 1.5:
            self.slow_down(sent=sent, received=received)

    @property
    def next_rows(self) -> int:
        """Of the batch after the one under way, should that one go as quickly as the last."""
        return min(MOST_ROWS, self.rows * 4)

    def slow_down(self, *, sent: int, received: int) -> None:
        """Asks for less after a slow call, as far as it was this call's rows that made it slow."""
        if sent * 2 > self.rows:
            self.rows = max(10, self.rows // 2)
        if received * 2 > self.room:
            self.room = max(25, self.room // 2)

    def broke_off(self) -> None:
        """The connection was lost in a call, or a page was too large: the next one is asked for in smaller pieces."""
        self.rows, self.room, self.quick = max(10, self.rows // 2), max(25, self.room // 2), False

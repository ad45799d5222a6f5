"""Wrong one-time codes by the address they come from: whoever guesses is slowed down, and an office is never shut out.

Many people share the one address of an office or of a mobile network. So an address may be wrong often at once, and
after that once every few seconds; a right code is taken whenever a wrong one would be. What a code is guarded by at
last is that it closes itself after five wrong tries (`server/enrolment.py`).

Kept in the memory of a process: several processes allow several times as much, and a restart forgets.
"""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from records.problems import Problem

AT_ONCE = 20
"""Wrong codes that an address may send at once."""
EVERY_S = 10.0
"""After that one more in so many seconds: nobody waits longer for her turn than this."""
MOST_ADDRESSES = 10_000
"""Addresses that are remembered, those that were wrong last."""

WRONG = frozenset({"code_wrong", "code_used", "code_expired", "code_replaced", "too_many_tries"})


class Tries:
    """How far each address has used up its tries."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MOST_ADDRESSES) -> None:
        self._clock, self._most = clock, most
        # address -> when all of its wrong tries are forgotten, in seconds of the clock
        self._until: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def trying(self, address: str) -> Iterator[None]:
        """Round the judging of a code. Raises Problem too_many_here, with when to come again."""
        where = network_of(address)
        self._admit(where)
        try:
            yield
        except Problem as problem:
            if problem.code in WRONG:
                self._note(where)
            raise

    def _admit(self, where: str) -> None:
        with self._lock:
            ahead = self._until.get(where, 0.0) - self._clock()
        if ahead > (AT_ONCE - 1) * EVERY_S:
            raise Problem("too_many_here", retry_after=ahead - (AT_ONCE - 1) * EVERY_S)

    def _note(self, where: str) -> None:
        with self._lock:
            self._until[where] = max(self._until.get(where, 0.0), self._clock()) + EVERY_S
            self._until.move_to_end(where)
            while len(self._until) > self._most:
                self._until.popitem(last=False)


def network_of(address: str) -> str:
    """An address as it is counted: of IPv6 the first 64 bits, within which one caller may choose. What is no address
    counts as one and the same."""
    try:
        found = ipaddress.ip_address(address.strip().strip("[]"))
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)

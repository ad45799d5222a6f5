"""What is done while a call is under way: beside it in a thread of its own, or at once where turns must be certain."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

Beside = Callable[[Callable[[], None]], AbstractContextManager[None]]
"""Takes the work; it is done when the block has ended. What it raises is raised then."""


@contextmanager
def at_once(work: Callable[[], None]) -> Iterator[None]:
    """Before the block."""
    work()
    yield


@contextmanager
def in_a_thread(work: Callable[[], None]) -> Iterator[None]:
    """While the block waits for the network. A problem of the block itself goes before one of the work."""
    with ThreadPoolExecutor(1, thread_name_prefix="samooh-beside") as pool:
        done = pool.submit(work)
        yield
    done.result()

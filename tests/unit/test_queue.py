"""How many calls are let in: a few at work, a bounded number waiting, and nobody for longer than makes sense."""

import asyncio

import pytest

from records.problems import Problem
from server.api import JOBS, LONGEST_WAIT_S, QUEUE, Queue
from server.calls import Call


class Work:
    """Work that ends when it is told to; `most` is how much of it was under way at once."""

    def __init__(self):
        self.now = self.most = 0
        self.go = asyncio.Event()

    async def __call__(self):
        self.now += 1
        self.most = max(self.most, self.now)
        await self.go.wait()
        self.now -= 1
        return b"done"


async def test_a_few_work_at_once_and_beyond_the_queue_it_is_busy():
    queue, work = Queue(), Work()
    tasks = [asyncio.create_task(queue.run(work, Call("sync"))) for _ in range(QUEUE)]
    await asyncio.sleep(0.01)
    for refusing in (queue.admit, lambda: None):
        with pytest.raises(Problem, match="busy") as refused:
            refusing()
            await queue.run(work, Call("sync"))
        assert refused.value.retry_after
    work.go.set()
    assert await asyncio.gather(*tasks) == [b"done"] * QUEUE
    assert work.most == JOBS
    queue.admit()


async def test_nobody_is_let_in_to_wait_for_long(monkeypatch):
    """Where a call takes a second, a fifth of those that fit are let in."""
    queue, work = Queue(), Work()
    queue._lasts = 1.0
    tasks, let_in = [], 0
    for _ in range(QUEUE):
        try:
            queue.admit()
        except Problem as problem:
            assert problem.code == "busy" and problem.retry_after
            break
        let_in += 1
        tasks.append(asyncio.create_task(queue.run(work, Call("sync"))))
        await asyncio.sleep(0)
    assert let_in == JOBS * LONGEST_WAIT_S + 1
    work.go.set()
    await asyncio.gather(*tasks)


async def test_a_call_that_breaks_gives_its_place_back():
    async def broken():
        raise ValueError

    queue = Queue()
    for _ in range(QUEUE + 1):
        with pytest.raises(ValueError):
            await queue.run(broken, Call("sync"))
    queue.admit()

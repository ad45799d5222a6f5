"""How many calls are let in: a few at work, a bounded number waiting, and nobody for longer than makes sense."""

import asyncio
from itertools import pairwise

import pytest

from records.problems import Problem
from server.api import JOBS, LATEST_S, LONGEST_WAIT_S, QUEUE, SOONEST_S, Queue
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


@pytest.mark.parametrize(("lasts", "waiting"), [(1.0, 16), (8.5, 1), (60.0, 0)])
async def test_nobody_is_let_in_to_wait_for_long_and_nobody_sent_away_while_one_more_can_be_worked_on(lasts, waiting):
    """Where a call takes a second, who comes last waits four; where it takes a minute, nobody, but four work."""
    queue, work = Queue(), Work()
    queue._lasts = lasts
    tasks: list[asyncio.Task[bytes]] = []
    with pytest.raises(Problem, match="busy") as refused:
        while len(tasks) < QUEUE:
            queue.admit()
            tasks.append(asyncio.create_task(queue.run(work, Call("sync"))))
            await asyncio.sleep(0)
    assert refused.value.retry_after
    assert len(tasks) == JOBS + waiting and waiting * lasts / JOBS <= LONGEST_WAIT_S
    work.go.set()
    await asyncio.gather(*tasks)


async def test_who_is_refused_is_told_to_come_one_after_the_other(monkeypatch):
    """Three hundred phones after a meeting, where a call takes a fifth of a second: as many come again in each second
    as can be worked on, and none is sent away for longer than half a minute."""
    now = [100.0]
    monkeypatch.setattr("server.api.time.monotonic", lambda: now[0])
    queue = Queue()
    queue._lasts, queue._waiting = 0.2, QUEUE

    def told():
        with pytest.raises(Problem, match="busy") as refused:
            queue.admit()
        return refused.value.retry_after

    first = [told() for _ in range(300)]
    assert first[0] == pytest.approx(QUEUE * 0.2 / JOBS + 0.2 / JOBS)
    gaps = {round(later - sooner, 6) for sooner, later in pairwise(first)}
    assert gaps == {0.2 / JOBS} and max(first) < LATEST_S
    now[0] += 10
    assert told() == pytest.approx(first[-1] - 10 + 0.2 / JOBS), "after all that were told before"
    assert max(told() for _ in range(1000)) == LATEST_S
    now[0] += 60
    queue._lasts, queue._waiting = 0.001, QUEUE
    assert told() == pytest.approx(SOONEST_S, abs=0.01), "what is over does not count any more"


async def test_a_call_that_breaks_gives_its_place_back():
    async def broken():
        raise ValueError

    queue = Queue()
    for _ in range(QUEUE + 1):
        with pytest.raises(ValueError):
            await queue.run(broken, Call("sync"))
    queue.admit()

"""Many seeds of the simulation, for a night: `python -m tests.property.simulate --seeds 100000`.

Prints how far it has come, and of every seed that breaks a law the fewest operations that still break it.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable

from tests.property.simulation.numbers import report
from tests.property.simulation.running import Outcome, run, shrink


def of_seed(seed: int) -> Outcome:
    return run(seed)


def outcomes(seeds: Iterable[int], jobs: int) -> Iterable[Outcome]:
    if jobs == 1:
        yield from map(of_seed, seeds)
        return
    # A fresh process now and then: what a run leaves behind in SQLAlchemy's caches does not pile up for a night.
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=500) as pool:
        yield from pool.imap_unordered(of_seed, seeds, chunksize=5)


def told(outcome: Outcome, *, whole: bool) -> str:
    lines = [f"seed {outcome.seed}: {outcome.broken}"]
    if not whole and outcome.broken:
        fewer = shrink(outcome.seed, outcome.broken)
        again = run(outcome.seed, fewer)
        lines += [f"with {len(fewer)} operations: {again.broken}", *again.trace]
    else:
        lines += outcome.trace
    return "\n   ".join(lines)


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=2000, help="how many")
    asked.add_argument("--first", type=int, default=0, help="the first seed")
    asked.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    asked.add_argument("--whole", action="store_true", help="print whole traces; nothing is made shorter")
    asked.add_argument("--trace", action="store_true", help="print the trace of every seed")
    said = asked.parse_args()
    began, counts, broken = time.monotonic(), Counter[str](), 0
    for number, outcome in enumerate(outcomes(range(said.first, said.first + said.seeds), said.jobs), 1):
        counts += outcome.counts
        counts["seeds"] += 1
        if outcome.broken:
            broken += 1
            print(told(outcome, whole=said.whole), flush=True)
        elif said.trace:
            print(told(outcome, whole=True), flush=True)
        if number % 200 == 0:
            print(f"{number} seeds, {broken} broken, {time.monotonic() - began:.0f} s", flush=True)
    print(report(counts, time.monotonic() - began))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

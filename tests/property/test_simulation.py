"""The seven laws under every fault we can think of: a deterministic simulation, sized by time.

Each shard runs as many of its seeds as fit into its share of the time, and tells how many those were; the numbers stand
at the end of the test run. A night's worth: `python -m tests.property.simulate --seeds 100000`.
"""

import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.property.simulation.broken import VARIANTS
from tests.property.simulation.running import plan, run, shrink
from tests.property.simulation.town import REGISTRIES, template

SEEDS = int(os.environ.get("SAMOOH_SEEDS") or (2000 if os.environ.get("CI") else 320))
"""Few for whoever waits for them, many where nobody does: about as many as go into the time below."""

SECONDS = float(os.environ.get("SAMOOH_SEEDS_SECONDS", "715"))
"""Of processor time for all shards together: less than six minutes of two cores. What does not fit is left out."""

SHARDS = 40
spent: list[float] = []
"""Seconds of the shards that this process has run."""

FEWEST = 10
"""A shard that does not even come to so many seeds has something else wrong with it."""


@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_laws_hold_under_every_fault(shard, record_property):
    # Seeds are dealt out, so that when the time is too short for all it is the last ones that are left out.
    seeds, counts = range(shard, SEEDS, SHARDS), Counter[str]()
    # What a shard before it has left over, this one may take.
    began, limit = time.process_time(), SECONDS / SHARDS * (len(spent) + 1) - sum(spent)
    for number, seed in enumerate(seeds):
        if number >= FEWEST and time.process_time() - began > limit:
            break
        outcome = run(seed)
        counts += outcome.counts
        counts["seeds"] += 1
        assert outcome.broken is None, (
            f"seed {seed}: {outcome.broken}\n"
            f"with fewer operations: python -m tests.property.simulate --seeds 1 --first {seed}\n"
            + "\n".join(outcome.trace)
        )
    spent.append(time.process_time() - began)
    record_property("simulated", dict(counts))
    record_property("simulated seconds", spent[-1])


SAME = """
import sys
from tests.property.simulation.running import run
for seed in range(20):
    print(run(seed, digest=True).digest)
"""


def test_the_same_seed_gives_the_same_trace_and_the_same_end():
    """In two processes whose sets have different orders."""
    said = [
        subprocess.Popen(
            [sys.executable, "-c", SAME], env=os.environ | {"PYTHONHASHSEED": order}, cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE, text=True,
        )
        for order in ("1", "2")
    ]  # fmt: skip
    one, other = (process.communicate(timeout=500)[0].split() for process in said)
    assert one == other and len(set(one)) == 20


@pytest.fixture
def made():
    """What is made once in a process is made before anything is broken."""
    for registry in REGISTRIES:
        template(registry)
    run(0, [])


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.__name__)
def test_a_broken_product_is_found_out(variant, made, monkeypatch):
    for seed in VARIANTS[variant]:
        with monkeypatch.context() as patch:
            variant(patch)
            outcome = run(seed)
        if outcome.broken:
            # What merely falls over shows nothing about the laws.
            assert not re.search("(Type|Attribute|Name)Error", outcome.broken), outcome.broken
            assert run(seed).broken is None, "found by its own mistake, not by another one"
            return
    pytest.fail(f"not found by the seeds {VARIANTS[variant]}")


def test_a_failing_seed_is_told_with_few_operations(made, monkeypatch):
    from tests.property.simulation.broken import a_client_that_clears_its_outbox_on_send

    a_client_that_clears_its_outbox_on_send(monkeypatch)
    seed = next(seed for seed in range(20) if run(seed).broken)
    broken = run(seed).broken
    assert broken
    fewer = shrink(seed, broken)
    assert len(fewer) <= len(plan(seed)) / 4 and run(seed, fewer).broken

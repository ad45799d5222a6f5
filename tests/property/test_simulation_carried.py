"""The simulation where work is also carried by hand: files come twice, late, and after the centre has gone back."""

import pytest

from tests.property.simulation.carrying import CarryingRun, carrying_plan
from tests.property.simulation.running import Outcome, run

SEEDS = range(10)


def carried(seed: int, **how) -> Outcome:
    return run(seed, carrying_plan(seed), how=CarryingRun, **how)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_laws_hold_with_files_carried_twice_late_and_past_restores(seed):
    outcome = carried(seed)
    assert outcome.broken is None, "\n".join([outcome.broken or "", *outcome.trace])


def test_the_same_seed_gives_the_same_trace_with_files_too():
    assert carried(3, digest=True).digest == carried(3, digest=True).digest


def test_files_are_carried_at_all_in_these_seeds():
    counts = carried(1).counts + carried(2).counts + carried(4).counts
    assert counts["carried: received"] and counts["carried: TakenIn(what='carried',"], counts

"""Whoever is told only what changed ends with what a fresh phone holds: pages of few rows, cut anywhere, streams that
begin and end while others write."""

import random

import pytest

from server.page_rows import PageRows
from server.paging import Paging
from tests.property.test_laws import Simulation, assert_copies_are_what_a_fresh_phone_would_hold
from tests.world import World

SEEDS = (*range(4, 8), "PostgreSQL")


@pytest.mark.parametrize("seed", SEEDS)
def test_told_only_what_changed_a_phone_ends_with_what_a_fresh_one_holds(seed, tmp_path, monkeypatch):
    chance, told = random.Random(str(seed)), []
    page, sections = Paging.page, PageRows.sections

    def few_rows(self, vector, news, room):
        return page(self, vector, news, chance.choice((1, 2, 5, 9, room)))

    def noted(self, read, kind, wanted):
        told.extend(len(columns) for columns in wanted)
        return sections(self, read, kind, wanted)

    monkeypatch.setattr(Paging, "page", few_rows)
    monkeypatch.setattr(PageRows, "sections", noted)
    world = World.on_postgres(seed=5) if seed == "PostgreSQL" else World(seed=100 + seed)
    try:
        simulation = Simulation(world.seed, tmp_path, world)
        simulation.run(150 if world.url.startswith("sqlite") else 60)
        simulation.rest()
        simulation.withdraw_what_was_not_taken()
        # Some of what was told were a few fields of records that have many more.
        assert sum(count < 6 for count in told) > 50
        monkeypatch.setattr(Paging, "page", page)
        assert_copies_are_what_a_fresh_phone_would_hold(simulation, tmp_path)
    finally:
        world.drop()

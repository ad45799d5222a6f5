"""Mistakes that random work has found (tests/property), each told once as a plain story."""

from tests.world import World, ref


def an_office_of_two(world):
    """Two phones of people who reach V1, as the centre knows them: their device numbers."""
    return [world.enrol(person) for person in ("abm", "supervisor")]


def push(world, reply, number, *rows, **how):
    return world.centre._take_batch(reply.device, world.batch(reply.device, number, list(rows), **how), world.clock())


def test_of_two_equal_values_the_one_that_nobody_saw_is_kept_when_the_other_is_replaced():
    """Both type the same name, unseen by each other. Who replaces her own has not seen the other's, which must be kept;
    it is so in whatever order the three arrive."""
    world = World()
    abm, supervisor = an_office_of_two(world)
    group = ref("a group")
    day = {"village_id": ref("V1"), "formed_on": "2026-03-01"}
    push(world, abm, 1, ("Shg", group, {"name": "radha", **day}))
    push(world, supervisor, 1, ("Shg", group, {"name": "radha"}))
    seen = world.stamps("Shg", group)["name"]
    assert not [row for row in world.rows(world.centre.tables.records["Conflict"])]
    push(world, supervisor, 2, ("Shg", group, {"name": "sita"}), bases={"name": seen})
    kept = [row["value"] for row in world.rows(world.centre.tables.records["Conflict"]) if row["state"] == "open"]
    assert world.row("Shg", group)["name"] == "sita" and kept == ['"radha"']

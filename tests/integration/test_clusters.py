"""Somebody who is assigned to a cluster reaches the panchayats that lie in it today, and no others, both ways."""

import random
from datetime import date

import pytest

from records.access import Geography, PlaceLine, Reach, reach_of
from tests.fleet import Phone, differences, fresh_contents, quiet
from tests.integration.test_central_store import Caller, a_group, kinds_of, states
from tests.world import World, ref

PANCHAYATS = ("G1", "G2", "G4", "G5")
VILLAGE = {"G1": "V1", "G2": "V2", "G4": "V4", "G5": "V5"}


def place(name, level, parent):
    return ("Place", name, {"level": level, "name": f"Place {name}", "parent_id": parent})


def clustered(world, *inside, cluster="C1"):
    """Block B1 has two more panchayats and two clusters; somebody works as an ABM in the first of these."""
    world.office(
        *(place(name, "cluster", "B1") for name in ("C1", "C2")),
        *(place(name, "gram_panchayat", "B1") for name in ("G4", "G5")),
        *(place(VILLAGE[name], "village", name) for name in ("G4", "G5")),
        ("Person", "both", {"name": "both", "home_id": "C1"}),
        ("Assignment", "both/1", {"person_id": "both", "role": "abm", "place_id": cluster, "from_on": "2020-01-01"}),
    )
    for name in inside:
        lie_in(world, name, cluster)
    return world


def lie_in(world, panchayat, above):
    answer = world.overwrite("Place", panchayat, parent_id=ref(above))
    assert [one.state for one in answer.outcomes] == ["applied"]


def reads(names):
    return {name.split("/")[1] for name in names if name.startswith("gp/")}


@pytest.fixture
def town(world_on_each):
    return clustered(world_on_each, "G1", "G2")


def test_an_assignment_to_a_cluster_is_one_to_each_of_its_panchayats():
    line = PlaceLine("C", "cluster", None, "B", "D")
    where = Geography({"C": line}, {}, state_id="S", panchayats_of_cluster={"C": frozenset({"G1", "G2"})})
    reach = reach_of("abm", "C", None, where)
    assert reach == Reach(
        "abm", frozenset({"G1", "G2"}), frozenset({"B"}), districts=frozenset({"D"}), states=frozenset({"S"})
    )
    assert reach_of("supervisor", "C", None, where) == Reach("supervisor"), (
        "a supervisor's streams are those of a block"
    )


# --- over every way, on both engines


def test_what_lies_in_the_cluster_is_read_and_written_and_nothing_else(world):
    clustered(world, "G1", "G2")
    one, two, three = Caller(world, "abm"), Caller(world, "abm2"), Caller(world, "both")
    supervisor = Caller(world, "supervisor")
    one.push(("Shg", "a" * 32, a_group()), ("Member", "b" * 32, {"shg_id": "a" * 32, "name": "सीता"}))
    two.push(
        ("Shg", "c" * 32, a_group(village_id=ref("V2"))), ("Member", "d" * 32, {"shg_id": "c" * 32, "name": "राधा"})
    )
    supervisor.push(("Shg", "e" * 32, a_group(village_id=ref("V4"))))
    supervisor.push(("Member", "f" * 32, {"shg_id": "e" * 32, "name": "गीता"}))
    pulled = three.pull()
    assert reads(pulled.page.granted) | reads(part.stream for part in pulled.page.parts) == {ref("G1"), ref("G2")}
    assert kinds_of(pulled)["Member"] == {"b" * 32, "d" * 32}
    inside = three.push(("Shg", "1" * 32, a_group(village_id=ref("V2"))), ("Shg", "a" * 32, {"remarks": "hers"}))
    assert states(inside) == [("applied", None)] * 2
    outside = three.push(("Shg", "2" * 32, a_group(village_id=ref("V4"))), ("Shg", "e" * 32, {"remarks": "not hers"}))
    assert states(outside) == [("quarantined", "out_of_reach")] * 2


# --- clusters change


def test_a_panchayat_that_comes_is_granted_and_one_that_goes_is_withdrawn(town):
    one = Caller(town, "both")
    one.pull()
    lie_in(town, "G4", "C1")
    page = one.call().page
    assert reads(page.granted) == {ref("G4")} and not page.withdrawn
    one.pull()
    lie_in(town, "G1", "C2")
    page = one.call().page
    assert set(page.withdrawn) == {f"gp/{ref('G1')}/members"} and not reads(page.granted)


@pytest.mark.parametrize("told", [True, False], ids=["told of it", "not in contact since"])
def test_what_was_typed_before_a_panchayat_went_is_applied_and_marked_for_thirty_days(town, told):
    one = Caller(town, "both")
    one.pull()
    one.push(("Shg", "a" * 32, a_group()))
    typed_under = one.under
    town.clock.forward(days=1)
    lie_in(town, "G1", "C2")
    if told:
        one.pull()
    reply = one.push(("Shg", "a" * 32, {"remarks": "typed in time"}), under=typed_under)
    assert states(reply) == [("applied", None)] and "outside_reach" in town.row("Shg", "a" * 32)["marks"]
    new = one.push(("Shg", "b" * 32, a_group(name="also in time")), under=typed_under)
    assert states(new) == [("applied", None)]
    one.pull()
    assert states(one.push(("Shg", "a" * 32, {"remarks": "after"}))) == [("quarantined", "out_of_reach")]
    town.clock.forward(days=31)
    late = one.push(("Shg", "a" * 32, {"active": False}), under=typed_under)
    assert states(late) == [("quarantined", "out_of_reach")]


def test_a_panchayat_that_goes_after_the_assignment_has_ended_gives_nothing_back(town):
    one = Caller(town, "both")
    one.pull()
    one.push(("Shg", "a" * 32, a_group()))
    town.clock.forward(days=1)
    town.overwrite("Assignment", "both/1", to_on=date.fromtimestamp(town.clock() / 1000))
    town.clock.forward(days=20)
    change = ("Shg", "a" * 32, {"remarks": "typed in time"})
    assert states(one.push(change, bases=town.stamps("Shg", "a" * 32))) == [("applied", None)]
    town.clock.forward(days=20)
    lie_in(town, "G1", "C2")
    late = one.push(("Shg", "a" * 32, {"active": False}))
    assert states(late) == [("quarantined", "out_of_reach")]


def test_an_assignment_that_has_ended_reaches_nothing_of_the_cluster(town):
    one = Caller(town, "both")
    one.pull()
    town.overwrite("Assignment", "both/1", to_on=date(2026, 9, 1))
    reply = one.call()
    one.take(reply)
    assert reads(reply.page.withdrawn) == {ref("G1"), ref("G2")}
    assert states(one.push(("Shg", "a" * 32, a_group()))) == [("quarantined", "out_of_reach")]


@pytest.mark.parametrize("seed", range(5))
def test_however_clusters_change_a_phone_holds_what_a_fresh_one_would_and_writes_only_there(tmp_path, seed):
    """Panchayats go from cluster to cluster and to the block; work goes on at all of them. Printed by its seed."""
    chance = random.Random(seed)
    world = clustered(World(url=f"sqlite:///{tmp_path / 'central.db'}"), *chance.sample(PANCHAYATS, 2))
    supervisor, hers = Caller(world, "supervisor"), Phone(world, "both", tmp_path, "hers")
    below = {row["id"]: row["parent_id"] for row in world.rows(world.centre.tables.records["Place"])}
    for number in range(8):
        panchayat, above = chance.choice(PANCHAYATS), chance.choice(("C1", "C1", "C2", "B1"))
        if below[ref(panchayat)] != ref(above):
            lie_in(world, panchayat, above)
            below[ref(panchayat)] = ref(above)
        village = ref(VILLAGE[chance.choice(PANCHAYATS)])
        shg = f"{number:032x}"
        supervisor.push(("Shg", shg, a_group(village_id=village)))
        supervisor.push(("Member", f"{number:031x}f", {"shg_id": shg, "name": f"सीता {number}"}))
        quiet([hers])
        inside = {id for id in map(ref, PANCHAYATS) if below[id] == ref("C1")}
        contents = hers.contents()
        held = {row[0]["shg_id"] for row in contents.get("Member", {}).values()}
        standing = {row["id"]: row["gram_panchayat_id"] for row in world.rows(world.centre.tables.standing)}
        with_women = {f"{one:032x}" for one in range(number + 1)}
        assert held == {id for id in with_women if standing[id] in inside}
        caller = Caller(world, "both")
        caller.pull()
        tried = [("Shg", world.id(), a_group(village_id=ref(VILLAGE[name]))) for name in PANCHAYATS]
        told = [state for state, _ in states(caller.push(*tried))]
        assert told == ["applied" if ref(name) in inside else "quarantined" for name in PANCHAYATS]
    quiet([hers])
    assert not differences(hers.contents(), fresh_contents(world, "both", tmp_path))
    hers.store.close()
    world.centre.close()

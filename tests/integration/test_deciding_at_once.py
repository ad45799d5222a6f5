"""Two supervisors decide the same thing in the same moment, on two connections: one decides, one is told."""

import threading

import pytest

from records.commands.conflicts import DecideConflict
from records.commands.groups import ChangeGroup
from records.errands import AcceptChange, ListSetAside, SendBack
from records.problems import Refused
from storage.queries import find_shg, list_conflicts
from tests.console import Console
from tests.fleet import Phone, quiet
from tests.integration.test_deciding import NEWER, OLDER, a_group
from tests.integration.test_set_aside import REASON, named, registering
from tests.world import World

TIMES = 6


@pytest.fixture
def world():
    made = World.on_postgres()
    yield made
    made.drop()


@pytest.fixture
def desks(world):
    console = Console(world)
    yield [console.signed_in("supervisor").workspace for _ in range(2)]
    console.close()


@pytest.fixture
def phones(world, tmp_path):
    made = [Phone(world, person, tmp_path, person) for person in ("abm", "supervisor")]
    quiet(made)
    yield made
    for one in made:
        one.store.close()


def at_once(*deeds) -> list[str]:
    """What became of each: "done" or the code it was refused with."""
    ready, said = threading.Barrier(len(deeds)), [""] * len(deeds)

    def do(number, deed):
        ready.wait()
        try:
            deed()
            said[number] = "done"
        except Refused as refused:
            said[number] = refused.code

    threads = [threading.Thread(target=do, args=one) for one in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return said


def test_one_conflict_is_decided_both_ways_at_once(world, desks, phones):
    abm, supervisor = phones
    for _ in range(TIMES):
        group = a_group(abm)
        quiet(phones)
        abm.do(ChangeGroup(group, {"name": OLDER}))
        supervisor.do(ChangeGroup(group, {"name": NEWER}))
        quiet(phones)
        (row,) = desks[0].ask(list_conflicts)
        both = [
            DecideConflict(row.id, row.record_kind, row.record_id, restore=restore, seen=row.winning_stamp)
            for restore in (True, False)
        ]
        said = at_once(lambda both=both: desks[0].do(both[0]), lambda both=both: desks[1].do(both[1]))
        assert sorted(said) == ["changed_meanwhile", "done"]
        assert desks[0].ask(find_shg, id=group)[0].name == (OLDER if said[0] == "done" else NEWER)
        assert not desks[0].ask(list_conflicts)
    kinds = {row["record_kind"] for row in world.rows(world.centre.tables.records["Conflict"])}
    assert kinds == {"Shg"}, "no decision is in conflict with another"


def test_one_change_is_accepted_and_sent_back_at_once(world, desks, phones):
    abm, _ = phones
    for _ in range(TIMES):
        group = abm.do(registering()).id
        quiet(phones)
        (row,) = desks[0].perform(ListSetAside())
        accept, back = AcceptChange(*named(row)), SendBack(*named(row), REASON)
        said = at_once(lambda accept=accept: desks[0].perform(accept), lambda back=back: desks[1].perform(back))
        assert sorted(said) == ["changed_meanwhile", "done"]
        assert bool(desks[0].ask(find_shg, id=group)) == (said[0] == "done")
        if said[1] == "done":
            abm.sync()
            abm.workspace.withdraw("Shg", group)

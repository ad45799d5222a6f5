"""What a phone tells of its own work and of itself."""

from datetime import date

import pytest

from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.members import AddMember
from records.problems import Problem
from records.workspace import RUNS_KEPT, Run, identity_from, with_run
from storage.contact import keep_run, runs_of
from storage.history import remember
from storage.outbox import own_entries
from tests.factories import a_place_tree
from tests.harness import CAPACITIES
from tests.phones import a_phone
from tests.unit.test_storage_queries import give

TREE = a_place_tree()


@pytest.fixture
def phone(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        give(phone, *TREE)
        yield phone


def test_what_waits_is_told_by_record_and_then_what_was_answered(phone):
    group = phone.do(
        RegisterGroup({"village_id": TREE.village.id, "name": "जय अम्बे", "formed_on": date(2026, 11, 1)})
    ).id
    phone.do(AddMember(group, {"name": "सीता"}))
    phone.do(ChangeGroup(group, {"declared_members": 12}))
    waiting = [(one.kind, one.title, one.state, one.shg_id) for one in phone.outgoing()]
    assert sorted(waiting) == [("Member", "सीता", "waiting", group), ("Shg", "जय अम्बे", "waiting", group)]
    with phone.store.writing() as t:
        entries = own_entries(t, [("Shg", group)])[("Shg", group)]
        remember(t, [(entry, "applied") for entry in entries] * 2)
        t.connection.exec_driver_sql("DELETE FROM outbox WHERE kind='Shg'")
    assert [(one.kind, one.state) for one in phone.outgoing()] == [("Member", "waiting"), ("Shg", "received")]
    assert len(phone.outgoing(limit=1)) == 2, "so many of each"


def test_runs_are_kept_over_a_restart_and_no_more_than_are_wanted(phone):
    for number in range(RUNS_KEPT + 5):
        keep_run(phone.store, Run(number, sent=number + 1))
    runs = runs_of(phone.store)
    assert [run.at_ms for run in runs] == list(range(RUNS_KEPT + 4, 4, -1))


def test_runs_that_moved_nothing_are_told_together():
    runs = with_run((), Run(1, problem="offline"))
    runs = with_run(runs, Run(2, problem="offline"))
    assert runs == (Run(2, problem="offline", times=2),)
    runs = with_run(runs, Run(3))
    runs = with_run(runs, Run(4))
    runs = with_run(runs, Run(5, sent=1))
    assert [(run.at_ms, run.times) for run in with_run(runs, Run(6))] == [(6, 1), (5, 1), (4, 2), (2, 2)]


def test_a_device_tells_numbers_about_itself_and_nothing_about_anybody(phone):
    phone.do(RegisterGroup({"village_id": TREE.village.id, "name": "जय अम्बे", "formed_on": date(2026, 11, 1)}))
    support = phone.support()
    assert support.records["Shg"] == 1 and support.free_bytes and support.store_bytes
    assert "जय" not in str(support) and support.clock_offset_ms is not None
    log = phone.store.path.with_name(f"{phone.store.path.name}-wal")
    assert support.store_bytes == phone.store.path.stat().st_size + log.stat().st_size, "most of it lies in the log"


def test_a_bank_sakhi_is_known_by_her_branches():
    assert identity_from(CAPACITIES["bank_sakhi"], "0000c0de").branches
    assert identity_from(CAPACITIES["abm"], "0000c0de").branches == ()


def test_a_run_of_the_runner_is_kept(phone):
    from sync.runner import SyncRunner

    class Unreachable:
        def for_device(self, token):
            raise Problem("offline")

    SyncRunner(phone.store, Unreachable(), app="0").run()
    assert [run.problem for run in phone.sync_status().runs] == ["offline"]
    again = SyncRunner(phone.store, Unreachable(), app="0")
    assert [run.problem for run in phone.sync_status().runs] == ["offline"]
    again.run()
    assert phone.sync_status().runs[0].times == 2

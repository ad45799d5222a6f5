"""Saving: what the app called saved is on the disk, with its stamps and its place in the outbox, all or nothing."""

import sqlite3
import threading
from dataclasses import replace
from datetime import date

import pytest

from records.commands.accounts import CancelStep, RecordStep
from records.commands.groups import ChangeGroup, RegisterGroup, SayTheSame
from records.commands.members import AddMember, MoveMember
from records.ids import first_account_id
from records.problems import Problem, Refused
from records.wire import thawed
from storage.freezing import next_batch
from storage.queries import find_account, find_shg, list_groups, list_members, list_steps
from storage.store import LocalStore
from tests.factories import NOW_MS, a_place_tree, an_id, an_shg, filled
from tests.phones import a_phone, cells_of, outbox_of

TREE = a_place_tree()


@pytest.fixture
def phone(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        yield phone


def register(phone, **changes):
    return phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, **changes)))).id


def test_a_phone_that_was_never_enrolled_cannot_save(tmp_path):
    with a_phone(tmp_path, TREE, enrolled=False) as phone, pytest.raises(Problem, match="sign_in"):
        register(phone)


def test_what_is_saved_survives_the_process(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        id = register(phone, name="Jai Ambe")
    with a_phone(tmp_path, TREE, enrolled=False) as again:
        assert again.ask(find_shg, id=id)[0].name == "Jai Ambe"
        assert again.sync_status().waiting == 1


def test_a_save_waits_for_the_disk(phone):
    with phone.store.writing() as t:
        assert t.connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert t.connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    with phone.store.writing(durable=False) as t:
        assert t.connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1
    with phone.store.writing() as t:
        assert t.connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_transaction_that_breaks_leaves_nothing(phone):
    heard = []
    phone.on_change(heard.append)
    with pytest.raises(RuntimeError), phone.store.writing() as t:
        t.connection.execute(t.tables["Shg"].insert().values(id="0" * 32, name="half"))
        t.changed.add("Shg")
        raise RuntimeError("the process dies here")
    assert phone.ask(list_groups) == []
    assert heard == []


def test_a_process_that_dies_within_a_transaction_leaves_nothing(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        id = register(phone)
        dying = sqlite3.connect(phone.store.path, isolation_level=None)
        dying.execute("BEGIN IMMEDIATE")
        dying.execute("UPDATE shg SET name='half'")
        dying.execute("DELETE FROM outbox")
        dying.close()
        assert phone.ask(find_shg, id=id)[0].name == "Jai Ambe"
        assert phone.sync_status().waiting == 1


def test_a_create_stamps_only_what_the_person_filled_in(phone):
    id = register(phone, name="Jai Ambe", declared_members=12)
    assert set(cells_of(phone, "Shg", id).stamps) == {
        "village_id",
        "name",
        "formed_on",
        "declared_members",
        "formed_by_id",
    }
    assert cells_of(phone, "Shg", id).values["group_type"] == "women"


def test_a_refused_command_changes_nothing_and_names_the_fields(phone):
    with pytest.raises(Refused) as refused:
        register(phone, name="x" * 5, formed_on=date(2030, 1, 1))
    assert [(r.field, r.code) for r in refused.value.refusals] == [("formed_on", "day_in_future")]
    assert phone.sync_status().waiting == 0


def test_today_is_the_latest_day_there_is_reason_to_believe(tmp_path):
    with a_phone(tmp_path, TREE, clock_ms=0) as phone:
        # It was heard from the centre that day, though the clock says 1970.
        assert phone.ask(find_shg, id=register(phone, formed_on=date(2026, 11, 18)))
        with pytest.raises(Refused) as refused:
            register(phone, formed_on=date(2026, 11, 19))
        assert [(r.field, r.code) for r in refused.value.refusals] == [("formed_on", "day_in_future")]


def test_edits_before_a_sync_collapse_to_the_newest_value_and_the_oldest_base(phone):
    id = register(phone, name="One")
    first = outbox_of(phone)["Shg", id]["name"]
    phone.do(ChangeGroup(id, {"name": "Two"}))
    phone.do(ChangeGroup(id, {"name": "Three", "declared_members": 11}))
    changes = outbox_of(phone)["Shg", id]
    value, stamp, base = changes["name"]
    assert (value, base) == ("Three", "") and stamp > first[1]
    assert stamp == changes["declared_members"][1]


def test_an_edit_of_a_frozen_value_is_a_new_entry_based_on_it(phone):
    id = register(phone, name="One")
    batch = next_batch(phone.store)
    sent = thawed(batch.blob).sections[0].cells(0)["name"]
    phone.do(ChangeGroup(id, {"name": "Two"}))
    assert next_batch(phone.store) == batch
    assert outbox_of(phone)["Shg", id]["name"][2] == sent[1]


def test_a_form_saved_untouched_changes_nothing(phone):
    id = register(phone)
    before = outbox_of(phone)
    assert phone.do(ChangeGroup(id, {"name": "Jai Ambe"})).changes == ()
    assert outbox_of(phone) == before


def test_a_change_beats_what_its_author_had_seen_whatever_the_clock(tmp_path):
    clock = [NOW_MS]
    with a_phone(tmp_path, TREE, clock_ms=lambda: clock[0]) as phone:
        id = register(phone)
        before = cells_of(phone, "Shg", id).stamps["name"]
        clock[0] = 0
        phone.do(ChangeGroup(id, {"name": "Two"}))
        assert cells_of(phone, "Shg", id).stamps["name"] > before


def test_the_state_of_an_account_follows_its_steps_at_once(phone):
    id = register(phone)
    phone.do(RecordStep(id, "resolution_passed", date(2026, 10, 2)))
    phone.do(RecordStep(id, "submitted", date(2026, 10, 5)))
    (account,) = phone.ask(find_account, shg_id=id)
    assert (account.state, account.submitted_on) == ("submitted", date(2026, 10, 5))
    assert phone.ask(list_groups)[0].account_state == "submitted"
    steps = phone.ask(list_steps, account_id=first_account_id(id))
    assert [step.kind for step in steps] == ["resolution_passed", "submitted"]
    assert steps[1].after == (steps[0].id,)
    phone.do(RecordStep(id, "form_filled", date(2026, 11, 17)))
    last = phone.ask(list_steps, account_id=account.id)[-1]
    phone.do(CancelStep(account.id, last.id))
    assert phone.ask(find_account, shg_id=id)[0].state == "submitted"


def test_a_form_sent_twice_makes_one_record_and_what_was_typed_over_its_draft_since_is_not_lost(phone):
    """The app died between the save and the end of the draft: the draft comes back with the id that it had promised."""
    group, member = an_id(), an_id()
    values = {"village_id": TREE.village.id, "name": "Jai Ambe", "formed_on": date(2026, 11, 1)}
    for _ in range(2):
        phone.do(RegisterGroup(values, group))
    assert phone.do(RegisterGroup(values, group)).changes == ()
    phone.do(RegisterGroup({**values, "name": "Jai Ma Ambe"}, group))
    assert [row.name for row in phone.ask(list_groups)] == ["Jai Ma Ambe"]
    phone.do(AddMember(group, {"name": "Sunita Bai"}, member))
    assert phone.do(AddMember(group, {"name": "Sunita Bai"}, member)).changes == ()
    phone.do(AddMember(group, {"name": "Sunita Devi"}, member))
    assert [row.name for row in phone.ask(list_members, shg_id=group)] == ["Sunita Devi"]
    other = register(phone, name="Jai Bhim")
    phone.do(MoveMember(member, other))
    phone.do(AddMember(group, {"name": "Sunita Bai"}, member))
    assert [row.name for row in phone.ask(list_members, shg_id=other)] == ["Sunita Bai"], "she is not moved back"


def test_a_step_sent_twice_is_recorded_once_and_what_has_changed_meanwhile_is_a_step_of_its_own(phone):
    id, promised = register(phone), an_id()
    first = RecordStep(id, "submitted", date(2026, 11, 17), note="with photos", id=promised)
    assert phone.do(first).changes[-1].id == promised
    assert phone.do(first).changes == ()
    phone.do(replace(first, kind="form_filled"))
    steps = phone.ask(list_steps, account_id=first_account_id(id))
    assert sorted(step.kind for step in steps) == ["form_filled", "submitted"]
    for _ in range(2):
        phone.do(CancelStep(first_account_id(id), promised))
    steps = phone.ask(list_steps, account_id=first_account_id(id))
    assert [step.cancels_id for step in steps if step.kind == "cancelled"] == [promised]


def test_the_roster_of_a_group_and_its_marks_follow_its_members(phone):
    id = register(phone, declared_members=2)
    phone.do(AddMember(id, {"name": "Sunita Bai"}))
    (row,) = phone.ask(list_groups)
    assert row.roster_count == 1
    assert set(row.marks) == {"too_few_members", "declared_differs"}
    phone.do(AddMember(id, {"name": "Geeta Bai"}))
    assert phone.ask(list_groups)[0].marks == ("too_few_members",)
    assert [member.name for member in phone.ask(list_members, shg_id=id)] == ["Geeta Bai", "Sunita Bai"]


def test_groups_said_to_be_the_same_share_the_smallest_id_until_it_is_taken_back(phone):
    ids = sorted(register(phone, name=name) for name in ("A", "B", "C"))

    def canonical():
        return [phone.ask(find_shg, id=id)[0].canonical_id for id in ids]

    assert canonical() == ids
    phone.do(SayTheSame(ids[2], ids[1]))
    phone.do(SayTheSame(ids[1], ids[0]))
    assert canonical() == [ids[0]] * 3
    phone.do(SayTheSame(ids[1], None))
    assert canonical() == [ids[0], ids[1], ids[1]]
    phone.do(SayTheSame(ids[1], ids[2]))  # a cycle is harmless
    assert canonical() == [ids[0], ids[1], ids[1]]


def test_every_commit_is_announced_with_the_kinds_that_changed(phone):
    heard = []
    stop = phone.on_change(heard.append)
    id = register(phone)
    phone.do(AddMember(id, {"name": "Sunita Bai"}))
    stop()
    register(phone)
    assert heard == [frozenset({"Shg", "sync"}), frozenset({"Member", "Shg", "sync"})]


def test_a_listener_that_breaks_does_not_make_a_save_look_refused(phone, caplog):
    phone.on_change(lambda kinds: 1 / 0)
    assert phone.ask(find_shg, id=register(phone))
    assert "a listener of the store broke" in caplog.text


def test_saves_of_many_threads_come_one_after_another_each_with_a_stamp_of_its_own(phone):
    threads = [threading.Thread(target=lambda: [register(phone) for _ in range(5)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stamps = {changes["name"][1] for changes in outbox_of(phone).values()}
    assert len(stamps) == 20 == phone.sync_status().waiting


def test_an_id_that_could_never_be_sent_is_refused(phone):
    with pytest.raises(Refused) as refused:
        phone.do(RegisterGroup(filled(an_shg()), id="not an id"))
    assert [r.code for r in refused.value.refusals] == ["not_an_id"]


def test_one_store_is_synchronised_by_one_at_a_time(phone):
    other = LocalStore.open(phone.store.path)
    with phone.store.syncing(), pytest.raises(Problem, match="store_in_use"), other.syncing():
        pass
    with other.syncing():
        pass
    other.close()


def test_a_store_of_a_newer_app_is_left_alone(tmp_path):
    path = tmp_path / "phone.sqlite"
    LocalStore.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=99")
    with pytest.raises(Problem, match="store_damaged"):
        LocalStore.open(path)  # only one of two places says so: no app has written that
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value='99' WHERE name='format'")
    with pytest.raises(Problem, match="store_newer"):
        LocalStore.open(path)


def test_a_file_that_is_no_store_is_called_damaged(tmp_path):
    path = tmp_path / "phone.sqlite"
    path.write_bytes(b"this is no database, but it is long enough to be taken for one" * 50)
    with pytest.raises(Problem, match="store_damaged"):
        LocalStore.open(path)


def test_a_full_disk_is_a_problem_with_a_name_and_loses_nothing(phone):
    id = register(phone)
    with pytest.raises(Problem, match="disk_full"), phone.store.writing() as t:
        pages = t.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        t.connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        t.meta.put("filler", "x" * 1_000_000)
    assert phone.ask(find_shg, id=id)


def test_a_full_disk_is_not_called_an_app_that_is_open_twice(phone, monkeypatch):
    class NoRoom:
        def execute(self, statement):
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorname = "SQLITE_FULL"
            raise error

        def close(self): ...

    monkeypatch.setattr(sqlite3, "connect", lambda *given, **how: NoRoom())
    with pytest.raises(Problem, match="disk_full"), phone.store.syncing():
        pass

"""Files of older apps: opened with all they held, copied before, and the same whenever the process dies meanwhile."""

import sqlite3
from contextlib import closing

import pytest

from records.commands.groups import RegisterGroup
from records.commands.photos import AddPhoto
from records.kinds import KINDS
from records.problems import Problem
from screens.version import VERSION
from storage import copies
from storage.adopting import adopt
from storage.freezing import next_batch
from storage.queries import list_groups
from storage.store import LocalStore
from storage.tables import snake_case
from storage.workspace import PhoneWorkspace
from tests.factories import NOW_MS, a_place_tree, supervisor_capacity
from tests.phone_files import KEPT, LATER, assert_holds, contents, kept_files, make_file, unpacked
from tests.phones import KEYS, a_phone, an_enrolment
from tests.pictures import a_photo


def opened(path, registry=KINDS):
    return LocalStore.open(path, registry=registry, clock=lambda: NOW_MS)


def copies_of(path):
    return sorted(path.parent.glob("phone.before-*"))


# --- files of every version that was released


def test_the_file_of_this_version_is_kept():
    """After a new version: `python -m tests.phone_files`, and the file it writes goes into the same commit."""
    assert KEPT / f"{VERSION}.gz" in kept_files()


@pytest.mark.parametrize("kept", kept_files(), ids=lambda kept: kept.stem)
@pytest.mark.parametrize("registry", [KINDS, LATER], ids=["this app", "a later app"])
def test_a_kept_file_opens_with_all_it_held(kept, registry, tmp_path):
    path = unpacked(kept, tmp_path)
    before = contents(path)
    assert all(before[name] for name in ("outbox", "frozen", "mending", "own_change", "draft", "setting", "stream"))
    store = opened(path, registry)
    phone = PhoneWorkspace(store)
    assert phone.draft("Shg/new").values == {"name": "half a na"} and phone.setting("language") == "en"
    assert len(phone.ask(list_groups)) == 6 and phone.mending()[0].code == "required"
    assert phone.sync_status().waiting >= 5 and next_batch(store)
    assert phone.identity().name == "Asha Patel"
    store.close()
    assert_holds(path, before)


def test_indexes_in_whose_place_others_stand_go_from_an_old_file(tmp_path):
    path = unpacked(KEPT / "0.1.0.gz", tmp_path)
    opened(path).close()
    with closing(sqlite3.connect(path)) as connection:
        found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='index'")}
    assert "outbox_by_place" in found and not found & {"outbox_by_batch", "outbox_by_at"}


def test_what_only_a_later_app_knows_is_there_once_that_app_opens_the_file(tmp_path):
    path = unpacked(kept_files()[-1], tmp_path)
    opened(path, LATER).close()
    after = contents(path)
    assert {row["savings_day"] for row in after["shg"]} >= {5} and {row["colour"] for row in after["shg"]} == {
        "red",
        "blue",
    }
    assert [row["place"] for row in after["meeting"]] == ["Under the tree"] and not after["unknown_record"]
    assert not [row for row in after["outbox"] if row["batch"] == -1], "what was parked can go now"


# --- the copy


def test_a_file_is_copied_before_an_upgrade_and_one_copy_is_kept(tmp_path):
    path = make_file(tmp_path)
    before = contents(path)
    opened(path, LATER).close()
    (copy,) = copies_of(path)
    assert contents(copy) == before
    opened(path).close()
    assert len(copies_of(path)) == 2, "the way back is an upgrade too"
    opened(path).close()
    assert len(copies_of(path)) == 1, "the file has opened well: the newest copy is enough"


def test_nothing_is_copied_or_written_where_nothing_is_lacking(tmp_path):
    path = make_file(tmp_path)
    opened(path).close()
    for old in copies_of(path):
        old.unlink()
    before = path.read_bytes()
    opened(path).close()
    assert not copies_of(path) and path.read_bytes() == before


def test_without_room_for_all_of_it_what_only_this_phone_holds_is_copied(tmp_path, monkeypatch):
    path = make_file(tmp_path)
    before = contents(path)
    monkeypatch.setattr(copies, "free_bytes", lambda folder: 300_000)
    opened(path, LATER).close()
    (copy,) = copies_of(path)
    kept = contents(copy)
    assert set(kept) == set(copies.ONLY_HERE) and "shg" not in kept
    assert all(kept[name] == before[name] for name in kept)
    assert contents(path)["meeting"], "the upgrade itself was done"


def test_where_not_even_that_fits_the_file_stays_as_it_is_and_the_problem_has_a_name(tmp_path, monkeypatch):
    path = make_file(tmp_path)
    before = contents(path)

    def full(source, target):
        target.execute("PRAGMA max_page_count=1")
        target.execute("CREATE TABLE one (a)")
        target.execute("CREATE TABLE two (a)")

    monkeypatch.setattr(copies, "free_bytes", lambda folder: 0)
    monkeypatch.setattr(copies, "_copy_only_here", full)
    with pytest.raises(Problem, match="no_room"):
        opened(path, LATER)
    assert contents(path) == before and not copies_of(path)
    monkeypatch.undo()
    opened(path, LATER).close()
    assert_holds(path, before)


def test_photos_that_wait_come_through_an_upgrade_and_stand_in_the_copy_before_it(tmp_path, monkeypatch):
    tree, picture = a_place_tree(), a_photo()
    with a_phone(tmp_path, tree) as phone:
        group = phone.do(RegisterGroup({"village_id": tree.village.id, "name": "photos", "formed_on": "2026-03-01"})).id
        photo, path = phone.do(AddPhoto(group, "passbook", picture)).id, phone.store.path
    monkeypatch.setattr(copies, "free_bytes", lambda folder: 0)
    store = opened(path, LATER)
    assert PhoneWorkspace(store).photo(photo).content == picture
    store.close()
    (copy,) = copies_of(path)
    assert contents(copy)["photo"] == contents(path)["photo"]


def test_a_copy_goes_with_the_person_whose_work_it_holds(tmp_path):
    tree = a_place_tree()
    with a_phone(tmp_path, tree) as phone:
        path = phone.store.path
    opened(path, LATER).close()
    with a_phone(tmp_path, tree, enrolled=False) as phone:
        assert copies_of(path)
        adopt(phone.store, an_enrolment(supervisor_capacity(tree)), KEYS)
        assert not copies_of(path)


# --- what a file says of itself


def test_a_file_that_lacks_what_it_says_it_has_is_damaged_and_not_filled_up_with_nothing(tmp_path):
    path = make_file(tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE outbox RENAME TO outbnx")
    with pytest.raises(Problem, match="store_damaged"):
        opened(path)
    assert snake_case("AccountStep") in contents(path)


def test_the_check_of_all_that_was_held_sees_what_is_missing(tmp_path):
    path = make_file(tmp_path)
    before = contents(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE shg SET name='other' WHERE name='Durga'")
    with pytest.raises(AssertionError, match="Durga"):
        assert_holds(path, before)

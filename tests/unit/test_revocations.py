"""The second store of what was revoked: on the disk before it is answered, applied before anything is served."""

import os
import shutil

import pytest

from records.messages import EnrolRequest
from records.problems import Problem
from server.revocations import Revocations, RevocationsMissing, Revoked
from server.serving import open_centre

ONE = Revoked(1, 23, ("000000a1",), "p1", "k1")
TWO = Revoked(2, 23, ("000000b2", "000000b3"), "p2", "k2")


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "revocations.jsonl"
    path.touch()
    return Revocations(path)


def a_device(centre, person="p1", key=b"s"):
    code = centre.enrolments.code_for(person)
    return centre.enrol(EnrolRequest("0.1.0", code, key * 32, b"x" * 32))


def is_let_in(centre, device):
    try:
        return bool(centre.enrolments.device_of(device.token))
    except Problem as problem:
        assert problem.code == "revoked"
        return False


def test_what_was_appended_is_read_in_its_order(store):
    store.append(ONE)
    store.append(TWO)
    assert store.read() == [ONE, TWO]


def test_a_line_is_on_the_disk_before_append_returns(store, monkeypatch):
    order = []
    monkeypatch.setattr(os, "fsync", lambda file: order.append(os.fstat(file).st_size))
    store.append(ONE)
    assert order == [store.path.stat().st_size] and order[0] > 0


def test_a_torn_line_was_never_answered_and_swallows_no_later_one(store, caplog):
    store.append(ONE)
    with store.path.open("a") as file:
        file.write('{"deed": "revoke", "at_')
    assert store.read() == [ONE] and "torn" in caplog.text
    store.append(TWO)
    assert store.read() == [ONE, TWO]


def test_a_line_that_is_something_else_is_refused_with_its_number(store):
    store.append(ONE)
    with store.path.open("a") as file:
        file.write("hello\n")
    with pytest.raises(RevocationsMissing, match="Line 2"):
        store.read()


def test_a_store_that_is_gone_is_never_made_by_appending(store):
    store.path.unlink()
    with pytest.raises(FileNotFoundError):
        store.append(ONE)
    assert not store.is_there()


def test_a_revocation_outlives_a_database_put_back(tmp_path):
    centre = open_centre(tmp_path, 23)
    lost, other = a_device(centre), a_device(centre, "p2", b"t")
    centre.close()
    shutil.copy(tmp_path / "central.db", tmp_path / "old.db")
    centre = open_centre(tmp_path, 23)
    centre.enrolments.revoke(lost.device)
    centre.close()
    shutil.copy(tmp_path / "old.db", tmp_path / "central.db")
    centre = open_centre(tmp_path, 23)
    assert not is_let_in(centre, lost) and is_let_in(centre, other)
    centre.close()


def test_the_database_does_not_say_revoked_when_the_store_could_not_be_written(tmp_path):
    """Else it would be answered, and forgotten with the next restore."""
    centre = open_centre(tmp_path, 23)
    device = a_device(centre)
    (tmp_path / "revocations.jsonl").unlink()
    with pytest.raises(FileNotFoundError):
        centre.enrolments.revoke(device.device)
    assert is_let_in(centre, device)
    centre.close()


def test_a_database_that_has_had_a_store_is_not_opened_without_it(tmp_path):
    open_centre(tmp_path, 23).close()
    (tmp_path / "revocations.jsonl").unlink()
    with pytest.raises(RevocationsMissing, match="put the file back"):
        open_centre(tmp_path, 23)
    assert not (tmp_path / "revocations.jsonl").exists()


def test_an_older_copy_of_the_store_gets_what_the_database_knows(tmp_path):
    centre = open_centre(tmp_path, 23)
    device = a_device(centre)
    centre.enrolments.revoke(device.device)
    centre.close()
    (tmp_path / "revocations.jsonl").write_text("")
    open_centre(tmp_path, 23).close()
    [line] = Revocations(tmp_path / "revocations.jsonl").read()
    assert line.devices == (device.device,)


def test_another_device_that_was_given_the_same_number_is_let_in(tmp_path):
    """A restored database may give the number of a device that it does not know to a new one."""
    centre = open_centre(tmp_path, 23)
    device = a_device(centre)
    centre.revocations.append(Revoked(1, 23, (device.device,), "somebody else", "another key"))
    centre.close()
    centre = open_centre(tmp_path, 23)
    assert is_let_in(centre, device)
    centre.close()

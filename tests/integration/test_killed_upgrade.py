"""An upgrade that is killed at any step: the next one finds every record, stamp, draft and entry of the outbox."""

import os
import shutil

import pytest

from storage.freezing import next_batch
from storage.store import LocalStore
from storage.workspace import PhoneWorkspace
from tests.dying import dying_at_each_step
from tests.factories import NOW_MS
from tests.phone_files import LATER, assert_holds, contents, make_file


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed at each step by fork")
def test_an_upgrade_that_is_killed_at_any_step_loses_nothing(tmp_path):
    """A process dies at every writing statement, commit, renaming and removal of an upgrade, the copy included."""
    original = make_file(tmp_path)
    before = contents(original)
    left = dying_at_each_step("phone", original, tmp_path / "killed")
    assert len(left) > 20, "the copy, each table, each column and each move"
    half_done = 0
    for path in left:
        half_done += "meeting" not in contents(path)
        store = LocalStore.open(path, registry=LATER, clock=lambda: NOW_MS)
        assert next_batch(store) and PhoneWorkspace(store).draft("Shg/new")
        store.close()
        assert_holds(path, before)
        assert contents(path)["meeting"] and not list(path.parent.glob("*.part"))
        shutil.rmtree(path.parent)
    assert half_done > 10

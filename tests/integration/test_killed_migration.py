"""A centre that is killed at any step of its update: the next start finds every row, and takes all steps."""

import os
import shutil
from pathlib import Path

import pytest

from records.kinds import KINDS
from server.database import Database
from server.schema import check, prepare
from server.tables import central_tables
from tests.dying import dying_at_each_step
from tests.kept_versions import kept_versions, unpacked
from tests.phone_files import contents as rows_of


def updated(path: Path) -> dict:
    database = Database(f"sqlite:///{path}")
    prepare(database, central_tables(KINDS).metadata)
    check(database)
    database.close()
    return rows_of(path)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed at each step by fork")
def test_an_update_of_the_centre_that_is_killed_at_any_step_loses_nothing(tmp_path):
    """A server dies at every statement of an update that writes, and at its commit."""
    unpacked(kept_versions()[0], tmp_path)
    original, whole = tmp_path / "centre.sqlite", tmp_path / "whole.sqlite"
    shutil.copy(original, whole)
    before, after = rows_of(original), updated(whole)
    *killed, ended = dying_at_each_step("centre", original, tmp_path / "killed")
    assert len(killed) >= 20, "each table, each column and each row that moves"
    for path in killed:
        assert rows_of(path) == before, f"{path}: what was there is there as it was"
        assert updated(path) == after, path
    assert rows_of(ended) == after

"""A centre that is killed at any step of its update: the next start finds every row, and takes all steps."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from records.kinds import KINDS
from server.database import Database
from server.schema import check, prepare
from server.tables import central_tables
from tests.kept_versions import kept_versions, unpacked
from tests.phone_files import contents as rows_of

ROOT = Path(__file__).parents[2]

KILLER = """
import os, shutil, signal, sys
from pathlib import Path
from records.kinds import KINDS
from server.database import Database
from server.schema import prepare
from server.tables import central_tables
from tests.statements import each_statement

original, folder = Path(sys.argv[1]), Path(sys.argv[2])

def update_and_die_at(step, path):
    steps = 0
    def reached(statement):
        nonlocal steps
        steps += not statement.startswith(("SELECT", "PRAGMA main", "PRAGMA temp"))
        if steps == step:
            os.kill(os.getpid(), signal.SIGKILL)
    database = Database(f"sqlite:///{path}")
    with each_statement(database.engine, reached):
        prepare(database, central_tables(KINDS).metadata)
    database.close()

step = 0
while True:
    step += 1
    path = folder / str(step) / "centre.sqlite"
    path.parent.mkdir()
    shutil.copy(original, path)
    if (child := os.fork()) == 0:
        update_and_die_at(step, path)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        print(step)
        break
"""


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
    original, folder, whole = tmp_path / "centre.sqlite", tmp_path / "killed", tmp_path / "whole.sqlite"
    folder.mkdir()
    shutil.copy(original, whole)
    before, after = rows_of(original), updated(whole)
    said = subprocess.run(
        [sys.executable, "-c", KILLER, str(original), str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert said.returncode == 0, said.stderr
    steps = int(said.stdout)
    print(f"killed at {steps - 1} steps")
    assert steps > 20, "each table, each column and each row that moves"
    for step in range(1, steps):
        path = folder / str(step) / "centre.sqlite"
        assert rows_of(path) == before, f"step {step}: what was there is there as it was"
        assert updated(path) == after, f"step {step}"
    assert rows_of(folder / str(steps) / "centre.sqlite") == after

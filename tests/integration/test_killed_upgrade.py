"""An upgrade that is killed at any step: the next one finds every record, stamp, draft and entry of the outbox."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from storage.freezing import next_batch
from storage.store import LocalStore
from storage.workspace import PhoneWorkspace
from tests.factories import NOW_MS
from tests.phone_files import LATER, assert_holds, contents, make_file

ROOT = Path(__file__).parents[2]

KILLER = """
import os, shutil, signal, sys
from pathlib import Path
from storage.store import LocalStore
from tests.factories import NOW_MS
from tests.phone_files import LATER
from tests.statements import each_statement_at_opening

original, folder = Path(sys.argv[1]), Path(sys.argv[2])

def open_and_die_at(step, path):
    steps = 0
    def reached(*what):
        nonlocal steps
        steps += 1
        if steps == step:
            os.kill(os.getpid(), signal.SIGKILL)
    def heard(name, arguments):
        if name in ("os.rename", "os.remove", "sqlite3.connect") and str(folder) in str(arguments):
            reached()
    def asked(statement):
        if not statement.startswith(("SELECT", "PRAGMA main", "PRAGMA temp")):
            reached()
    sys.addaudithook(heard)
    with each_statement_at_opening(asked):
        LocalStore.open(path, registry=LATER, clock=lambda: NOW_MS).close()

step = 0
while True:
    step += 1
    path = folder / str(step) / "phone.sqlite"
    path.parent.mkdir()
    shutil.copy(original, path)
    if (child := os.fork()) == 0:
        open_and_die_at(step, path)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        print(step)
        break
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed at each step by fork")
def test_an_upgrade_that_is_killed_at_any_step_loses_nothing(tmp_path):
    """A process dies at every writing statement, commit, renaming and removal of an upgrade, the copy included."""
    original = make_file(tmp_path)
    before = contents(original)
    folder = tmp_path / "killed"
    folder.mkdir()
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
    assert steps > 20, "the copy, each table, each column and each move"
    half_done = 0
    for step in range(1, steps + 1):
        path = folder / str(step) / "phone.sqlite"
        half_done += "meeting" not in contents(path)
        store = LocalStore.open(path, registry=LATER, clock=lambda: NOW_MS)
        assert next_batch(store) and PhoneWorkspace(store).draft("Shg/new")
        store.close()
        assert_holds(path, before)
        assert contents(path)["meeting"] and not list(path.parent.glob("*.part"))
        shutil.rmtree(path.parent)
    assert half_done > 10

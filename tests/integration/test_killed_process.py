"""Law 1 on a real process: what the app called saved is on the disk when kill -9 takes the process at any moment."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from records.commands.groups import RegisterGroup
from storage.store import LocalStore
from storage.workspace import PhoneWorkspace
from tests.factories import NOW_MS, a_place_tree, abm_capacity
from tests.phones import a_phone

ROOT = Path(__file__).parents[2]

WORKER = """
import sys
from pathlib import Path
from records.commands.groups import RegisterGroup
from storage.store import LocalStore
from storage.workspace import PhoneWorkspace

folder, village = Path(sys.argv[1]), sys.argv[2]
phone = PhoneWorkspace(LocalStore.open(folder / "phone.sqlite", clock=lambda: {now}))
number = 0
while True:
    number += 1
    phone.keep_draft("shg/new", {{"name": f"half {{number}}"}})
    print("draft", number, flush=True)
    done = phone.do(RegisterGroup({{"village_id": village, "name": f"G {{number}}", "formed_on": "2026-03-01"}}))
    print("saved", done.id, flush=True)
"""


@pytest.mark.parametrize("seed", range(5))
def test_nothing_that_was_called_saved_is_lost_by_kill_9(seed, tmp_path):
    """A form half filled survives as well: the draft is at least the last that was called kept."""
    tree = a_place_tree()
    with a_phone(tmp_path, tree, capacity=abm_capacity(tree)):
        pass
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER.format(now=NOW_MS), str(tmp_path), tree.village.id],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    said = [process.stdout.readline().split() for _ in range(random.Random(seed).randrange(2, 60))]
    process.send_signal(signal.SIGKILL)
    said += [line.split() for line in process.stdout.read().splitlines() if len(line.split()) == 2]
    process.wait(20)
    saved = [what for word, what in said if word == "saved"]
    kept = [int(what) for word, what in said if word == "draft"]
    store = LocalStore.open(tmp_path / "phone.sqlite", clock=lambda: NOW_MS)
    phone = PhoneWorkspace(store)
    with store.reading() as t:
        rows = {row.id for row in t.connection.execute(t.tables["Shg"].select())}
        waiting = {row.id for row in t.connection.execute(t.tables.outbox.select())}
    assert set(saved) <= rows and set(saved) <= waiting
    assert rows == waiting, "a record and its entry in the outbox are one transaction"
    draft = phone.draft("shg/new")
    assert draft is not None and int(str(draft.values["name"]).split()[1]) >= kept[-1]
    phone.do(RegisterGroup({"village_id": tree.village.id, "name": "after", "formed_on": "2026-03-01"}))
    store.close()

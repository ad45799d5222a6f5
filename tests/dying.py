"""A process that dies by kill -9 at each step of bringing a file up to date, in a Python of its own because it forks:
`python -m tests.dying phone|centre ORIGINAL FOLDER`. Each death has a copy of the file to itself; what it was left as
is there afterwards, in `FOLDER/<step>/`, and the last one is of whoever came to the end."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from records.kinds import KINDS
from server.database import Database
from server.schema import prepare
from server.tables import central_tables
from storage.store import LocalStore
from tests.factories import NOW_MS
from tests.phone_files import LATER
from tests.statements import each_statement, each_statement_at_opening

ROOT = Path(__file__).parents[1]
READING = ("SELECT", "PRAGMA main", "PRAGMA temp")


def dying_at_each_step(what: str, original: Path, folder: Path) -> list[Path]:
    """The files as the deaths left them, that of who came to the end last."""
    folder.mkdir()
    how = [sys.executable, "-m", "tests.dying", what, str(original), str(folder)]
    said = subprocess.run(how, cwd=ROOT, capture_output=True, text=True, timeout=250)
    assert said.returncode == 0, said.stderr
    print(f"killed at {int(said.stdout) - 1} steps")
    return [folder / str(step) / original.name for step in range(1, int(said.stdout) + 1)]


def update_phone(path: Path, reached: Callable[[], None]) -> None:
    """Its steps are statements that write, commits, and what becomes of files, the copy included."""

    def heard(name: str, arguments: object) -> None:
        if name in ("os.rename", "os.remove", "sqlite3.connect") and str(path.parent) in str(arguments):
            reached()

    sys.addaudithook(heard)
    with each_statement_at_opening(lambda statement: None if statement.startswith(READING) else reached()):
        LocalStore.open(path, registry=LATER, clock=lambda: NOW_MS).close()


def update_centre(path: Path, reached: Callable[[], None]) -> None:
    """Its steps are statements that write, and the commit."""
    database = Database(f"sqlite:///{path}")
    with each_statement(database.engine, lambda statement: None if statement.startswith(READING) else reached()):
        prepare(database, central_tables(KINDS).metadata)
    database.close()


def die_at(step: int, path: Path, update: Callable[[Path, Callable[[], None]], None]) -> None:
    steps = 0

    def reached() -> None:
        nonlocal steps
        steps += 1
        if steps == step:
            os.kill(os.getpid(), signal.SIGKILL)

    update(path, reached)


def main(what: str, original: Path, folder: Path) -> int:
    """How many steps there were, with the one that was never reached."""
    step, status = 0, -signal.SIGKILL
    while status != 0:
        step += 1
        path = folder / str(step) / original.name
        path.parent.mkdir()
        shutil.copy(original, path)
        if (child := os.fork()) == 0:
            die_at(step, path, {"phone": update_phone, "centre": update_centre}[what])
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in (0, -signal.SIGKILL), f"step {step}: ended with {status}"
    return step


if __name__ == "__main__":
    print(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))

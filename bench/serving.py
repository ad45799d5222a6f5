"""A centre of the benchmark as a process of its own, behind the product's API: `python -m bench.serving`.

It listens last, so that whoever can connect can work. In `--codes` it lays one-time codes, a file each, as an office
hands them out on paper; who takes a code takes its file away.
"""

import argparse
import contextlib
import socket
import time
from pathlib import Path

from bench.flat import FLAT_KINDS, ROLE, allow_flat
from bench.office import STATE, STATE_CODE, person, ref, set_up, the_state
from operations.children import Children
from server.central_store import CentralStore
from server.serving import listening, secret_of, serve

CODES = 80
PERSON = "bench"


def open_centre(folder: Path, url: str | None = None) -> CentralStore:
    """The centre of a folder, which knows the flat kind and one person who may write it."""
    allow_flat()
    folder.mkdir(parents=True, exist_ok=True)
    centre = CentralStore(
        url or f"sqlite:///{folder / 'central.db'}",
        state_id=STATE_CODE,
        secret=secret_of(folder),
        clock=lambda: time.time_ns() // 1_000_000,
        registry=FLAT_KINDS,
    )
    office = centre.office("bench")
    if office.next_number() == 1:
        set_up(centre, [the_state(), *person(PERSON, ROLE, place_id=STATE)])
    return centre


def lay_codes(centre: CentralStore, folder: Path, count: int) -> None:
    """All of one person, as phones of the benchmark are. An office gives her one at a time, and a new one closes the
    one before it: that is undone here."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"{number:03d}").write_text(centre.enrolments.code_for(ref(PERSON)))
    with centre.database.writing() as db:
        db.execute(centre.tables.enrolment.update().values(replaced_ms=None))


def take_code(folder: Path) -> str:
    """One code that nobody else has taken."""
    for path in sorted(folder.iterdir()):
        taken = path.with_name(f"taken-{path.name}")
        if not path.name.startswith("taken-"):
            with contextlib.suppress(FileNotFoundError):
                path.rename(taken)
                return taken.read_text()
    raise RuntimeError(f"no code is left in {folder}")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.serving", description="Serve a centre of the benchmark.")
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--url", help="another database than SQLite in that folder")
    parser.add_argument("--workers", type=int, default=1, help="processes that answer; on SQLite one")
    chosen = parser.parse_args(arguments)
    centre = open_centre(chosen.dir, chosen.url)
    try:
        lay_codes(centre, chosen.dir / "codes", CODES)
        if chosen.workers == 1:
            serve(centre, listening("127.0.0.1", chosen.port))
        else:
            _serve_by_several(chosen.dir, chosen.url, chosen.port, chosen.workers)
    finally:
        centre.close()


def _serve_by_several(folder: Path, url: str | None, port: int, workers: int) -> None:
    """As `samooh serve` does: processes that share one port."""
    children, ready = Children(), folder / "ready"
    children.end_when_asked()
    ready.mkdir(exist_ok=True)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    try:
        for number in range(workers):
            children.start(f"API process {number + 1}", _work, folder, url, listener, ready / str(number), workers)
        children.tend()
    finally:
        children.end()


def _work(folder: Path, url: str | None, listener: socket.socket, ready: Path, workers: int) -> None:
    centre = open_centre(folder, url)
    try:
        ready.touch()
        # Nobody takes calls before all can: whoever listened first would have all the connections.
        while len(list(ready.parent.iterdir())) < workers:
            time.sleep(0.01)
        serve(centre, listener)
    finally:
        centre.close()


if __name__ == "__main__":
    main()

"""A centre of the benchmark as a process of its own, behind the product's API: `python -m bench.serving`.

It listens last, so that whoever can connect can work. In `--codes` it lays one-time codes, a file each, as an office
hands them out on paper; who takes a code takes its file away.
"""

import argparse
import contextlib
import time
from pathlib import Path

from bench.flat import FLAT_KINDS, ROLE, allow_flat
from bench.office import STATE, STATE_CODE, person, ref, set_up, the_state
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
    chosen = parser.parse_args(arguments)
    centre = open_centre(chosen.dir, chosen.url)
    lay_codes(centre, chosen.dir / "codes", CODES)
    listener = listening("127.0.0.1", chosen.port)
    try:
        serve(centre, listener)
    finally:
        centre.close()


if __name__ == "__main__":
    main()

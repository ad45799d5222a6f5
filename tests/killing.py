"""Processes of a phone that are really killed, in a Python of their own because they fork: `python -m tests.killing`.

`steps FOLDER FIRST BY`: a phone dies by kill -9 at every BYth of the numbered statements of a day (save, freeze, push,
pull) from FIRST on, each time from the same files. `times FOLDER COUNT`: one phone that works on and on is killed at
random moments, and goes on from its file. After each death the phone is opened again, comes to rest, and nothing that
it had called saved may be missing.
"""

import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from records.commands.accounts import ChangeAccount
from records.commands.deciding import Command
from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.members import AddMember
from records.ids import new_id
from tests.fleet import Phone, differences, fresh_contents, quiet
from tests.property.simulation.crashing import at_statement
from tests.property.simulation.quickly import sharing
from tests.world import World, ref

COMPARED = 8
"""After every so many'th death the whole copy is compared with that of a new phone, which takes as long as the rest."""


class Town(World):
    """A world whose centre is a file, opened again by whoever needs it."""

    @classmethod
    def in_folder(cls, folder: Path) -> "Town":
        return cls(url=f"sqlite:///{folder / 'central.db'}")


def a_day(town: Town) -> list[Command]:
    """What a phone saves in a day, in order; a later deed is about an earlier one."""
    group = new_id(town.clock(), random.Random(7).randbytes)
    member = new_id(town.clock() + 1, random.Random(8).randbytes)
    values = {"village_id": ref("V1"), "name": "जय अम्बे", "formed_on": "2026-03-01"}
    return [
        RegisterGroup(values, id=group),
        AddMember(group, {"name": "राधा"}, id=member),
        ChangeAccount(group, {"branch_id": ref("R1")}),
        ChangeGroup(group, {"president_id": member, "remarks": "अंत"}),
    ]


def live(phone: Phone, deeds: list[Command], heard: Path) -> None:
    """The day, with a contact in its middle and one at its end. `heard`: the deeds that were called saved."""
    with heard.open("ab", buffering=0) as file:
        for number, deed in enumerate(deeds):
            phone.workspace.do(deed)
            file.write(f"{number}\n".encode())
            if number in (1, len(deeds) - 1):
                phone.sync()


@contextmanager
def dying_at(phone: Phone, step: int) -> Iterator[None]:
    """kill -9 at the so many'th statement or commit of the phone's file; the centre is elsewhere, and lives."""
    with at_statement(phone.store, step, lambda: os.kill(os.getpid(), signal.SIGKILL)):
        yield


def in_child(work: Callable[[], None]) -> int:
    """The exit status of a child process, negative for a signal."""
    if (child := os.fork()) == 0:
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def opened(town: Town, phone: Phone) -> None:
    """What a process has open is its own: the child's as well as the parent's."""
    town.centre = town.open_centre()
    phone.open()
    phone.connect()


def closed(town: Town, phone: Phone) -> None:
    phone.store.close()
    town.centre.close()


def at_every_step(folder: Path, first: int, by: int) -> int:
    """How many deaths there were."""
    town = Town.in_folder(folder)
    phone, other = Phone(town, "abm", folder, "phone"), Phone(town, "supervisor", folder, "other")
    other.do(RegisterGroup({"village_id": ref("V1"), "name": "औरों का", "formed_on": "2026-03-01"}))
    quiet([other])
    other.store.close()
    closed(town, phone)
    kept = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    step, deaths, status = first - by, -1, -signal.SIGKILL
    while status != 0:
        step, deaths = step + by, deaths + 1
        for left in folder.iterdir():
            left.unlink() if left.is_file() else shutil.rmtree(left)
        for name, content in kept.items():
            (folder / name).write_bytes(content)
        deeds, heard = a_day(town), folder / "heard"
        heard.touch()

        def day(step: int = step, deeds: list[Command] = deeds, heard: Path = heard) -> None:
            opened(town, phone)
            with dying_at(phone, step):
                live(phone, deeds, heard)

        status = in_child(day)
        assert status in (0, -signal.SIGKILL), f"step {step}: the phone ended with {status}"
        opened(town, phone)
        saved = len(heard.read_text().split())
        phone.sync()
        known = {name for kind in ("Shg", "Member", "SavingsAccount") for name in phone.contents().get(kind, {})}
        for deed in deeds[:saved]:
            about = getattr(deed, "id", None) or getattr(deed, "shg_id", None)
            assert about in known, f"step {step}: {deed} was called saved and is gone"
        for deed in deeds:
            phone.workspace.do(deed)  # what she types again is known, or was never saved
        quiet([phone])
        if deaths % COMPARED == 0:
            assert not differences(phone.contents(), fresh_contents(town, "abm", folder)), f"step {step}"
        assert town.row("Shg", deeds[0].id)["remarks"] == "अंत", f"step {step}"  # type: ignore[attr-defined]
        closed(town, phone)
    return deaths


def at_any_time(folder: Path, count: int) -> int:
    """How many saves were acknowledged by the phone, of which none is lost."""
    town, chance = Town.in_folder(folder), random.Random(count)
    phone = Phone(town, "abm", folder, "phone")
    closed(town, phone)
    heard = folder / "heard"
    heard.touch()

    def work_on() -> None:
        opened(town, phone)
        with heard.open("ab", buffering=0) as file:
            number = 0
            while True:
                number += 1
                values = {"village_id": ref("V1"), "name": f"समूह {number}", "formed_on": "2026-03-01"}
                # The ids of two processes that went on from one file must not be the same.
                done = phone.do(RegisterGroup(values, id=new_id(time.time_ns() // 1_000_000, os.urandom)))
                file.write(f"{done.id}\n".encode())
                if number % 3 == 0:
                    phone.sync()

    for _ in range(count):
        if (child := os.fork()) == 0:
            work_on()
        time.sleep(chance.uniform(0.05, 0.5))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    opened(town, phone)
    quiet([phone])
    saved = [line for line in heard.read_text().split("\n")[:-1] if line]
    held, table = phone.contents().get("Shg", {}), town.centre.tables.records["Shg"]
    there = {row["id"] for row in town.rows(table)}
    assert set(saved) <= held.keys() and set(saved) <= there, "called saved, and lost"
    assert not differences(phone.contents(), fresh_contents(town, "abm", folder))
    closed(town, phone)
    return len(saved)


if __name__ == "__main__":
    with sharing():
        if sys.argv[1] == "steps":
            print(at_every_step(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
        else:
            print(at_any_time(Path(sys.argv[2]), int(sys.argv[3])))

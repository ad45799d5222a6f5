"""Files of phones as each released version left them, of nobody real: `tests/fixtures/phones/<version>.gz`.

`python -m tests.phone_files` writes the file of this version, once. Files of earlier versions are never written again:
that they still open, with all they held, is what they are kept for.
"""

import gzip
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from records.audience import reference_streams
from records.cells import read_stamps
from records.commands.accounts import RecordStep
from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.members import AddMember
from records.fields import Choice, Count, Name, Text
from records.kinds import KINDS, Kind
from records.messages import BatchAnswer, Outcome
from records.record import Record
from records.shg import Shg
from screens.version import VERSION
from storage.answers import take_answer
from storage.freezing import next_batch
from storage.outbox import put_change
from storage.pages import take_page
from storage.workspace import PhoneWorkspace
from tests.factories import (
    a_branch,
    a_member,
    a_page,
    a_part,
    a_person,
    a_place_tree,
    a_section,
    a_service_area,
    a_stamp,
    a_step,
    an_account,
    an_shg,
)
from tests.phones import a_phone

MOVED = ("extra", "unknown_record")
"""What an upgrade takes apart: it stands in columns and tables of its own afterwards."""

KEPT = Path(__file__).parent / "fixtures" / "phones"


class LaterShg(Shg):
    """The group of an app later than any: two more fields."""

    savings_day: Count | None = None
    colour: Annotated[str, Choice("red", "blue")] = "red"


class Meeting(Record):
    """A kind of that app."""

    place: Name
    note: Text | None = None


LATER = KINDS.replaced(
    replace(KINDS["Shg"], cls=LaterShg), Kind("Meeting", Meeting, reference_streams, "reference", ("place",))
)


def fill(phone: PhoneWorkspace) -> None:
    """Something in every table: received, typed, under way, refused, answered, and what only a later app knows."""
    tree = a_place_tree()
    members, groups = f"gp/{tree.panchayat.id}/members", f"block/{tree.block.id}/groups"
    received = [an_shg(village_id=tree.village.id, name=name) for name in ("जय अम्बे समूह", "Sharda", "Durga")]
    branch, account = a_branch(tree.block), an_account(received[0], account_number="00120034567")
    place, women = [*tree], [a_member(shg, name="सीता बाई") for shg in received]
    others = [[branch], [a_service_area(branch, tree.village)], [a_person(tree.block)], [account]]
    sections = [a_section(some) for some in (place, *others, women, [a_step(account)])]
    take_page(phone.store, a_page(a_part(members, a_section(received), *sections)))
    later = a_section([LaterShg(**{**received[2].model_dump(), "savings_day": 5, "colour": "blue"})])
    later.kind = "Shg"
    take_page(
        phone.store,
        a_page(a_part(groups, later, a_section([Meeting(id="a" * 32, place="Under the tree")]), upto=9), number=2),
    )
    for name in ("Refused", "Applied"):
        _register(phone, tree.village.id, name)
    batch = next_batch(phone.store)
    assert batch is not None
    rows = (Outcome(0, 0, "applied"), Outcome(1, 1, "refused", "required", "name"))
    take_answer(phone.store, BatchAnswer(batch.number, "applied", rows))
    _write_as_a_later_app(phone, received[1].id)
    phone.do(ChangeGroup(received[0].id, {"declared_members": 12}))
    new = _register(phone, tree.village.id, "Under way")
    assert next_batch(phone.store) is not None
    phone.do(ChangeGroup(new, {"name": "Changed since"}))
    phone.do(AddMember(new, {"name": "रेखा बाई", "mobile": "6555500001"}))
    phone.do(RecordStep(new, "resolution_passed", date(2026, 11, 1)))
    phone.keep_draft("Shg/new", {"name": "half a na"})
    phone.keep_setting("language", "en")


def _register(phone: PhoneWorkspace, village: str, name: str) -> str:
    return phone.do(RegisterGroup({"village_id": village, "name": name, "formed_on": date(2026, 3, 1)})).id


def _write_as_a_later_app(phone: PhoneWorkspace, shg_id: str) -> None:
    """A change of a field that only a later app knows waits until that app is back: it is parked."""
    with phone.store.writing() as t:
        cells: dict[str, list[Any]] = {"savings_day": [7, a_stamp(), ""]}
        put_change(t, "Shg", shg_id, shg_id, cells, at_ms=1)


def make_file(folder: Path) -> Path:
    """A file of this version with something in every table, closed."""
    with a_phone(folder, a_place_tree()) as phone:
        fill(phone)
        path = phone.store.path
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("VACUUM")
    return path


def kept_files() -> list[Path]:
    return sorted(KEPT.glob("*.gz"))


def unpacked(kept: Path, folder: Path) -> Path:
    """A kept file as it lay on its phone."""
    path = folder / "phone.sqlite"
    path.write_bytes(gzip.decompress(kept.read_bytes()))
    return path


def contents(path):
    """table -> {row by column}, as plain SQLite reads them; the words about the file itself left out."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        # A damaged file may hold text that is none: it is looked at all the same.
        connection.text_factory = lambda text: text.decode(errors="replace")
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        found = {name: [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')] for name in names}
    found["meta"] = [row for row in found["meta"] if row["name"] not in ("schema", "format")]
    return found


def assert_holds(path, before):
    """Every row of before is there with every value, what has moved to its own column included."""
    after = contents(path)
    for name, rows in before.items():
        if name == "unknown_record":
            continue
        for row in rows:
            wanted = [row]
            if name == "outbox" and row["batch"] == -1:
                # What was parked waits as if it had been saved now.
                wanted.append({column: value for column, value in row.items() if column != "place"} | {"batch": 0})
            if name == "meta" and row["name"] == "place":
                wanted.append({"name": "place"})  # a count that goes on
            assert any(has_all(one, some) for one in after[name] for some in wanted), f"{name}: {row}"


def has_all(row, wanted):
    """A row has every value of another; of stamps it may have more, of what has moved nothing."""
    same = all(row[column] == value for column, value in wanted.items() if column not in ("stamps", *MOVED))
    stamps = read_stamps(wanted.get("stamps")).items() <= read_stamps(row.get("stamps")).items()
    return same and stamps


if __name__ == "__main__":
    wanted = KEPT / f"{VERSION}.gz"
    if wanted.exists():
        raise SystemExit(f"{wanted.name} is kept already and never written again: give the app its next version first.")
    with tempfile.TemporaryDirectory() as folder:
        wanted.parent.mkdir(parents=True, exist_ok=True)
        wanted.write_bytes(gzip.compress(make_file(Path(folder)).read_bytes(), 9, mtime=0))
    print(f"{wanted} written: {wanted.stat().st_size} bytes. Add it to the commit that releases {VERSION}.")

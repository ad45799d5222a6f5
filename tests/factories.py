"""Records and messages for tests, with sensible defaults: `an_shg(name="Jai Ambe")`, `a_place_tree()`."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from records.access import Reach
from records.bank_branch import BankBranch, ServiceArea
from records.ids import first_account_id, new_id, official_id
from records.member import Member
from records.messages import Capacity, Page, Part, Section
from records.person import Person
from records.place import Place
from records.record import Record, fields_of, to_wire, written_fields
from records.savings_account import AccountStep, SavingsAccount
from records.shg import Shg
from records.stamps import stamp_of

NOW_MS = 1_795_000_000_000
"""A moment of tests: 18 November 2026."""

_numbers = itertools.count(1)
R = TypeVar("R", bound=Record)


def an_id() -> str:
    """A new id, the same ones in the same order in every run."""
    number = next(_numbers)
    return new_id(NOW_MS + number, lambda size: number.to_bytes(size, "big"))


def a_stamp(ms: int = NOW_MS, device: str = "0000c0de", counter: int = 0) -> str:
    return stamp_of(ms, counter, device)


@dataclass(frozen=True)
class PlaceTree:
    """A state, a district, a block, two gram panchayats and two villages in each."""

    state: Place
    district: Place
    block: Place
    panchayats: tuple[Place, ...]
    villages: tuple[Place, ...]

    @property
    def village(self) -> Place:
        return self.villages[0]

    @property
    def panchayat(self) -> Place:
        return self.panchayats[0]

    def __iter__(self) -> Any:
        return iter((self.state, self.district, self.block, *self.panchayats, *self.villages))


def a_place(level: str, name: str, parent: Place | None = None, **changes: Any) -> Place:
    """A place of practice, with the ancestry that the centre derives."""
    code = f"DEMO-{name}"
    above = parent.model_dump() if parent else {}
    ancestry = {key: above.get(key) for key in ("gram_panchayat_id", "block_id", "district_id")}
    if parent and f"{parent.level}_id" in ancestry:
        ancestry[f"{parent.level}_id"] = parent.id
    id = official_id("demo/place", code)
    values = {"id": id, "level": level, "name": name, "local_code": code, "parent_id": parent.id if parent else None}
    return Place(**(values | ancestry | changes))


def a_place_tree(block: str = "Badwara") -> PlaceTree:
    state = a_place("state", "Madhya Pradesh")
    district = a_place("district", "Katni", state)
    of_block = a_place("block", block, district, name_hi="बड़वारा")
    panchayats = tuple(a_place("gram_panchayat", f"{block} GP {n}", of_block) for n in (1, 2))
    villages = tuple(a_place("village", f"{gp.name} village {n}", gp) for gp in panchayats for n in (1, 2))
    return PlaceTree(state, district, of_block, panchayats, villages)


def an_shg(**changes: Any) -> Shg:
    """A group; `village_id` of nowhere unless given."""
    values = {"id": an_id(), "village_id": official_id("demo/place", "nowhere"), "name": "Jai Ambe"}
    return Shg(**(values | {"formed_on": date(2026, 10, 1)} | changes))


def a_member(shg: Shg | str, **changes: Any) -> Member:
    values = {"id": an_id(), "shg_id": shg if isinstance(shg, str) else shg.id, "name": "Sunita Bai"}
    return Member(**(values | changes))


def an_account(shg: Shg | str, **changes: Any) -> SavingsAccount:
    shg_id = shg if isinstance(shg, str) else shg.id
    return SavingsAccount(**({"id": first_account_id(shg_id), "shg_id": shg_id} | changes))


def a_step(account: SavingsAccount | str, kind: str = "submitted", **changes: Any) -> AccountStep:
    account_id = account if isinstance(account, str) else account.id
    values = {"id": an_id(), "account_id": account_id, "kind": kind, "on_day": date(2026, 11, 1)}
    return AccountStep(**(values | changes))


def a_branch(block: Place, **changes: Any) -> BankBranch:
    values = {"id": an_id(), "bank_name": "Madhya Pradesh Gramin Bank", "name": "Badwara", "ifsc": "BKID0NAMRGB"}
    return BankBranch(**(values | {"block_id": block.id} | changes))


def a_service_area(branch: BankBranch, village: Place, **changes: Any) -> ServiceArea:
    return ServiceArea(**({"id": an_id(), "branch_id": branch.id, "village_id": village.id} | changes))


def a_person(home: Place, **changes: Any) -> Person:
    return Person(**({"id": an_id(), "name": "Asha Patel", "name_hi": "आशा पटेल", "home_id": home.id} | changes))


def filled(record: Record) -> dict[str, Any]:
    """The fields of a record that differ from their defaults, as a form hands them to a command."""
    specs = fields_of(type(record))
    return {
        name: value
        for name in written_fields(type(record))
        if (value := getattr(record, name)) is not None and value != specs[name].default
    }


def abm_capacity(tree: PlaceTree, **changes: Any) -> Capacity:
    """An ABM of the first gram panchayat of a tree."""
    reach = Reach(
        "abm",
        frozenset({tree.panchayat.id}),
        frozenset({tree.block.id}),
        districts=frozenset({tree.district.id}),
        states=frozenset({tree.state.id}),
    )
    values = {"person_id": official_id("demo/person", "abm"), "name": "Asha Patel", "name_hi": None}
    return Capacity(**(values | {"reaches": (reach,)} | changes))


def supervisor_capacity(tree: PlaceTree, **changes: Any) -> Capacity:
    reach = Reach(
        "supervisor",
        frozenset(panchayat.id for panchayat in tree.panchayats),
        frozenset({tree.block.id}),
        districts=frozenset({tree.district.id}),
        states=frozenset({tree.state.id}),
    )
    values = {"person_id": official_id("demo/person", "supervisor"), "name": "Meena Singh", "name_hi": None}
    return Capacity(**(values | {"reaches": (reach,)} | changes))


def a_section(records: Sequence[Record], stamp: str | None = None, *, without: Iterable[str] = ()) -> Section:
    """Rows of a page as the centre sends them: filled fields under one stamp, derived and empty ones under none."""
    cls = type(records[0])
    specs = fields_of(cls)
    names = [name for name in specs if name not in set(without)]
    stamp = stamp or a_stamp()
    columns = [[to_wire(getattr(record, name)) for record in records] for name in names]
    stamps: list[list[str | None]] = [
        ["" if specs[name].derived or name not in filled(record) else stamp for record in records] for name in names
    ]
    return Section(cls.__name__, [record.id for record in records], names, columns, stamps)


def a_page(*parts: Part, number: int = 1, **changes: Any) -> Page:
    return Page(**({"cursor": f"cursor-{number}", "number": number, "parts": list(parts)} | changes))


def a_part(stream: str, *sections: Section, upto: int = 1, **changes: Any) -> Part:
    return Part(stream, upto, list(sections), **changes)

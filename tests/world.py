"""A small world for tests: a central store with two blocks of places, two branches, people, and enrolled phones.

Everything runs in one process with one clock and one source of randomness, so that a test repeats itself exactly.
Blocks B1 (panchayats G1, G2; villages V1 in G1, V2 in G2) and B2 (panchayat G3; village V3). Branch R1 serves V1 and
V2, R2 (also in B1) serves nobody yet, R3 is in B2.
"""

import random
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from records.ids import is_id, new_id, official_id
from records.kinds import KINDS, Registry
from records.messages import Batch, BatchAnswer, CentralServer, EnrolReply, EnrolRequest, FrozenBatch, Section
from records.record import to_wire
from records.stamps import stamp_of
from records.wire import frozen
from server.central_store import CentralStore
from sync.central_over_http import CentralOverHttp
from tests import postgres

_made: list[str] = []
"""The database that `World.on_postgres` copies."""

START_MS = 1_790_000_000_000
STATE = official_id("lgd", "state/23")


@cache
def ref(name: str) -> str:
    """The id of a place, branch, person or other set-up record of the world by its short name; an id stays itself."""
    if is_id(name):
        return name
    return STATE if name == "S" else official_id("test", name)


@dataclass
class Clock:
    """Unix milliseconds that move only when told to."""

    ms: int = START_MS

    def __call__(self) -> int:
        return self.ms

    def forward(self, *, ms: int = 0, days: float = 0) -> None:
        self.ms += ms + int(days * 86_400_000)


@dataclass
class World:
    """The centre and what tests need to act on it."""

    url: str = "sqlite://"
    registry: Registry = field(default_factory=lambda: KINDS)
    seed: int = 1
    clock: Clock = field(default_factory=Clock)
    secret: bytes = b"a secret outside the database..!"
    address: str | None = None
    """Where the API of this centre answers; None = phones call it in process."""

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.centre = self.open_centre()
        self._office = self.centre.office("set-up")
        self.office(*PLACES, *PEOPLE)

    @classmethod
    def on_postgres(cls, **how: Any) -> "World":
        """A world whose centre is a new database of PostgreSQL; the tables are copied, which is quicker than making
        them. Skips the test where there is no PostgreSQL."""
        server = postgres.server()
        if "registry" in how:
            return cls(url=server.new_database(), **how)
        if not _made:
            _made.append(server.new_database())
            world = cls(url=_made[0])
            tables = ", ".join(f'"{table.name}"' for table in world.centre.tables.metadata.sorted_tables)
            with world.centre.database.writing() as db:
                db.exec_driver_sql(f"TRUNCATE {tables}")
            world.centre.close()
        return cls(url=server.new_database(like=_made[0]), **how)

    def door(self, token: str) -> CentralServer:
        """The centre as the device with this token meets it: over HTTP where it is served, else in process."""
        return (CentralOverHttp(self.address) if self.address else self.centre).for_device(token)

    def drop(self) -> None:
        """Close the centre, and remove its database where that is not a file of the test."""
        self.centre.close()
        if self.url.startswith("postgresql"):
            postgres.server().drop(self.url)

    def open_centre(self) -> CentralStore:
        return CentralStore(
            self.url, state_id=23, secret=self.secret, clock=self.clock,
            randomness=self.random.randbytes, registry=self.registry,
        )  # fmt: skip

    def id(self) -> str:
        return new_id(self.clock(), self.random.randbytes)

    def office(self, *rows: tuple[str, str, dict[str, Any]], bases: dict[str, str] | None = None) -> BatchAnswer:
        """The office writes reference records: (kind, short name, values); short names in values become ids."""
        resolved = [
            (kind, ref(name), {f: ref(v) if f.endswith("_id") and v else v for f, v in values.items()})
            for kind, name, values in rows
        ]
        return self._office.push(self.batch(self._office.device, self._office.next_number(), resolved, bases=bases))

    def overwrite(self, kind: str, name: str, **values: Any) -> BatchAnswer:
        """The office changes a reference record, having seen what stands there."""
        return self.office((kind, name, values), bases=self.stamps(kind, ref(name)))

    def stamps(self, kind: str, id: str) -> dict[str, str]:
        from records.cells import read_stamps

        return read_stamps(self.row(kind, id)["stamps"])

    def row(self, kind: str, id: str) -> dict[str, Any]:
        table = self.centre.tables.records[kind]
        with self.centre.database.reading() as db:
            return dict(db.execute(table.select().where(table.c.id == id)).mappings().one())

    def rows(self, table: Any) -> list[dict[str, Any]]:
        with self.centre.database.reading() as db:
            return [dict(row) for row in db.execute(table.select()).mappings()]

    def batch(
        self,
        device: str,
        number: int,
        rows: list[tuple[str, str, dict[str, Any]]],
        *,
        under: int = 0,
        bases: dict[str, str] | None = None,
        ms: int | None = None,
    ) -> FrozenBatch:
        """A frozen batch of rows, one stamp each. `bases`: field -> stamp it replaces; `ms`: the phone's clock."""
        sections = []
        for kind, id, values in rows:
            self.clock.forward(ms=1)
            stamp = stamp_of(self.clock() if ms is None else ms + len(sections), 0, device)
            columns = [[to_wire(value)] for value in values.values()]
            base = [[(bases or {}).get(name, "")] for name in values]
            sections.append(Section(kind, [id], list(values), columns, [[stamp] for _ in values], base))
        return frozen(number, Batch(tuple(sections), under))

    def enrol(self, person: str) -> EnrolReply:
        """A device for a person, enrolled by a one-time code."""
        code = self.centre.enrolments.code_for(ref(person))
        return self.centre.enrol(EnrolRequest("0.1.0", code, b"s" * 32, b"x" * 32, person))


def _place(name: str, level: str, parent: str | None) -> tuple[str, str, dict[str, Any]]:
    return ("Place", name, {"level": level, "name": f"Place {name}", **({"parent_id": parent} if parent else {})})


PLACES = (
    _place("S", "state", None),
    _place("D", "district", "S"),
    *(_place(block, "block", "D") for block in ("B1", "B2")),
    *(_place(panchayat, "gram_panchayat", block) for panchayat, block in (("G1", "B1"), ("G2", "B1"), ("G3", "B2"))),
    *(_place(village, "village", panchayat) for village, panchayat in (("V1", "G1"), ("V2", "G2"), ("V3", "G3"))),
    *(
        ("BankBranch", name, {"bank_name": "Gramin Bank", "name": name, "ifsc": "BKID0MG1227", "block_id": block})
        for name, block in (("R1", "B1"), ("R2", "B1"), ("R3", "B2"))
    ),
    *(("ServiceArea", f"R1/{v}", {"branch_id": "R1", "village_id": v}) for v in ("V1", "V2")),
)

_ROLES = {
    "abm": ("abm", {"place_id": "G1"}),
    "abm2": ("abm", {"place_id": "G2"}),
    "abm3": ("abm", {"place_id": "G3"}),
    "sakhi": ("bank_sakhi", {"branch_id": "R1"}),
    "sakhi2": ("bank_sakhi", {"branch_id": "R2"}),
    "supervisor": ("supervisor", {"place_id": "B1"}),
    "supervisor2": ("supervisor", {"place_id": "B2"}),
    "nodal": ("nodal", {"place_id": "B1"}),
    "district": ("district", {"place_id": "D"}),
}

PEOPLE = tuple(
    row
    for name, (role, where) in _ROLES.items()
    for row in (
        ("Person", name, {"name": name, "home_id": "D"}),
        ("Assignment", f"{name}/1", {"person_id": name, "role": role, "from_on": "2020-01-01", **where}),
    )
)

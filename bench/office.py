"""The office of the benchmark: sets up places and people in a centre, issues codes, enrols devices."""

import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from records.ids import official_id
from records.kinds import Registry
from records.messages import Batch, EnrolReply, EnrolRequest, FrozenBatch, Section
from records.stamps import stamp_of
from records.wire import frozen
from server.central_store import CentralStore, Clock

STATE_CODE = 23
STATE = official_id("lgd", f"state/{STATE_CODE}")
APP = "0.1.0"
SINCE = "2024-04-01"
Row = tuple[str, str, dict[str, Any]]


def ref(name: str) -> str:
    """The id of a set-up record of the benchmark by its short name."""
    return official_id("bench", name)


def new_centre(url: str, registry: Registry, clock: Clock, secret: bytes = b"a key outside the database..!!!!") -> Any:
    """A central store on a database of the benchmark."""
    return CentralStore(url, state_id=STATE_CODE, secret=secret, clock=clock, registry=registry)


def set_up(centre: CentralStore, rows: Iterable[Row]) -> None:
    """The office writes reference records through the same push as everybody."""
    office = centre.office("bench")
    answer = office.push(batch_of(list(rows), office.next_number(), office.device, centre.clock()))
    failed = [outcome for outcome in answer.outcomes if outcome.state != "applied"]
    if failed:
        raise RuntimeError(f"the centre did not take the benchmark's set-up: {failed[:3]}")


def batch_of(rows: Sequence[Row], number: int, device: str, now_ms: int) -> FrozenBatch:
    """A frozen batch of new records as a phone would send it: one section a kind, one stamp a record."""
    sections = []
    for kind in dict.fromkeys(kind for kind, _, _ in rows):
        some = [(place, id, values) for place, (one, id, values) in enumerate(rows) if one == kind]
        fields = list(dict.fromkeys(name for _, _, values in some for name in values))
        stamps = [stamp_of(now_ms + (place >> 16), place & 0xFFFF, device) for place, _, _ in some]
        grid = [[stamp if name in values else None for stamp, (_, _, values) in zip(stamps, some, strict=True)]
                for name in fields]  # fmt: skip
        columns = [[values.get(name) for _, _, values in some] for name in fields]
        bases: list[list[str | None]] = [[None if stamp is None else "" for stamp in column] for column in grid]
        sections.append(Section(kind, [id for _, id, _ in some], fields, columns, grid, bases))
    return frozen(number, Batch(tuple(sections)))


def person(name: str, role: str, **where: str) -> list[Row]:
    """A person and where she works."""
    return [
        ("Person", ref(name), {"name": name, "home_id": STATE}),
        (
            "Assignment",
            ref(f"{name}/works"),
            {"person_id": ref(name), "role": role, "from_on": SINCE, **{key: id for key, id in where.items() if id}},
        ),
    ]


def the_state() -> Row:
    return ("Place", STATE, {"level": "state", "name": "Practice state"})


def enrolled(centre: CentralStore, name: str) -> EnrolReply:
    """A device of a person, enrolled by a code."""
    code = centre.enrolments.code_for(ref(name))
    return centre.enrol(EnrolRequest(APP, code, secrets.token_bytes(32), secrets.token_bytes(32), "bench"))

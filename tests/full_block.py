"""A phone that holds a full block: places, branches, 1,600 groups with all that is below them, as received."""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

from operations.demo_setup import SEED
from operations.practice_filling import rows_of
from operations.practice_places import branch_rows, place_rows, practice_blocks, villages_of
from operations.practice_register import practice_register
from records.account_state import state_of
from records.figures import norm_on
from records.kinds import KINDS
from records.marks import marks_of, roster_of
from records.member import Member
from records.record import fields_of, from_wire
from records.savings_account import AccountStep
from records.shg import Shg
from storage.rows import RawRow, write_raw
from storage.store import LocalStore
from tests.factories import a_stamp

BLOCKS = practice_blocks(1)
AS_ON = date(2026, 11, 1)
Values = dict[str, Any]


def reference_rows() -> Iterator[tuple[str, str, Values]]:
    """Places with the ancestry that the centre derives, and branches."""
    above: dict[str, Values] = {}
    for kind, id, values in place_rows(BLOCKS):
        if kind == "Place":
            parent = above.get(values.get("parent_id") or "", {})
            ancestry = {f"{level}_id": parent.get(f"{level}_id") for level in ("gram_panchayat", "block", "district")}
            if parent and f"{parent['level']}_id" in ancestry:
                ancestry[f"{parent['level']}_id"] = values["parent_id"]
            values = above[id] = {**values, **ancestry}
        yield kind, id, values
    yield from branch_rows(BLOCKS)


def group_rows(groups: int = 1600) -> Iterator[tuple[str, str, Values]]:
    """The register's groups with all below them, and what the centre derives of each."""
    for group in practice_register(SEED, villages_of(BLOCKS), groups, today=AS_ON):
        rows = list(rows_of(group))
        members = [_record(Member, id, values) for kind, id, values in rows if kind == "Member"]
        steps = [_record(AccountStep, id, values) for kind, id, values in rows if kind == "AccountStep"]
        state = state_of(steps)
        for kind, id, values in rows:
            if kind == "Shg":
                shg = _record(Shg, id, values)
                least = norm_on([], "least_members_special" if shg.group_type == "special" else "least_members", AS_ON)
                marks = marks_of(shg, members, least=least, most=20, today=AS_ON)
                values = {**values, "roster_count": roster_of(members), "marks": list(marks), "canonical_id": id}
            if kind == "SavingsAccount":
                submitted = state.submitted_on.isoformat() if state.submitted_on else None
                values = {**values, "state": state.state, "submitted_on": submitted}
            yield kind, id, values


def fill(store: LocalStore, rows: Iterable[tuple[str, str, Values]]) -> None:
    """The store receives these rows."""
    stamp = a_stamp(device="0000beef")
    by_kind: dict[str, list[RawRow]] = {}
    for kind, id, values in rows:
        derived = {name for name, spec in fields_of(KINDS[kind].cls).items() if spec.derived}
        row = RawRow.empty(KINDS[kind], id)
        row.take({name: (value, "" if name in derived else stamp) for name, value in values.items()})
        row.held = ",1,"
        by_kind.setdefault(kind, []).append(row)
    with store.writing() as t:
        for kind, some in by_kind.items():
            write_raw(t.connection, t.tables, kind, some)
            t.changed.add(kind)


def _record(cls: type[Any], id: str, values: Values) -> Any:
    specs = fields_of(cls)
    return cls.known({"id": id, **{name: from_wire(specs[name], value) for name, value in values.items()}})


def milliseconds(ask: Callable[[], Any], times: int = 9) -> float:
    """The median of how long a call takes."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[times // 2]

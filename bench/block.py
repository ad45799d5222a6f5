"""A whole block: its places and people, its groups with members and accounts, and the phone that holds all of it."""

import json
import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy.dialects import sqlite

from bench import workload
from bench.findings import BATCH, Finding, Scale, at_most, in_turns, median, seconds_of
from bench.office import APP, STATE, STATE_CODE, Row, batch_of, enrolled, new_centre, person, ref, set_up, the_state
from records.cells import one_stamp_text
from records.commands.groups import ChangeGroup
from records.figures import Yardstick
from records.ids import first_account_id, official_id
from records.kinds import KINDS
from records.messages import CentralServer, FrozenBatch, SyncReply, SyncRequest
from records.record import fields_of, from_wire
from records.search_key import search_key
from records.stamps import stamp_of
from records.wire import read_reply, read_request, reply_bytes, request_bytes
from storage.contact import token_of
from storage.queries.asking import Query
from storage.queries.board import list_board
from storage.queries.figures import unit_figures
from storage.queries.groups import list_groups
from storage.queries.members import list_members, search_members
from storage.queries.today import count_today
from storage.store import LocalStore
from storage.workspace import PhoneWorkspace
from sync.enrolling import enrol
from sync.schedule import Pace
from sync.synchronise import synchronise

SUPERVISOR = "supervisor"
BLOCK = ref("block")
PANCHAYATS, VILLAGES = 60, 3
"""Gram panchayats of the block, and villages of each."""
TODAY = date(2026, 11, 20)


class opened_centre:
    """A centre that knows the block and its supervisor, closed at the end of the `with`."""

    def __init__(self, url: str, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._centre = new_centre(url, KINDS, lambda: time.time_ns() // 1_000_000)
        set_up(self._centre, [the_state(), *places(), *person(SUPERVISOR, "supervisor", place_id=BLOCK)])

    def __enter__(self) -> Any:
        return self._centre

    def __exit__(self, *why: object) -> None:
        self._centre.close()


def places() -> Iterator[Row]:
    yield "Place", ref("district"), {"level": "district", "parent_id": STATE, "name": "Practice district"}
    yield "Place", BLOCK, {"level": "block", "parent_id": ref("district"), "name": "Practice block"}
    for panchayat in range(PANCHAYATS):
        name = f"Practice panchayat {panchayat}"
        yield "Place", ref(f"gp{panchayat}"), {"level": "gram_panchayat", "parent_id": BLOCK, "name": name}
    for panchayat in range(PANCHAYATS):
        for village in range(VILLAGES):
            name = workload.VILLAGES[(panchayat * VILLAGES + village) % len(workload.VILLAGES)]
            values = {"level": "village", "parent_id": ref(f"gp{panchayat}"), "name": name}
            yield "Place", village_of(panchayat, village), values


def village_of(panchayat: int, village: int) -> str:
    return ref(f"gp{panchayat}/{village}")


def rows_of(groups: int, members: int, *, accounts: bool = False) -> Iterator[Row]:
    """Groups, each followed by its members; with `accounts` also by its account, and by a step in two of three."""
    chance, numbers = random.Random("block"), count()
    for group in range(groups):
        id = official_id("bench/group", str(group))
        yield "Shg", id, {
            "village_id": village_of(group % PANCHAYATS, group // PANCHAYATS % VILLAGES),
            "name": f"{chance.choice(workload.NAMES)} {chance.choice(workload.ENDINGS)} {group}",
            "formed_on": (date(2024, 1, 1) + timedelta(days=chance.randrange(1000))).isoformat(),
            "declared_members": members // groups,
            "meeting_rhythm": "weekly",
        }  # fmt: skip
        for _ in range(members * (group + 1) // groups - members * group // groups):
            yield "Member", official_id("bench/member", str(next(numbers))), {
                "shg_id": id,
                "name": f"{chance.choice(workload.FIRST_NAMES)} {chance.choice(workload.LAST_NAMES)}",
                "guardian_name": f"{chance.choice(workload.FIRST_NAMES)} {chance.choice(workload.LAST_NAMES)}",
                "age": chance.randrange(19, 60),
                "mobile": f"9{chance.randrange(10**9):09d}",
            }  # fmt: skip
        if accounts:
            yield from _account(id, group, chance)


def _account(group_id: str, group: int, chance: random.Random) -> Iterator[Row]:
    account = first_account_id(group_id)
    yield "SavingsAccount", account, {"shg_id": group_id, "typed_bank": "Gramin Bank", "typed_branch": "Practice"}
    if group % 3:
        day = TODAY - timedelta(days=chance.randrange(40))
        kind = ("resolution_passed", "submitted", "opened")[chance.randrange(3)]
        yield "AccountStep", official_id("bench/step", str(group)), {
            "account_id": account, "kind": kind, "on_day": day.isoformat(), "author_id": ref(SUPERVISOR),
        }  # fmt: skip


def batches_of(rows: list[Row], device: str) -> list[FrozenBatch]:
    """Rows as a phone freezes them: whole groups, parents first, about 500 rows a batch."""
    now_ms, found, at = time.time_ns() // 1_000_000, [], 0
    while at < len(rows):
        end = min(at + BATCH, len(rows))
        while end < len(rows) and rows[end][0] != "Shg":
            end += 1
        found.append(batch_of(rows[at:end], len(found) + 1, device, now_ms))
        at = end
    return found


def as_stored(row: Row) -> dict[str, Any]:
    """A row as the columns of its table at the centre."""
    kind, id, values = row
    specs = fields_of(KINDS[kind].cls)
    stamp = one_stamp_text(stamp_of(1_790_000_000_000, 0, "0000beef"), values)
    return {
        **{name: from_wire(spec, values.get(name, spec.default)) for name, spec in specs.items()},
        "id": id,
        "state_id": STATE_CODE,
        "group_id": values.get("shg_id", id),
        "search_key": search_key(values["name"]),
        "stamps": stamp,
        "bases": "",
        "disputed": "",
    }


# --- the phone


class CountingLine:
    """The centre in this process, every message turned into bytes and back; counts calls and bytes."""

    def __init__(self, server: CentralServer) -> None:
        self._server, self.calls, self.up, self.down = server, 0, 0, 0

    def sync(self, request: SyncRequest) -> SyncReply:
        body = request_bytes(request)
        said = reply_bytes(self._server.sync(read_request(body)), request.cursor)
        self.calls, self.up, self.down = self.calls + 1, self.up + len(body), self.down + len(said)
        return read_reply(said, request.cursor)


def measure(scale: Scale, scratch: Path) -> Iterator[Finding]:
    """First sync of the whole block, then what a person does on a phone that holds it."""
    rows = list(rows_of(scale.groups, scale.members, accounts=True))
    with opened_centre(f"sqlite:///{scratch / 'block.db'}", scratch / "block") as centre:
        device = enrolled(centre, SUPERVISOR)
        for batch in batches_of(rows, device.device):
            answer = centre._take_batch(device.device, batch, centre.clock())
            assert [outcome.state for outcome in answer.outcomes] == ["applied"], answer.outcomes[:3]
        store = LocalStore.open(scratch / "block-phone.sqlite")
        yield _first_sync(store, centre, len(rows))
    yield from on_the_phone(store, scale)
    store.close()


def _first_sync(store: LocalStore, centre: Any, rows: int) -> Finding:
    enrol(store, centre, centre.enrolments.code_for(ref(SUPERVISOR)), app=APP)
    token = token_of(store)
    assert token
    line = CountingLine(centre.for_device(token))
    pages: list[float] = []
    began = time.perf_counter()
    synchronise(
        store,
        line,
        app=APP,
        timer=time.monotonic,
        pace=Pace(),
        tell=lambda _: pages.append(time.perf_counter() - began),
    )
    took, size = time.perf_counter() - began, line.up + line.down
    shown = f"{size / 1e6:.2f} MB, {took:.1f} s, {rows:,} records in {line.calls} calls; something to see after "
    shown += f"{pages[0]:.1f} s"
    return at_most("first sync of the block, bytes of bodies both ways", size / 1e6, 5, "MB", shown=shown,
                   seconds=took, calls=line.calls, records=rows, pages=pages)  # fmt: skip


def on_the_phone(store: LocalStore, scale: Scale) -> Iterator[Finding]:
    """Each question as a screen asks it, and the same SELECT by the driver alone; a save, and two plain INSERTs."""
    workspace = PhoneWorkspace(store)
    plain = sqlite3.connect(store.path, isolation_level=None)
    first = workspace.ask(list_groups, limit=1)[0]
    questions: list[tuple[str, Query[Any], dict[str, Any], float]] = [
        ("list of groups, first page of 50", list_groups, {"limit": 50}, 100),
        ("search of groups in Hindi", list_groups, {"search": "सरस्व", "limit": 50}, 100),
        ("search of groups in Latin letters", list_groups, {"search": "sarasw", "limit": 50}, 100),
        ("members of a group", list_members, {"shg_id": first.id, "limit": 50}, 100),
        ("search of members", search_members, {"search": "sunita", "limit": 50}, 100),
        ("Today: pending and overdue accounts (figures of the block)", unit_figures, {"today": TODAY}, 100),
        ("Today: all that waits", count_today, {"measure": Yardstick(TODAY)}, 100),
        ("groups that need mending", list_groups, {"needs": "mending", "measure": Yardstick(TODAY), "limit": 50}, 100),
        ("the board of all branches", list_board, {"limit": 50}, 100),
    ]
    for what, query, question, goal in questions:
        ours, raw = in_turns(
            scale.asks,
            lambda q=query, a=question: seconds_of(lambda: workspace.ask(q, **a)),
            _asked_plainly(plain, store, query, question),
        )
        found = len(workspace.ask(query, **question))
        yield _ms(f"phone: {what}", ours, raw, goal, f", {found} rows")
    yield _ms("phone: save of a group", *in_turns(scale.asks, _saving(workspace, first.id), _saved_plainly(plain)), 50)
    plain.close()


def _ms(what: str, ours: list[float], raw: list[float], goal: float, more: str = "") -> Finding:
    value, plainly = median(ours) * 1000, median(raw) * 1000
    shown = f"{value:.2f} ms (plain SQLite {plainly:.2f} ms{more})"
    return at_most(what, value, goal, "ms", shown=shown, ms=value, plain_ms=plainly)


def _asked_plainly(plain: sqlite3.Connection, store: LocalStore, query: Query[Any], question: dict[str, Any]) -> Any:
    dialect = sqlite.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    compiled = query.select(store.tables, **question).compile(
        dialect=dialect, compile_kwargs={"render_postcompile": True}
    )
    values = {name: _as_bound(value) for name, value in compiled.params.items()}
    return lambda: seconds_of(lambda: plain.execute(str(compiled), values).fetchall())


def _as_bound(value: Any) -> Any:
    """A value as the columns' types hand it to the driver."""
    if isinstance(value, tuple):
        return json.dumps(value, separators=(",", ":"))
    return value.isoformat() if isinstance(value, date) else value


def _saving(workspace: PhoneWorkspace, id: str) -> Any:
    numbers = count()

    def save() -> float:
        command = ChangeGroup(id, {"remarks": f"benchmark {next(numbers)}"})
        return seconds_of(lambda: workspace.do(command))

    return save


def _saved_plainly(plain: sqlite3.Connection) -> Any:
    """A record and a line of an outbox in one durable transaction, with nothing checked."""
    plain.execute("PRAGMA synchronous=FULL")
    plain.execute("CREATE TABLE IF NOT EXISTS bench_record (id TEXT PRIMARY KEY, name TEXT, stamps TEXT)")
    plain.execute("CREATE TABLE IF NOT EXISTS bench_outbox (id TEXT PRIMARY KEY, changes TEXT)")
    numbers = count()

    def write() -> None:
        number = next(numbers)
        plain.execute("BEGIN IMMEDIATE")
        plain.execute("INSERT OR REPLACE INTO bench_record VALUES (?,?,?)", (f"{number:032x}", "x" * 80, "y" * 90))
        plain.execute("INSERT OR REPLACE INTO bench_outbox VALUES (?,?)", (f"{number:032x}", "z" * 300))
        plain.execute("COMMIT")

    return lambda: seconds_of(write)

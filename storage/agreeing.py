"""Whether this copy agrees with the centre: what it holds of each stream, added up to be compared (ADR 0023).

Looked at is what was received: where work of our own shows, the received value beneath it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from records.audience import columns_of, streams_read
from records.digest import Compared, Digest, Summary, digesting_in, register_of
from records.record import fields_of
from storage.holds import LINGERS, Streams
from storage.identity import capacity_of
from storage.letting_go import KIND as LET_GO
from storage.letting_go import gone_by
from storage.marks import numbers_in
from storage.outbox import all_beneath
from storage.rows import RawRow, raw_rows
from storage.store import LocalStore, Transaction

EACH_MS = 20 * 3_600_000
"""A stream is compared no more often: once a day, on whatever hour she works."""

DIFFERED_MS = 3_600_000
"""One that differed is looked at again after so long, should the run break off that mends it."""

MOST_AT_ONCE = 5_000
"""Records that are looked at in one run; a stream that holds more is looked at alone."""

Held = dict[str, dict[str, int]]
"""kind -> marks of streams -> how many records are held by just these."""


def summary_due(store: LocalStore) -> Summary | None:
    """What this copy holds of the streams that have waited longest to be compared; None where none is due.

    One that is read since today has just come whole: it is due tomorrow.
    """
    with store.reading() as t:
        roles = _read(t)
        table = t.tables.compared
        last = {row.name: row.at_ms for row in t.connection.execute(select(table))}
        now = t.clock_ms
        # A clock that was ahead must not put it off for years.
        due = [name for name in last if name in roles and not 0 <= now - last[name] < EACH_MS]
        summary = _summary(t, _some(t, sorted(due, key=lambda name: last[name])), roles) if due else None
    if new := roles.keys() - last.keys():
        with store.writing(durable=False) as t:
            _note(t, dict.fromkeys(new, now))
    return summary


def summary_of(store: LocalStore, names: Collection[str]) -> Summary:
    """What this copy holds of these streams."""
    with store.reading() as t:
        return _summary(t, names, _read(t))


def take_compared(store: LocalStore, summary: Summary, compared: Compared | None) -> tuple[str, ...]:
    """Notes what was compared; returns the streams that differ. What no stream holds is looked at again by then."""
    found = compared or Compared()
    with store.writing(durable=False) as t:
        at = {name: t.clock_ms for name in summary.streams if name not in found.left_out}
        at |= {name: t.clock_ms - EACH_MS + DIFFERED_MS for name in found.differ if name in at}
        _note(t, at)
        _look_after_strays(t)
    return found.differ


def _note(t: Transaction, at: Mapping[str, int]) -> None:
    """When streams were compared, in milliseconds."""
    line = insert(t.tables.compared)
    renewed = line.on_conflict_do_update(index_elements=["name"], set_={"at_ms": line.excluded.at_ms})
    if at:
        t.connection.execute(renewed, [{"name": name, "at_ms": ms} for name, ms in at.items()])


def _read(t: Transaction) -> dict[str, frozenset[str]]:
    """stream -> roles in which she reads it."""
    capacity = capacity_of(t.meta)
    return dict(streams_read(capacity.reaches, capacity.person_id)) if capacity else {}


def _some(t: Transaction, names: Iterable[str]) -> list[str]:
    """As many of these streams as may be looked at in one run, in their order."""
    numbers = _numbers(t)
    sizes: dict[int, int] = {}
    for by_marks in _held(t).values():
        for marks, count in by_marks.items():
            for number in numbers_in(marks):
                sizes[number] = sizes.get(number, 0) + count
    chosen: list[str] = []
    room = MOST_AT_ONCE
    for name in names:
        size = sizes.get(numbers.get(name, -1), 0)
        if chosen and size > room:
            continue
        room -= size
        chosen.append(name)
    return chosen


def _summary(t: Transaction, names: Iterable[str], roles: dict[str, frozenset[str]]) -> Summary:
    numbers = _numbers(t)
    sums = {name: Digest() for name in names if name in roles}
    wanted = {numbers[name]: name for name in sums if name in numbers}
    under = {key: fields for key, _unit, fields in all_beneath(t)}
    for kind, by_marks in _held(t).items():
        marks = {one: [wanted[n] for n in numbers_in(one) if n in wanted] for one in by_marks}
        digests = {name: digesting_in(t.registry, kind, name, roles[name]) for name in wanted.values()}
        for raw in _rows(t, kind, [one for one, streams in marks.items() if streams], under):
            _add(sums, raw, marks[raw.held], digests)
    _add_gone(t, sums, wanted, roles)
    return Summary(register_of(t.registry), sums)


def _add(sums: dict[str, Digest], raw: RawRow, streams: Iterable[str], digests: dict[str, Callable[..., int]]) -> None:
    # Most streams show the same columns: a record is worked out once for each way to see it.
    seen: dict[Callable[..., int], int] = {}
    for name in streams:
        digest = digests[name]
        if digest not in seen:
            seen[digest] = digest(raw.id, raw.values, raw.stamps)
        sums[name] = sums[name].plus([seen[digest]])


def _add_gone(
    t: Transaction, sums: dict[str, Digest], wanted: dict[int, str], roles: dict[str, frozenset[str]]
) -> None:
    """Steps that were let go for want of room count as if they were here."""
    if LET_GO not in t.registry:
        return
    cls = t.registry[LET_GO].cls
    whole = {name: len(columns_of(cls, LET_GO, {name: roles[name]})) == len(fields_of(cls)) for name in wanted.values()}
    for gone in gone_by(t, LET_GO):
        for name in (wanted[number] for number in numbers_in(gone.held) if number in wanted):
            sums[name] = sums[name].plus([gone.whole if whole[name] else gone.public])


def _rows(t: Transaction, kind: str, marks: list[str], under: Mapping[tuple[str, str], Any]) -> Iterable[RawRow]:
    """Records held by just these streams, as they were received."""
    for one in marks:
        asked = f'SELECT id FROM "{t.tables[kind].name}" WHERE held=?'
        ids = [id for (id,) in t.driver.execute(asked, (one,))]
        for raw in raw_rows(t.connection, t.tables, kind, ids).values():
            if (kind, raw.id) in under:
                raw.take({name: (value, stamp) for name, (value, stamp) in under[kind, raw.id].items()})
            yield raw


def _numbers(t: Transaction) -> dict[str, int]:
    """stream -> its number, of those that are read and have not begun again since."""
    return dict(t.driver.execute("SELECT name, number FROM stream WHERE NOT superseded"))


def _held(t: Transaction) -> Held:
    asked = " UNION ALL ".join(
        f"SELECT '{kind}', held, count(*) FROM \"{table.name}\" GROUP BY held" for kind, table in t.tables.items()
    )
    found: Held = {kind: {} for kind, _ in t.tables.items()}
    for kind, held, count in t.driver.execute(asked):
        found[kind][held] = count
    return found


def _look_after_strays(t: Transaction) -> None:
    """Records that no stream holds and that no work of our own keeps, and those held by a stream that is not known:
    no stream's sum tells of them. With the news read to their end they go."""
    for kind, table in t.tables.items():
        t.driver.execute(
            f"INSERT INTO lingering (kind, id) SELECT ?, id FROM \"{table.name}\" WHERE held='' {LINGERS}", (kind,)
        )
    known = set(Streams(t).names)
    marks = {number for by_marks in _held(t).values() for one in by_marks for number in numbers_in(one)}
    marks |= {number for gone in gone_by(t, LET_GO) for number in numbers_in(gone.held)}
    for number in sorted(marks - known):
        line = {"number": number, "name": f"before/{number}/lost", "upto": 0, "superseded": True}
        t.connection.execute(t.tables.stream.insert().values(line))

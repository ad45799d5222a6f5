"""Batches: what waits is frozen under the next number and sent as the same bytes until it is answered."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Row, delete, func, select

from records.columns import opened_bytes, sealed_bytes
from records.messages import Batch, FrozenBatch, Section
from records.personal import Plain
from records.record import FieldSpec, fields_of
from records.wire import frozen, thawed
from storage import meta as named
from storage.changes import Cells, merged
from storage.driver import listed
from storage.outbox import TO_MEND_OF, WAITING_OF, Key, changed_since, put_change
from storage.store import LocalStore, Transaction
from storage.tables import NOT_FROZEN, PARKED, cells_of, read_changes

FIRST_ROWS = 100
"""Rows of the first batch on a link whose speed is not known yet."""

MOST_CHARACTERS = 1_000_000
"""Of one batch's changes as they wait, so that a few long remarks do not make a batch of a minute. A changed field has
about 15 of them besides its value."""


def next_batch(store: LocalStore, *, rows: int = FIRST_ROWS) -> FrozenBatch | None:
    """The batch to send: the one in flight if there is one, else up to `rows` newly frozen changes, else None.

    The unit of order is a group with all that waits below it: parents before children, newest saves first.
    """
    with store.reading() as t:
        if (flying := _in_flight(t)) is not None:
            return flying
        if not waits_to_be_frozen(t):
            return None
    with store.writing() as t:
        return _in_flight(t) or freeze_next(t, rows)


def waits_to_be_frozen(t: Transaction) -> bool:
    """Whether there are changes that are in no batch yet."""
    return t.driver.execute(f"SELECT 1 FROM outbox WHERE batch={NOT_FROZEN} LIMIT 1").fetchone() is not None


def frozen_after(t: Transaction, number: int) -> FrozenBatch | None:
    """The batch that follows on this one, where it is frozen already."""
    return next(_batches(t, "number=? AND NOT answered", (number + 1,)), None)


def unanswered(t: Transaction) -> list[FrozenBatch]:
    """All batches without an answer, in the order of their numbers: the one in flight, and what was handed over."""
    return list(_batches(t, "NOT answered ORDER BY number"))


def count_rows(t: Transaction, number: int) -> int:
    """How many records of the outbox are in a batch."""
    outbox = t.tables.outbox
    return t.connection.scalar(select(func.count()).select_from(outbox).where(outbox.c.batch == number)) or 0


def freeze_ahead(t: Transaction, *, rows: int, least: int) -> None:
    """Freezes the batch after the one under way, so that it is ready when that one is answered.

    Only where at least `least` rows wait: a few may still be typed over. And not while a record under way has been
    changed again: what is said of that change may depend on the answer.
    """
    flying = t.driver.execute("SELECT number FROM frozen WHERE NOT answered").fetchall()
    enough = f"SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE batch={NOT_FROZEN} LIMIT ?)"
    if len(flying) != 1 or t.driver.execute(enough, (least,)).fetchone()[0] < least:
        return
    if not changed_since(t, flying[0][0]) or t.driver.execute(CHANGED_AGAIN).fetchone() is None:
        freeze_next(t, rows)


# From what is under way to what waits: the other way round all that waits would be looked at.
CHANGED_AGAIN = (
    "SELECT 1 FROM outbox AS one CROSS JOIN outbox AS other ON other.kind=one.kind AND other.id=one.id "
    f"AND other.batch={NOT_FROZEN} WHERE one.batch>0 LIMIT 1"
)


def _in_flight(t: Transaction) -> FrozenBatch | None:
    return next(_batches(t, "NOT answered ORDER BY number LIMIT 1"), None)


def _batches(t: Transaction, which: str, values: tuple[Any, ...] = ()) -> Iterator[FrozenBatch]:
    for number, sha256, blob in t.driver.execute(f"SELECT number, sha256, blob FROM frozen WHERE {which}", values):
        yield FrozenBatch(number, sha256, opened_bytes(t.tables.codec, blob))


def freeze_next(t: Transaction, rows: int) -> FrozenBatch | None:
    """Freezes up to `rows` changes under the next number, whatever is in flight; None where nothing waits."""
    while chosen := _choose(t, rows):
        parked = [row for row in _maybe_unknown(t, chosen) if _park_unknown(t, row)]
        if not parked:
            return _frozen(t, chosen)
    return None


class Waiting(NamedTuple):
    """A row of the outbox that is not frozen yet, its number in the table, and its changes as they are kept there."""

    kind: str
    id: str
    unit: str
    place: int
    typed_under: int
    at_ms: int
    rowid: int
    kept: Any

    @property
    def changes(self) -> Cells:
        return cells_of(self.kept)


# The rows saved last tell which units were; whatever else waits need not be grouped, nor looked at: so the joins are
# in this order. What is sorted are numbers of rows, no more of them than are wanted: the texts are read after that.
CHOSEN = f"""
    WITH latest AS (
        SELECT unit, place FROM outbox WHERE batch={NOT_FROZEN} ORDER BY place DESC LIMIT :rows
    ), units AS (
        SELECT unit, max(place) AS newest FROM latest GROUP BY unit
    )
    SELECT one.rowid
    FROM units CROSS JOIN outbox AS one ON one.unit=units.unit AND +one.batch={NOT_FROZEN}
    ORDER BY units.newest DESC, one.unit, instr(:kinds, ',' || one.kind || ',')=0,
        instr(:kinds, ',' || one.kind || ','), one.place
    LIMIT :rows
"""
OF_NUMBERS = """
    SELECT kind, one.id, unit, place, typed_under, at_ms, one.rowid, changes
    FROM json_each(?) AS wanted CROSS JOIN outbox AS one ON one.rowid=wanted.value
"""


def _choose(t: Transaction, rows: int) -> list[Waiting]:
    """The rows of the next batch, in the order of sending; all were typed under one cursor."""
    chosen = t.driver.execute(CHOSEN, {"rows": rows, "kinds": f",{','.join(t.registry)},"}).fetchall()
    order = [number for (number,) in chosen]
    by_number = {row[6]: row for row in t.driver.execute(OF_NUMBERS, (listed(order),))}
    found = list(map(by_number.__getitem__, order))
    texts = [row[7] for row in found]
    if not isinstance(t.tables.codec, Plain):
        texts = list(map(t.tables.codec.open, texts))
    if len({row[4] for row in found}) > 1 or sum(map(len, texts)) > MOST_CHARACTERS:
        texts = texts[: _that_fit(found, texts)]
    # One text with all of them is read much sooner than each by itself.
    kept = json.loads(f"[{','.join(texts)}]")
    columns = list(zip(*found[: len(kept)], strict=True))[:7]
    return list(map(Waiting, *columns, kept)) if kept else []


def _that_fit(found: Sequence[Any], texts: Sequence[str]) -> int:
    """How many of these rows, from the first on, go into one batch: one at least."""
    characters = 0
    for count, (row, text) in enumerate(zip(found, texts, strict=True)):
        characters += len(text)
        if count and (characters > MOST_CHARACTERS or row[4] != found[0][4]):
            return count
    return len(texts)


def _maybe_unknown(t: Transaction, rows: Sequence[Waiting]) -> list[Waiting]:
    """Rows with something that this app may not know, as a word of a closed list; most fields take any value."""
    of_kinds: dict[str, list[Waiting]] = {}
    for row in rows:
        of_kinds.setdefault(row.kind, []).append(row)
    found: dict[Key, Waiting] = {}
    for kind, some in of_kinds.items():
        # In the shorter of the two forms values stand as they are.
        of_rows = [row.kept[2] if type(row.kept) is list else _values_of(row.changes) for row in some]
        for name, words in _closed_lists(t, kind, set[str]().union(*of_rows)):
            if not all(values[name] in words for values in of_rows if name in values):
                pairs = zip(some, of_rows, strict=True)
                found |= {(kind, row.id): row for row, values in pairs if name in values and values[name] not in words}
    return list(found.values())


def _values_of(changes: Cells) -> dict[str, Any]:
    return {name: cell[0] for name, cell in changes.items()}


def _closed_lists(t: Transaction, kind: str, names: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
    """(field, words it may be) of those of these fields that do not take any value; no words for what is not known."""
    specs = fields_of(t.registry[kind].cls) if kind in t.registry else {}
    known = {name: spec.choices for name, spec in specs.items() if not spec.derived}
    return [(name, known.get(name, ())) for name in names if name not in known or known[name]]


def _park_unknown(t: Transaction, row: Waiting) -> bool:
    """Sets aside what a newer app has written and this one must not send; it waits for the next upgrade."""
    specs = fields_of(t.registry[row.kind].cls) if row.kind in t.registry else {}
    unknown = {name: cell for name, cell in row.changes.items() if not _is_known(specs.get(name), cell[0])}
    if not unknown:
        return False
    outbox = t.tables.outbox
    at = (outbox.c.kind == row.kind, outbox.c.id == row.id)
    parked = t.connection.scalars(select(outbox.c.changes).where(*at, outbox.c.batch == PARKED)).one_or_none()
    t.connection.execute(delete(outbox).where(*at, outbox.c.batch == PARKED))
    values = {"batch": PARKED, "changes": merged(parked or {}, unknown)}
    values |= {n: getattr(row, n) for n in ("kind", "id", "unit", "place", "typed_under", "at_ms")}
    t.connection.execute(outbox.insert().values(values))
    rest = {name: cell for name, cell in row.changes.items() if name not in unknown}
    here = (*at, outbox.c.batch == NOT_FROZEN)
    t.connection.execute(outbox.update().where(*here).values(changes=rest) if rest else delete(outbox).where(*here))
    return True


def _is_known(spec: FieldSpec | None, value: Any) -> bool:
    return spec is not None and not spec.derived and (not isinstance(value, str) or spec.is_known(value))


def _frozen(t: Transaction, chosen: Sequence[Waiting]) -> FrozenBatch:
    by_kind = {kind: [row for row in chosen if row.kind == kind] for kind in t.registry}
    sections = tuple(section_of(kind, rows) for kind, rows in by_kind.items() if rows)
    batch = frozen(t.meta.next(named.LAST_BATCH), Batch(sections, chosen[0].typed_under))
    _keep(t, batch)
    order = [row.rowid for rows in by_kind.values() for row in rows]
    with t.left_standing():
        t.driver.executemany(
            "UPDATE outbox SET batch=?, row=? WHERE rowid=?",
            [(batch.number, place, number) for place, number in enumerate(order)],
        )
    return batch


def _keep(t: Transaction, batch: FrozenBatch) -> None:
    """A batch of which no answer has come."""
    line = (batch.number, batch.sha256, sealed_bytes(t.tables.codec, batch.blob))
    t.driver.execute("INSERT INTO frozen (number, sha256, blob, answered) VALUES (?,?,?,0)", line)


def section_of(kind: str, rows: Sequence[Waiting]) -> Section:
    """Changes of records of one kind in columns; a cell that a row does not change has the stamp None."""
    ids = [row.id for row in rows]
    if any(type(row.kept) is dict for row in rows):
        return _section_of_cells(kind, ids, [row.changes for row in rows])
    values: list[dict[str, Any]] = [row.kept[2] for row in rows]
    shapes = dict.fromkeys(map(tuple, values))
    fields = list(dict.fromkeys(chain.from_iterable(shapes)))
    marks: list[list[str | None]] = [[row.kept[0] for row in rows], [row.kept[1] for row in rows]]
    if len(shapes) == 1:
        columns = [list(column) for column in zip(*map(dict.values, values), strict=True)]
        stamps, bases = ([one] * len(fields) for one in marks)
        return Section(kind, ids, fields, columns, stamps, bases)
    columns = [[one.get(name) for one in values] for name in fields]
    # Fields that the same rows change share a list of stamps, so that it is looked at once.
    holders = {name: tuple(name in shape for shape in shapes) for name in fields}
    numbers = {shape: number for number, shape in enumerate(shapes)}
    which = [numbers[tuple(one)] for one in values]
    grids: list[list[list[str | None]]] = []
    for one in marks:
        made: dict[tuple[bool, ...], list[str | None]] = {
            holding: [mark if holding[at] else None for mark, at in zip(one, which, strict=True)]
            for holding in set(holders.values())
        }
        grids.append([made[holders[name]] for name in fields])
    return Section(kind, ids, fields, columns, *grids)


def _section_of_cells(kind: str, ids: list[str], changes: Sequence[Cells]) -> Section:
    fields = list(dict.fromkeys(name for one in changes for name in one))
    nothing = [None, None, None]
    columns: list[list[Any]] = []
    stamps: list[list[str | None]] = []
    bases: list[list[str | None]] = []
    for name in fields:
        column = [one.get(name, nothing) for one in changes]
        for found, part in zip((columns, stamps, bases), zip(*column, strict=True), strict=True):
            found.append(list(part))
    return Section(kind, ids, fields, columns, stamps, bases)


def thaw_outbox(t: Transaction) -> list[Key]:
    """Puts unanswered frozen changes back among those that can be frozen; returns the records they are of."""
    outbox = t.tables.outbox
    rows = t.connection.execute(select(outbox).where(outbox.c.batch > 0).order_by(outbox.c.batch)).all()
    by_key: dict[Key, list[Row[Any]]] = {}
    for row in rows:
        by_key.setdefault((row.kind, row.id), []).append(row)
    t.connection.execute(delete(outbox).where(outbox.c.batch > 0))
    for (kind, id), some in by_key.items():
        changes: Cells = {}
        for row in some:
            changes = merged(changes, row.changes)
        under = min(row.typed_under for row in some)
        put_older(t, kind, id, some[0].unit, changes, at_ms=some[0].at_ms, typed_under=under)
    return list(by_key)


def put_older(
    t: Transaction, kind: str, id: str, unit: str, changes: Cells, *, at_ms: int, typed_under: int | None = None
) -> None:
    """Lets changes wait again below those that have been typed since. `typed_under`: the cursor of then, if known.

    What was refused since is sent along once more: it was typed later than these, and must not be covered by them.
    """
    for newer in (TO_MEND_OF, WAITING_OF):
        row = t.driver.execute(newer, (kind, id)).fetchone()
        if row is not None:
            changes = merged(changes, read_changes(t.tables.codec, row[0]))
    put_change(t, kind, id, unit, changes, at_ms=at_ms, typed_under=typed_under)


def refreeze_from(t: Transaction, wanted: int) -> None:
    """The centre misses batches from this number on: they are sent again in order.

    A batch that is too old to be kept has been answered long ago; an empty one takes its number, and what was in it
    is offered again with all other acknowledged changes.
    """
    table, last = t.tables.frozen, int(t.meta.get(named.LAST_BATCH, 0))
    kept = set(t.connection.scalars(select(table.c.number).where(table.c.number >= wanted)))
    t.connection.execute(table.update().where(table.c.number >= wanted).values(answered=False))
    for number in range(max(1, wanted), last + 1):
        if number not in kept:
            _keep(t, frozen(number, Batch(())))


def freeze_as_stored(t: Transaction, number: int, instead: Mapping[str, str]) -> None:
    """An answered batch with the stamps that the centre stored instead of those sent. Should the centre go back and ask
    for it again, it has lost with its answer what it made of them: sent as they were they might stand now, above what
    this phone has typed since."""
    blob = t.connection.scalar(select(t.tables.frozen.c.blob).where(t.tables.frozen.c.number == number))
    if blob is None:
        return
    batch = thawed(blob)
    stored = frozen(number, replace(batch, sections=tuple(_with_stamps(one, instead) for one in batch.sections)))
    table = t.tables.frozen
    t.connection.execute(table.update().where(table.c.number == number).values(sha256=stored.sha256, blob=stored.blob))


def _with_stamps(section: Section, instead: Mapping[str, str]) -> Section:
    def turned(columns: list[list[str | None]]) -> list[list[str | None]]:
        return [[instead.get(stamp, stamp) if stamp else stamp for stamp in column] for column in columns]

    bases = None if section.bases is None else turned(section.bases)
    return replace(section, stamps=turned(section.stamps), bases=bases)


def forget_blobs(t: Transaction, answered: int, keep: int = 50) -> None:
    """Drops the bytes of batches answered long ago."""
    t.driver.execute("DELETE FROM frozen WHERE number<=? AND answered", (answered - keep,))

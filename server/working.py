"""The records that one push works on: read once in id order and locked, changed in memory, written back set-based."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Connection, Select, Table, bindparam, select

from records.access import Standing
from records.cells import one_stamp_text, read_stamps, stamps_text
from records.columns import SealedText
from records.kinds import Registry
from records.record import Record, fields_of
from records.search_key import search_key
from server.chunks import among_listed, chunked, listed
from server.database import WrittenMeanwhile
from server.fresh import Fresh
from server.glance import Glance
from server.tables import CentralTables
from server.upserting import insert_columns, update_known

BELOW = ("Member", "SavingsAccount", "AccountStep", "Attachment", "Conflict", "Proposal", "Check")
"""Kinds that stand below a group: whoever changes one of its records has locked the group."""


class Working:
    """Rows of records by id, of one state, in one transaction. A row is a dict of its columns, stamps and bases parsed.

    Rows whose id is unknown stay unknown until `create`, or `take_new` for many. `flush` writes all that changed.
    `created`, `written`, `derived`: id -> kind of what happened; `before`: id -> the first former value of each
    overwritten field; `settled`: id -> derived fields that got another value. `seen`: what there was beside the
    records when a batch began, where that was looked at. `by_feed`: what no stream was told of is taken for new without
    a look into its table. Where it is there all the same, the transaction begins again, and looks.
    """

    def __init__(
        self,
        db: Connection,
        tables: CentralTables,
        registry: Registry,
        state_id: int,
        seen: Glance | None = None,
        *,
        by_feed: bool = False,
    ) -> None:
        self.db, self.tables, self.registry, self.state_id, self.seen = db, tables, registry, state_id, seen
        self._by_feed, self._taken_for_new = by_feed, set[str]()
        self._rows: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in registry}
        self._asked: dict[str, set[str]] = {kind: set() for kind in registry}
        self._whole_groups: set[str] = set()
        self._locked_groups: set[str] = set()
        self._told: set[str] = set()
        self._kinds_of: dict[str, set[str]] = {}
        self._fresh: dict[str, list[Fresh]] = {kind: [] for kind in registry}
        self._fresh_of: dict[str, Fresh] = {}
        self.new: list[tuple[str, str | Fresh]] = []
        self._looked_for: dict[tuple[str, str], set[Any]] = {}
        self.created: dict[str, str] = {}
        self.written: dict[str, str] = {}
        self.derived: dict[str, str] = {}
        self.before: dict[str, dict[str, Any]] = {}
        self.settled: dict[str, set[str]] = {}

    # --- reading

    def load(self, kind: str, ids: Iterable[str], *, lock: bool = False) -> None:
        """Read rows that are not here yet. With `lock`, nobody else changes them until the transaction ends."""
        wanted = {id for id in ids if id} - self._asked[kind]
        self._asked[kind] |= wanted
        table = self.tables.records[kind]
        for some in chunked(wanted):
            self._read(kind, table.c.id, some, lock=lock)

    def _read(self, kind: str, column: Column[Any], some: list[Any], *, lock: bool) -> None:
        query = _rows_among(self.tables.records[kind], column, self.db.dialect.name, lock)
        found = self.db.execute(query, {"state": self.state_id, "among": listed(self.db, some)}).mappings()
        self._take(kind, found if lock else sorted(found, key=itemgetter("id")))

    def lock_reference(self, *, changes: bool) -> None:
        """Places, branches and areas stand still until the transaction ends: groups are placed by them. Whoever
        changes them waits for all who place groups, and they for her."""
        self.db.execute(_reference(self.tables.meta, changes), {"state": self.state_id})

    def lock_groups(self, ids: Iterable[str]) -> None:
        """Nobody else changes these groups or anything below them until the transaction ends.

        What was read of a group before it was locked may have been overtaken: it is read again.
        """
        wanted = {id for id in ids if id} - self._locked_groups
        if not wanted:
            return
        self._locked_groups |= wanted
        self._looked_for.clear()
        self._forget("Shg", {id for id in wanted if id in self._asked["Shg"]})
        self._whole_groups -= wanted
        for kind in BELOW:
            if kind in self.registry:
                self._forget(kind, {id for id, row in self._rows[kind].items() if row["group_id"] in wanted})
        self.load("Shg", wanted, lock=True)

    def _forget(self, kind: str, ids: set[str]) -> None:
        mine = ids - self.created.keys() - self.written.keys() - self.derived.keys()
        self._asked[kind] -= mine
        for id in mine:
            self._rows[kind].pop(id, None)

    def groups_of(self, kind: str, ids: Iterable[str]) -> dict[str, str]:
        """id -> group of the records that are known, read without a lock: a look before locking the groups."""
        table, found = self.tables.records[kind], dict[str, str]()
        for some in chunked({id for id in ids if id}):
            query = _groups_among(table, self.db.dialect.name)
            rows = self.db.execute(query, {"state": self.state_id, "among": listed(self.db, some)})
            found.update({id: group for id, group in rows if group is not None})
        return found

    def load_where(self, kind: str, field: str, values: Iterable[Any]) -> list[dict[str, Any]]:
        """All rows of a kind with one of these values in a field, those changed here included.

        What has been looked for since the last group was locked is not looked for again.
        """
        wanted = set(values)
        looked_for = self._looked_for.setdefault((kind, field), set())
        for some in chunked(wanted - looked_for):
            self._read(kind, self.tables.records[kind].c[field], some, lock=False)
        looked_for |= wanted
        if not wanted:
            return []
        self._see(kind)
        return [row for row in self._rows[kind].values() if row[field] in wanted]

    def load_groups(self, ids: Iterable[str]) -> None:
        """Read everything that stands below these groups, and the groups. Below one that was created here nothing
        stands but what was created here: whatever names an unknown group is held."""
        wanted = {id for id in ids if id} - self._whole_groups
        self._whole_groups |= wanted
        wanted -= self.created.keys()
        self.load("Shg", wanted)
        for kind in BELOW:
            if kind in self.registry and wanted:
                self.load_where(kind, "group_id", wanted)

    def load_kinds(self, ids: Iterable[str]) -> None:
        """Read as which kinds of record these ids have been told. An id names one record, of one kind."""
        wanted = set(ids) - self._told
        self._told |= wanted
        for some in chunked(wanted):
            query = _kinds_among(self.tables.feed, self.db.dialect.name)
            for id, kind in self.db.execute(query, {"state": self.state_id, "among": listed(self.db, some)}):
                self._kinds_of.setdefault(id, set()).add(kind)

    def known_among(self, ids: Iterable[str]) -> set[str]:
        """Those of these ids that name a record."""
        wanted = set(ids)
        self.load_kinds(wanted)
        return wanted & self._kinds_of.keys()

    def to_look_for(self, kind: str, ids: Collection[str]) -> Collection[str]:
        """Those of these ids for which a table has to be asked."""
        if not self._by_feed:
            return ids
        new = set(ids) - self.known_among(ids)
        self._asked[kind] |= new
        self._taken_for_new |= new
        return [id for id in ids if id not in new]

    def look_again(self, kind: str, ids: Iterable[str]) -> None:
        """Before these are judged as what is not there: WrittenMeanwhile where one of them is."""
        table, db = self.tables.records[kind], self.db
        for some in chunked(self._taken_for_new.intersection(ids)):
            query = _ids_among(table, db.dialect.name)
            if db.execute(query, {"state": self.state_id, "among": listed(db, some)}).first():
                raise WrittenMeanwhile

    def is_of_another_kind(self, kind: str, id: str) -> bool:
        """Whether this id names a record of another kind already."""
        self.load_kinds([id])
        return self.created.get(id, kind) != kind or bool(self._kinds_of.get(id, set()) - {kind})

    def unheard_of(self, kind: str, ids: Iterable[str]) -> set[str]:
        """Those of these ids that no record has, as far as has been read: `load` and `load_kinds` have been asked for
        them."""
        looked_for = set(ids) & self._asked[kind] & self._told
        return looked_for - self._rows[kind].keys() - self.created.keys() - self._kinds_of.keys()

    def unknown(self, kind: str, ids: Iterable[str]) -> set[str]:
        """Those of these ids that no record of the kind has; `load` has been asked for them."""
        return set(ids) - self._rows[kind].keys() - self._fresh_of.keys()

    def _see(self, kind: str) -> None:
        """New records that came in columns, as rows."""
        for fresh in self._fresh[kind]:
            if fresh.ids[0] not in self._rows[kind]:
                self._rows[kind].update(zip(fresh.ids, fresh.rows(), strict=True))

    def _take(self, kind: str, found: Iterable[Any]) -> None:
        rows, asked = self._rows[kind], self._asked[kind]
        for mapping in found:
            id = mapping["id"]
            asked.add(id)
            if id not in rows:
                row = dict(mapping)
                row["stamps"], row["bases"] = read_stamps(row["stamps"]), read_stamps(row["bases"])
                rows[id] = row

    def get(self, kind: str, id: str | None) -> dict[str, Any] | None:
        if not id:
            return None
        row = self._rows[kind].get(id)
        if row is None and id in self._fresh_of:
            self._see(kind)
            row = self._rows[kind].get(id)
        elif row is None and id not in self._asked[kind]:
            self.load(kind, [id])
            row = self._rows[kind].get(id)
        return row

    def all_of(self, kind: str) -> Iterable[dict[str, Any]]:
        """Every row of a kind that was read or made here."""
        self._see(kind)
        return self._rows[kind].values()

    def record(self, kind: str, row: dict[str, Any]) -> Record:
        return self.registry[kind].cls.known(row)

    # --- changing

    def create(self, kind: str, id: str, group_id: str | None) -> dict[str, Any]:
        """A new row with every field at its default and unstamped."""
        row = {**self.blank(kind), "id": id, "group_id": group_id, "stamps": {}, "bases": {}}
        self._rows[kind][id] = row
        self._asked[kind].add(id)
        self.created[id] = kind
        self.new.append((kind, id))
        return row

    def blank(self, kind: str) -> dict[str, Any]:
        """A record with every field at its default, that has no id yet and stands in no group."""
        row: dict[str, Any] = {name: spec.default for name, spec in fields_of(self.registry[kind].cls).items()}
        return row | {"state_id": self.state_id, "group_id": None, "disputed": ""}

    def take_new(self, fresh: Fresh) -> None:
        """New records in columns."""
        kind = fresh.kind
        self._fresh[kind].append(fresh)
        self._fresh_of.update(dict.fromkeys(fresh.ids, fresh))
        self._asked[kind].update(fresh.ids)
        self.created.update(dict.fromkeys(fresh.ids, kind))
        self.new.append((kind, fresh))

    def touch(self, kind: str, id: str) -> None:
        if id not in self.created:
            self.written[id] = kind
        elif id in self._fresh_of:
            self._fresh_of[id].touched = True

    def derive(self, kind: str, row: dict[str, Any], **values: Any) -> bool:
        """Set derived columns; True when one of them changed."""
        changed = {name: value for name, value in values.items() if row.get(name) != value}
        row.update(changed)
        if changed and row["id"] not in self.created:
            self.derived[row["id"]] = kind
            self.settled.setdefault(row["id"], set()).update(changed)
        elif changed:
            self.touch(kind, row["id"])
        return bool(changed)

    def changed_fields(self, kind: str, id: str) -> frozenset[str]:
        """The fields of a known record that have another value or stamp now than before this transaction."""
        specs = fields_of(self.registry[kind].cls)
        return frozenset(name for name in {*self.before.get(id, ()), *self.settled.get(id, ())} if name in specs)

    def retell(self, kind: str, id: str) -> None:
        """Tell a record again that has not changed."""
        if id not in self.created:
            self.derived[id] = kind

    def groups_changed(self, kinds: Iterable[str]) -> set[str]:
        """The groups in which a record of these kinds was created, written or derived here."""
        found: set[str | None] = set()
        for kind in kinds:
            for fresh in self._fresh[kind]:
                found.update(fresh.column("group_id"))
        singly = ((kind, id) for kind, id in self.new if isinstance(id, str))
        known = ((kind, id) for changed in (self.written, self.derived) for id, kind in changed.items())
        found.update(self._rows[kind][id]["group_id"] for kind, id in (*singly, *known) if kind in kinds)
        return {group for group in found if group}

    # --- writing

    def flush(self) -> None:
        new = _by_kind((id, kind) for kind, id in self.new if isinstance(id, str))
        known = _by_kind({**self.written, **self.derived}.items())
        for kind in self.registry:
            rows, table = self._rows[kind], self.tables.records[kind]
            singly = [rows[id] for id in new.get(kind, ())]
            for fresh in self._fresh[kind]:
                if fresh.touched:
                    singly += fresh.rows()
                else:
                    for shape in fresh.shapes:
                        columns = shape.stored(fresh.blank)
                        insert_columns(self.db, table, self._keyed(kind, columns, len(shape.at)))
            if singly:
                insert_columns(self.db, table, self._stored(kind, singly))
            if kind in known:
                columns = self._stored(kind, [rows[id] for id in sorted(known[kind])])
                lines = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
                update_known(self.db, table, lines)

    def _searched(self, kind: str) -> tuple[str, ...]:
        """The fields of the search key. The folded key of a name tells most of it: sealed names have none."""
        entry, specs = self.registry[kind], fields_of(self.registry[kind].cls)
        sealing = any(isinstance(column.type, SealedText) for column in self.tables.records[kind].c)
        return tuple(name for name in entry.searched if not (sealing and specs[name].personal))

    def _stored(self, kind: str, rows: list[dict[str, Any]]) -> dict[str, Sequence[Any]]:
        """Rows as the columns of their table."""
        names = tuple(rows[0])
        columns: dict[str, Sequence[Any]] = dict(
            zip(names, zip(*map(itemgetter(*names), rows), strict=True), strict=True)
        )
        self._keyed(kind, columns, len(rows))
        columns["stamps"] = [_text_of(stamps) for stamps in columns["stamps"]]
        columns["bases"] = [stamps_text(bases) if bases else "" for bases in columns["bases"]]
        return columns

    def _keyed(self, kind: str, columns: dict[str, Sequence[Any]], count: int) -> dict[str, Sequence[Any]]:
        """The columns with that of the search key, which is worked out once for each different name."""
        searched = self._searched(kind)
        if searched:
            names = list(zip(*(columns.get(name) or [None] * count for name in searched), strict=True))
            keys = {some: _key_of(some) for some in set(names)}
            columns["search_key"] = [keys[some] for some in names]
        return columns


@lru_cache(maxsize=256)
def _rows_among(table: Table, column: Column[Any], dialect: str, lock: bool) -> Select[Any]:
    """Rows by one column: built once, for it is asked many times in every batch. Rows are locked in the order of their
    ids. Those that are only read are not asked for in it: SQLite would find them in that order by reading the whole
    state."""
    mine = (table.c.state_id == bindparam("state")) & among_listed(dialect, column)
    query = select(table).where(mine)
    return query.order_by(table.c.id).with_for_update() if lock else query


@lru_cache(maxsize=256)
def _ids_among(table: Table, dialect: str) -> Select[Any]:
    return select(table.c.id).where(table.c.state_id == bindparam("state"), among_listed(dialect, table.c.id)).limit(1)


@lru_cache(maxsize=256)
def _groups_among(table: Table, dialect: str) -> Select[Any]:
    # That they have a group is no condition: SQLite would go through all that have one, in the index of groups.
    mine = (table.c.state_id == bindparam("state")) & among_listed(dialect, table.c.id)
    return select(table.c.id, table.c.group_id).where(mine)


@lru_cache(maxsize=64)
def _kinds_among(feed: Table, dialect: str) -> Select[Any]:
    return select(feed.c.id, feed.c.kind).where(feed.c.state_id == bindparam("state"), among_listed(dialect, feed.c.id))


@lru_cache(maxsize=64)
def _reference(meta: Table, changes: bool) -> Select[Any]:
    mine = (meta.c.state_id == bindparam("state")) & (meta.c.name == "reference")
    return select(meta.c.value).where(mine).with_for_update(read=not changes)


def _by_kind(kinds: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for id, kind in kinds:
        found.setdefault(kind, []).append(id)
    return found


def _key_of(values: Iterable[Any]) -> str:
    return search_key(" ".join(str(value) for value in values if value))


def _text_of(stamps: Mapping[str, str]) -> str:
    # Nearly every new record carries one stamp, which is text much sooner.
    different = set(stamps.values())
    one = different.pop() if len(different) == 1 else ""
    return one_stamp_text(one, stamps) if one else stamps_text(stamps)


def standing_of(row: Any) -> Standing:
    """A stored standing as the pure functions take it."""
    return Standing(
        row.block_id,
        row.gram_panchayat_id,
        frozenset(json.loads(row.branches)),
        frozenset(json.loads(row.bearers)) if hasattr(row, "bearers") else frozenset(),
        getattr(row, "district_id", None),
    )

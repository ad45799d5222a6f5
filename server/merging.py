"""Changes of known records, merged field by field; what loses is kept as history and as a Conflict (law 3)."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, Table, bindparam, select

from records.merge import FieldChange, conflict_id, resolve, unsuperseded
from records.record import fields_of, from_wire, to_wire
from records.stamps import device_of
from server.checking import Row
from server.chunks import among_listed, chunked, listed
from server.upserting import insert_missing
from server.working import Working


class Merging:
    """Merges cells into rows of one transaction. `persons`: device number -> person, read as needed."""

    def __init__(self, working: Working) -> None:
        self._working = working
        self._history: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._past: dict[str, dict[str, list[tuple[str, str, str]]]] = {}
        self._persons: dict[str, str | None] = {}

    def create(self, kind: str, id: str, group_id: str | None, cells: Mapping[str, tuple[Any, str, str]]) -> None:
        """A record nobody knew: all cells stand."""
        row = self._working.create(kind, id, group_id)
        for name, (value, stamp, base) in cells.items():
            row[name] = value
            row["stamps"][name] = stamp
            if base:
                row["bases"][name] = base

    def change(self, kind: str, row: dict[str, Any], cells: Mapping[str, tuple[Any, str, str]]) -> bool:
        """Merge cells into a known record; True when every one of them stands or was there already."""
        stands = True
        for name, (value, stamp, base) in cells.items():
            current = row["stamps"].get(name, "")
            if stamp == current:
                continue
            if _follows(row, name, stamp, base):
                if current:
                    self._keep(kind, row, name, FieldChange(current, row["bases"].get(name, ""), row[name]))
                self._set(kind, row, name, FieldChange(stamp, base, value))
            else:
                stands &= self._merge(kind, row, name, FieldChange(stamp, base, value))
        return stands

    def read_past(self, rows: Iterable[Row]) -> None:
        """Read at once what merging these changes will ask for, one by one: all that was ever written in records of
        which a field is to get a value whose author had seen another one than what stands, and their conflicts."""
        merged: dict[str, set[str]] = {}
        for row in rows:
            before = self._working.get(row.kind, row.id) if row.state == "applied" else None
            cells = row.cells.items()
            if before and not all(_follows(before, name, stamp, base) for name, (_, stamp, base) in cells):
                merged.setdefault(row.kind, set()).add(row.id)
        for kind, ids in merged.items():
            self._read_history(ids)
            if self._raises_conflicts(kind):
                self._working.load_where("Conflict", "record_id", ids)

    def _read_history(self, ids: Iterable[str]) -> None:
        db, wanted = self._working.db, set(ids) - self._past.keys()
        self._past.update({id: {} for id in wanted})
        query = _history_among(self._working.tables.history, db.dialect.name)
        for some in chunked(wanted):
            for row in db.execute(query, {"state": self._working.state_id, "among": listed(db, some)}):
                self._past[row.record_id].setdefault(row.field, []).append((row.stamp, row.base, row.value))

    def knows(self, kind: str, row: dict[str, Any], name: str, stamp: str) -> bool:
        """Whether a change with this stamp is among those of the field, standing or superseded."""
        return any(change.stamp == stamp for change in self.changes(kind, row, name))

    def said_otherwise(self, rows: Iterable[Row]) -> set[str]:
        """Stamps of these changes under which their field has another value already. Their records have been read."""
        known = [(row, before) for row in rows if (before := self._working.get(row.kind, row.id))]
        self._read_history(row.id for row, _before in known)
        return {
            stamp
            for row, before in known
            for name, (value, stamp, _base) in row.cells.items()
            for change in self.changes(row.kind, before, name)
            if change.stamp == stamp and to_wire(change.value) != to_wire(value)
        }

    def _merge(self, kind: str, row: dict[str, Any], name: str, new: FieldChange) -> bool:
        """The general case: the whole set of changes of the field. False when `new` lost without having been seen."""
        known = self.changes(kind, row, name)
        if any(change.stamp == new.stamp for change in known):
            return True
        outcome = resolve([*known, new])
        current = row["stamps"].get(name, "")
        for change in (*known, new):
            if change.stamp and change.stamp != outcome.winner.stamp and change.stamp in (current, new.stamp):
                self._keep(kind, row, name, change)
        if outcome.winner.stamp != current:
            self._set(kind, row, name, outcome.winner)
        self._write_conflicts(kind, row, name, outcome.winner, outcome.losers)
        self._note_unseen(kind, row, name, unsuperseded([*known, new]))
        return new not in outcome.losers

    def changes(self, kind: str, row: dict[str, Any], name: str) -> list[FieldChange]:
        """All changes of a field that were ever received, what stands first."""
        self._read_history([row["id"]])
        spec = fields_of(self._working.registry[kind].cls)[name]
        found = [FieldChange(row["stamps"].get(name, ""), row["bases"].get(name, ""), row[name])]
        past = self._past[row["id"]].get(name, ())
        found += [FieldChange(stamp, base, from_wire(spec, json.loads(value))) for stamp, base, value in past]
        found += [
            FieldChange(kept["stamp"], kept["base"], from_wire(spec, json.loads(kept["value"])))
            for kept in self._history.get((row["id"], name), ())
        ]
        return found

    def _set(self, kind: str, row: dict[str, Any], name: str, change: FieldChange) -> None:
        self._working.before.setdefault(row["id"], {}).setdefault(name, row[name])
        row[name] = change.value
        row["stamps"][name] = change.stamp
        row["bases"].pop(name, None)
        if change.base:
            row["bases"][name] = change.base
        self._working.touch(kind, row["id"])

    def _keep(self, kind: str, row: dict[str, Any], name: str, change: FieldChange) -> None:
        self._history.setdefault((row["id"], name), []).append(
            {
                "state_id": self._working.state_id, "record_id": row["id"], "field": name, "stamp": change.stamp,
                "kind": kind, "base": change.base, "value": json.dumps(to_wire(change.value), ensure_ascii=False),
                "person_id": self.person(change.stamp),
            }
        )  # fmt: skip

    def _write_conflicts(
        self, kind: str, row: dict[str, Any], name: str, winner: FieldChange, losers: Iterable[FieldChange]
    ) -> None:
        """One Conflict per loser; those of this field that lost no longer are closed."""
        if not self._raises_conflicts(kind):
            return
        lost = {conflict_id(row["id"], name, loser.stamp): loser for loser in losers}
        there = {known["id"]: known for known in self._working.load_where("Conflict", "record_id", [row["id"]])}
        for known in there.values():
            if known["field"] == name and known["id"] not in lost:
                # What closes it is the change that stands now; what stood before is kept, to be put back.
                decision = self._decision(known["decided"], known["stamps"].get("decided", ""))
                if not known["decided"]:
                    decision = self._decision(winner.stamp, winner.stamp) if known["state"] == "open" else {}
                self._working.derive("Conflict", known, state="closed", **self._winning(winner), **decision)
        for id, loser in lost.items():
            known = there.get(id) or self._working.create("Conflict", id, row["group_id"])
            self._working.derive(
                "Conflict", known, record_kind=kind, record_id=row["id"], shg_id=row["group_id"], field=name,
                value=_json(loser.value), losing_stamp=loser.stamp,
                losing_person_id=self.person(loser.stamp), winning_value=_json(winner.value),
                state="own" if self._own(winner, loser) else _state(known["decided"], loser.stamp),
                **self._winning(winner), **self._decision(known["decided"], known["stamps"].get("decided", "")),
            )  # fmt: skip

    def _raises_conflicts(self, kind: str) -> bool:
        return "Conflict" in self._working.registry and self._working.registry[kind].standing == "group"

    def _note_unseen(self, kind: str, row: dict[str, Any], name: str, heads: Iterable[FieldChange]) -> None:
        """Remembers whether more than one change of a field is unsuperseded. Equal values are no conflict, but become
        one as soon as somebody who had seen only one of them replaces it."""
        names = set(row["disputed"].split()) - {name} | ({name} if len(list(heads)) > 1 else set())
        row["disputed"] = " ".join(sorted(names))
        self._working.touch(kind, row["id"])

    def _winning(self, winner: FieldChange) -> dict[str, Any]:
        return {"winning_stamp": winner.stamp, "winning_person_id": self.person(winner.stamp)}

    def decide(self, conflict: dict[str, Any]) -> None:
        """What follows from a decision about a conflict, or from its having been taken back."""
        kind, name, decided = conflict["record_kind"], conflict["field"], conflict["decided"]
        row = self._working.get(kind, conflict["record_id"])
        if row is None:
            return
        if conflict["id"] == conflict_id(row["id"], name, conflict["losing_stamp"]):
            outcome = resolve(self.changes(kind, row, name))
            self._write_conflicts(kind, row, name, outcome.winner, outcome.losers)
            return
        # Work on a deleted group: no value lost.
        state = _state(decided, conflict["losing_stamp"]) if row[name] is not None else "closed"
        decision = self._decision(decided, conflict["stamps"].get("decided", ""))
        self._working.derive("Conflict", conflict, state=state, **decision)

    def _decision(self, decided: str | None, stamp: str) -> dict[str, Any]:
        """When and by whom a conflict was decided; nothing where it was not."""
        if not decided:
            return {"decided_stamp": None, "decider_id": None}
        return {"decided_stamp": stamp, "decider_id": self.person(stamp)}

    def _own(self, winner: FieldChange, loser: FieldChange) -> bool:
        """Whether both values come from devices of one person: closed as own."""
        person = self.person(winner.stamp)
        return person is not None and person == self.person(loser.stamp)

    def person(self, stamp: str) -> str | None:
        """Whose device made this stamp."""
        if not stamp:
            return None
        number = device_of(stamp)
        if number not in self._persons:
            self._persons.update(persons_of(self._working, [number]))
        return self._persons.get(number)

    def flush(self) -> None:
        """Write the history that has grown; the same change twice is one row."""
        rows = [one for some in self._history.values() for one in some]
        insert_missing(self._working.db, self._working.tables.history, rows)


def _follows(row: Mapping[str, Any], name: str, stamp: str, base: str) -> bool:
    """Whether the author of a change had seen what stands, and nothing else is to be weighed against it."""
    current = row["stamps"].get(name, "")
    return base == current and stamp > current and name not in row["disputed"].split()


def _state(decided: str | None, losing_stamp: str) -> str:
    return "closed" if decided == losing_stamp else "open"


def _json(value: Any) -> str:
    return json.dumps(to_wire(value), ensure_ascii=False)


@lru_cache(maxsize=32)
def _history_among(history: Table, dialect: str) -> Select[Any]:
    told = (history.c[name] for name in ("record_id", "field", "stamp", "base", "value"))
    return select(*told).where(history.c.state_id == bindparam("state"), among_listed(dialect, history.c.record_id))


def persons_of(working: Working, devices: Iterable[str]) -> dict[str, str | None]:
    """device number -> person it was enrolled for; None for a number that was never given."""
    found, db = dict.fromkeys(devices), working.db
    query = _enrolled_for(working.tables.device, db.dialect.name)
    for some in chunked(found):
        rows = db.execute(query, {"state": working.state_id, "among": listed(db, some)})
        found.update({row.device: row.person_id for row in rows})
    return found


@lru_cache(maxsize=32)
def _enrolled_for(device: Table, dialect: str) -> Select[Any]:
    mine = (device.c.state_id == bindparam("state"), among_listed(dialect, device.c.device))
    return select(device.c.device, device.c.person_id).where(*mine)

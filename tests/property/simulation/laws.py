"""The seven laws, held against the ledger and the oracle once everything is quiet."""

import json
from collections import defaultdict
from dataclasses import replace
from functools import cached_property
from typing import Any

import pytest
from sqlalchemy import Connection

from records.audience import streams_read
from records.cells import read_stamps
from records.digest import Digest
from records.merge import conflict_id
from records.messages import SyncRequest
from records.problems import Problem
from records.record import to_wire
from storage import meta as named
from storage.agreeing import summary_of
from storage.contact import next_request
from storage.holds import _all_above
from storage.identity import capacity_of
from storage.secrets import secret_of
from tests.fleet import contents
from tests.property.simulation.handsets import Handset
from tests.property.simulation.ledger import Broken, Heard
from tests.property.simulation.oracle import Oracle
from tests.property.simulation.town import Town
from tests.world import ref

Change = tuple[str, str, Any]
"""(stamp, base, wire value)."""

NEVER_CHANGED = ("AccountStep", "Attachment", "Withdrawal")
PARENTS = (("SavingsAccount", "shg_id"), ("Member", "shg_id"))


class Verdict:
    """What the centre has at rest: every change of every field, and what is set aside."""

    def __init__(self, town: Town, phones: list[Handset], gone: set[str]) -> None:
        """`gone`: numbers of devices whose phones were emptied for somebody else. What only they and a centre that has
        been restored since had is nowhere any more."""
        self.town, self.phones, self.tables, self.gone = town, phones, town.centre.tables, gone
        self.oracle = Oracle(town)
        self.aside: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for table in (self.tables.quarantine, self.tables.held):
            for row in town.rows(table):
                self.aside[row["kind"], row["record_id"]].append(json.loads(row["cells"]))

    @cached_property
    def changes(self) -> dict[tuple[str, str, str], dict[str, Change]]:
        """(kind, id, field) -> stamp -> every change that stands or has stood. Only the laws about those look at it."""
        found: dict[tuple[str, str, str], dict[str, Change]] = defaultdict(dict)
        for kind, rows in self.oracle.rows.items():
            for id, row in rows.items():
                bases = read_stamps(row["bases"])
                for name, stamp in read_stamps(row["stamps"]).items():
                    found[kind, id, name][stamp] = (stamp, bases.get(name, ""), to_wire(row[name]))
        for row in self.town.rows(self.tables.history):
            change = (row["stamp"], row["base"], json.loads(row["value"]))
            found[row["kind"], row["record_id"], row["field"]].setdefault(row["stamp"], change)
        return found

    # --- laws 1 and 3: nothing is lost, nothing is silently overwritten

    def nothing_is_lost(self) -> None:
        mending = self._mending()
        for one in [row for known in self.town.ledger.batches.values() for row in known.rows]:
            if one.state in ("applied", "lost"):
                self._must_stand(one)
            elif one.state in ("held", "quarantined"):
                self._must_stand_or_wait(one, mending)
        for row in self.town.ledger.lost_with_the_centre:
            if row.state in ("applied", "lost", "held") and row.device not in self.gone:
                self._must_stand_or_wait(row, mending)
        self._all_that_was_typed_is_somewhere(mending)

    def _must_stand(self, one: Heard) -> None:
        for name, (value, stamp, _base) in one.cells.items():
            known = self.changes.get((one.kind, one.id, name), {})
            if stamp in known and known[stamp][2] == value:
                continue
            # Steps, photos and withdrawals are never changed, and what a record belongs to already is not written down
            # again: said a second time, by whoever may not change it, it stands as before.
            never = one.kind in NEVER_CHANGED and name != "deleted_on"
            fixed = never or (one.kind, name) in PARENTS
            if fixed and any(value == other[2] for other in known.values()):
                continue
            if one.kind in NEVER_CHANGED and name == "deleted_on" and value is None and not known:
                continue  # restored, and here nobody has heard that it had been removed: it stands as before
            raise Broken(
                f"law 1: {one.kind} {one.id} {name}={value!r} of batch {one.number} by {one.device} is nowhere"
            )

    def _must_stand_or_wait(self, one: Heard, mending: set[tuple[str, str]]) -> None:
        for name, (value, stamp, _base) in one.cells.items():
            known = self.changes.get((one.kind, one.id, name), {}).values()
            waits = any(cells.get(name, [object()])[0] == value for cells in self.aside.get((one.kind, one.id), []))
            stands = any(value == other[2] for other in known)
            # What its own phone has typed over since, before it gave it again, is said once: as the later value.
            typed_over = any(other[0][16:] == stamp[16:] and other[0] > stamp for other in known)
            if not (waits or stands or typed_over or (one.kind, one.id) in mending):
                raise Broken(f"law 1: {one.kind} {one.id} {name}={value!r}, {one.state}, is not kept")

    def _all_that_was_typed_is_somewhere(self, mending: set[tuple[str, str]]) -> None:
        for writer, typed in self.town.ledger.typed.items():
            for (kind, id, name), value in typed.items():
                known = self.changes.get((kind, id, name), {})
                if any(value == other[2] for other in known.values()) or (kind, id) in mending:
                    continue
                if value is None and not known:
                    continue  # emptied before anybody had heard of it
                if any(cells.get(name, [object()])[0] == value for cells in self.aside.get((kind, id), [])):
                    continue
                raise Broken(f"law 1: {kind} {id} {name}={value!r}, typed on {writer}, is nowhere")

    def _mending(self) -> set[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        for phone in self.phones:
            with phone.store.reading() as t:
                found.update(t.driver.execute("SELECT kind, id FROM mending"))
                found.update(t.driver.execute("SELECT kind, id FROM own_change WHERE state='withdrawn'"))
        return found

    def losers_are_kept(self) -> None:
        """Law 3 once more from the changes alone: who wins, and which values are kept as conflicts."""
        conflicts: dict[tuple[str, str], set[str]] = defaultdict(set)
        decided: set[str] = set()
        for row in self.oracle.rows["Conflict"].values():
            # That somebody worked on a deleted group is raised with the group, and is no question of which value wins.
            asked = conflict_id(row["record_id"], "deleted_on", "work")
            decided |= {row["losing_stamp"]} if row["decided"] else set()
            if row["state"] != "closed" and row["id"] != asked:
                conflicts[row["record_id"], row["field"]].add(row["losing_stamp"])
        for (kind, id, name), changes in self.changes.items():
            row = self.oracle.rows[kind].get(id)
            if row is None or kind == "Conflict":
                continue
            some = [change for change in changes.values() if change[0]]
            winner = max(some)
            if to_wire(row[name]) != winner[2] or read_stamps(row["stamps"])[name] != winner[0]:
                raise Broken(f"law 3: {kind} {id} {name} is {row[name]!r}, should be {winner[2]!r}")
            unseen = {
                one[0]
                for one in some
                if one[2] != winner[2]
                and not any(other[1] == one[0] for other in some)
                and not any(other[0][16:] == one[0][16:] and other[0] > one[0] for other in some)
            }
            expected = unseen if self.town.registry[kind].standing == "group" else set()
            if not expected - decided <= conflicts[id, name] <= expected:
                raise Broken(f"law 3: {kind} {id} {name}: kept {conflicts[id, name]}, should be {expected}")

    # --- law 2: every batch once, in its order

    def every_batch_once(self) -> None:
        numbers: dict[str, list[int]] = defaultdict(list)
        hashes: dict[tuple[str, int], str] = {}
        for row in self.town.rows(self.tables.batch):
            numbers[row["device"]].append(row["number"])
            hashes[row["device"], row["number"]] = row["sha256"]
        for device in self.town.rows(self.tables.device):
            if sorted(numbers[device["device"]]) != list(range(1, device["last_batch"] + 1)):
                raise Broken(f"law 2: batches of {device['device']}: {sorted(numbers[device['device']])}")
        for key, answered in self.town.ledger.batches.items():
            if hashes.get(key) != answered.sha256:
                raise Broken(f"law 1: batch {key} was answered and is not known")

    # --- law 5: nothing waits behind anything

    def nothing_waits(self) -> None:
        for phone in self.phones:
            line = phone.workspace.sync_status()
            if line.waiting:
                raise Broken(f"law 5: {phone.name} still has {line.waiting} records to send, {line.problem}")

    # --- laws 4 and 6: every copy is what its person should have, no less and no more

    def copies_agree(self) -> None:
        """What has rotted on a phone is left out: that is another question (`rotting.heal`)."""
        waiting = {key for key, cells in self.aside.items() if cells}
        for phone in self.phones:
            expected = self.oracle.copy_of(ref(phone.person))
            held, busy = contents(phone.store), self._hanging(phone) | phone.rotten.keys()
            for kind in self.town.registry:
                mine, theirs = held.get(kind, {}), expected.get(kind, {})
                gone = phone.let_go() if kind == "AccountStep" else {}
                for id in sorted({*mine, *theirs, *gone}):
                    if (kind, id) in busy or ((kind, id) in waiting and id not in self.oracle.rows[kind]):
                        continue  # held or set aside at the centre, which nobody has decided yet
                    if id in gone:
                        self._is_remembered(phone, id, gone[id][1], theirs.get(id), here=id in mine)
                        continue
                    self._same(phone, kind, id, mine.get(id), theirs.get(id))

    def _is_remembered(self, phone: Handset, id: str, held_by: list[str], theirs: Any, *, here: bool) -> None:
        """What was let go for want of room counts as held by its streams."""
        if here or theirs is None or theirs[2] != held_by:
            raise Broken(f"law 4: {phone.name} let go of step {id} of {held_by}, here: {here}, should be {theirs}")

    def differs(self, phone: Handset, key: tuple[str, str]) -> bool:
        """Whether a record on a phone is not what it should be."""
        kind, id = key
        mine = contents(phone.store).get(kind, {}).get(id)
        theirs = self.oracle.copy_of(ref(phone.person)).get(kind, {}).get(id)
        try:
            if (mine or theirs) and key not in self._hanging(phone):
                self._same(phone, kind, id, mine, theirs)
        except Broken:
            return True
        return False

    def digests_agree(self) -> None:
        """Where the copies agree nobody says that they differ."""
        with pytest.MonkeyPatch.context() as patch:
            # At rest a stream comes to the same for whoever reads it in the same roles.
            agreeing, known = self.town.centre._agreeing, dict[Any, Digest]()
            worked_out = agreeing._digest

            def once(db: Connection, stream: str, roles: frozenset[str]) -> Digest:
                if (stream, roles) not in known:
                    known[stream, roles] = worked_out(db, stream, roles)
                return known[stream, roles]

            patch.setattr(agreeing, "_digest", once)
            self._digests_agree()

    def _digests_agree(self) -> None:
        for phone in self.phones:
            if phone.rotten:
                continue
            with phone.store.reading() as t:
                capacity, token = capacity_of(t.meta), secret_of(t, named.TOKEN)
                assert capacity and token
                names = streams_read(capacity.reaches, capacity.person_id)
            request = next_request(phone.store, app="0.1.0", batch=None, room=500)
            request = replace(request, summary=summary_of(phone.store, names))
            compared = self.town.centre.for_device(token).sync(request).compared
            # What it was told is held, and what hangs below that, shows on its own phone alone, and is said to differ.
            if compared and compared.differ and not self._hanging(phone):
                raise Broken(f"law 4: the copy of {phone.name} agrees and is said to differ: {compared.differ}")
            self.town.ledger.counts["compared"] += len(names) - len(compared.left_out) if compared else 0

    def _hanging(self, phone: Handset) -> set[tuple[str, str]]:
        """What the centre holds for a parent, as far as its phone knows, and all above: that stays on the phone, which
        does not hear what becomes of it. A known gap of the protocol; nothing else is left out of the comparison."""
        with phone.store.reading() as t:
            return _all_above(t, set(t.driver.execute("SELECT kind, id FROM own_change WHERE state='held'")))

    def _same(self, phone: Handset, kind: str, id: str, mine: Any, theirs: Any) -> None:
        if theirs is None:
            raise Broken(f"law 6: {phone.name} holds {kind} {id} by {mine[2]}, which is not hers")
        if mine is None:
            raise Broken(f"law 4: {phone.name} lacks {kind} {id} of {theirs[2]}")
        values, stamps, streams = theirs
        if mine[2] != streams:
            raise Broken(f"law 4: {phone.name} holds {kind} {id} by {mine[2]}, should be {streams}")
        for name, value in mine[0].items():
            if name not in values and mine[1].get(name):
                raise Broken(f"law 6: {phone.name} has {kind} {id} {name}={value!r}, a column that is not hers")
            if name in values and (value, mine[1].get(name, "")) != (values[name], stamps.get(name, "")):
                raise Broken(
                    f"law 4: {phone.name} has {kind} {id} {name}={value!r} {mine[1].get(name)}, "
                    f"should be {values[name]!r} {stamps.get(name)}"
                )
            if name not in values and name in self.town.registry[kind].cls.model_fields and value:
                spec = self.town.registry[kind].cls.model_fields[name]
                if value != to_wire(spec.default):
                    raise Broken(f"law 6: {phone.name} has {kind} {id} {name}={value!r}, a column that is not hers")

    def who_was_shut_out_stays_out(self, tokens: list[str]) -> None:
        """However the centre has gone back since: what was revoked stands in a second store."""
        for token in filter(None, tokens):
            try:
                self.town.centre.for_device(token).sync(SyncRequest("0.1.0"))
            except Problem as problem:
                if problem.code in ("revoked", "sign_in"):
                    continue
                raise
            raise Broken("law 6: a device that was revoked is let in")

    def _has_written(self, one: Heard) -> bool:
        return any(cell[1] in self.changes.get((one.kind, one.id, name), {}) for name, cell in one.cells.items())

    # --- law 6: nothing was written by who may not

    def nobody_wrote_out_of_reach(self, settled: set[str], moved: set[str]) -> None:
        """`settled`: people whose work has been the same all the time; `moved`: places that were moved. A group that
        has always been in one village, which has always been where it is, was in their reach or it was not."""
        devices = {row["device"]: row["person_id"] for row in self.town.rows(self.tables.device)}
        verdicts = [row for row in self.oracle.rows["Verdict"].values() if row["state"] == "accepted"]
        accepted = {(row["record_kind"], row["record_id"], row["typed_stamp"]) for row in verdicts}
        groups_accepted = {id for kind, id, _stamp in accepted if kind == "Shg"}
        held = {
            (one.kind, one.id, cell[1])
            for known in self.town.ledger.batches.values()
            for one in known.rows
            for cell in one.cells.values()
            if one.state == "held"
        }
        for known in self.town.ledger.batches.values():
            for one in known.rows:
                person = devices.get(one.device)
                if one.state not in ("applied", "lost") or person not in settled or not self._has_written(one):
                    continue
                if one.kind == "Withdrawal":
                    continue  # of her own work, wherever that stands
                if (one.kind, one.id, max(cell[1] for cell in one.cells.values())) in accepted:
                    continue  # an office has taken it in, whoever brings it once more
                group = self.oracle._group_of(
                    one.kind, self.oracle.rows[one.kind].get(one.id, {"shg_id": None, "account_id": None, "id": one.id})
                )
                if group in groups_accepted and all((one.kind, one.id, cell[1]) in held for cell in one.cells.values()):
                    continue  # held below a group that an office has taken in, and taken in with it
                villages = {change[2] for change in self.changes.get(("Shg", group or "", "village_id"), {}).values()}
                if one.kind == "Member":
                    groups = {change[2] for change in self.changes.get(("Member", one.id, "shg_id"), {}).values()}
                    if len(groups) != 1:
                        continue
                if len(villages) != 1 or villages & moved:
                    continue
                village = villages.pop()
                panchayat, block = self.oracle.above(village, "gram_panchayat"), self.oracle.above(village, "block")
                if {panchayat, block} & moved:
                    continue
                reads = self.oracle.read_by(person)
                roles = {role for some in reads.values() for role in some} - {"own"}
                allowed = ("abm" in roles and f"gp/{panchayat}/members" in reads) or (
                    "supervisor" in roles and f"block/{block}/no_branch" in reads
                )
                if roles <= {"abm", "supervisor", "district", "nodal"} and not allowed:
                    raise Broken(f"law 6: {one.kind} {one.id} was written by {one.device}, who does not reach it")

"""One change of one record: judged, merged or refused. Every change may go this way; those of records that are new to
the centre mostly go by columns (`server/newcomers.py`)."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from records.access import Standing
from records.account_state import is_reached, last_steps
from records.record import fields_of
from records.rules import broken_rules, rules_of
from records.savings_account import AccountStep
from server.aside import group_of
from server.checking import Cell, Row
from server.comparing import compare
from server.geography import settle
from server.judging import Author, Judging, Touched
from server.merging import Merging
from server.standings import Standings
from server.working import Working

NEVER_CHANGED = ("only_add", "not_allowed_field")
"""Why a change of what its author may not change is refused: of a step, or of a field that is filled in once."""


@dataclass
class Effects:
    """What changes leave for the end of a push. `whole`: records to be told to their author too; `left_groups`: those
    that members have left; `awaited`: records that rows of the batch wait for."""

    whole: set[str] = field(default_factory=set)
    left_groups: set[str] = field(default_factory=set)
    awaited: set[str] = field(default_factory=set)


class Applying:
    """Applies the changes of one author, one by one, in their order."""

    def __init__(
        self,
        working: Working,
        standings: Standings,
        merging: Merging,
        author: Author,
        judging: Judging,
        effects: Effects,
    ) -> None:
        self._working, self._standings, self._merging = working, standings, merging
        self._author, self._judging, self._effects = author, judging, effects
        self._registry = working.registry

    def apply(self, row: Row) -> None:
        before = self._working.get(row.kind, row.id)
        known: dict[str, Cell] = {}
        if before is not None:
            known = self._known_parent(row, before)
        elif self._working.is_of_another_kind(row.kind, row.id):
            row.fail("quarantined", "not_allowed")
            return
        elif self._lacks_required(row):
            return
        if self._author.importer:
            known = {}
            self._compare(row, before)
            if not row.cells:
                return
        missing = self._missing_parent(row)
        if missing:
            row.cells |= known
            row.fail("held", "waits_for_parent", missing)
            return
        verdict = self._judging.verdict(row, before, self._touched(row, before))
        if verdict and before is not None and self._says_nothing_new(row, before, verdict[1]):
            return
        against = verdict or self._broken(row, before)
        if against:
            # All that its phone says is kept: what is accepted later then stands there as it does here.
            row.cells |= known
            row.fail(*against)
            return
        if before is None:
            self._merging.create(row.kind, row.id, self._group_of(row, None), row.cells)
        elif not self._merging.change(row.kind, before, {**row.cells, **known}):
            row.state = "lost"
            self._effects.whole.add(row.id)  # its phone may have shown this value over the one that stands
        self._follow(row, before)

    def _compare(self, row: Row, before: dict[str, Any] | None) -> None:
        """Leave of a row of an office's list what the list may write. An account's step is added where it says more
        than the steps there are."""
        if row.kind == "AccountStep" and before is None:
            steps = self._working.load_where("AccountStep", "account_id", [row.cells["account_id"][0]])
            known = [AccountStep.known(step) for step in steps]
            if is_reached(known, row.cells["kind"][0]):
                row.cells, row.effect = {}, "same"
                return
            row.cells["after"] = (last_steps(known), row.cells["kind"][1], "")
        compare(self._registry, row, before, self._author.device)

    def _says_nothing_new(self, row: Row, before: dict[str, Any], code: str) -> bool:
        """Whether all of a change is here already: its answer was lost, or it is offered again after a restore.

        What is never changed, as a step or a photo, and says the same under other stamps (of a renumbered phone) is the
        same; its phone gets those that stand.
        """
        for name, (value, stamp, _) in row.cells.items():
            if stamp == before["stamps"].get(name) or self._merging.knows(row.kind, before, name, stamp):
                continue
            if code not in NEVER_CHANGED or value != before[name]:
                return False
        if code in NEVER_CHANGED:
            self._effects.whole.add(row.id)
            self._working.retell(row.kind, row.id)
        return True

    def _known_parent(self, row: Row, before: dict[str, Any]) -> dict[str, Cell]:
        """Takes out of a row the parent that the record has already: two phones may create one record, as a group's
        first account. Whoever may change the record may say that again; it merges like any other value."""
        parent = self._registry[row.kind].parent
        if parent and parent[0] in row.cells and row.cells[parent[0]][0] == before[parent[0]]:
            return {parent[0]: row.cells.pop(parent[0])}
        return {}

    def _lacks_required(self, row: Row) -> bool:
        for name, spec in fields_of(self._registry[row.kind].cls).items():
            if spec.required and not spec.derived and (name not in row.cells or row.cells[name][0] is None):
                row.fail("refused", "required", name)
                return True
        return False

    def _missing_parent(self, row: Row) -> str | None:
        """The field whose record must be known before this change can stand, and is not."""
        kind = self._registry[row.kind]
        names = [kind.parent[0]] if kind.parent else []
        names += ["village_id"] if row.kind in ("Shg", "ServiceArea") else ["parent_id"] if row.kind == "Place" else []
        for name in names:
            value = row.cells[name][0] if name in row.cells else None
            refers = fields_of(kind.cls)[name].refers
            if value and refers and self._working.get(refers, value) is None:
                return name
        return None

    def _group_of(self, row: Row, before: dict[str, Any] | None) -> str | None:
        return group_of(self._working, row, before)

    def _touched(self, row: Row, before: dict[str, Any] | None) -> Touched:
        """The groups and standings that a change touches: where the record was, and where it goes."""
        if self._registry[row.kind].standing != "group":
            known = before or {name: value for name, (value, _, _) in row.cells.items()} | {"id": row.id}
            return Touched(frozenset(), (self._standings.reference(known),))
        groups: set[str | None] = {self._group_of(row, before)}
        if before is not None:
            groups.add(before["group_id"])
        goes = None
        if row.kind == "Shg" and "village_id" in row.cells:
            goes = self._standings.at_village(row.cells["village_id"][0])
        places = [] if goes is None else [goes]
        for group in groups:
            if group == row.id and before is None:
                continue
            standing = self._standings.now(group)
            if standing:
                places.append(standing)
        return Touched(frozenset(groups), tuple(places) or (Standing(),), goes)

    def _broken(self, row: Row, before: dict[str, Any] | None) -> tuple[str, str, str | None] | None:
        """The first rule within the record that the change itself breaks.

        A phone has checked the change against what its author saw. What is broken only together with what others wrote
        meanwhile, or because a clock is wrong, is a mark. Only a member may move to another parent.
        """
        parent = self._registry[row.kind].parent
        if before is not None and parent and row.kind != "Member" and parent[0] in row.cells:
            return "quarantined", "read_only", parent[0]
        values = {name: value for name, (value, _, _) in row.cells.items()}
        refusals = broken_rules(row.kind, values, None, today=date.max, clocked=False)
        whole = [
            r for r in refusals if before is None or all(name in values for name in _rule_fields(row.kind, r.code))
        ]
        return ("refused", whole[0].code, whole[0].field) if whole else None

    def _follow(self, row: Row, before: dict[str, Any] | None) -> None:
        """What must be true for the rows that come after in the batch: ancestry, and a moved member's group."""
        if before is not None and row.kind == "Member" and before["group_id"] != before["shg_id"]:
            self._effects.left_groups.add(before["group_id"])
            before["group_id"] = before["shg_id"]
        if row.kind == "Conflict" and before is not None:
            self._merging.decide(before)
        if self._registry[row.kind].standing == "reference":
            written = self._working.get(row.kind, row.id)
            assert written is not None
            settle(self._working, row.kind, written)


def _rule_fields(kind: str, code: str) -> tuple[str, ...]:
    return next(rule.fields for rule in rules_of(kind) if rule.code == code)

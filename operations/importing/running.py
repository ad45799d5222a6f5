"""One file through one importer: rows are planned some at a time, given to the centre's door, and accounted for."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from operations.importing.door import Door, Listed, Taken
from operations.importing.planned import Importer, Planned
from operations.importing.reading import Row, Sheet
from operations.importing.reasons import REASONS, Unplaced
from operations.importing.refused import RefusedRows
from operations.importing.report import Report

ROWS_AT_ONCE = 1_000
"""Rows planned and taken together: one transaction at the centre."""

Key = tuple[str, str]
"""(kind, id) of a record."""

Compared = Callable[[Sequence[Planned], Mapping[Key, Taken]], None]

Progress = Callable[[int, int], None]
"""Told (rows done, rows in all) after each lot; 0 for all where that is not known."""


def run(
    sheet: Sheet,
    importer: Importer,
    door: Door,
    refused: RefusedRows | None,
    report: Report,
    progress: Progress,
    compared: Compared = lambda planned, taken: None,
) -> None:
    """Place or refuse every row of a file. Running it again changes nothing and refuses the same rows.

    `compared(planned, taken)` is told what became of each lot.
    """
    report.unread, report.sheet = sheet.header.unread, sheet.sheet
    report.other_sheets, report.other_lists = sheet.other_sheets, sheet.other_lists
    report.misspelt = importer.heads.misspelt(sheet.header)
    importer.begin(sheet.rows())
    for rows in _lots(sheet.rows()):
        planned = importer.plan(rows, door)
        assert len(planned) == len(rows), "every row has its plan"
        taken = _take(door, planned)
        compared(planned, taken)
        counted: set[Key] = set()
        for plan in planned:
            _account_for(plan, taken, counted, refused, report)
        progress(report.rows, sheet.count)
    assert report.all_accounted, "every row is placed, refused or passed over"


def _lots(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(rows)
    while lot := list(islice(rows, ROWS_AT_ONCE)):
        yield lot


def _take(door: Door, planned: Sequence[Planned]) -> dict[Key, Taken]:
    """What became of all that a lot lists. Rows may speak of one record, such as a group's offices: it goes once."""
    together: dict[Key, dict[str, Any]] = {}
    for listed in (one for plan in planned for one in plan.listed):
        together.setdefault((listed.kind, listed.id), {}).update(listed.values)
    order = sorted(together, key=lambda key: _rank(key[0], together[key]))
    answers = door.take([Listed(*key, together[key]) for key in order])
    return dict(zip(order, answers, strict=True))


_ORDER = ("Place", "BankBranch", "ServiceArea", "Shg", "Member", "SavingsAccount", "AccountStep")
_LAST = len(_ORDER)


def _rank(kind: str, values: dict[str, Any]) -> int:
    """Parents before children. A group that only gets its offices comes after the members who hold them."""
    return _LAST if kind == "Shg" and "name" not in values else _ORDER.index(kind)


def _account_for(
    plan: Planned,
    taken: dict[Key, Taken],
    counted: set[Key],
    refused: RefusedRows | None,
    report: Report,
) -> None:
    report.rows += 1
    report.filled += plan.row.filled
    if plan.passed_over:
        report.passed_over[plan.passed_over] += 1
        return
    why = plan.refused
    for key in ((one.kind, one.id) for one in plan.listed):
        answer = taken[key]
        if answer.effect == "refused":
            why = why or _refused_by_centre(answer, plan.row)
        elif key not in counted:
            # Counted with the first row that speaks of it.
            counted.add(key)
            report.effects[key[0], answer.effect] += 1
            report.differs.update((key[0], name) for name in answer.differs)
            report.proposed += bool(answer.proposed)
    if plan.refused or not why:
        report.notes.update(plan.notes)
        report.name(plan.named)
    if why:
        report.refused[why.code] += 1
        if refused:
            refused.add(plan.row, why)
        return
    report.placed += 1


def _refused_by_centre(taken: Taken, row: Row) -> Unplaced:
    code = taken.code or "?"
    column = row.named(FIELD_COLUMNS.get(taken.field or "", taken.field or "row"))
    if code in REASONS:
        return Unplaced(code, column=column)
    return Unplaced("centre_refused", code=code, field=column)


FIELD_COLUMNS = {
    "portal_code": "code",
    "declared_members": "members",
    "village_id": "village",
    "block_id": "block",
    "shg_id": "group",
    "typed_bank": "bank",
    "typed_branch": "branch",
    "typed_ifsc": "ifsc",
    "guardian_name": "guardian",
    "lgd_code": "code",
}
"""Field of a record -> column of a list, where they have different names."""

"""Rules within one record that name several fields, or the day. They refuse with field, reason and remedy."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from records.parts import PARTS
from records.problems import Refusal
from records.record import Record
from records.savings_account import ONLY_SAVINGS
from records.shg import OFFICES, WEEKS_OF_RHYTHM


@dataclass(frozen=True)
class Rule:
    """`broken(values)` over the record as it would be. Judged only when a change names one of `fields`.

    `clocked` rules depend on today: the server, which cannot know whose clock is wrong, marks instead of refusing.
    `filled`: a field without which the rule is kept whatever the others say; most are about what is seldom filled in.
    """

    kind: str
    fields: tuple[str, ...]
    at: str
    code: str
    broken: Callable[[Mapping[str, Any], date], bool]
    clocked: bool = False
    filled: str | None = None


def _future(name: str) -> Callable[[Mapping[str, Any], date], bool]:
    return lambda v, today: bool(v.get(name)) and v[name] > today


def _before(name: str, other: str) -> Callable[[Mapping[str, Any], date], bool]:
    return lambda v, today: bool(v.get(name)) and bool(v.get(other)) and v[name] < v[other]


RULES = (
    Rule("Shg", ("formed_on",), "formed_on", "day_in_future", _future("formed_on"), clocked=True),
    Rule("Shg", ("restarted_on",), "restarted_on", "day_in_future", _future("restarted_on"), clocked=True),
    Rule(
        "Shg",
        ("restarted_on", "formed_on"),
        "restarted_on",
        "before_formation",
        _before("restarted_on", "formed_on"),
        filled="restarted_on",
    ),
    Rule(
        "Shg",
        ("origin", "restarted_on"),
        "restarted_on",
        "restart_day_needed",
        lambda v, today: v.get("origin") in ("revived", "co_opted") and not v.get("restarted_on"),
    ),
    Rule(
        "Shg",
        ("meeting_rhythm", "meeting_week"),
        "meeting_week",
        "not_in_rhythm",
        lambda v, today: v.get("meeting_week") not in (None, *WEEKS_OF_RHYTHM.get(v.get("meeting_rhythm") or "", ())),
        filled="meeting_week",
    ),
    *(
        Rule("Shg", (f"{office}_from",), f"{office}_from", "day_in_future", _future(f"{office}_from"), clocked=True)
        for office in OFFICES
    ),
    *(
        Rule(
            "Shg",
            (f"{office}_from", "formed_on"),
            f"{office}_from",
            "before_formation",
            _before(f"{office}_from", "formed_on"),
            filled=f"{office}_from",
        )
        for office in OFFICES
    ),
    Rule("Member", ("joined_on",), "joined_on", "day_in_future", _future("joined_on"), clocked=True),
    Rule("Member", ("left_on",), "left_on", "day_in_future", _future("left_on"), clocked=True),
    Rule(
        "Member",
        ("left_on", "joined_on"),
        "left_on",
        "before_joining",
        _before("left_on", "joined_on"),
        filled="left_on",
    ),
    Rule("Member", ("born_on",), "born_on", "day_in_future", _future("born_on"), clocked=True),
    Rule(
        "Member",
        ("born_on", "joined_on"),
        "joined_on",
        "before_birth",
        _before("joined_on", "born_on"),
        filled="born_on",
    ),
    Rule(
        "Member",
        ("age", "born_on"),
        "age",
        "age_or_birth_day",
        lambda v, today: bool(v.get("age")) and bool(v.get("born_on")),
        filled="born_on",
    ),
    Rule("SavingsAccount", ("opened_on",), "opened_on", "day_in_future", _future("opened_on"), clocked=True),
    Rule(
        "SavingsAccount",
        ("branch_id", "typed_branch", "typed_bank", "typed_ifsc"),
        "typed_branch",
        "branch_twice",
        lambda v, today: bool(
            v.get("branch_id") and (v.get("typed_branch") or v.get("typed_bank") or v.get("typed_ifsc"))
        ),
        filled="branch_id",
    ),
    Rule("AccountStep", ("on_day",), "on_day", "day_in_future", _future("on_day"), clocked=True),
    Rule(
        "AccountStep",
        ("process", "kind"),
        "kind",
        "not_of_process",
        lambda v, today: v.get("process") == "signatories" and v.get("kind") in ONLY_SAVINGS,
    ),
    Rule(
        "AccountStep",
        ("kind", "reason"),
        "reason",
        "reason_needed",
        lambda v, today: v.get("kind") == "returned" and not v.get("reason"),
    ),
    Rule(
        "AccountStep",
        ("kind", "reason"),
        "reason",
        "reason_not_needed",
        lambda v, today: v.get("kind") != "returned" and bool(v.get("reason")),
    ),
    Rule(
        "AccountStep",
        ("kind", "cancels_id"),
        "cancels_id",
        "cancels_nothing",
        lambda v, today: (v.get("kind") == "cancelled") != bool(v.get("cancels_id")),
    ),
    *(
        Rule(kind, (*part.of, name), name, part.code, part.is_foreign(name), filled=name)
        for (kind, name), part in PARTS.items()
    ),
)


def broken_rules(
    kind: str, values: Mapping[str, Any], before: Record | None, *, today: date, clocked: bool = True
) -> list[Refusal]:
    """The rules of a kind that a change breaks, of those that name a changed field. `values` are cleaned."""
    touched = [rule for rule in _touched(kind, values) if clocked or not rule.clocked]
    if not touched:
        return []
    after = _after(values, before)
    return [Refusal(rule.code, rule.at, kind) for rule in touched if rule.broken(after, today)]


def rules_of(kind: str) -> tuple[Rule, ...]:
    return _RULES_OF.get(kind, ())


def breakable(kind: str, rows: Collection[Mapping[str, Any]]) -> list[Rule]:
    """The rules of a kind, but for those about today, that one of these whole records may break."""
    wanted = {rule.filled for rule in rules_of(kind) if rule.filled}
    filled = {name for name in wanted if any(row[name] is not None for row in rows)}
    return [rule for rule in rules_of(kind) if not rule.clocked and (rule.filled is None or rule.filled in filled)]


_RULES_OF = {kind: tuple(rule for rule in RULES if rule.kind == kind) for kind in {rule.kind for rule in RULES}}


def _touched(kind: str, values: Mapping[str, Any]) -> Iterable[Rule]:
    return (rule for rule in rules_of(kind) if any(name in values for name in rule.fields))


def _after(values: Mapping[str, Any], before: Record | None) -> Mapping[str, Any]:
    return {**(dict(before) if before else {}), **values}

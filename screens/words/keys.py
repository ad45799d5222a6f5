"""The keys of words that belong to records. The rule stands here once; forms and the extractor both ask it.

| Words of               | Key                                       | Example                            |
|------------------------|-------------------------------------------|------------------------------------|
| a kind (with plural)   | `kind.<Kind>`                             | `kind.SavingsAccount`              |
| a field                | `<kind>.<field>`                          | `savings_account.opened_on`        |
| a field of every kind  | `record.<field>`                          | `record.deleted_on`                |
| help at a field        | the field's key and `.help`; may be absent| `shg.declared_members.help`        |
| a choice               | the field's key and the choice            | `shg.group_type.special`           |
| a choice of SHARED     | the shared section and the choice         | `state.opened`, `role.abm`         |
| a mark, what to do     | `mark.<code>`, `mark.<code>.remedy`       | `mark.bearer_left.remedy`          |
| a reason, what to do   | `reason.<code>`, `reason.<code>.remedy`   | `reason.come_later.remedy`         |
| a problem              | `problem.<code>`                          | `problem.offline`                  |
"""

import re

from records.record import Record

SHARED = {
    ("SavingsAccount", "state"): "state",
    ("AccountStep", "kind"): "step",
    ("AccountStep", "reason"): "reason",
    ("Assignment", "role"): "role",
    ("Norm", "code"): "norm",
    ("Place", "level"): "level",
    ("Shg", "portal_status"): "portal_status",
    ("Member", "portal_status"): "portal_status",
    ("SavingsAccount", "portal_status"): "portal_status",
    ("Shg", "meeting_rhythm"): "rhythm",
    ("Shg", "saving_rhythm"): "rhythm",
    **{(kind, f"livelihood{which}"): "livelihood" for kind in ("Shg", "Member") for which in ("", "_second", "_third")},
}
"""Closed lists that are spoken of without their field, too: a section of their own, (kind, field) -> section."""

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def kind_key(kind: str) -> str:
    """The name of a kind; said with `count`, since it has a plural."""
    return f"kind.{kind}"


def field_key(kind: str, field: str) -> str:
    """The label of a field."""
    if field in Record.model_fields:
        return f"record.{field}"
    return f"{_CAPITAL.sub('_', kind).lower()}.{field}"


def help_key(kind: str, field: str) -> str:
    """A sentence that helps to fill a field in. Few fields need one."""
    return f"{field_key(kind, field)}.help"


def choice_key(kind: str, field: str, option: str) -> str:
    """The words of one option of a closed list."""
    section = SHARED.get((kind, field)) or field_key(kind, field)
    return f"{section}.{option}"


def mark_key(code: str) -> str:
    return f"mark.{code}"


def reason_key(code: str) -> str:
    return choice_key("AccountStep", "reason", code)


def remedy_key(key: str) -> str:
    """What to do about a mark or a reason, by the key of its words."""
    return f"{key}.remedy"


def problem_key(code: str) -> str:
    """What went wrong and what to do."""
    return f"problem.{code}"

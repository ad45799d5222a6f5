"""What a second person saw of a group or its account when she checked it, so that a later change can be told.

Kept beside the check as a few letters for each field, in the order of SEEN: not the values, which may be corrected or
struck, and no number that could be taken for one of a person's. Two values in about twenty thousand look alike.
"""

import hashlib
import json
from collections.abc import Mapping

from pydantic import BaseModel

from records.record import to_wire

SEEN: Mapping[str, tuple[str, ...]] = {
    "Shg": (
        "name", "village_id", "formed_on", "declared_members", "roster_count", "president_id", "secretary_id",
        "treasurer_id", "president_signs", "secretary_signs", "treasurer_signs", "group_type", "origin", "restarted_on",
        "active", "account_needed",
    ),
    "SavingsAccount": (
        "branch_id", "typed_bank", "typed_branch", "typed_ifsc", "account_last4", "opened_on",
    ),
}  # fmt: skip
"""Kind -> the fields that are judged, none of them personal: whoever sees a check sees these. Only ever appended to;
what was not looked at then is not compared."""

LETTERS = 3


def seen_of(kind: str, record: BaseModel) -> str:
    """How a record, or the row of a query with its fields, stands: for `Check.seen`."""
    return "".join(_letters(getattr(record, name, None)) for name in SEEN[kind])


def changed_since(seen: str | None, kind: str, record: BaseModel) -> tuple[str, ...] | None:
    """The fields that are not as they were when they were seen; None where nobody kept that."""
    if not seen:
        return None
    compared = zip(SEEN[kind], _each(seen), _each(seen_of(kind, record)), strict=False)
    return tuple(name for name, was, is_now in compared if was != is_now)


def _each(seen: str) -> list[str]:
    return [seen[at : at + LETTERS] for at in range(0, len(seen), LETTERS)]


def _letters(value: object) -> str:
    """The same three letters for the same value; one that is open and one that is filled in differ."""
    told = json.dumps(to_wire(value), ensure_ascii=False)
    number = int.from_bytes(hashlib.sha256(told.encode()).digest()[:8], "big")
    return "".join(chr(ord("a") + number // 26**at % 26) for at in range(LETTERS))

"""What the mission's portal says of a record, beside what is known here (design 3).

The office's importer writes these fields. Where a person has written another value than the portal's, hers stands, the
portal's is kept in `portal_differs`, and both are shown.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from records.fields import Choice, Code, Long, Personal, Unlisted

PORTAL_STATUSES = ("not_entered", "entered", "verified", "differs")
"""`verified`: the portal's list has said the same; `differs`: it says something else in at least one field."""

PortalStatus = Annotated[str, Choice(*PORTAL_STATUSES), Unlisted]
PortalCode = Annotated[Code | None, Unlisted]
PortalDiffers = Annotated[Long | None, Personal, Unlisted]
"""JSON text {field: the portal's value} of the fields in which the portal differs; personal, since any may be."""

CODED = ("Shg", "Member")
"""Kinds that the portal gives codes of their own; an account stands there with its group."""

PORTAL_FIELDS = ("portal_status", "portal_differs")
"""What the importer says about its own comparison; nobody's typing is lost when it says something else next month."""


def is_to_enter(status: str | None) -> bool:
    """Whether a record is still to be entered on the portal."""
    return status in (None, "not_entered")


def differs_text(differs: Mapping[str, Any]) -> str | None:
    """`portal_differs` of {field: wire value}; None when nothing differs."""
    return json.dumps(differs, ensure_ascii=False, sort_keys=True, separators=(",", ":")) if differs else None


def read_differs(text: str | None) -> dict[str, Any]:
    """{field: wire value} of `portal_differs`; nothing for nothing and for what a newer version wrote otherwise."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}

"""Changes of one record that wait, as cells, and how two of them become one."""

from collections.abc import Mapping
from typing import Any

Cells = dict[str, list[Any]]
"""Changes of one record: {field: [value, stamp, base]}."""


def merged(older: Mapping[str, list[Any]], newer: Mapping[str, list[Any]]) -> Cells:
    """Two changes of one record as one. A base that names the older stamp becomes the older base.

    Of a field that both change the greater stamp tells which is newer: what is offered to a centre that has gone back
    is older than a change that was under way to it.
    """
    result = dict(older)
    for name, cell in newer.items():
        first, last = sorted((older.get(name, ["", "", ""]), cell), key=lambda one: str(one[1]))
        value, stamp, base = last
        result[name] = [value, stamp, first[2] if first[1] and first[1] == base else base]
    return result

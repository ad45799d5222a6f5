"""The stamps of a record's fields as kept beside it: `{"<stamp>": "name formed_on"}`; an unnamed field is unstamped."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress

from pydantic_core import to_json


def read_stamps(text: str | None) -> dict[str, str]:
    """field -> stamp. Fields that are missing have never been written by anybody."""
    if not text:
        return {}
    if text.count('"') == 4 and text[:2] == '{"' and text[-2:] == '"}' and "\\" not in text:  # one stamp, as most have
        stamp, between, names = text[2:-2].partition('":"')
        if between:
            return dict.fromkeys(names.split(" "), stamp)
    return {name: stamp for stamp, names in json.loads(text).items() for name in names.split(" ")}


def stamps_text(stamps: Mapping[str, str]) -> str:
    """The compact text of field -> stamp; fields with an empty stamp are left out. '' for none at all."""
    groups: dict[str, list[str]] = {}
    for name, stamp in stamps.items():
        if stamp:
            groups.setdefault(stamp, []).append(name)
    if not groups:
        return ""
    return to_json({stamp: " ".join(groups[stamp]) for stamp in sorted(groups)}).decode()


def one_stamp_text(stamp: str, names: Iterable[str]) -> str:
    """`stamps_text` when all fields carry one stamp: the common case of a record just created."""
    return f'{{"{stamp}":"{" ".join(names)}"}}'


def stamps_texts(names: Sequence[str], columns: Sequence[Sequence[str | None]], rows: int) -> list[str]:
    """`stamps_text` of many rows, from the stamps of each field as a column. Most rows carry one stamp, and of most
    sections the columns are two lists: what is stamped together, and what nobody has written."""
    lists = {id(column): column for column in columns}
    written = [one for one, column in lists.items() if any(column)]
    if not written:
        return [""] * rows
    if len(written) == 1:
        column = lists[written[0]]
        named = " ".join(name for name, one in zip(names, columns, strict=True) if one is column)
        return [f'{{"{stamp}":"{named}"}}' if stamp else "" for stamp in column]
    return [_line_text(names, line) for line in zip(*columns, strict=True)]


def _line_text(names: Sequence[str], line: Sequence[str | None]) -> str:
    different = {stamp for stamp in line if stamp}
    if len(different) == 1:
        return one_stamp_text(different.pop(), compress(names, line))
    return stamps_text({name: stamp for name, stamp in zip(names, line, strict=True) if stamp})

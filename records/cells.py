"""The stamps of a record's fields as kept beside it: `{"<stamp>": "name formed_on"}`; an unnamed field is unstamped."""

import json
from collections.abc import Iterable, Mapping


def read_stamps(text: str | None) -> dict[str, str]:
    """field -> stamp. Fields that are missing have never been written by anybody."""
    if not text:
        return {}
    return {name: stamp for stamp, names in json.loads(text).items() for name in names.split(" ")}


def stamps_text(stamps: Mapping[str, str]) -> str:
    """The compact text of field -> stamp; fields with an empty stamp are left out. '' for none at all."""
    groups: dict[str, list[str]] = {}
    for name, stamp in stamps.items():
        if stamp:
            groups.setdefault(stamp, []).append(name)
    if not groups:
        return ""
    return json.dumps({stamp: " ".join(groups[stamp]) for stamp in sorted(groups)}, separators=(",", ":"))


def one_stamp_text(stamp: str, names: Iterable[str]) -> str:
    """`stamps_text` when all fields carry one stamp: the common case of a record just created."""
    return f'{{"{stamp}":"{" ".join(names)}"}}'

"""Records in columns, as they travel in batches and pages: packed values, and the stamps of their cells.

Reading raises Problem bad_message for whatever does not fit together, and never costs more than `MOST_CELLS` cells.
"""

import base64
import re
import struct
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import accumulate
from typing import Any

from records.messages import Section
from records.problems import Problem

EPOCH_DAY = date(2000, 1, 1).toordinal()
MOST_CELLS = 500_000
"""Of one section and of one batch: a constant column of a few bytes stands for a value in each row."""
DEEPEST = 8
"""Levels of a value: ids are lists, and a newer app may nest a little. What reads deeper could not be written again."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")


def packed_column(values: Sequence[Any]) -> list[Any]:
    """The shortest plain form of a column: constant, repeated words by index, ids, days, digits, or as it is."""
    first, types = values[0], set(map(type, values))
    if len(types) == 1 and values.count(first) == len(values):
        return ["c", first]
    if not types <= {str, type(None)}:
        return ["v", list(values)]
    words = list(dict.fromkeys(values))
    if len(words) * 2 <= len(values):
        index = {word: at for at, word in enumerate(words)}
        return ["w", words, [index[value] for value in values]]
    texts = [value for value in values if value is not None]
    if len(texts) == len(values) and set(map(len, texts)) == {32} and _is_hex("".join(texts)):
        return ["i", ids_text(texts)]
    if set(map(len, texts)) == {10} and None not in (days := list(map(_day_number, texts))):
        numbers = iter(days)
        return ["d", [None if value is None else next(numbers) for value in values]]
    if len(texts) == len(values) and all(value.isascii() and value.isdigit() and value[0] != "0" for value in texts):
        return ["n", [int(value) for value in texts]]
    return ["v", list(values)]


def unpacked_column(packed: Any, rows: int) -> list[Any]:
    """The values of a column of `rows` rows. Raises Problem bad_message for anything else."""
    try:
        form, *rest = packed
        match form:
            case "c":
                values = [_shallow(rest[0])] * rows
            case "w":
                words = _all_shallow(rest[0])
                values = [words[at] for at in rest[1]]
            case "i":
                values = ids_list(rest[0])
            case "d":
                values = [None if n is None else _day_text(n) for n in rest[0]]
            case "n":
                values = _all_digits(rest[0])
            case "v":
                values = _all_shallow(rest[0])
            case _:
                raise Problem("bad_message")
    except (TypeError, ValueError, IndexError, KeyError, OverflowError) as error:
        raise Problem("bad_message") from error
    if len(values) != rows:
        raise Problem("bad_message")
    return values


def _shallow(value: Any, levels: int = DEEPEST) -> Any:
    """The value, unless it is nested too deep."""
    if isinstance(value, list | dict):
        if not levels:
            raise Problem("bad_message")
        for one in value.values() if isinstance(value, dict) else value:
            _shallow(one, levels - 1)
    return value


def _all_shallow(values: Any) -> list[Any]:
    """The values, none nested too deep; most columns have no nested ones at all."""
    if not isinstance(values, list):
        raise Problem("bad_message")
    if not {list, dict}.isdisjoint(map(type, values)):
        for value in values:
            _shallow(value)
    return values


def _all_digits(numbers: Any) -> list[str]:
    if not {int, bool}.issuperset(map(type, numbers)):
        raise Problem("bad_message")
    return list(map(str, numbers))


@lru_cache(maxsize=4096, typed=True)
def _day_text(number: int) -> str:
    return date.fromordinal(number + EPOCH_DAY).isoformat()


def _is_hex(text: str) -> bool:
    return not text.strip("0123456789abcdef")


@lru_cache(maxsize=4096)
def _day_number(text: str) -> int | None:
    """Days since 2000 of a day as ISO text; None for any other text."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day.toordinal() - EPOCH_DAY if day.isoformat() == text else None


def ids_text(ids: Sequence[str]) -> str:
    return base64.b64encode(bytes.fromhex("".join(ids))).decode()


def ids_list(text: str) -> list[str]:
    whole = base64.b64decode(text, validate=True).hex()
    if len(whole) % 32:
        raise Problem("bad_message")
    return [whole[at : at + 32] for at in range(0, len(whole), 32)]


# --- stamps of cells: the different stamps, one default per row, exceptions per field

NO_PART, UNWRITTEN = -1, -2
"""Index of a cell that is no part of the change, and of one that nobody has written."""


def _packed_stamps(grid: Sequence[Sequence[str | None]], rows: int) -> list[Any]:
    """[words, default index per row or one for all, {field: [[first row, last row, index], ...]}]."""
    words: dict[str, int] = {}

    def index(stamp: str | None) -> int:
        if not stamp:
            return NO_PART if stamp is None else UNWRITTEN
        return words.setdefault(stamp, len(words))

    defaults: list[int] = []
    exceptions: dict[str, list[list[int]]] = {}
    alike = _alike(grid)
    most, shared = max(alike, key=lambda pair: len(pair[1]))
    if len(shared) * 2 > len(grid):
        # Most fields are stamped together: theirs is the stamp that each row has most of.
        defaults = [index(stamp) for stamp in most]
        for column, fields in alike:
            differing = [row for row in range(rows) if column[row] != most[row]] if column is not most else []
            pairs = [[row, index(column[row])] for row in differing]
            exceptions |= {f: pairs for f in fields if pairs}
    else:
        for row in range(rows):
            counts: dict[str | None, int] = {}
            for column, fields in alike:
                counts[column[row]] = counts.get(column[row], 0) + len(fields)
            common = max(counts, key=counts.__getitem__)
            defaults.append(index(common))
            for column, fields in alike:
                if column[row] != common:
                    at = index(column[row])
                    for f in fields:
                        exceptions.setdefault(f, []).append([row, at])
    same = len(set(defaults)) == 1
    packed_exceptions = {f: _exception_ranges(pairs) for f, pairs in exceptions.items()}
    return [packed_words(list(words)), defaults[0] if same else defaults, packed_exceptions]


def packed_words(stamps: list[str]) -> list[Any]:
    """Stamps in their parts: [devices, device of each, milliseconds, counters]. What is the same for all stands once,
    and times as steps from one to the next: what one phone has stamped lies close together."""
    devices = list(dict.fromkeys(stamp[16:] for stamp in stamps))
    times = [int(stamp[:12], 16) for stamp in stamps]
    steps = [later - earlier for earlier, later in zip([0, *times], times, strict=False)]
    which = [devices.index(stamp[16:]) for stamp in stamps]
    return [devices, _once(which), steps, _once([int(stamp[12:16], 16) for stamp in stamps])]


def _unpacked_words(packed: Any) -> list[str]:
    devices, which, steps, counters = packed
    if not all(isinstance(device, str) and len(device) == 8 and _is_hex(device) for device in devices):
        raise Problem("bad_message")
    count = len(steps)
    which = [which] * count if isinstance(which, int) else which
    counters = [counters] * count if isinstance(counters, int) else counters
    if not {int}.issuperset(map(type, (*which, *steps, *counters))):
        raise Problem("bad_message")
    times = list(accumulate(steps))
    if count and not (min(times) >= 0 and max(times) < 1 << 48 and min(counters) >= 0 and max(counters) < 1 << 16):
        raise Problem("bad_message")
    if count and not 0 <= min(which) <= max(which) < len(devices):
        raise Problem("bad_message")
    # All times written as one text: each by itself would be written four times as slowly.
    whole = struct.pack(f">{count}Q", *times).hex()
    written = [whole[at : at + 12] for at in range(4, 16 * count, 16)]
    if len(set(which)) == len(set(counters)) == 1:
        last = f"{counters[0]:04x}{devices[which[0]]}"
        return [time + last for time in written]
    lines = zip(written, counters, which, strict=True)
    return [f"{time}{counter:04x}{devices[at]}" for time, counter, at in lines]


def _once(numbers: list[int]) -> int | list[int]:
    return numbers[0] if len(set(numbers)) == 1 else numbers


def _alike(grid: Sequence[Sequence[str | None]]) -> list[tuple[Sequence[str | None], list[str]]]:
    """The different columns, each with the numbers of its fields: most fields of a record are written together."""
    by_list: dict[int, list[str]] = {}
    for f, column in enumerate(grid):
        by_list.setdefault(id(column), []).append(str(f))
    fields: dict[tuple[str | None, ...], list[str]] = {}
    for some in by_list.values():
        fields.setdefault(tuple(grid[int(some[0])]), []).extend(some)
    return list(fields.items())


def _exception_ranges(pairs: list[list[int]]) -> list[list[int]]:
    """[[first row, last row, index], ...] for neighbouring rows with the same exception."""
    ranges: list[list[int]] = []
    for row, index in pairs:
        if ranges and ranges[-1][1] == row - 1 and ranges[-1][2] == index:
            ranges[-1][1] = row
        else:
            ranges.append([row, row, index])
    return ranges


def _unpacked_stamps(packed: Any, fields: int, rows: int) -> list[list[str | None]]:
    try:
        words, defaults, exceptions = packed
        words = _unpacked_words(words)
        # The last two of the list are UNWRITTEN and NO_PART.
        lookup: list[str | None] = [*words, "", None]
        indexes = [defaults] if isinstance(defaults, int) else [*defaults]
        named = [one for ranges in exceptions.values() for one in ranges]
        indexes += [at for _, _, at in named]
        if not UNWRITTEN <= min(indexes, default=0) <= max(indexes, default=-1) < len(words):
            raise Problem("bad_message")
        if sum(last - first + 1 for first, last, _ in named) > fields * rows:
            raise Problem("bad_message")  # no cell needs more than one exception
        row_stamps = [lookup[defaults]] * rows if isinstance(defaults, int) else [lookup[at] for at in defaults]
        if len(row_stamps) != rows:
            raise Problem("bad_message")
        grid = [row_stamps if str(f) not in exceptions else list(row_stamps) for f in range(fields)]
        for name, ranges in exceptions.items():
            column = grid[int(name)]
            for first, last, at in ranges:
                if not 0 <= first <= last < rows:
                    raise Problem("bad_message")
                column[first : last + 1] = [lookup[at]] * (last - first + 1)
        return grid
    except (AttributeError, TypeError, ValueError, IndexError, KeyError) as error:
        raise Problem("bad_message") from error


def packed_section(section: Section) -> dict[str, Any]:
    rows = len(section.ids)
    packed: dict[str, Any] = {
        "k": section.kind,
        "i": ids_text(section.ids),
        "f": section.fields,
        "c": [packed_column(column) for column in section.columns],
    }
    if section.fields:
        packed["s"] = _packed_stamps(section.stamps, rows)
        if section.bases is not None and any(map(any, {id(column): column for column in section.bases}.values())):
            packed["b"] = _packed_stamps(section.bases, rows)
    return packed


def unpacked_section(packed: Any, *, batch: bool) -> Section:
    """Raises Problem bad_message when the parts do not fit together."""
    try:
        ids, fields, kind, columns = ids_list(packed["i"]), list(packed["f"]), packed["k"], packed["c"]
        if not all(_NAME.fullmatch(name) for name in (kind, *fields)):
            raise Problem("bad_message")
        if not ids or len(columns) != len(fields) or len(set(fields)) != len(fields):
            raise Problem("bad_message")
        if len(set(ids)) != len(ids) or len(ids) * max(1, len(fields)) > MOST_CELLS:
            raise Problem("bad_message")
        values = [unpacked_column(column, len(ids)) for column in columns]
        stamps = _unpacked_stamps(packed["s"], len(fields), len(ids)) if fields else []
        bases: list[list[str | None]] | None = None
        if batch:
            empty: list[str | None] = [""] * len(ids)
            bases = _unpacked_stamps(packed["b"], len(fields), len(ids)) if "b" in packed else [empty for _ in fields]
        return Section(kind, ids, fields, values, stamps, bases)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Problem("bad_message") from error

"""Records in columns, as they travel in batches and pages: packed values, and the stamps of their cells.

Reading raises Problem bad_message for whatever does not fit together, and never costs more than `MOST_CELLS` cells.
"""

import base64
import re
import struct
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from itertools import accumulate, chain, compress, count, islice, repeat
from operator import and_, itemgetter, lshift, ne, or_, rshift, sub
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
        return ["w", words, list(map(_places(words).__getitem__, values))]
    whole = len(types) == 1
    texts = values if whole else [value for value in values if value is not None]
    lengths = set(map(len, texts))
    if whole and lengths == {32} and _is_hex("".join(texts)):
        return ["i", ids_text(texts)]
    if lengths == {10} and None not in (days := list(map(_day_number, texts))):
        numbers = iter(days)
        return ["d", days if whole else [None if value is None else next(numbers) for value in values]]
    if whole and 0 not in lengths and _are_numbers(texts):
        return ["n", list(map(int, texts))]
    return ["v", list(values)]


def _places(words: Iterable[Any]) -> dict[Any, int]:
    return {word: at for at, word in enumerate(words)}


def _are_numbers(texts: Sequence[str]) -> bool:
    """Whether each is as a number is written; none is empty."""
    together = "".join(texts)
    return together.isascii() and together.isdigit() and "0" not in set(map(itemgetter(0), texts))


def unpacked_column(packed: Any, rows: int) -> list[Any]:
    """The values of a column of `rows` rows. Raises Problem bad_message for anything else."""
    try:
        form, *rest = packed
        match form:
            case "c":
                values = [_shallow(rest[0])] * rows
            case "w":
                words = _all_shallow(rest[0])
                values = list(map(words.__getitem__, rest[1]))
            case "i":
                values = ids_list(rest[0])
            case "d":
                values = list(map(_day_text, rest[0]))
            case "n":
                values = _digits(rest[0])
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


def _digits(numbers: Any) -> list[str]:
    if not {int}.issuperset(map(type, numbers)):
        raise Problem("bad_message")
    return list(map(str, numbers))


@lru_cache(maxsize=1 << 14, typed=True)
def _day_text(number: int | None) -> str | None:
    return None if number is None else date.fromordinal(number + EPOCH_DAY).isoformat()


def _is_hex(text: str) -> bool:
    return not text.strip("0123456789abcdef")


@lru_cache(maxsize=1 << 14)
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


Column = Sequence[str | None]


def _packed_stamps(grid: Sequence[Column], rows: int) -> list[Any]:
    """[words, default index per row or one for all, {field: [[first row, last row, index], ...]}]."""
    # Index of a stamp; its words are those beyond the first two, in this order.
    places: dict[str | None, int] = {None: NO_PART, "": UNWRITTEN}
    alike = _alike(grid)
    most, shared = max(alike, key=lambda pair: len(pair[1]))
    if len(shared) * 2 > len(grid):
        defaults, exceptions = _fewest(alike, most, rows, places)
    else:
        defaults, exceptions = _row_by_row(alike, rows, places)
    return [packed_words([stamp for stamp in places if stamp]), _once(defaults), exceptions]


def _fewest(
    alike: list[tuple[Column, list[str]]], most: Column, rows: int, places: dict[str | None, int]
) -> tuple[list[int], dict[str, list[list[int]]]]:
    """Defaults and exceptions where most fields are stamped together. Theirs is the stamp that each row has most of,
    unless fewer words say it the other way round: few fields that are filled in, each row at its own time."""
    written = max(alike, key=lambda pair: len(pair[1]) * _changes(pair[0]))[0]
    ways: list[tuple[int, int, list[int], list[list[list[int]]], dict[str | None, int]]] = []
    for default in [most] if written is most else [most, written]:
        indexes = dict(places)
        defaults = _indexes(default, indexes)
        ranges = [_exception_ranges(column, default, rows, indexes) for column, _ in alike]
        size = sum(3 * len(some) * len(fields) for some, (_, fields) in zip(ranges, alike, strict=True))
        ways.append((size + (rows if _changes(default) else 1), len(ways), defaults, ranges, indexes))
    _, _, defaults, ranges, indexes = min(ways)
    places.update(indexes)
    return defaults, {f: some for some, (_, fields) in zip(ranges, alike, strict=True) if some for f in fields}


def _row_by_row(
    alike: list[tuple[Column, list[str]]], rows: int, places: dict[str | None, int]
) -> tuple[list[int], dict[str, list[list[int]]]]:
    """Defaults and exceptions where rows differ in which fields are stamped: of each row its most frequent stamp."""
    defaults: list[str | None] = []
    for row in range(rows):
        counts: dict[str | None, int] = {}
        for column, fields in alike:
            counts[column[row]] = counts.get(column[row], 0) + len(fields)
        defaults.append(max(counts, key=counts.__getitem__))
    indexes = _indexes(defaults, places)
    exceptions: dict[str, list[list[int]]] = {}
    for column, fields in alike:
        if ranges := _exception_ranges(column, defaults, rows, places):
            exceptions |= dict.fromkeys(fields, ranges)
    return indexes, exceptions


def _indexes(stamps: Column, places: dict[str | None, int]) -> list[int]:
    """The index of each stamp, new ones after those that are known."""
    new = [stamp for stamp in dict.fromkeys(stamps) if stamp not in places]
    places.update(zip(new, count(len(places) - 2)))
    return list(map(places.__getitem__, stamps))


def _changes(column: Column) -> int:
    """How often a column differs from row to row."""
    return sum(map(ne, column, islice(column, 1, None)))


def packed_words(stamps: list[str]) -> list[Any]:
    """Stamps in their parts: [devices, device of each, milliseconds, counters]. What is the same for all stands once,
    and times as steps from one to the next: what one phone has stamped lies close together."""
    # Sixteen digits of time and counter, eight of the device.
    numbers = struct.unpack(f">{'QI' * len(stamps)}", bytes.fromhex("".join(stamps)))
    moments, of = numbers[::2], numbers[1::2]
    devices = list(dict.fromkeys(of))
    times = list(map(rshift, moments, repeat(16)))
    steps = list(map(sub, times, chain((0,), times)))
    which, counters = map(_places(devices).__getitem__, of), map(and_, moments, repeat(0xFFFF))
    return [[f"{device:08x}" for device in devices], _once(list(which)), steps, _once(list(counters))]


def _unpacked_words(packed: Any) -> list[str]:
    devices, which, steps, counters = packed
    if not all(isinstance(device, str) and len(device) == 8 and _is_hex(device) for device in devices):
        raise Problem("bad_message")
    count = len(steps)
    which = [which] * count if isinstance(which, int) else which
    counters = [counters] * count if isinstance(counters, int) else counters
    if not {int}.issuperset(map(type, chain(which, steps, counters))) or not len(which) == len(counters) == count:
        raise Problem("bad_message")
    times = list(accumulate(steps))
    if count and not (min(times) >= 0 and max(times) < 1 << 48 and min(counters) >= 0 and max(counters) < 1 << 16):
        raise Problem("bad_message")
    if count and not 0 <= min(which) <= max(which) < len(devices):
        raise Problem("bad_message")
    moments = map(or_, map(lshift, times, repeat(16)), counters)
    whole = struct.pack(f">{count}Q", *moments).hex()
    return [whole[at : at + 16] + devices[one] for at, one in zip(range(0, 16 * count, 16), which, strict=True)]


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


def _exception_ranges(column: Column, defaults: Column, rows: int, places: dict[str | None, int]) -> list[list[int]]:
    """[[first row, last row, index], ...] where a column differs from the defaults; neighbours that are alike at
    once."""
    if column is defaults:
        return []
    differs = list(map(ne, column, defaults))
    if not any(differs):
        return []
    if all(differs) and not _changes(column):
        return [[0, rows - 1, *_indexes(column[:1], places)]]
    ranges: list[list[int]] = []
    last, before = -2, NO_PART
    for row, index in zip(
        compress(range(rows), differs), _indexes(list(compress(column, differs)), places), strict=True
    ):
        if row == last + 1 and index == before:
            ranges[-1][1] = row
        else:
            ranges.append([row, row, index])
        last, before = row, index
    return ranges


def _unpacked_stamps(packed: Any, fields: int, rows: int) -> list[list[str | None]]:
    """A column for each field. Those that are alike are one list."""
    try:
        words, defaults, exceptions = packed
        words = _unpacked_words(words)
        # The last two of the list are UNWRITTEN and NO_PART.
        lookup: list[str | None] = [*words, "", None]
        named = list(chain.from_iterable(exceptions.values()))
        firsts, lasts, indexes = (list(part) for part in zip(*named, strict=True)) if named else ([], [], [])
        told = [defaults, *indexes] if isinstance(defaults, int) else [*defaults, *indexes]
        if not {int}.issuperset(map(type, chain(told, firsts, lasts))):
            raise Problem("bad_message")
        if told and not UNWRITTEN <= min(told) <= max(told) < len(words):
            raise Problem("bad_message")
        if sum(lasts) - sum(firsts) + len(named) > fields * rows:
            raise Problem("bad_message")  # no cell needs more than one exception
        constant = isinstance(defaults, int)
        row_stamps = [lookup[defaults]] * rows if constant else list(map(lookup.__getitem__, defaults))
        if len(row_stamps) != rows:
            raise Problem("bad_message")
        grid = [row_stamps] * fields
        made: dict[tuple[tuple[int, int, int], ...], list[str | None]] = {}
        for name, ranges in exceptions.items():
            key = tuple(map(tuple, ranges))
            if key not in made:
                made[key] = _with_exceptions(row_stamps, ranges, lookup)
            grid[_field(name, fields)] = made[key]
        return grid
    except (AttributeError, TypeError, ValueError, IndexError, KeyError) as error:
        raise Problem("bad_message") from error


def _field(name: str, fields: int) -> int:
    if not 0 <= (at := int(name)) < fields:
        raise Problem("bad_message")
    return at


def _with_exceptions(stamps: list[str | None], ranges: Any, lookup: list[str | None]) -> list[str | None]:
    column = list(stamps)
    for first, last, at in ranges:
        if not 0 <= first <= last < len(column):
            raise Problem("bad_message")
        if first == last:
            column[first] = lookup[at]
        else:
            column[first : last + 1] = [lookup[at]] * (last - first + 1)
    return column


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

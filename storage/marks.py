"""By which streams a record is held, as one text: the local numbers of streams, ",3,7,"; '' for none."""

from collections.abc import Iterable


def mark(number: int) -> str:
    """A stream number as it is looked for in `held`."""
    return f",{number},"


def with_hold(held: str, number: int) -> str:
    return held if mark(number) in held else f"{held or ','}{number},"


def without(held: str, numbers: Iterable[int]) -> str:
    for number in numbers:
        held = held.replace(mark(number), ",")
    return "" if held == "," else held


def numbers_in(held: str) -> list[int]:
    return [int(number) for number in held.split(",") if number]

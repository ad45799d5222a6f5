"""How the commands speak: plain sentences, and progress where something lasts."""

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


class CannotDo(Exception):
    """The command cannot do what was asked; the text says what to do about it."""


class NotNow(CannotDo):
    """The same, for a reason that may pass by itself: giving the command again later may do."""


def say(text: str = "") -> None:
    """A line for whoever gave the command. Never wrapped or coloured, so that it can be copied and searched."""
    print(text, flush=True)


def progress() -> Progress:
    """A bar on the terminal; nothing where the output goes into a file."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)


def counted(number: int, one: str, many: str = "") -> str:
    """`1 device`, `3 devices`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Columns that fit their longest cell, left-aligned."""
    widths = [max(len(row[n]) for row in [heads, *rows]) for n in range(len(heads))]
    for row in [heads, *rows]:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

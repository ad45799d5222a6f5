"""The file of the settings, looked through line by line: a line that says nothing is told, never passed over.

No sentence shows what stands in a line: it may be a password.
"""

import logging
from io import StringIO
from pathlib import Path

from dotenv.parser import Binding, parse_stream

ENCODING = "utf-8-sig"
"""With or without the mark that editors of Windows put at the beginning."""

# What it passes over with a warning is refused here with a sentence.
logging.getLogger("dotenv").setLevel(logging.ERROR)


def look_through(file: Path) -> tuple[list[str], list[str]]:
    """The names that are set in a file, and a sentence for each thing that is wrong with its lines."""
    try:
        text = file.read_text(ENCODING)
    except UnicodeDecodeError:
        return [], [f"The settings file {file} is not in UTF-8: save it anew as plain text in UTF-8."]
    except OSError as error:
        wanted = "give it to the user under whom the server runs"
        return [], [f"The settings file {file} cannot be read ({error.strerror}): {wanted}."]
    lines: dict[str, int] = {}
    names, mistakes = [], []
    for binding in parse_stream(StringIO(text)):
        number = _line_of(binding)
        if binding.error or "\n" in (binding.value or ""):
            mistakes.append(
                f"Line {number} of the settings file {file} cannot be read: write NAME=value, and a value that begins "
                "with a quote must end with the same one in that line."
            )
        elif binding.key is None:  # empty, or a comment
            continue
        elif not binding.value:
            mistakes.append(
                f"{binding.key} in line {number} of the settings file {file} has no value: write one after a =, or "
                "take the line out."
            )
        elif (before := lines.setdefault(binding.key.upper(), number)) != number:
            mistakes.append(
                f"{binding.key} stands in line {before} and again in line {number} of the settings file {file}: "
                "take one of them out."
            )
        if binding.key is not None:
            names.append(binding.key)
    return names, mistakes


def _line_of(binding: Binding) -> int:
    """Empty lines before a setting are counted to it."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")

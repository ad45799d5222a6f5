"""`python -m screens.words.compile`: every .po of this folder into the .mo that the app reads. Needs Babel."""

import os
import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

HERE = Path(__file__).parent


def compile_catalogues(folder: Path = HERE) -> list[Path]:
    """The .mo files written. A file that is not a catalogue raises PoFileError, and nothing is overwritten with it."""
    written = []
    for source in sorted(folder.glob("*.po")):
        with source.open("rb") as stream:
            catalogue = read_po(stream, locale=source.stem, abort_invalid=True)
        target = source.with_suffix(".mo")
        beside = target.with_suffix(".new")
        with beside.open("wb") as stream:
            write_mo(stream, catalogue)
        # A running app must never find half a catalogue.
        os.replace(beside, target)
        written.append(target)
    return written


if __name__ == "__main__":
    try:
        compile_catalogues()
    except PoFileError as error:
        sys.exit(f"The words could not be compiled: {error}")

"""Pages on paper: laid out by Typst from `review_pack.typ`, with the fonts of the checkout and no others.

What stands on a page goes in as JSON beside the template, never as part of it: a name is drawn as it was typed,
whatever signs it holds. The same pages make the same bytes, wherever they are printed.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from records.written import show_count, show_day
from screens.console.pages import Cell, Page, Table

HERE = Path(__file__).parent
TEMPLATE = HERE / "review_pack.typ"
FONTS = (HERE.parents[1] / "assets" / "fonts", HERE / "fonts")
"""Noto Sans Devanagari, which the screens have too, and Noto Sans for the Latin letters that it lacks."""

NOT_KNOWN = "–"


def pdf_of(pages: Sequence[Page], made_at: datetime) -> bytes:
    """The pages as one PDF, in which words can be searched. `made_at` stands in the file as the day it was made."""
    return _drawn(pages, "pdf", timestamp=made_at.astimezone(UTC).replace(microsecond=0))


def pictures_of(pages: Sequence[Page], *, ppi: float = 96) -> list[bytes]:
    """Each page as it will be printed, as PNG."""
    drawn = _drawn(pages, "png", ppi=ppi)
    return drawn if isinstance(drawn, list) else [drawn]


def _drawn(pages: Sequence[Page], form: Literal["pdf", "png"], **how: Any) -> Any:
    said = json.dumps([_told(page) for page in pages], ensure_ascii=False)
    return typst.compile(TEMPLATE.read_bytes(), font_paths=_fonts(), format=form, sys_inputs={"pages": said}, **how)


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(FONTS))


def _told(page: Page) -> dict[str, Any]:
    return {
        "title": page.title,
        "mission": page.mission,
        "lines": list(page.lines),
        "figures": [
            {"number": one.number, "words": one.words, "note": one.note, "change": one.change} for one in page.figures
        ],
        **{
            where: [_table(one) for one in tables if one.printed]
            for where, tables in (("left", page.left), ("right", page.right), ("whole", page.whole))
        },
        "made": page.made,
        "language": page.language,
    }


def _table(table: Table) -> dict[str, Any]:
    rows = table.rows if table.on_paper is None else table.on_paper
    columns = [[row[at] for row in table.rows] for at in range(len(table.heads))]
    return {
        "title": table.title,
        "heads": list(table.heads),
        "right": [_all(cells, int, float) for cells in columns],
        "narrow": [_all(cells, int, float, date) for cells in columns],
        "rows": [[shown(cell) for cell in row] for row in rows],
        "halves": table.halves,
        # Days are wider than what a number needs.
        "tight": not any(isinstance(cell, date) for row in rows for cell in row) and not table.wide,
        "last": [shown(cell) for cell in table.last] if table.last else [],
        "note": table.note,
    }


def _all(cells: Sequence[Cell], *types: type) -> bool:
    known = [cell for cell in cells if cell is not None]
    return bool(known) and all(isinstance(cell, types) for cell in known)


def shown(cell: Cell) -> str:
    """A cell as it is written on paper: Indian grouping, dd-mm-yyyy, one decimal, a dash for what is not known."""
    if cell is None:
        return NOT_KNOWN
    if isinstance(cell, date):
        return show_day(cell)
    if isinstance(cell, int):
        return show_count(cell)
    return f"{cell:.1f}" if isinstance(cell, float) else cell

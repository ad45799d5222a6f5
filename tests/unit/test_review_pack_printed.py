"""The review pack on paper and as a workbook: letters joined rightly, names as typed, nothing that a program runs."""

import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from PIL import Image, ImageChops

from screens.console.pages import Figure, Page, Table
from server.console.printing import FONTS, pdf_of, pictures_of
from server.console.workbook import workbook_of

REFERENCE = Path(__file__).parents[1] / "fixtures" / "review_pack.png"
MADE_AT = datetime(2026, 11, 28, 5, 12, tzinfo=UTC)
SIGNS = "#let x = 1; *b* _c_ $d$ <e> @f `g` \\ // /* = - + [h] {i} ~ ' \" &amp;"
CONJUNCTS = "क्षत्रिय ज्ञान श्री त्र्यम्बक द्ध ङ्ग र्क किन्तु स्त्रियाँ विद्यालय उज्ज्वला ट्ठ ह्म क्त"


def a_page(*names: str, **about) -> Page:
    rows = [(name, 1200, 12.5, date(2026, 3, 1), None) for name in names]
    table = Table("ग्राम पंचायतवार", "पंचायत", ("नाम", "समूह", "औसत", "दिनांक", "शेष"), rows, ("योग", 2, 1.0, None, 0))
    values = {"title": "समीक्षा पत्रक: बड़वारा", "mission": "म.प्र. राज्य ग्रामीण आजीविका मिशन", "lines": ("पखवाड़ा",)}
    values |= {"figures": (Figure("1,612", "समूह", "नए 38"), Figure("12.4", "औसत", "मानक 15")), "left": (), "right": ()}
    return Page(**{**values, "whole": (table,), "made": "बनाया: रेखा कोल · 28-11-2026", "language": "hi", **about})


def specimen(words: str = CONJUNCTS) -> Image.Image:
    """Words in the sizes and weights of a page, and Latin letters beside them."""
    figures = (
        Figure("1,612", "सदस्यों की औसत संख्या", "इस अवधि में 38 गठित", "पिछली समीक्षा से +45"),
        Figure("12.4", "Pending savings accounts", "38 formed in this period", "since last review \u22123"),
        *(Figure(str(at), "समूह") for at in range(4)),
    )
    page = a_page(words[:30], words[30:], "Latin: Áë 0123 ₹", title=words[:52], figures=figures)
    return picture(page, ppi=144).crop((60, 60, 860, 450))


def picture(*pages: Page, ppi: float = 96) -> Image.Image:
    [drawn] = pictures_of(pages, ppi=ppi)
    return Image.open(io.BytesIO(drawn)).convert("L")


def test_devanagari_is_drawn_as_in_the_reference_pixel_by_pixel():
    """The reference was drawn from the same fonts and looked at: every half letter, reph and matra in its place."""
    drawn = specimen()
    expected = Image.open(REFERENCE).convert("L")
    assert drawn.size == expected.size
    # Edges may be shaded a little differently by another processor's arithmetic, no letter may be another.
    assert ImageChops.difference(drawn, expected).getextrema()[1] <= 8


def test_a_word_that_is_drawn_otherwise_is_noticed():
    drawn = specimen(CONJUNCTS.replace("क्ष", "कष"))
    assert ImageChops.difference(drawn, Image.open(REFERENCE).convert("L")).getextrema()[1] > 100


def test_names_are_printed_as_they_were_typed_and_never_run():
    # Signs of the layout's own language would change the picture, or break it off.
    one = picture(a_page(SIGNS))
    assert one.size == picture(a_page("x")).size
    signs = set(SIGNS.split())
    assert len({picture(a_page(sign)).tobytes() for sign in signs}) == len(signs), "each sign is drawn as something"
    everywhere = a_page(
        SIGNS, title=SIGNS, mission=SIGNS, lines=(SIGNS,), made=SIGNS, figures=(Figure(SIGNS, SIGNS, SIGNS),)
    )
    assert pictures_of([everywhere])


def test_the_same_pages_make_the_same_bytes_and_another_day_does_not():
    pages = [a_page("एक"), a_page("दो")]
    assert pdf_of(pages, MADE_AT) == pdf_of(pages, MADE_AT)
    assert pdf_of(pages, MADE_AT).startswith(b"%PDF-")
    assert len(pictures_of(pages)) == 2


def test_the_fonts_are_those_of_the_checkout_with_their_licence():
    for folder in FONTS:
        assert list(folder.glob("*.ttf"))
        assert "SIL OPEN FONT LICENSE" in (folder / "OFL.txt").read_text("utf-8")
    embedded = pdf_of([a_page("क्षमा Kshama")], MADE_AT)
    assert b"NotoSansDevanagari" in embedded and b"Libertinus" not in embedded


# --- the workbook


def cells(page: Page) -> dict[str, list[list[object]]]:
    book = load_workbook(io.BytesIO(workbook_of([page], MADE_AT)))
    return {sheet.title: [list(row) for row in sheet.iter_rows()] for sheet in book}


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n", "  ="])
def test_what_would_begin_a_formula_is_text_with_an_apostrophe(begins):
    name = f'{begins}HYPERLINK("http://x")'
    found = [cell for rows in cells(a_page(name, title=name)).values() for row in rows for cell in row]
    written = [cell for cell in found if isinstance(cell.value, str) and "HYPERLINK" in cell.value]
    assert len(written) >= 2
    assert all(cell.data_type == "s" and cell.value.startswith("'") for cell in written)


def test_numbers_stay_numbers_and_codes_keep_their_zeros():
    rows = cells(a_page("0042"))["पंचायत"]
    name, count, average, day, rest = rows[4]
    assert (name.value, name.data_type, name.number_format) == ("0042", "s", "@")
    assert (count.value, average.value, rest.value) == (1200, 12.5, None)
    assert day.value.date() == date(2026, 3, 1)


def test_each_sheet_says_who_made_it_and_when():
    assert all(
        any(cell.value == "बनाया: रेखा कोल · 28-11-2026" for row in rows for cell in row)
        for rows in cells(a_page("एक")).values()
    )


def test_names_of_sheets_are_short_allowed_and_each_other():
    page = a_page("एक", title="विकास[खण्ड]: " + "बड़वारा " * 9)
    book = load_workbook(io.BytesIO(workbook_of([page, page], MADE_AT)))
    assert len(book.sheetnames) == len(set(book.sheetnames)) == 4
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in book.sheetnames)

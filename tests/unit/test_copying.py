"""Columns as the text of COPY: each value as PostgreSQL reads it back, whatever stands in it, in pieces of rows."""

from datetime import date

from server.copying import PIECE, _texts


def _read_back(text):
    """A value as PostgreSQL reads it, for the escapes that are written."""
    if text == "\\N":
        return None
    for written, meant in (("\\t", "\t"), ("\\n", "\n"), ("\\r", "\r")):
        text = text.replace("\\\\", "\0").replace(written, meant).replace("\0", "\\\\")
    return text.replace("\\\\", "\\")


def test_every_value_can_be_read_back():
    names = ["जय माँ", None, "a\tb", "a\\b", "a\nb", "", "\\N", "r\rn"] * 40
    columns = [
        names,
        [f"{at:032x}" for at in range(len(names))],
        [None if at % 3 else date(2026, 1, 1 + at % 28) for at in range(len(names))],
        [at if at % 2 else None for at in range(len(names))],
        [at % 2 == 0 for at in range(len(names))],
        ["same"] * len(names),
        [None] * len(names),
    ]
    pieces = list(_texts(columns))
    assert len(pieces) == -(-len(names) // PIECE)
    lines = [
        list(map(_read_back, line.split("\t"))) for piece in pieces for line in piece.removesuffix("\n").split("\n")
    ]
    assert list(zip(*lines, strict=True)) == [
        tuple(names),
        tuple(columns[1]),
        tuple(None if day is None else day.isoformat() for day in columns[2]),
        tuple(None if number is None else str(number) for number in columns[3]),
        tuple("t" if said else "f" for said in columns[4]),
        tuple(columns[5]),
        tuple(columns[6]),
    ]


def test_texts_that_need_no_escape_are_sent_as_they_are():
    assert list(_texts([["a", None, "जय"]])) == ["a\n\\N\nजय\n"]

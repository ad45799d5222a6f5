"""docs/importing.md tells the district's IT person every header word and every reason that the importers know."""

import re
from pathlib import Path

import pytest

from operations.importing.headers import BRANCHES, GROUPS, MEMBERS, OWN, PLACES
from operations.importing.reasons import REASONS

TEXT = (Path(__file__).parents[2] / "docs" / "importing.md").read_text("utf-8")


def table(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading."""
    part = TEXT.split(f"{heading}\n", 1)[1].split("\n#", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines[1:]]


def test_every_reason_is_explained_in_its_own_words():
    told = {row[0].strip("`"): row[1:] for row in table("## 4. Rows that are refused")}
    assert set(told) == set(REASONS)
    for code, (wrong, remedy) in told.items():
        english = REASONS[code].english
        assert (wrong, remedy) == (shown(english.wrong), shown(english.remedy)), code


def shown(words: str) -> str:
    """A reason's sentence with a sign where it names something of the row."""
    return re.sub(r"\{\w+\}", "…", words)


@pytest.mark.parametrize(
    ("kind", "words"), [("places", PLACES), ("branches", BRANCHES), ("groups", GROUPS), ("members", MEMBERS)]
)
def test_every_header_word_is_told(kind, words):
    told = {row[0]: row[1].split(" · ") for row in table(f"### Header words: {kind}")}
    assert told == {name.replace("_", " "): [word.strip() for word in some.split("|")] for name, some in words.items()}


def test_the_columns_of_refused_rows_are_told():
    assert not [name for name in OWN if f"`{name}`" not in TEXT]

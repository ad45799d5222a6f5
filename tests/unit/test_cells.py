"""The stamps of many rows as kept beside them: column by column the same as row by row."""

import json
import random

import pytest

from records.cells import read_stamps, stamps_text, stamps_texts
from records.stamps import stamp_of

NAMES = ("name", "village_id", "formed_on", "mobile")
STAMPS = [stamp_of(1_790_000_000_000 + number, 0, f"{number:08x}") for number in range(3)]


def test_the_stamps_of_a_column_for_all_fields_are_those_of_each_row():
    shared = [STAMPS[0], "", STAMPS[1], None]
    texts = stamps_texts(NAMES, [shared] * len(NAMES), len(shared))
    assert texts == [stamps_text(dict.fromkeys(NAMES, stamp or "")) for stamp in shared]
    assert read_stamps(texts[0]) == dict.fromkeys(NAMES, STAMPS[0])


def test_rows_that_were_stamped_in_any_way_are_written_as_by_themselves():
    chance = random.Random(3)
    columns = [[chance.choice(["", None, *STAMPS]) for _ in range(60)] for _ in NAMES]
    texts = stamps_texts(NAMES, columns, 60)
    for text, line in zip(texts, zip(*columns, strict=True), strict=True):
        assert text == stamps_text({name: stamp for name, stamp in zip(NAMES, line, strict=True) if stamp})


def test_without_fields_there_are_no_stamps():
    assert stamps_texts([], [], 2) == ["", ""]


def test_one_stamp_is_read_like_several_and_what_is_broken_is_said_to_be():
    one, two = f'{{"{STAMPS[0]}":"name formed_on"}}', f'{{"{STAMPS[0]}":"name","{STAMPS[1]}":"formed_on"}}'
    for text in (one, two, '{"\\u0915":"name"}', '{"a": "name"}'):
        assert read_stamps(text) == {
            name: stamp for stamp, names in json.loads(text).items() for name in names.split(" ")
        }
    for damaged in (f"[{one[1:]}", f"{one[:-1]}]", one.replace(":", ","), one.replace('"', "'"), one[:-1]):
        with pytest.raises(json.JSONDecodeError):
            read_stamps(damaged)

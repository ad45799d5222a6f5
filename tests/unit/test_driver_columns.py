"""Whole columns on their way into SQLite: turned as each value by itself would be, or left as they are."""

import pytest

from records.kinds import KINDS
from storage.rows import shape_of
from storage.tables import Tables


class Reversing:
    """A codec for tests: everything backwards."""

    def seal(self, text: str) -> str:
        return text[::-1]

    def open(self, text: str) -> str:
        return text[::-1]


COLUMNS = {
    ("Shg", "name"): [["जय", None, "B"], ["A", 7, {"a": 1}], [], [None]],
    ("Shg", "declared_members"): [
        [1, None, 20],
        [1, True],
        [1 << 63],
        [-(1 << 63), (1 << 63) - 1],
        ["1"],
        [None],
        [1.5],
    ],
    ("Shg", "formed_on"): [["2020-01-31", None, "2020-01-32"], [3, [], "2020-01-31"]],
    ("Shg", "active"): [[True, None, 0, "x"]],
    ("Shg", "marks"): [[["a"], None, []]],
}


@pytest.mark.parametrize("codec", [None, Reversing()])
def test_a_column_is_turned_as_its_values_are(codec):
    tables = Tables(KINDS, codec) if codec else Tables(KINDS)
    for (kind, name), columns in COLUMNS.items():
        shape = shape_of(tables, kind)
        for values in columns:
            before = list(values)
            turned = shape.turned(name, values)
            assert [(type(one), one) for one in turned] == [
                (type(one), one) for one in map(shape.turns[name], before)
            ], (name, values)


def test_the_keys_of_many_are_those_of_each():
    shape = shape_of(Tables(KINDS), "Place")
    columns = {name: ["जय", None, 3, "Rampur"] for name in shape.searched}
    lines = [dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)]
    assert shape.keys_of(list(columns.values())) == [shape.key_of(line) for line in lines]

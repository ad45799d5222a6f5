"""Columns of a page as the driver gives them: turned and taken apart as each value by itself would be."""

import random
from datetime import date

import pytest
from sqlalchemy.dialects import postgresql, sqlite

from records.cells import read_stamps, stamps_text
from records.kinds import KINDS
from records.record import to_wire
from server.page_rows import _on_the_wire, _stamps_in_columns
from server.tables import central_tables
from tests.unit.test_driver_columns import Reversing

NAMES = ("name", "formed_on", "marks", "active")


def test_stamps_of_many_are_those_of_each():
    chance = random.Random(20261128)
    for _ in range(300):
        stamps = [f"{chance.randrange(4):012x}{chance.randrange(2):04x}0000beef" for _ in range(3)]
        fields = [chance.sample(NAMES, chance.randrange(len(NAMES) + 1)) for _ in range(chance.randrange(1, 7))]
        few = chance.choice((1, 1, 3))
        texts = [stamps_text({name: chance.choice(stamps[:few]) for name in names}) for names in fields]
        grid = _stamps_in_columns(texts, NAMES)
        read = [read_stamps(text) for text in texts]
        assert grid == [[one.get(name, "") for one in read] for name in NAMES], texts


def test_columns_that_are_stamped_alike_are_one_list():
    texts = [stamps_text(dict.fromkeys(NAMES[:2], f"{n:012x}00000000beef")) for n in range(5)]
    assert len({id(column) for column in _stamps_in_columns(texts, NAMES)}) == 2


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.psycopg.dialect()])
@pytest.mark.parametrize("codec", [None, Reversing()])
def test_a_column_goes_out_as_its_values_came_in(dialect, codec):
    table = (central_tables(KINDS, codec) if codec else central_tables(KINDS)).records["Shg"]
    columns = {
        "name": ["जय", None, "जय"],
        "formed_on": [date(2020, 1, 31), None, date(2020, 1, 31)],
        "declared_members": [1, 0, None],
        "active": [True, None, False],
        "marks": [("two_offices", "few_signatories"), (), ("bearer_left",)],
    }
    for name, values in columns.items():
        bound = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        there = [bound(value) if bound else value for value in values]
        if dialect.name == "sqlite" and name == "active":
            there = [None if value is None else int(value) for value in there]
        gone = _on_the_wire(table.c[name], dialect, there)
        assert [(type(one), one) for one in gone] == [(type(to_wire(one)), to_wire(one)) for one in values], name

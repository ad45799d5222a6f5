"""A column that is seen to be plain at once is one that its check, value by value, would leave as it is."""

import random

import pytest
from pydantic import ValidationError

from records.fields import AccountNumber, Id, Ifsc, Mobile, Name, Remark, Sha256
from records.kinds import KINDS
from records.record import FieldSpec, Record, fields_of

PIECES = [
    *"abz01 |-._:é", "क", "ि", "्", "\u200d", "\u0928\u093c", "\u0929", "e\u0301", "\u00a0", "\u3000", "\n", "\t", "\0",
    "१२", "9876543210", "SBIN0123456", "sbin", "f" * 32, "F" * 32, "0" * 64, "x" * 41, "y" * 121, "", "  ",
]  # fmt: skip


class Everything(Record):
    """One field of each type whose columns may be seen to be plain."""

    id_of: Id
    name: Name
    remark: Remark
    mobile: Mobile | None = None
    ifsc: Ifsc
    account: AccountNumber
    photo: Sha256


PLAIN = {
    "id_of": ["0" * 32, "0123456789abcdef" * 2],
    "name": ["जय अम्बे", "Durga|Seeta Mahila"],
    "remark": ["एक दो", "a-b, c."],
    "mobile": ["9876543210", "6000000000"],
    "ifsc": ["SBIN0123456", "PUNB0A1B2C3"],
    "account": ["123456789", "001234567890"],
    "photo": ["0" * 64],
}


def every_spec() -> list[tuple[str, FieldSpec]]:
    classes = [Everything, *(KINDS[kind].cls for kind in KINDS)]
    return [(f"{cls.__name__}.{name}", spec) for cls in classes for name, spec in fields_of(cls).items() if spec.whole]


@pytest.mark.parametrize("name", PLAIN)
def test_what_is_plain_is_seen_to_be(name: str) -> None:
    spec = fields_of(Everything)[name]
    assert spec.whole and spec.whole(PLAIN[name])


def test_no_column_is_taken_for_plain_that_a_check_would_change_or_refuse() -> None:
    chance, seen = random.Random(20261128), 0
    assert len(every_spec()) > 40
    for where, spec in every_spec():
        good = [value for values in PLAIN.values() for value in values if spec.whole and spec.whole([value])]
        for _ in range(150):
            drawn = ["".join(chance.choices(PIECES, k=chance.randrange(4))) for _ in range(chance.randrange(3))]
            values = [*drawn, *chance.choices(good, k=chance.randrange(1, 3))] if good else drawn or [""]
            assert spec.whole
            if spec.whole(values):
                seen += 1
                try:
                    assert spec.column.validate_python(values) == values, where
                except ValidationError as error:
                    raise AssertionError((where, values)) from error
    assert seen > 1000

"""Digests of records: equal where two copies show the same, different otherwise."""

import hashlib
import json
import random

from records.digest import SIZE, WHOLE, Digest, digesting_in, register_of
from records.kinds import KINDS, Registry
from records.record import fields_of, to_wire
from tests.factories import a_stamp

STREAM, POOR = "gp/1/members", "block/1/groups"


def a_row(r, kind="Shg"):
    specs = fields_of(KINDS[kind].cls)
    values = {name: to_wire(spec.default) for name, spec in specs.items()} | {"name": f"समूह {r.random()}"}
    return values, {"name": a_stamp(r.randrange(1, 9999))}


def digest(values, stamps, stream=STREAM, kind="Shg", id="1" * 32, role="abm"):
    return digesting_in(KINDS, kind, stream, [role])(id, values, stamps)


def test_neither_order_nor_what_is_not_shown_matters_and_all_else_does():
    r = random.Random(1)
    rows = [(f"{n:032x}", *a_row(r)) for n in range(20)]
    digests = [digesting_in(KINDS, "Shg", STREAM, ["abm"])(*row) for row in rows]
    assert len(set(digests)) == 20 and max(digests) < WHOLE == 256**SIZE
    mixed = random.Random(2).sample(digests, 20)
    assert Digest().plus(digests) == Digest().plus(mixed[:7]).plus(mixed[7:]) == Digest(20, sum(digests) % WHOLE)

    values, stamps = a_row(r)
    before, poor = digest(values, stamps), digest(values, stamps, POOR)
    personal = next(name for name, spec in fields_of(KINDS["Shg"].cls).items() if spec.personal)
    told = {**values, personal: "9"}, {**stamps, personal: a_stamp(3)}
    assert digest(*told, POOR) == poor and digest(*told) != before, "a column that the stream does not show"
    assert digest({**values, "marks": ["rule_broken"]}, stamps) != before, "a derived value, which has no stamp"
    assert digest(values, {"name": a_stamp(77)}) != before and digest(values, stamps, id="2" * 32) != before


def test_a_field_that_nobody_wrote_counts_as_little_as_one_that_is_not_there():
    values, stamps = a_row(random.Random(3))
    assert values["active"] is True and values["marks"] == []
    assert digest(values, stamps) == digest({**values, "active": None, "marks": None}, stamps)
    assert digest(values, stamps) != digest({**values, "active": False}, stamps)
    assert digest(values, stamps) != digest(values, {**stamps, "active": a_stamp(2)})


def test_what_is_hashed_is_the_text_that_every_version_hashes():
    """A copy of an older app is compared with this centre: both write one text for the same record."""
    everything = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x11000)]))
    for value in (everything, 'एक "दो" \\ \x7f\u2028', "", -1, 2**62, True, ["a", "क"]):
        text = json.dumps(["Shg", "1" * 32, "name", a_stamp(1), value], ensure_ascii=False, separators=(",", ":"))
        expected = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=SIZE).digest(), "big")
        nothing = {name: to_wire(spec.default) for name, spec in fields_of(KINDS["Shg"].cls).items()}
        assert digest(nothing | {"name": value}, {"name": a_stamp(1)}) == expected


def test_a_register_with_another_field_is_another_one():
    fewer = Registry([kind for kind in KINDS.values() if kind.name != "Check"])
    assert register_of(KINDS) == register_of(Registry(KINDS.values())) != register_of(fewer)

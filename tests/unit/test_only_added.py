"""What has once been released stays: fields keep their name and type, new ones are optional, codes are not renamed.

`tests/fixtures/version-1.json` is the register as of protocol 1. It is never edited; a later version adds its own file.
"""

import hashlib
import json
from pathlib import Path

import pytest

from records.dictionary import DICTIONARY
from records.kinds import KINDS
from records.problems import CODES
from records.record import fields_of
from records.savings_account import RETURN_REASONS, STATES

RELEASED = json.loads((Path(__file__).parents[1] / "fixtures" / "version-1.json").read_text("utf-8"))


def register() -> dict:
    """The register as a released version is written down."""
    kinds = {
        kind: {
            name: {"type": spec.value_type.name, "refers": spec.refers, "choices": list(spec.choices)}
            for name, spec in fields_of(entry.cls).items()
        }
        for kind, entry in KINDS.items()
    }
    required = {kind: [n for n, s in fields_of(entry.cls).items() if s.required] for kind, entry in KINDS.items()}
    return {"kinds": kinds, "required": required, "codes": list(CODES), "states": list(STATES),
            "reasons": list(RETURN_REASONS)}  # fmt: skip


@pytest.mark.parametrize("kind", RELEASED["kinds"])
def test_no_field_has_lost_its_name_its_type_or_a_choice(kind):
    now = register()["kinds"][kind]
    for name, was in RELEASED["kinds"][kind].items():
        assert name in now, f"{kind}.{name} is gone: a retired field keeps its name and leaves the form"
        assert (now[name]["type"], now[name]["refers"]) == (was["type"], was["refers"])
        assert set(was["choices"]) <= set(now[name]["choices"])


@pytest.mark.parametrize("kind", RELEASED["kinds"])
def test_a_new_field_is_optional(kind):
    """An older app creates records without it."""
    assert set(register()["required"][kind]) <= set(RELEASED["required"][kind])


@pytest.mark.parametrize("name", ["codes", "states", "reasons"])
def test_no_code_has_been_renamed(name):
    assert set(RELEASED[name]) <= set(register()[name])


def test_the_compression_dictionary_of_protocol_1_never_changes():
    """A phone that compresses with another one is not understood: a new dictionary gets a byte of its own."""
    assert hashlib.sha256(DICTIONARY).hexdigest() == "47f0fd079242dd24fe0232bbebeff07f3f1498c97f05746967cce394a95d1cde"

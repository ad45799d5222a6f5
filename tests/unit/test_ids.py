"""Ids are the same on every copy, and a short number that is misheard names nobody."""

import random
import uuid
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.ids import (
    first_account_id,
    id_bytes,
    is_id,
    new_id,
    official_id,
    read_short_number,
    short_number,
    short_number_matches,
)

seeded = settings(derandomize=True, deadline=None, max_examples=200)
SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SAMPLE = [new_id(1_700_000_000_000 + step, random.Random(step)) for step in range(40)]


def test_a_new_id_is_a_uuid_of_version_seven_in_our_form() -> None:
    made = new_id(1_700_000_000_000, random.Random(1))
    assert len(made) == 32 and made == made.lower()
    assert uuid.UUID(made).version == 7 and uuid.UUID(made).variant == uuid.RFC_4122
    assert int(made[:12], 16) == 1_700_000_000_000


def test_the_example_of_the_standard_comes_out() -> None:
    # RFC 9562, appendix A.6: rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F in 62 bits.
    chance = (0xCC3 << 68) | (0x18C4DC0C0C07398F & ((1 << 62) - 1))
    assert new_id(0x017F22E279B0, lambda size: chance.to_bytes(size)) == "017f22e279b07cc398c4dc0c0c07398f"


def test_all_the_randomness_reaches_the_id() -> None:
    none, every = new_id(0, bytes), new_id(0, lambda size: b"\xff" * size)
    assert (int(none, 16) ^ int(every, 16)).bit_count() == 74


def test_ids_of_different_milliseconds_sort_by_time() -> None:
    chance = random.Random(2)
    made = [new_id(ms, chance) for ms in range(1_700_000_000_000, 1_700_000_000_200)]
    assert made == sorted(made)


def test_ids_of_one_millisecond_differ() -> None:
    chance = random.Random(3)
    assert len({new_id(1_700_000_000_000, chance) for _ in range(1000)}) == 1000


@pytest.mark.parametrize("ms", [-1, 2**48])
def test_a_time_that_does_not_fit_is_refused(ms: int) -> None:
    with pytest.raises(ValueError, match="time_out_of_range"):
        new_id(ms, random.Random(1))


def test_an_official_code_always_gives_the_same_id() -> None:
    # Written down, because another namespace would import every record a second time.
    assert official_id("lgd/village", "451234") == "1a98f8414d2b5145ae87bd47074a1c79"
    assert uuid.UUID(official_id("lgd/village", "451234")).version == 5
    assert official_id("lgd/village", "451234") != official_id("census/village", "451234")
    assert official_id("lgd/village", "451234") != official_id("lgd/village", "0451234")


@pytest.mark.parametrize("source, code", [("", "1"), ("lgd/village", "")])
def test_an_empty_code_names_nothing(source: str, code: str) -> None:
    with pytest.raises(ValueError, match="code_missing"):
        official_id(source, code)


def test_two_phones_give_the_first_account_of_a_group_one_id() -> None:
    group = "017f22e279b07cc398c4dc0c0c07398f"
    assert first_account_id(group) == uuid.uuid5(uuid.UUID(group), "savings/1").hex
    assert first_account_id(group) != first_account_id(SAMPLE[0])
    with pytest.raises(ValueError, match="id_malformed"):
        first_account_id("not an id")


def test_an_id_of_any_version_is_an_id() -> None:
    for made in (uuid.uuid1(), uuid.uuid3(uuid.NAMESPACE_DNS, "x"), uuid.uuid4(), uuid.uuid5(uuid.NAMESPACE_DNS, "x")):
        assert is_id(made.hex)


@pytest.mark.parametrize(
    "text",
    ["", "0" * 31, "0" * 33, "A" * 32, "g" * 32, "0" * 32 + "\n", "०" * 32, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"],
)
def test_other_text_is_no_id(text: str) -> None:
    assert not is_id(text)
    with pytest.raises(ValueError, match="id_malformed"):
        id_bytes(text)


@seeded
@given(st.binary(min_size=16, max_size=16))
def test_an_id_survives_the_wire(raw: bytes) -> None:
    assert is_id(raw.hex())
    assert id_bytes(raw.hex()) == raw


def test_a_short_number_is_grouped_for_speaking() -> None:
    assert short_number("017f22e279b07cc398c4dc0c0c07398f") == "VGF5-93ZZ-N"
    assert all(set(short_number(id)) <= {*SYMBOLS, "-"} for id in SAMPLE)


def test_short_numbers_of_ids_made_together_differ() -> None:
    chance = random.Random(4)
    assert len({short_number(new_id(1_700_000_000_000, chance)) for _ in range(5000)}) == 5000


@pytest.mark.parametrize("id", SAMPLE)
def test_every_wrong_character_in_a_short_number_is_noticed(id: str) -> None:
    plain = short_number(id).replace("-", "")
    for place, right in enumerate(plain):
        for wrong in SYMBOLS.replace(right, ""):
            with pytest.raises(ValueError, match="short_number_mistyped"):
                read_short_number(plain[:place] + wrong + plain[place + 1 :])


@pytest.mark.parametrize("id", SAMPLE)
def test_every_exchange_of_two_characters_is_noticed(id: str) -> None:
    plain = short_number(id).replace("-", "")
    for one, other in combinations(range(9), 2):
        swapped = list(plain)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        if plain[one] != plain[other]:
            assert not short_number_matches("".join(swapped), id)


def test_a_short_number_is_read_however_it_was_typed() -> None:
    id = next(id for id in SAMPLE if {"0", "1"} <= set(short_number(id)))
    shown = short_number(id)
    for typed in (
        shown,
        shown.lower(),
        shown.replace("-", ""),
        f" {shown.replace('-', ' ')} ",
        shown.replace("-", "\u2013"),
        shown.replace("1", "I").replace("0", "O"),
        shown.replace("1", "l").replace("0", "o"),
        shown.replace("1", "१").replace("0", "०"),
    ):
        assert short_number_matches(typed, id), typed
        assert read_short_number(typed) == shown


@pytest.mark.parametrize("typed", ["", "7K3M", "7K3M-9QXD-44", "7U3M-9QXD-4", "समूह", "7K3M.9QXD.4"])
def test_text_of_another_shape_is_no_short_number(typed: str) -> None:
    with pytest.raises(ValueError, match="short_number_malformed"):
        read_short_number(typed)
    assert not short_number_matches(typed, SAMPLE[0])


def test_a_short_number_matches_only_its_own_id() -> None:
    assert sum(short_number_matches(short_number(SAMPLE[0]), id) for id in SAMPLE) == 1

"""A carried file in which any byte is changed, or that lacks any part: refused with a reason, never applied."""

import random
from contextlib import ExitStack
from datetime import date

import pytest
from sqlalchemy import func, select

from records import bundles
from records.bundles import DIGEST, SIGNATURE, START, ended
from records.commands.groups import RegisterGroup
from records.commands.members import AddMember
from records.frames import compressed
from records.problems import BUNDLE_CODES, Problem
from sync.bundles import Ed25519PrivateKey, on_hand
from tests.integration.conftest import Fleet, a_world
from tests.world import ref

AT_THE_CARRIER = {"not_a_bundle", "bundle_cut", "bundle_changed", "bundle_newer"}


@pytest.fixture(scope="module")
def road(tmp_path_factory):
    """(author, carrier, world, her file, the centre's answer to it before it was damaged)."""
    folder = tmp_path_factory.mktemp("road")
    with ExitStack() as stack:
        fleet = Fleet(a_world("in process, SQLite", folder, stack), folder)
        stack.callback(fleet.close)
        abm, sakhi = fleet("abm"), fleet("sakhi")
        group = abm.do(RegisterGroup({"village_id": ref("V1"), "name": "जय अम्बे", "formed_on": date(2026, 3, 1)})).id
        abm.do(AddMember(group, {"name": "सीता देवी", "mobile": "9876543210"}))
        yield abm, sakhi, fleet.world, abm.workspace.hand_over()


def refused(take, content: bytes) -> str:
    """Why a file was refused. Whatever is no Problem of the closed list fails the test."""
    with pytest.raises(Problem) as problem:
        take(content)
    assert problem.value.code in BUNDLE_CODES
    return problem.value.code


def nothing_came(world) -> bool:
    tables = world.centre.tables
    counted = [
        *(tables.records[kind] for kind in ("Shg", "Member")),
        tables.quarantine,
        tables.held,
        tables.early_batch,
    ]
    with world.centre.database.reading() as db:
        return not any(db.scalar(select(func.count()).select_from(table)) for table in counted)


def flipped(content: bytes, at: int, bit: int) -> bytes:
    return content[:at] + bytes([content[at] ^ (1 << bit)]) + content[at + 1 :]


def test_any_byte_changed_is_seen_by_the_carrier_already(road):
    _abm, sakhi, world, content = road
    chance = random.Random(1)
    for at in range(len(content)):
        assert refused(sakhi.workspace.take_in, flipped(content, at, chance.randrange(8))) in AT_THE_CARRIER
    assert sakhi.workspace.parcels() == [] and nothing_came(world)


def test_any_part_missing_is_seen_by_the_carrier_already(road):
    _abm, sakhi, world, content = road
    for length in range(len(content)):
        code = refused(sakhi.workspace.take_in, content[:length])
        assert code == ("bundle_cut" if length else "not_a_bundle")
        if length:
            assert refused(sakhi.workspace.take_in, content[length:]) in AT_THE_CARRIER
    assert refused(sakhi.workspace.take_in, content + b"\n") == "bundle_changed"
    assert sakhi.workspace.parcels() == [] and nothing_came(world)


def test_any_byte_changed_and_made_to_look_whole_is_seen_by_the_centre(road):
    _abm, sakhi, world, content = road
    chance = random.Random(2)
    for at in range(START, len(content) - DIGEST):
        forged = ended(flipped(content[:-DIGEST], at, chance.randrange(8)))
        assert refused(sakhi.line.server.bundle, forged) in BUNDLE_CODES
    for _ in range(200):
        body = bytearray(content[:-DIGEST])
        for _ in range(chance.randrange(1, 40)):
            body[chance.randrange(START, len(body))] = chance.randrange(256)
        assert refused(sakhi.line.server.bundle, ended(bytes(body))) in BUNDLE_CODES
    assert nothing_came(world)


ODD = [
    None, True, -1, 1 << 60, 0.5, "", "x", "é", [], {}, [[]], [[1, 2, 3, 4]], [["1", "a", 1, 1]], [[0, "a", 0, 0]],
    [[1, "a" * 64, 1, 1 << 40]], [[1, None, 1, 1]], [[1, "a", 1, -1]], [[1, "a", 1, 0]] * 1001, "A" * 44, "=" * 44,
]  # fmt: skip


def test_whatever_an_enrolled_phone_signs_it_gets_a_reason(road):
    """What stands in the head is hers to invent; the signature is right."""
    abm, sakhi, world, content = road
    whole = bundles.read_bundle(content)
    key = Ed25519PrivateKey.from_private_bytes(on_hand(abm.store).signing_key)
    right = bundles.decompressed(whole.head)
    heads = [{**right, name: value} for name in right for value in ODD if right[name] != value]
    heads += [{n: v for n, v in right.items() if n != name} for name in right]
    for value in [*heads, *ODD]:
        start = bundles.beginning(b"W", compressed(value), [part.content for part in whole.parts])
        refused(sakhi.line.server.bundle, ended(start + key.sign(start)))
    for what in (b"R", b"W", b"X", b"\x00"):
        start = bundles.beginning(what, b"", [])
        refused(sakhi.line.server.bundle, ended(start))
        refused(sakhi.line.server.bundle, ended(start + bytes(SIGNATURE)))
    assert nothing_came(world)


def test_any_byte_of_an_answer_changed_leaves_the_work_waiting(road):
    abm, sakhi, _world, content = road
    reply = sakhi.line.server.bundle(content).reply
    chance = random.Random(3)
    for at in range(START, len(reply) - DIGEST):
        forged = ended(flipped(reply[:-DIGEST], at, chance.randrange(8)))
        assert refused(abm.workspace.take_in, forged) in BUNDLE_CODES
    for length in range(1, len(reply), 7):
        assert refused(abm.workspace.take_in, reply[:length]) == "bundle_cut"
    assert abm.workspace.sync_status().waiting == 2
    assert abm.workspace.take_in(reply).records == 2

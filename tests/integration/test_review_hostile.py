"""A phone with a valid login that sends what no phone of ours would: it harms nobody, not even itself for ever."""

import base64
import hashlib
import json
import random
import zlib

import pytest

from records.dictionary import DICTIONARY
from records.messages import FrozenBatch, SyncRequest
from records.problems import Problem
from records.sections import packed_words
from records.stamps import stamp_of
from records.wire import compressed, framed, read_request, reply_bytes, request_bytes, thawed
from tests.integration.test_central_store import Caller, a_group, states
from tests.world import ref

A, B, C, D = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)


@pytest.fixture
def world(world_on_each):
    return world_on_each


class Hostile(Caller):
    """A device that writes its messages by hand and sends them as bytes."""

    def send(self, batch) -> list[tuple[str, str | None]]:
        """Sends a batch of any JSON; how its rows ended. The reply must be one that can be written as bytes."""
        blob = batch if isinstance(batch, bytes) else compressed_anyhow(batch)
        self.number += 1
        frozen = FrozenBatch(self.number, hashlib.sha256(blob).hexdigest(), blob)
        request = read_request(request_bytes(SyncRequest("0.1.0", self.cursor, frozen, self.answered)))
        reply = self.server.sync(request)
        reply_bytes(reply)
        self.take(reply)
        return states(reply)

    def stamp(self) -> str:
        self.world.clock.forward(ms=1)
        return stamp_of(self.world.clock(), 0, self.device)

    def section(self, kind, id, cells, **more):
        """One row as it stands in a batch."""
        ids = base64.b64encode(bytes.fromhex(id)).decode()
        columns = [["v", [value]] for value in cells.values()]
        return {"k": kind, "i": ids, "f": list(cells), "c": columns, "s": [packed_words([self.stamp()]), 0, {}], **more}

    def row(self, kind, id, cells, **more):
        under = more.pop("under", self.under)
        return self.send({"u": under, "s": [self.section(kind, id, cells, **more)]})


def compressed_anyhow(value, instead: tuple[str, str] = ("", "")) -> bytes:
    """Like `compressed`, with characters escaped that could not be written otherwise. `instead`: (text, JSON)."""
    press = zlib.compressobj(6, zdict=DICTIONARY)
    return b"z" + press.compress(json.dumps(value).replace(*instead).encode()) + press.flush()


def hostile(world) -> Hostile:
    abm = Hostile(world, "abm")
    abm.pull()
    return abm


def goes_on(caller) -> bool:
    """Whether the device's next honest work is taken."""
    id = f"{random.Random(caller.number).randrange(1 << 120):032x}"
    return states(caller.push(("Shg", id, a_group()))) == [("applied", None)]


ODD = (
    None, True, False, 0, -1, 5, 1 << 62, 1 << 63, 10**200, 1.5, float("inf"), float("-inf"), float("nan"), 1e308, "",
    " ", "\x00", "x\x00y", "2026-13-45", "0001-01-01", "9999-12-31", "99999-01-01", "1" * 5000,
    "क" * 3000, A, A.upper(), "A" * 32, [], [A], [[A]], [None], [1, "a", None], {}, {"a": A}, [{}], "234123412346",
    "\u202e", "2026-01-01T00:00:00Z", "null", "१२", "-0",
)  # fmt: skip


KINDS_TRIED = ["Shg", "Member", "SavingsAccount", "AccountStep", "Attachment", "Place", "Assignment", "Conflict"]


@pytest.mark.parametrize("kind", KINDS_TRIED)
def test_any_value_in_any_field_breaks_nothing(world, kind):
    from records.record import fields_of

    phone = hostile(world)
    phone.push(("Shg", A, a_group()), ("SavingsAccount", D, {"shg_id": A}))
    whole = {
        "Shg": a_group(formed_on="2026-01-01"),
        "Member": {"shg_id": A, "name": "सीता"},
        "SavingsAccount": {"shg_id": A},
        "AccountStep": {"account_id": D, "kind": "submitted", "on_day": "2026-01-01", "author_id": ref("abm")},
        "Attachment": {"account_id": D, "kind": "passbook", "sha256": "0" * 64, "size": 9, "taken_on": "2026-01-01"},
        "Place": {"level": "village", "name": "x", "parent_id": ref("G1")},
        "Assignment": {"person_id": ref("abm"), "role": "abm", "from_on": "2026-01-01"},
    }.get(kind, {})
    chance = random.Random(kind)
    for name in [*fields_of(world.registry[kind].cls), "no_such_field"]:
        sections = []
        for value in ODD:
            id = f"{chance.getrandbits(128):032x}"
            sections.append(phone.section(kind, id, {**whole, name: value}))
        found = phone.send({"u": phone.under, "s": sections})
        assert len(found) == len(ODD), "the values must be looked at, not the batch be set aside"
        assert phone.row(kind, A, {**whole, name: "a\ud800b"})[0][0] == "quarantined"
    assert goes_on(phone)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: {**s, "s": [packed_words([]), -1, []]},
        lambda s: {**s, "s": [[["a" * 8], 0, [5], 0], 0, {"0": 5}]},
        lambda s: {**s, "s": [[["a" * 8], 0, [5], 0], 0, {"zero": [[0, 0, 0]]}]},
        lambda s: {**s, "s": [[["a" * 8], 0, [5], 0], 0.0, {}]},
        lambda s: {**s, "s": 5},
        lambda s: {**s, "b": [packed_words([]), -1, []]},
        lambda s: {**s, "k": ["Shg"]},
        lambda s: {**s, "k": "\ud800"},
        lambda s: {**s, "k": "No\x00Kind"},
        lambda s: {**s, "k": "K" * 100_000},
        lambda s: {**s, "f": ["\ud800", *s["f"][1:]]},
        lambda s: {**s, "f": ["x\x00", *s["f"][1:]]},
        lambda s: {**s, "f": [[], *s["f"][1:]]},
        lambda s: {**s, "f": {}},
        lambda s: {**s, "c": [["w", {}, [0]], *s["c"][1:]]},
        lambda s: {**s, "c": [["n", [1e999]], *s["c"][1:]]},
        lambda s: {**s, "c": [["d", [1e999]], *s["c"][1:]]},
        lambda s: {**s, "c": [["i", 5], *s["c"][1:]]},
        lambda s: {**s, "c": [5, *s["c"][1:]]},
        lambda s: {**s, "c": [{}, *s["c"][1:]]},
        lambda s: {**s, "c": [["v"], *s["c"][1:]]},
        lambda s: {**s, "c": {}},
        lambda s: {**s, "i": ""},
        lambda s: {**s, "i": 7},
        lambda s: None,
        lambda s: [],
    ],
)
def test_a_batch_of_odd_shape_is_set_aside_and_the_next_one_is_taken(world, spoil):
    phone = hostile(world)
    section = phone.section("Shg", A, a_group(formed_on="2026-01-01"))
    assert phone.send({"u": 0, "s": [spoil(section)]})[0][0] == "quarantined"
    assert goes_on(phone)


@pytest.mark.parametrize("batch", [[], 5, None, {}, {"u": 0}, {"s": []}, {"u": None, "s": []}, {"u": "x", "s": []},
                                   {"u": 1e999, "s": []}, {"u": 0, "s": 5}, {"u": 0, "s": {"a": 1}}])  # fmt: skip
def test_a_batch_that_is_none_is_set_aside(world, batch):
    phone = hostile(world)
    assert phone.send(batch)[0] == ("quarantined", "bad_message")
    assert goes_on(phone)


@pytest.mark.parametrize("under", [10**30, 1 << 63, -5, -(10**30), (1 << 63) - 1])
def test_any_number_of_a_cursor_may_be_claimed(world, under):
    phone = hostile(world)
    sakhi = Hostile(world, "sakhi")
    phone.row("Shg", A, a_group(formed_on="2026-01-01", village_id=ref("V3")), under=under)
    sakhi.row("Shg", B, a_group(formed_on="2026-01-01", village_id=ref("V3")), under=under)
    assert goes_on(phone)


@pytest.mark.parametrize("depth", [50, 200, 400, 600, 800, 900, *range(930, 1000, 3)])
def test_deep_values_break_nothing(world, depth):
    """As deep as a reader may go that has just enough room left, and then has to write what it read."""
    phone = hostile(world)
    section = phone.section("Shg", A, {**a_group(formed_on="2026-01-01"), "new_field": "deep"})
    blob = compressed_anyhow({"u": 0, "s": [section]}, ('"deep"', "[" * depth + "]" * depth))
    assert phone.send(blob)[0][0] == "quarantined"
    assert goes_on(phone)


def test_a_small_batch_cannot_become_a_large_memory():
    """Constant columns cost a few bytes and stand for a value in each row."""
    ids = b"".join(number.to_bytes(16, "big") for number in range(40_000))
    names = [f"f{number}" for number in range(5_000)]
    section = {"k": "Shg", "i": base64.b64encode(ids).decode(), "f": names, "c": [["c", 0]] * 5_000,
               "s": [[["a" * 8], 0, [5], 0], 0, {}]}  # fmt: skip
    blob = compressed({"u": 0, "s": [section]})
    assert len(blob) < 1_000_000
    with pytest.raises(Problem, match="bad_message"):
        thawed(blob)


def test_overlapping_exceptions_cannot_cost_more_than_the_cells_there_are():
    ids = b"".join(number.to_bytes(16, "big") for number in range(20_000))
    ranges = [[0, 19_999, 0]] * 50_000
    section = {"k": "Shg", "i": base64.b64encode(ids).decode(), "f": ["name"], "c": [["c", "x"]],
               "s": [[["a" * 8], 0, [5], 0], 0, {"0": ranges}]}  # fmt: skip
    with pytest.raises(Problem, match="bad_message"):
        thawed(compressed({"u": 0, "s": [section]}))


HEAD = {"v": 1, "a": "0.1.0"}


@pytest.mark.parametrize(
    "head",
    [
        {"a": "\ud800"}, {"a": "x\x00y"}, {"a": "x" * 100_000}, {"a": ["x"]}, {"n": 10**30}, {"n": 1e999}, {"n": -1},
        {"u": 10**30}, {"u": -(10**30)}, {"u": 1e999}, {"o": 10**30}, {"o": 1e999}, {"m": 1e999}, {"m": 10**30},
        {"r": {"\ud800": 1}}, {"r": {"block/x/groups": 10**30}}, {"r": {"x": 1e999}}, {"r": []}, {"c": "\ud800"},
        {"c": 5}, {"h": "\ud800"}, {"h": []}, {"b": [1e999, "x"]}, {"b": [1, "x"]}, {"b": 5}, {"b": {}},
        {"v": 1e999}, {"v": "1"}, {"v": [1]},
    ],
)  # fmt: skip
def test_any_head_of_a_call_is_answered_or_a_problem(world, head):
    phone = hostile(world)
    frames = [(b"H", compressed_anyhow({**HEAD, **head}))] + ([(b"B", b"z")] if "b" in head else [])
    try:
        reply_bytes(phone.server.sync(read_request(framed(*frames))))
    except Problem as problem:
        assert problem.code in ("bad_message", "app_too_old")
    assert goes_on(phone)
    assert len(next(row["app"] for row in world.rows(world.centre.tables.device) if row["device"] == phone.device)) < 99


def test_a_number_far_beyond_the_next_is_not_kept(world):
    """The phone sends all of them again in order; what is kept meanwhile must not grow without end."""
    phone = hostile(world)
    blob = compressed({"u": 0, "s": []})
    for number in (1 << 53, 10**12, 500):
        batch = FrozenBatch(number, hashlib.sha256(blob).hexdigest(), blob)
        request = read_request(request_bytes(SyncRequest("0.1.0", phone.cursor, batch)))
        answer = phone.server.sync(request).answer
        assert (answer.state, answer.wanted) == ("waiting_for", 1)
    assert world.rows(world.centre.tables.early_batch) == []


# --- ids


@pytest.mark.parametrize("kind", ["Member", "SavingsAccount", "AccountStep", "Attachment"])
def test_the_id_of_one_record_cannot_be_taken_for_another_kind(world, kind):
    """A group of the neighbour, read in the block's stream, must not vanish because something else has its id."""
    other, phone = Caller(world, "abm2"), hostile(world)
    other.push(("Shg", B, a_group(village_id=ref("V2"))))
    phone.push(("Shg", A, a_group()), ("SavingsAccount", D, {"shg_id": A}))
    cells = {
        "Member": {"shg_id": A, "name": "x"},
        "SavingsAccount": {"shg_id": A},
        "AccountStep": {"account_id": D, "kind": "submitted", "on_day": "2026-01-01", "author_id": ref("abm")},
        "Attachment": {"account_id": D, "kind": "passbook", "sha256": "0" * 64, "size": 9, "taken_on": "2026-01-01"},
    }[kind]
    before = [row for row in world.rows(world.centre.tables.feed) if row["id"] == B]
    assert phone.row(kind, B, cells) == [("quarantined", "not_allowed")]
    assert [row for row in world.rows(world.centre.tables.feed) if row["id"] == B] == before
    assert goes_on(phone)


def test_one_id_in_two_sections_is_one_record(world):
    phone = hostile(world)
    stamp = [packed_words([phone.stamp()]), 0, {}]
    group = phone.section("Shg", A, a_group(formed_on="2026-01-01"), s=stamp)
    woman = phone.section("Member", A, {"shg_id": A, "name": "x"}, s=stamp)
    other = phone.section("Shg", A, {"name": "दूसरा"})
    found = phone.send({"u": 0, "s": [group, woman, other]})
    assert found == [("applied", None), ("quarantined", "not_allowed"), ("applied", None)]
    assert world.row("Shg", A)["village_id"] == ref("V1")
    assert goes_on(phone)


def test_the_first_account_of_a_group_cannot_be_begun_for_another_group(world):
    from records.ids import first_account_id

    other, phone = Caller(world, "abm2"), hostile(world)
    other.push(("Shg", B, a_group(village_id=ref("V2"))))
    phone.push(("Shg", A, a_group()))
    account = first_account_id(B)
    assert phone.row("SavingsAccount", account, {"shg_id": A}) == [("quarantined", "not_allowed")]
    assert states(other.push(("SavingsAccount", account, {"shg_id": B}))) == [("applied", None)]


# --- what a step claims


def test_a_step_must_be_signed(world):
    phone = hostile(world)
    phone.push(("Shg", A, a_group()), ("SavingsAccount", D, {"shg_id": A}))
    step = {"account_id": D, "kind": "submitted", "on_day": "2026-01-01"}
    assert phone.row("AccountStep", B, step) == [("quarantined", "not_allowed")]


def test_steps_that_come_after_each_other_in_a_circle_still_stand(world):
    phone = hostile(world)
    phone.push(("Shg", A, a_group()), ("SavingsAccount", D, {"shg_id": A}))
    step = {"account_id": D, "on_day": "2026-01-01", "author_id": ref("abm")}
    phone.row("AccountStep", B, {**step, "kind": "submitted", "after": [C]})
    phone.row("AccountStep", C, {**step, "kind": "form_filled", "after": [B]})
    phone.row("AccountStep", "e" * 32, {**step, "kind": "kyc_collected", "after": ["e" * 32]})
    assert world.row("SavingsAccount", D)["state"] == "submitted"


def test_what_a_step_comes_after_is_bounded(world):
    phone = hostile(world)
    phone.push(("Shg", A, a_group()), ("SavingsAccount", D, {"shg_id": A}))
    after = [f"{number:032x}" for number in range(5_000)]
    step = {"account_id": D, "kind": "submitted", "on_day": "2026-01-01", "author_id": ref("abm"), "after": after}
    assert phone.row("AccountStep", B, step) == [("refused", "too_long")]


# --- what is set aside


def test_no_aadhaar_number_is_kept_in_whatever_shape_it_comes(world):
    phone = hostile(world)
    for value in (["234123412346"], {"a": {"b": "2341 2341 2346"}}, 234123412346, "आधार 2341-2341-2346"):
        assert phone.row("Shg", A, {**a_group(formed_on="2026-01-01"), "no_such_field": value})[0][0] == "quarantined"
    assert phone.row("Shg", A, {"group_type": "234123412346", "roster_count": 3})[0][0] == "quarantined"
    kept = json.dumps(world.rows(world.centre.tables.quarantine))
    assert "234123412346" not in kept and "2341 2341" not in kept and "2341-2341" not in kept


def test_work_set_aside_names_the_block_of_its_group_or_village(world):
    phone, other = hostile(world), Caller(world, "abm3")
    other.push(("Shg", B, a_group(village_id=ref("V3"))))
    other.push(("Member", C, {"shg_id": B, "name": "x"}))
    phone.row("Shg", A, a_group(formed_on="2026-01-01", village_id=ref("V3")))
    phone.row("Member", C, {"name": "y"})
    assert {row["block_id"] for row in world.rows(world.centre.tables.quarantine)} == {ref("B2")}

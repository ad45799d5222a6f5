"""Messages survive the wire unchanged, and what does not fit together is refused as a bad message."""

import hashlib
import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.access import Reach
from records.messages import (
    Batch,
    BatchAnswer,
    Capacity,
    Certified,
    EnrolReply,
    EnrolRequest,
    FrozenBatch,
    NewNumber,
    Outcome,
    Page,
    Part,
    Section,
    SyncReply,
    SyncRequest,
)
from records.problems import Problem
from records.sections import packed_column, packed_section, unpacked_column, unpacked_section
from records.stamps import stamp_of
from records.wire import (
    compressed,
    decompressed,
    framed,
    frozen,
    read_reply,
    read_request,
    reply_bytes,
    request_bytes,
    thawed,
)
from records.wire_enrolment import enrol_bytes, enrolled_bytes, read_enrol, read_enrolled
from records.wire_values import problem_bytes, read_problem

IDS = st.integers(0, 2**128 - 1).map(lambda n: f"{n:032x}")
DAYS = st.dates().map(lambda day: day.isoformat())
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 10**12), st.text(max_size=8), IDS, DAYS,
    st.from_regex(r"[0-9]{9,18}", fullmatch=True), st.lists(IDS, max_size=2),
)  # fmt: skip
STAMPS = st.builds(stamp_of, st.integers(0, 9), st.integers(0, 3), st.sampled_from(["0000000a", "0000000b"]))


@given(st.lists(VALUES, min_size=1, max_size=12))
@settings(derandomize=True, max_examples=500)
def test_a_column_of_any_values_survives(values):
    packed = json.loads(json.dumps(packed_column(values)))
    assert unpacked_column(packed, len(values)) == values
    assert [type(value) for value in unpacked_column(packed, len(values))] == [type(value) for value in values]


@given(st.lists(st.one_of(IDS, DAYS, st.sampled_from(["a", "b", None])), min_size=1, max_size=30))
@settings(derandomize=True, max_examples=200)
def test_every_packed_form_of_a_column_survives(values):
    assert unpacked_column(json.loads(json.dumps(packed_column(values))), len(values)) == values


def test_columns_take_the_form_that_is_shortest():
    ids = [f"{n:032x}" for n in range(9)]
    days = [f"2026-11-{n:02}" for n in range(1, 10)]
    forms = [
        packed_column(values)[0] for values in (["x"] * 9, ["x", "y"] * 5, ids, days, ["123456789012", "2"], ["ab"])
    ]
    assert forms == ["c", "w", "i", "d", "n", "c"]
    assert packed_column(["0123", "4567"])[0] == "v", "a leading zero must stay"


@st.composite
def sections(draw: st.DrawFn, *, batch: bool) -> Section:
    rows = draw(st.integers(1, 5))
    fields = draw(st.lists(st.sampled_from(["name", "mobile", "after", "kind"]), unique=True, min_size=1))

    def grid(cell):
        return [[draw(cell) for _ in range(rows)] for _ in fields]

    stamps = grid(st.one_of(STAMPS, st.none()) if batch else st.one_of(STAMPS, st.just("")))
    ids = draw(st.lists(IDS, min_size=rows, max_size=rows, unique=True))
    return Section("Shg", ids, fields, grid(VALUES), stamps, grid(st.one_of(STAMPS, st.just(""))) if batch else None)


@given(st.lists(sections(batch=True), max_size=3), st.integers(0, 2**40))
@settings(derandomize=True, max_examples=200)
def test_a_batch_survives_and_is_the_same_bytes_each_time(some, under):
    batch = Batch(tuple(some), under)
    sent = frozen(7, batch)
    assert thawed(sent.blob) == batch
    assert frozen(7, batch) == sent and sent.sha256 == hashlib.sha256(sent.blob).hexdigest()


@given(st.lists(sections(batch=False), max_size=2))
@settings(derandomize=True, max_examples=100)
def test_a_reply_survives(some):
    part = Part("gp/x/members", 9, some, {"Member": ["0" * 32]}, {"Shg": ["1" * 32]}, [(0, 4), (7, 7)])
    reach = Reach("abm", frozenset({"2" * 32}), frozenset({"3" * 32}))
    reply = SyncReply(
        "abcd0123", 1_790_000_000_000,
        BatchAnswer(3, "applied", (Outcome(0, 4, "applied"), Outcome(5, 5, "refused", "required", "name")), {"a": "b"}),
        Page("token", 12, [part], True, ("gp/x/members",), ("gp/y/members",), 40),
        Capacity("4" * 32, "Name", "नाम", (reach,)), offers=True, cursor_unknown=True,
        renumbered=NewNumber("0000000b", "token"), seal="a-seal",
    )  # fmt: skip
    assert read_reply(reply_bytes(reply)) == reply


def test_a_request_and_an_enrolment_survive():
    batch = frozen(2, Batch((Section("Shg", ["0" * 32], ["name"], [["x"]], [[stamp_of(1, 0, "0000000a")]], [[""]]),)))
    request = SyncRequest("0.1.0", "token", batch, 1, "0123456789ab", 3, 99, 200, {"gp/x/members": 4}, 2)
    assert read_request(request_bytes(request)) == request
    sealed = replace(request, seal="a-seal")
    assert read_request(request_bytes(sealed)) == sealed
    enrol = EnrolRequest("0.1.0", "1234 5678 9012", b"a" * 32, b"b" * 32, "phone")
    assert read_enrol(enrol_bytes(enrol)) == enrol
    again = replace(enrol, last_device="0000000a", last_cursor="token")
    assert read_enrol(enrol_bytes(again)) == again
    proving = replace(enrol, proof=b"p" * 16)
    assert read_enrol(enrol_bytes(proving)) == proving
    with pytest.raises(Problem, match="bad_message"):
        read_enrol(enrol_bytes(replace(enrol, proof=b"p" * 15)))
    shown = Certified("0000000a", "4" * 32, b"c" * 64, b"s" * 64)
    back = replace(proving, code="", certified=shown)
    assert read_enrol(enrol_bytes(back)) == back
    for change in ({"device": "0000000A"}, {"person_id": "4"}, {"certificate": b"c"}, {"signature": b""}):
        with pytest.raises(Problem, match="bad_message"):
            read_enrol(enrol_bytes(replace(back, certified=replace(shown, **change))))
    reply = EnrolReply("t", "0000000a", Capacity("4" * 32, "N", None, ()), "abcd0123", 5, b"k" * 32, b"c" * 64)
    assert read_enrolled(enrolled_bytes(reply)) == reply


def test_a_problem_is_a_code_and_nothing_else():
    problem = read_problem(problem_bytes(Problem("busy", retry_after=5.0, secret="not for the wire")))
    assert (problem.code, problem.retry_after, problem.context) == ("busy", 5.0, {})


def test_a_quiet_request_is_a_few_bytes():
    request = SyncRequest("0.1.0", "A" * 24, answered=12, has_capacity="0123456789ab")
    assert len(request_bytes(request)) < 70


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_cut_message_is_a_bad_message(cut):
    whole = request_bytes(SyncRequest("0.1.0", "token", frozen(1, Batch(()))))
    with pytest.raises(Problem, match="bad_message"):
        read_request(whole[:-cut])


def test_a_batch_that_does_not_match_its_hash_is_a_bad_message():
    sent = frozen(1, Batch(()))
    with pytest.raises(Problem, match="bad_message"):
        read_request(request_bytes(SyncRequest("0.1.0", batch=FrozenBatch(1, "0" * 64, sent.blob))))


def test_random_bytes_are_a_bad_message_and_never_anything_else():
    rng = random.Random(7)
    whole = bytearray(request_bytes(SyncRequest("0.1.0", "token", frozen(1, Batch(())), reached={"s": 1})))
    for _ in range(3000):
        broken = bytearray(whole)
        for _ in range(rng.randrange(1, 4)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        try:
            read_request(bytes(broken))
        except Problem as problem:
            assert problem.code in ("bad_message", "too_large_message", "app_too_old")


def test_a_small_frame_cannot_become_a_large_memory():
    bomb = compressed("0" * 200_000)
    assert len(bomb) < 1000
    with pytest.raises(Problem, match="too_large_message"):
        decompressed(bomb, largest=100_000)


NO_STAMPS, ONE_STAMP = [[], 0, [], 0], [["0" * 8], 0, [5], 0]


@pytest.mark.parametrize(
    "change",
    [
        {"i": "AAAA"}, {"c": []}, {"f": ["name", "name"]}, {"s": [[["zz"], 0, [5], 0], 0, {}]},
        {"s": [NO_STAMPS, 0, {}]}, {"s": [ONE_STAMP, [0, 0], {}]}, {"s": [ONE_STAMP, 0, {"0": [[0, 9, 0]]}]},
        {"s": [[["0" * 8], 1, [5], 0], 0, {}]}, {"s": [[["0" * 8], 0, [-5], 0], 0, {}]},
        {"s": [[["0" * 8], 0, [1 << 48], 0], 0, {}]}, {"s": [[["0" * 8], 0, [5], [1, 2]], 0, {}]},
        {"s": [[["0" * 8], 0, [5.0], 0], 0, {}]}, {"s": [ONE_STAMP, -3, {}]}, {"c": [["w", ["a"], [3]]]},
        {"c": [["d", [10**12]]]}, {"c": [["?", 1]]}, {"c": [["v", ["a", "b"]]]},
    ],
)  # fmt: skip
def test_parts_that_do_not_fit_together_are_a_bad_message(change):
    section = {"k": "Shg", "i": "AAAAAAAAAAAAAAAAAAAAAA==", "f": ["name"], "c": [["c", "x"]], "s": [ONE_STAMP, 0, {}]}
    assert thawed(compressed({"u": 0, "s": [section]}))
    with pytest.raises(Problem, match="bad_message"):
        thawed(compressed({"u": 0, "s": [section | change]}))


@given(st.lists(st.lists(st.one_of(STAMPS, st.none(), st.just("")), min_size=3, max_size=3), min_size=1, max_size=4))
@settings(derandomize=True, max_examples=200)
def test_stamps_of_any_devices_and_times_survive(grid):
    section = Section("Shg", [f"{n:032x}" for n in range(3)], [f"f{n}" for n in range(len(grid))],
                      [["x"] * 3 for _ in grid], grid, grid)  # fmt: skip
    assert thawed(frozen(1, Batch((section,))).blob).sections[0].stamps == grid


def test_stamps_of_one_phone_are_a_few_bytes_each():
    now = 1_790_000_000_000
    grid = [[stamp_of(now + 731 * n, 1, "0000beef") for n in range(500)]]
    section = Section("Shg", [f"{n:032x}" for n in range(500)], ["name"], [["x"] * 500], grid)
    words = compressed(packed_section(section)["s"][0])
    assert len(words) < 100


def test_few_fields_stamped_each_row_at_its_own_time_are_said_the_short_way():
    """Most fields of a new group are empty: they are the exception, not the few that are filled in."""
    own = [stamp_of(9, row, "0000000a") for row in range(50)]
    section = Section(
        "Shg", [f"{n:032x}" for n in range(50)], list("abcdefgh"), [[1] * 50] * 8, [own] * 2 + [[""] * 50] * 6
    )
    packed = packed_section(section)
    assert len(json.dumps(packed["s"][2])) < 200
    read = unpacked_section(packed, batch=False)
    assert read.stamps == section.stamps
    assert len({id(column) for column in read.stamps}) == 2, "what is alike is one list"


def test_a_page_without_news_does_not_repeat_the_cursor():
    request = SyncRequest("0.1.0", "qJ5xW0eYt3Z_k8VbN2mLr7Hd")
    quiet = SyncReply("0123abcd", 1_790_000_000_123, page=Page(request.cursor, 1_790_000_000_000))
    said = reply_bytes(quiet, request.cursor)
    assert len(said) < 40 < 55 < len(reply_bytes(quiet))
    assert read_reply(said, request.cursor).page == Page(request.cursor, 0)
    with pytest.raises(Problem, match="bad_message"):
        read_reply(said)
    news = SyncReply("0123abcd", 5, page=Page(request.cursor, 7, [Part("s", 1)]))
    assert read_reply(reply_bytes(news, request.cursor), request.cursor) == news


def test_an_older_protocol_is_told_to_update():
    with pytest.raises(Problem, match="app_too_old"):
        read_request(framed((b"H", compressed({"v": 0, "a": "0"}))))

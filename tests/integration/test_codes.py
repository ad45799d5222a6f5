"""One-time codes: a newer one closes the older, and whoever guesses is slowed down."""

from dataclasses import replace
from datetime import date

import pytest
from fastapi.testclient import TestClient

from records.commands.groups import RegisterGroup
from records.messages import EnrolRequest, SyncRequest
from records.problems import Problem
from records.wire_enrolment import enrol_bytes, read_enrolled
from records.wire_values import read_problem
from server.api import create_api
from server.callers import known_callers
from server.enrolment import AGAIN_MS
from server.tries import AT_ONCE, EVERY_S, Tries, network_of
from storage.store import LocalStore
from sync.joining import joined
from tests.console import Console
from tests.world import ref


@pytest.fixture
def world(world_on_each):
    return world_on_each


def request(code: str) -> EnrolRequest:
    return EnrolRequest("0.1.0", code, b"s" * 32, b"x" * 32, "phone")


def why(centre, code: str) -> str:
    with pytest.raises(Problem) as problem:
        centre.enrol(request(code))
    return problem.value.code


def test_a_new_code_closes_the_older_ones_of_the_same_person_and_purpose(world):
    codes = world.centre.enrolments
    first, other, console = codes.code_for(ref("abm")), codes.code_for(ref("sakhi")), codes.console_code_for(ref("abm"))
    second = codes.code_for(ref("abm"))
    assert why(world.centre, first) == "code_replaced"
    assert world.centre.enrol(request(second)).device and world.centre.enrol(request(other)).device
    made = Console(world)
    made.page().workspace.enrol(console)  # another purpose: it stands
    made.close()


def test_a_used_code_says_so_whatever_came_after(world):
    first = world.centre.enrolments.code_for(ref("abm"))
    world.centre.enrol(request(first))
    world.centre.enrolments.code_for(ref("abm"))
    assert why(world.centre, first) == "code_used"


# --- the reply is lost


def proving(code: str, **values) -> EnrolRequest:
    return replace(request(code), **{"proof": b"p" * 16} | values)


def devices(world, person="abm"):
    return [row["device"] for row in world.rows(world.centre.tables.device) if row["person_id"] == ref(person)]


def test_a_code_whose_reply_was_lost_is_answered_again_to_the_same_phone(world):
    code = world.centre.enrolments.code_for(ref("abm"))
    first = world.centre.enrol(proving(code))
    world.clock.forward(ms=AGAIN_MS)
    again = world.centre.enrol(proving(code))
    assert (again.device, again.token) == (first.device, first.token) and again.certificate == first.certificate
    assert devices(world) == [first.device]
    world.centre.for_device(again.token).sync(SyncRequest("0.1.0"))
    with pytest.raises(Problem) as problem:
        world.centre.enrol(proving(code))
    assert problem.value.code == "code_used", "it has called with its token: the reply has arrived"
    assert devices(world) == [first.device]


class Forgetful:
    """The centre, whose first reply to an enrolment is lost."""

    def __init__(self, centre) -> None:
        self.centre, self.lost = centre, False

    def enrol(self, request: EnrolRequest):
        reply = self.centre.enrol(request)
        if not self.lost:
            self.lost = True
            raise Problem("offline")
        return reply

    def for_device(self, token: str):
        return self.centre.for_device(token)


def test_a_phone_whose_reply_was_lost_tries_again_and_works(world, tmp_path):
    code = world.centre.enrolments.code_for(ref("abm"))
    store = LocalStore.open(tmp_path / "phone.sqlite", registry=world.registry, clock=world.clock)
    phone, runner = joined(store, Forgetful(world.centre), app="0.1.0")
    with pytest.raises(Problem, match="offline"):
        phone.enrol(code)
    assert phone.identity() is None
    identity = phone.enrol(code)
    assert devices(world) == [identity.device]
    values = {"village_id": ref("V1"), "name": "जय अम्बे", "formed_on": date(2026, 3, 1)}
    group = phone.do(RegisterGroup(values)).id
    assert runner.run().problem is None and world.row("Shg", group)["name"] == "जय अम्बे"
    store.close()


def test_over_http_too(world):
    api = TestClient(create_api(world.centre))
    code = world.centre.enrolments.code_for(ref("abm"))
    first, again = (read_enrolled(api.post("/v1/enrol", content=enrol_bytes(proving(code))).content) for _ in range(2))
    assert (again.device, again.token) == (first.device, first.token)
    other = api.post("/v1/enrol", content=enrol_bytes(proving(code, proof=b"q" * 16)))
    assert other.status_code == 403 and read_problem(other.content).code == "code_used"


@pytest.mark.parametrize(
    "change",
    [
        {"proof": b"q" * 16},
        {"proof": b""},
        {"signing_key": b"t" * 32},
        {"sealing_key": b"y" * 32},
        {"later": AGAIN_MS + 1},
        {"revoked": True},
        {"first": b""},
    ],
    ids=str,
)
def test_a_used_code_is_answered_again_to_nobody_else_and_not_for_ever(world, change):
    shown, code = dict(change), world.centre.enrolments.code_for(ref("abm"))
    first = world.centre.enrol(proving(code, **({"proof": shown.pop("first")} if "first" in shown else {})))
    world.clock.forward(ms=shown.pop("later", 0))
    if shown.pop("revoked", False):
        world.centre.enrolments.revoke(first.device)
    with pytest.raises(Problem) as problem:
        world.centre.enrol(proving(code, **shown))
    assert problem.value.code == "code_used"
    assert devices(world) == [first.device]


def test_what_a_phone_shows_and_its_token_stand_nowhere_in_the_database(world):
    reply = world.centre.enrol(proving(world.centre.enrolments.code_for(ref("abm"))))
    kept = str([world.rows(table) for table in (world.centre.tables.enrolment, world.centre.tables.device)])
    assert reply.token not in kept and (b"p" * 16).hex() not in kept and "pppp" not in kept


def test_a_slot_is_not_given_away_while_its_code_may_be_asked_for_again(world, monkeypatch):
    codes = world.centre.enrolments
    code = codes.code_for(ref("abm"))
    first = world.centre.enrol(proving(code))
    chances = iter([code[:4], "0001"])
    real = codes._digits
    monkeypatch.setattr(codes, "_digits", lambda count: next(chances) if count == 4 else real(count))
    assert codes.code_for(ref("sakhi"))[:4] == "0001"
    assert world.centre.enrol(proving(code)).device == first.device


def post(api: TestClient, code: str, named: str | None = None):
    headers = {"x-forwarded-for": named} if named else {}
    return api.post("/v1/enrol", content=enrol_bytes(request(code)), headers=headers)


def test_an_address_that_guesses_is_slowed_down_and_nobody_waits_long(world):
    api = TestClient(create_api(world.centre))
    right = world.centre.enrolments.code_for(ref("abm"))
    for number in range(AT_ONCE):
        assert post(api, f"0000{number:08}").status_code in (403, 429)
    slowed = post(api, right)
    assert slowed.status_code == 429 and read_problem(slowed.content).code == "too_many_here"
    assert 0 < int(slowed.headers["retry-after"]) <= EVERY_S
    fresh = TestClient(create_api(world.centre))
    assert post(fresh, right).status_code == 200, "the code itself is as good as before"


def test_only_our_own_proxy_is_believed_about_who_calls(world):
    for here, behind, believed in ((False, False, False), (True, False, True), (False, True, True)):
        client = ("127.0.0.1" if here else "203.0.113.9", 5000)
        api = TestClient(known_callers(create_api(world.centre), behind_proxy=behind), client=client)
        for number in range(AT_ONCE + 1):
            # What a caller puts before the proxy's own entry says nothing.
            last = post(api, f"0000{number:08}", f"10.0.0.{number}, 198.51.100.7")
        assert read_problem(last.content).code == "too_many_here"
        other = post(api, "000000000000", "198.51.100.7, 198.51.100.8")
        assert (read_problem(other.content).code == "code_wrong") == believed


def test_at_the_console_pages_of_one_address_are_counted_together(world):
    made = Console(world)
    now = [0.0]
    made.tries = Tries(lambda: now[0])
    pages = [made.page(address="198.51.100.7") for _ in range(AT_ONCE)]
    for number, page in enumerate(pages):
        with pytest.raises(Problem) as problem:
            page.workspace.enrol(f"0000{number:08}")
        assert problem.value.code in ("code_wrong", "too_many_tries")
    code = world.centre.enrolments.console_code_for(ref("supervisor"))
    with pytest.raises(Problem) as problem:
        pages[0].workspace.enrol(code)
    assert problem.value.code == "too_many_here"
    made.page(address="198.51.100.8").workspace.enrol(world.centre.enrolments.console_code_for(ref("abm")))
    now[0] += problem.value.retry_after + 0.1
    assert pages[1].workspace.enrol(code).person_id == ref("supervisor")
    made.close()


def test_what_is_remembered_of_addresses_is_bounded_and_ipv6_counts_by_network():
    tries = Tries(lambda: 0.0, most=3)
    for number in range(9):
        with pytest.raises(Problem), tries.trying(f"10.0.0.{number}"):
            raise Problem("code_wrong")
    assert len(tries._until) == 3
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:1::1")
    assert network_of("::ffff:10.0.0.1") == "10.0.0.1" and network_of("no address") == ""

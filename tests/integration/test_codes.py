"""One-time codes: a newer one closes the older, and whoever guesses is slowed down."""

import pytest
from fastapi.testclient import TestClient

from records.messages import EnrolRequest
from records.problems import Problem
from records.wire import enrol_bytes, read_problem
from server.api import create_api
from server.callers import known_callers
from server.tries import AT_ONCE, EVERY_S, Tries, network_of
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

"""The HTTP endpoints: nothing is open, problems are codes, bodies are bounded."""

import pytest
import requests

from records.frames import LARGEST_BODY
from records.messages import CONTENT_TYPE, PROTOCOL_HEADER, EnrolRequest, PhotoCall, SyncRequest
from records.wire import framed, read_reply, request_bytes
from records.wire_enrolment import enrol_bytes, read_enrolled
from records.wire_files import bundle_call_bytes, photo_call_bytes
from records.wire_values import read_problem
from tests.serving import served
from tests.world import World, ref


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(url=f"sqlite:///{tmp_path_factory.mktemp('centre') / 'central.db'}")


@pytest.fixture(scope="module")
def url(world):
    with served(world.centre) as address:
        yield address


def post(url: str, path: str, body: bytes, **headers: str) -> requests.Response:
    return requests.post(url + path, data=body, headers={"content-type": CONTENT_TYPE, **headers}, timeout=20)


def test_a_phone_enrols_and_syncs(world, url):
    code = world.centre.enrolments.code_for(ref("abm"))
    reply = post(url, "/v1/enrol", enrol_bytes(EnrolRequest("0.1.0", code, b"s" * 32, b"x" * 32)))
    enrolled = read_enrolled(reply.content)
    assert reply.status_code == 200 and reply.headers["content-type"] == CONTENT_TYPE
    body = request_bytes(SyncRequest("0.1.0"))
    reply = post(url, "/v1/sync", body, authorization=f"Bearer {enrolled.token}")
    assert reply.status_code == 200 and reply.headers[PROTOCOL_HEADER] == "1"
    assert read_reply(reply.content).page.parts


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer"}, {"authorization": "Bearer wrong"},
                                     {"authorization": "Basic eDp5"}])  # fmt: skip
def test_without_a_token_there_is_only_the_word_sign_in(url, headers):
    reply = post(url, "/v1/sync", request_bytes(SyncRequest("0.1.0")), **headers)
    assert (reply.status_code, read_problem(reply.content).code) == (401, "sign_in")


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}])
def test_no_photo_without_a_token(url, headers):
    reply = post(url, "/v1/photo", photo_call_bytes(PhotoCall("a" * 32, "b" * 64, wanted=10)), **headers)
    assert (reply.status_code, read_problem(reply.content).code) == (401, "sign_in")


def test_a_photo_that_nobody_knows_is_unknown(world, url):
    body = photo_call_bytes(PhotoCall("a" * 32, "b" * 64, content=b"bytes"))
    reply = post(url, "/v1/photo", body, authorization=f"Bearer {world.enrol('abm2').token}")
    assert (reply.status_code, read_problem(reply.content).code) == (404, "photo_unknown")


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}])
def test_no_carried_file_without_a_token(url, headers):
    reply = post(url, "/v1/bundle", bundle_call_bytes(b"a file"), **headers)
    assert (reply.status_code, read_problem(reply.content).code) == (401, "sign_in")


def test_what_is_no_carried_file_says_so(world, url):
    body = bundle_call_bytes(b"a file")
    reply = post(url, "/v1/bundle", body, authorization=f"Bearer {world.enrol('abm2').token}")
    assert (reply.status_code, read_problem(reply.content).code) == (422, "not_a_bundle")


def test_a_wrong_code_is_refused(url):
    reply = post(url, "/v1/enrol", enrol_bytes(EnrolRequest("0.1.0", "000000000000", b"s" * 32, b"x" * 32)))
    assert (reply.status_code, read_problem(reply.content).code) == (403, "code_wrong")


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/redoc", "/v1", "/v1/devices", "/metrics"])
def test_no_other_page_exists(url, path):
    assert requests.get(url + path, timeout=20).status_code == 404


@pytest.mark.parametrize("path", ["/v1/sync", "/v1/photo", "/v1/bundle", "/v1/enrol"])
@pytest.mark.parametrize("body", [b"", b"hello", b"\x1f\x8b\x08 gzip?", framed((b"H", b"z???")), b"<html></html>"])
def test_anything_else_is_a_bad_message(world, url, path, body):
    token = world.enrol("abm2").token
    reply = post(url, path, body, authorization=f"Bearer {token}")
    assert (reply.status_code, read_problem(reply.content).code) == (422, "bad_message")


def test_a_body_beyond_the_limit_is_cut_off(world, url):
    token = world.enrol("abm2").token
    reply = post(url, "/v1/sync", b"x" * (LARGEST_BODY + 1), authorization=f"Bearer {token}")
    assert (reply.status_code, read_problem(reply.content).code) == (413, "too_large_message")


def test_replies_carry_no_needless_headers(url):
    reply = post(url, "/v1/sync", request_bytes(SyncRequest("0.1.0")))
    assert {name.lower() for name in reply.headers} == {"content-type", "content-length", PROTOCOL_HEADER}

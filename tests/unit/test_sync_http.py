"""The centre over HTTP: what goes over the wire, and what the network's answers mean."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from records.messages import CONTENT_TYPE, PROTOCOL_HEADER, EnrolRequest, SyncReply, SyncRequest
from records.problems import Problem
from records.wire import read_request, reply_bytes
from records.wire_enrolment import enrolled_bytes, read_enrol
from records.wire_values import problem_bytes
from sync.central_over_http import CentralOverHttp
from tests.factories import a_place_tree, abm_capacity
from tests.phones import an_enrolment

OURS = {"Content-Type": CONTENT_TYPE, PROTOCOL_HEADER: "1"}
REPLY = SyncReply("e1", 5)


class Answer:
    """What the little server answers, and what it was asked."""

    def __init__(self, status: int = 200, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.status, self.body, self.headers = status, body, OURS if headers is None else headers
        self.asked: list[tuple[str, dict[str, str], bytes]] = []


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer.asked.append((self.path, dict(self.headers.items()), body))
            self.send_response_only(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *arguments: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def sync(url: str, **how) -> SyncReply:
    return CentralOverHttp(url, timeout=(2, 2), **how).for_device("a-token").sync(SyncRequest("0.1.0"))


def test_a_call_and_its_reply_are_the_bytes_of_the_wire_and_no_needless_header():
    answer = Answer(body=reply_bytes(REPLY))
    with serving(answer) as url:
        assert sync(url + "/") == REPLY
    path, headers, body = answer.asked[0]
    assert path == "/v1/sync" and read_request(body) == SyncRequest("0.1.0")
    assert headers.pop("Host") and headers.pop("Content-Length")
    assert headers == {"Authorization": "Bearer a-token"}


def test_a_netrc_file_does_not_replace_the_token(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else")
    monkeypatch.setenv("NETRC", str(netrc))
    answer = Answer(body=reply_bytes(REPLY))
    with serving(answer) as url:
        sync(url)
    assert answer.asked[0][1]["Authorization"] == "Bearer a-token"


def test_what_stands_between_is_looked_for_again_after_a_call_that_failed(monkeypatch):
    """A laptop that is carried home finds the centre there, though its office had a proxy."""
    for name in ("NO_PROXY", "no_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    answer = Answer(body=reply_bytes(REPLY))
    with serving(answer) as url:
        device = CentralOverHttp(url, timeout=(2, 2)).for_device("a-token")
        with pytest.raises(Problem, match="offline"):
            device.sync(SyncRequest("0.1.0"))
        assert not answer.asked, "past the proxy"
        monkeypatch.delenv("HTTP_PROXY")
        with pytest.raises(Problem, match="offline"):
            device.sync(SyncRequest("0.1.0"))
        assert device.sync(SyncRequest("0.1.0")) == REPLY


def test_certificates_of_the_environment_are_used(monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with serving(Answer(body=reply_bytes(REPLY))) as url, pytest.raises(Problem, match="offline"):
        sync(url.replace("http:", "https:"))


def test_a_connection_is_used_again_and_no_cookie_is_taken():
    answer = Answer(body=reply_bytes(REPLY), headers={**OURS, "Set-Cookie": "portal=1"})
    with serving(answer) as url:
        device = CentralOverHttp(url).for_device("a-token")
        device.sync(SyncRequest("0.1.0"))
        device.sync(SyncRequest("0.1.0"))
    assert "Cookie" not in answer.asked[1][1]


def test_enrolment_needs_no_token():
    enrolment = an_enrolment(abm_capacity(a_place_tree()))
    answer = Answer(body=enrolled_bytes(enrolment))
    request = EnrolRequest("0.1.0", "123456789012", b"1" * 32, b"2" * 32, "phone")
    with serving(answer) as url:
        assert CentralOverHttp(url).enrol(request) == enrolment
    path, headers, body = answer.asked[0]
    assert path == "/v1/enrol" and "Authorization" not in headers and read_enrol(body) == request


@pytest.mark.parametrize("code", ["sign_in", "revoked", "app_too_old", "bad_message", "busy", "server_problem"])
def test_what_the_centre_says_is_the_problem(code):
    with serving(Answer(403, problem_bytes(Problem(code)))) as url, pytest.raises(Problem, match=code):
        sync(url)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("headers", [{}, OURS])
def test_a_busy_centre_or_proxy_says_when_to_come_again(status, headers):
    body = problem_bytes(Problem("busy", retry_after=5)) if headers else b"<html>try later</html>"
    with serving(Answer(status, body, {**headers, "Retry-After": "7"})) as url, pytest.raises(Problem) as busy:
        sync(url)
    assert (busy.value.code, busy.value.retry_after) == ("busy", 7)


@pytest.mark.parametrize("said", ["Wed, 21 Oct 2026 07:28:00 GMT", "", "-3", "१०"])
def test_a_retry_after_that_is_no_number_counts_for_nothing(said):
    headers = {"Retry-After": said.encode("utf-8").decode("latin-1")}
    with serving(Answer(503, b"", headers)) as url, pytest.raises(Problem) as busy:
        sync(url)
    assert busy.value.retry_after is None


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>Log in to the free WiFi</html>", {"Content-Type": "text/html"}),
        Answer(302, b"", {"Location": "http://portal.example/login"}),
        Answer(511, b"", {"Content-Type": "text/html"}),
        Answer(200, reply_bytes(REPLY), {"Content-Type": CONTENT_TYPE}),
        Answer(200, reply_bytes(REPLY), {PROTOCOL_HEADER: "1", "Content-Type": "text/html"}),
    ],
    ids=["page", "redirect", "511", "no protocol header", "other type"],
)
def test_a_captive_portal_is_recognised(answer):
    with serving(answer) as url, pytest.raises(Problem, match="captive_portal"):
        sync(url)


def test_a_body_that_is_not_ours_in_shape_is_a_bad_message():
    with serving(Answer(200, b"<html>our headers, their body</html>")) as url, pytest.raises(Problem) as bad:
        sync(url)
    assert bad.value.code in ("bad_message", "too_large_message")


def test_a_reply_is_never_read_beyond_the_largest_message(monkeypatch):
    monkeypatch.setattr("sync.central_over_http.LARGEST_BODY", 1000)
    with serving(Answer(200, b"x" * 200_000)) as url, pytest.raises(Problem, match="too_large_message"):
        sync(url)


def test_no_network_is_offline():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        with pytest.raises(Problem, match="offline"):
            sync(f"http://127.0.0.1:{taken.getsockname()[1]}")


def test_a_reply_cut_in_the_middle_is_offline():
    cut = Answer(200, b"", {**OURS, "Content-Length": "99"})
    with serving(cut) as url, pytest.raises(Problem) as problem:
        CentralOverHttp(url, timeout=(1, 0.3)).for_device("a-token").sync(SyncRequest("0.1.0"))
    assert problem.value.code in ("offline", "bad_message")

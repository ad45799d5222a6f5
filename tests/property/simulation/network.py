"""The network between phones and the centre: the client of a phone here, the API's own functions there."""

import contextlib
import io
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import requests

from records.messages import CONTENT_TYPE, PROTOCOL, PROTOCOL_HEADER
from records.problems import HTTP_STATUS, Problem
from records.wire_values import problem_bytes
from server import api
from server.calls import Call
from server.tries import Tries
from sync.central_over_http import CentralOverHttp
from tests.property.simulation.crashing import Killed
from tests.property.simulation.ledger import Broken

if TYPE_CHECKING:
    from tests.property.simulation.town import Town

CENTRE = "http://centre"
OURS = {"Content-Type": CONTENT_TYPE, PROTOCOL_HEADER: str(PROTOCOL)}
HTML = {"Content-Type": "text/html"}
PORTAL = b"<html>Welcome to free wifi. Please sign in.</html>"

FAULTS = (
    "request lost", "reply lost", "request twice", "old request again", "request cut", "request cut and passed on",
    "reply cut", "reply cut and passed on", "delayed past other runs", "captive portal", "captive redirect", "busy",
    "proxy 429", "proxy 502", "proxy 500", "server killed", "server's disk full",
)  # fmt: skip


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Sent(NamedTuple):
    """A request on its way: whose phone, where to, with which token."""

    phone: str
    path: str
    token: str
    body: bytes


class Network:
    """Carries calls. `faults` are used up, one a call; what was delayed comes when it is told to."""

    def __init__(self, town: "Town") -> None:
        self.town = town
        self.faults: list[tuple[str, int]] = []
        self.delayed: list[Sent] = []
        self.old: dict[str, Sent] = {}
        self.injected: Counter[str] = Counter()

    def centre(self, phone: str) -> CentralOverHttp:
        """The centre as the HTTP client of a phone reaches it."""
        client = CentralOverHttp(CENTRE)
        client._session = Wire(lambda path, token, body: self.carry(Sent(phone, path, token, body)))
        return client

    def carry(self, sent: Sent) -> Answer:
        fault, number = self.faults.pop(0) if self.faults else ("", 0)
        if fault:
            self.injected[fault] += 1
        before, self.old[sent.phone] = self.old.get(sent.phone), sent
        match fault:
            case "request lost" | "request cut":
                raise requests.ConnectionError
            case "delayed past other runs":
                self.delayed.append(sent)
                raise requests.ConnectionError
            case "captive portal":
                return Answer(200, HTML, PORTAL)
            case "captive redirect":
                return Answer(302, HTML | {"Location": "http://login.example"}, b"")
            case "busy":
                busy = Problem("busy", retry_after=5)
                return Answer(503, OURS | {"Retry-After": "5"}, problem_bytes(busy))
            case "proxy 429" | "proxy 502" | "proxy 500":
                return Answer(int(fault[-3:]), HTML, b"<html>not now</html>")
            case "server killed":
                with contextlib.suppress(Killed):
                    self.town.dying_at(number, lambda: self.deliver(sent))
                raise requests.ConnectionError
            case "server's disk full":
                return self.town.full_at(number, lambda: self.deliver(sent, full=True))
        if fault == "request cut and passed on":
            sent = sent._replace(body=sent.body[: number * len(sent.body) // 100])
        answer = self.deliver(sent)
        if fault == "request twice":
            answer = self.deliver(sent)
        elif fault == "old request again" and before:
            self.deliver(before)
        elif fault == "reply lost":
            raise requests.ConnectionError
        elif fault == "reply cut":
            raise requests.exceptions.ChunkedEncodingError
        elif fault == "reply cut and passed on":
            return answer._replace(body=answer.body[: number * len(answer.body) // 100])
        return answer

    def deliver_delayed(self, at: int) -> None:
        """One of the delayed requests arrives; nobody waits for its reply any more."""
        if self.delayed:
            self.deliver(self.delayed.pop(at % len(self.delayed)))

    def deliver(self, sent: Sent, *, full: bool = False) -> Answer:
        """What the API does with a request, without its event loop. Raises Broken for what it would call a failure."""
        call = Call("sync")
        try:
            if sent.path == "/v1/enrol":
                return Answer(200, OURS, api._enrol(self.town.centre, Tries(), "", sent.body, call))
            if sent.path == "/v1/bundle":
                return Answer(200, OURS, api._bundle(self.town.centre, sent.token, sent.body, call))
            if sent.path == "/v1/photo":
                return Answer(200, OURS, api._photo(self.town.centre, sent.token, sent.body, call))
            return Answer(200, OURS, api._sync(self.town.centre, sent.token, sent.body, call))
        except Problem as problem:
            headers = OURS if problem.retry_after is None else OURS | {"Retry-After": str(int(problem.retry_after))}
            return Answer(HTTP_STATUS[problem.code], headers, problem_bytes(problem))
        except Broken:
            raise
        except Exception as error:
            if not full:
                raise Broken(f"the server failed: {type(error).__name__}: {error}") from error
            return Answer(500, OURS, problem_bytes(Problem("server_problem")))


class Wire(requests.Session):
    """A session that knows one address. What `requests` itself makes of a call is tried by the tests over HTTP; here it
    would take longer than most calls."""

    def __init__(self, carry: Callable[[str, str, bytes], Answer]) -> None:
        super().__init__()
        self._carry = carry

    def post(self, url: Any, data: Any = None, json: Any = None, *, auth: Any = None, **how: Any) -> requests.Response:
        said: dict[str, str] = auth(_Asked()).headers
        token = said.get("Authorization", "").removeprefix("Bearer ")
        return _Reply(self._carry(url.removeprefix(CENTRE), token, data))


class _Reply(requests.Response):
    """Only what the client looks at."""

    def __init__(self, answer: Answer) -> None:
        self.status_code, self.headers, self.raw = answer.status, answer.headers, _Raw(answer.body)  # type: ignore[assignment]

    def close(self) -> None: ...


class _Asked:
    """What a login puts its header into."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}


class _Raw(io.BytesIO):
    def read(self, size: int | None = -1, decode_content: bool = False) -> bytes:
        return super().read(size)

    def release_conn(self) -> None: ...

"""The centre over HTTP: bytes of records/wire*.py through requests, and what the network says as problems.

Every byte is paid for on a 2G link, so no header goes that the centre does not read. What does not carry our content
type and protocol header is not from our centre, whatever its status: a captive portal, a proxy's error page.
"""

import os
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3.exceptions
from requests.auth import AuthBase
from urllib3.util import SKIP_HEADER

from records.frames import LARGEST_BODY
from records.messages import (
    CONTENT_TYPE,
    PROTOCOL_HEADER,
    BundleReply,
    CentralServer,
    EnrolReply,
    EnrolRequest,
    PhotoCall,
    PhotoReply,
    SyncReply,
    SyncRequest,
)
from records.problems import Problem
from records.wire import read_reply, request_bytes
from records.wire_enrolment import enrol_bytes, read_enrolled
from records.wire_files import bundle_call_bytes, photo_call_bytes, read_bundle_reply, read_photo_reply
from records.wire_values import read_problem

TIMEOUT = (15.0, 45.0)
"""Seconds for a connection, and between two bytes of a reply: a village's network is slow, not gone."""

HEADERS = {"User-Agent": SKIP_HEADER, "Accept-Encoding": SKIP_HEADER}
MOST_RETRY_AFTER = 3600.0


class CentralOverHttp:
    """The centre at an address: `enrol`, and `for_device(token)` as one device sees it."""

    def __init__(self, url: str, *, timeout: tuple[float, float] = TIMEOUT) -> None:
        self._url, self._timeout = url.rstrip("/"), timeout
        self._session = requests.Session()
        self._session.headers.clear()
        # requests would look through the environment, and for a .netrc file, at every call.
        self._session.trust_env = False
        self._session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        self._look_for_proxies()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def for_device(self, token: str) -> CentralServer:
        return _DeviceOverHttp(self, token)

    def enrol(self, request: EnrolRequest) -> EnrolReply:
        return read_enrolled(self.post("/v1/enrol", enrol_bytes(request), _NoLogin()))

    def post(self, path: str, body: bytes, login: AuthBase) -> bytes:
        """The body of a reply from our centre. Raises Problem: what the centre said, offline, captive_portal, busy."""
        try:
            with self._session.post(
                self._url + path,
                data=body,
                headers=HEADERS,
                auth=login,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                return _body_of(response)
        except requests.exceptions.SSLError as error:
            # Somebody stands between who is not our centre; or the phone's clock is years off, which looks the same.
            raise Problem("captive_portal") from error
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            # A laptop may have been carried from one network to another.
            self._look_for_proxies()
            raise Problem("offline") from error

    def _look_for_proxies(self) -> None:
        self._session.proxies = dict(requests.utils.get_environ_proxies(self._url))

    def close(self) -> None:
        self._session.close()


class _DeviceOverHttp:
    """records.messages.CentralServer for one device."""

    def __init__(self, centre: CentralOverHttp, token: str) -> None:
        self._centre, self._login = centre, _Bearer(token)

    def sync(self, request: SyncRequest) -> SyncReply:
        return read_reply(self._centre.post("/v1/sync", request_bytes(request), self._login), request.cursor)

    def photo(self, call: PhotoCall) -> PhotoReply:
        return read_photo_reply(self._centre.post("/v1/photo", photo_call_bytes(call), self._login))

    def bundle(self, content: bytes) -> BundleReply:
        return read_bundle_reply(self._centre.post("/v1/bundle", bundle_call_bytes(content), self._login))


class _Bearer(AuthBase):
    """Puts the device token into the header. As `auth`, because requests would else let a .netrc file replace it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: Any) -> Any:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _NoLogin(AuthBase):
    """Nothing in the header: the one-time code in the body is the credential."""

    def __call__(self, request: Any) -> Any:
        return request


def _body_of(response: requests.Response) -> bytes:
    if (
        response.headers.get("Content-Type", "").split(";")[0] != CONTENT_TYPE
        or PROTOCOL_HEADER not in response.headers
    ):
        raise _problem_of_stranger(response)
    body = _bounded(response)
    if response.status_code == 200:
        return body
    problem = read_problem(body)
    raise Problem(problem.code, retry_after=_retry_after(response) or problem.retry_after)


def _bounded(response: requests.Response) -> bytes:
    """The body, never more of it than a message can have."""
    body = bytearray()
    while piece := response.raw.read(65536, decode_content=False):
        body += piece
        if len(body) > LARGEST_BODY:
            raise Problem("too_large_message")
    return bytes(body)


def _problem_of_stranger(response: requests.Response) -> Problem:
    """What somebody else's reply means: a proxy before our centre is busy or broken, anything else wants a login."""
    if response.status_code in (429, 502, 503, 504):
        return Problem("busy", retry_after=_retry_after(response))
    return Problem("server_problem" if response.status_code == 500 else "captive_portal")


def _retry_after(response: requests.Response) -> float | None:
    """Seconds the centre asks us to wait; a date, which needs a right clock, counts for nothing."""
    said = response.headers.get("Retry-After", "").strip()
    return min(float(said), MOST_RETRY_AFTER) if said.isascii() and said.isdigit() else None

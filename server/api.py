"""The HTTP endpoints: decode, call, encode. Access, limits and audit are inside the central store (design 2).

Every call needs a credential: a device token, or a one-time code. What is open says whether the server lives and can
work (`server.health`) and nothing else; there is no documentation page.
"""

import logging
import math
import time
import traceback
from collections.abc import Awaitable, Callable

import anyio
from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from records.frames import LARGEST_BODY
from records.messages import CONTENT_TYPE, PROTOCOL, PROTOCOL_HEADER
from records.problems import HTTP_STATUS, Problem
from records.wire import read_request, reply_bytes
from records.wire_enrolment import enrolled_bytes, read_enrol
from records.wire_files import bundle_reply_bytes, photo_reply_bytes, read_bundle_call, read_photo_call
from records.wire_values import problem_bytes
from server.calls import Call
from server.central_store import CentralStore
from server.database import named
from server.health import Health, add_health
from server.tries import Tries

log = logging.getLogger("samooh.server")

JOBS = 4
QUEUE = 64
"""Calls that are worked on at once, and that may wait for their turn; beyond, a phone is asked to come again."""
LONGEST_WAIT_S = 4.0
"""Nobody is let in to wait for longer than this, by what calls have taken of late."""
SOONEST_S, LATEST_S = 1.0, 30.0
"""When a phone that was refused is asked to come again."""
SHORTEST_CALL_S = 0.02
"""What a call is taken to last while there is nothing to tell by."""


def create_api(centre: CentralStore) -> FastAPI:
    """The API over one central store. Stateless: any number of processes may serve the same database."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    queue, tries = Queue(), Tries()
    add_health(app, Health(centre))

    @app.post("/v1/sync")
    async def sync(request: Request) -> Response:
        async def answer(body: bytes, call: Call) -> bytes:
            token = _token(request)
            return await run_in_threadpool(_sync, centre, token, body, call)

        return await _answered(request, queue, Call("sync"), answer)

    @app.post("/v1/photo")
    async def photo(request: Request) -> Response:
        async def answer(body: bytes, call: Call) -> bytes:
            token = _token(request)
            return await run_in_threadpool(_photo, centre, token, body, call)

        return await _answered(request, queue, Call("photo"), answer)

    @app.post("/v1/bundle")
    async def bundle(request: Request) -> Response:
        async def answer(body: bytes, call: Call) -> bytes:
            token = _token(request)
            return await run_in_threadpool(_bundle, centre, token, body, call)

        return await _answered(request, queue, Call("bundle"), answer)

    @app.post("/v1/enrol")
    async def enrol(request: Request) -> Response:
        async def answer(body: bytes, call: Call) -> bytes:
            address = request.client.host if request.client else ""
            return await run_in_threadpool(_enrol, centre, tries, address, body, call)

        return await _answered(request, queue, Call("enrol"), answer)

    return app


class Queue:
    """Bounded work: at most JOBS at a time, at most QUEUE waiting; more is refused at once rather than slowly."""

    def __init__(self) -> None:
        self._jobs = anyio.Semaphore(JOBS)
        self._waiting = 0  # those that are worked on as well
        self._lasts = 0.0
        self._room_at = 0.0

    def admit(self) -> None:
        """Raises Problem busy where a call would wait too long, as far as calls of late tell. Asked before a body is
        read, so that nobody sends one in vain that could have been told at once."""
        before = max(0, self._waiting + 1 - JOBS)  # so many must end before this one begins
        if self._waiting >= QUEUE or before / JOBS * self._lasts > LONGEST_WAIT_S:
            raise self._busy()

    async def run(self, work: Callable[[], Awaitable[bytes]], call: Call) -> bytes:
        if self._waiting >= QUEUE:
            raise self._busy()
        self._waiting += 1
        came = time.monotonic()
        try:
            async with self._jobs:
                call.waited = time.monotonic() - came
                began = time.monotonic()
                reply = await work()
                # A moving mean, over the last ten calls or so.
                self._lasts += (time.monotonic() - began - self._lasts) / 10
                return reply
        finally:
            self._waiting -= 1

    def _busy(self) -> Problem:
        """Says when there will be room: to each a little later than to the one before, by as much as a call takes. Told
        the same, all would come back in one second, find it full once more, and leave the server idle in between."""
        now, each = time.monotonic(), max(self._lasts, SHORTEST_CALL_S) / JOBS
        soonest = now + max(SOONEST_S, self._waiting * each)
        self._room_at = min(max(self._room_at, soonest) + each, now + LATEST_S)
        return Problem("busy", retry_after=self._room_at - now)


def _sync(centre: CentralStore, token: str, body: bytes, call: Call) -> bytes:
    # A body is unpacked, which costs memory, only for a device that is known.
    device = centre.enrolments.device_of(token)
    call.device = device.number
    reply = centre.sync(device, request := read_request(body))
    call.answered(reply.answer)
    return reply_bytes(reply, request.cursor)


def _photo(centre: CentralStore, token: str, body: bytes, call: Call) -> bytes:
    call.device = centre.enrolments.device_of(token).number
    return photo_reply_bytes(centre.for_device(token).photo(read_photo_call(body)))


def _bundle(centre: CentralStore, token: str, body: bytes, call: Call) -> bytes:
    call.device = centre.enrolments.device_of(token).number
    return bundle_reply_bytes(centre.for_device(token).bundle(read_bundle_call(body)))


def _enrol(centre: CentralStore, tries: Tries, address: str, body: bytes, call: Call) -> bytes:
    with tries.trying(address):
        reply = centre.enrol(read_enrol(body))
    call.device = reply.device
    return enrolled_bytes(reply)


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Problem("sign_in")
    return token


async def _answered(
    request: Request, queue: Queue, call: Call, answer: Callable[[bytes, Call], Awaitable[bytes]]
) -> Response:
    try:
        queue.admit()
        body = await _body(request)
        call.received = len(body)
        code, response = "ok", _response(200, await queue.run(lambda: answer(body, call), call))
    except ClientDisconnect:
        call.ended("cut", 0)
        raise
    except Exception as error:
        problem = error if isinstance(error, Problem) else _failure(error, call)
        code, response = problem.code, _response(HTTP_STATUS[problem.code], problem_bytes(problem))
        if problem.retry_after is not None:
            response.headers["retry-after"] = str(math.ceil(problem.retry_after))
    call.ended(code, len(response.body))
    return response


def _failure(error: Exception, call: Call) -> Problem:
    """A mistake of ours, at the edge of a call. The log says where and of what sort, never with which values."""
    whose = {"device": call.device} if call.device else {}
    places = "".join(traceback.format_tb(error.__traceback__))
    log.error("a call failed: %s\n%s", named(error), places, extra=whose)
    return Problem("server_problem")


async def _body(request: Request) -> bytes:
    """The body, never more of it than the limit: a sender is cut off, not buffered."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BODY:
            raise Problem("too_large_message")
    return bytes(body)


def _response(status: int, body: bytes) -> Response:
    return Response(body, status, headers={PROTOCOL_HEADER: str(PROTOCOL)}, media_type=CONTENT_TYPE)

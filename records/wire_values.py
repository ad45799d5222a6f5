"""The values in the heads of messages, and a problem as a message: read as what they must be, or refused."""

from typing import Any

from records.frames import compressed, decompressed, framed, unframed
from records.messages import PROTOCOL
from records.problems import Problem

LARGEST_HEAD_OF_A_STRANGER = 64 * 1024
"""Bytes, decompressed, of what is read before anybody knows who speaks."""
GREATEST_COUNT = 1 << 53
LONGEST_APP = 40
"""Characters of what an app calls itself."""


def checked_head(frames: dict[bytes, bytes], largest: int) -> Any:
    """The head of a call, decompressed. Raises KeyError or TypeError where it is none, and Problem: bad_message,
    too_large_message, app_too_old for another protocol."""
    head = decompressed(frames[b"H"], largest)
    if head["v"] != PROTOCOL:
        raise Problem("app_too_old")
    return head


def short(value: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing: None, False, empty, zero."""
    return {name: one for name, one in value.items() if one not in (None, False, "", 0) and one != [] and one != {}}


def text_of(value: Any) -> str:
    if not isinstance(value, str):
        raise Problem("bad_message")
    return value


def count_of(value: Any) -> int:
    """A whole number, from 0 to what every database holds; one beyond says no more than the greatest."""
    if not isinstance(value, int):
        raise Problem("bad_message")
    return max(0, min(value, GREATEST_COUNT))


def problem_bytes(problem: Problem) -> bytes:
    """A call's problem as a reply body: its code and what the phone may say about it, never a payload."""
    return framed((b"H", compressed({"code": problem.code, "retry": problem.retry_after})))


def read_problem(body: bytes) -> Problem:
    """Raises Problem bad_message when the body is not ours."""
    value = decompressed(unframed(body).get(b"H", b""))
    try:
        return Problem(str(value["code"]), retry_after=value.get("retry"))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Problem("bad_message") from error

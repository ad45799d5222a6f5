"""Messages as bytes, and bytes as messages: frames (`records/frames.py`) of records in columns (`records/sections.py`).

Whatever does not fit together is a Problem, never another error: the other side may be broken, or mean ill.
"""

import base64
import hashlib
import json
import re
from typing import Any

from records.access import Reach
from records.digest import Compared, Digest, Summary
from records.frames import compressed, decompressed, framed, unframed
from records.ids import is_id
from records.messages import (
    PROTOCOL,
    REACH_PARTS,
    Batch,
    BatchAnswer,
    BundleReply,
    Capacity,
    Certified,
    EnrolReply,
    EnrolRequest,
    FrozenBatch,
    NewNumber,
    Outcome,
    Page,
    Part,
    PhotoCall,
    PhotoReply,
    Section,
    SyncReply,
    SyncRequest,
)
from records.problems import Problem
from records.sections import (
    MOST_CELLS,
    ids_list,
    ids_text,
    packed_section,
    unpacked_section,
)
from records.written import clean_text

_DEVICE = re.compile("[0-9a-f]{8}")
LARGEST_HEAD = 1024 * 1024
LARGEST_ENROLMENT = 64 * 1024
"""Bytes, decompressed, of what is read before anybody knows who speaks."""
GREATEST_COUNT = 1 << 53
NO_NEWS = 1
"""In the place of a page that has nothing in it and the cursor that was presented."""
MOST_OLDER = 200
"""Records that one call may ask for again."""
LONGEST_APP, LONGEST_DEVICE_NAME = 40, 120
PROOF_BYTES, SIGNATURE_BYTES = 16, 64
"""Of what a phone shows again with a code whose reply was lost."""


# --- batches


def frozen(number: int, batch: Batch) -> FrozenBatch:
    """A batch as the bytes that are kept, hashed and sent, each time the same."""
    blob = compressed({"u": batch.typed_under, "s": [packed_section(section) for section in batch.sections]})
    return FrozenBatch(number, hashlib.sha256(blob).hexdigest(), blob)


def thawed(blob: bytes) -> Batch:
    """Raises Problem: bad_message, too_large_message."""
    value = decompressed(blob)
    try:
        sections: list[Section] = []
        cells = 0
        for one in value["s"]:
            sections.append(unpacked_section(one, batch=True))
            cells += len(sections[-1].ids) * max(1, len(sections[-1].fields))
            if cells > MOST_CELLS:
                raise Problem("too_large_message")
        return Batch(tuple(sections), _count(value["u"]))
    except (KeyError, TypeError, ValueError) as error:
        raise Problem("bad_message") from error


# --- the call


def request_bytes(request: SyncRequest) -> bytes:
    header: dict[str, Any] = {
        "v": PROTOCOL,
        "a": request.app,
        "c": request.cursor,
        "n": request.answered,
        "h": request.has_capacity,
        "u": request.unsent,
        "o": request.oldest_unsent_ms,
        "d": request.drafts,
        "m": request.room,
        "r": dict(request.reached) if request.reached is not None else None,
        "k": _packed_summary(request.summary),
        "w": ids_text(request.older) if request.older else None,
        "q": request.stored,
        "f": request.seal,
    }
    frames = []
    if request.batch:
        header["b"] = [request.batch.number, request.batch.sha256]
        frames.append((b"B", request.batch.blob))
    return framed((b"H", compressed(_short(header))), *frames)


def read_request(body: bytes) -> SyncRequest:
    """Raises Problem: bad_message, too_large_message, app_too_old."""
    frames = unframed(body)
    try:
        header = decompressed(frames[b"H"], LARGEST_HEAD)
        if header["v"] != PROTOCOL:
            raise Problem("app_too_old")
        batch = None
        if "b" in header:
            number, digest = header["b"]
            batch = FrozenBatch(_count(number), _text(digest), frames[b"B"])
            fits = 1 <= number <= GREATEST_COUNT
            if not fits or hashlib.sha256(batch.blob).hexdigest() != batch.sha256:
                raise Problem("bad_message")
        reached = header.get("r")
        return SyncRequest(
            app=clean_text(_text(header["a"]))[:LONGEST_APP],
            cursor=None if header.get("c") is None else _text(header["c"]),
            batch=batch,
            answered=_count(header.get("n", 0)),
            has_capacity=_text(header.get("h", "")),
            unsent=_count(header.get("u", 0)),
            drafts=_count(header.get("d", 0)),
            oldest_unsent_ms=None if header.get("o") is None else _count(header["o"]),
            room=max(1, min(5000, _count(header.get("m", 500)))),
            reached=None if reached is None else {stream: _count(seq) for stream, seq in reached.items()},
            summary=_read_summary(header.get("k")),
            older=tuple(ids_list(header["w"]))[:MOST_OLDER] if "w" in header else (),
            stored=None if header.get("q") is None else _count(header["q"]),
            seal=_text(header.get("f", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Problem("bad_message") from error


def reply_bytes(reply: SyncReply, presented: str | None = None) -> bytes:
    """`presented`: the cursor of the request, which is not repeated where it stays as it is."""
    value = {
        "e": reply.epoch,
        "t": reply.server_ms,
        "b": _packed_answer(reply.answer),
        "p": NO_NEWS if _says_nothing(reply.page, presented) else _packed_page(reply.page),
        "y": _packed_capacity(reply.capacity),
        "o": reply.offers,
        "x": reply.cursor_unknown,
        "r": [reply.renumbered.device, reply.renumbered.token] if reply.renumbered else None,
        "k": [list(reply.compared.differ), list(reply.compared.left_out)] if reply.compared else None,
        "f": reply.seal,
    }
    return framed((b"H", compressed(_short(value))))


def read_reply(body: bytes, presented: str | None = None) -> SyncReply:
    """`presented`: the cursor of the request. Raises Problem: bad_message."""
    try:
        value = decompressed(unframed(body)[b"H"])
        return SyncReply(
            epoch=str(value["e"]),
            server_ms=int(value["t"]),
            answer=_read_answer(value.get("b")),
            page=_read_page(value.get("p"), presented),
            capacity=_read_capacity(value.get("y")),
            offers=bool(value.get("o")),
            cursor_unknown=bool(value.get("x")),
            renumbered=NewNumber(*value["r"]) if value.get("r") else None,
            compared=_read_compared(value.get("k")),
            seal=str(value.get("f", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Problem("bad_message") from error


def _packed_summary(summary: Summary | None) -> Any:
    if summary is None:
        return None
    return [summary.register, {name: [one.count, one.sum] for name, one in summary.streams.items()}]


def _read_summary(packed: Any) -> Summary | None:
    if packed is None:
        return None
    register, streams = packed
    read = {_text(name): Digest(_count(count), _count(total)) for name, (count, total) in streams.items()}
    return Summary(_text(register), read)


def _read_compared(packed: Any) -> Compared | None:
    if packed is None:
        return None
    differ, left_out = packed
    return Compared(tuple(str(name) for name in differ), tuple(str(name) for name in left_out))


def _packed_answer(answer: BatchAnswer | None) -> Any:
    if answer is None:
        return None
    outcomes = [[o.first, o.last, o.state, *([o.code, o.field] if o.code else [])] for o in answer.outcomes]
    return [answer.number, answer.state, outcomes, dict(answer.restamped), answer.wanted]


def _read_answer(packed: Any) -> BatchAnswer | None:
    if packed is None:
        return None
    number, state, outcomes, restamped, wanted = packed
    return BatchAnswer(number, state, tuple(Outcome(*one) for one in outcomes), restamped, wanted)


def answer_text(answer: BatchAnswer) -> str:
    """An answer as kept by the server."""
    return json.dumps(_packed_answer(answer), separators=(",", ":"))


def read_answer(text: str) -> BatchAnswer:
    answer = _read_answer(json.loads(text))
    assert answer is not None
    return answer


def _says_nothing(page: Page | None, presented: str | None) -> bool:
    return page is not None and page.cursor == presented and page == Page(page.cursor, page.number)


def _packed_page(page: Page | None) -> Any:
    if page is None:
        return None
    value = {
        "c": page.cursor,
        "n": page.number,
        "s": [_packed_part(part) for part in page.parts],
        "m": page.more,
        "g": list(page.granted),
        "w": list(page.withdrawn),
        "l": page.to_come,
    }
    return _short(value)


def _packed_part(part: Part) -> list[Any]:
    rows = [packed_section(section) for section in part.rows]
    held = {kind: ids_text(ids) for kind, ids in part.held.items()}
    left = {kind: ids_text(ids) for kind, ids in part.left.items()}
    own = [[first, last] for first, last in part.own]
    return [part.stream, part.upto, rows, held, left, *([own] if own else [])]


def _read_page(value: Any, presented: str | None) -> Page | None:
    if value is None:
        return None
    if value == NO_NEWS and presented:
        return Page(presented, 0)
    parts = []
    for stream, upto, rows, held, left, *own in value.get("s", []):
        sections = [unpacked_section(section, batch=False) for section in rows]
        ranges = [(_count(first), _count(last)) for first, last in own[0]] if own else []
        parts.append(Part(stream, upto, sections, _read_ids(held), _read_ids(left), ranges))
    return Page(
        cursor=value["c"],
        number=value["n"],
        parts=parts,
        more=bool(value.get("m")),
        granted=tuple(value.get("g", ())),
        withdrawn=tuple(value.get("w", ())),
        to_come=value.get("l", 0),
    )


def _read_ids(value: Any) -> dict[str, list[str]]:
    return {kind: ids_list(text) for kind, text in value.items()}


def _packed_capacity(capacity: Capacity | None) -> Any:
    if capacity is None:
        return None
    reaches = [[r.role, *(ids_text(sorted(getattr(r, name))) for name in REACH_PARTS)] for r in capacity.reaches]
    return [capacity.person_id, capacity.name, capacity.name_hi, reaches]


def _read_capacity(packed: Any) -> Capacity | None:
    if packed is None:
        return None
    person_id, name, name_hi, reaches = packed
    return Capacity(
        person_id,
        name,
        name_hi,
        tuple(Reach(role, *(frozenset(ids_list(ids)) for ids in sets)) for role, *sets in reaches),
    )


def capacity_text(capacity: Capacity) -> str:
    """A capacity as a phone keeps it."""
    return json.dumps(_packed_capacity(capacity), ensure_ascii=False, separators=(",", ":"))


def read_capacity(text: str) -> Capacity:
    capacity = _read_capacity(json.loads(text))
    assert capacity is not None
    return capacity


# --- photos


def photo_call_bytes(call: PhotoCall) -> bytes:
    head = {"v": PROTOCOL, "i": ids_text([call.id]), "s": call.sha256, "o": call.start, "m": call.wanted}
    return framed((b"H", compressed(_short(head))), *([(b"P", call.content)] if call.content else []))


def read_photo_call(body: bytes) -> PhotoCall:
    """Raises Problem: bad_message, too_large_message, app_too_old."""
    frames = unframed(body)
    try:
        head = decompressed(frames[b"H"], LARGEST_ENROLMENT)
        if head["v"] != PROTOCOL:
            raise Problem("app_too_old")
        (id,) = ids_list(_text(head["i"]))
        start, wanted = _count(head.get("o", 0)), _count(head.get("m", 0))
        return PhotoCall(id, _text(head["s"]), start, frames.get(b"P", b""), wanted)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Problem("bad_message") from error


def photo_reply_bytes(reply: PhotoReply) -> bytes:
    head = (b"H", compressed({"h": reply.held}))
    return framed(head, *([(b"P", reply.content)] if reply.content else []))


def read_photo_reply(body: bytes) -> PhotoReply:
    """Raises Problem: bad_message."""
    frames = unframed(body)
    try:
        return PhotoReply(_count(decompressed(frames[b"H"])["h"]), frames.get(b"P", b""))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Problem("bad_message") from error


# --- bundles


def bundle_call_bytes(content: bytes) -> bytes:
    return framed((b"H", compressed({"v": PROTOCOL})), (b"F", content))


def read_bundle_call(body: bytes) -> bytes:
    """The carried file. Raises Problem: bad_message, too_large_message, app_too_old."""
    frames = unframed(body)
    try:
        if decompressed(frames[b"H"], LARGEST_ENROLMENT)["v"] != PROTOCOL:
            raise Problem("app_too_old")
        return frames[b"F"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Problem("bad_message") from error


def bundle_reply_bytes(reply: BundleReply) -> bytes:
    head = {"s": reply.state, "d": reply.device, "n": reply.records}
    return framed((b"H", compressed(_short(head))), (b"F", reply.reply))


def read_bundle_reply(body: bytes) -> BundleReply:
    """Raises Problem: bad_message."""
    frames = unframed(body)
    try:
        head = decompressed(frames[b"H"])
        return BundleReply(_text(head["s"]), _text(head["d"]), _count(head.get("n", 0)), frames[b"F"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Problem("bad_message") from error


# --- enrolment


def enrol_bytes(request: EnrolRequest) -> bytes:
    keys = [base64.b64encode(key).decode() for key in (request.signing_key, request.sealing_key)]
    value = {"v": PROTOCOL, "a": request.app, "c": request.code, "k": keys, "d": request.device_name}
    if request.last_cursor:
        value["b"] = [request.last_device, request.last_cursor]
    if request.proof:
        value["n"] = base64.b64encode(request.proof).decode()
    if shown := request.certified:
        texts = [base64.b64encode(one).decode() for one in (shown.certificate, shown.signature)]
        value["z"] = [shown.device, shown.person_id, *texts]
    return framed((b"H", compressed(value)))


def read_enrol(body: bytes) -> EnrolRequest:
    """Raises Problem: bad_message, app_too_old."""
    try:
        value = decompressed(unframed(body)[b"H"], LARGEST_ENROLMENT)
        if value["v"] != PROTOCOL:
            raise Problem("app_too_old")
        signing, sealing = (base64.b64decode(key, validate=True) for key in value["k"])
        if len(signing) != 32 or len(sealing) != 32:
            raise Problem("bad_message")
        app, name = clean_text(_text(value["a"]))[:LONGEST_APP], clean_text(_text(value["d"]))[:LONGEST_DEVICE_NAME]
        before = [_text(one) for one in value.get("b", ["", ""])]
        if len(before) != 2 or max(map(len, before)) > LONGEST_DEVICE_NAME:
            raise Problem("bad_message")
        proof = base64.b64decode(_text(value.get("n", "")), validate=True)
        if len(proof) not in (0, PROOF_BYTES):
            raise Problem("bad_message")
        shown = _read_certified(value.get("z"))
        return EnrolRequest(app, _text(value["c"]), signing, sealing, name, before[0], before[1], proof, shown)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Problem("bad_message") from error


def _read_certified(value: Any) -> Certified | None:
    if value is None:
        return None
    device, person, *texts = map(_text, value)
    certificate, signature = (base64.b64decode(text, validate=True) for text in texts)
    named = _DEVICE.fullmatch(device) and is_id(person)
    if not named or len(certificate) != SIGNATURE_BYTES or len(signature) != SIGNATURE_BYTES:
        raise Problem("bad_message")
    return Certified(device, person, certificate, signature)


def enrolled_bytes(reply: EnrolReply) -> bytes:
    keys = [base64.b64encode(key).decode() for key in (reply.server_sealing_key, reply.certificate)]
    value = [reply.token, reply.device, _packed_capacity(reply.capacity), reply.epoch, reply.server_ms, keys]
    return framed((b"H", compressed(value)))


def read_enrolled(body: bytes) -> EnrolReply:
    """Raises Problem: bad_message."""
    try:
        token, device, capacity, epoch, server_ms, keys = decompressed(unframed(body)[b"H"])
        read = _read_capacity(capacity)
        if read is None:
            raise Problem("bad_message")
        sealing, certificate = (base64.b64decode(key, validate=True) for key in keys)
        return EnrolReply(token, device, read, epoch, server_ms, sealing, certificate)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Problem("bad_message") from error


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


def _short(value: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing: None, False, empty, zero."""
    return {name: one for name, one in value.items() if one not in (None, False, "", 0) and one != [] and one != {}}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Problem("bad_message")
    return value


def _count(value: Any) -> int:
    """A whole number, from 0 to what every database holds; one beyond says no more than the greatest."""
    if not isinstance(value, int):
        raise Problem("bad_message")
    return max(0, min(value, GREATEST_COUNT))

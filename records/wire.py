"""Batches and calls as bytes, and read from them: frames (`records/frames.py`) of records in columns
(`records/sections.py`). Enrolment, photos and carried files stand beside it (`wire_enrolment.py`, `wire_files.py`).

Whatever does not fit together is a Problem, never another error: the other side may be broken, or mean ill.
"""

import hashlib
import json
from typing import Any

from records.access import Reach
from records.digest import Compared, Digest, Summary
from records.frames import compressed, decompressed, framed, unframed
from records.messages import (
    PROTOCOL,
    REACH_PARTS,
    Batch,
    BatchAnswer,
    Capacity,
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
from records.sections import (
    MOST_CELLS,
    ids_list,
    ids_text,
    packed_section,
    unpacked_section,
)
from records.wire_values import GREATEST_COUNT, LONGEST_APP, checked_head, count_of, short, text_of
from records.written import clean_text

LARGEST_HEAD = 1024 * 1024
"""Bytes, decompressed, of the head of a call."""
NO_NEWS = 1
"""In the place of a page that has nothing in it and the cursor that was presented."""
MOST_OLDER = 200
"""Records that one call may ask for again."""


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
        return Batch(tuple(sections), count_of(value["u"]))
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
    return framed((b"H", compressed(short(header))), *frames)


def read_request(body: bytes) -> SyncRequest:
    """Raises Problem: bad_message, too_large_message, app_too_old."""
    frames = unframed(body)
    try:
        header = checked_head(frames, LARGEST_HEAD)
        batch = None
        if "b" in header:
            number, digest = header["b"]
            batch = FrozenBatch(count_of(number), text_of(digest), frames[b"B"])
            fits = 1 <= number <= GREATEST_COUNT
            if not fits or hashlib.sha256(batch.blob).hexdigest() != batch.sha256:
                raise Problem("bad_message")
        reached = header.get("r")
        return SyncRequest(
            app=clean_text(text_of(header["a"]))[:LONGEST_APP],
            cursor=None if header.get("c") is None else text_of(header["c"]),
            batch=batch,
            answered=count_of(header.get("n", 0)),
            has_capacity=text_of(header.get("h", "")),
            unsent=count_of(header.get("u", 0)),
            drafts=count_of(header.get("d", 0)),
            oldest_unsent_ms=None if header.get("o") is None else count_of(header["o"]),
            room=max(1, min(5000, count_of(header.get("m", 500)))),
            reached=None if reached is None else {stream: count_of(seq) for stream, seq in reached.items()},
            summary=_read_summary(header.get("k")),
            older=tuple(ids_list(header["w"]))[:MOST_OLDER] if "w" in header else (),
            stored=None if header.get("q") is None else count_of(header["q"]),
            seal=text_of(header.get("f", "")),
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
        "y": packed_capacity(reply.capacity),
        "o": reply.offers,
        "x": reply.cursor_unknown,
        "r": [reply.renumbered.device, reply.renumbered.token] if reply.renumbered else None,
        "k": [list(reply.compared.differ), list(reply.compared.left_out)] if reply.compared else None,
        "f": reply.seal,
    }
    return framed((b"H", compressed(short(value))))


def read_reply(body: bytes, presented: str | None = None) -> SyncReply:
    """`presented`: the cursor of the request. Raises Problem: bad_message."""
    try:
        value = decompressed(unframed(body)[b"H"])
        return SyncReply(
            epoch=str(value["e"]),
            server_ms=int(value["t"]),
            answer=_read_answer(value.get("b")),
            page=_read_page(value.get("p"), presented),
            capacity=unpacked_capacity(value.get("y")),
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
    read = {text_of(name): Digest(count_of(count), count_of(total)) for name, (count, total) in streams.items()}
    return Summary(text_of(register), read)


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
    return short(value)


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
        ranges = [(count_of(first), count_of(last)) for first, last in own[0]] if own else []
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


def packed_capacity(capacity: Capacity | None) -> Any:
    if capacity is None:
        return None
    reaches = [[r.role, *(ids_text(sorted(getattr(r, name))) for name in REACH_PARTS)] for r in capacity.reaches]
    return [capacity.person_id, capacity.name, capacity.name_hi, reaches]


def unpacked_capacity(packed: Any) -> Capacity | None:
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
    return json.dumps(packed_capacity(capacity), ensure_ascii=False, separators=(",", ":"))


def read_capacity(text: str) -> Capacity:
    capacity = unpacked_capacity(json.loads(text))
    assert capacity is not None
    return capacity

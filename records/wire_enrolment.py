"""The messages of an enrolment, as bytes and read from them."""

import base64
import re
from typing import Any

from records.frames import compressed, decompressed, framed, unframed
from records.ids import is_id
from records.messages import PROTOCOL, Certified, EnrolReply, EnrolRequest
from records.problems import Problem
from records.wire import packed_capacity, unpacked_capacity
from records.wire_values import LARGEST_HEAD_OF_A_STRANGER, LONGEST_APP, checked_head, text_of
from records.written import clean_text

_DEVICE = re.compile("[0-9a-f]{8}")
LONGEST_DEVICE_NAME = 120
PROOF_BYTES, SIGNATURE_BYTES = 16, 64
"""Of what a phone shows again with a code whose reply was lost."""


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
        value = checked_head(unframed(body), LARGEST_HEAD_OF_A_STRANGER)
        signing, sealing = (base64.b64decode(key, validate=True) for key in value["k"])
        if len(signing) != 32 or len(sealing) != 32:
            raise Problem("bad_message")
        app, name = clean_text(text_of(value["a"]))[:LONGEST_APP], clean_text(text_of(value["d"]))[:LONGEST_DEVICE_NAME]
        before = [text_of(one) for one in value.get("b", ["", ""])]
        if len(before) != 2 or max(map(len, before)) > LONGEST_DEVICE_NAME:
            raise Problem("bad_message")
        proof = base64.b64decode(text_of(value.get("n", "")), validate=True)
        if len(proof) not in (0, PROOF_BYTES):
            raise Problem("bad_message")
        shown = _read_certified(value.get("z"))
        return EnrolRequest(app, text_of(value["c"]), signing, sealing, name, before[0], before[1], proof, shown)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Problem("bad_message") from error


def _read_certified(value: Any) -> Certified | None:
    if value is None:
        return None
    device, person, *texts = map(text_of, value)
    certificate, signature = (base64.b64decode(text, validate=True) for text in texts)
    named = _DEVICE.fullmatch(device) and is_id(person)
    if not named or len(certificate) != SIGNATURE_BYTES or len(signature) != SIGNATURE_BYTES:
        raise Problem("bad_message")
    return Certified(device, person, certificate, signature)


def enrolled_bytes(reply: EnrolReply) -> bytes:
    keys = [base64.b64encode(key).decode() for key in (reply.server_sealing_key, reply.certificate)]
    value = [reply.token, reply.device, packed_capacity(reply.capacity), reply.epoch, reply.server_ms, keys]
    return framed((b"H", compressed(value)))


def read_enrolled(body: bytes) -> EnrolReply:
    """Raises Problem: bad_message."""
    try:
        token, device, capacity, epoch, server_ms, keys = decompressed(unframed(body)[b"H"])
        read = unpacked_capacity(capacity)
        if read is None:
            raise Problem("bad_message")
        sealing, certificate = (base64.b64decode(key, validate=True) for key in keys)
        return EnrolReply(token, device, read, epoch, server_ms, sealing, certificate)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Problem("bad_message") from error

"""Messages that carry a file, as bytes and read from them: the pieces of photos, and work that is carried by hand."""

from records.frames import compressed, decompressed, framed, unframed
from records.messages import PROTOCOL, BundleReply, PhotoCall, PhotoReply
from records.problems import Problem
from records.sections import ids_list, ids_text
from records.wire_values import LARGEST_HEAD_OF_A_STRANGER, checked_head, count_of, short, text_of

# --- photos


def photo_call_bytes(call: PhotoCall) -> bytes:
    head = {"v": PROTOCOL, "i": ids_text([call.id]), "s": call.sha256, "o": call.start, "m": call.wanted}
    return framed((b"H", compressed(short(head))), *([(b"P", call.content)] if call.content else []))


def read_photo_call(body: bytes) -> PhotoCall:
    """Raises Problem: bad_message, too_large_message, app_too_old."""
    frames = unframed(body)
    try:
        head = checked_head(frames, LARGEST_HEAD_OF_A_STRANGER)
        (id,) = ids_list(text_of(head["i"]))
        start, wanted = count_of(head.get("o", 0)), count_of(head.get("m", 0))
        return PhotoCall(id, text_of(head["s"]), start, frames.get(b"P", b""), wanted)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Problem("bad_message") from error


def photo_reply_bytes(reply: PhotoReply) -> bytes:
    head = (b"H", compressed({"h": reply.held}))
    return framed(head, *([(b"P", reply.content)] if reply.content else []))


def read_photo_reply(body: bytes) -> PhotoReply:
    """Raises Problem: bad_message."""
    frames = unframed(body)
    try:
        return PhotoReply(count_of(decompressed(frames[b"H"])["h"]), frames.get(b"P", b""))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Problem("bad_message") from error


# --- bundles


def bundle_call_bytes(content: bytes) -> bytes:
    return framed((b"H", compressed({"v": PROTOCOL})), (b"F", content))


def read_bundle_call(body: bytes) -> bytes:
    """The carried file. Raises Problem: bad_message, too_large_message, app_too_old."""
    frames = unframed(body)
    try:
        checked_head(frames, LARGEST_HEAD_OF_A_STRANGER)
        return frames[b"F"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Problem("bad_message") from error


def bundle_reply_bytes(reply: BundleReply) -> bytes:
    head = {"s": reply.state, "d": reply.device, "n": reply.records}
    return framed((b"H", compressed(short(head))), (b"F", reply.reply))


def read_bundle_reply(body: bytes) -> BundleReply:
    """Raises Problem: bad_message."""
    frames = unframed(body)
    try:
        head = decompressed(frames[b"H"])
        return BundleReply(text_of(head["s"]), text_of(head["d"]), count_of(head.get("n", 0)), frames[b"F"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Problem("bad_message") from error

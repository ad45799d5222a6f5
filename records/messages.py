"""What phone and centre say to each other, as values; `records/wire.py` turns them into bytes and back.

Protocol ledger (who speaks what):
- 1, November 2026: the first. One call, batches under (device, number), streams, columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from records.access import Reach
from records.digest import Compared, Summary

PROTOCOL = 1
CONTENT_TYPE = "application/x-samooh"
PROTOCOL_HEADER = "x-samooh"
"""A reply without this content type and header is not from our server: a captive portal, a proxy's error page."""


@dataclass
class Section:
    """Rows of one kind with the same fields, in columns.

    `columns[f][r]` is the JSON value of field f in row r. `stamps[f][r]` is its stamp: '' means the cell was never
    written (pages), `None` means the cell is not part of this change (batches). `bases` travel in batches only.
    Derived columns carry the stamp ''.
    """

    kind: str
    ids: list[str]
    fields: list[str]
    columns: list[list[Any]]
    stamps: list[list[str | None]]
    bases: list[list[str | None]] | None = None

    def cells(self, row: int) -> dict[str, tuple[Any, str, str]]:
        """field -> (value, stamp, base) of the cells that one row of a batch changes."""
        bases = self.bases
        return {
            name: (self.columns[f][row], stamp, (bases[f][row] or "") if bases else "")
            for f, name in enumerate(self.fields)
            if (stamp := self.stamps[f][row]) is not None
        }


@dataclass(frozen=True)
class Batch:
    """Changes in the order they are to be applied. Row numbers run through the sections in order.

    `typed_under` is the number of the cursor that the device held when this was typed (law 6), 0 for none.
    """

    sections: tuple[Section, ...]
    typed_under: int = 0

    def __len__(self) -> int:
        return sum(len(section.ids) for section in self.sections)


@dataclass(frozen=True)
class FrozenBatch:
    """A batch as it is sent, each time the same bytes. `sha256` is the hex digest of `blob`."""

    number: int
    sha256: str
    blob: bytes


OUTCOMES = ("applied", "lost", "held", "quarantined", "refused")
"""What became of a row: applied (every cell stands, or was there already) · lost (some value lost and is kept) ·
held (its parent is not known yet; applied when it comes) · quarantined (set aside for the office) · refused (to be
mended by its author)."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of rows `first`..`last` of a batch; `code` and `field` say why, for all but `applied`."""

    first: int
    last: int
    state: str
    code: str | None = None
    field: str | None = None


@dataclass(frozen=True)
class BatchAnswer:
    """What became of a batch. `state`: `applied` · `waiting_for` (batch `wanted` must come first) · `device_cloned`.

    `restamped` maps stamps that were ahead of time to those stored; the device adopts them.
    """

    number: int
    state: str = "applied"
    outcomes: tuple[Outcome, ...] = ()
    restamped: Mapping[str, str] = field(default_factory=dict)
    wanted: int | None = None


@dataclass
class Part:
    """News of one stream, in its order. `rows`: records with their columns; `held`: kind -> ids of records that
    came by another stream already; `left`: kind -> ids of records that are in this stream no more; `own`: ranges of
    rows of the batch of this call whose records are in this stream now. `upto` is the sequence number reached."""

    stream: str
    upto: int
    rows: list[Section] = field(default_factory=list)
    held: dict[str, list[str]] = field(default_factory=dict)
    left: dict[str, list[str]] = field(default_factory=dict)
    own: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class Page:
    """One page of news. `cursor` acknowledges, when presented, everything up to and with this page. Where it is the one
    that was presented, the page is empty, and its number is the one that is known.

    `number` is the cursor's number for `Batch.typed_under`. `granted`: streams that begin at 0 (what was held of them
    before is superseded); `withdrawn`: streams that count as left for all held by them. `to_come`: live rows still
    to be sent.
    """

    cursor: str
    number: int
    parts: list[Part] = field(default_factory=list)
    more: bool = False
    granted: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    to_come: int = 0


@dataclass(frozen=True)
class Capacity:
    """Who the device's person is today, as far as writing and showing depend on it. Sent when it changed."""

    person_id: str
    name: str
    name_hi: str | None
    reaches: tuple[Reach, ...]


@dataclass(frozen=True)
class SyncRequest:
    """One call. `answered` is the last batch number whose answer the device has taken in; `has_capacity` a short hash
    of the capacity it knows. `unsent`, `oldest_unsent_ms` and `drafts` are told to the office: what will wait when the
    batch of this call has been taken. `room` = rows wanted in the page. `reached` (stream -> seq) is sent back only
    after `cursor_unknown`. `summary`: what the device holds of some streams, to be compared. `older`: ids of records
    that it let go for want of room and asks for again. `stored`: the number of the cursor up to which all is stored,
    where that is not the one presented. `seal`: that of the answer `answered`, of a device that has no cursor from
    after it.
    """

    app: str
    cursor: str | None = None
    batch: FrozenBatch | None = None
    answered: int = 0
    has_capacity: str = ""
    unsent: int = 0
    oldest_unsent_ms: int | None = None
    room: int = 500
    reached: Mapping[str, int] | None = None
    drafts: int = 0
    summary: Summary | None = None
    older: tuple[str, ...] = ()
    stored: int | None = None
    seal: str = ""


@dataclass(frozen=True)
class NewNumber:
    """A device number and token for a device whose number another copy of it uses as well. Its batches begin at 1."""

    device: str
    token: str


@dataclass(frozen=True)
class SyncReply:
    """`epoch` changes when the server has gone back; `offers` asks the device for its own acknowledged changes.
    `renumbered` comes with the answer `device_cloned`: all work is kept and sent again under the new number.
    `compared`: what came of the summary in the call, None where nothing could be compared. `seal`: proves to a centre
    that has gone back that it has applied the batch of this answer.
    """

    epoch: str
    server_ms: int
    answer: BatchAnswer | None = None
    page: Page | None = None
    capacity: Capacity | None = None
    offers: bool = False
    cursor_unknown: bool = False
    renumbered: NewNumber | None = None
    compared: Compared | None = None
    seal: str = ""


@dataclass(frozen=True)
class Certified:
    """What a phone shows in the place of a code: the certificate that it was given for this device and person, and its
    own signature over `return_statement`."""

    device: str
    person_id: str
    certificate: bytes
    signature: bytes


def return_statement(certificate: bytes, sealing_key: bytes, proof: bytes) -> bytes:
    """What a phone signs that comes back by its certificate: nobody else has its key, and each return has its proof."""
    return b"samooh/return/" + certificate + sealing_key + proof


@dataclass(frozen=True)
class EnrolRequest:
    """A one-time code of digits and the public halves of the keys that the phone made (raw 32 bytes each).

    `last_device`, `last_cursor`: what the phone went by until now, if anything. A cursor from beyond the centre's own
    numbers proves that the centre has gone back, and with the new number the phone gives it up.

    `proof`: 16 random bytes that the phone made before its first try with this code and shows again with each; b"" from
    an older app. By them and its keys the centre knows the phone whose reply was lost.

    `certified`: instead of a code, of a phone that the centre does not know any more because it has gone back.
    """

    app: str
    code: str
    signing_key: bytes
    sealing_key: bytes
    device_name: str = ""
    last_device: str = ""
    last_cursor: str = ""
    proof: bytes = b""
    certified: Certified | None = None


@dataclass(frozen=True)
class EnrolReply:
    """`device` is the device number, 8 hex digits, part of every stamp. `token` is shown once and kept hashed.

    `certificate` re-admits the phone to a server that was restored from before its enrolment.
    """

    token: str
    device: str
    capacity: Capacity
    epoch: str
    server_ms: int
    server_sealing_key: bytes
    certificate: bytes


PIECE, LARGEST_PIECE = 16 * 1024, 64 * 1024
"""Bytes of a photo in one call: as a phone sends them, some four seconds of a 2G link, and at the most."""


@dataclass(frozen=True)
class PhotoCall:
    """A call about the bytes of one photo, named by its record and their hash: `content` is given, from byte `start`
    on; or `wanted` bytes are asked for, from `start` on; or, with neither, only how many the centre holds."""

    id: str
    sha256: str
    start: int = 0
    content: bytes = field(default=b"", repr=False)
    wanted: int = 0


@dataclass(frozen=True)
class PhotoReply:
    """`held`: how many bytes the centre has, from which a sender goes on. `content`: the bytes asked for, none while
    the centre does not have all of them."""

    held: int
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class BundleReply:
    """What became of a file that somebody carried (records/bundles.py). `state`: `received`, `repeated` (all of it was
    here before), `waiting_for` (something before it is missing; it is kept until that comes), `set_aside` (the phone
    was shut out: the office looks at it). `reply`: the answers, as a file for the phone `device` that made it."""

    state: str
    device: str
    records: int
    reply: bytes = field(default=b"", repr=False)


class CentralServer(Protocol):
    """The centre as one device sees it: in process `CentralStore.for_device(token)`, over HTTP `CentralOverHttp`.

    Raises `records.problems.Problem`: sign_in, revoked, bad_message, too_large_message, app_too_old, busy,
    server_problem; over HTTP also offline, captive_portal.
    """

    def sync(self, request: SyncRequest) -> SyncReply: ...

    def photo(self, call: PhotoCall) -> PhotoReply:
        """Raises Problem also: photo_unknown, photo_damaged, photo_not_taken."""

    def bundle(self, content: bytes) -> BundleReply:
        """A file that this device carries for another. Raises Problem also: those of BUNDLE_CODES."""


class Enrolment(Protocol):
    """Where a phone is enrolled: in process or over HTTP."""

    def enrol(self, request: EnrolRequest) -> EnrolReply:
        """Raises Problem: code_wrong, code_used, code_expired, code_replaced, too_many_tries, too_many_here, and
        those of CentralServer; for a certificate only these, sign_in where it is not good here."""


def capacity_hash(capacity: Capacity | None) -> str:
    """A short hash by which both sides know that they mean the same capacity; '' for none."""
    import hashlib

    if capacity is None:
        return ""
    return hashlib.sha256(repr(_plain(capacity)).encode()).hexdigest()[:12]


def _plain(capacity: Capacity) -> Any:
    reaches = [
        (r.role, *(sorted(getattr(r, name)) for name in REACH_PARTS)) for r in sorted(capacity.reaches, key=_role)
    ]
    return capacity.person_id, capacity.name, capacity.name_hi, reaches


def _role(reach: Reach) -> str:
    return reach.role


REACH_PARTS = ("gram_panchayats", "blocks", "branches", "districts", "states")

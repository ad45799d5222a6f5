"""What a screen works with: one workspace, on a phone over its own store, at the office over the central store."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from records.access import editable
from records.commands.deciding import Command, Done
from records.messages import Capacity

Row = TypeVar("Row", bound=BaseModel, covariant=True)


class Query(Protocol[Row]):
    """A question to a copy: made by `storage.queries.asking.query`."""

    @property
    def row(self) -> type[Row]: ...
    @property
    def kinds(self) -> frozenset[str]: ...


@dataclass(frozen=True)
class Identity:
    """Who works here: the person a device was enrolled for, and her roles today.

    `panchayats`: ids of the gram panchayats in which she may register groups; empty for whoever registers none.
    `branches`: ids of the branches at which she is bank sakhi.
    """

    person_id: str
    name: str
    name_hi: str | None
    roles: tuple[str, ...]
    device: str
    panchayats: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()


def identity_from(capacity: Capacity, device: str) -> Identity:
    """The person of a capacity in the words of a screen."""
    roles = tuple(reach.role for reach in capacity.reaches)
    registering = [reach for reach in capacity.reaches if editable((reach.role,), "Shg", "village_id", new=True)]
    panchayats = sorted({id for reach in registering for id in reach.gram_panchayats})
    branches = sorted({id for reach in capacity.reaches if reach.role == "bank_sakhi" for id in reach.branches})
    return Identity(
        capacity.person_id, capacity.name, capacity.name_hi, roles, device, tuple(panchayats), tuple(branches)
    )


@dataclass(frozen=True)
class Run:
    """A synchronisation that has ended: when, how many records went each way, the problem code if it failed.

    `times`: so many in a row came to the same nothing, the last of them at `at_ms`.
    """

    at_ms: int
    sent: int = 0
    received: int = 0
    problem: str | None = None
    times: int = 1


def with_run(runs: Sequence[Run], run: Run) -> tuple[Run, ...]:
    """The runs with one more, the newest first, no more than are kept. Runs that moved nothing are told together."""
    if runs and not (run.sent or run.received or runs[0].sent or runs[0].received) and runs[0].problem == run.problem:
        return (dataclasses.replace(run, times=runs[0].times + 1), *runs[1:])
    return (run, *runs)[:RUNS_KEPT]


RUNS_KEPT = 20


@dataclass(frozen=True)
class SyncStatus:
    """One honest line about sync. Times are Unix milliseconds of this device; None = never, or nothing planned.

    `state` is `idle`, `running`, `waiting` (a next try is planned) or `stopped` (it needs a person); `direct` where
    nothing is ever sent, because the work is done at the centre itself.
    `photos_waiting`: photos of which the centre does not have all bytes; they go after everything else;
    `at_photos`: this run has come to them.
    `problem` is the problem code of the last run, None when it went well; `runs` are the last ones, newest first.
    """

    state: str = "idle"
    waiting: int = 0
    needs_mending: int = 0
    photos_waiting: int = 0
    at_photos: bool = False
    sent: int = 0
    to_send: int = 0
    received: int = 0
    to_receive: int = 0
    last_success_ms: int | None = None
    last_try_ms: int | None = None
    next_try_ms: int | None = None
    problem: str | None = None
    runs: tuple[Run, ...] = ()


AGAIN = "_again"
"""Ends the name of an entry in a form that is typed a second time to be sure."""


@dataclass(frozen=True)
class Draft:
    """A form half filled. `key` names the form and what it is about, `values` are as typed."""

    key: str
    values: Mapping[str, Any]
    kept_ms: int


@dataclass(frozen=True)
class Past:
    """One change of one field, as far as this copy knows: who, when, what. `state` says how it stands.

    `state`: `received`, `waiting` (not sent yet), `refused`, `lost` (another value won; kept).
    """

    kind: str
    record_id: str
    field: str
    value: Any
    at_ms: int
    person_id: str | None
    person_name: str | None
    state: str
    person_name_hi: str | None = None


@dataclass(frozen=True)
class Mending:
    """Work that the server did not take: what, why, and the values as they were typed.

    `reason`: what an office wrote when it sent the work back, None while it has not. `state` `passed`: somebody else
    typed it, and it has come to this person with her work. `verdict_id`: what to say `TickVerdict` about.
    """

    kind: str
    record_id: str
    shg_id: str | None
    title: str
    code: str
    field: str | None
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    state: str = "refused"
    reason: str | None = None
    decider_name: str | None = None
    decider_name_hi: str | None = None
    verdict_id: str | None = None


@dataclass(frozen=True)
class Outgoing:
    """Work of this device on one record: `state` is `waiting` or how a history says it. `at_ms`: when it was saved."""

    kind: str
    record_id: str
    shg_id: str | None
    title: str
    at_ms: int
    state: str


@dataclass(frozen=True)
class Photo:
    """The bytes of a photo, as far as they are on this copy. `state`: `waiting` (taken here, not all of it at the
    centre), `received` (taken here, and at the centre), `away`, `wanted` (away, to be fetched), `here` (fetched),
    `refused` (the centre did not take it: `code`). `code` of a wanted one: why it could not be fetched yet."""

    state: str
    content: bytes | None = dataclasses.field(default=None, repr=False)
    code: str | None = None


@dataclass(frozen=True)
class Parcel:
    """A colleague's sealed file that this phone carries to the centre. `device`: the number of the phone that made it;
    `state`: `waiting`, `delivered`, `refused` (`code` says why; it can be given on)."""

    id: str
    device: str
    records: int
    state: str
    taken_ms: int
    done_ms: int | None = None
    code: str | None = None


@dataclass(frozen=True)
class TakenIn:
    """What a file that was taken in came to. `what`: `carried` (it goes with the next synchronisation),
    `delivered` (carried before, and the centre has it), `answered` (the centre's answer to one's own work: so many
    records are done with; 0 where the network was faster)."""

    what: str
    records: int


@dataclass(frozen=True)
class Support:
    """What somebody who helps from afar needs to know of a device. Nothing about any person.

    `clock_offset_ms`: the centre's clock minus this one's; `free_bytes`: room left beside the store, None where the
    device does not tell; `records`: how many of each kind are held; `login_in_safe`: whether the secrets of the login
    lie in the device's safe or in the store, None where there is no login.
    """

    clock_offset_ms: int | None = None
    free_bytes: int | None = None
    store_bytes: int | None = None
    records: Mapping[str, int] = dataclasses.field(default_factory=dict)
    login_in_safe: bool | None = None


@dataclass(frozen=True)
class Notice:
    """What a person must be told about this copy itself, until she says that she has read it.

    `rescued`, `rescued_in_part`: the file was damaged, and so much of her own could be read, all of it or perhaps not;
    `damage_found`: it is damaged, and what can be read of it will be carried over at the next start.
    """

    code: str
    counts: Mapping[str, int] = dataclasses.field(default_factory=dict)


class Workspace(Protocol):
    """Every call may block on a disk: a screen calls it off the event loop.

    `at_centre`: this is the console, over the central store itself. There, every call but `identity`, `enrol` and those
    about settings raises Problem sign_in once the session has ended.
    """

    @property
    def at_centre(self) -> bool: ...

    def identity(self) -> Identity | None: ...

    def ask(self, query: Query[Any], **question: Any) -> list[Any]:
        """The rows of a query's `row` type."""

    def do(self, command: Command) -> Done:
        """One command, one transaction. Raises `records.problems.Refused`; nothing is changed then."""

    def draft(self, key: str) -> Draft | None: ...
    def drafts(self) -> Sequence[Draft]: ...
    def keep_draft(self, key: str, values: Mapping[str, Any]) -> None: ...
    def drop_draft(self, key: str) -> None: ...

    def on_change(self, listener: Callable[[frozenset[str]], None]) -> Callable[[], None]:
        """Calls `listener` (from any thread) with the kinds that changed, after each commit; returns the way to stop.

        Besides record kinds: `drafts`, `sync` (the status changed), `identity`.
        """

    def sync_status(self) -> SyncStatus: ...
    def request_sync(self) -> None: ...
    def enrol(self, code: str) -> Identity:
        """Raises Problem: offline, code_wrong, code_used, code_expired, too_many_tries."""

    def mending(self) -> Sequence[Mending]: ...
    def withdraw(self, kind: str, record_id: str) -> None:
        """Take back a change that the server refused; the received values stand again. It stays in the history."""

    def outgoing(self, limit: int = 50) -> Sequence[Outgoing]:
        """What waits to be sent, then what was answered last; the newest of each first."""

    def support(self) -> Support: ...
    def photo(self, id: str) -> Photo:
        """What is here of a photo's bytes. At the centre: Problem photo_unknown where she does not see its record."""

    def want_photo(self, id: str) -> None:
        """Have a photo fetched with the next synchronisation, for which this asks."""

    def history(self, record_id: str) -> Sequence[Past]: ...
    def setting(self, name: str) -> str | None: ...
    def keep_setting(self, name: str, value: str) -> None: ...
    def notice(self) -> Notice | None: ...
    def drop_notice(self) -> None: ...
    def hand_over(self) -> bytes:
        """All that waits, in a file that only the centre can read (records/bundles.py). It goes on waiting here until
        the centre has said that it has it. Raises Problem: nothing_waits, sign_in, safe_closed, device_cloned."""

    def take_in(self, bundle: bytes) -> TakenIn:
        """A colleague's file to be carried, or the centre's answer to one's own. Raises Problem: BUNDLE_CODES."""

    def parcels(self) -> Sequence[Parcel]:
        """What is carried for colleagues, the latest first."""

    def parcel(self, id: str) -> bytes:
        """A carried file, to be given on; of a delivered one the centre's answer, to be given back to its maker."""

    def perform(self, errand: Any) -> Any:
        """A deed of the server (records/errands.py). On a phone: Problem("only_at_office")."""

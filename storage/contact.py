"""What the phone says to the centre with each call, and what it learns from the head of a reply."""

from collections.abc import Callable
from dataclasses import replace

from records.digest import Summary
from records.messages import FrozenBatch, Page, SyncReply, SyncRequest, capacity_hash
from records.workspace import Run, with_run
from storage import meta as named
from storage.freezing import frozen_after, waits_to_be_frozen
from storage.holds import Streams, reached
from storage.identity import capacity_of, keep_capacity
from storage.letting_go import wanted_ids
from storage.moment import heard_from_centre
from storage.outbox import count_waiting, left_to_send
from storage.secrets import IN_SAFE, secret_of
from storage.store import LocalStore, Transaction


def next_request(
    store: LocalStore,
    *,
    app: str,
    batch: FrozenBatch | None,
    room: int,
    summary: Summary | None = None,
    older: tuple[str, ...] = (),
) -> SyncRequest:
    """One call: the batch to send, where this phone stands, and how many rows it wants back. `summary`: what it holds;
    `older`: records that it asks for again.

    Without a cursor it says how far it has read each stream, so that nothing is sent again that is here.
    """
    with store.reading() as t:
        waiting = left_to_send(t, batch.number if batch else 0)
        cursor, answered = t.meta.get(named.CURSOR), int(t.meta.get(named.ANSWERED, 0))
        sealed, seal = t.meta.get(named.ANSWER_SEAL, (0, ""))
        return SyncRequest(
            app=app,
            cursor=cursor,
            batch=batch,
            answered=answered,
            has_capacity=capacity_hash(capacity_of(t.meta)),
            unsent=waiting.records,
            oldest_unsent_ms=waiting.oldest_ms,
            drafts=t.driver.execute("SELECT count(*) FROM draft").fetchone()[0],
            room=room,
            reached=None if cursor else reached(t) or None,
            summary=summary,
            older=older,
            seal=seal if sealed == answered else "",
        )


def request_ahead(
    store: LocalStore, before: SyncRequest, epoch: str, page: Page, room: Callable[[FrozenBatch | None], int]
) -> SyncRequest | None:
    """The call after one whose reply, with this epoch and page, is not stored yet; None where that has to be first.

    After a batch only the next one that is frozen already can go, else the centre would take this phone for an old copy
    of itself; and nothing goes ahead of work that waits to be frozen, which goes with the next call.
    """
    with store.reading() as t:
        stored = t.meta.get(named.CURSOR_NUMBER, 0) if t.meta.get(named.CURSOR) else 0
        if not stored or epoch != t.meta.get(named.EPOCH):
            return None
        batch = frozen_after(t, before.batch.number) if before.batch else None
        if batch is None and (before.batch or not page.more or waits_to_be_frozen(t)):
            return None
        answered = int(t.meta.get(named.ANSWERED, 0))
        waiting = left_to_send(t, batch.number if batch else 0)
    return replace(
        before,
        cursor=page.cursor,
        stored=stored,
        batch=batch,
        answered=answered,
        unsent=waiting.records,
        oldest_unsent_ms=waiting.oldest_ms,
        room=room(batch),
        older=(),
        seal="",
    )


def take_head_within(t: Transaction, reply: SyncReply) -> bool:
    """Takes in the centre's time, its epoch, and who works here today; whether the centre has gone back since."""
    gone_back = bool(reply.epoch != t.meta.get(named.EPOCH))
    heard_from_centre(t.meta, t.clock_ms, reply.server_ms)
    if reply.capacity:
        keep_capacity(t, reply.capacity)
    if gone_back:
        begin_epoch(t, reply.epoch)
    if gone_back or reply.offers:
        # With the new epoch in one transaction: the centre asks only as long as it is shown a token of the old one.
        t.meta.put(named.OFFERS_DUE, reply.epoch)
    if reply.cursor_unknown:
        t.meta.put(named.CURSOR, None)
    t.meta.put(named.LOGIN, None)
    return gone_back


def keep_seal(t: Transaction, number: int, seal: str) -> None:
    """Keeps the seal of an answer that has been taken in, for a centre that may not know of it any more. A cursor that
    is stored after it says the same."""
    if seal and number == t.meta.get(named.ANSWERED):
        t.meta.put(named.ANSWER_SEAL, [number, seal])


def begin_epoch(t: Transaction, epoch: str) -> None:
    """The centre has gone back: how far streams were read says nothing any more. What is here stays on the screen."""
    streams = Streams(t)
    for name in reached(t):
        streams.begin_again(name)
    t.meta.put(named.EPOCH, epoch)
    t.meta.put(named.CURSOR, None)
    t.meta.put(named.ANSWER_SEAL, None)


def what_waits(store: LocalStore) -> tuple[int, tuple[str, ...]]:
    """How many records have work that is not answered, and which records that were let go are asked for again."""
    with store.reading() as t:
        return count_waiting(t).records, wanted_ids(t)


def token_of(store: LocalStore) -> str | None:
    """The token of the login, None before any enrolment, and while the safe in which it lies is closed."""
    with store.reading() as t:
        return secret_of(t, named.TOKEN)


def why_no_token(store: LocalStore) -> str | None:
    """The problem code of a login that cannot be used; None where there has never been one."""
    with store.reading() as t:
        return "safe_closed" if t.meta.get(named.TOKEN) == IN_SAFE else t.meta.get(named.LOGIN)


def times_of(store: LocalStore) -> tuple[int | None, int | None]:
    """When a run last succeeded and was last tried, in Unix milliseconds of this phone."""
    with store.reading() as t:
        success, tried = t.meta.get(named.SYNC_REPORT, (None, None))
    return success, tried


def runs_of(store: LocalStore) -> tuple[Run, ...]:
    """The last synchronisations, the newest first."""
    with store.reading() as t:
        return _runs(t)


def keep_run(store: LocalStore, run: Run) -> tuple[Run, ...]:
    """Remembers a run that has ended; the last ones with it. One that went well is the last success, for the line that
    screens show after the app has been closed."""
    with store.writing(durable=False) as t:
        if run.problem is None:
            t.meta.put(named.SYNC_REPORT, [run.at_ms, run.at_ms])
        runs = with_run(_runs(t), run)
        t.meta.put(named.RUNS, [[one.at_ms, one.sent, one.received, one.problem, one.times] for one in runs])
    return runs


def _runs(t: Transaction) -> tuple[Run, ...]:
    return tuple(Run(*line) for line in t.meta.get(named.RUNS, ()))

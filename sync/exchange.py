"""The calls of a run, one after the other: what is sent, what comes, and how a quick link is kept busy meanwhile.

On a slow link the network is what takes long, and every answer is stored before the next call. On a quick one the phone
is: there the next call goes out while the answer before it is still being stored, and the batch after that made ready.
Such a call says what is stored, so that the centre lets go of nothing that this phone may have to ask for again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from records.digest import Summary
from records.messages import CentralServer, FrozenBatch, Page, SyncReply, SyncRequest
from records.problems import Problem
from storage.adopting import take_number
from storage.agreeing import take_compared
from storage.answers import Taken, offer_what_is_due
from storage.contact import next_request, request_ahead
from storage.freezing import FIRST_ROWS, freeze_ahead, next_batch
from storage.letting_go import note_answered
from storage.pages import take_page
from storage.replies import sent_rows, take_reply
from storage.store import LocalStore, Transaction
from sync.beside import Beside
from sync.schedule import Pace


@dataclass
class SyncReport:
    """What a run has come to so far, in counts only."""

    calls: int = 0
    sent: int = 0
    to_send: int = 0
    to_mend: int = 0
    lost: int = 0
    received: int = 0
    to_receive: int = 0
    at_photos: bool = False


@dataclass(frozen=True)
class Line:
    """What a run speaks through: the centre, and how fast it goes."""

    server: CentralServer
    app: str
    timer: Callable[[], float]
    pace: Pace
    tell: Callable[[SyncReport], None]
    beside: Beside


@dataclass(frozen=True)
class Came:
    """A call and its reply, of which nothing is in the store yet, and when it came by this phone's clock."""

    request: SyncRequest
    reply: SyncReply
    at_ms: int


@dataclass
class Exchange:
    """Sends the changes that wait, and with `more` takes in all news. `summary`: to be compared as soon as nothing
    waits; `differ`: the streams that were found to. `older`: records that were let go and are asked for again."""

    store: LocalStore
    line: Line
    report: SyncReport
    more: bool
    summary: Summary | None = None
    older: tuple[str, ...] = ()
    differ: tuple[str, ...] = field(default=(), init=False)
    unready: Problem | None = field(default=None, init=False)

    def run(self) -> tuple[str, ...]:
        """To the end; returns the streams that differ. Raises the problems of CentralServer."""
        came: Came | None = None
        while True:
            request = self._ahead(came) if came else None
            if request is None:
                if came is not None:
                    self._take(came)
                request, came = self._next(), None
            if request is None:
                return self.differ
            with self.line.beside(partial(self._meanwhile, came, request)):
                came = self._call(request)
            if self.unready:
                self._take(came)
                raise self.unready

    def _next(self) -> SyncRequest | None:
        """The call after all that came is stored; None where nothing is left to say."""
        pace = self.line.pace
        batch = next_batch(self.store, rows=pace.rows)
        if batch is None and not self.more:
            return None
        # A batch would change what is compared.
        told, self.summary = (self.summary, None) if batch is None else (None, self.summary)
        room = _room(pace, batch)
        return next_request(self.store, app=self.line.app, batch=batch, room=room, summary=told, older=self.older)

    def _ahead(self, came: Came) -> SyncRequest | None:
        """The call after one whose reply is not stored yet; None where that has to be stored first."""
        pace, page = self.line.pace, came.reply.page
        if not pace.quick or page is None or not _is_plain(came):
            return None
        return request_ahead(self.store, came.request, came.reply.epoch, page, partial(_room, pace))

    def _call(self, request: SyncRequest) -> Came:
        pace, began = self.line.pace, self.line.timer()
        reply = self.line.server.sync(request)
        seconds = self.line.timer() - began
        _agree(request, reply)
        pace.learn(seconds, sent=_rows_answered(reply), received=_rows_of(reply.page))
        return Came(request, reply, self.store.clock())

    def _meanwhile(self, came: Came | None, request: SyncRequest) -> None:
        """While a call is under way over a quick link: there the phone is what takes long."""
        ahead = self._freezing_ahead() if request.batch is not None and self.line.pace.quick else None
        if came is not None and self._take(came, ahead):
            return
        if ahead is not None:
            try:
                with self.store.writing() as t:
                    ahead(t)
            except Problem as problem:
                # Told when the answer under way is stored: on a full disk that is what makes room.
                self.unready = problem

    def _freezing_ahead(self) -> Callable[[Transaction], None]:
        pace = self.line.pace
        return partial(freeze_ahead, rows=pace.next_rows, least=min(pace.rows, FIRST_ROWS))

    def _take(self, came: Came, besides: Callable[[Transaction], None] | None = None) -> bool:
        """Stores what came: the answer to the batch first, then the page. Whether `besides` was done with it."""
        # The centre's time is that of the reply, not of when there was time to store it.
        waited = max(0, self.store.clock() - came.at_ms)
        request, reply = came.request, replace(came.reply, server_ms=came.reply.server_ms + waited)
        come = take_reply(self.store, reply, request.batch, besides)
        gone_back, taken = come.gone_back, come.taken
        if taken.state == "device_cloned":
            if reply.renumbered:
                take_number(self.store, reply.renumbered)
            raise Problem("device_cloned")
        if come.offers_due:
            self.report.to_send += offer_what_is_due(self.store)
        if request.summary:
            self.differ = take_compared(self.store, request.summary, reply.compared)
        # News from where a stream was read to before the centre went back would leave a gap: they are asked for anew.
        page = None if gone_back else reply.page
        received = come.news or 0
        if page and come.news is None:
            received = take_page(self.store, page, sent_rows(taken, request.batch, page))
        if page:
            note_answered(self.store, request.older)
            self.older = ()
        self.more = gone_back or reply.cursor_unknown or bool(page and page.more)
        _count(self.report, taken, received, reply)
        self.line.tell(self.report)
        return come.besides


def _room(pace: Pace, batch: FrozenBatch | None) -> int:
    """What of a batch is news to this phone too costs next to nothing, as long as it comes with this call."""
    return max(pace.room, 2 * pace.rows) if batch else pace.room


def _is_plain(came: Came) -> bool:
    """Whether what is said next would be the same if this reply were stored already."""
    reply, answer = came.reply, came.reply.answer
    special = (reply.capacity, reply.offers, reply.cursor_unknown, reply.renumbered, came.request.summary)
    return not any(special) and (answer is None or (answer.state == "applied" and not answer.restamped))


def _agree(request: SyncRequest, reply: SyncReply) -> None:
    """Refuses a reply that does not belong to the call, before it can do harm or make the run go round in circles."""
    answer = reply.answer
    if request.batch and (answer is None or answer.number != request.batch.number):
        raise Problem("bad_message")
    if answer and answer.state == "waiting_for" and not 0 < (answer.wanted or 0) < answer.number:
        raise Problem("bad_message")
    if reply.cursor_unknown and request.cursor is None:
        raise Problem("bad_message")


def _rows_answered(reply: SyncReply) -> int:
    """How many rows of a batch an answer is about."""
    return max((outcome.last + 1 for outcome in reply.answer.outcomes), default=0) if reply.answer else 0


def _rows_of(page: Page | None) -> int:
    """How many records a page tells of, however it does."""
    return sum(
        sum(len(section.ids) for section in part.rows)
        + sum(map(len, part.held.values()))
        + sum(last - first + 1 for first, last in part.own)
        for part in (page.parts if page else ())
    )


def _count(report: SyncReport, taken: Taken, received: int, reply: SyncReply) -> None:
    report.calls += 1
    report.sent += taken.rows
    report.to_mend += taken.to_mend
    report.lost += taken.lost
    report.received += received
    if reply.page:
        report.to_receive = report.received + reply.page.to_come

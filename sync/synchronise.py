"""The whole story of a synchronisation, on one screen. No clock, no sleep and no network are in here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from records.digest import Summary
from records.messages import CentralServer, FrozenBatch, SyncReply, SyncRequest
from records.problems import Problem
from storage.adopting import take_number
from storage.agreeing import summary_due, summary_of, take_compared
from storage.answers import Taken, offer_what_is_due
from storage.contact import next_request, waiting_records
from storage.freezing import freeze_ahead, next_batch
from storage.letting_go import note_answered, wanted_ids
from storage.pages import take_page
from storage.replies import sent_rows, take_reply
from storage.room import make_room
from storage.store import LocalStore
from sync.beside import Beside, at_once
from sync.bundles import deliver_parcels
from sync.photos import exchange_photos
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


def synchronise(
    store: LocalStore,
    server: CentralServer,
    *,
    app: str,
    timer: Callable[[], float],
    pace: Pace | None = None,
    tell: Callable[[SyncReport], None] = lambda report: None,
    compares: bool = True,
    beside: Beside = at_once,
) -> SyncReport:
    """Sends all that waits and takes in all news, then brings what is carried for others; photos last. `timer`
    gives seconds, `tell` hears of progress. `compares`: after a run that moved something, see whether the copies agree.

    Raises the problems of CentralServer; whatever was done until then stays done. Raises device_cloned when a copy of
    this store goes by the same number: the store then has a new number and token, for the next run.
    """
    offer_what_is_due(store)
    line = Line(server, app, timer, pace or Pace(), tell, beside)
    report = SyncReport(to_send=waiting_records(store))
    _exchange_records(store, line, report, more=True, older=wanted_ids(store))
    deliver_parcels(store, server)
    for _ in exchange_photos(store, server):
        report.at_photos = True
        tell(report)
        # What is saved while photos go does not wait for them.
        _exchange_records(store, line, report, more=False)
    if compares and (report.sent or report.received):
        _compare(store, line, report)
    if report.sent or report.received:
        make_room(store)
    return report


def _compare(store: LocalStore, line: "Line", report: SyncReport) -> None:
    """Has the centre compare what is due. What differs comes anew, and is compared once more when all of it is here."""
    summary = summary_due(store)
    differ = _exchange_records(store, line, report, more=True, summary=summary) if summary else ()
    if differ:
        _exchange_records(store, line, report, more=True, summary=summary_of(store, differ))


def _exchange_records(
    store: LocalStore,
    line: "Line",
    report: SyncReport,
    *,
    more: bool,
    summary: Summary | None = None,
    older: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """Sends the changes that wait, and with `more` takes in all news. `summary`: to be compared as soon as nothing
    waits; returns the streams that differ. `older`: records that were let go and are asked for again."""
    differ: tuple[str, ...] = ()
    server, app, timer, pace, tell = line.server, line.app, line.timer, line.pace, line.tell
    while (batch := next_batch(store, rows=pace.rows)) is not None or more:
        # A batch would change what is compared.
        told, summary = (summary, None) if batch is None else (None, summary)
        # What of the batch is news to this phone too costs next to nothing, as long as it comes with this call.
        room = max(pace.room, 2 * pace.rows) if batch else pace.room
        request = next_request(store, app=app, batch=batch, room=room, summary=told, older=older)
        began = timer()
        with line.beside(partial(_prepare, store, batch, pace)):
            reply = server.sync(request)
            seconds = timer() - began
            _agree(request, reply)
            come = take_reply(store, reply, batch)
        gone_back, taken = come.gone_back, come.taken
        if taken.state == "device_cloned":
            if reply.renumbered:
                take_number(store, reply.renumbered)
            raise Problem("device_cloned")
        report.to_send += offer_what_is_due(store)
        if told:
            differ = take_compared(store, told, reply.compared)
        page = None if gone_back else reply.page
        received = come.news or 0
        if page and come.news is None:
            received = take_page(store, page, sent_rows(taken, batch, page))
        if page:
            note_answered(store, older)
            older = ()
        more = gone_back or reply.cursor_unknown or bool(page and page.more)
        pace.learn(seconds, sent=taken.rows, received=received)
        _count(report, taken, received, reply)
        tell(report)
    return differ


def _prepare(store: LocalStore, batch: FrozenBatch | None, pace: Pace) -> None:
    """While a batch is on its way over a fast link, the next one is made ready: there the phone is what takes long."""
    if batch is not None and pace.quick:
        freeze_ahead(store, rows=pace.next_rows, least=pace.rows)


def _agree(request: SyncRequest, reply: SyncReply) -> None:
    """Refuses a reply that does not belong to the call, before it can do harm or make the run go round in circles."""
    answer = reply.answer
    if request.batch and (answer is None or answer.number != request.batch.number):
        raise Problem("bad_message")
    if answer and answer.state == "waiting_for" and not 0 < (answer.wanted or 0) < answer.number:
        raise Problem("bad_message")
    if reply.cursor_unknown and request.cursor is None:
        raise Problem("bad_message")


def _count(report: SyncReport, taken: Taken, received: int, reply: SyncReply) -> None:
    report.calls += 1
    report.sent += taken.rows
    report.to_mend += taken.to_mend
    report.lost += taken.lost
    report.received += received
    if reply.page:
        report.to_receive = report.received + reply.page.to_come

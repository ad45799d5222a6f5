"""The whole story of a synchronisation, on one screen. No clock, no sleep and no network are in here."""

from collections.abc import Callable

from records.messages import CentralServer
from storage.agreeing import summary_due, summary_of
from storage.answers import offer_what_is_due
from storage.contact import what_waits
from storage.room import make_room
from storage.store import LocalStore
from sync.beside import Beside, at_once
from sync.bundles import deliver_parcels
from sync.exchange import Exchange, Line, SyncReport
from sync.photos import exchange_photos
from sync.schedule import Pace


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
    waiting, older = what_waits(store)
    report = SyncReport(to_send=waiting)
    Exchange(store, line, report, more=True, older=older).run()
    deliver_parcels(store, server)
    for _ in exchange_photos(store, server):
        report.at_photos = True
        tell(report)
        # What is saved while photos go does not wait for them.
        Exchange(store, line, report, more=False).run()
    if compares and (report.sent or report.received):
        _compare(store, line, report)
    if report.sent or report.received:
        make_room(store)
    return report


def _compare(store: LocalStore, line: Line, report: SyncReport) -> None:
    """Has the centre compare what is due. What differs comes anew, and is compared once more when all of it is here."""
    summary = summary_due(store)
    differ = Exchange(store, line, report, more=True, summary=summary).run() if summary else ()
    if differ:
        Exchange(store, line, report, more=True, summary=summary_of(store, differ)).run()

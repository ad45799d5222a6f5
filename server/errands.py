"""How the errands of `records/errands.py` are done at the centre: a small register, errand -> deed."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from records.errands import AcceptChange, HoldReview, ListSetAside, SendBack, SetAside, SignOut
from records.problems import Problem
from server.console_sessions import ConsoleSessions
from server.reviews import hold_review
from server.verdicts import Verdicts

Deed = Callable[[ConsoleSessions, str, Any], Any]
"""(sessions, token of who asks, errand) -> receipt. The session has been found good before."""


def _sign_out(sessions: ConsoleSessions, token: str, errand: SignOut) -> None:
    sessions.end(token)


def _list_set_aside(sessions: ConsoleSessions, token: str, errand: ListSetAside) -> list[SetAside]:
    centre = sessions.centre
    with centre.database.reading() as db:
        verdicts = Verdicts(db, centre, sessions, sessions.find(db, token), centre.clock())
        return verdicts.rows(decided=errand.decided, limit=errand.limit)


def _accept(sessions: ConsoleSessions, token: str, errand: AcceptChange) -> None:
    centre, now_ms = sessions.centre, sessions.centre.clock()

    def accept(db: Connection) -> tuple[str, set[str]]:
        session = sessions.find(db, token)
        return session.device, Verdicts(db, centre, sessions, session, now_ms).accept(errand)

    centre.wake(*centre.database.write(accept), now_ms)


def _send_back(sessions: ConsoleSessions, token: str, errand: SendBack) -> None:
    centre, now_ms = sessions.centre, sessions.centre.clock()
    centre.database.write(lambda db: Verdicts(db, centre, sessions, sessions.find(db, token), now_ms).send_back(errand))


DEEDS: Mapping[type, Deed] = {
    SignOut: _sign_out,
    HoldReview: hold_review,
    ListSetAside: _list_set_aside,
    AcceptChange: _accept,
    SendBack: _send_back,
}
"""What needs no words; what is said to people is done by `server/console/deeds.py`."""


def deed_of(errand: Any, deeds: Mapping[type, Deed] = DEEDS) -> Deed:
    """The deed of an errand. Raises Problem only_on_phone for what is no errand of the centre."""
    try:
        return deeds[type(errand)]
    except KeyError as error:
        raise Problem("only_on_phone") from error

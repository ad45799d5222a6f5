"""How the errands of `records/errands.py` are done at the centre: a small register, errand -> deed."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy import Connection

from records.bundles import file_name
from records.errands import (
    AcceptChange,
    BundleTaken,
    HoldReview,
    ListSetAside,
    SendBack,
    SetAside,
    SignOut,
    TakeInBundle,
)
from records.problems import Problem
from records.staffing import (
    AddPerson,
    Assign,
    HandedOver,
    HandOver,
    IssueCode,
    ListStaff,
    PersonLine,
    PrintCodes,
    RevokeDevice,
    Staff,
)
from server.carried import Carrier
from server.codes_sheet import codes_sheet
from server.console_sessions import ConsoleSessions
from server.people import OFFICE, People
from server.reviews import hold_review
from server.verdicts import Verdicts

T = TypeVar("T")

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


def _take_in_bundle(sessions: ConsoleSessions, token: str, errand: TakeInBundle) -> BundleTaken:
    centre = sessions.centre
    with centre.database.reading() as db:
        session = sessions.find(db, token)
    taken = centre.carried.take(errand.content, Carrier(session.person_id, session.device))
    with centre.database.reading() as db:
        name, name_hi = centre.carried.name_of_maker(db, taken.device)
    reply_name = file_name(taken.reply)
    return BundleTaken(taken.state, taken.device, taken.records, name, name_hi, reply_name, taken.reply)


# --- people and devices


def _list_staff(sessions: ConsoleSessions, token: str, errand: ListStaff) -> Staff:
    centre = sessions.centre
    with centre.database.reading() as db:
        return People(db, centre, sessions.find(db, token), centre.clock()).staff()


def _tending(sessions: ConsoleSessions, token: str, deed: Callable[[People], T]) -> T:
    """One deed about people, in a transaction of its own."""
    centre, now_ms = sessions.centre, sessions.centre.clock()
    office = centre.enrolments.office_device(OFFICE)
    return centre.database.write(lambda db: deed(People(db, centre, sessions.find(db, token), now_ms, office)))


def _add_person(sessions: ConsoleSessions, token: str, errand: AddPerson) -> str:
    return _tending(sessions, token, lambda people: people.add(errand))


def _assign(sessions: ConsoleSessions, token: str, errand: Assign) -> None:
    _tending(sessions, token, lambda people: people.assign(errand))


def _hand_over(sessions: ConsoleSessions, token: str, errand: HandOver) -> HandedOver:
    return _tending(sessions, token, lambda people: people.hand_over(errand))


def _issue_code(sessions: ConsoleSessions, token: str, errand: IssueCode) -> str:
    def allow(people: People) -> None:
        people.tend(errand.person_id)
        people.note("issue_code", errand.person_id)

    _tending(sessions, token, allow)
    return sessions.centre.enrolments.code_for(errand.person_id)


def _print_codes(sessions: ConsoleSessions, token: str, errand: PrintCodes) -> bytes:
    def allow(people: People) -> list[PersonLine]:
        for id in errand.person_ids:
            people.tend(id)
            people.note("issue_code", id)
        chosen = set(errand.person_ids)
        return [one for one in people.staff().people if one.id in chosen]

    lines = _tending(sessions, token, allow)
    codes = [(one, sessions.centre.enrolments.code_for(one.id)) for one in lines]
    return codes_sheet(codes, errand.language, sessions.centre.clock())


def _revoke_device(sessions: ConsoleSessions, token: str, errand: RevokeDevice) -> None:
    def allow(people: People) -> None:
        people.note("revoke", people.owner_of(errand.number), number=errand.number)

    _tending(sessions, token, allow)
    sessions.centre.enrolments.revoke(errand.number)


DEEDS: Mapping[type, Deed] = {
    SignOut: _sign_out,
    HoldReview: hold_review,
    ListSetAside: _list_set_aside,
    AcceptChange: _accept,
    SendBack: _send_back,
    TakeInBundle: _take_in_bundle,
    ListStaff: _list_staff,
    AddPerson: _add_person,
    Assign: _assign,
    HandOver: _hand_over,
    IssueCode: _issue_code,
    PrintCodes: _print_codes,
    RevokeDevice: _revoke_device,
}
"""What needs no words; what is said to people is done by `server/console/deeds.py`."""


def deed_of(errand: Any, deeds: Mapping[type, Deed] = DEEDS) -> Deed:
    """The deed of an errand. Raises Problem only_on_phone for what is no errand of the centre."""
    try:
        return deeds[type(errand)]
    except KeyError as error:
        raise Problem("only_on_phone") from error

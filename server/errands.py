"""How the errands of `records/errands.py` are done at the centre: a small register, errand -> deed."""

from collections.abc import Callable, Mapping
from typing import Any

from records.errands import SignOut
from records.problems import Problem
from server.console_sessions import ConsoleSessions

Deed = Callable[[ConsoleSessions, str, Any], Any]
"""(sessions, token of who asks, errand) -> receipt. The session has been found good before."""


def _sign_out(sessions: ConsoleSessions, token: str, errand: SignOut) -> None:
    sessions.end(token)


DEEDS: Mapping[type, Deed] = {SignOut: _sign_out}
"""What needs no words; what is said to people is done by `server/console/deeds.py`."""


def deed_of(errand: Any, deeds: Mapping[type, Deed] = DEEDS) -> Deed:
    """The deed of an errand. Raises Problem only_on_phone for what is no errand of the centre."""
    try:
        return deeds[type(errand)]
    except KeyError as error:
        raise Problem("only_on_phone") from error

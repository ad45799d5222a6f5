"""What happens to phones and centre beside the daily work: an office decides, apps are updated, clocks jump."""

from random import Random
from typing import TYPE_CHECKING, Any

from records.errands import AcceptChange, ListSetAside, SendBack
from records.problems import Problem
from server.announcing import Watch
from server.central_workspace import CentralWorkspace
from tests.property.simulation.handsets import Handset
from tests.property.simulation.town import REGISTRIES, Town
from tests.world import ref

if TYPE_CHECKING:
    from records.workspace import Workspace

HOUR, DAY = 3_600_000, 86_400_000
CENTRE_SKEWS = (0, 0, HOUR // 12, 20 * HOUR, -3 * HOUR, 3 * DAY, -3 * DAY, 100 * DAY)
"""How far the centre's own clock may be off, in ms; a machine may well wake up with a wrong one. Less than the 400 days
for which a phone keeps what it could give back to a centre that was restored."""


class Tending:
    """Operations of a run; those of `running.Run` stand beside them."""

    town: Town

    def begin_tending(self) -> None:
        self._sessions: dict[str, str] = {}

    def console(self, person: str) -> "Workspace":
        """A page of the console, signed in; with a new code where the centre does not know the session any more."""
        centre = self.town.centre

        def keep(token: str) -> None:
            self._sessions[person] = token

        page = CentralWorkspace(centre, Watch(centre), self._sessions.get(person, ""), keep_token=keep)
        if page.identity() is None:
            page.enrol(centre.enrolments.console_code_for(ref(person)))
        return page

    def _decide(self, phone: Handset, r: Random) -> str:
        """An office accepts work that was set aside, or sends it back."""
        page = self.console(r.choice(("supervisor", "supervisor", "supervisor2")))
        some: list[Any] = page.perform(ListSetAside())
        if not some:
            return "nothing"
        one = r.choice(some)
        seen = (one.device, one.number, one.row, one.state)
        deed: Any = AcceptChange(*seen) if r.random() < 0.6 else SendBack(*seen, "यह समूह दूसरी पंचायत का है।")
        try:
            page.perform(deed)
        except Problem as problem:
            return f"{deed} refused {problem.code}"
        return f"{deed}"

    def _updated(self, phone: Handset, r: Random) -> str:
        """A newer app is put on a phone, over everything that it holds and has not sent."""
        if phone.registry is REGISTRIES["newer"]:
            return "is new"
        dies_at = r.randrange(1, 120) if r.random() < 0.5 else None
        phone.update(REGISTRIES["newer"], dies_at=dies_at)
        return f"updated, killed at {dies_at}"

    def _centre_updated(self, phone: Handset, r: Random) -> str:
        """The centre is stopped, its database gets what a newer one knows, and it goes on as that, with batches of all
        phones under way. A backup of before is brought up to date as well."""
        if self.town.registry is REGISTRIES["newer"]:
            return "is new"
        self.town.registry = REGISTRIES["newer"]
        self.town.restart()
        return "updated"

    def _centre_clock(self, phone: Handset, r: Random) -> str:
        self.town.skew_ms = r.choice(CENTRE_SKEWS)
        return f"{self.town.skew_ms}"

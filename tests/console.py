"""The console in tests: a page's workspace over the centre of a world, with a watch that looks only when told to."""

from typing import Any

from pydantic import ConfigDict
from sqlalchemy import select

from records.kinds import KINDS
from records.record import fields_of, to_wire
from server.announcing import Watch
from server.central_workspace import CentralWorkspace
from server.console.deeds import console_deeds
from server.tries import Tries
from storage.queries.asking import Query, Row, columns
from tests.world import World, ref

NEVER_S = 1e9


class Console:
    """The console's process over the centre of a world: pages of several people, one watch."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.watch = Watch(world.centre, seconds=NEVER_S)
        self.tries = Tries()

    def page(self, token: str = "", address: str = "") -> "Page":
        return Page(self, token, address)

    def signed_in(self, person: str) -> "Page":
        page = self.page()
        page.workspace.enrol(self.world.centre.enrolments.console_code_for(ref(person)))
        return page

    def close(self) -> None:
        self.watch.close()


class Page:
    """One page in one browser, which keeps the token that it is given."""

    def __init__(self, console: Console, token: str = "", address: str = "") -> None:
        self.token = token
        centre = console.world.centre
        self.workspace = CentralWorkspace(
            centre, console.watch, token, keep_token=self._keep, deeds=console_deeds(centre),
            tries=console.tries, address=address,
        )  # fmt: skip

    def _keep(self, token: str) -> None:
        self.token = token

    def holds(self, kind: str) -> dict[str, dict[str, Any]]:
        """All that can be asked of a kind: id -> wire values, those of absent columns None."""
        rows = self.workspace.ask(EVERYTHING[kind])
        return {row.id: {name: to_wire(value) for name, value in row.model_extra.items()} for row in rows}


class Anything(Row):
    """A row with whatever columns there are."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: str


def everything_of(kind: str) -> Query[Any]:
    names = ("id", *fields_of(KINDS[kind].cls), "search_key", "unsent")
    return Query(f"every {kind}", Anything, frozenset({kind}), lambda tables: select(*columns(tables[kind], *names)))


EVERYTHING = {kind: everything_of(kind) for kind in KINDS}

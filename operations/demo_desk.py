"""A desk at the block office: the console without a browser, as the demo's story works at it."""

from operations.demo_setup import Someone
from server.announcing import Watch
from server.central_store import CentralStore
from server.central_workspace import CentralWorkspace
from server.console.deeds import console_deeds


class Desk:
    """A person's page of the console, signed in with a one-time code."""

    def __init__(self, centre: CentralStore, someone: Someone) -> None:
        self.someone = someone
        self._watch = Watch(centre)
        self.workspace = CentralWorkspace(
            centre, self._watch, "", keep_token=lambda token: None, deeds=console_deeds(centre)
        )
        self.workspace.enrol(centre.enrolments.console_code_for(someone.id))

    def __enter__(self) -> "Desk":
        return self

    def __exit__(self, *why: object) -> None:
        self._watch.close()

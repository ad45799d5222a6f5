"""The demo's phones: a store, a workspace and a sync each, over a network that can be cut."""

from datetime import date
from pathlib import Path

from requests.auth import AuthBase

import main
from operations.demo_setup import Someone
from records.problems import Problem
from records.workspace import Identity, SyncStatus
from screens.version import VERSION
from storage.moment import today
from storage.opened import opened
from sync.central_over_http import CentralOverHttp
from sync.joining import joined


class SwitchedCentre(CentralOverHttp):
    """The centre over a real connection that `online` cuts, also under a call that is on its way."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.online = True

    def post(self, path: str, body: bytes, login: AuthBase) -> bytes:
        if not self.online:
            raise Problem("offline")
        reply = super().post(path, body, login)
        if not self.online:
            # The work has arrived and the reply is lost: the phone will send the same again.
            raise Problem("offline")
        return reply


class Phone:
    """The phone of one person. Everything on it goes through the same code as in the app.

    `show` is the app on a page of a browser. All pages share this phone's store and its runner, which the switch wakes.
    """

    def __init__(self, folder: Path, someone: Someone, url: str) -> None:
        self.someone = someone
        self.store = opened(folder, someone.key)
        self.centre = SwitchedCentre(url)
        self.workspace, self.runner = joined(self.store, self.centre, app=VERSION)
        self.show = main.build(self.centre, folder, someone.key, join=lambda *_, **__: (self.workspace, self.runner))

    @property
    def online(self) -> bool:
        return self.centre.online

    @online.setter
    def online(self, online: bool) -> None:
        """Cut or restore the network. When it returns the phone notices, as a real one does."""
        self.centre.online = online
        if online:
            self.runner.connectivity_returned()

    def join(self, code: str) -> Identity:
        return self.workspace.enrol(code)

    def sync(self) -> SyncStatus:
        """One run now; how things stand after it."""
        return self.runner.run()

    def today(self) -> date:
        """The day that this phone believes in."""
        with self.store.reading() as t:
            return today(t.meta, t.clock_ms, self.store.built_on)

    def close(self) -> None:
        self.runner.stop()
        self.centre.close()

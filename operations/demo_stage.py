"""What the demo's page in the browser shows and switches; the terminal hears of it too."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from operations.demo_phones import Phone
from operations.demo_reading import ENGLISH, HINDI, counted_at_centre, role_words, strip, strip_in
from operations.demo_server import ServerFailed, ServerProcess
from records.member import Member
from records.savings_account import AccountStep
from records.shg import Shg
from server.central_store import CentralStore


class Stage:
    """`operations.demo_web.Switchboard` over phones and a server. `ports`: key of a phone -> port of its page."""

    def __init__(
        self, phones: Mapping[str, Phone], centre: CentralStore, server: ServerProcess, say: Callable[[str], None]
    ) -> None:
        self._phones, self._centre, self._server, self._say = phones, centre, server, say
        self._said: dict[str, str] = {}
        self._lock = threading.Lock()
        self.ports: Mapping[str, int] = {}
        self.console = ""

    def state(self) -> Mapping[str, Any]:
        phones = [self._phone(key, port) for key, port in self.ports.items()]
        return {"phones": phones, "centre": self._central_line(), "console": self.console}

    def console_code(self, key: str) -> str:
        """A one-time code by which this person signs in to the console."""
        return self._centre.enrolments.console_code_for(self._phones[key].someone.id)

    def switch(self, key: str, *, online: bool) -> None:
        phone = self._phones[key]
        if phone.online != online:
            phone.online = online
            self._say(f"{_clock()} {phone.someone.called}: the network is {'back' if online else 'cut'}")

    def _phone(self, key: str, port: int) -> Mapping[str, Any]:
        phone = self._phones[key]
        role_hi, role_en = role_words(phone.someone.role)
        identity = phone.workspace.identity()
        return {
            "key": key,
            "port": port,
            "online": phone.online,
            "role_hi": role_hi,
            "role_en": role_en,
            "name_hi": identity.name_hi if identity else "",
            "line_hi": strip_in(HINDI, phone),
            "line_en": strip_in(ENGLISH, phone),
        }

    def _central_line(self) -> str:
        try:
            self._server.check()
        except ServerFailed:
            return "सर्वर बंद हो गया है। The server has ended."
        counts = [counted_at_centre(self._centre, kind) for kind in (Shg, Member, AccountStep)]
        hindi = "सर्वर पर: समूह {}, सदस्य {}, खाते के चरण {}".format(*counts)
        return hindi + " · On the server: groups {}, members {}, account steps {}".format(*counts)

    @contextlib.contextmanager
    def watching(self, phones: Sequence[Phone]) -> Iterator[None]:
        """Print a phone's line about sync whenever it has become another one."""
        with contextlib.ExitStack() as stack:
            for phone in phones:
                self._said[phone.someone.key] = strip(phone)
                stack.callback(phone.workspace.on_change(partial(self._heard, phone)))
            yield

    def _heard(self, phone: Phone, changed: frozenset[str]) -> None:
        if phone.workspace.sync_status().state == "running":
            return
        line = strip(phone)
        with self._lock:
            if self._said[phone.someone.key] != line:
                self._said[phone.someone.key] = line
                self._say(f"{_clock()} {phone.someone.called}: {line}")


def _clock() -> str:
    return time.strftime("%H:%M:%S")

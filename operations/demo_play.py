"""The parts of the demo put together: set-up, server, phones, the story, and the app in the browser."""

import contextlib
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from operations.demo_phones import Phone
from operations.demo_places import STATE_CODE
from operations.demo_reading import ENGLISH, strip
from operations.demo_server import ConsoleProcess, ServerFailed, ServerProcess
from operations.demo_setup import PEOPLE, set_up
from operations.demo_stage import Stage
from operations.demo_story import tell
from operations.demo_telling import StoryBroke
from operations.demo_verdict import agree
from operations.demo_web import PortTaken, address_of, port_of, reserved, serve
from operations.practice_places import GROUPS_PER_BLOCK
from records.problems import Problem
from screens.words import words_of
from server.central_store import CentralStore
from server.serving import open_centre
from storage.opened import close_all

CENTRE, PHONES = "centre", "phones"
"""Parts of the demo's folder."""

SHOWN = ("abm", "sakhi")
"""The phones that are shown in the browser."""
AT_CONSOLE = ("supervisor", "reviewer")
"""Who gets a code for the console."""
PORTS = len(SHOWN) + 2
"""Of the page, of each phone that is shown, and of the console, in this order."""

COMMAND = f"{sys.executable} -m operations.demo"


class NotJoined(Exception):
    """A kept demo in which a phone has no owner yet."""


def play(folder: Path, sockets: Sequence[socket.socket], *, kept: bool, groups: int | None = None) -> int:
    """Tell the story, or with `kept` go on after it, then serve the app on the sockets, if there are any.

    `groups`: how many the register has that the centre begins with; None for a full block.
    """
    _say("Samooh. Everything here is practice (अभ्यास): people, groups, members and account numbers are invented.")
    _say(f"The stores are in {folder}. " + ("They are those of last time." if kept else "They are made anew."))
    codes = {} if kept else set_up(folder / CENTRE, GROUPS_PER_BLOCK if groups is None else groups, _say)
    try:
        with _staged(folder) as (server, phones, centre):
            _say(f"The server is a process of its own ({server.pid}) at {server.url}, on SQLite.")
            agreed = _go_on(phones, centre) if kept else tell(phones, centre, codes, _say)
            if agreed and sockets:
                _serve(sockets, phones, Stage(phones, centre, server, _say), folder / CENTRE)
    except (StoryBroke, ServerFailed, Problem) as broke:
        why = words_of(ENGLISH).problem(broke.code) if isinstance(broke, Problem) else broke
        print(f"\nThe demo broke off: {why}", file=sys.stderr)
        return 1
    return 0 if agreed else 1


@contextlib.contextmanager
def _staged(folder: Path) -> Iterator[tuple[ServerProcess, dict[str, Phone], CentralStore]]:
    """The server, the phones, and the centre's store to look into; all ended at the end, the server last."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(ServerProcess(folder / CENTRE))
        centre = open_centre(folder / CENTRE, STATE_CODE)
        stack.callback(centre.close)
        stack.callback(close_all)
        phones = {someone.key: Phone(folder / PHONES, someone, server.url) for someone in PEOPLE}
        for phone in phones.values():
            stack.callback(phone.close)
        yield server, phones, centre


def _go_on(phones: Mapping[str, Phone], centre: CentralStore) -> bool:
    """With the stores of last time: all sync, twice, so that everybody has everybody's work; then compare."""
    if any(phone.workspace.identity() is None for phone in phones.values()):
        raise NotJoined
    for phone in (*phones.values(), *phones.values()):
        phone.sync()
    for phone in phones.values():
        _say(f"   {phone.someone.called}: {strip(phone)}")
    return agree(phones, centre, _say)


def _serve(sockets: Sequence[socket.socket], phones: Mapping[str, Phone], stage: Stage, centre: Path) -> None:
    """The app and the console in the browser until Ctrl-C, which here is the ordinary end."""
    shown = [phones[key] for key in SHOWN]
    *pages, kept_free = sockets
    stage.ports = {key: port_of(one) for key, one in zip(SHOWN, pages[1:], strict=True)}
    port = port_of(kept_free)
    # The console's process takes the port that was held for it.
    kept_free.close()
    with contextlib.suppress(KeyboardInterrupt), stage.watching(shown), ConsoleProcess(centre, port) as console:
        stage.console = console.url
        for phone in shown:
            phone.runner.start()
        _say_addresses(pages, shown)
        _say_console(console.url, [phones[key] for key in AT_CONSOLE], stage)
        serve(pages, stage, [phone.show for phone in shown])
    _say("\nEnded.")


def _say_addresses(sockets: Sequence[socket.socket], shown: Sequence[Phone]) -> None:
    page, *each = sockets
    _say("\nNow the app itself, in a browser on this machine:")
    _say(f"   both phones side by side, with a switch for the network of each: {address_of(page)}")
    for phone, one in zip(shown, each, strict=True):
        _say(f"   {phone.someone.called} alone: {address_of(one)}")
    _say("Cut a network, work on the phone, restore it. The other phone fetches the work with its next sync: every")
    _say("five minutes, or at once by सिंक in the app. On a phone the installed app itself works offline; here its")
    _say("pages come from this process, and the switch cuts only the network between the phone and the server.")


def _say_console(url: str, people: Sequence[Phone], stage: Stage) -> None:
    _say(f"\nThe console of the office, for a desktop: {url}")
    for phone in people:
        _say(f"   {phone.someone.called}: one-time code {stage.console_code(phone.someone.key)}")
    _say(f"\nCtrl-C ends everything. `{COMMAND} --keep` goes on from here, `make demo` begins anew.")


def _say(line: str) -> None:
    print(line, flush=True)


__all__ = ["CENTRE", "PHONES", "NotJoined", "PortTaken", "play", "reserved"]

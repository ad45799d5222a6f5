"""What the acts of the demo share: the phones, the lines, and what must be true before the story goes on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from operations.demo_phones import Phone
from operations.demo_reading import groups_at_centre, groups_of, strip
from server.central_store import CentralStore
from storage.queries.places import list_villages


class StoryBroke(Exception):
    """Something in the story did not happen; the text says what."""


@dataclass
class Told:
    """What the acts share: the phones by key, the centre to look into, and where the lines go."""

    phones: Mapping[str, Phone]
    centre: CentralStore
    say: Callable[[str], None]
    acts: int = 0

    def act(self, title: str) -> None:
        self.acts += 1
        self.say(f"\n{self.acts}. {title}")

    def line(self, text: str) -> None:
        self.say(f"   {text}")

    def of(self, phone: Phone, text: str) -> None:
        self.line(f"{phone.someone.called}: {text}")

    def groups(self, phone: Phone, groups: Sequence[str]) -> None:
        """Some groups on a phone, each with how far it has come."""
        for text in groups_of(phone, *groups):
            self.of(phone, text)

    def at_server(self, groups: Sequence[str]) -> None:
        self.line(f"Server: {groups_at_centre(self.centre, *groups)}")


def synced(phone: Phone) -> None:
    """One sync that must succeed and leave nothing waiting."""
    problem, status = phone.sync().problem, phone.workspace.sync_status()
    if problem or status.waiting or status.needs_mending:
        raise StoryBroke(f"{phone.someone.called}: the sync should have gone through, the phone says: {strip(phone)}")


def refused(phone: Phone) -> None:
    """One sync that must fail for want of a network."""
    if phone.sync().problem != "offline":
        raise StoryBroke(f"{phone.someone.called}: the network is cut; the phone says: {strip(phone)}")


def village_of(phone: Phone, name: str) -> str:
    """The village of this name, as it is found by searching on the phone."""
    found = [row.id for row in phone.workspace.ask(list_villages, search=name) if row.name_hi == name]
    if len(found) != 1:
        raise StoryBroke(f"{phone.someone.called}: {len(found)} villages are called {name}")
    return str(found[0])

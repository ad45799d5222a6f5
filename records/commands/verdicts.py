"""A command about what an office said: that nothing of it waits any more."""

from collections.abc import Iterable
from dataclasses import dataclass

from records.commands.deciding import Below, Change, Known, Moment, One
from records.problems import Refusal


@dataclass(frozen=True)
class TickVerdict:
    """Whom a verdict is for says that she is done with it: mended elsewhere, or taken back."""

    id: str

    def reads(self) -> Iterable[One | Below]:
        return [One("Verdict", self.id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        if not known.holds("Verdict", self.id):
            return [Refusal("unknown_record", None, "Verdict")]
        return [Change("Verdict", self.id, {"done": True})]

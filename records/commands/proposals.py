"""Commands about proposals: two groups are the same, or are not."""

from collections.abc import Iterable
from dataclasses import dataclass

from records.commands.deciding import Below, Change, Known, Moment, One
from records.problems import Refusal
from records.proposal import Proposal
from records.shg import Shg


@dataclass(frozen=True)
class DecideProposal:
    """Answer whether a group is the same as the other. Joining sets `same_as`; nothing else of either is touched.

    `seen`: how the question stood where it was shown; where somebody has answered otherwise meanwhile, it is refused.
    """

    id: str
    shg_id: str
    the_same: bool
    seen: str | None = None

    def reads(self) -> Iterable[One | Below]:
        return [One("Proposal", self.id), One("Shg", self.shg_id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        proposal, shg = known.one(Proposal, self.id), known.one(Shg, self.shg_id)
        if proposal is None or shg is None or proposal.shg_id != shg.id:
            return [Refusal("unknown_record", None, "Proposal")]
        answer = "the_same" if self.the_same else "not_the_same"
        if self.seen is not None and proposal.state not in (self.seen, answer):
            return [Refusal("changed_meanwhile", None, "Proposal")]
        changes = [Change("Proposal", proposal.id, {"state": answer})]
        if self.the_same:
            changes.append(Change("Shg", shg.id, {"same_as": proposal.other_id}))
        elif shg.same_as == proposal.other_id:
            # It had been said before that they are the same; whoever knows better takes that back.
            changes.append(Change("Shg", shg.id, {"same_as": None}))
        return changes


@dataclass(frozen=True)
class ReopenProposal:
    """Take an answer back: the question is open again, and what it had joined is apart."""

    id: str
    shg_id: str

    def reads(self) -> Iterable[One | Below]:
        return [One("Proposal", self.id), One("Shg", self.shg_id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        proposal, shg = known.one(Proposal, self.id), known.one(Shg, self.shg_id)
        if proposal is None or shg is None or proposal.shg_id != shg.id:
            return [Refusal("unknown_record", None, "Proposal")]
        changes = [Change("Proposal", proposal.id, {"state": "open"})]
        if shg.same_as == proposal.other_id:
            changes.append(Change("Shg", shg.id, {"same_as": None}))
        return changes

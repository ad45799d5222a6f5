"""Commands about photos of a group's account: keep one, remove it, restore it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from records.attachment import Attachment
from records.commands.accounts import account_change
from records.commands.deciding import Below, Change, Known, Moment, One
from records.commands.groups import changed
from records.ids import first_account_id
from records.jpeg import read_jpeg
from records.problems import Problem, Refusal


@dataclass(frozen=True)
class AddPhoto:
    """Keep a photo of one of the account's papers. `content`: a JPEG that `records.jpeg.read_jpeg` takes."""

    shg_id: str
    kind: str
    content: bytes = field(repr=False)

    def reads(self) -> Iterable[One | Below]:
        account_id = first_account_id(self.shg_id)
        return [One("Shg", self.shg_id), One("SavingsAccount", account_id), Below("Attachment", account_id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        try:
            seen = read_jpeg(self.content)
        except Problem as problem:
            return [Refusal(problem.code, "sha256", "Attachment")]
        account_id, digest = first_account_id(self.shg_id), hashlib.sha256(self.content).hexdigest()
        same = [one for one in known.below(Attachment, account_id) if (one.kind, one.sha256) == (self.kind, digest)]
        if same:
            # The same picture once more: it stands, or stands again, and its bytes are here if they were not.
            return [Change("Attachment", same[0].id, {"deleted_on": None}, content=self.content)]
        before = account_change(self.shg_id, {}, known)
        if any(isinstance(item, Refusal) for item in before):
            return before
        values = {
            "account_id": account_id,
            "kind": self.kind,
            "sha256": digest,
            "size": len(self.content),
            "width": seen.width,
            "height": seen.height,
            "taken_on": moment.today,
        }
        return [*before, Change("Attachment", moment.new_id(), values, new=True, content=self.content)]


@dataclass(frozen=True)
class RemovePhoto:
    """Hide a photo, for ever restorable."""

    id: str
    restore: bool = False

    def reads(self) -> Iterable[One | Below]:
        return [One("Attachment", self.id)]

    def decide(self, known: Known, moment: Moment) -> list[Change] | list[Refusal]:
        return changed(Attachment, self.id, {"deleted_on": None if self.restore else moment.today}, known)

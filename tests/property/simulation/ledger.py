"""What was typed and what the centre said to it, written down beside the system; the laws are held against this."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from records.commands.deciding import Change
from records.messages import BatchAnswer, FrozenBatch
from records.record import to_wire
from records.wire import thawed


class Broken(AssertionError):
    """A law does not hold."""


@dataclass(frozen=True)
class Heard:
    """One row of a batch as the centre took it, and its answer. `cells`: field -> (value, stamp as stored, base)."""

    device: str
    number: int
    kind: str
    id: str
    cells: dict[str, tuple[Any, str, str]]
    state: str
    code: str | None


@dataclass
class Answered:
    """A batch that was answered: its hash, the answer, and how often that answer was given again."""

    sha256: str
    answer: BatchAnswer
    rows: list[Heard]


@dataclass
class Ledger:
    """`typed`: writer -> (kind, id, field) -> the last value that was called saved. `persons`: device -> writer."""

    typed: dict[str, dict[tuple[str, str, str], Any]] = field(default_factory=dict)
    batches: dict[tuple[str, int], Answered] = field(default_factory=dict)
    lost_with_the_centre: list[Heard] = field(default_factory=list)
    restamped: dict[str, dict[str, str]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def saved(self, writer: str, changes: Iterable[Change]) -> None:
        for change in changes:
            self.saved_values(writer, change.kind, change.id, {n: to_wire(v) for n, v in change.values.items()})

    def saved_values(self, writer: str, kind: str, id: str, values: dict[str, Any]) -> None:
        mine = self.typed.setdefault(writer, {})
        for name, value in values.items():
            mine[kind, id, name] = value
            self.counts["values typed"] += 1

    def answered(self, device: str, frozen: FrozenBatch, answer: BatchAnswer) -> None:
        """The centre has answered a batch, whether or not its answer arrives. Raises Broken: law 2."""
        known = self.batches.get((device, frozen.number))
        if answer.state != "applied":
            if known and known.sha256 == frozen.sha256:
                raise Broken(f"law 2: batch {frozen.number} of {device} was answered and is now {answer.state}")
            return
        if known is None:
            rows = self._rows(device, frozen, answer)
            self.batches[device, frozen.number] = Answered(frozen.sha256, answer, rows)
            self.counts["batches"] += 1
        elif known.sha256 != frozen.sha256:
            raise Broken(f"law 2: two batches {frozen.number} of {device} were taken")
        else:
            self.counts["batches repeated"] += 1
            if answer != known.answer:
                raise Broken(f"law 2: batch {frozen.number} of {device} got another answer than before")

    def _rows(self, device: str, frozen: FrozenBatch, answer: BatchAnswer) -> list[Heard]:
        known = self.restamped.setdefault(device, {})
        known.update(answer.restamped)
        fates = {row: one for one in answer.outcomes for row in range(one.first, one.last + 1)}
        heard: list[Heard] = []
        for section in thawed(frozen.blob).sections:
            for at, id in enumerate(section.ids):
                fate = fates.get(len(heard))
                cells = {
                    name: (value, known.get(stamp, stamp), known.get(base, base))
                    for name, (value, stamp, base) in section.cells(at).items()
                }
                state, code = (fate.state, fate.code) if fate else ("applied", None)
                heard.append(Heard(device, frozen.number, section.kind, id, cells, state, code))
                self.counts[f"rows {state}"] += 1
        if any(row >= len(heard) for row in fates):
            raise Broken("law 5: an outcome of a row that was not sent")
        return heard

    def forget_after(self, kept: "Ledger", office: set[str]) -> None:
        """The centre is as it was when `kept` was the ledger: what it has answered since, only phones know. What the
        devices of the office did has no other copy."""
        since = [one for key, one in self.batches.items() if key not in kept.batches and key[0] not in office]
        self.lost_with_the_centre += [row for one in since for row in one.rows]
        self.batches, self.restamped = dict(kept.batches), {one: dict(some) for one, some in kept.restamped.items()}

    def as_of_now(self) -> "Ledger":
        restamped = {one: dict(some) for one, some in self.restamped.items()}
        return Ledger(batches=dict(self.batches), restamped=restamped)

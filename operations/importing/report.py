"""What became of a file, counted by cause, in plain sentences. It names codes, columns and places, never a person."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from operations.importing.reasons import NOTES, PASSED_OVER, REASONS

KINDS = {
    "Place": "places",
    "BankBranch": "branches",
    "ServiceArea": "service areas",
    "Shg": "groups",
    "Member": "members",
    "SavingsAccount": "accounts",
    "AccountStep": "steps",
}


MOST_NAMED = 20
"""So many of the places that a note means are listed in the summary."""


@dataclass
class Report:
    """Counts of one file. `effects`: (kind, effect) -> records; everything else counts rows.

    `named`: the places that a note means, each once, in the order of the list.
    """

    path: Path
    dry_run: bool = False
    rows: int = 0
    placed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    passed_over: Counter[str] = field(default_factory=Counter)
    effects: Counter[tuple[str, str]] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    named: dict[str, dict[str, None]] = field(default_factory=dict)
    differs: Counter[tuple[str, str]] = field(default_factory=Counter)
    proposed: int = 0
    unread: tuple[str, ...] = ()
    misspelt: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    other_sheets: tuple[str, ...] = ()
    other_lists: tuple[str, ...] = ()
    filled: int = 0
    refused_file: Path | None = None
    comparison: Path | None = None

    @property
    def refused_rows(self) -> int:
        return sum(self.refused.values())

    @property
    def all_placed(self) -> bool:
        """Whether nothing is left to be done: no row refused, and no list of the workbook unread."""
        return not self.refused and not self.other_lists

    @property
    def all_accounted(self) -> bool:
        """Whether every row was placed, refused, or held nothing."""
        return self.rows == self.placed + self.refused_rows + sum(self.passed_over.values())

    def name(self, named: Iterable[tuple[str, str]]) -> None:
        """Keep what a row's notes name."""
        for code, words in named:
            self.named.setdefault(code, {})[words] = None

    def _named(self, code: str) -> list[str]:
        words = list(self.named.get(code, ()))
        more = len(words) - MOST_NAMED
        return [f"    {one}" for one in words[:MOST_NAMED]] + ([f"    and {more} more"] if more > 0 else [])

    def sentences(self) -> list[str]:
        """The closing summary."""
        would = "Dry run, nothing was written. " if self.dry_run else ""
        lines = [f"{would}{self.path.name}: {self.rows} rows, {self.placed} placed, {self.refused_rows} refused."]
        lines += [
            f'  LOOK: column "{cell}" was not read. Should it be "{word}"? Then correct its header and import again.'
            for cell, word in self.misspelt.items()
        ]
        lines += [
            f'  LOOK: sheet "{name}" holds a list too and was not read. Save it as a file of its own and import that.'
            for name in self.other_lists
        ]
        for kind, words in KINDS.items():
            counts = [f"{n} {effect}" for effect in _EFFECTS if (n := self.effects[kind, effect])]
            if counts:
                lines.append(f"  {words}: {', '.join(counts)}")
        lines += [f"  refused, {code}: {n} - {_summary(code)}" for code, n in self.refused.most_common()]
        lines += [f"  passed over, {code}: {n} - {PASSED_OVER[code]}" for code, n in _sorted(self.passed_over)]
        for code, n in _sorted(self.notes):
            lines += [f"  noted, {code}: {n} - {NOTES[code]}", *self._named(code)]
        if self.differs:
            fields = ", ".join(f"{KINDS[kind]} {name} {n}" for (kind, name), n in self.differs.most_common())
            lines.append(f"  kept what people wrote, the list's value is shown beside it: {fields}")
        if self.proposed:
            lines.append(f"  {self.proposed} new groups may be doubles of known ones: proposed for a decision")
        if self.unread:
            lines.append(f"  columns not read: {', '.join(self.unread)}")
        if self.filled:
            lines.append(f"  {self.filled} rows have cells that the list merged with those above: filled in from them")
        if self.other_sheets:
            lines.append(f"  sheet read: {self.sheet}; not read: {', '.join(self.other_sheets)}")
        if self.comparison:
            lines.append(f"  What stands only here, only in the list, and what differs is in {self.comparison}.")
        if self.refused_file:
            lines.append(f"  The refused rows are in {self.refused_file}: mend them there and import that file.")
        elif self.refused and self.dry_run:
            lines.append("  Name a file with --refused to have the refused rows with their reasons.")
        return lines


_EFFECTS = ("new", "changed", "same")


def _summary(code: str) -> str:
    """A reason's sentence without what it names of one row."""
    words = REASONS[code].english.wrong
    for name in ("column", "place", "where", "nearest", "code", "field", "line", "level", "earliest"):
        words = words.replace(f'"{{{name}}}"', "…").replace(f"{{{name}}}", "…")
    return words.removesuffix(" Nearest: ….").removesuffix(": ….")


def _sorted(counter: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))

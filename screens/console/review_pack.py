"""The review pack in words: for each block one page that says where it stands, what waits, and who needs whom.

Figures come as they were counted; nothing is counted here. Places and people stand in the order of their names or of
their need, never by who has the most.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from records.figures import AGES, Yardstick, age_days
from records.savings_account import STATES
from records.written import masked, show_change, show_count
from screens.console.pages import Cell, Figure, Page, Table
from screens.words import Words
from storage.queries.reviews_held import NOTHING

PHONES_ON_PAPER, PEOPLE_ON_PAPER, BRANCHES_ON_PAPER, SAMPLES_ON_PAPER = 6, 14, 8, 6
LINES_ON_PAPER = 73
"""Lines below the figures for which a page has room, headings of tables counted as `HEAD`."""
HEAD = 5


@dataclass(frozen=True)
class Phone:
    """A phone of somebody who works in the block: when it was last in contact, and what it then still had to send."""

    person_id: str
    name: str
    name_hi: str | None
    last_contact_on: date | None
    unsent: int | None
    oldest_on: date | None


@dataclass(frozen=True)
class BlockReview:
    """All that is known of a block for its review. `lately` has what has come about since `since`, `lately_in` by
    panchayat and `lately_by` by person.

    `held`: the figures kept at the last review, None for a first one; `held_in` those of them by panchayat.
    `found_in`: what the samples found, by panchayat, where they have looked at anything.
    `workers`: id of a person -> her roles. `set_aside`: changes that the centre did not take and nobody has decided on.
    """

    name: str
    name_hi: str | None
    since: date
    until: date
    measure: Yardstick
    whole: Any
    lately: Any
    states: Sequence[Any]
    coverage: Sequence[Any]
    panchayats: Sequence[Any]
    people: Sequence[Any]
    lately_in: Mapping[str | None, Any]
    lately_by: Mapping[str | None, Any]
    workers: Mapping[str, tuple[str, ...]]
    names: Mapping[str, tuple[str, str | None]]
    phones: Sequence[Phone]
    decide: Any
    set_aside: int
    to_enter: tuple[int, int, int]
    waiting: Sequence[Any] = field(default=())
    opened: Sequence[Any] = field(default=())
    held: Any = None
    held_in: Mapping[str | None, Any] = field(default_factory=dict)
    found_in: Mapping[str | None, Any] = field(default_factory=dict)


def pages_of(reviews: Sequence[BlockReview], words: Words, made_by: str, made_at: str) -> list[Page]:
    """One page for each block. `made_by` and `made_at` stand at the foot of each."""
    made = words.say("pack.made", person=made_by, time=made_at)
    return [_Speaker(review, words).page(made) for review in reviews]


class _Speaker:
    """Says one block's review in one language."""

    def __init__(self, review: BlockReview, words: Words) -> None:
        self.of, self.words, self.say = review, words, words.say

    def page(self, made: str) -> Page:
        say, of = self.say, self.of
        left = [self.accounts(), self.not_sent()]
        right = [self.coverage(), self.to_decide(), self.portal()]
        people, samples = self.people(), self.samples()
        used = max(sum(map(_lines, left)), sum(map(_lines, right))) + _lines(people) + _lines(samples)
        room = max(4, 2 * (LINES_ON_PAPER - used - HEAD - 1))
        lists = [*self.since_review(), self.waiting(), self.opened()]
        return Page(
            title=say("pack.title", block=self.name(of.name, of.name_hi)),
            mission=say("pack.mission"),
            lines=[f"{say('pack.period', since=of.since, until=of.until)} · {self.compared()}"],
            figures=self.figures(),
            left=left,
            right=right,
            whole=[people, samples, self.panchayats(room), *lists],
            made=made,
            language=self.words.language,
        )

    def name(self, latin: str | None, hindi: str | None) -> str:
        chosen = (hindi or latin) if self.words.language == "hi" else (latin or hindi)
        return chosen or self.say("value.no_name")

    def compared(self) -> str:
        held = self.of.held
        return self.say("pack.compared", day=held.on_day) if held else self.say("pack.not_compared")

    def change(self, name: str) -> str:
        """How a figure has changed since the last review; "" where there was none."""
        if self.of.held is None:
            return ""
        return self.say("pack.change", change=show_change(getattr(self.of.whole, name) - getattr(self.of.held, name)))

    def figures(self) -> list[Figure]:
        say, of, whole = self.say, self.of, self.of.whole
        need = sum(row.needed(of.measure.per_sakhi) for row in of.coverage)
        have = sum(row.sakhis for row in of.coverage)
        average, was = _decimal(whole.average), ""
        if of.held is not None:
            was = say("pack.was", then=_decimal(of.held.average))
        new = say("pack.formed", count=of.lately.formed)
        overdue = say("pack.overdue", count=whole.overdue, days=of.measure.pending_days)
        opened = say("pack.opened_lately", count=of.lately.opened)
        return [
            Figure(show_count(whole.groups), say("pack.groups"), new, self.change("groups")),
            Figure(show_count(whole.members), say("pack.members"), "", self.change("members")),
            Figure(average, say("pack.average"), say("pack.norm", norm=of.measure.average), was),
            Figure(show_count(whole.pending), say("pack.pending"), overdue, self.change("pending")),
            Figure(show_count(whole.opened), say("pack.opened"), opened, self.change("opened")),
            Figure(
                f"{show_count(have)} / {show_count(need)}", say("pack.sakhis"),
                say("pack.per_sakhi", count=of.measure.per_sakhi),
            ),
        ]  # fmt: skip

    def accounts(self) -> Table:
        """By state, those that wait by how long the group has been there."""
        say, days = self.say, self.of.measure.pending_days
        heads = [say("pack.state"), say("pack.groups"), say("pack.to_days", days=days)]
        heads += [say("pack.to_days", days=30), say("pack.to_days", days=90), say("pack.over_days", days=90)]
        order = {state: at for at, state in enumerate(STATES)}
        found = sorted(self.of.states, key=lambda row: order.get(row.state, len(order)))
        rows = [(self.state(row.state), row.groups, *(getattr(row, age) or None for age in AGES)) for row in found]
        late = sum(row.late_at_bank for row in found)
        note = say("pack.late_at_bank", count=late, days=days) if late else ""
        return Table(say("pack.accounts"), say("pack.sheet_accounts"), heads, rows, _total(say, rows), note)

    def state(self, state: str) -> str:
        return self.words.say_if_known(f"state.{state}", "value.newer")

    def not_sent(self) -> Table:
        """Phones with work that is not sent, and those that nobody has heard of since the last review."""
        say = self.say
        silent = [one for one in self.of.phones if one.unsent or not one.last_contact_on or self._is_silent(one)]
        rows = [(self.name(one.name, one.name_hi), one.unsent, one.oldest_on, one.last_contact_on) for one in silent]
        heads = [say("pack.name"), say("pack.unsent"), say("pack.oldest"), say("pack.last_sync")]
        note = "" if rows else say("pack.all_sent")
        kept, note = self._kept(rows, PHONES_ON_PAPER, note)
        return Table(say("pack.not_sent"), say("pack.sheet_not_sent"), heads, rows, note=note, on_paper=kept)

    def _is_silent(self, phone: Phone) -> bool:
        return phone.last_contact_on is not None and phone.last_contact_on < self.of.since

    def coverage(self) -> Table:
        say, per = self.say, self.of.measure.per_sakhi
        heads = [say("pack.branch"), say("pack.groups"), say("pack.sakhis"), say("pack.needed"), say("pack.short")]
        at_branches = [row for row in self.of.coverage if row.branch_id]
        rows = [(self._branch(row), row.groups, row.sakhis, row.needed(per), row.missing(per)) for row in at_branches]
        nowhere = sum(row.groups for row in self.of.coverage if not row.branch_id)
        note = say("pack.no_branch", count=nowhere) if nowhere else ""
        kept = _with_rest(rows, BRANCHES_ON_PAPER, lambda count: say("pack.rest", count=count))
        return Table(
            say("pack.coverage", count=per), say("pack.sheet_coverage"), heads, rows, _total(say, rows), note, kept
        )  # fmt: skip

    def _branch(self, row: Any) -> str:
        return ", ".join(filter(None, (row.bank_name, self.name(row.name, row.name_hi))))

    def to_decide(self) -> Table:
        say, decide = self.say, self.of.decide
        rows = [
            (say("pack.conflicts"), decide.conflicts),
            (say("pack.doubles"), decide.doubles),
            (say("pack.marked"), decide.marked),
            (say("pack.set_aside"), self.of.set_aside),
        ]
        return Table(say("pack.to_decide"), say("pack.sheet_to_decide"), [say("pack.what"), say("pack.count")], rows)

    def portal(self) -> Table:
        say = self.say
        names = (self.words.kind("Shg", 2), self.words.kind("Member", 2), self.words.kind("SavingsAccount", 2))
        rows = list(zip(names, self.of.to_enter, strict=True))
        return Table(say("pack.portal"), say("pack.sheet_portal"), [say("pack.what"), say("pack.count")], rows)

    def people(self) -> Table:
        """By name: what has come about, beside what of it the portal says alike."""
        say = self.say
        heads = [say("pack.name"), say("pack.role"), say("pack.groups"), say("pack.formed_head")]
        heads += [say("pack.average_head"), say("pack.opened"), say("pack.pending_head")]
        heads += [say("pack.verified"), say("pack.to_enter_head")]
        of = {row.unit_id: row for row in self.of.people}
        form = [id for id, roles in self.of.workers.items() if "abm" in roles]
        ids = [*form, *(id for id in of if id not in form)]
        rows = [self._person(id, of.get(id)) for id in ids]
        rows.sort(key=lambda row: row[0])
        kept, note = self._kept(rows, PEOPLE_ON_PAPER, "")
        return Table(say("pack.people"), say("pack.sheet_people"), heads, rows, note=note, on_paper=kept, wide=True)

    def _person(self, id: str | None, tally: Any) -> tuple[Cell, ...]:
        lately = self.of.lately_by.get(id)
        known = self.of.names.get(id or "") or ((tally.name, tally.name_hi) if tally else (None, None))
        name = self.name(*known) if id else self.say("pack.nobody")
        roles = ", ".join(self.words.say_if_known(f"role.{role}", "value.newer") for role in self._roles(id))
        counts: tuple[Cell, ...] = (0, 0, None, 0, 0)
        if tally:
            counts = (tally.groups, lately.formed if lately else 0, tally.average, tally.opened, tally.pending)
        return (name, roles or "–", *counts, lately.verified if lately else 0, lately.to_enter if lately else 0)

    def _roles(self, id: str | None) -> tuple[str, ...]:
        return self.of.workers.get(id or "", ())

    def samples(self) -> Table:
        """What a second person found of the entries, beside their number: by panchayat, where any were looked at."""
        say, of = self.say, self.of
        heads = [
            say("level.gram_panchayat"),
            say("pack.groups"),
            say("pack.groups_verified"),
            say("pack.groups_as_told"),
        ]
        heads += [say("pack.opened"), say("pack.accounts_verified"), say("pack.accounts_as_told")]
        heads.append(say("pack.not_reached"))
        rows = [
            (self.name(one.name, one.name_hi), *_found_beside(one, of.found_in[one.unit_id]))
            for one in of.panchayats
            if one.unit_id in of.found_in
        ]
        rows.sort(key=lambda row: row[0])
        note = "" if rows else say("found.none")
        kept = _with_rest(rows, SAMPLES_ON_PAPER, lambda count: say("pack.rest", count=count))
        return Table(
            say("pack.samples"), say("pack.sheet_samples"), heads, rows, _total(say, rows), note, kept, wide=True
        )

    def panchayats(self, room: int) -> Table:
        """Where most is wanting stands first; what a page has no room for is summed up in its last line."""
        say = self.say
        heads = [say("level.gram_panchayat"), say("pack.groups"), say("pack.formed_head"), say("pack.average_head")]
        heads += [say("pack.pending_head"), say("pack.overdue_head", days=self.of.measure.pending_days)]
        heads += [say("pack.to_enter_head")]
        measure = self.of.measure
        rows = []
        for one in sorted(self.of.panchayats, key=lambda row: (-row.overdue, -(row.missing(measure.average) or 0))):
            lately = self.of.lately_in.get(one.unit_id)
            name = self.name(one.name, one.name_hi)
            formed, to_enter = (lately.formed, lately.to_enter) if lately else (0, 0)
            rows.append((name, one.groups, formed, one.average, one.pending, one.overdue, to_enter))
        kept = _with_rest(rows, room, lambda count: say("pack.rest", count=count), averages=(3,))
        return Table(
            say("pack.panchayats"), say("pack.sheet_panchayats"), heads, rows, on_paper=kept, halves=True
        )  # fmt: skip

    def since_review(self) -> list[Table]:
        """Each figure by panchayat with what it has changed by since the last review. Only in the workbook; on paper
        the whole block is compared."""
        of, say = self.of, self.say
        if of.held is None or not of.held.parts_kept:
            return []
        names = [say("pack.groups"), say("pack.members"), say("pack.opened"), say("pack.pending_head")]
        names.append(say("pack.overdue_head", days=of.measure.pending_days))
        changed = say("pack.change_head")
        heads = [say("level.gram_panchayat"), *(head for name in names for head in (name, changed))]
        heads += [say("pack.average_was"), say("pack.average_head")]
        rows = [
            (self.name(one.name, one.name_hi), *_beside(one, of.held_in.get(one.unit_id, NOTHING)))
            for one in of.panchayats
        ]
        title = say("pack.since_title", day=of.held.on_day)
        last = (say("pack.total"), *_beside(of.whole, of.held))
        return [Table(title, say("pack.sheet_since"), heads, rows, last, printed=False)]

    def waiting(self) -> Table:
        """Every group whose account is pending, the oldest first. Only in the workbook: it may be hundreds."""
        say, of = self.say, self.of
        heads = [say("pack.group"), say("level.village"), say("pack.branch"), say("pack.state")]
        heads += [say("pack.days"), say("pack.reason")]
        rows = [
            (
                row.name,
                self.name(row.village_name, row.village_name_hi),
                self._its_branch(row),
                self.state(row.state),
                age_days(formed_on=row.begun_on, restarted_on=None, today=of.until),
                self.words.reason(row.reason) if row.reason else None,
            )
            for row in of.waiting
        ]
        return Table(say("pack.pending"), say("pack.sheet_pending"), heads, rows, printed=False)

    def opened(self) -> Table:
        """Accounts opened since the last review, each with the last digits of its number. Only in the workbook."""
        say = self.say
        heads = [say("pack.group"), say("level.village"), say("pack.branch"), say("pack.opened_on"), say("pack.number")]
        rows = [
            (
                row.name,
                self.name(row.village_name, row.village_name_hi),
                self._its_branch(row),
                row.day,
                masked(row.account_last4) if row.account_last4 else None,
            )
            for row in self.of.opened
        ]
        return Table(say("pack.opened_title"), say("pack.sheet_opened"), heads, rows, printed=False)

    def _its_branch(self, row: Any) -> str:
        named = row.branch_name or row.branch_name_hi
        return self.name(row.branch_name, row.branch_name_hi) if named else row.typed_branch or "–"

    def _kept(self, rows: Sequence[Sequence[Cell]], most: int, note: str) -> tuple[Sequence[Sequence[Cell]], str]:
        """The first lines, and a note about those in the workbook only."""
        rest = len(rows) - most
        return rows[:most], self.say("pack.rest", count=rest) if rest > 0 else note


def _beside(now: Any, then: Any) -> list[Cell]:
    """Each figure with its change, then the two averages."""
    names = ("groups", "members", "opened", "pending", "overdue")
    pairs = ((getattr(now, name), getattr(now, name) - getattr(then, name)) for name in names)
    return [*(cell for pair in pairs for cell in pair), then.average, now.average]


def _found_beside(now: Any, looked: Any) -> list[Cell]:
    """Groups and opened accounts, each with how many were verified and how many of these were as entered; last, of how
    many nothing could be found out."""
    both = [(getattr(now, figure), looked.found(figure)) for figure in ("groups", "opened")]
    cells: list[Cell] = [cell for count, found in both for cell in (count, found.checked, found.as_told)]
    return [*cells, sum(found.not_reached for _, found in both)]


def _decimal(average: float | None) -> str:
    return "–" if average is None else f"{average:.1f}"


def _lines(table: Table) -> int:
    """Lines that a table takes on paper."""
    rows = table.rows if table.on_paper is None else table.on_paper
    return HEAD + len(rows) + bool(table.last) + bool(table.note)


def _total(say: Callable[..., str], rows: Sequence[Sequence[Cell]]) -> Sequence[Cell] | None:
    return (say("pack.total"), *_sums(rows)) if rows else None


def _sums(rows: Sequence[Sequence[Cell]]) -> list[Cell]:
    columns = list(zip(*rows, strict=True))[1:]
    return [sum(cell for cell in column if isinstance(cell, int)) for column in columns]


def _with_rest(
    rows: Sequence[Sequence[Cell]], most: int, say: Callable[[int], str], averages: tuple[int, ...] = ()
) -> Sequence[Sequence[Cell]]:
    """The first lines, and one more that sums up the others; `averages`: columns that cannot be summed."""
    if len(rows) <= most:
        return rows
    kept, rest = rows[: most - 1], rows[most - 1 :]
    sums = [None if at in averages else cell for at, cell in enumerate(_sums(rest), 1)]
    return [*kept, (say(len(rest)), *sums)]

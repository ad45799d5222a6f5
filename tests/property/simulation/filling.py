"""Phones that are too full: what they let go changes nothing that follows from the rest, and comes when asked for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

import storage.room
from records.account_state import last_steps, state_of
from records.savings_account import AccountStep
from storage.contact import next_request
from storage.letting_go import KIND
from storage.rows import RawRow, rows_below
from storage.store import Transaction
from tests.property.simulation.handsets import Handset
from tests.property.simulation.ledger import Broken
from tests.property.simulation.network import FAULTS, Network
from tests.property.simulation.town import Town
from tests.world import ref

if TYPE_CHECKING:
    from tests.property.simulation.laws import Verdict

LIMITS = (1, 1, 1, 60_000)
"""How many records a phone may hold, by the norm: with 1 all goes that may go, at the end of each run."""


class Filling:
    """Operations of a run; those of `running.Run` stand beside them."""

    town: Town
    network: Network
    phones: list[Handset]

    def _limit(self, phone: Handset, r: Random) -> str:
        """The office says how much a phone may hold."""
        most, id = r.choice(LIMITS), ref("limit")
        values = {"code": "device_records", "value": most, "from_on": "2020-01-01"}
        if any(row["id"] == id for row in self.town.rows(self.town.centre.tables.records["Norm"])):
            self.town.overwrite("Norm", "limit", **values)
        else:
            self.town.office(("Norm", "limit", values))
        return f"{most} records"

    def _older_steps(self, phone: Handset, r: Random) -> str:
        """Somebody wants to see steps that her phone has let go."""
        some = [one for one in self.phones if one.let_go() and one.has_login]
        if not some:
            return "all are here"
        phone = r.choice(some)
        account = r.choice(sorted({parent for parent, _ in phone.let_go().values()}))
        phone.workspace.want_older_steps(account)
        self.network.faults = [(r.choice(FAULTS), r.randrange(1, 60)) for _ in range(r.choice((0, 0, 1)))]
        line = phone.sync()
        self.network.faults = []
        return f"{phone.name} {account} {line.state} {line.problem} received {line.received}"

    def fetch_all_that_went(self, phones: Iterable[Handset], verdict: "Verdict") -> None:
        """At rest: whatever these phones have let go comes, to whoever may have it and to nobody else."""
        for phone in phones:
            gone = phone.let_go()
            for account in sorted({parent for parent, _ in gone.values()}):
                phone.workspace.want_older_steps(account)
            line = phone.sync()
            if line.problem or gone.keys() & phone.let_go().keys():
                raise Broken(f"law 4: {phone.name} asked for what it had let go, and it did not come: {line.problem}")
            self.town.ledger.counts["steps that came back"] += len(gone)
            others = sorted(self.town_steps() - verdict.oracle.copy_of(ref(phone.person)).get(KIND, {}).keys())
            request = next_request(phone.store, app="0.1.0", batch=None, room=500, older=tuple(others))
            page = self.town.centre.for_device(phone.token()).sync(request).page
            if page and any(part.rows for part in page.parts):
                raise Broken(f"law 6: {phone.name} asked for steps that are not hers, and was given some")

    def town_steps(self) -> set[str]:
        return {row["id"] for row in self.town.rows(self.town.centre.tables.records[KIND])}


@contextmanager
def watched() -> Iterator[None]:
    """While this lasts, a phone that lets steps go that something hangs on is found out at that moment."""
    real = storage.room.let_go

    def let_go(t: Transaction, rows: Sequence[RawRow], digests: Mapping[str, tuple[int, int]]) -> None:
        before = _worked_out(t, rows)
        if unsent := _unsent(t) & {row.id for row in rows}:
            raise Broken(f"law 1: steps were let go that the centre does not have: {sorted(unsent)}")
        real(t, rows, digests)
        if before != (after := _worked_out(t, rows)):
            raise Broken(f"law 4: steps were let go and an account became another: {before} {after}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage.room, "let_go", let_go)
        yield


def _worked_out(t: Transaction, rows: Sequence[RawRow]) -> dict[str, list[Any]]:
    """Account -> what follows of its steps that are here."""
    accounts = sorted({row.values["account_id"] for row in rows})
    found: dict[str, list[Any]] = {}
    here = [row for row in rows_below(t.connection, t.tables, KIND, accounts)]
    for account in accounts:
        mine = [row for row in here if row.values["account_id"] == account]
        steps = [step for row in mine if isinstance(step := row.record(t.registry[KIND]), AccountStep)]
        stamps = {row.id: row.stamps.get("kind", "") for row in mine}
        found[account] = [
            (state_of(steps, process, stamps), last_steps(steps, process)) for process in ("savings", "signatories")
        ]
    return found


def _unsent(t: Transaction) -> set[str]:
    found: set[str] = set()
    for work in ("outbox", "mending"):
        found |= {id for (id,) in t.driver.execute(f"SELECT id FROM {work} WHERE kind=?", (KIND,))}
    return found

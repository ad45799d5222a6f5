"""How much this phone holds of what it may hold, and what goes when that is too much: never what is unsent (design 4).

First photos that the centre has as well, then steps of accounts that were opened more than a year ago: as many of them
as can go without the state of the account, or what a next step would be put after, becoming another.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from records.account_state import AccountState, last_steps, state_of
from records.digest import digesting
from records.figures import norm_on
from records.record import fields_of
from records.savings_account import AccountStep
from records.workspace import Room
from storage import outbox, photos
from storage.derived import norms_held
from storage.holds import worked_on
from storage.letting_go import KIND, count_gone, kept_accounts, let_go
from storage.moment import today
from storage.rows import RawRow, rows_below
from storage.store import LocalStore, Transaction

MEGABYTE = 1_000_000
LET_GO_TO = 0.9
"""Of what it may hold: so far it goes at once, so that it is not at it again after every synchronisation."""

YEAR = timedelta(days=365)
ACCOUNTS_AT_ONCE = 100
"""Of one transaction: whoever saves meanwhile waits for no longer than that takes."""

OPENED = ("opened", "passbook_received", "closed")
PROCESSES = ("savings", "signatories")


def room_of(t: Transaction) -> Room:
    """What is held, against the norms of today."""
    norms, day = norms_held(t), today(t.meta, t.clock_ms, t.store.built_on)
    counts = "+".join(f'(SELECT count(*) FROM "{table.name}")' for table in t.tables.values())
    records, pages, free, size = t.driver.execute(
        f"SELECT {counts}, page_count, freelist_count, page_size "
        "FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
    ).fetchone()
    return Room(
        records,
        max(1, norm_on(norms, "device_records", day)),
        (pages - free) * size,
        max(1, norm_on(norms, "device_megabytes", day)) * MEGABYTE,
        count_gone(t),
    )


def make_room(store: LocalStore) -> int:
    """Lets go what may go, where this phone holds too much; returns how many steps and photos went."""
    with store.reading() as t:
        if not room_of(t).is_full:
            return 0
    gone = 0
    with store.writing(durable=False) as t:
        if room_of(t).bytes_share > LET_GO_TO:
            gone += photos.let_go_received(t)
    for accounts in _opened_long_ago(store):
        with store.writing(durable=False) as t:
            if room_of(t).share <= LET_GO_TO:
                break
            gone += _let_steps_go(t, accounts)
    return gone


def _opened_long_ago(store: LocalStore) -> Iterator[list[str]]:
    """Accounts opened more than a year ago, those opened first before the others."""
    with store.writing(durable=False) as t:
        before = (today(t.meta, t.clock_ms, store.built_on) - YEAR).isoformat()
        account, step = (t.tables[kind].name for kind in ("SavingsAccount", KIND))
        opened = (
            f"SELECT max(on_day) FROM \"{step}\" WHERE account_id=one.id AND kind='opened' AND process='savings' "
            "AND deleted_on IS NULL"
        )
        rows = t.driver.execute(
            f'SELECT id FROM (SELECT id, coalesce(opened_on, ({opened})) AS day FROM "{account}" AS one '
            f"WHERE unsent=0 AND state IN (?,?,?)) WHERE day<=? ORDER BY day, id",
            (*OPENED, before),
        )
        kept = kept_accounts(t)
        ids = [id for (id,) in rows if id not in kept]
    for at in range(0, len(ids), ACCOUNTS_AT_ONCE):
        yield ids[at : at + ACCOUNTS_AT_ONCE]


def _let_steps_go(t: Transaction, accounts: Iterable[str]) -> int:
    by_account: dict[str, list[RawRow]] = {}
    for row in rows_below(t.connection, t.tables, KIND, accounts):
        by_account.setdefault(row.values["account_id"], []).append(row)
    units = {id: outbox.unit_of(t, KIND, rows[0].id, rows[0]) for id, rows in by_account.items()}
    busy = outbox.busy_units(t, set(units.values()))
    idle = {id: rows for id, rows in by_account.items() if units[id] not in busy}
    own = worked_on(t, KIND, {row.id for rows in idle.values() for row in rows})
    going = [row for rows in idle.values() for row in _not_needed(t, rows) if row.held and row.id not in own]
    fields = fields_of(AccountStep)
    public = tuple(name for name, spec in fields.items() if not spec.personal)
    digests = [digesting(AccountStep, KIND, columns) for columns in (tuple(fields), public)]
    let_go(t, going, {row.id: (digests[0](row.id, row.values, row.stamps), digests[1](row.id, row.values, row.stamps))
                      for row in going})  # fmt: skip
    return len(going)


def _not_needed(t: Transaction, rows: list[RawRow]) -> list[RawRow]:
    """Steps of one account without which nothing that is worked out of its steps becomes another, the oldest first."""
    kind = t.registry[KIND]
    steps = {row.id: step for row in rows if isinstance(step := row.record(kind), AccountStep)}
    stamps = {row.id: row.stamps.get("kind", "") for row in rows}

    def worked_out(kept: Iterable[AccountStep]) -> list[tuple[AccountState, tuple[str, ...]]]:
        some = list(kept)
        return [(state_of(some, process, stamps), last_steps(some, process)) for process in PROCESSES]

    whole, going = worked_out(steps.values()), list[RawRow]()
    for row in sorted(rows, key=lambda row: (row.values["on_day"] or "", row.id)):
        without = {id: step for id, step in steps.items() if id != row.id}
        if not row.unsent and worked_out(without.values()) == whole:
            steps = without
            going.append(row)
    return going
